//! What `connect` is asked for. Secrets are never on a command line themselves: it says where one is.

use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::SecretString;

use super::named::NamedSettings;
use crate::cli::Trouble;
use crate::config::{Assignment, OrderStatus, Read, Secret, Setting};
use crate::source::Definition;
use crate::source::registry::{source_of, sources};
use crate::wizard::Given;

/// What `connect` is asked for.
#[derive(Debug, Args)]
pub(in crate::cli) struct ConnectArgs {
    /// What the connection is called in commands [default: made of --name]
    #[arg(value_name = "NAME")]
    key: Option<String>,
    /// Its name for people
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// From which program the data come: a word of `caflou-sync sources`
    #[arg(long, value_name = "WORD", value_parser = program)]
    program: Option<&'static Definition>,
    /// A setting, by its name in the program's table or below the connection, such as
    /// import.incomes=new-only; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Where a secret is: KEY=env:VAR, KEY=file:PATH, KEY=command:"pass show shop" or
    /// KEY=keyring:NAME; may be repeated
    #[arg(long, value_name = "KEY=PLACE")]
    secret: Vec<String>,
    #[command(flatten)]
    named: NamedSettings,
    /// The pairing code from the add-on's e-mail; needs --eshop-id
    #[arg(long, value_name = "CODE", help_heading = SHOP)]
    pairing_code: Option<String>,
    /// A one-time installation code of an add-on; needs --token-url, --client-id, --redirect-uri
    #[arg(long, value_name = "CODE", help_heading = SHOP)]
    install_code: Option<String>,
    /// The add-on's client ID
    #[arg(long, value_name = "ID", help_heading = SHOP)]
    client_id: Option<String>,
    /// The redirect address registered for the add-on, to the letter
    #[arg(long, value_name = "URL", help_heading = SHOP)]
    redirect_uri: Option<String>,
    /// Where two-factor is on, the present six-digit code
    #[arg(long, value_name = "CODE", help_heading = CAFLOU)]
    caflou_otp: Option<String>,
    /// Only orders in this status, by its name in the shop or its number; may be repeated
    #[arg(long, value_name = "STATUS", value_parser = status, allow_hyphen_values = true, help_heading = IMPORT)]
    order_status: Vec<OrderStatus>,
    /// A status that counts as cancelled, beside the shop's own; may be repeated
    #[arg(long, value_name = "STATUS", value_parser = status, allow_hyphen_values = true, help_heading = IMPORT)]
    cancelled_status: Vec<OrderStatus>,
    /// Take the usual answer to what is not said, and do not wait on a warning
    #[arg(short, long)]
    yes: bool,
}

pub(super) const SHOP: &str = "The e-shop";
pub(super) const CAFLOU: &str = "Caflou";
pub(super) const IMPORT: &str = "The import";

