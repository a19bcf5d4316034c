//! The questions about the e-shop: which one, and the way in.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::answers::{Held, Origin, ShopAccess, eshop_of_token, trimmed};
use super::asker::{Ended, Says};
use super::flow::{Next, Wizard};
use super::services::{OpenShop, by};
use super::trouble::{self, Class, Trouble};
use crate::config::{Mode, Secret, ShoptetAccess, safe_url};
use crate::output::Count;
use crate::pairing::{PairingCode, PairingCodeError};
use crate::record::Kind;
use crate::source::shoptet::oauth::AddonClient;

/// The ways into a shop, in the order in which they are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    PairingCode,
    PrivateToken,
    OauthToken,
    InstallCode,
}

impl Way {
    const ALL: [Self; 4] = [
        Self::PairingCode,
        Self::PrivateToken,
        Self::OauthToken,
        Self::InstallCode,
    ];

    fn label(self) -> &'static str {
        match self {
            Self::PairingCode => "pairing code from the add-on's e-mail",
            Self::PrivateToken => "private API token (Shoptet Premium)",
            Self::OauthToken => "OAuth access token of an own add-on",
            Self::InstallCode => "one-time installation code of an own add-on",
        }
    }
}

/// How many records can be read; `None`: the token has no right to, and the user goes on without.
#[derive(Debug, Clone, Copy)]
pub(super) struct Readable {
    pub(super) customers: Option<u64>,
    pub(super) orders: Option<u64>,
}

/// Where a private token comes from.
const WHERE_TOKENS_ARE: &str = "It is made in the administration of the shop, under Connections, \
                                API: with the groups Eshop, Orders and Customers, for reading.";

/// What is answered anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anew {
    Nothing,
    Secret,
    Way,
    Number,
    /// The shop whose token it is.
    Take(u64),
}

