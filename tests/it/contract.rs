//! What every source keeps to.

use std::fs;
use std::sync::Arc;

use caflou_sync::access::{Access, Shared};
use caflou_sync::config::{Import, Mapping, Value, Values};
use caflou_sync::http::{Lane, LaneOptions, Policy, Stopper};
use caflou_sync::record::{Kind, Record, Stream, Void};
use caflou_sync::source::registry::{sources, words};
use caflou_sync::source::{
    Ask, Definition, Interval, Item, Opening, Reading, Scope, Source, SourceError, Verdict,
};
use caflou_sync::state::{Cache, View};
use rust_decimal::Decimal;
use serde_json::json;

use crate::sandbox::Service;
use crate::sandbox::faults::{Fault, Faults, Matcher};
use crate::scratch::{self, Stage, source::DEFINITION as SCRATCH};
use crate::support::Bench;

/// Those of the program, and the one of these tests.
fn all() -> impl Iterator<Item = &'static Definition> {
    sources().iter().copied().chain([&SCRATCH])
}

#[test]
fn its_words_are_its_own_and_fit_into_a_mark() {
    let mut seen = Vec::new();
    for source in all() {
        let fits = |word: &str| {
            word.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        assert!(
            fits(source.word) && !seen.contains(&source.word),
            "{}",
            source.word
        );
        seen.push(source.word);
        let mut streams: Vec<_> = source.streams.iter().map(|stream| stream.word).collect();
        assert!(streams.iter().all(|word| fits(word)), "{streams:?}");
        let kinds = Kind::ALL.map(Kind::plural);
        assert!(
            !streams.iter().any(|word| kinds.contains(word)),
            "{streams:?}"
        );
        streams.sort_unstable();
        assert!(
            streams.windows(2).all(|two| two[0] != two[1]),
            "{streams:?}"
        );
    }
    assert!(
        sources()
            .iter()
            .all(|source| words().contains(&source.word))
    );
}

#[test]
fn its_ids_are_those_of_one_stream() {
    for source in all() {
        for stream in source.streams {
            let mut others = source
                .streams
                .iter()
                .filter(|other| other.kind == stream.kind);
            let key = stream.key("5");
            assert_eq!(stream.id_of(&key), "5");
            if source.word == "shoptet" {
                assert!(stream.bare_ids && others.all(|other| other == stream));
            } else {
                assert_eq!(key.as_str(), format!("{}/5", stream.word));
            }
        }
    }
}

#[test]
fn its_docs_name_every_setting_and_their_example_loads() {
    let stage = Stage::new();
    for source in all() {
        for field in source.settings.all() {
            let named = source.docs.contains(&format!("`{}`", field.key))
                || source.docs.contains(&format!("\n{} = ", field.key));
            assert!(named, "{}: {}", source.word, field.key);
        }
        let example = source.docs.split("```toml\n").nth(1).unwrap();
        let (example, _) = example.split_once("```").unwrap();
        let name = example.split(['.', ']']).nth(1).unwrap();
        let rest =
            format!("[connections.{name}.caflou]\naccount_id = \"1\"\ntoken = {{ env = \"T\" }}\n");
        fs::write(
            stage.bench.path("connections.toml"),
            format!("{example}\n{rest}"),
        )
        .unwrap();
        let list = stage.program(&["list", "--format", "json"]).exits(0);
        assert_eq!(list.objects()[0]["program"], source.word);
        let page = stage.program(&["sources", source.word]).exits(0);
        assert!(page.stdout.contains(source.docs.trim()), "{}", page.stdout);
    }
}

#[test]
fn its_secrets_show_nowhere() {
    for source in all() {
        let mut access = Access::new(Values::usual(source.settings));
        let secrets = source
            .settings
            .all()
            .filter(|field| matches!(field.value, Value::Secret));
        for field in secrets {
            access.hold(field.key, "tell-nobody".into(), None);
        }
        assert!(access.any_secret().is_some(), "{}", source.word);
        assert!(
            !format!("{access:?}").contains("tell-nobody"),
            "{}",
            source.word
        );
    }
}

/// A source with records, and what may happen to it.
struct Case {
    source: Box<dyn Source>,
    streams: &'static [&'static Stream],
    folder: tempfile::TempDir,
}

