//! Every question of the wizard has a flag. Secrets are never flags themselves: a flag says where
//! one is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use secrecy::SecretString;
use url::Url;

use crate::cli::run::day;
use crate::config::{Mode, OrderStatus, Read, Secret, safe_url};
use crate::source::registry::SOURCES;
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
    /// From which program the data come
    #[arg(long, value_name = "PROGRAM", help_heading = SHOP)]
    program: Option<ProgramWord>,
    /// The e-shop ID [default: the one whose token it is]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..), help_heading = SHOP)]
    eshop_id: Option<u64>,
    /// The pairing code from the add-on's e-mail; needs --eshop-id
    #[arg(long, value_name = "CODE", help_heading = SHOP)]
    pairing_code: Option<String>,
    /// The address of the add-on's backend
    #[arg(long, value_name = "URL", value_parser = url, help_heading = SHOP)]
    addon_url: Option<Url>,
    #[command(flatten)]
    private_token: PrivateToken,
    #[command(flatten)]
    oauth_token: OauthToken,
    /// Where an add-on's OAuth access token is exchanged (…/ApiOAuthServer/getAccessToken)
    #[arg(long, value_name = "URL", value_parser = url, help_heading = SHOP)]
    token_url: Option<Url>,
    /// A one-time installation code of an add-on; needs --token-url, --client-id, --redirect-uri
    #[arg(long, value_name = "CODE", help_heading = SHOP)]
    install_code: Option<String>,
    /// The add-on's client ID
    #[arg(long, value_name = "ID", help_heading = SHOP)]
    client_id: Option<String>,
    #[command(flatten)]
    client_secret: ClientSecret,
    /// The redirect address registered for the add-on, to the letter
    #[arg(long, value_name = "URL", help_heading = SHOP)]
    redirect_uri: Option<String>,
    /// Another address of Shoptet's API
    #[arg(long, value_name = "URL", value_parser = url, help_heading = SHOP)]
    shoptet_api_url: Option<Url>,
    #[command(flatten)]
    caflou_token: CaflouToken,
    /// Or a user's e-mail address …
    #[arg(long, value_name = "ADDRESS", help_heading = CAFLOU)]
    caflou_email: Option<String>,
    #[command(flatten)]
    caflou_password: CaflouPassword,
    /// … and the present six-digit code, where two-factor is on
    #[arg(long, value_name = "CODE", help_heading = CAFLOU)]
    caflou_otp: Option<String>,
    /// The account [default: the only one]
    #[arg(long, value_name = "ID", help_heading = CAFLOU)]
    account_id: Option<String>,
    /// Another address of Caflou
    #[arg(long, value_name = "URL", value_parser = url, help_heading = CAFLOU)]
    caflou_api_url: Option<Url>,
    /// Registered customers as companies
    #[arg(long, value_name = "MODE", help_heading = IMPORT)]
    companies: Option<ModeWord>,
    /// Orders as incomes
    #[arg(long, value_name = "MODE", help_heading = IMPORT)]
    incomes: Option<ModeWord>,
    /// Only orders created from this day (YYYY-MM-DD)
    #[arg(long, value_name = "DATE", value_parser = day, help_heading = IMPORT)]
    from: Option<NaiveDate>,
    /// Only orders created up to this day (YYYY-MM-DD)
    #[arg(long, value_name = "DATE", value_parser = day, help_heading = IMPORT)]
    to: Option<NaiveDate>,
    /// Only orders in this status, by its name in the shop or its number; may be repeated
    #[arg(long, value_name = "STATUS", value_parser = status, allow_hyphen_values = true, help_heading = IMPORT)]
    order_status: Vec<OrderStatus>,
    /// A status that counts as cancelled, beside the shop's own; may be repeated
    #[arg(long, value_name = "STATUS", value_parser = status, allow_hyphen_values = true, help_heading = IMPORT)]
    cancelled_status: Vec<OrderStatus>,
    /// Whether the connection takes part in scheduled runs
    #[arg(long, value_name = "YES|NO", num_args = 0..=1, default_missing_value = "yes", help_heading = IMPORT)]
    auto_repeat: Option<YesNo>,
    /// Take the usual answer to what is not said, and do not wait on a warning
    #[arg(short, long)]
    yes: bool,
}

