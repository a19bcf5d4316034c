//! The way in by an add-on's backend: a pairing code from its e-mail.

use secrecy::ExposeSecret;
use url::Url;

use super::answers::{Held, Origin, ShopAccess};
use super::asker::{Ended, Says};
use super::flow::{Next, Wizard};
use super::shop::ANOTHER_WAY;
use super::trouble::{self, Class, Trouble};
use super::ways::address;
use crate::config::ShoptetAccess;
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
        present: Option<&ShoptetAccess>,
        number: &mut Option<u64>,
    ) -> Result<Option<ShopAccess>, Ended> {
        if let Some(ShoptetAccess::Pairing { secret, addon_url }) = present
            && self.given.pairing_code.is_none()
            && let Ok(held) = secret.resolve()
            && (!self.asks() || self.asker.confirm("Keep the present pairing?", true)?)
        {
            let (addon_url, origin) = (addon_url.clone(), Origin::Present);
            let secret = Held {
                secret: held,
                origin,
            };
            return Ok(Some(ShopAccess::Pairing { secret, addon_url }));
        }
        let mut addon_url = self.addon_url(None)?;
        let mut typed = None;
        loop {
            let Some(eshop_id) = self.eshop_id_of_the_email(*number)? else {
                return Ok(None);
            };
            *number = Some(eshop_id);
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
                    let secret = Held::typed(paired.secret);
                    return Ok(Some(ShopAccess::Pairing { secret, addon_url }));
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
                Anew::Address => addon_url = self.addon_url(Some(&addon_url))?,
                Anew::Way => return Ok(None),
            }
        }
    }

    /// The number is needed here, as no token tells it; `None`: another way is wanted.
    fn eshop_id_of_the_email(&mut self, number: Option<u64>) -> Result<Option<u64>, Ended> {
        if number.is_some() {
            return Ok(number);
        }
        self.asker.say(
            Says::Note,
            "The e-mail shows the e-shop ID, beside the pairing code.",
        );
        loop {
            let number = self.type_eshop_id("E-shop ID:", None)?;
            if number.is_some() {
                return Ok(number);
            }
            let trouble = Trouble::usage("A pairing code needs the e-shop ID it is for", "");
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
                    let trouble = Trouble::usage(trouble::capital(&error.to_string()), "");
                    if !self.asker.is_there() {
                        return Err(Ended::Failed(trouble));
                    }
                    self.asker.say(Says::Problem, &trouble.lines());
                }
            }
        }
    }

    fn addon_url(&mut self, wrong: Option<&Url>) -> Result<Url, Ended> {
        if let Some(url) = self.given.addon_url.take() {
            return Ok(url);
        }
        let present = self
            .present
            .and_then(|present| match &present.shoptet.access {
                ShoptetAccess::Pairing { addon_url, .. } => Some(addon_url),
                ShoptetAccess::PrivateToken(_) | ShoptetAccess::OauthToken { .. } => None,
            });
        let default = wrong.or(present).map(ToString::to_string);
        loop {
            let question = "Address of the add-on (the e-mail shows it):";
            let typed = self.asker.input(question, default.as_deref())?;
            match address(&typed, "https://addon.example.com") {
                Ok(url) => return Ok(url),
                Err(problem) => self.asker.say(Says::Problem, &problem),
            }
        }
    }
}
