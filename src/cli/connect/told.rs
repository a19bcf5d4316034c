//! What is said of a connection that was saved.

use std::path::Path;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use crate::output::{Count, paragraph};
use crate::wizard::Connected;

/// What there is to say.
pub(super) struct Told<'a> {
    pub(super) connected: &'a Connected,
    /// Whether the file was changed.
    pub(super) changed: bool,
    pub(super) config: &'a Path,
    /// Its key, as a word of a command line.
    pub(super) key: String,
    /// The files that commands have to name.
    pub(super) files: String,
}

impl Told<'_> {
    /// Whether anything is imported.
    fn imports(&self) -> bool {
        let answers = &self.connected.answers;
        answers
            .import
            .wanted(answers.program.streams)
            .next()
            .is_some()
    }

    /// The command to type next.
    fn next(&self) -> String {
        let Self { key, files, .. } = self;
        if self.imports() {
            format!("caflou-sync run {key}{files} --dry-run")
        } else {
            format!("caflou-sync edit {key}{files}")
        }
    }

    /// For programs.
    pub(super) fn object(&self) -> Value {
        let Connected {
            answers,
            source_name,
            account_name,
            counts,
            doubles,
        } = self.connected;
        let doubles = doubles.map(|doubles| {
            json!({
                "looked_at": doubles.looked_at,
                "found": doubles.found,
                "ours": doubles.ours,
            })
        });
        let account_id: Option<&str> = answers.caflou.values.get("account_id");
        // what stands beside "eshop_id" is "eshop"
        let key = answers
            .program
            .identity
            .strip_suffix("_id")
            .unwrap_or("source");
        let mut object = json!({
            "type": "connected",
            "connection": answers.key,
            "name": answers.name,
            "program": answers.program.word,
            answers.program.identity: answers.source.values.read_of(answers.program.identity),
            key: source_name,
            "account_id": account_id,
            "account": account_name,
            "already_in_caflou": doubles,
            "config": self.config.display().to_string(),
            "next": self.next(),
        });
        for (stream, count) in counts {
            object[stream.word] = json!(count);
        }
        object
    }

    /// For people, without a line end at the end.
    pub(super) fn text(&self, colours: bool, width: Option<usize>) -> String {
        let good = if colours {
            AnsiColor::Green.on_default().bold()
        } else {
            Style::new()
        };
        let Connected {
            answers,
            source_name,
            account_name,
            counts,
            doubles: _,
        } = self.connected;
        let program = answers.program;
        let whose = answers.source.values.read_of(program.identity);
        let whose = whose.map(ToString::to_string).unwrap_or_default();
        let account_id: &str = answers.caflou.values.get("account_id").unwrap_or_default();
        let saved = if self.changed {
            "Saved"
        } else {
            "Nothing was changed"
        };
        let sizes = counts
            .iter()
            .filter_map(|(stream, count)| Some(Count((*count)?, stream.one).to_string()));
        let sizes: Vec<_> = sizes.collect();
        let run = if self.imports() {
            let sizes = sizes.join(" and ");
            let what = if sizes.is_empty() { "all" } else { &sizes };
            format!("A run looks at {what}. To see what it would do, type:")
        } else {
            "Nothing is imported yet: all modes are \"no\". To choose, type:".to_owned()
        };
        let timer = if self.imports() && answers.import.auto_repeat {
            let files = &self.files;
            format!(
                "\n\nIt is repeated by itself once the timer is there:\n\n    \
                 caflou-sync schedule install{files}"
            )
        } else {
            String::new()
        };
        let connected = format!(
            "connected: {source_name} ({} {whose}) → {account_name} (Caflou {account_id})",
            program.name
        );
        let connected = paragraph(&connected, width);
        let connected = connected.strip_prefix("connected").unwrap_or(&connected);
        let saved = format!(
            "{saved}: connection {} in {}",
            answers.key,
            self.config.display()
        );
        format!(
            "{good}connected{good:#}{connected}\n{}\n{}\n\n    {}{timer}",
            paragraph(&saved, width),
            paragraph(&run, width),
            self.next()
        )
    }
}
