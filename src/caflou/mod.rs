//! Caflou: companies and transfers, read by a [`Reader`], written by a [`Writer`].
//!
//! A dry run is given no [`Writer`]. The facts are from the vendor's description and from what
//! clients of the live service confirmed; each function names its path.

mod auth;
mod client;
mod expiry;
mod index;
mod keys;
mod listing;
mod lookup;
mod marks;
mod owner;
mod pace;
mod pass;
mod reader;
mod recent;
mod settings;
#[cfg(test)]
mod tests;
mod wire;
mod writer;

pub use auth::{Credentials, read_login};
pub use client::{Client, ClientOptions};
pub use expiry::{login_ends, token_ends};
pub use index::{Candidates, Index};
pub use keys::{Keys, MatchedBy};
pub use listing::Listing;
pub use lookup::{Lookup, Standing};
pub use pace::PACE;
pub use reader::{CaflouAccount, Reader};
pub use recent::Recent;
pub use settings::SETTINGS;
pub use wire::{Page, Stored};
pub use writer::Writer;
