//! Flags that are other names of settings: what they take follows from the setting.

use clap::builder::ValueParser;
use clap::{Arg, ArgGroup, ArgMatches, Args, Command, Error, FromArgMatches};

use super::flags::{CAFLOU, IMPORT, SHOP, absolute, words};
use crate::config::{Field, Read, Secret, Setting, Value};

/// A flag, the setting that it is another name of, where the help shows it, and what it is.
type Flag = (&'static str, &'static str, &'static str, &'static str);

const FLAGS: [Flag; 18] = [
    (
        "eshop-id",
        "eshop_id",
        SHOP,
        "The e-shop ID [default: the one whose token it is]",
    ),
    (
        "addon-url",
        "shoptet.addon_url",
        SHOP,
        "The address of the add-on's backend",
    ),
    (
        "private-token",
        "shoptet.private_token",
        SHOP,
        "The private API token",
    ),
    (
        "oauth-token",
        "shoptet.oauth_token",
        SHOP,
        "An add-on's OAuth access token",
    ),
    (
        "token-url",
        "shoptet.token_url",
        SHOP,
        "Where an add-on's OAuth access token is exchanged (…/ApiOAuthServer/getAccessToken)",
    ),
    // no setting: it is needed for an installation code only
    (
        "client-secret",
        "client-secret",
        SHOP,
        "The add-on's client secret",
    ),
    (
        "shoptet-api-url",
        "shoptet.api_url",
        SHOP,
        "Another address of Shoptet's API",
    ),
    ("caflou-token", "caflou.token", CAFLOU, "The API token"),
    (
        "caflou-email",
        "caflou.email",
        CAFLOU,
        "Or a user's e-mail address …",
    ),
    (
        "caflou-password",
        "caflou.password",
        CAFLOU,
        "… and password",
    ),
    (
        "account-id",
        "caflou.account_id",
        CAFLOU,
        "The account [default: the only one]",
    ),
    (
        "caflou-api-url",
        "caflou.api_url",
        CAFLOU,
        "Another address of Caflou",
    ),
    (
        "companies",
        "import.companies",
        IMPORT,
        "Registered customers as companies",
    ),
    ("incomes", "import.incomes", IMPORT, "Orders as incomes"),
    (
        "expenses",
        "import.expenses",
        IMPORT,
        "Purchases as expenses",
    ),
    (
        "from",
        "import.from",
        IMPORT,
        "Only orders created from this day (YYYY-MM-DD)",
    ),
    (
        "to",
        "import.to",
        IMPORT,
        "Only orders created up to this day (YYYY-MM-DD)",
    ),
    (
        "auto-repeat",
        "import.auto_repeat",
        IMPORT,
        "Whether the connection takes part in scheduled runs",
    ),
];

/// The places of a secret: the ends of its flags, what they take, and what that is.
const PLACES: [(&str, &str, &str); 4] = [
    ("env", "VAR", "the environment variable that it is in"),
    ("file", "FILE", "the file that it is in"),
    (
        "command",
        "COMMAND",
        "the command that prints it, such as \"pass show shop\"",
    ),
    ("keyring", "NAME", "its name in the system's keyring"),
];

/// The settings that were named by flags, each by its dotted key.
#[derive(Debug)]
pub(in crate::cli) struct NamedSettings(pub(super) Vec<(&'static str, Read)>);

impl Args for NamedSettings {
    fn augment_args(command: Command) -> Command {
        FLAGS
            .into_iter()
            .fold(command, |command, flag| match field(flag.1) {
                Some(field) if !matches!(field.value, Value::Secret) => {
                    command.arg(plain(flag, field))
                }
                _ => {
                    let ids = PLACES.map(|(place, ..)| format!("{}-{place}", flag.0));
                    let command = command.args(PLACES.map(|place| of_secret(flag, place)));
                    command.group(ArgGroup::new(flag.0).args(ids).multiple(false))
                }
            })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for NamedSettings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut named = Self(Vec::new());
        named.update_from_arg_matches(matches)?;
        Ok(named)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        for (flag, key, ..) in FLAGS {
            let ids = PLACES.map(|(place, ..)| format!("{flag}-{place}"));
            let ids = ids.iter().map(String::as_str).chain([flag]);
            let read = |id| matches.try_get_one::<Read>(id).ok().flatten().cloned();
            self.0.extend(ids.filter_map(read).map(|read| (key, read)));
        }
        Ok(())
    }
}

/// The field of a setting; `None`: it is no setting.
fn field(key: &str) -> Option<&'static Field> {
    Setting::parse(key).ok()?.field()
}

fn plain((flag, _, heading, help): Flag, field: &'static Field) -> Arg {
    let (shown, say) = match field.value {
        Value::Url => ("URL", ""),
        Value::Whole(..) => ("NUMBER", "a positive number"),
        Value::Choice(_) => ("MODE", ""),
        Value::Day => ("DATE", "a day is written as 2026-01-31"),
        Value::Yes => ("YES|NO", "yes or no"),
        _ => ("TEXT", ""),
    };
    let read = move |text: &str| -> Result<Read, String> {
        let word = match (field.value, text) {
            (Value::Yes, "yes") => "true",
            (Value::Yes, "no") => "false",
            _ => text,
        };
        let read = field.parse(word).ok_or_else(|| match field.value {
            Value::Url => crate::config::safe_url(text)
                .err()
                .unwrap_or_default()
                .to_owned(),
            Value::Choice(words) => format!("there are {}", words.join(", ")),
            _ => say.to_owned(),
        })?;
        field.check.map_or(Ok(()), |check| check(text))?;
        Ok(read)
    };
    let arg = Arg::new(flag)
        .long(flag)
        .value_name(shown)
        .help(help)
        .help_heading(heading);
    let arg = arg.value_parser(ValueParser::new(read));
    match field.value {
        Value::Yes => arg.num_args(0..=1).default_missing_value("yes"),
        _ => arg,
    }
}

fn of_secret(
    (flag, _, heading, help): Flag,
    (place, shown, what): (&'static str, &'static str, &'static str),
) -> Arg {
    let read = move |text: &str| -> Result<Read, &'static str> {
        Ok(Read::Secret(match place {
            "env" => Secret::Env(text.to_owned()),
            "file" => Secret::File(absolute(text.as_ref())),
            "keyring" => Secret::Keyring(text.to_owned()),
            _ => {
                let words = words(text);
                Secret::Command(
                    words.ok_or("a program and its arguments, such as \"pass show shop\"")?,
                )
            }
        }))
    };
    let id = format!("{flag}-{place}");
    let arg = Arg::new(id.clone())
        .long(id)
        .value_name(shown)
        .help_heading(heading);
    arg.help(format!("{help}: {what}"))
        .value_parser(ValueParser::new(read))
}
