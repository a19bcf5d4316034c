//! What is said of a connection that was saved.

use std::path::Path;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use crate::output::Count;
use crate::wizard::Connected;

/// What there is to say.
pub(super) struct Told<'a> {
    pub(super) connected: &'a Connected,
    /// Whether the file was changed.
    pub(super) changed: bool,
    pub(super) config: &'a Path,
    /// The command to type next.
    pub(super) next: String,
}

impl Told<'_> {
    /// For programs.
    pub(super) fn object(&self) -> Value {
        let Connected {
            answers,
            shop_name,
            account_name,
            customers,
            orders,
            doubles,
        } = self.connected;
        let doubles = doubles.map(|doubles| {
            json!({
                "looked_at": doubles.looked_at,
                "found": doubles.found,
                "ours": doubles.ours,
            })
        });
        json!({
            "type": "connected",
            "connection": answers.key,
            "name": answers.name,
            "program": answers.program.as_str(),
            "eshop_id": answers.eshop_id,
            "eshop": shop_name,
            "account_id": answers.account_id,
            "account": account_name,
            "customers": customers,
            "orders": orders,
            "already_in_caflou": doubles,
            "config": self.config.display().to_string(),
            "next": self.next,
        })
    }

    /// For people, without a line end at the end.
    pub(super) fn text(&self, colours: bool) -> String {
        let good = if colours {
            AnsiColor::Green.on_default().bold()
        } else {
            Style::new()
        };
        let Connected {
            answers,
            shop_name,
            account_name,
            customers,
            orders,
            doubles: _,
        } = self.connected;
        let (program, eshop_id) = (answers.program, answers.eshop_id);
        let saved = if self.changed {
            "Saved"
        } else {
            "Nothing was changed"
        };
        let sizes = [(customers, "customer"), (orders, "order")];
        let sizes = sizes
            .iter()
            .filter_map(|(count, noun)| Some(Count((**count)?, noun).to_string()));
        let sizes: Vec<_> = sizes.collect();
        let run = if sizes.is_empty() {
            "Nothing is imported: both modes are \"no\"".to_owned()
        } else {
            let sizes = sizes.join(" and ");
            format!("A run looks at {sizes}. To see what it would do, type:")
        };
        let timer = if answers.import.auto_repeat {
            "\n\nIt is repeated by itself once the timer is there:\n\n    caflou-sync schedule install"
        } else {
            ""
        };
        format!(
            "{good}connected{good:#}: {shop_name} ({program} {eshop_id}) → {account_name} (Caflou {})\n\
             {saved}: connection {} in {}\n{run}\n\n    {}{timer}",
            answers.account_id,
            answers.key,
            self.config.display(),
            self.next
        )
    }
}
