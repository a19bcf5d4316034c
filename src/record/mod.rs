//! What a source gives and Caflou takes: companies and incomes in canonical values.
//!
//! Money is [`rust_decimal::Decimal`], days are [`chrono::NaiveDate`], identifiers are newtypes.
//! Nothing here knows a source or does input and output.

mod attributes;
mod by_kind;
mod changes;
mod company;
mod currency;
mod document;
mod draft;
mod id;
mod json;
mod money;
mod registration;
mod rich_text;
mod stream;
mod text;
mod value;

pub use attributes::Attributes;
pub use by_kind::ByKind;
pub use changes::{FieldChange, FieldChanges};
pub use company::{Company, CompanyKind};
pub use currency::{Currency, CurrencyError};
pub use document::{CompanyLink, Document, Payment};
pub use draft::{Draft, Record, Void};
pub use id::{CaflouId, Kind, Mark, SourceId};
pub use json::Json;
pub use money::{AmountError, amount};
pub use registration::{Identity, registration_key, vat_key};
pub use rich_text::rich_text_lines;
pub use stream::Stream;
pub use text::{clean, comparable, same_name, tidy};
pub use value::{Value, field_name, same};
