//! The questions in their order.

use std::collections::HashMap;

use super::answers::Answers;
use super::asker::{Asker, Ended, Says};
use super::doubles::Doubles;
use super::fields::Side;
use super::given::Given;
use super::services::{OpenShop, Services};
use super::trouble::{self, By, Trouble};
use crate::caflou::Reader;
use crate::config::{Connection, Mapping, Mode};
use crate::source::registry::SOURCES;
use crate::source::shoptet::{MapSettings, Statuses};
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
    /// How the shop calls itself.
    pub shop_name: String,
    /// How the account is called.
    pub account_name: String,
    /// Customers that a first run would look at; `None`: they are not imported.
    pub customers: Option<u64>,
    /// Orders that a first run would look at; `None`: they are not imported.
    pub orders: Option<u64>,
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
            program: present.map_or(SOURCES[0], |present| present.program),
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
        self.asker.say(Says::Part, "The e-shop");
        let (source, open, readable) = self.shop()?;
        self.asker.say(Says::Part, "Caflou");
        let account = self.caflou()?;
        let identity = open.shop.eshop_id.to_string();
        self.not_another(&identity, &account.account.id)?;
        self.not_twice(&key, &identity, &account.account.id)?;
        self.asker.say(Says::Part, "The import");
        let (import, cancelled_statuses) = self.import(&open, readable)?;
        let interval = Interval {
            from: import.from,
            to: import.to,
        };
        let (orders, doubles) = if import.incomes == Mode::No {
            (None, None)
        } else {
            let orders = self.orders(&open, interval, By::of(source.way()))?;
            // A connection that has imported already has its own records there.
            let first = self
                .present
                .is_none_or(|present| present.import.incomes == Mode::No);
            let doubles = first.then(|| self.doubles(&open, interval, &account.reader));
            (Some(orders), doubles.flatten())
        };
        Ok(Connected {
            shop_name: open.shop.name.clone(),
            account_name: account.account.name,
            customers: readable.customers.filter(|_| import.companies != Mode::No),
            orders,
            doubles,
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
        let names: Vec<_> = SOURCES.iter().map(|one| one.name.to_owned()).collect();
        let question = "From which program do the data come?";
        let chosen = self.asker.select(question, &names, 0)?;
        Ok(SOURCES.get(chosen).copied().unwrap_or(self.program))
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
        let what = if present.identity() != identity {
            format!("The connection imports from e-shop {}", present.identity())
        } else if present.account_id() != account_id {
            format!(
                "The connection imports into account {}",
                present.account_id()
            )
        } else {
            return Ok(());
        };
        let advice =
            "Another e-shop or account needs a connection of its own: caflou-sync connect.";
        Err(Ended::Failed(Trouble::usage(what, advice)))
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
            "`{}` connects the same e-shop with the same account",
            other.key
        );
        if !self.given.yes && !self.asker.is_there() {
            let advice = format!(
                "Change that one: caflou-sync edit {}. Or add --yes to connect them once more.",
                other.key
            );
            return Err(Ended::Failed(Trouble::usage(what, advice)));
        }
        self.asker.say(Says::Warning, &format!("{what} already."));
        if self.given.yes || self.asker.confirm("Connect them once more?", false)? {
            return Ok(());
        }
        Err(Ended::Stopped)
    }

    /// Looks for the newest orders in Caflou, and warns. Where that cannot be seen, that is no
    /// reason not to connect.
    fn doubles(&mut self, open: &OpenShop, interval: Interval, reader: &Reader) -> Option<Doubles> {
        let mapping = self
            .present
            .map_or_else(Mapping::default, |one| one.mapping.clone());
        let match_existing = mapping.match_existing;
        let settings = MapSettings {
            eshop_id: open.shop.eshop_id,
            zone: open.shop.zone,
            mapping,
            statuses: Statuses::default(),
        };
        match self.services.doubles(open, &settings, interval, reader) {
            Ok(doubles) => {
                if let Some(warning) = doubles.warning(match_existing) {
                    self.asker.say(Says::Warning, &warning);
                }
                Some(doubles)
            }
            Err(error) => {
                let text = format!(
                    "Whether the newest orders are in Caflou already could not be seen: {error}"
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

    /// How many orders a first run would look at.
    fn orders(&mut self, open: &OpenShop, interval: Interval, by: By) -> Result<u64, Ended> {
        loop {
            match self.services.orders_in(open, interval) {
                Ok(orders) => return Ok(orders),
                Err(error) => self.again(trouble::shop(&error, by), &[TRY_AGAIN])?,
            }
        }
    }
}

/// The same once more.
const TRY_AGAIN: Next<'static, ()> = Next {
    label: "Try again",
    then: (),
};
