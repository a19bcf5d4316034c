//! The question about the statuses of orders: which are imported, and which count as cancelled.

use std::fmt;

use super::asker::{Ended, Says};
use super::flow::Wizard;
use super::services::Opened;
use super::trouble::{Trouble, capital};
use crate::config::{Connection, Mode, OrderStatus};
use crate::record::Kind;
use crate::source::Status;
use crate::source::setup::Statuses;

/// What is chosen of the shop's statuses, as it stands in the settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Chosen {
    /// Only orders in these are imported; empty: all.
    pub(super) imported: Vec<OrderStatus>,
    /// Cancelled or returned, beside the system's own.
    pub(super) cancelled: Vec<OrderStatus>,
}

impl Chosen {
    fn of(connection: &Connection) -> Self {
        Self {
            imported: connection.import.order_statuses.clone(),
            cancelled: connection.mapping.cancelled_statuses.clone(),
        }
    }

    /// Those that the shop does not have.
    fn unknown(&self, there: &[Status]) -> Vec<String> {
        let all = self.imported.iter().chain(&self.cancelled);
        let unknown = all.filter(|status| !there.iter().any(|one| means(status, one)));
        unknown.map(ToString::to_string).collect()
    }
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |statuses: &[OrderStatus]| {
            let words: Vec<_> = statuses.iter().map(ToString::to_string).collect();
            words.join(", ")
        };
        match self.imported.as_slice() {
            [] => f.write_str("all")?,
            imported => f.write_str(&words(imported))?,
        }
        match self.cancelled.as_slice() {
            [] => Ok(()),
            cancelled => write!(f, "; cancelled: {}", words(cancelled)),
        }
    }
}

impl Wizard<'_> {
    /// Which statuses are imported, and which count as cancelled. The shop is asked for its list
    /// only where somebody wants to choose, or named some; without it, nothing is in the way of a
    /// connection.
    pub(super) fn statuses(&mut self, open: &Opened, incomes: Mode) -> Result<Chosen, Ended> {
        let present = self.present.map_or_else(Chosen::default, Chosen::of);
        let imported = self.given.order_statuses.take();
        let cancelled = self.given.cancelled_statuses.take();
        let named = imported.is_some() || cancelled.is_some();
        let chosen = Chosen {
            imported: imported.unwrap_or_else(|| present.imported.clone()),
            cancelled: cancelled.unwrap_or_else(|| present.cancelled.clone()),
        };
        let of = self.program.setup.and_then(|setup| setup.statuses.as_ref());
        let asks = self.asks() && incomes != Mode::No && of.is_some();
        let Some(of) = of else {
            return Ok(chosen);
        };
        if named && self.holds(open, of, &chosen)? || !named && !asks {
            return Ok(chosen);
        }
        self.ask_statuses(open, of, present)
    }

    /// Whether the shop has what was named; without its list, that is not known and believed.
    fn holds(&mut self, open: &Opened, of: &Statuses, chosen: &Chosen) -> Result<bool, Ended> {
        let Some(there) = self.shop_statuses(open) else {
            return Ok(true);
        };
        let Err(error) = (of.check)(&there, &chosen.cancelled, &chosen.imported) else {
            self.warn_of(&chosen.unknown(&there));
            return Ok(true);
        };
        let trouble = Trouble::usage(error.to_string());
        if !self.asker.is_there() {
            return Err(Ended::Failed(trouble));
        }
        self.asker.say(Says::Problem, &trouble.lines());
        Ok(false)
    }

    fn ask_statuses(
        &mut self,
        open: &Opened,
        of: &Statuses,
        present: Chosen,
    ) -> Result<Chosen, Ended> {
        let mut options = vec![
            "all".to_owned(),
            "choose: which are imported, which are cancelled".to_owned(),
        ];
        let is_set = present != Chosen::default();
        if is_set {
            options.insert(0, format!("as now: {present}"));
        }
        let many = capital(self.program.many(Kind::Income));
        let question = format!("{many} in which statuses?");
        let chosen = self.asker.select(&question, &options, 0)?;
        match (chosen, is_set) {
            (0, true) => Ok(present),
            (0, false) | (1, true) => Ok(Chosen::default()),
            _ => match self.shop_statuses(open) {
                Some(there) => self.choose_statuses(&there, of.cancelled, &present),
                None => Ok(present),
            },
        }
    }

    /// The shop's list, where it gives one.
    fn shop_statuses(&mut self, open: &Opened) -> Option<Vec<Status>> {
        let why = match self.services.statuses(open) {
            Ok(there) if !there.is_empty() => return Some(there),
            Ok(_) => "it is empty".to_owned(),
            Err(error) => error.to_string(),
        };
        let text = format!(
            "The shop's list of statuses could not be read: {why}\n\
             The settings stay without it; caflou-sync edit asks again."
        );
        self.asker.say(Says::Warning, &text);
        None
    }

    /// A status is one of the two: what counts as cancelled is not offered for the import.
    fn choose_statuses(
        &mut self,
        there: &[Status],
        cancelled: i64,
        present: &Chosen,
    ) -> Result<Chosen, Ended> {
        self.warn_of(&present.unknown(there));
        let system = there.iter().find(|status| status.id == cancelled);
        let system = system.map_or("the system's own", |status| status.name.as_str());
        let own: Vec<_> = there.iter().filter(|one| one.id != cancelled).collect();
        let question = format!("Which count as cancelled or returned, beside {system}?");
        let cancelled = self.mark(&question, &own, &present.cancelled)?;
        let is_cancelled = |one: &&Status| cancelled.iter().any(|other| other.id == one.id);
        let others: Vec<_> = own.into_iter().filter(|one| !is_cancelled(one)).collect();
        let mut imported = if others.is_empty() {
            Vec::new()
        } else {
            self.mark(
                "And which are imported (none: all)?",
                &others,
                &present.imported,
            )?
        };
        // Who marks all of them means all: also those that the shop will have later.
        if imported.len() == others.len() {
            imported.clear();
        }
        Ok(Chosen {
            imported: written(&imported, there, &present.imported),
            cancelled: written(&cancelled, there, &present.cancelled),
        })
    }

    fn mark<'s>(
        &mut self,
        question: &str,
        offered: &[&'s Status],
        present: &[OrderStatus],
    ) -> Result<Vec<&'s Status>, Ended> {
        let names: Vec<_> = offered.iter().map(|one| one.name.clone()).collect();
        let is_marked = |one: &Status| present.iter().any(|status| means(status, one));
        let places = offered.iter().enumerate();
        let marked = places.filter(|(_, one)| is_marked(one));
        let marked: Vec<_> = marked.map(|(at, _)| at).collect();
        let chosen = self.asker.mark(question, &names, &marked)?;
        let chosen = chosen.into_iter().filter_map(|at| offered.get(at));
        Ok(chosen.copied().collect())
    }

    fn warn_of(&mut self, unknown: &[String]) {
        if !unknown.is_empty() {
            let text = format!("The shop has no status {}.", unknown.join(", "));
            self.asker.say(Says::Warning, &text);
        }
    }
}

