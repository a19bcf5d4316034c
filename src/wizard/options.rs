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
        let given = self.given.imported("companies");
        let companies = self.mode(Kind::Company, readable, given, usual.companies)?;
        let given = self.given.imported("incomes");
        let incomes = self.mode(Kind::Income, readable, given, usual.incomes)?;
        let (from, to) = self.interval(incomes, &usual)?;
        let statuses = self.statuses(open, incomes)?;
        let auto_repeat = match self.given.imported("auto_repeat") {
            Some(auto_repeat) => auto_repeat,
            None if self.asks() => {
                let question = "Repeat the import automatically (caflou-sync schedule)?";
                self.asker.confirm(question, usual.auto_repeat)?
            }
            None => usual.auto_repeat,
        };
        let import = Import {
            companies,
            incomes,
            from,
            to,
            order_statuses: statuses.imported,
            auto_repeat,
            ..usual
        };
        Ok((import, statuses.cancelled))
    }

    fn mode(
        &mut self,
        kind: Kind,
        readable: &Readable,
        given: Option<Mode>,
        usual: Mode,
    ) -> Result<Mode, Ended> {
        let mut streams = self
            .program
            .streams
            .iter()
            .filter(|stream| stream.kind == kind);
        let Some(stream) = streams.next().filter(|_| readable.has(kind)) else {
            return Ok(Mode::No);
        };
        match given {
            Some(mode) => Ok(mode),
            None if self.asks() => {
                let words = match kind {
                    Kind::Company => ["", "new ones", "as new-only, never updated"],
                    Kind::Income | Kind::Expense => ["", "new ones", "new and changed ones"],
                };
                // question and answer stand on one line of 80 columns
                let question = format!("{} as {}?", stream.title, kind.plural());
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
        incomes: Mode,
        usual: &Import,
    ) -> Result<(Option<NaiveDate>, Option<NaiveDate>), Ended> {
        let (from, to) = (self.given.imported("from"), self.given.imported("to"));
        let ask = self.asks() && incomes != Mode::No;
        let mut streams = self.program.streams.iter();
        let stream = streams.find(|stream| stream.kind == Kind::Income);
        let many = stream.map_or("documents", |stream| stream.many);
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
            let trouble = Trouble::usage(what, "");
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
