//! The way in by an add-on's backend: a pairing code from its e-mail.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{ANOTHER_WAY, code};
use crate::access::Access;
use crate::config::{Of, Read, Secret};
use crate::pairing::{PairingCode, PairingCodeError};
use crate::source::setup::Desk;
use crate::source::shoptet::pairing::pair;
use crate::source::shoptet::trouble;
use crate::trouble::{Class, Trouble, capital};
use crate::wizard::{Ended, Says};

const NAME: &str = "pairing_code";

/// A pairing: the one that is there, else by a code, until one is good.
pub(super) fn paired(
    desk: &mut dyn Desk,
    keep: bool,
    number: &mut Option<String>,
) -> Result<Option<Access>, Ended> {
    let present = desk.present().filter(|_| keep);
    let secret = present.and_then(|present| present.get::<Secret>("pairing"));
    let url = present.and_then(|present| present.get::<Url>("addon_url"));
    if let (Some(place), Some(addon_url)) = (secret, url)
        && !desk.is_given(NAME)
        && let Ok(secret) = place.resolve()
        && (!desk.asks() || desk.asker().confirm("Keep the present pairing?", true)?)
    {
        return Ok(Some(pairing(desk, addon_url, secret, Some(place))));
    }
    let mut addon_url = ask_addon_url(desk)?;
    let mut typed = None;
    loop {
        *number = eshop_id_of_the_email(desk, number.take())?;
        let Some(eshop_id) = number.as_ref().and_then(|id| id.parse().ok()) else {
            return Ok(None);
        };
        let code = match typed.take() {
            Some(code) => code,
            None => pairing_code(desk)?,
        };
        let paired = pair(&addon_url, eshop_id, &code, desk.stop());
        let trouble = match desk.runtime().block_on(paired) {
            Ok(paired) => {
                let text = "The pairing code was accepted; it is used up now.";
                desk.asker().say(Says::Good, text);
                return Ok(Some(pairing(desk, addon_url, paired.secret, None)));
            }
            Err(error) => trouble::pairing(&error),
        };
        let mut choices = vec![
            "Try again",
            "Type the pairing code again",
            "Type e-shop ID and pairing code again",
            "Type the add-on's address again",
            ANOTHER_WAY,
        ];
        // where the code was looked at, it has to be typed again
        if !matches!(trouble.class, Class::Down | Class::Odd) {
            choices.remove(0);
        }
        let chosen = desk.what_now(trouble, &choices)?;
        match chosen + 5 - choices.len() {
            0 => typed = Some(code),
            1 => {}
            2 => *number = None,
            3 => addon_url = ask_addon_url(desk)?,
            _ => return Ok(None),
        }
    }
}

/// The number is needed here, as no token tells it; `None`: another way is wanted.
fn eshop_id_of_the_email(
    desk: &mut dyn Desk,
    number: Option<String>,
) -> Result<Option<String>, Ended> {
    if number.is_some() {
        return Ok(number);
    }
    let text = "The e-mail shows the e-shop ID, beside the pairing code.";
    desk.asker().say(Says::Note, text);
    loop {
        let number = desk.identity("E-shop ID:")?;
        if number.is_some() {
            return Ok(number);
        }
        let trouble = Trouble::usage("A pairing code needs the e-shop ID it is for");
        if desk.what_now(trouble, &["Type the e-shop ID", ANOTHER_WAY])? == 1 {
            return Ok(None);
        }
    }
}

fn pairing_code(desk: &mut dyn Desk) -> Result<PairingCode, Ended> {
    let mut given = code(desk, NAME);
    loop {
        let code = match given.take() {
            Some(code) => code,
            None => desk.asker().input("Pairing code:", None)?.into(),
        };
        match code.expose_secret().parse() {
            Ok(code) => return Ok(code),
            Err(error) => {
                let error: PairingCodeError = error;
                let trouble = Trouble::usage(capital(&error.to_string()));
                if !desk.asker().is_there() {
                    return Err(Ended::Failed(trouble));
                }
                desk.asker().say(Says::Problem, &trouble.lines());
            }
        }
    }
}

fn pairing(
    desk: &mut dyn Desk,
    addon_url: Url,
    secret: SecretString,
    place: Option<Secret>,
) -> Access {
    let mut access = desk.unasked();
    access.values.put("addon_url", Some(Read::Url(addon_url)));
    access.hold("pairing", secret, place);
    access
}

fn ask_addon_url(desk: &mut dyn Desk) -> Result<Url, Ended> {
    let url = desk.ask("addon_url")?.as_ref().and_then(Url::of);
    url.ok_or_else(|| Ended::Failed(Trouble::usage("The add-on has no address")))
}