/// Whether a setting means this status.
fn means(status: &OrderStatus, one: &Status) -> bool {
    match status {
        OrderStatus::Id(id) => *id == one.id,
        OrderStatus::Name(name) => name.to_lowercase() == one.name.to_lowercase(),
    }
}

/// Statuses as they are to stand in the file: as they do already, else by their names, which people
/// read; by number where two have one name.
fn written(chosen: &[&Status], there: &[Status], present: &[OrderStatus]) -> Vec<OrderStatus> {
    let mut written = Vec::new();
    for one in chosen {
        let name = OrderStatus::Name(one.name.clone());
        let alone = there.iter().filter(|other| means(&name, other)).count() == 1;
        let exact = |status: &OrderStatus| alone || matches!(status, OrderStatus::Id(_));
        let before = present
            .iter()
            .find(|status| exact(status) && means(status, one));
        written.push(match before {
            Some(before) => before.clone(),
            None if alone => name,
            None => OrderStatus::Id(one.id),
        });
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> OrderStatus {
        OrderStatus::Name(name.to_owned())
    }

    #[test]
    fn a_status_is_written_as_it_stands_there_already_else_by_a_name_that_is_its_own() {
        let all = [(1, "Nová"), (2, "Hotovo"), (3, "hotovo"), (4, "Vráceno")];
        let there = all.map(|(id, name)| Status {
            id,
            name: name.to_owned(),
        });
        let chosen: Vec<_> = there.iter().collect();
        let by = |present: &[OrderStatus]| written(&chosen, &there, present);
        let (two, three) = (OrderStatus::Id(2), OrderStatus::Id(3));
        assert_eq!(
            by(&[]),
            [name("Nová"), two.clone(), three.clone(), name("Vráceno")]
        );
        // One name that means two is written as the two that were marked.
        let present = [name("HOTOVO"), name("nová"), OrderStatus::Id(4)];
        assert_eq!(by(&present), [name("nová"), two, three, OrderStatus::Id(4)]);
    }
}