impl Case {
    fn new(
        definition: &'static Definition,
        values: &[(&'static str, &str)],
        secret: (&'static str, &str),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let table = definition.settings;
        let mut access = Access::new(Values::usual(table));
        for (key, text) in values {
            access
                .values
                .put(key, table.field(key).unwrap().parse(text));
        }
        access.hold(secret.0, secret.1.into(), None);
        let source = (definition.open)(Opening {
            access: &access,
            shared: Shared {
                cache: Cache::new(folder.path().to_owned()),
                policy: Policy::attended(),
                lane: Arc::new(Lane::new(LaneOptions::default())),
                stop: Stopper::default().listener(),
            },
            mapping: &Mapping::default(),
            import: &Import::default(),
            dry_run: true,
        });
        Self {
            source: source.unwrap(),
            streams: definition.streams,
            folder,
        }
    }

    /// Reads all of everything; how each stream ended, and what came.
    fn read(&self) -> (Vec<Result<Reading, SourceError>>, Vec<Item>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let account = self.source.whose().await.unwrap();
            let state = View::empty(&self.folder.path().join("state.db"), "c").unwrap();
            let (mut ended, mut items) = (Vec::new(), Vec::new());
            for stream in self.streams {
                let (out, mut came) = tokio::sync::mpsc::channel(10_000);
                ended.push(
                    self.source
                        .read(Ask {
                            stream,
                            scope: &Scope::Full,
                            account: &account,
                            interval: Interval::default(),
                            overdue: None,
                            state: &state,
                            out,
                        })
                        .await,
                );
                while let Ok(item) = came.try_recv() {
                    items.push(item);
                }
            }
            (ended, items)
        })
    }

    /// What came of a source that can be read, without what is said of its size.
    fn items(&self) -> Vec<String> {
        let (ended, items) = self.read();
        assert!(
            ended
                .iter()
                .all(|one| one.as_ref().is_ok_and(|one| one.complete)),
            "{ended:?}"
        );
        let items = items
            .iter()
            .filter(|item| !matches!(item, Item::Expected(_)));
        items.map(|item| format!("{item:?}")).collect()
    }

    /// Reading twice gives the same, and all of it is prefixed with the account.
    fn reads_the_same_twice(&self) -> Vec<String> {
        let first = self.items();
        assert!(first.len() > 2 && first == self.items(), "{first:#?}");
        first
    }

    /// One record that cannot be used is one that failed.
    fn fails_one(&self, all: usize) {
        let (ended, items) = self.read();
        assert!(ended.iter().all(Result::is_ok), "{ended:?}");
        let broken = |item: &&Item| matches!(item, Item::Broken(one) if one.verdict == Verdict::Failed && one.source_id.is_some());
        assert_eq!(items.iter().filter(broken).count(), 1, "{items:#?}");
        assert_eq!(
            items
                .iter()
                .filter(|item| matches!(item, Item::Draft(_)))
                .count(),
            all - 1
        );
    }

    /// A list that ends too early is not complete, and nothing counts as deleted.
    fn is_not_complete(&self) {
        let (ended, items) = self.read();
        assert!(
            ended
                .iter()
                .any(|one| !one.as_ref().is_ok_and(|one| one.complete)),
            "{ended:?}"
        );
        assert!(!items.iter().any(is_deleted));
    }
}

fn is_deleted(item: &Item) -> bool {
    let Item::Draft(draft) = item else {
        return false;
    };
    let deleted = Void::Deleted;
    matches!(draft.record, Record::Void { why, .. } if why == deleted)
}

#[test]
fn scratch_keeps_to_it() {
    let stage = Stage::new();
    scratch::fill(&stage.server);
    let values = [
        ("account", scratch::ACCOUNT),
        ("client_id", "c-1"),
        ("api_url", &stage.server.url),
    ];
    let case = Case::new(&SCRATCH, &values, ("client_secret", scratch::SECRET));
    let all = case.reads_the_same_twice().len();
    let (_, items) = case.read();
    for item in &items {
        let Item::Draft(draft) = item else {
            panic!("{item:?}")
        };
        let (id, mark) = (draft.source_id.as_str(), draft.mark.as_str());
        assert_eq!(mark, format!("scratch:{}:{id}", scratch::ACCOUNT));
        assert!(
            !matches!(id, "invoices/7" | "invoices/8"),
            "a proforma, and what pays another"
        );
        if let Record::Document(document) = &draft.record {
            assert_eq!(
                document.value < Decimal::ZERO,
                id.starts_with("credit-notes/")
            );
        }
    }
    stage
        .server
        .held()
        .change("bills", 5, "status", json!("frozen"));
    case.fails_one(all);
    stage
        .server
        .held()
        .change("bills", 5, "status", json!("open"));
    stage
        .server
        .held()
        .change("invoices", 5, "deleted", json!(true));
    let (_, items) = case.read();
    assert_eq!(items.iter().filter(|item| is_deleted(item)).count(), 1);
    stage
        .server
        .held()
        .change("invoices", 5, "deleted", json!(false));
    // A token that is refused is renewed once, by whoever needs it first.
    stage.server.held().token += 1;
    assert_eq!(case.items().len(), all);
    stage.server.held().cut_at = Some(2);
    case.is_not_complete();
}

#[test]
fn shoptet_keeps_to_it() {
    let bench = Bench::new();
    bench.customer(|_| {});
    for _ in 0..60 {
        bench.order(|_| {});
    }
    let url = bench.sandbox.shoptet_url();
    let values = [("eshop_id", "222651"), ("api_url", url.as_str())];
    let secret = ("private_token", bench.sandbox.private_token());
    let case = Case::new(sources()[0], &values, secret);
    let all = case.reads_the_same_twice().len();
    let code = bench.sandbox.shop().orders[3].code.clone();
    let was = bench.sandbox.shop().orders[3].price.currency.clone();
    bench.sandbox.shop().orders[3].price.currency = "XXX".into();
    case.fails_one(all);
    bench.sandbox.shop().orders[3].price.currency = was;
    bench.sandbox.shop().orders[3].status.as_mut().unwrap().id = 987;
    assert_eq!(
        case.items().len(),
        all,
        "a status that nobody knows of {code}"
    );
    let second = Matcher::new(Service::Shoptet, "GET", "/api/orders")
        .exact()
        .skipping(1);
    bench.sandbox.set_faults(Faults {
        script: vec![(second, Fault::StatusBefore(400))],
        ..Faults::default()
    });
    case.is_not_complete();
}
