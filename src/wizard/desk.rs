//! The wizard as the setup of a source sees it.

use secrecy::SecretString;
use tokio::runtime::Runtime;

use super::asker::{Asker, Ended};
use super::fields::Side;
use super::flow::{Next, Wizard};
use crate::access::Access;
use crate::config::{Read, Secret, Values};
use crate::http::Stop;
use crate::source::setup::Desk;
use crate::trouble::Trouble;

impl Desk for Wizard<'_> {
    fn asks(&self) -> bool {
        Wizard::asks(self)
    }

    fn asker(&mut self) -> &mut dyn Asker {
        self.asker
    }

    fn present(&self) -> Option<&Values> {
        self.present_side(Side::Source)
    }

    fn given(&mut self, name: &str) -> Option<Read> {
        self.given.codes.remove(name)
    }

    fn is_given(&self, name: &str) -> bool {
        self.given.codes.contains_key(name)
    }

    fn ask(&mut self, key: &str) -> Result<Option<Read>, Ended> {
        let field = self.table(Side::Source).field(key);
        let read = field.map(|field| self.ask_field(Side::Source, field));
        read.transpose()
    }

    fn line(&mut self, question: &str) -> Result<String, Ended> {
        Wizard::line(self, question)
    }

    fn identity(&mut self, question: &str) -> Result<Option<String>, Ended> {
        self.type_identity(question, None)
    }

    fn unasked(&mut self) -> Access {
        Wizard::unasked(self, Side::Source)
    }

    fn resolve(&mut self, place: &Secret) -> Result<Option<SecretString>, Ended> {
        Wizard::resolve(self, place)
    }

    fn what_now(&mut self, trouble: Trouble, choices: &[&str]) -> Result<usize, Ended> {
        let next = |(then, label)| Next { label, then };
        let choices = choices.iter().copied().enumerate().map(next);
        self.again(trouble, &choices.collect::<Vec<_>>())
    }

    fn runtime(&self) -> &Runtime {
        self.services.runtime()
    }

    fn stop(&self) -> Stop {
        self.services.stop()
    }
}
