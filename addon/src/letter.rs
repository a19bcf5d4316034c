//! The e-mail with Eshop ID and pairing code, in the language of the shop's country.

use std::time::Duration;

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Europe::Prague;
use lettre::message::Mailbox;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use caflou_sync::config::MailServer;
use caflou_sync::mail::{self, Letter, Login, MailError, escaped};
use caflou_sync::pairing::PairingCode;
use caflou_sync::text::safe;

/// A language in which owners of shops are written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Czech.
    Czech,
    /// Slovak.
    Slovak,
    /// English.
    English,
}

impl Language {
    /// The language of a country; where that is not known, of the shop's address. Most shops there are
    /// Czech.
    #[must_use]
    pub fn of(country: Option<&str>, shop_url: &str) -> Self {
        let host = Url::parse(shop_url).ok();
        let host = host.as_ref().and_then(Url::host_str);
        let domain = host.and_then(|host| host.rsplit('.').next());
        match country {
            Some("CZ") => Self::Czech,
            Some("SK") => Self::Slovak,
            Some(_) => Self::English,
            None if domain == Some("sk") => Self::Slovak,
            None => Self::Czech,
        }
    }

    /// The word in the state file (ISO 639-1).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Czech => "cs",
            Self::Slovak => "sk",
            Self::English => "en",
        }
    }

    /// The language of a word of the state file.
    #[must_use]
    pub fn read(word: &str) -> Self {
        match word {
            "sk" => Self::Slovak,
            "en" => Self::English,
            _ => Self::Czech,
        }
    }
}

/// What a letter says.
#[derive(Debug)]
pub struct Contents<'a> {
    /// Number of the shop.
    pub eshop_id: u64,
    /// Its address for people.
    pub shop_url: &'a str,
    /// The code.
    pub code: &'a PairingCode,
    /// The code's end.
    pub until: DateTime<Utc>,
    /// The backend's address.
    pub public_url: &'a Url,
}

/// Sends a letter to the owner of a shop. `limit` is how long each step of it may take.
///
/// # Errors
/// Where the address is none, or the mail server does not take it. The address is not repeated.
pub async fn post(
    server: &MailServer,
    login: Option<&Login>,
    contact: &SecretString,
    language: Language,
    contents: &Contents<'_>,
    limit: Duration,
) -> Result<(), MailError> {
    let address = contact.expose_secret();
    // As a bare address only: nothing in it can add a recipient or a header.
    let to = address.trim().parse().map_err(|_| {
        let reason = "the owner's e-mail address is none";
        MailError::NoMail(reason.to_owned())
    })?;
    let words = Words::of(language, contents);
    let letter = Letter {
        to: &[Mailbox::new(None, to)],
        subject: &words.subject,
        text: words.text(),
        html: words.html(language),
    };
    let sent = mail::send(server, login, letter, limit).await;
    sent.map_err(|error| error.without(address.trim()))
}

/// A letter in one language.
struct Words {
    subject: String,
    head: String,
    rows: [(&'static str, String); 3],
    what_to_do: String,
    until: String,
    not_you: &'static str,
}

impl Contents<'_> {
    /// What is typed, each under its word.
    fn rows(
        &self,
        id: &'static str,
        code: &'static str,
        address: &'static str,
    ) -> [(&'static str, String); 3] {
        let public_url = self.public_url.as_str().trim_end_matches('/');
        [
            (id, self.eshop_id.to_string()),
            (code, self.code.to_string()),
            (address, public_url.to_owned()),
        ]
    }
}

impl Words {
    fn of(language: Language, contents: &Contents<'_>) -> Self {
        let eshop_id = contents.eshop_id;
        let shop = safe(contents.shop_url);
        let until = contents.until.with_timezone(&Prague);
        let day = format!("{}. {}. {}", until.day(), until.month(), until.year());
        let row = |id, code, address| contents.rows(id, code, address);
        match language {
            Language::Czech => Self {
                subject: format!("Párovací kód pro e-shop {eshop_id}"),
                head: format!("Doplněk je nainstalován v e-shopu {shop}."),
                rows: row("Eshop ID", "Párovací kód", "Adresa doplňku"),
                what_to_do: "Spusťte na svém počítači „caflou-sync connect“, zvolte párovací kód \
                             z e-mailu a opište tyto tři údaje."
                    .to_owned(),
                until: format!(
                    "Kód platí do {day} a lze ho použít jednou. Nikomu ho nepřeposílejte."
                ),
                not_you: "Pokud jste doplněk neinstalovali vy ani nikdo z vašich lidí, odinstalujte \
                          ho v administraci e-shopu; kód tím přestane platit.",
            },
            Language::Slovak => Self {
                subject: format!("Párovací kód pre e-shop {eshop_id}"),
                head: format!("Doplnok je nainštalovaný v e-shope {shop}."),
                rows: row("Eshop ID", "Párovací kód", "Adresa doplnku"),
                what_to_do:
                    "Spustite na svojom počítači „caflou-sync connect“, zvoľte párovací kód \
                             z e-mailu a opíšte tieto tri údaje."
                        .to_owned(),
                until: format!("Kód platí do {day} a dá sa použiť raz. Nikomu ho nepreposielajte."),
                not_you: "Ak ste doplnok neinštalovali vy ani nikto z vašich ľudí, odinštalujte ho \
                          v administrácii e-shopu; kód tým prestane platiť.",
            },
            Language::English => Self {
                subject: format!("Pairing code for e-shop {eshop_id}"),
                head: format!("The add-on is installed in the e-shop {shop}."),
                rows: row("Eshop ID", "Pairing code", "Add-on address"),
                what_to_do: "Run “caflou-sync connect” on your computer, choose the pairing code \
                             from the e-mail, and type these three."
                    .to_owned(),
                until: format!(
                    "The code is good until {} and can be used once. Do not forward it to anybody.",
                    until.format("%-d %B %Y")
                ),
                not_you: "If neither you nor one of your people installed the add-on, uninstall it \
                          in the administration of the e-shop; that ends the code.",
            },
        }
    }

    fn text(&self) -> String {
        let rows = self.rows.iter();
        let rows: Vec<_> = rows.map(|(word, text)| format!("{word}: {text}")).collect();
        let parts = [
            self.head.as_str(),
            &rows.join("\n"),
            &self.what_to_do,
            &self.until,
            self.not_you,
        ];
        parts.join("\n\n") + "\n"
    }

    fn html(&self, language: Language) -> String {
        let row = |(word, text): &(&str, String)| {
            format!(
                "<tr><td style=\"padding:4px 16px 4px 0;color:#6b6b6b\">{word}</td>\
                 <td style=\"padding:4px 0;font:17px monospace\">{}</td></tr>\n",
                escaped(text)
            )
        };
        let rows: String = self.rows.iter().map(row).collect();
        let paragraph = |text: &str| format!("<p>{}</p>\n", escaped(text));
        format!(
            "<!DOCTYPE html>\n\
             <html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title></head>\n\
             <body style=\"margin:0;padding:16px;font:15px/1.5 sans-serif;color:#1d1d1d;max-width:640px\">\n\
             {}<table style=\"border-collapse:collapse\">\n{rows}</table>\n{}{}{}</body></html>\n",
            language.as_str(),
            escaped(&self.subject),
            paragraph(&self.head),
            paragraph(&self.what_to_do),
            paragraph(&self.until),
            paragraph(self.not_you),
        )
    }
}

#[cfg(test)]
mod tests;
