//! The questions about the import: companies, incomes, interval, automatic repetition.

use chrono::NaiveDate;

use super::asker::{Ended, Says};
use super::flow::Wizard;
use super::services::Opened;
use super::source::Readable;
use super::trouble::Trouble;
use crate::config::{Import, Mode, OrderStatus, parse_day};
use crate::record::Kind;

/// The word for an interval without an end.
const ALL: &str = "all";

impl Wizard<'_> {
    /// What is imported, and when; and which statuses count as cancelled.
    pub(super) fn import(
        &mut self,
        open: &Opened,
        readable: &Readable,
    ) -> Result<(Import, Vec<OrderStatus>), Ended> {
        let usual = self
            .present
            .map_or_else(Import::default, |present| present.import.clone());
        let mut import = usual.clone();
        for kind in Kind::ALL {
            *import.mode_mut(kind) = self.mode(kind, readable, usual.mode(kind))?;
        }
        // What cannot be read beside what can.
        for stream in self.program.streams {
            let alone = !readable.0.iter().any(|(there, _)| there == stream);
            if alone && readable.has(stream.kind) {
                import.streams.insert(stream.word, Mode::No);
            }
        }
        (import.from, import.to) = self.interval(&import, &usual)?;
        let statuses = self.statuses(open, import.incomes)?;
        import.order_statuses = statuses.imported;
        import.auto_repeat = match self.given.imported("auto_repeat") {
            Some(auto_repeat) => auto_repeat,
            None if self.asks() => {
                let question = "Repeat the import automatically (caflou-sync schedule)?";
                self.asker.confirm(question, usual.auto_repeat)?
            }
            None => usual.auto_repeat,
        };
        Ok((import, statuses.cancelled))
    }

    fn mode(&mut self, kind: Kind, readable: &Readable, usual: Mode) -> Result<Mode, Ended> {
        let given = self.given.imported(kind.plural());
        let streams = self.program.streams.iter();
        let streams: Vec<_> = streams.filter(|stream| stream.kind == kind).collect();
        let Some((first, others)) = streams.split_first().filter(|_| readable.has(kind)) else {
            return Ok(Mode::No);
        };
        match given {
            Some(mode) => Ok(mode),
            None if self.asks() => {
                let words = if streams.iter().any(|stream| stream.updates) {
                    ["", "new ones", "new and changed ones"]
                } else {
                    ["", "new ones", "as new-only, never updated"]
                };
                // question and answer stand on one line of 80 columns
                let others = others.iter().map(|stream| format!(", {}", stream.many));
                let others: String = others.collect();
                let question = format!("{}{others} as {}?", first.title, kind.plural());
                let mut labels = Vec::new();
                for (mode, words) in Mode::ALL.iter().zip(words) {
                    let mode = mode.as_str();
                    labels.push(match words {
                        "" => mode.to_owned(),
                        words => format!("{mode}: {words}"),
                    });
                }
                let at = Mode::ALL
                    .iter()
                    .position(|mode| *mode == usual)
                    .unwrap_or(0);
                let chosen = self.asker.select(&question, &labels, at)?;
                Ok(Mode::ALL.get(chosen).copied().unwrap_or(usual))
            }
            None => Ok(usual),
        }
    }

    fn interval(
        &mut self,
        import: &Import,
        usual: &Import,
    ) -> Result<(Option<NaiveDate>, Option<NaiveDate>), Ended> {
        let (from, to) = (self.given.imported("from"), self.given.imported("to"));
        let documents = import.wanted(self.program.streams);
        let documents: Vec<_> = documents
            .filter(|stream| stream.kind.is_document())
            .collect();
        let ask = self.asks() && !documents.is_empty();
        let many = match documents.as_slice() {
            [one] => one.many,
            _ => "documents",
        };
        let first_day = format!("Only {many} created from which day on?");
        let mut from = match from {
            Some(day) => Some(day),
            None if ask => self.day(&first_day, usual.from)?,
            None => usual.from,
        };
        let mut to = match to {
            Some(day) => Some(day),
            None if ask => self.day("And up to which day?", usual.to)?,
            None => usual.to,
        };
        while let (Some(first), Some(last)) = (from, to)
            && first > last
        {
            let what = format!("The first day, {first}, is after the last, {last}");
            let trouble = Trouble::usage(what);
            if !self.asker.is_there() {
                return Err(Ended::Failed(trouble));
            }
            self.asker.say(Says::Problem, &trouble.lines());
            from = self.day(&first_day, None)?;
            to = self.day("And up to which day?", None)?;
        }
        Ok((from, to))
    }

    fn day(
        &mut self,
        question: &str,
        usual: Option<NaiveDate>,
    ) -> Result<Option<NaiveDate>, Ended> {
        let default = usual.map_or_else(|| ALL.to_owned(), |day| day.to_string());
        loop {
            let typed = self.asker.input(question, Some(&default))?;
            let text = typed.trim();
            if text.eq_ignore_ascii_case(ALL) || text.is_empty() {
                return Ok(None);
            }
            match parse_day(text) {
                Some(day) => return Ok(Some(day)),
                None => self
                    .asker
                    .say(Says::Problem, "A day such as 2021-01-31, or: all"),
            }
        }
    }
}
