//! The way in by an add-on's backend: a pairing code from its e-mail.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::asker::{Ended, Says};
use super::fields::Side;
use super::flow::{Next, Wizard};
use super::source::ANOTHER_WAY;
use super::trouble::{self, Class, Trouble};
use crate::access::Access;
use crate::config::{Of, Read, Secret};
use crate::pairing::{PairingCode, PairingCodeError};

/// What is answered anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anew {
    Nothing,
    Code,
    Number,
    Address,
    Way,
}

impl Wizard<'_> {
    /// A pairing: the one that is there, else by a code, until one is good.
    pub(super) fn paired(
        &mut self,
        keep: bool,
        number: &mut Option<String>,
    ) -> Result<Option<Access>, Ended> {
        let present = self.present_side(Side::Source).filter(|_| keep);
        let secret = present.and_then(|present| present.get::<Secret>("pairing"));
        let url = present.and_then(|present| present.get::<Url>("addon_url"));
        if let (Some(place), Some(addon_url)) = (secret, url)
            && self.given.pairing_code.is_none()
            && let Ok(secret) = place.resolve()
            && (!self.asks() || self.asker.confirm("Keep the present pairing?", true)?)
        {
            return Ok(Some(self.pairing(addon_url, secret, Some(place))));
        }
        let mut addon_url = self.addon_url()?;
        let mut typed = None;
        loop {
            *number = self.eshop_id_of_the_email(number.take())?;
            let Some(eshop_id) = number.as_ref().and_then(|id| id.parse().ok()) else {
                return Ok(None);
            };
            let code = match typed.take() {
                Some(code) => code,
                None => self.pairing_code()?,
            };
            let trouble = match self.services.pair(&addon_url, eshop_id, &code) {
                Ok(paired) => {
                    self.asker.say(
                        Says::Good,
                        "The pairing code was accepted; it is used up now.",
                    );
                    return Ok(Some(self.pairing(addon_url, paired.secret, None)));
                }
                Err(trouble) => trouble,
            };
            let same = Next {
                label: "Try again",
                then: Anew::Nothing,
            };
            // where the code was not looked at, it need not be typed again
            let same = matches!(trouble.class, Class::Down | Class::Odd).then_some(same);
            let others = [
                Next {
                    label: "Type the pairing code again",
                    then: Anew::Code,
                },
                Next {
                    label: "Type e-shop ID and pairing code again",
                    then: Anew::Number,
                },
                Next {
                    label: "Type the add-on's address again",
                    then: Anew::Address,
                },
                Next {
                    label: ANOTHER_WAY,
                    then: Anew::Way,
                },
            ];
            let choices: Vec<_> = same.into_iter().chain(others).collect();
            match self.again(trouble, &choices)? {
                Anew::Nothing => typed = Some(code),
                Anew::Code => {}
                Anew::Number => *number = None,
                Anew::Address => addon_url = self.addon_url()?,
                Anew::Way => return Ok(None),
            }
        }
    }

    /// The number is needed here, as no token tells it; `None`: another way is wanted.
    fn eshop_id_of_the_email(&mut self, number: Option<String>) -> Result<Option<String>, Ended> {
        if number.is_some() {
            return Ok(number);
        }
        self.asker.say(
            Says::Note,
            "The e-mail shows the e-shop ID, beside the pairing code.",
        );
        loop {
            let number = self.type_identity("E-shop ID:", None)?;
            if number.is_some() {
                return Ok(number);
            }
            let trouble = Trouble::usage("A pairing code needs the e-shop ID it is for");
            let choices = [
                Next {
                    label: "Type the e-shop ID",
                    then: Anew::Number,
                },
                Next {
                    label: ANOTHER_WAY,
                    then: Anew::Way,
                },
            ];
            if self.again(trouble, &choices)? == Anew::Way {
                return Ok(None);
            }
        }
    }

    fn pairing_code(&mut self) -> Result<PairingCode, Ended> {
        let mut given = self.given.pairing_code.take();
        loop {
            let code = match given.take() {
                Some(code) => code,
                None => self.asker.input("Pairing code:", None)?.into(),
            };
            match code.expose_secret().parse() {
                Ok(code) => return Ok(code),
                Err(error) => {
                    let error: PairingCodeError = error;
                    let trouble = Trouble::usage(trouble::capital(&error.to_string()));
                    if !self.asker.is_there() {
                        return Err(Ended::Failed(trouble));
                    }
                    self.asker.say(Says::Problem, &trouble.lines());
                }
            }
        }
    }

    fn pairing(&mut self, addon_url: Url, secret: SecretString, place: Option<Secret>) -> Access {
        let mut access = self.unasked(Side::Source);
        access.values.put("addon_url", Some(Read::Url(addon_url)));
        access.hold("pairing", secret, place);
        access
    }

    fn addon_url(&mut self) -> Result<Url, Ended> {
        let field = self.table(Side::Source).field("addon_url");
        let read = field.map(|field| self.ask_field(Side::Source, field));
        let url = read.transpose()?.as_ref().and_then(Url::of);
        url.ok_or_else(|| Ended::Failed(Trouble::usage("The add-on has no address")))
    }
}