const SHOP: &str = "The e-shop";
const CAFLOU: &str = "Caflou";
const IMPORT: &str = "The import";

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ProgramWord {
    Shoptet,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ModeWord {
    No,
    NewOnly,
    NewAndUpdate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum YesNo {
    Yes,
    No,
}

/// The flags that say where a secret is; one of them at most.
macro_rules! places {
    ($name:ident, $flag:literal, $heading:ident, $what:literal) => {
        #[derive(Debug, Args)]
        #[group(multiple = false)]
        struct $name {
            #[arg(
                id = concat!($flag, "-env"),
                long = concat!($flag, "-env"),
                value_name = "VAR",
                help = concat!($what, ": the environment variable that it is in"),
                help_heading = $heading
            )]
            env: Option<String>,
            #[arg(
                id = concat!($flag, "-file"),
                long = concat!($flag, "-file"),
                value_name = "FILE",
                help = concat!($what, ": the file that it is in"),
                help_heading = $heading
            )]
            file: Option<PathBuf>,
            #[arg(
                id = concat!($flag, "-command"),
                long = concat!($flag, "-command"),
                value_name = "COMMAND",
                value_parser = command,
                help = concat!($what, ": the command that prints it, such as \"pass show shop\""),
                help_heading = $heading
            )]
            command: Option<Words>,
            #[arg(
                id = concat!($flag, "-keyring"),
                long = concat!($flag, "-keyring"),
                value_name = "NAME",
                help = concat!($what, ": its name in the system's keyring"),
                help_heading = $heading
            )]
            keyring: Option<String>,
        }

        impl $name {
            fn place(&self) -> Option<Secret> {
                let file = |path: &PathBuf| Secret::File(absolute(path));
                let command = |words: &Words| Secret::Command(words.0.clone());
                let env = self.env.clone().map(Secret::Env);
                env.or(self.file.as_ref().map(file))
                    .or(self.command.as_ref().map(command))
                    .or(self.keyring.clone().map(Secret::Keyring))
            }
        }
    };
}

places!(PrivateToken, "private-token", SHOP, "The private API token");
places!(
    OauthToken,
    "oauth-token",
    SHOP,
    "An add-on's OAuth access token"
);
places!(
    ClientSecret,
    "client-secret",
    SHOP,
    "The add-on's client secret"
);
places!(CaflouToken, "caflou-token", CAFLOU, "The API token");
places!(CaflouPassword, "caflou-password", CAFLOU, "… and password");

impl ConnectArgs {
    /// The answers in them.
    pub(super) fn given(&self) -> Given {
        let secret = |text: &Option<String>| text.clone().map(SecretString::from);
        let some = |statuses: &Vec<_>| Some(statuses.clone()).filter(|all| !all.is_empty());
        let mode = |word: Option<ModeWord>| {
            word.map(|word| match word {
                ModeWord::No => Mode::No,
                ModeWord::NewOnly => Mode::NewOnly,
                ModeWord::NewAndUpdate => Mode::NewAndUpdate,
            })
        };
        let program = self.program.map(|ProgramWord::Shoptet| SOURCES[0]);
        let number = self.eshop_id.and_then(|id| i64::try_from(id).ok());
        let text = |text: &Option<String>| text.clone().map(Read::Text);
        let url = |url: &Option<Url>| url.clone().map(Read::Url);
        Given {
            key: self.key.clone(),
            name: self.name.clone(),
            program,
            source: there([
                ("eshop_id", number.map(Read::Whole)),
                (
                    "private_token",
                    self.private_token.place().map(Read::Secret),
                ),
                ("addon_url", url(&self.addon_url)),
                ("oauth_token", self.oauth_token.place().map(Read::Secret)),
                ("token_url", url(&self.token_url)),
                ("api_url", url(&self.shoptet_api_url)),
            ]),
            caflou: there([
                ("account_id", text(&self.account_id)),
                ("token", self.caflou_token.place().map(Read::Secret)),
                ("email", text(&self.caflou_email)),
                ("password", self.caflou_password.place().map(Read::Secret)),
                ("api_url", url(&self.caflou_api_url)),
            ]),
            pairing_code: secret(&self.pairing_code),
            install_code: secret(&self.install_code),
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.place(),
            redirect_uri: self.redirect_uri.clone(),
            caflou_otp: secret(&self.caflou_otp),
            companies: mode(self.companies),
            incomes: mode(self.incomes),
            from: self.from,
            to: self.to,
            order_statuses: some(&self.order_status),
            cancelled_statuses: some(&self.cancelled_status),
            auto_repeat: self.auto_repeat.map(|word| word == YesNo::Yes),
            yes: self.yes,
        }
    }
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

/// What was said.
fn there<const N: usize>(
    values: [(&'static str, Option<Read>); N],
) -> BTreeMap<&'static str, Read> {
    let there = values.into_iter();
    there
        .filter_map(|(key, value)| Some((key, value?)))
        .collect()
}

/// A program and its arguments.
#[derive(Debug, Clone)]
struct Words(Vec<String>);

fn command(text: &str) -> Result<Words, &'static str> {
    let words = shlex::split(text).filter(|words| !words.is_empty());
    words
        .map(Words)
        .ok_or("a program and its arguments, such as \"pass show shop\"")
}

fn url(text: &str) -> Result<Url, &'static str> {
    safe_url(text)
}

/// Paths on the command line are of the current folder, those in the file of the file's.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
