//! The questions in their order.

use std::collections::HashMap;

use super::answers::Answers;
use super::asker::{Asker, Ended, Says};
use super::doubles::Doubles;
use super::fields::Side;
use super::given::Given;
use super::services::{Opened, Services};
use super::source::Readable;
use super::trouble::Trouble;
use crate::caflou::Reader;
use crate::config::{Connection, Import, Mapping, Mode};
use crate::record::{Kind, Stream};
use crate::source::registry::sources;
use crate::source::{Definition, Interval};

/// The wizard, with all that it needs.
pub struct Wizard<'a> {
    pub(super) asker: &'a mut dyn Asker,
    pub(super) services: &'a Services,
    pub(super) given: Given,
    /// The connection that is changed; `None`: a new one is made.
    pub(super) present: Option<&'a Connection>,
    /// All connections of the file.
    pub(super) all: &'a [Connection],
    /// Keys of all connections that imported something, also of those that are no more.
    pub(super) remembered: Vec<String>,
    /// The source of the data.
    pub(super) program: &'static Definition,
    /// What was typed last, where it may have to be typed again.
    pub(super) typed: HashMap<(Side, &'static str), String>,
}

/// A connection that works.
#[derive(Debug)]
pub struct Connected {
    /// What it is made of.
    pub answers: Answers,
    /// How the source calls itself.
    pub source_name: String,
    /// How the account is called.
    pub account_name: String,
    /// Records of each stream that a first run would look at; `None`: they are not imported, or the source
    /// does not say.
    pub counts: Vec<(&'static Stream, Option<u64>)>,
    /// Whether the orders are in Caflou already; `None`: it was not looked for.
    pub doubles: Option<Doubles>,
}

/// What may follow an answer that does not hold.
pub(super) struct Next<'a, T> {
    pub(super) label: &'a str,
    pub(super) then: T,
}

impl<'a> Wizard<'a> {
    /// Makes a new connection, or changes the `present` one. `all` are those of the file.
    pub fn new(
        asker: &'a mut dyn Asker,
        services: &'a Services,
        given: Given,
        present: Option<&'a Connection>,
        all: &'a [Connection],
    ) -> Self {
        Self {
            asker,
            services,
            given,
            present,
            all,
            remembered: Vec::new(),
            program: present.map_or(sources()[0], |present| present.program),
            typed: HashMap::new(),
        }
    }

    /// The same, with the keys that the import state knows.
    #[must_use]
    pub fn remembering(self, remembered: Vec<String>) -> Self {
        Self { remembered, ..self }
    }

    /// Asks and checks until there is a connection that works.
    ///
    /// # Errors
    /// [`Ended`] where that was not to be.
    pub fn run(mut self) -> Result<Connected, Ended> {
        let (key, name) = self.naming()?;
        self.program = self.ask_program()?;
        let place = format!("The {}", self.program.place);
        self.asker.say(Says::Part, &place);
        let (source, open, readable) = self.source()?;
        self.asker.say(Says::Part, "Caflou");
        let account = self.caflou()?;
        self.not_another(&open.account.id, &account.account.id)?;
        self.not_twice(&key, &open.account.id, &account.account.id)?;
        self.asker.say(Says::Part, "The import");
        let (import, cancelled_statuses) = self.import(&open, &readable)?;
        let interval = Interval {
            from: import.from,
            to: import.to,
        };
        let counts = self.counts(&open, &readable, &import, interval)?;
        // A connection that has imported already has its own records there.
        let first = self
            .present
            .is_none_or(|present| present.import.incomes == Mode::No);
        let doubles = (first && import.incomes != Mode::No)
            .then(|| self.doubles(&open, interval, &account.reader));
        Ok(Connected {
            source_name: open.account.name.clone(),
            account_name: account.account.name,
            counts,
            doubles: doubles.flatten(),
            answers: Answers {
                key,
                name,
                program: self.program,
                source,
                caflou: account.access,
                import,
                cancelled_statuses,
                others: self.given.others,
            },
        })
    }

