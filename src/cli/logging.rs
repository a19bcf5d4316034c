//! Log lines on stderr. Secrets and personal data are never in them, nor anything from a service
//! that would command a terminal or begin a line of its own.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, fmt};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use super::options::{Color, LogFormat, OutputOptions};
use crate::text::{escaped, safe};

/// Starts logging at the command's usual level; with `-v` what the program decides, with `-vv` each request.
pub(super) fn start(options: &OutputOptions, usual: LevelFilter) {
    let ours = match (options.quiet, options.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => usual,
        (false, 1) => LevelFilter::INFO,
        (false, _) => LevelFilter::DEBUG,
    };
    let filter = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("caflou_sync", ours);
    let colours = match options.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => io::stderr().is_terminal(),
    };
    let lines = fmt()
        .with_max_level(LevelFilter::DEBUG)
        // Their reader may be gone; to complain of it on stderr would end the run.
        .log_internal_errors(false)
        .with_target(false);
    match options.log_format {
        LogFormat::Json => {
            let lines = lines.json().with_writer(|| Escaped(io::stderr()));
            lines.finish().with(filter).init();
        }
        LogFormat::Text => {
            let lines = lines.with_writer(io::stderr).with_ansi(colours);
            let lines = lines.event_format(Words);
            lines.finish().with(filter).init();
        }
    }
}

/// Log lines as the program says everything else: `warning: …`.
struct Words;

impl<S, N> FormatEvent<S, N> for Words
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        let (word, style) = match *event.metadata().level() {
            Level::ERROR => ("error", AnsiColor::Red.on_default()),
            Level::WARN => ("warning", AnsiColor::Yellow.on_default()),
            Level::INFO => ("info", Style::new()),
            Level::DEBUG => ("debug", Style::new().dimmed()),
            Level::TRACE => ("trace", Style::new().dimmed()),
        };
        if writer.has_ansi_escapes() {
            write!(writer, "{style}{word}:{style:#} ")?;
        } else {
            write!(writer, "{word}: ")?;
        }
        let mut text = String::new();
        context.format_fields(Writer::new(&mut text), event)?;
        writeln!(writer, "{}", safe(&text))
    }
}

/// Writes lines of JSON with what JSON itself does not escape.
struct Escaped<W>(W);

impl<W: Write> Write for Escaped<W> {
    /// Takes a whole line, as the subscriber writes each at once.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        self.0.write_all(escaped(&text).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
