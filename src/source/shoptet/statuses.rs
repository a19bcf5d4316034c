//! The statuses of orders (`GET /api/orders/statuses`), and what the settings say about them.

use super::client::Client;
use super::row::Row;
use crate::config::{OrderStatus, nearest};
use crate::record::{Json, clean, same_name};
use crate::source::{SourceError, Status};

/// The system status "cancelled" (`GET /api/orders/statuses`).
pub const CANCELLED: i64 = -4;

/// What statuses mean, by their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statuses {
    /// Cancelled, beside the system's own.
    cancelled: Vec<i64>,
    /// Only orders in these are imported; empty: in all.
    wanted: Vec<i64>,
}

impl Statuses {
    /// What the settings mean where the shop has these statuses.
    ///
    /// # Errors
    /// [`SourceError::Settings`] where none of them has such a name.
    pub fn of(
        there: &[Status],
        cancelled: &[OrderStatus],
        wanted: &[OrderStatus],
    ) -> Result<Self, SourceError> {
        Ok(Self {
            cancelled: ids(there, cancelled, "mapping.cancelled_statuses")?,
            wanted: ids(there, wanted, "import.order_statuses")?,
        })
    }

    /// Whether an order in this status counts as cancelled.
    #[must_use]
    pub fn is_cancelled(&self, status: Option<i64>) -> bool {
        status.is_some_and(|id| id == CANCELLED || self.cancelled.contains(&id))
    }

    /// Whether an order in this status waits: it is not to be imported yet.
    #[must_use]
    pub fn waits(&self, status: Option<i64>) -> bool {
        let wanted = self.wanted.is_empty() || status.is_some_and(|id| self.wanted.contains(&id));
        !wanted && !self.is_cancelled(status)
    }
}

impl Client {
    /// What the settings mean at this shop. It is asked only where they hold names.
    ///
    /// # Errors
    /// When the list cannot be read, and [`SourceError::Settings`] where it has no such name.
    pub async fn statuses_of(
        &self,
        cancelled: &[OrderStatus],
        wanted: &[OrderStatus],
    ) -> Result<Statuses, SourceError> {
        let named = |status: &OrderStatus| matches!(status, OrderStatus::Name(_));
        let there = if cancelled.iter().chain(wanted).any(named) {
            self.statuses().await?
        } else {
            Vec::new()
        };
        Statuses::of(&there, cancelled, wanted)
    }

    /// All statuses that the shop has, in its own order.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub async fn statuses(&self) -> Result<Vec<Status>, SourceError> {
        let data = self
            .get::<Json>(&["api", "orders", "statuses"], &[])
            .await?;
        let rows = Row::of(&data.data.0).and_then(|data| data.objects("statuses"));
        let rows = rows.unwrap_or_default().into_iter();
        let status = |row: Row<'_>| {
            let id = row.whole("id").ok().flatten()?;
            let name = clean(&row.text("name").ok().flatten()?)?;
            Some(Status { id, name })
        };
        Ok(rows.filter_map(status).collect())
    }
}

/// The numbers of statuses. Two of one name are both meant.
fn ids(there: &[Status], asked: &[OrderStatus], setting: &str) -> Result<Vec<i64>, SourceError> {
    let mut ids = Vec::new();
    for status in asked {
        match status {
            OrderStatus::Id(id) => ids.push(*id),
            OrderStatus::Name(name) => {
                let before = ids.len();
                let same = |one: &&Status| same_name(&one.name, name);
                ids.extend(there.iter().filter(same).map(|one| one.id));
                if ids.len() == before {
                    return Err(unknown(there, name, setting));
                }
            }
        }
    }
    Ok(ids)
}

fn unknown(there: &[Status], name: &str, setting: &str) -> SourceError {
    let names = there.iter().map(|one| one.name.as_str());
    let meant = nearest(name, names.clone()).map(|meant| format!("; did you mean {meant:?}?"));
    let names: Vec<_> = names.collect();
    SourceError::Settings(format!(
        "{setting}: the shop has no status {name:?}{}; there are: {}",
        meant.unwrap_or_default(),
        names.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there() -> Vec<Status> {
        let all = [(-1, "Nevyřízená"), (-4, "Stornována"), (12, "Vráceno")];
        let status = |(id, name): (i64, &str)| Status {
            id,
            name: name.to_owned(),
        };
        all.map(status).to_vec()
    }

    #[test]
    fn names_and_numbers_are_the_shops_own() {
        let asked = ["vráceno", "Vrácena"].map(|name| OrderStatus::Name(name.to_owned()));
        assert_eq!(ids(&there(), &asked[..1], "x").unwrap(), [12]);
        let typed = ["VRÁCENO", "Vra\u{301}ceno ", "Vr&aacute;ceno"];
        for name in typed.map(|name| OrderStatus::Name(name.to_owned())) {
            assert_eq!(ids(&there(), &[name], "x").unwrap(), [12]);
        }
        assert_eq!(ids(&there(), &[OrderStatus::Id(99)], "x").unwrap(), [99]);
        let error = ids(&there(), &asked, "mapping.cancelled_statuses").unwrap_err();
        insta::assert_snapshot!(error, @r#"mapping.cancelled_statuses: the shop has no status "Vrácena"; did you mean "Vráceno"?; there are: Nevyřízená, Stornována, Vráceno"#);
    }

    #[test]
    fn the_systems_own_cancellation_always_counts_and_never_waits() {
        let none = Statuses::default();
        assert!(none.is_cancelled(Some(-4)) && !none.is_cancelled(None));
        assert!(!none.waits(None) && !none.waits(Some(1)));
        let some = Statuses {
            cancelled: vec![12],
            wanted: vec![1],
        };
        for (status, cancelled, waits) in [
            (Some(1), false, false),
            (Some(2), false, true),
            (None, false, true),
            (Some(12), true, false),
            (Some(-4), true, false),
        ] {
            assert_eq!(some.is_cancelled(status), cancelled, "{status:?}");
            assert_eq!(some.waits(status), waits, "{status:?}");
        }
    }
}
