//! A source for tests: an accounting program with contacts, invoices, credit notes and bills.

use std::time::Duration;

use caflou_sync::config::{Field, Missing, Table, Value};
use caflou_sync::http::{HttpError, Pace, Window};
use caflou_sync::record::{
    Company, CompanyKind, Currency, Document, Kind, Payment, Record, Stream, Void,
};
use caflou_sync::source::kit::row::{Row, RowError};
use caflou_sync::source::kit::{self, Listed, Mapped, Session, SessionOptions, SignIn};
use caflou_sync::source::{Account, Ask, Asked, Definition, Opening, Reading, Source, SourceError};
use caflou_sync::trouble::Trouble;
use chrono::{DateTime, Utc};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use rust_decimal::Decimal;
use secrecy::ExposeSecret;
use serde_json::Value as Json;

use crate::sandbox::http::base64;

const SERVICE: &str = "Scratch";

pub static DEFINITION: Definition = Definition {
    word: "scratch",
    name: SERVICE,
    place: "account",
    identity: "account",
    settings: &Table::of(&[
        Field::new("account", Value::Text)
            .must()
            .ask("Account:")
            .example("\"my-firm\""),
        Field::new("client_id", Value::Text)
            .must()
            .ask("Client ID:")
            .example("\"c-1\""),
        Field::new("client_secret", Value::Secret)
            .must()
            .ask("Client secret:")
            .example("{ env = \"SCRATCH_SECRET\" }"),
        Field::new("api_url", Value::Url).usually("https://api.scratch.example"),
    ]),
    tells: false,
    named_by: |_| None,
    setup: None,
    explain: |error, _, _| Trouble::refused("Scratch refuses it", error, "Type it again."),
    pace: Pace::within(&[Window {
        requests: 200,
        within: Duration::from_mins(1),
    }]),
    open: |opening| Ok(Box::new(Scratch::open(opening)?)),
    docs: include_str!("docs.md"),
    streams: &[&CONTACTS, &INVOICES, &NOTES, &BILLS],
};

const fn stream(word: &'static str, kind: Kind, [title, one, many]: [&'static str; 3]) -> Stream {
    let (bare_ids, updates, follows_open) = (false, true, true);
    Stream {
        word,
        kind,
        title,
        one,
        many,
        bare_ids,
        updates,
        follows_open,
        log: None,
        whole_list: Some(1),
    }
}
static CONTACTS: Stream = stream(
    "contacts",
    Kind::Company,
    ["Contacts", "contact", "contacts"],
);
static INVOICES: Stream = stream(
    "invoices",
    Kind::Income,
    ["Invoices", "invoice", "invoices"],
);
static NOTES: Stream = stream(
    "credit-notes",
    Kind::Income,
    ["Credit notes", "credit note", "credit notes"],
);
static BILLS: Stream = stream("bills", Kind::Expense, ["Bills", "bill", "bills"]);

struct Scratch {
    session: Session,
    account: String,
}

impl Scratch {
    fn open(opening: Opening<'_>) -> Result<Self, SourceError> {
        let (access, unset) = (opening.access, |missing: Missing| {
            HttpError::unset(SERVICE, &missing)
        });
        let api_url: url::Url = access.values.need("api_url").map_err(unset)?;
        let id: &str = access.values.need("client_id").map_err(unset)?;
        let secret = access.secret("client_secret").map_err(unset)?;
        let basic = format!(
            "Basic {}",
            base64(&format!("{id}:{}", secret.expose_secret()))
        );
        let mut basic = HeaderValue::from_str(&basic)
            .map_err(|_| SourceError::Access("no usable secret".to_owned()))?;
        basic.set_sensitive(true);
        let options = SessionOptions {
            service: SERVICE,
            headers: HeaderMap::new(),
            explain: |_| (None, None),
            sign_in: SignIn {
                url: api_url.join("token").unwrap(),
                headers: vec![(AUTHORIZATION, basic)],
                body: "grant_type=client_credentials".to_owned(),
            },
            api_url,
        };
        Ok(Self {
            session: Session::new(options, access, opening.shared)?,
            account: access.values.need("account").map_err(unset)?,
        })
    }
}

impl Source for Scratch {
    fn whose(&self) -> Asked<'_, Account> {
        Box::pin(async {
            let got = self.session.get(&["account"], &[]).await?;
            let row = Row::of(&got.body).and_then(|row| Ok((row.must("id")?, row.must("name")?)));
            let (id, name) = row.map_err(|error| self.session.odd("account", &error))?;
            if id != self.account {
                return Err(SourceError::Access(format!("the key is of account {id}")));
            }
            let (zone, now) = (chrono_tz::Europe::Prague, got.at.unwrap_or_else(Utc::now));
            Ok(Account {
                id,
                name,
                zone,
                now,
                has_clock: got.at.is_some(),
            })
        })
    }

    fn count<'a>(&'a self, stream: &'a Stream) -> Asked<'a, Option<u64>> {
        Box::pin(async { Ok(Some(kit::probe(self, stream).await?).filter(|rows| *rows == 0)) })
    }

    fn probe<'a>(&'a self, stream: &'a Stream, _: &'a Account) -> Asked<'a, u64> {
        Box::pin(kit::probe(self, stream))
    }

    fn read<'a>(&'a self, ask: Ask<'a>) -> Asked<'a, Reading> {
        Box::pin(async move { kit::read(self, &ask).await })
    }

    fn requests(&self) -> (u64, u64) {
        self.session.requests()
    }
}

