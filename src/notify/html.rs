//! A message as a page that mail programs show alike: one table, styles in the elements.

use super::message::{Message, MessageLine};
use crate::mail::escaped;

const RED: &str = "#b3261e";
const GREEN: &str = "#1b6e3c";
const GREY: &str = "#6b6b6b";

/// The whole page.
pub(super) fn page(message: &Message) -> String {
    let colour = if message.alarming { RED } else { GREEN };
    let rows: String = message.lines.iter().map(|line| row(line, colour)).collect();
    let title = escaped(&message.subject);
    format!(
        "<!DOCTYPE html>\n\
         <html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
         <body style=\"margin:0;padding:16px;font:15px/1.5 sans-serif;color:#1d1d1d\">\n\
         <table style=\"border-collapse:collapse;max-width:720px\">\n{rows}</table>\n\
         </body></html>\n"
    )
}

fn row(line: &MessageLine, colour: &str) -> String {
    let whole = |style: &str, text: &str| {
        let text = escaped(text);
        format!("<tr><td colspan=\"2\" style=\"{style}\">{text}</td></tr>\n")
    };
    match line {
        MessageLine::Head(text) => {
            let style = format!("font-size:19px;font-weight:bold;color:{colour}");
            whole(&style, text)
        }
        MessageLine::Text(text) => whole("padding:0", text),
        MessageLine::Note(text) => whole(&format!("font-size:13px;color:{GREY}"), text),
        MessageLine::Gap => whole("height:12px", ""),
        MessageLine::Row(word, text) => format!(
            "<tr><td style=\"padding:2px 16px 2px 0;vertical-align:top;white-space:nowrap;\
             color:{GREY}\">{word}</td><td style=\"padding:2px 0\">{}</td></tr>\n",
            escaped(text)
        ),
        MessageLine::Item(text) => format!(
            "<tr><td></td><td style=\"padding:2px 0 2px 12px\">– {}</td></tr>\n",
            escaped(text)
        ),
    }
}
