//! What tests of this room share.

use chrono::DateTime;

use super::message::Message;
use super::notice::Notice;
use super::rule::News;
use crate::record::{ByKind, Kind};
use crate::sync::Counts;
use crate::sync::RequestCounts;
use crate::sync::report::Status;
use crate::sync::{RunReport, Totals};

/// A good run in which nothing was to do.
pub(super) fn report() -> RunReport {
    let at = DateTime::from_timestamp(1_795_500_000, 0).unwrap();
    RunReport {
        connection: "my-shop".to_owned(),
        run_id: "20261124T060000Z-5e0fda7a".to_owned(),
        dry_run: false,
        started_at: at,
        finished_at: at,
        status: Status::Ok,
        counts: ByKind::of(&[Kind::Company, Kind::Income], |_| Counts::default()),
        totals: Totals::default(),
        spent: Totals::default(),
        unexplained: 0,
        requests: RequestCounts {
            program: "shoptet",
            ..RequestCounts::default()
        },
        error: None,
        forecast: 0,
    }
}

/// A sample that is sent.
pub(super) fn notice() -> Notice {
    let message = Message::sample("Můj <e-shop>", "my-shop");
    let told = News {
        failures: 0,
        recovered: 0,
    };
    Notice::new("Můj <e-shop>", message, &report(), told, true)
}
