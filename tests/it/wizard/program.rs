//! A program that is nothing but its declaration: its fields are asked for, tried and written.

use caflou_sync::config::{Field, Table, Value};
use caflou_sync::record::{Draft, Kind, Stream};
use caflou_sync::source::shoptet::PACE;
use caflou_sync::source::{
    Account, Ask, Asked, Definition, Interval, Opening, Reading, Source, SourceError, Status,
};
use caflou_sync::trouble::Trouble;

use secrecy::ExposeSecret;

use super::*;

static SETTINGS: Table = Table::of(&[
    Field::new("slug", Value::Text)
        .must()
        .ask("Slug of the account:"),
    Field::new("client_id", Value::Text)
        .must()
        .ask("Client ID:"),
    Field::new("client_secret", Value::Secret)
        .must()
        .ask("Client secret:"),
    Field::new("contact", Value::Text),
    Field::new("api_url", Value::Url).usually("https://books.example/api"),
]);

static INVOICES: Stream = Stream {
    word: "invoices",
    kind: Kind::Income,
    title: "Invoices",
    one: "invoice",
    many: "invoices",
    bare_ids: false,
    updates: true,
    follows_open: false,
    log: None,
    whole_list: None,
};

static BOOKS: Definition = Definition {
    word: "books",
    name: "Books",
    place: "account",
    identity: "slug",
    settings: &SETTINGS,
    tells: false,
    named_by: |_| None,
    setup: None,
    explain: |error, _, _| {
        Trouble::usage(format!("Books refuses it: {error}")).advise("Type it again.")
    },
    pace: PACE,
    open: |opening: Opening<'_>| {
        let secret = opening.access.secret("client_secret").unwrap();
        Ok(Box::new(Books {
            slug: opening.access.values.get("slug").unwrap(),
            lets_in: secret.expose_secret() == "right",
        }))
    },
    docs: "",
    streams: &[&INVOICES],
};

struct Books {
    slug: String,
    lets_in: bool,
}

impl Source for Books {
    fn whose(&self) -> Asked<'_, Account> {
        Box::pin(async {
            if !self.lets_in {
                return Err(SourceError::Access("wrong secret".to_owned()));
            }
            Ok(Account {
                id: self.slug.clone(),
                name: "Firma s.r.o.".to_owned(),
                zone: "Europe/Prague".parse().unwrap(),
                now: "2026-12-01T11:00:00Z".parse().unwrap(),
                has_clock: true,
            })
        })
    }

    fn count<'a>(&'a self, _: &'a Stream) -> Asked<'a, Option<u64>> {
        Box::pin(async { Ok(Some(7)) })
    }

    fn count_in<'a>(
        &'a self,
        _: &'a Stream,
        _: Interval,
        _: &'a Account,
    ) -> Asked<'a, Option<u64>> {
        Box::pin(async { Ok(Some(5)) })
    }

    fn probe<'a>(&'a self, _: &'a Stream, _: &'a Account) -> Asked<'a, u64> {
        Box::pin(async { Ok(7) })
    }

    fn newest<'a>(&'a self, _: Interval, _: &'a Account) -> Asked<'a, Vec<Draft>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn statuses(&self) -> Asked<'_, Vec<Status>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn read<'a>(&'a self, _: Ask<'a>) -> Asked<'a, Reading> {
        unreachable!("a wizard reads no records")
    }

    fn requests(&self) -> (u64, u64) {
        (0, 0)
    }
}

#[test]
fn a_program_is_connected_by_its_declaration_alone() {
    let bench = bench();
    let given = Given {
        program: Some(&BOOKS),
        source: BTreeMap::new(),
        ..given(&bench.sandbox)
    };
    let answers = [
        typed("Naše knihy"),
        typed("my-firm"),
        typed(" "),
        typed("c-1"),
        typed("wrong"),
        Pick("Type it again"),
        Enter,
        Enter,
        typed("right"),
    ];
    let answers = answers.into_iter().chain(caflou(&bench));
    let import = [Enter, Enter, Enter, Enter];
    let talk = talk(&bench, given, None, answers.chain(import));
    snapshot("program", &talk);
    golden("program.toml", &written(&talk), &bench);
    let connected = talk.ended.unwrap();
    assert_eq!(connected.counts.len(), 1);
    assert_eq!(connected.counts[0].1, Some(5));
}

#[test]
fn what_a_program_needs_and_nobody_can_be_asked_for_is_named() {
    let given = Given {
        program: Some(&BOOKS),
        yes: true,
        ..Given::default()
    };
    let missing = given.missing().into_iter();
    let missing: Vec<_> = missing.filter(|flag| flag.contains("=…")).collect();
    let expected = [
        "--set slug=…",
        "--set client_id=…",
        "--secret client_secret=…",
    ];
    assert_eq!(missing, expected);
}
