//! The questions about Caflou: the way in, and which account.

use chrono::Local;
use url::Url;

use super::answers::{CaflouAccess, trimmed};
use super::asker::{Ended, Says};
use super::flow::{Next, Wizard};
use super::services::OpenCaflou;
use super::trouble::{Class, Trouble};
use crate::caflou::{Account, Reader};
use crate::config;
use secrecy::SecretString;

/// The ways into Caflou.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Token,
    Login,
}

/// An account that lets us in.
pub(super) struct OpenAccount {
    pub(super) access: CaflouAccess,
    pub(super) account: Account,
    pub(super) reader: Reader,
}

/// What is answered anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anew {
    Nothing,
    Secret,
    Otp,
    Way(Way),
    Account,
}

impl Wizard<'_> {
    /// Caflou lets us in, and there is an account.
    pub(super) fn caflou(&mut self, api: &Url) -> Result<OpenAccount, Ended> {
        let mut way = self.caflou_way()?;
        let mut access = self.caflou_access(way, true, None)?;
        let mut otp = self.given.caflou_otp.take();
        loop {
            let opened = self.services.caflou(&access, api, otp.take().as_ref());
            let anew = match opened {
                Ok(open) => {
                    self.tell_end(&open);
                    match self.account(&open, &access, api)? {
                        Ok((account, reader)) => {
                            return Ok(OpenAccount {
                                access,
                                account,
                                reader,
                            });
                        }
                        Err(anew) => anew,
                    }
                }
                Err(trouble) => self.caflou_again(trouble, way)?,
            };
            match anew {
                Anew::Nothing | Anew::Account => {}
                Anew::Otp => otp = Some(self.otp()?),
                Anew::Secret => {
                    let typed = match &access {
                        CaflouAccess::Login { email, .. } => Some(email.clone()),
                        CaflouAccess::Token(_) => None,
                    };
                    access = self.caflou_access(way, false, typed.as_deref())?;
                }
                Anew::Way(other) => {
                    way = other;
                    access = self.caflou_access(way, false, None)?;
                }
            }
        }
    }

    fn caflou_way(&mut self) -> Result<Way, Ended> {
        let given = &self.given;
        if given.caflou_email.is_some() || given.caflou_password.is_some() {
            return Ok(Way::Login);
        }
        if given.caflou_token.is_some() {
            return Ok(Way::Token);
        }
        let usual = match self.present.map(|present| &present.caflou.access) {
            Some(config::CaflouAccess::Login { .. }) => Way::Login,
            Some(config::CaflouAccess::Token(_)) | None => Way::Token,
        };
        if self.present.is_some() && !self.asks() {
            return Ok(usual);
        }
        let labels = [
            "API token (Caflou: Account settings, API)".to_owned(),
            "e-mail address and password".to_owned(),
        ];
        let at = usize::from(usual == Way::Login);
        let chosen = self
            .asker
            .select("How do we get into Caflou?", &labels, at)?;
        Ok(if chosen == 0 { Way::Token } else { Way::Login })
    }

    /// Asks for what the way needs. `keep`: a secret that the connection has may stay; `typed` is
    /// an e-mail address that was typed before.
    fn caflou_access(
        &mut self,
        way: Way,
        keep: bool,
        typed: Option<&str>,
    ) -> Result<CaflouAccess, Ended> {
        let present = self.present.map(|present| &present.caflou.access);
        match way {
            Way::Token => {
                let present = match present {
                    Some(config::CaflouAccess::Token(token)) if keep => Some(token),
                    _ => None,
                };
                let given = self.given.caflou_token.take();
                Ok(CaflouAccess::Token(self.held(
                    "API token:",
                    given,
                    present,
                )?))
            }
            Way::Login => {
                let present = match present {
                    Some(config::CaflouAccess::Login { email, password }) => {
                        Some((email.as_str(), password))
                    }
                    _ => None,
                };
                let before = typed.or(present.map(|(email, _)| email));
                let email = self.email(before)?;
                // Another user has another password.
                let same = present.filter(|(present, _)| keep && *present == email);
                let given = self.given.caflou_password.take();
                let password = self.held("Password:", given, same.map(|(_, password)| password))?;
                Ok(CaflouAccess::Login { email, password })
            }
        }
    }

    fn email(&mut self, present: Option<&str>) -> Result<String, Ended> {
        if let Some(email) = self.given.caflou_email.take() {
            return Ok(email);
        }
        if let (Some(email), false) = (present, self.asks()) {
            return Ok(email.to_owned());
        }
        loop {
            let typed = self.asker.input("E-mail address:", present)?;
            if typed.contains('@') {
                return Ok(typed.trim().to_owned());
            }
            self.asker.say(Says::Problem, "That is no e-mail address.");
        }
    }

    fn otp(&mut self) -> Result<SecretString, Ended> {
        loop {
            let typed = self.asker.input("Six-digit code:", None)?;
            let digits: String = typed.split_whitespace().collect();
            if digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_digit()) {
                return Ok(trimmed(&digits.into()));
            }
            self.asker.say(Says::Problem, "The code has six digits.");
        }
    }

    /// A log-in with a one-time password cannot be made again without the user.
    fn tell_end(&mut self, open: &OpenCaflou) {
        if let Some(ends) = open.login_ends {
            let day = ends.with_timezone(&Local).format("%Y-%m-%d %H:%M");
            let text = format!(
                "This log-in is good until {day}. After that the program cannot log in by itself, \
                 as two-factor is on.\nAn API token (Caflou: Account settings, API) does not end so \
                 soon: better take one."
            );
            self.asker.say(Says::Warning, &text);
        }
    }

    fn caflou_again(&mut self, trouble: Trouble, way: Way) -> Result<Anew, Ended> {
        let token = Next {
            label: "Type the token again",
            then: Anew::Secret,
        };
        let login = Next {
            label: "Log in by e-mail address and password",
            then: Anew::Way(Way::Login),
        };
        let otp = Next {
            label: "Type the six-digit code",
            then: Anew::Otp,
        };
        let password = Next {
            label: "Type e-mail address and password again",
            then: Anew::Secret,
        };
        let other = Next {
            label: "Take an API token",
            then: Anew::Way(Way::Token),
        };
        let same = Next {
            label: "Try again",
            then: Anew::Nothing,
        };
        match (trouble.class, way) {
            (Class::Down | Class::Odd, Way::Token) => self.again(trouble, &[same, token, login]),
            (Class::Down | Class::Odd, Way::Login) => self.again(trouble, &[same, password, other]),
            (_, Way::Token) => self.again(trouble, &[token, login]),
            (_, Way::Login) => self.again(trouble, &[otp, password, other]),
        }
    }

    /// The account, tried; else what is answered anew.
    fn account(
        &mut self,
        open: &OpenCaflou,
        access: &CaflouAccess,
        api: &Url,
    ) -> Result<Result<(Account, Reader), Anew>, Ended> {
        let whose = match access {
            CaflouAccess::Token(_) => Way::Token,
            CaflouAccess::Login { .. } => Way::Login,
        };
        let account = loop {
            match self.choose(&open.accounts)? {
                Ok(account) => break account,
                Err(trouble) if open.accounts.is_empty() => {
                    return Ok(Err(self.caflou_again(trouble, whose)?));
                }
                Err(trouble) => {
                    let choose = Next {
                        label: "Choose an account",
                        then: Anew::Account,
                    };
                    self.again(trouble, &[choose])?;
                }
            }
        };
        loop {
            match self.services.account(access, api, &account.id) {
                Ok(reader) => {
                    let text = format!("{}, account {}", account.name, account.id);
                    self.asker.say(Says::Good, &text);
                    return Ok(Ok((account, reader)));
                }
                Err(trouble) => match self.caflou_again(trouble, whose)? {
                    Anew::Nothing => {}
                    anew => return Ok(Err(anew)),
                },
            }
        }
    }

    /// The one account there is, else the one that is wanted.
    fn choose(&mut self, accounts: &[Account]) -> Result<Result<Account, Trouble>, Ended> {
        let named: Vec<_> = accounts
            .iter()
            .map(|one| format!("{} ({})", one.name, one.id))
            .collect();
        let list = named.join(", ");
        let find = |id: &str| accounts.iter().position(|account| account.id == id);
        if let Some(id) = self.given.account_id.take() {
            let what = format!("There is no account {id}; there are {list}");
            let advice = "Name one of them with --account-id.";
            let at = find(&id).and_then(|at| accounts.get(at));
            return Ok(at.cloned().ok_or_else(|| Trouble::usage(what, advice)));
        }
        let present = self
            .present
            .and_then(|present| find(&present.caflou.account_id));
        let chosen = match accounts {
            [] => {
                return Ok(Err(Trouble {
                    class: Class::Refused,
                    what: "Caflou lets us in, but shows no account".to_owned(),
                    said: None,
                    advice: "Has the user been invited to the account?".to_owned(),
                }));
            }
            [_] => 0,
            _ if self.asker.is_there() && !(self.given.yes && present.is_some()) => self
                .asker
                .select("Which account?", &named, present.unwrap_or(0))?,
            _ => {
                let Some(at) = present else {
                    let what = format!("There are several accounts: {list}");
                    let advice = "Name one of them with --account-id.";
                    return Ok(Err(Trouble::usage(what, advice)));
                };
                at
            }
        };
        Ok(accounts
            .get(chosen)
            .cloned()
            .ok_or_else(|| Trouble::usage("There is no such account", "")))
    }
}
