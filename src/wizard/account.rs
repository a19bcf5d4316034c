//! The questions about Caflou: the way in, and which account.

use super::answers::trimmed;
use super::asker::{Ended, Says};
use super::fields::Side;
use super::flow::{Next, Wizard};
use super::services::OpenCaflou;
use super::trouble::{Class, Trouble, With};
use crate::access::Access;
use crate::caflou::{CaflouAccount, Reader};
use crate::config::Read;
use chrono::Local;
use secrecy::SecretString;

/// An account that lets us in.
pub(super) struct OpenAccount {
    pub(super) access: Access,
    pub(super) account: CaflouAccount,
    pub(super) reader: Reader,
}

/// What is answered anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anew {
    Nothing,
    Secret,
    Otp,
    OtherWay,
    Account,
}

impl Wizard<'_> {
    /// Caflou lets us in, and there is an account.
    pub(super) fn caflou(&mut self) -> Result<OpenAccount, Ended> {
        let mut way = self.choose_way(Side::Caflou, "How do we get into Caflou?")?;
        let mut access = self.ask_way(Side::Caflou, Some(way), true)?;
        let mut otp = self.given.caflou_otp.take();
        loop {
            let opened = self.services.caflou(&access, otp.take().as_ref());
            let anew = match opened {
                Ok(open) => {
                    self.tell_end(&open);
                    match self.account(&open, &mut access)? {
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
                Err(trouble) => self.caflou_again(trouble, With::of(&access))?,
            };
            match anew {
                Anew::Nothing | Anew::Account => {}
                Anew::Otp => otp = Some(self.otp()?),
                Anew::Secret => access = self.ask_way(Side::Caflou, Some(way), false)?,
                Anew::OtherWay => {
                    let ways = self.table(Side::Caflou).ways.iter();
                    let mut others = ways.filter(|other| other.label != way.label);
                    way = others.next().unwrap_or(way);
                    access = self.ask_way(Side::Caflou, Some(way), false)?;
                }
            }
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

    fn caflou_again(&mut self, trouble: Trouble, with: With) -> Result<Anew, Ended> {
        let token = Next {
            label: "Type the token again",
            then: Anew::Secret,
        };
        let login = Next {
            label: "Log in by e-mail address and password",
            then: Anew::OtherWay,
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
            then: Anew::OtherWay,
        };
        let same = Next {
            label: "Try again",
            then: Anew::Nothing,
        };
        match (trouble.class, with) {
            (Class::Down | Class::Odd, With::Token) => self.again(trouble, &[same, token, login]),
            (Class::Down | Class::Odd, _) => self.again(trouble, &[same, password, other]),
            (_, With::Token) => self.again(trouble, &[token, login]),
            (..) => self.again(trouble, &[otp, password, other]),
        }
    }

    /// The account, tried; else what is answered anew.
    fn account(
        &mut self,
        open: &OpenCaflou,
        access: &mut Access,
    ) -> Result<Result<(CaflouAccount, Reader), Anew>, Ended> {
        let whose = With::of(access);
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
        access
            .values
            .put("account_id", Some(Read::Text(account.id.clone())));
        loop {
            match self.services.account(access) {
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
    fn choose(
        &mut self,
        accounts: &[CaflouAccount],
    ) -> Result<Result<CaflouAccount, Trouble>, Ended> {
        let named: Vec<_> = accounts
            .iter()
            .map(|one| format!("{} ({})", one.name, one.id))
            .collect();
        let list = named.join(", ");
        let find = |id: &str| accounts.iter().position(|account| account.id == id);
        if let Some(id) = self.take::<String>(Side::Caflou, "account_id") {
            let what = format!("There is no account {id}; there are {list}");
            let advice = "Name one of them with --account-id.";
            let at = find(&id).and_then(|at| accounts.get(at));
            return Ok(at
                .cloned()
                .ok_or_else(|| Trouble::usage(what).advise(advice)));
        }
        let present = self.present.and_then(|present| find(present.account_id()));
        let chosen = match accounts {
            [] => {
                return Ok(Err(Trouble {
                    class: Class::Access,
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
                    return Ok(Err(Trouble::usage(what).advise(advice)));
                };
                at
            }
        };
        Ok(accounts
            .get(chosen)
            .cloned()
            .ok_or_else(|| Trouble::usage("There is no such account")))
    }
}
