//! What only a source knows of connecting it: codes that are exchanged for what a way in needs. Most
//! sources have none.

use secrecy::SecretString;
use tokio::runtime::Runtime;

use super::{SourceError, Status};
use crate::access::Access;
use crate::config::{OrderStatus, Read, Secret, Values};
use crate::http::Stop;
use crate::trouble::Trouble;
use crate::wizard::{Asker, Ended};

/// How a source is connected beside its settings.
#[derive(Debug)]
pub struct Setup {
    /// The codes, in the order in which they are offered.
    pub codes: &'static [Code],
    /// Tells the flags that are missing where nobody can be asked.
    pub missing: fn(&Named<'_>, &mut Need<'_>),
    /// What its documents' statuses are, where they have some of the user's own.
    pub statuses: Option<Statuses>,
}

/// Whether something was named beforehand.
pub type Named<'a> = dyn Fn(&str) -> bool + 'a;
/// Notes a flag, unless what it is for is there.
pub type Need<'a> = dyn FnMut(bool, &str) + 'a;

/// A code that is good once.
#[derive(Debug)]
pub struct Code {
    /// What it is called.
    pub label: &'static str,
    /// Its name among what is given beforehand.
    pub name: &'static str,
    /// The setting that it gives, where it is the only way to that; its way in is called as it is.
    pub gives: Option<&'static str>,
    /// Exchanges it.
    pub obtain: Obtain,
}

/// Statuses that documents have at a source.
#[derive(Debug)]
pub struct Statuses {
    /// The one that always counts as cancelled.
    pub cancelled: i64,
    /// Makes sure that those of the settings are there: what counts as cancelled, what is imported.
    pub check: Check,
}

/// Exchanges a code, until one is good; `None`: another way is wanted. Where the second is true, what
/// the connection has may stay. It may learn whose records are wanted.
pub type Obtain = fn(&mut dyn Desk, bool, &mut Option<String>) -> Result<Option<Access>, Ended>;
/// The source's statuses; of the settings those that count as cancelled, and those that are imported.
pub type Check = fn(&[Status], &[OrderStatus], &[OrderStatus]) -> Result<(), SourceError>;

/// Where a code is asked for and exchanged.
pub trait Desk {
    /// Whether questions with a usual answer are put.
    fn asks(&self) -> bool;
    /// Who is asked.
    fn asker(&mut self) -> &mut dyn Asker;
    /// The settings of the connection that is changed.
    fn present(&self) -> Option<&Values>;
    /// Something that was given beforehand; it is used once.
    fn given(&mut self, name: &str) -> Option<Read>;
    /// Whether it was.
    fn is_given(&self, name: &str) -> bool;
    /// A setting, asked for until it can be read.
    ///
    /// # Errors
    /// Where there is no answer.
    fn ask(&mut self, key: &str) -> Result<Option<Read>, Ended>;
    /// A line that cannot be empty.
    ///
    /// # Errors
    /// Where there is no answer.
    fn line(&mut self, question: &str) -> Result<String, Ended>;
    /// Whose records are wanted; nothing where nothing was typed.
    ///
    /// # Errors
    /// Where there is no answer.
    fn identity(&mut self, question: &str) -> Result<Option<String>, Ended>;
    /// What is not asked for.
    fn unasked(&mut self) -> Access;
    /// A secret from its place; nothing where it is not there.
    ///
    /// # Errors
    /// Where nobody can give another.
    fn resolve(&mut self, place: &Secret) -> Result<Option<SecretString>, Ended>;
    /// Tells what is wrong and asks what to do about it, of these, by its place.
    ///
    /// # Errors
    /// Where that was it.
    fn what_now(&mut self, trouble: Trouble, choices: &[&str]) -> Result<usize, Ended>;
    /// For what is sent.
    fn runtime(&self) -> &Runtime;
    /// Ends it.
    fn stop(&self) -> Stop;
}