impl ConnectArgs {
    /// The answers in them, or all that is wrong with them. `folder` is the configuration's.
    pub(super) fn given(&self, folder: &Path) -> Result<Given, Trouble> {
        let secret = |text: &Option<String>| text.clone().map(SecretString::from);
        let some = |statuses: &Vec<_>| Some(statuses.clone()).filter(|all| !all.is_empty());
        let mut given = Given {
            key: self.key.clone(),
            name: self.name.clone(),
            program: self.program,
            caflou_otp: secret(&self.caflou_otp),
            order_statuses: some(&self.order_status),
            cancelled_statuses: some(&self.cancelled_status),
            yes: self.yes,
            ..Given::default()
        };
        for (name, code) in [
            ("pairing_code", &self.pairing_code),
            ("install_code", &self.install_code),
        ] {
            let code = secret(code).map(|code| Read::Secret(Secret::Plain(code)));
            given.codes.extend(code.map(|code| (name, code)));
        }
        for (name, text) in [
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect_uri),
        ] {
            let text = text.clone().map(Read::Text);
            given.codes.extend(text.map(|text| (name, text)));
        }
        let mut wrong = Vec::new();
        for (key, read) in &self.named.0 {
            match Setting::parse(key) {
                Ok(setting) => {
                    given.take_in(&setting, read.clone());
                }
                Err(_) => drop(given.codes.insert("client_secret", read.clone())),
            }
        }
        wrong.extend(self.take_settings(&mut given, folder));
        match wrong.as_slice() {
            [] => Ok(given),
            all => Err(Trouble::usage(all.join("\n"))),
        }
    }

    /// What `--set` and `--secret` say; gives what is wrong with it.
    fn take_settings(&self, given: &mut Given, folder: &Path) -> Vec<String> {
        let mut wrong = Vec::new();
        for text in &self.set {
            let read = self.assigned(text).and_then(|assignment| {
                let read = assignment.0.read(&assignment.1, folder)?;
                Ok((assignment, read))
            });
            match read {
                Ok((assignment, read)) => {
                    if !read.is_some_and(|read| given.take_in(&assignment.0, read)) {
                        given.others.push(assignment);
                    }
                }
                Err(message) => wrong.push(message),
            }
        }
        for text in &self.secret {
            match self.placed(text) {
                Ok((setting, place)) => {
                    if !given.take_in(&setting, Read::Secret(place)) {
                        wrong.push(format!(
                            "{setting}: write --set {setting}='{{ env = \"NAME\" }}'"
                        ));
                    }
                }
                Err(message) => wrong.push(message),
            }
        }
        wrong
    }

    /// A setting of the program's own table may be named without it.
    fn whole(&self, text: &str) -> String {
        let program = self.program.unwrap_or(sources()[0]);
        let key = text.split('=').next().unwrap_or_default().trim();
        let own = program.settings.fields.iter().any(|field| field.key == key);
        if own {
            format!("{}.{text}", program.word)
        } else {
            text.to_owned()
        }
    }

    fn assigned(&self, text: &str) -> Result<Assignment, String> {
        Setting::assignment(&self.whole(text))
    }

    /// A secret and its place.
    fn placed(&self, text: &str) -> Result<(Setting, Secret), String> {
        let (key, place) = text.split_once('=').ok_or_else(|| {
            "a secret is written KEY=env:VAR, KEY=file:PATH, KEY=command:… or KEY=keyring:NAME"
                .to_owned()
        })?;
        let setting = Setting::parse(&self.whole(key.trim()))?;
        if !setting.is_secret() {
            return Err(format!("{setting}: no secret; write --set {setting}=VALUE"));
        }
        let expected =
            || format!("{setting}: expected env:VAR, file:PATH, command:… or keyring:NAME");
        let (kind, name) = place.split_once(':').ok_or_else(expected)?;
        let place = match kind {
            _ if name.trim().is_empty() => None,
            "env" => Some(Secret::Env(name.to_owned())),
            "file" => Some(Secret::File(absolute(Path::new(name)))),
            "keyring" => Some(Secret::Keyring(name.to_owned())),
            "command" => words(name).map(Secret::Command),
            _ => None,
        };
        Ok((setting.clone(), place.ok_or_else(expected)?))
    }
}

pub(in crate::cli) fn program(word: &str) -> Result<&'static Definition, String> {
    source_of(word).ok_or_else(|| {
        let words: Vec<_> = sources().iter().map(|one| one.word).collect();
        let near = crate::config::nearest(word, words.iter().copied());
        match near {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("there are {}", words.join(", ")),
        }
    })
}

/// A number is a number, as in the file without quotes.
fn status(text: &str) -> Result<OrderStatus, &'static str> {
    let text = text.trim();
    match text.parse() {
        Ok(id) => Ok(OrderStatus::Id(id)),
        Err(_) if text.is_empty() || text.contains(char::is_control) => Err("a name or a number"),
        Err(_) => Ok(OrderStatus::Name(text.to_owned())),
    }
}

/// A program and its arguments.
pub(super) fn words(text: &str) -> Option<Vec<String>> {
    shlex::split(text).filter(|words| !words.is_empty())
}

/// Paths on the command line are of the current folder, those in the file of the file's.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
