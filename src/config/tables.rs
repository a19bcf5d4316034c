//! The tables of a connection that are the same whatever the source, and the top of the file.

use std::ops::RangeInclusive;

use super::mapping::PaymentDate;
use super::model::Mode;
use super::notify::NOTIFY;
use super::schema::{Field, Table, Value};
use crate::caflou::SETTINGS as CAFLOU;
use crate::source::registry::sources;

const MOST_DAYS: i64 = 3650;
const ANY: Value = Value::Whole(1, i64::MAX);

/// The file's top, but for what sources share there.
pub(super) static TOP: Table = Table::of(&[
    Field::new("state", Value::Path),
    Field::new("keep_runs", Value::Whole(1, 36_500)).usually("400"),
    Field::new("notify", Value::Table(&NOTIFY)),
    Field::new("connections", Value::Own),
]);

/// `[connections.NAME]`, but for the source's.
pub(super) static CONNECTION: Table = Table::of(&[
    Field::new("name", Value::Text),
    Field::new("program", Value::Own).must(),
    Field::new("caflou", Value::Table(&CAFLOU)).must(),
    Field::new("import", Value::Table(&IMPORT)),
    Field::new("mapping", Value::Table(&MAPPING)),
    Field::new("notify", Value::Table(&NOTIFY)),
]);

/// `[connections.NAME.import]`.
pub(super) static IMPORT: Table = Table::of(&[
    Field::new("companies", Value::Choice(Mode::WORDS)).usually("new-only"),
    Field::new("incomes", Value::Choice(Mode::WORDS)).usually("new-and-update"),
    Field::new("expenses", Value::Choice(Mode::WORDS)).usually("no"),
    Field::new("streams", Value::Open),
    Field::new("from", Value::Day),
    Field::new("to", Value::Day),
    Field::new("order_statuses", Value::Own),
    Field::new("companies_with_orders", Value::Yes),
    Field::new("auto_repeat", Value::Yes),
    Field::new("max_changes", ANY),
    Field::new("locked_until", Value::Day),
    Field::new("unpaid_expires", Value::Whole(1, MOST_DAYS)),
]);

/// `[connections.NAME.mapping]`.
pub(super) static MAPPING: Table = Table::of(&[
    Field::new("category_id", ANY),
    Field::new("project_id", ANY),
    Field::new("source_id", ANY),
    Field::new("tags", Value::Words),
    Field::new("income_name", Value::OwnText),
    Field::new("payment_date", Value::Choice(PaymentDate::WORDS))
        .usually(PaymentDate::FirstPaid.as_str())
        .formerly(&[(PaymentDate::CHANGE_TIME, PaymentDate::FirstPaid.as_str())]),
    Field::new("expected_days", Value::Open),
    Field::new("by", Value::Open),
    Field::new("cancelled_statuses", Value::Own),
    Field::new("match_existing", Value::Yes).usually("true"),
]);

/// A payment method's table in it.
pub(super) static BY_METHOD: Table = Table::of(&[
    Field::new("category_id", ANY),
    Field::new("project_id", ANY),
    Field::new("source_id", ANY),
    Field::new("expected_days", Value::Whole(0, MOST_DAYS)),
    Field::new("tags", Value::Words),
]);

/// Days from an order to its expected payment.
pub(super) const DAYS: RangeInclusive<i64> = 0..=MOST_DAYS;

/// What sources let stand at the file's top.
pub(super) fn shared() -> impl Iterator<Item = &'static Field> {
    let fields = sources().iter().flat_map(|source| source.settings.fields);
    fields.filter(|field| field.shared.is_some())
}