    fn ask_program(&mut self) -> Result<&'static Definition, Ended> {
        if let Some(program) = self.given.program.take() {
            return Ok(program);
        }
        if !self.asks() {
            return Ok(self.program);
        }
        let names: Vec<_> = sources().iter().map(|one| one.name.to_owned()).collect();
        let question = "From which program do the data come?";
        let chosen = self.asker.select(question, &names, 0)?;
        Ok(sources().get(chosen).copied().unwrap_or(self.program))
    }

    /// Whether questions with a usual answer are put.
    pub(super) fn asks(&self) -> bool {
        self.asker.is_there() && !self.given.yes
    }

    /// What was imported is of one shop and one account: with others, a run would take new orders
    /// for imported ones.
    fn not_another(&self, identity: &str, account_id: &str) -> Result<(), Ended> {
        let Some(present) = self
            .present
            .filter(|one| self.remembered.contains(&one.key))
        else {
            return Ok(());
        };
        let place = self.program.place;
        let what = if present.identity() != identity {
            format!("The connection imports from {place} {}", present.identity())
        } else if present.account_id() != account_id {
            format!(
                "The connection imports into account {}",
                present.account_id()
            )
        } else {
            return Ok(());
        };
        let advice = format!(
            "Another {place} or account needs a connection of its own: caflou-sync connect."
        );
        Err(Ended::Failed(Trouble::usage(what).advise(advice)))
    }

    /// The same shop and account twice would be the same orders twice.
    fn not_twice(&mut self, key: &str, identity: &str, account_id: &str) -> Result<(), Ended> {
        let mut others = self.all.iter().filter(|other| other.key != key);
        let Some(other) = others.find(|other| {
            other.program.word == self.program.word
                && other.identity() == identity
                && other.account_id() == account_id
        }) else {
            return Ok(());
        };
        let what = format!(
            "`{}` connects the same {} with the same account",
            other.key, self.program.place
        );
        if !self.given.yes && !self.asker.is_there() {
            let advice = format!(
                "Change that one: caflou-sync edit {}. Or add --yes to connect them once more.",
                other.key
            );
            return Err(Ended::Failed(Trouble::usage(what).advise(advice)));
        }
        self.asker.say(Says::Warning, &format!("{what} already."));
        if self.given.yes || self.asker.confirm("Connect them once more?", false)? {
            return Ok(());
        }
        Err(Ended::Stopped)
    }

    /// Looks for the newest orders in Caflou, and warns. Where that cannot be seen, that is no
    /// reason not to connect.
    fn doubles(&mut self, open: &Opened, interval: Interval, reader: &Reader) -> Option<Doubles> {
        let present = self.present.map(|one| one.mapping.match_existing);
        let match_existing = present.unwrap_or(Mapping::default().match_existing);
        match self.services.doubles(open, interval, reader) {
            Ok(doubles) => {
                if let Some(warning) = doubles.warning(self.program, match_existing) {
                    self.asker.say(Says::Warning, &warning);
                }
                Some(doubles)
            }
            Err(error) => {
                let text = format!(
                    "Whether the newest {} are in Caflou already could not be seen: {error}",
                    self.program.many(Kind::Income)
                );
                self.asker.say(Says::Warning, &text);
                None
            }
        }
    }

    /// Tells what is wrong and asks what to do about it. Where nobody is there, that was it.
    pub(super) fn again<T: Copy>(
        &mut self,
        trouble: Trouble,
        choices: &[Next<'_, T>],
    ) -> Result<T, Ended> {
        if !self.asker.is_there() {
            return Err(Ended::Failed(trouble));
        }
        self.asker.say(Says::Problem, &trouble.lines());
        let mut labels: Vec<_> = choices.iter().map(|next| next.label.to_owned()).collect();
        labels.push("Stop; nothing is saved".to_owned());
        let chosen = self.asker.select("What now?", &labels, 0)?;
        choices
            .get(chosen)
            .map(|next| next.then)
            .ok_or(Ended::Stopped)
    }

    /// How many records of each stream a first run would look at.
    fn counts(
        &mut self,
        open: &Opened,
        readable: &Readable,
        import: &Import,
        interval: Interval,
    ) -> Result<Vec<(&'static Stream, Option<u64>)>, Ended> {
        let mut counts = Vec::new();
        for stream in self.program.streams {
            let there = readable.0.iter().find(|(other, _)| other == stream);
            let count = match (import.mode_of(stream), stream.kind) {
                (Mode::No, _) => None,
                (_, Kind::Company) => there.map(|(_, count)| *count),
                _ if there.is_none() => None,
                _ => self.count_in(open, stream, interval)?,
            };
            counts.push((*stream, count));
        }
        Ok(counts)
    }

    fn count_in(
        &mut self,
        open: &Opened,
        stream: &Stream,
        interval: Interval,
    ) -> Result<Option<u64>, Ended> {
        loop {
            match self.services.count_in(open, stream, interval) {
                Ok(count) => return Ok(count),
                Err(error) => self.again(open.trouble(&error), &[TRY_AGAIN])?,
            }
        }
    }
}

/// The same once more.
const TRY_AGAIN: Next<'static, ()> = Next {
    label: "Try again",
    then: (),
};