impl Wizard<'_> {
    /// A shop that lets us in, and is the one that was meant.
    pub(super) fn shop(&mut self, api: &Url) -> Result<(ShopAccess, OpenShop, Readable), Ended> {
        let mut number = self.eshop_id()?;
        let mut way = self.shop_way()?;
        let mut access = self.shop_access(&mut way, &mut number, true)?;
        loop {
            let opened = self.services.shop(&access, api);
            let anew = match (opened, number) {
                (Ok(open), Some(wanted)) if open.shop.eshop_id != wanted => {
                    self.other_shop(&open, wanted)?
                }
                (Ok(open), _) => {
                    let text = format!("{}, e-shop {}", open.shop.name, open.shop.eshop_id);
                    self.asker.say(Says::Good, &text);
                    match self.readable(&open, &access)? {
                        Ok(readable) => return Ok((access, open, readable)),
                        Err(anew) => anew,
                    }
                }
                (Err(trouble), _) => self.shop_again(trouble)?,
            };
            match anew {
                Anew::Nothing => {}
                Anew::Take(id) => number = Some(id),
                Anew::Number => {
                    let named = match &access {
                        ShopAccess::PrivateToken(token) => eshop_of_token(&token.secret),
                        ShopAccess::Addon { .. } | ShopAccess::Pairing { .. } => None,
                    };
                    number = self.ask_eshop_id(named)?;
                }
                Anew::Secret => access = self.shop_access(&mut way, &mut number, false)?,
                Anew::Way => {
                    way = self.ask_shop_way(way)?;
                    access = self.shop_access(&mut way, &mut number, false)?;
                }
            }
        }
    }

    fn eshop_id(&mut self) -> Result<Option<u64>, Ended> {
        if let Some(id) = self.given.eshop_id.take() {
            return Ok(Some(id));
        }
        let present = self.present.map(|present| present.eshop_id);
        if !self.asks() {
            return Ok(present);
        }
        let token = self.given.private_token.as_ref();
        let named = token.and_then(|token| eshop_of_token(&token.resolve().ok()?));
        self.ask_eshop_id(present.or(named))
    }

    fn ask_eshop_id(&mut self, default: Option<u64>) -> Result<Option<u64>, Ended> {
        let (question, default) = match default {
            Some(id) => ("Number of the e-shop:", Some(id.to_string())),
            None => ("Number of the e-shop (Enter: as the token says):", None),
        };
        loop {
            let typed = self.asker.input(question, default.as_deref())?;
            match typed.trim() {
                "" => return Ok(None),
                text => match text.parse() {
                    Ok(id) if id > 0 => return Ok(Some(id)),
                    _ => {
                        let text = "A number such as 222651: the administration of the shop shows \
                                    it, and a private token begins with it.";
                        self.asker.say(Says::Problem, text);
                    }
                },
            }
        }
    }

    fn shop_way(&mut self) -> Result<Way, Ended> {
        let given = &self.given;
        if given.pairing_code.is_some() {
            return Ok(Way::PairingCode);
        }
        if given.install_code.is_some() {
            return Ok(Way::InstallCode);
        }
        if given.oauth_token.is_some() || given.token_url.is_some() {
            return Ok(Way::OauthToken);
        }
        if given.private_token.is_some() {
            return Ok(Way::PrivateToken);
        }
        let present = self.present.map(|present| match present.shoptet.access {
            ShoptetAccess::PrivateToken(_) => Way::PrivateToken,
            ShoptetAccess::OauthToken { .. } => Way::OauthToken,
            ShoptetAccess::Pairing { .. } => Way::PairingCode,
        });
        let usual = match &self.given.addon_url {
            Some(_) => Way::PairingCode,
            None => Way::PrivateToken,
        };
        let usual = present.unwrap_or(usual);
        if self.present.is_some() && !self.asks() {
            return Ok(usual);
        }
        self.ask_shop_way(usual)
    }

    fn ask_shop_way(&mut self, usual: Way) -> Result<Way, Ended> {
        let labels = Way::ALL.map(|way| way.label().to_owned());
        let at = Way::ALL.iter().position(|way| *way == usual).unwrap_or(0);
        let chosen = self
            .asker
            .select("How do we get into the e-shop?", &labels, at)?;
        Ok(Way::ALL.get(chosen).copied().unwrap_or(usual))
    }

    /// Asks for what the way needs. `keep`: a secret that the connection has may stay.
    fn shop_access(
        &mut self,
        way: &mut Way,
        number: &mut Option<u64>,
        keep: bool,
    ) -> Result<ShopAccess, Ended> {
        let present = self
            .present
            .filter(|_| keep)
            .map(|present| &present.shoptet.access);
        match way {
            Way::PairingCode => self.paired(present, number),
            Way::PrivateToken => {
                self.asker.say(Says::Note, WHERE_TOKENS_ARE);
                let present = match present {
                    Some(ShoptetAccess::PrivateToken(token)) => Some(token),
                    _ => None,
                };
                let given = self.given.private_token.take();
                let token = self.held("Private API token:", given, present)?;
                Ok(ShopAccess::PrivateToken(token))
            }
            Way::OauthToken => {
                let token_url = self.token_url()?;
                let present = match present {
                    Some(ShoptetAccess::OauthToken { token, .. }) => Some(token),
                    _ => None,
                };
                let given = self.given.oauth_token.take();
                let oauth_token = self.held("OAuth access token:", given, present)?;
                Ok(ShopAccess::Addon {
                    oauth_token,
                    token_url,
                })
            }
            Way::InstallCode => {
                let access = self.install()?;
                // The code is used up; from now on the token that it gave is the way in.
                *way = Way::OauthToken;
                Ok(access)
            }
        }
    }

    /// A pairing: the one that is there, else by a code, until one is good.
    fn paired(
        &mut self,
        present: Option<&ShoptetAccess>,
        number: &mut Option<u64>,
    ) -> Result<ShopAccess, Ended> {
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
            return Ok(ShopAccess::Pairing { secret, addon_url });
        }
        let mut addon_url = self.addon_url(None)?;
        loop {
            let eshop_id = self.eshop_id_of_the_email(*number)?;
            *number = Some(eshop_id);
            let code = self.pairing_code()?;
            let trouble = match self.services.pair(&addon_url, eshop_id, &code) {
                Ok(paired) => {
                    self.asker.say(
                        Says::Good,
                        "The pairing code was accepted; it is used up now.",
                    );
                    let secret = Held::typed(paired.secret);
                    return Ok(ShopAccess::Pairing { secret, addon_url });
                }
                Err(trouble) => trouble,
            };
            let choices = [
                Next {
                    label: "Type the pairing code again",
                    then: Anew::Secret,
                },
                Next {
                    label: "Type the number of the e-shop again, too",
                    then: Anew::Number,
                },
                Next {
                    label: "Type the add-on's address again, too",
                    then: Anew::Way,
                },
            ];
            match self.again(trouble, &choices)? {
                Anew::Number => *number = None,
                Anew::Way => addon_url = self.addon_url(Some(&addon_url))?,
                Anew::Nothing | Anew::Secret | Anew::Take(_) => {}
            }
        }
    }

    /// The number is needed here, as no token tells it.
    fn eshop_id_of_the_email(&mut self, number: Option<u64>) -> Result<u64, Ended> {
        let mut number = number;
        loop {
            if let Some(id) = number {
                return Ok(id);
            }
            self.asker.say(
                Says::Note,
                "The e-mail shows the number of the e-shop, too.",
            );
            number = self.ask_eshop_id(None)?;
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
        let default = wrong.map(|url| url.to_string());
        loop {
            let question = "Address of the add-on (the e-mail shows it):";
            let typed = self.asker.input(question, default.as_deref())?;
            match safe_url(&typed) {
                Ok(url) => return Ok(url),
                Err(problem) => self.asker.say(Says::Problem, &sentence(problem)),
            }
        }
    }

    fn token_url(&mut self) -> Result<Url, Ended> {
        if let Some(url) = self.given.token_url.take() {
            return Ok(url);
        }
        let present = self
            .present
            .and_then(|present| match &present.shoptet.access {
                ShoptetAccess::OauthToken { token_url, .. } => Some(token_url.clone()),
                ShoptetAccess::PrivateToken(_) | ShoptetAccess::Pairing { .. } => None,
            });
        if let (Some(url), false) = (&present, self.asks()) {
            return Ok(url.clone());
        }
        let default = present.map(|url| url.to_string());
        let question = "Address of the add-on's OAuth server (it ends with getAccessToken):";
        loop {
            let typed = self.asker.input(question, default.as_deref())?;
            match safe_url(&typed) {
                Ok(url) if url.path().ends_with("/getAccessToken") => return Ok(url),
                Ok(_) => self.asker.say(
                    Says::Problem,
                    "It looks like https://12345.myshoptet.com/action/ApiOAuthServer/getAccessToken",
                ),
                Err(problem) => self.asker.say(Says::Problem, &sentence(problem)),
            }
        }
    }

    /// Exchanges an installation code, until one is good.
    fn install(&mut self) -> Result<ShopAccess, Ended> {
        loop {
            let token_url = self.token_url()?;
            let client_id = match self.given.client_id.take() {
                Some(id) => id,
                None => self.line("Client ID of the add-on:")?,
            };
            let client_secret = self.client_secret()?;
            let redirect_uri = match self.given.redirect_uri.take() {
                Some(uri) => uri,
                None => self.line("Redirect address of the add-on:")?,
            };
            let addon = AddonClient {
                token_url: token_url.clone(),
                client_id,
                client_secret,
                redirect_uri,
            };
            loop {
                let code = match self.given.install_code.take() {
                    Some(code) => code,
                    None => trimmed(&self.asker.secret("Installation code:")?),
                };
                match self.services.exchange(&addon, code.expose_secret()) {
                    Ok(installation) => {
                        let text = "The installation code was exchanged for an OAuth access token.";
                        self.asker.say(Says::Good, text);
                        let oauth_token = Held::typed(installation.oauth_token);
                        return Ok(ShopAccess::Addon {
                            oauth_token,
                            token_url,
                        });
                    }
                    Err(trouble) => {
                        let choices = [
                            Next {
                                label: "Type another installation code",
                                then: true,
                            },
                            Next {
                                label: "Type all values of the add-on again",
                                then: false,
                            },
                        ];
                        if !self.again(trouble, &choices)? {
                            break;
                        }
                    }
                }
            }
        }
    }

    fn client_secret(&mut self) -> Result<Option<SecretString>, Ended> {
        let secret = match self.given.client_secret.take() {
            Some(place) => self.resolve(&place)?,
            None if self.asks() => Some(trimmed(
                &self.asker.secret("Client secret (Enter: it has none):")?,
            )),
            None => None,
        };
        Ok(secret.filter(|secret| !secret.expose_secret().is_empty()))
    }

    fn other_shop(&mut self, open: &OpenShop, wanted: u64) -> Result<Anew, Ended> {
        let (id, name) = (open.shop.eshop_id, &open.shop.name);
        let trouble = Trouble {
            class: Class::Refused,
            what: format!("The token belongs to e-shop {id} ({name}), not to e-shop {wanted}"),
            said: None,
            advice: "Correct the number, or use that shop's token.".to_owned(),
        };
        let take = format!("Connect e-shop {id} ({name})");
        self.again(
            trouble,
            &[
                Next {
                    label: &take,
                    then: Anew::Take(id),
                },
                Next {
                    label: "Type another token",
                    then: Anew::Secret,
                },
                Next {
                    label: "Type another number",
                    then: Anew::Number,
                },
            ],
        )
    }

    fn shop_again(&mut self, trouble: Trouble) -> Result<Anew, Ended> {
        let token = Next {
            label: "Type the token again",
            then: Anew::Secret,
        };
        let way = Next {
            label: "Another way in",
            then: Anew::Way,
        };
        let same = Next {
            label: "Try again",
            then: Anew::Nothing,
        };
        match trouble.class {
            Class::Refused | Class::Usage => self.again(trouble, &[token, way]),
            Class::Rights | Class::Down | Class::Odd => self.again(trouble, &[same, token, way]),
        }
    }

    /// What the token may read of what is to be imported; else what is answered anew.
    fn readable(
        &mut self,
        open: &OpenShop,
        access: &ShopAccess,
    ) -> Result<Result<Readable, Anew>, Ended> {
        let unwanted = |mode: Option<Mode>| mode == Some(Mode::No);
        let mut left_out = [
            (Kind::Company, unwanted(self.given.companies)),
            (Kind::Income, unwanted(self.given.incomes)),
        ];
        loop {
            let (mut counts, mut missing) = ([None, None], Vec::new());
            for (at, (kind, out)) in left_out.iter().enumerate() {
                if !out {
                    match self.services.probe(open, *kind) {
                        Ok(count) => counts[at] = Some(count),
                        Err(error) => missing.push((*kind, error)),
                    }
                }
            }
            let [customers, orders] = counts;
            let Some(trouble) = trouble::records(&missing, by(access)) else {
                let words = [(customers, "customer"), (orders, "order")];
                let words = words
                    .iter()
                    .filter_map(|(count, noun)| Some(Count((*count)?, noun)));
                let words: Vec<_> = words.map(|count| count.to_string()).collect();
                let text = format!("{} can be read", words.join(" and "));
                self.asker.say(Says::Good, &text);
                return Ok(Ok(Readable { customers, orders }));
            };
            match (trouble.class, missing.as_slice()) {
                (Class::Rights, [(kind, _)]) if left_out.iter().all(|(_, out)| !out) => {
                    let without = match kind {
                        Kind::Company => "Go on without companies",
                        Kind::Income => "Go on without incomes",
                    };
                    let choices = [
                        Next {
                            label: "It is switched on now: check again",
                            then: Some(None),
                        },
                        Next {
                            label: without,
                            then: Some(Some(*kind)),
                        },
                        Next {
                            label: "Type another token",
                            then: None,
                        },
                    ];
                    match self.again(trouble, &choices)? {
                        Some(None) => {}
                        Some(Some(kind)) => {
                            for (each, out) in &mut left_out {
                                *out |= *each == kind;
                            }
                        }
                        None => return Ok(Err(Anew::Secret)),
                    }
                }
                _ => match self.shop_again(trouble)? {
                    Anew::Nothing => {}
                    anew => return Ok(Err(anew)),
                },
            }
        }
    }

    /// A secret: from its given place, else typed, else (with Enter) the present one.
    pub(super) fn held(
        &mut self,
        question: &str,
        given: Option<Secret>,
        present: Option<&Secret>,
    ) -> Result<Held, Ended> {
        if let Some(place) = given
            && let Some(secret) = self.resolve(&place)?
        {
            let origin = Origin::At(place);
            return Ok(Held { secret, origin });
        }
        let present = present.and_then(|place| place.resolve().ok());
        let question = match present {
            Some(_) => question.replace(':', " (Enter keeps the present one):"),
            None => question.to_owned(),
        };
        loop {
            let typed = if present.is_some() && !self.asks() {
                SecretString::default()
            } else {
                trimmed(&self.asker.secret(&question)?)
            };
            let held = Held::typed(typed);
            let text = held.secret.expose_secret();
            match &present {
                Some(secret) if text.is_empty() => {
                    let (secret, origin) = (secret.clone(), Origin::Present);
                    return Ok(Held { secret, origin });
                }
                _ if text.is_empty() => self.asker.say(Says::Problem, "Nothing was typed."),
                _ if text.contains(char::is_control) => {
                    self.asker.say(Says::Problem, "That is more than one line.");
                }
                _ => return Ok(held),
            }
        }
    }

    /// Reads a secret from its place; where it is not there, it may be typed.
    fn resolve(&mut self, place: &Secret) -> Result<Option<SecretString>, Ended> {
        match place.resolve() {
            Ok(secret) => Ok(Some(secret)),
            Err(error) => {
                let trouble = Trouble::usage(sentence_of(&error), "");
                if !self.asker.is_there() {
                    return Err(Ended::Failed(trouble));
                }
                self.asker.say(Says::Problem, &trouble.lines());
                Ok(None)
            }
        }
    }

    /// A line that cannot be empty.
    pub(super) fn line(&mut self, question: &str) -> Result<String, Ended> {
        loop {
            let typed = self.asker.input(question, None)?;
            match typed.trim() {
                "" => self.asker.say(Says::Problem, "Nothing was typed."),
                text => return Ok(text.to_owned()),
            }
        }
    }
}

fn sentence(problem: &str) -> String {
    format!("{}.", trouble::capital(problem))
}

/// An error with its causes.
fn sentence_of(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    trouble::capital(&text)
}