impl Listed for Scratch {
    type Row = Json;

    async fn page(
        &self,
        stream: &Stream,
        since: Option<DateTime<Utc>>,
        number: u32,
    ) -> Result<Vec<Json>, SourceError> {
        let (number, since) = (number.to_string(), since.map(|since| since.to_rfc3339()));
        let since = since.iter().map(|since| ("updated_since", since.as_str()));
        let query: Vec<_> = since.chain([("page", number.as_str())]).collect();
        match self.session.get(&[stream.word], &query).await?.body {
            Json::Array(rows) => Ok(rows),
            _ => Err(self.session.odd(stream.word, &"no list")),
        }
    }

    async fn one(&self, stream: &Stream, id: &str) -> Result<Option<Json>, SourceError> {
        self.session.find(&[stream.word, id]).await
    }

    fn id(&self, row: &Json) -> Result<String, RowError> {
        Row::of(row)?.must("id")
    }

    fn map(&self, stream: &Stream, row: &Json) -> Result<Option<Mapped>, RowError> {
        let row = Row::of(row)?;
        let (label, record) = match stream.kind {
            Kind::Company => contact(row)?,
            _ if row.text("pays")?.is_some()
                || row.text("type")?.as_deref() == Some("proforma") =>
            {
                return Ok(None);
            }
            _ => document(stream, row)?,
        };
        let why = row
            .flag("deleted")?
            .filter(|yes| *yes)
            .map(|_| Void::Deleted);
        let record = why.map_or(record, |why| Record::Void { why, paid: false });
        let (issued, changed_at) = (row.day("issued_on")?, row.moment("updated_at")?);
        Ok(Some(Mapped {
            record,
            label,
            issued,
            changed_at,
        }))
    }

    fn program(&self) -> &'static str {
        DEFINITION.word
    }
}

fn contact(row: Row<'_>) -> Result<(String, Record), RowError> {
    let (name, id_num) = (row.must("name")?, row.text("ico")?);
    let kind = id_num
        .as_ref()
        .map_or(CompanyKind::Individual, |_| CompanyKind::LegalEntity);
    let company = Company {
        name: name.clone(),
        kind,
        email: row.text("email")?,
        phone: None,
        street: row.text("street")?,
        city: row.text("city")?,
        zip: row.text("zip")?,
        country: Some("CZ".to_owned()),
        id_num,
        tax_num: None,
        id_tax_num: None,
        vat_payer: false,
        person: None,
    };
    Ok((name, Record::Company(company)))
}

fn document(stream: &Stream, row: Row<'_>) -> Result<(String, Record), RowError> {
    let (number, party) = (row.must("number")?, row.must("contact")?);
    // What is given back is negative, whatever sign it has here.
    let signed = |amount: Decimal| {
        if *stream == NOTES {
            -amount.abs()
        } else {
            amount
        }
    };
    let amount = |field| Ok(row.amount(field)?.map(signed));
    let (issued, paid_on) = (row.day("issued_on")?, row.day("paid_on")?);
    let payment = |status: &str| match (status, paid_on) {
        ("open" | "cancelled", _) => Some(Payment::Open),
        ("paid", Some(on)) => Some(Payment::Paid { on }),
        _ => None,
    };
    let status = row.must("status")?;
    let payment = row
        .read("status", "a status", payment)?
        .unwrap_or(Payment::Unknown);
    if status == "cancelled" {
        return Ok((
            number,
            Record::Void {
                why: Void::Cancelled,
                paid: paid_on.is_some(),
            },
        ));
    }
    let due = match payment {
        Payment::Paid { on } => Some(on),
        _ => row.day("due_on")?.or(issued),
    };
    let currency = row.read("currency", "a currency", |code| Currency::parse(code).ok())?;
    let document = Document {
        name: format!("Faktura {number} – {party}"),
        named: true,
        reference_number: row.text("symbol")?.unwrap_or_else(|| number.clone()),
        value: amount("total")?.ok_or(RowError::Missing("total"))?,
        value_without_vat: amount("net")?,
        vat_value: amount("vat")?,
        currency: currency.ok_or(RowError::Missing("currency"))?,
        payment,
        date: due.ok_or(RowError::Missing("due_on"))?,
        tax_date: issued,
        company: row.text("contact_id")?.map(|id| CONTACTS.key(&id)),
        link: None,
        category_id: None,
        project_id: None,
        source_id: None,
        tags: Vec::new(),
    };
    Ok((number, Record::Document(document)))
}
