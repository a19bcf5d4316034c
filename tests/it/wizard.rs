//! The wizard's questions, answered by a script, against both services: each sentence that a user
//! sees, and what would be written.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::path::Path;

use caflou_sync::config::{Config, Editor, Mode, Read, Secret};
use caflou_sync::http::Stopper;
use caflou_sync::pairing::PairingCode;
use caflou_sync::state::Cache;
use caflou_sync::wizard::{Asker, Connected, Ended, Given, Says, Services, Wizard, settings};
use secrecy::SecretString;
use serde_json::json;

use crate::paired::Backend;
use crate::sandbox::model::CANCELLED;
use crate::sandbox::{Fault, Faults, Matcher, Options, Sandbox, Service};
use crate::support::{Bench, KEY};

mod program;
mod statuses;

/// An answer to the next question.
enum Answer {
    /// The option that begins so.
    Pick(&'static str),
    /// This text, also as a secret.
    Type(String),
    /// These options and no others.
    Mark(&'static [&'static str]),
    /// Just Enter.
    Enter,
    Yes,
    No,
    /// Ctrl-C.
    Stop,
    /// Something happens first.
    After(Box<dyn FnOnce()>, Box<Answer>),
}

use Answer::{After, Enter, Mark, No, Pick, Stop, Type, Yes};

fn typed(text: &str) -> Answer {
    Type(text.to_owned())
}

/// Somebody who has the answers ready.
struct Script {
    answers: VecDeque<Answer>,
    told: String,
}

impl Script {
    fn next(&mut self, question: &str) -> Answer {
        let told = &self.told;
        let next = self.answers.pop_front();
        match next.unwrap_or_else(|| panic!("no answer to {question:?} after\n{told}")) {
            After(what, answer) => {
                what();
                *answer
            }
            answer => answer,
        }
    }

    fn asked(&mut self, question: &str, answer: &str) {
        writeln!(self.told, "? {question} {answer}").unwrap();
    }
}

impl Asker for Script {
    fn is_there(&self) -> bool {
        true
    }

    fn select(
        &mut self,
        question: &str,
        options: &[String],
        default: usize,
    ) -> Result<usize, Ended> {
        let at = match self.next(question) {
            Pick(word) => options.iter().position(|option| option.starts_with(word)),
            Enter => Some(default),
            Stop => return Err(Ended::Stopped),
            _ => None,
        };
        let at = at.unwrap_or_else(|| panic!("{question:?} {options:?} after\n{}", self.told));
        self.asked(question, "");
        for (place, option) in options.iter().enumerate() {
            let sign = if place == at { '>' } else { ' ' };
            writeln!(self.told, "  {sign} {option}").unwrap();
        }
        Ok(at)
    }

    fn mark(
        &mut self,
        question: &str,
        options: &[String],
        marked: &[usize],
    ) -> Result<Vec<usize>, Ended> {
        let places: Vec<_> = match self.next(question) {
            Mark(words) => {
                let place = |word: &&str| options.iter().position(|option| option == word);
                let places: Option<Vec<_>> = words.iter().map(place).collect();
                places.unwrap_or_else(|| panic!("{question:?} {options:?}"))
            }
            Enter => marked.to_vec(),
            Stop => return Err(Ended::Stopped),
            _ => panic!("{question:?} wants marks, after\n{}", self.told),
        };
        self.asked(question, "");
        for (place, option) in options.iter().enumerate() {
            let sign = if places.contains(&place) { 'x' } else { ' ' };
            writeln!(self.told, "  [{sign}] {option}").unwrap();
        }
        Ok(places)
    }

    fn input(&mut self, question: &str, default: Option<&str>) -> Result<String, Ended> {
        let answer = match self.next(question) {
            Type(text) => text,
            Enter => default.unwrap_or_default().to_owned(),
            Stop => return Err(Ended::Stopped),
            _ => panic!("{question:?} wants a text, after\n{}", self.told),
        };
        self.asked(question, &answer);
        Ok(answer)
    }

    fn secret(&mut self, question: &str) -> Result<SecretString, Ended> {
        let answer = match self.next(question) {
            Type(text) => text,
            Enter => String::new(),
            Stop => return Err(Ended::Stopped),
            _ => panic!("{question:?} wants a secret, after\n{}", self.told),
        };
        let stars = if answer.is_empty() { "" } else { "********" };
        self.asked(question, stars);
        Ok(answer.into())
    }

    fn confirm(&mut self, question: &str, default: bool) -> Result<bool, Ended> {
        let answer = match self.next(question) {
            Yes => true,
            No => false,
            Enter => default,
            Stop => return Err(Ended::Stopped),
            _ => panic!("{question:?} wants yes or no, after\n{}", self.told),
        };
        self.asked(question, if answer { "yes" } else { "no" });
        Ok(answer)
    }

    fn say(&mut self, says: Says, text: &str) {
        let sign = match says {
            Says::Part => "\n#",
            Says::Good => "ok",
            Says::Note => "..",
            Says::Warning => "! ",
            Says::Problem => "!!",
        };
        writeln!(self.told, "{sign} {}", text.replace('\n', "\n   ")).unwrap();
    }
}

/// Addresses of the stand-ins, and nothing else.
fn given(sandbox: &Sandbox) -> Given {
    Given {
        source: api_url(&sandbox.shoptet_url()),
        caflou: api_url(&sandbox.caflou_url()),
        ..Given::default()
    }
}

fn api_url(url: &str) -> BTreeMap<&'static str, Read> {
    BTreeMap::from([("api_url", Read::Url(url.parse().unwrap()))])
}

/// What was said, and how it ended.
struct Talk {
    told: String,
    ended: Result<Connected, Ended>,
}

/// Has the wizard ask. `present`: the connection that is changed.
fn talk(
    bench: &Bench,
    given: Given,
    present: Option<&str>,
    answers: impl IntoIterator<Item = Answer>,
) -> Talk {
    talk_after(bench, given, present, answers, Vec::new())
}

/// As [`talk`], where the import state knows these connections.
fn talk_after(
    bench: &Bench,
    given: Given,
    present: Option<&str>,
    answers: impl IntoIterator<Item = Answer>,
    remembered: Vec<String>,
) -> Talk {
    let config = Config::load_any(&bench.path("connections.toml")).unwrap();
    let mut script = Script {
        answers: answers.into_iter().collect(),
        told: String::new(),
    };
    let cache = Cache::new(bench.path("cache/caflou-sync"));
    let services = Services::new(cache, Stopper::default().listener()).unwrap();
    let present = present.map(|key| config.connection(key).unwrap());
    let wizard = Wizard::new(&mut script, &services, given, present, &config.connections);
    let ended = wizard.remembering(remembered).run();
    let left = script.answers.len();
    assert_eq!(left, 0, "answers are left after\n{}", script.told);
    if let Err(error) = &ended {
        writeln!(script.told, "error: {error}").unwrap();
    }
    Talk {
        told: plain(&script.told, bench),
        ended,
    }
}

/// The text without what is another at each run.
fn plain(text: &str, bench: &Bench) -> String {
    let sandbox = &bench.sandbox;
    let text = text
        .replace(&sandbox.shoptet_url(), "https://shop.example")
        .replace(&sandbox.caflou_url(), "https://caflou.example");
    let mut plain = String::new();
    for (place, part) in text.split("019c8c34-64f3-7328-af43-").enumerate() {
        plain.push_str(if place > 0 { &part[12..] } else { part });
        if place + 1 < text.split("019c8c34-64f3-7328-af43-").count() {
            plain.push_str("r-1");
        }
    }
    plain
}

/// The connection as it would stand in a new file; typed secrets are not written.
fn written(talk: &Talk) -> String {
    let connected = talk.ended.as_ref().unwrap();
    let mut editor = Editor::open(Path::new("no-such-file.toml")).unwrap();
    let settings = settings(&connected.answers, None, Path::new("/etc"));
    let settings: Vec<_> = settings
        .into_iter()
        .filter_map(|(path, value)| Some((path, value?)))
        .collect();
    let key = &connected.answers.key;
    editor.add_connection(key, &settings).unwrap();
    let (_heading, text) = editor.text().split_once("\n\n").unwrap();
    text.to_owned()
}

/// A shop with 3 customers and 12 orders, and no connection yet.
fn bench() -> Bench {
    bench_with(|_| ())
}

fn bench_with(change: impl FnOnce(&mut Options)) -> Bench {
    let bench = Bench::with(|options| {
        options.customers = 3;
        options.orders = 12;
        change(options);
    });
    bench.write_config("");
    bench
}

/// Up to the way into the shop.
fn begin() -> Vec<Answer> {
    vec![typed("Můj e-shop"), Enter, Enter]
}

fn private(bench: &Bench) -> Vec<Answer> {
    vec![Pick("private"), typed(bench.sandbox.private_token())]
}

fn caflou(bench: &Bench) -> Vec<Answer> {
    vec![Pick("API token"), typed(bench.sandbox.caflou_token())]
}

/// The usual answers about the import.
fn import() -> Vec<Answer> {
    (0..6).map(|_| Enter).collect()
}

fn snapshot(name: &str, talk: &Talk) {
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "wizard"}, {
        insta::assert_snapshot!(name, talk.told);
    });
}

fn golden(name: &str, text: &str, bench: &Bench) {
    let text = plain(text, bench);
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "wizard"}, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn a_private_token_and_a_token_of_caflou() {
    let bench = bench();
    let answers = begin()
        .into_iter()
        .chain(private(&bench))
        .chain(caflou(&bench));
    let talk = talk(&bench, given(&bench.sandbox), None, answers.chain(import()));
    snapshot("private-token", &talk);
    golden("private-token.toml", &written(&talk), &bench);
    let connected = talk.ended.unwrap();
    let counts = connected
        .counts
        .iter()
        .map(|(stream, count)| (stream.word, *count));
    assert!(counts.eq([("customers", Some(3)), ("orders", Some(12))]));
    assert_eq!(connected.doubles.unwrap().looked_at, 12);
}

#[test]
fn wrong_answers_are_given_again_without_starting_over() {
    let bench = bench();
    let answers = [
        typed("   "),
        typed("Můj e-shop"),
        Enter,
        typed("my shop"),
        typed("333"),
        Pick("private"),
        Enter,
        typed("333-p-wrong"),
        Pick("Type the token again"),
        typed(bench.sandbox.private_token()),
        Pick("Type another e-shop ID"),
        typed("444"),
        Pick("Connect e-shop 222651"),
        Pick("API token"),
        typed("wrong"),
        Pick("Type the token again"),
    ];
    let rest = [
        typed(bench.sandbox.caflou_token()),
        Pick("new-and-update"),
        Pick("new-only"),
        typed("1.1.21"),
        typed("1. 1. 2021"),
        typed("2020-12-31"),
        typed("2020-01-01"),
        typed("2020-12-31"),
        Enter,
        Yes,
    ];
    let answers = answers.into_iter().chain(rest);
    let talk = talk(&bench, given(&bench.sandbox), None, answers);
    snapshot("wrong-answers", &talk);
    golden("wrong-answers.toml", &written(&talk), &bench);
}

#[test]
fn the_oauth_access_token_of_an_own_add_on() {
    let bench = bench();
    let url = bench.sandbox.token_url();
    let answers = [
        Pick("OAuth"),
        typed("shop example"),
        typed("shop.example"),
        typed(&bench.sandbox.shoptet_url()),
        typed(&url),
        typed("wrong"),
        Pick("Type the token again"),
        typed(&url),
        typed(bench.sandbox.oauth_token()),
    ];
    let answers = begin().into_iter().chain(answers).chain(caflou(&bench));
    let talk = talk(&bench, given(&bench.sandbox), None, answers.chain(import()));
    snapshot("oauth-token", &talk);
    golden("oauth-token.toml", &written(&talk), &bench);
}

#[test]
fn a_one_time_installation_code_of_an_own_add_on() {
    let bench = bench();
    let sandbox = &bench.sandbox;
    let (url, code) = (sandbox.token_url(), || sandbox.install_code(222_651));
    let (id, secret, redirect) = {
        let addon = sandbox.addon();
        let secret = addon.client_secret.clone().unwrap();
        (addon.client_id.clone(), secret, addon.redirect_uri.clone())
    };
    let answers = [
        Pick("one-time"),
        typed(&url),
        typed(&id),
        Enter,
        typed(&redirect),
        typed(&code()),
        Pick("Type all values"),
        typed(&url),
        typed(&id),
        typed(&secret),
        typed(&redirect),
        typed("used-up"),
        Pick("Type another installation code"),
        typed(&code()),
    ];
    let answers = begin().into_iter().chain(answers).chain(caflou(&bench));
    let talk = talk(&bench, given(&bench.sandbox), None, answers.chain(import()));
    snapshot("installation-code", &talk);
    golden("installation-code.toml", &written(&talk), &bench);
}

#[test]
fn a_pairing_code_from_the_add_ons_e_mail() {
    let bench = bench();
    let backend = Backend::start();
    let code = PairingCode::from_random(&[7; PairingCode::RANDOM]).to_string();
    backend.answers(403, &json!({"error": "wrong-code", "message": "no"}));
    let late = json!({"error": "busy", "message": "later"});
    backend.answers(500, &late);
    let secret = json!({
        "pairing_secret": "pairing-secret-77aa",
        "eshop_id": 222_651,
        "eshop_url": "https://222651.myshoptet.com",
    });
    backend.answers(200, &secret);
    backend.gives_a_token(&bench);
    let answers = [
        Pick("pairing code"),
        typed("http://addon.example"),
        typed(&backend.url),
        typed("222651"),
        typed("07EN-W3AH"),
        typed(&code),
        Pick("Type e-shop ID and pairing code again"),
        Enter,
        Pick("Type the e-shop ID"),
        typed("222651"),
        typed(&code.to_lowercase()),
        Pick("Try again"),
    ];
    let answers = begin().into_iter().chain(answers).chain(caflou(&bench));
    let mut talk = talk(&bench, given(&bench.sandbox), None, answers.chain(import()));
    let example = "https://addon.example";
    talk.told = talk.told.replace(&backend.url, example);
    snapshot("pairing-code", &talk);
    golden(
        "pairing-code.toml",
        &written(&talk).replace(&backend.url, example),
        &bench,
    );
}

#[test]
fn a_log_in_with_two_factor_and_several_accounts() {
    let bench = bench();
    let email = {
        let mut books = bench.sandbox.books();
        books.otp = Some("123456".into());
        let other = (
            "aaaa30da1d8c2ccb0a3b6194".to_owned(),
            "Jiná firma".to_owned(),
        );
        books.accounts.push(other);
        books.email.clone()
    };
    let login = [
        Pick("e-mail"),
        typed("owner"),
        typed(&email),
        typed("wrong"),
        Pick("Type e-mail address and password again"),
        Enter,
        typed("correct horse"),
        Pick("Type the six-digit code"),
        typed("12345"),
        typed("654321"),
        Pick("Type the six-digit code"),
        typed("123 456"),
        Pick("Jiná firma"),
    ];
    let answers = begin().into_iter().chain(private(&bench)).chain(login);
    let mut talk = talk(&bench, given(&bench.sandbox), None, answers.chain(import()));
    let (before, after) = talk.told.split_once("good until ").unwrap();
    talk.told = format!("{before}good until 2026-12-02 10:00{}", &after[16..]);
    snapshot("two-factor", &talk);
    golden("two-factor.toml", &written(&talk), &bench);
    // The code was used once; the log-in that it gave is kept.
    let logins = bench.requests(Service::Caflou);
    let logins = logins.iter().filter(|line| line.ends_with("/login"));
    assert!(logins.count() >= 4);
    let kept = std::fs::read_to_string(bench.path("cache/caflou-sync/tokens.json")).unwrap();
    assert!(kept.contains("caflou-login-"), "{kept}");
}

#[test]
fn no_account_in_caflou() {
    let bench = bench();
    bench.sandbox.books().accounts.clear();
    let end = [Pick("Stop")];
    let answers = begin()
        .into_iter()
        .chain(private(&bench))
        .chain(caflou(&bench));
    let talk = talk(&bench, given(&bench.sandbox), None, answers.chain(end));
    snapshot("no-account", &talk);
    assert!(matches!(talk.ended, Err(Ended::Stopped)));
}

#[test]
fn missing_rights_are_named_and_may_be_switched_on_meanwhile() {
    let bench = std::rc::Rc::new(bench());
    let allow = |change: fn(&mut crate::sandbox::Shop)| {
        let bench = std::rc::Rc::clone(&bench);
        Box::new(move || change(&mut bench.sandbox.shop())) as Box<dyn FnOnce()>
    };
    {
        let mut shop = bench.sandbox.shop();
        shop.rights.eshop = false;
        shop.rights.customers = false;
        shop.rights.orders = false;
    }
    let again = || Box::new(Pick("Try again"));
    let answers = [
        After(allow(|shop| shop.rights.eshop = true), again()),
        After(allow(|shop| shop.rights.orders = true), again()),
        Pick("Go on without companies"),
    ];
    let import = [Enter, Enter, Enter, Enter, Enter];
    let answers = begin().into_iter().chain(private(&bench)).chain(answers);
    let answers = answers.chain(caflou(&bench)).chain(import);
    let talk = talk(&bench, given(&bench.sandbox), None, answers);
    snapshot("missing-rights", &talk);
    golden("missing-rights.toml", &written(&talk), &bench);
    assert_eq!(talk.ended.unwrap().counts[0].1, None);
}

#[test]
fn a_service_that_is_down_may_be_tried_again() {
    let bench = bench();
    let down = |service, path: &str| {
        vec![(Matcher::new(service, "GET", path), Fault::StatusBefore(502)); 3]
    };
    let script = [
        down(Service::Shoptet, "/api/eshop"),
        down(Service::Caflou, "/api/v1/accounts"),
        down(Service::Caflou, "/transfers"),
    ];
    bench.sandbox.set_faults(Faults {
        script: script.concat(),
        ..Faults::default()
    });
    let answers = begin()
        .into_iter()
        .chain(private(&bench))
        .chain([Pick("Try again")]);
    let answers = answers
        .chain(caflou(&bench))
        .chain([Pick("Try again")])
        .chain(import());
    let talk = talk(&bench, given(&bench.sandbox), None, answers);
    snapshot("down", &talk);
    assert_eq!(talk.ended.unwrap().doubles, None);
}

#[test]
fn orders_that_are_in_caflou_already_are_told() {
    let bench = bench();
    let orders: Vec<_> = {
        let shop = bench.sandbox.shop();
        let live = shop.orders.iter().filter(|order| {
            order
                .status
                .as_ref()
                .is_none_or(|status| status.id != CANCELLED)
        });
        live.map(|order| (order.code.clone(), order.price.clone()))
            .collect()
    };
    for (at, (code, price)) in orders.iter().take(4).enumerate() {
        let value = price.to_pay.or(price.with_vat).unwrap();
        let mark = format!("shoptet:222651:{code}");
        let record = json!({
            "kind": "income",
            "name": "Bank",
            "date": "2026-01-01",
            "value": serde_json::from_str::<serde_json::Value>(&value.to_string()).unwrap(),
            "currency": price.currency,
            "reference_number": code,
            "description": if at == 0 { &mark } else { "from the bank" },
        });
        bench.sandbox.books().add_transfer(record);
    }
    let answers = begin()
        .into_iter()
        .chain(private(&bench))
        .chain(caflou(&bench));
    let talk = talk(&bench, given(&bench.sandbox), None, answers.chain(import()));
    snapshot("doubles", &talk);
    let doubles = talk.ended.unwrap().doubles.unwrap();
    assert_eq!((doubles.found, doubles.ours), (3, 1));
}

#[test]
fn the_look_for_doubles_takes_few_requests_in_big_books() {
    let bench = bench_with(|options| options.orders = 60);
    for at in 0..1_500 {
        let record = json!({
            "kind": "income", "name": "x", "date": "2020-01-01", "value": 1, "currency": "CZK",
            "reference_number": format!("old-{at}"), "description": "",
        });
        bench.sandbox.books().add_transfer(record);
    }
    bench.sandbox.forget_seen();
    let answers = begin()
        .into_iter()
        .chain(private(&bench))
        .chain(caflou(&bench));
    let talk = talk(&bench, given(&bench.sandbox), None, answers.chain(import()));
    assert_eq!(talk.ended.unwrap().doubles.unwrap().found, 0);
    let caflou = bench.requests(Service::Caflou);
    let lists = caflou
        .iter()
        .filter(|line| *line == "GET /transfers")
        .count();
    assert_eq!(lists, 9, "six pages and three searches");
    assert!(caflou.len() <= 11, "{caflou:?}");
    assert!(bench.requests(Service::Shoptet).len() <= 8);
}

#[test]
fn a_shop_that_is_connected_already_is_pointed_out() {
    let bench = bench();
    bench.configure(&crate::support::Settings::default());
    let start = || {
        begin()
            .into_iter()
            .chain(private(&bench))
            .chain(caflou(&bench))
    };
    let stopped = talk(&bench, given(&bench.sandbox), None, start().chain([Enter]));
    snapshot("connected-already", &stopped);
    assert!(matches!(stopped.ended, Err(Ended::Stopped)));
    let talk = talk(
        &bench,
        given(&bench.sandbox),
        None,
        start().chain([Yes]).chain(import()),
    );
    assert!(talk.ended.is_ok(), "{}", talk.told);
}

#[test]
fn the_wizard_may_be_stopped_at_every_question() {
    let bench = bench();
    let whole = || -> Vec<_> {
        let answers = begin()
            .into_iter()
            .chain(private(&bench))
            .chain(caflou(&bench));
        answers.chain(import()).collect()
    };
    for at in 0..whole().len() {
        let answers = whole().into_iter().take(at).chain([Stop]);
        let talk = talk(&bench, given(&bench.sandbox), None, answers);
        assert!(matches!(talk.ended, Err(Ended::Stopped)), "{}", talk.told);
    }
}

#[test]
fn with_enter_alone_a_changed_connection_stays_as_it_is() {
    let bench = bench();
    bench.configure(&crate::support::Settings {
        import: "from = \"2021-01-01\"\nmax_changes = 7",
        ..Default::default()
    });
    let enter = (0..13).map(|_| Enter);
    let talk = talk(&bench, Given::default(), Some(KEY), enter);
    snapshot("edit", &talk);
    assert!(changes(&bench, &talk).is_empty());
}

#[test]
fn of_a_changed_connection_only_what_changed_is_written() {
    let bench = bench();
    bench.configure(&crate::support::Settings::default());
    let given = Given {
        caflou: BTreeMap::from([("token", Read::Secret(Secret::Env("PATH".into())))]),
        ..Given::default()
    };
    // The variable holds no token; the present one is kept.
    let answers = [
        typed("Jiný název"),
        Enter,
        Enter,
        Enter,
        Enter,
        Pick("Log in"),
        typed("owner@example.com"),
        typed("correct horse"),
        Enter,
        Pick("no"),
        No,
    ];
    let talk = talk(&bench, given, Some(KEY), answers);
    let connected = talk.ended.as_ref().unwrap();
    assert_eq!(connected.counts[1].1, None);
    assert_eq!(connected.answers.import.incomes, Mode::No);
    assert_eq!(
        changes(&bench, &talk),
        [
            "name = \"Jiný název\"",
            "caflou.token goes",
            "caflou.email = \"owner@example.com\"",
            "import.incomes = \"no\"",
            "import.auto_repeat = false",
        ]
    );
}

fn changes(bench: &Bench, talk: &Talk) -> Vec<String> {
    let config = Config::load(&bench.path("connections.toml")).unwrap();
    let answers = &talk.ended.as_ref().unwrap().answers;
    let settings = settings(answers, config.connection(KEY), Path::new("/"));
    let line = |(path, value): (Vec<&str>, Option<toml_edit::Value>)| match value {
        Some(value) => format!("{} = {value}", path.join(".")),
        None => format!("{} goes", path.join(".")),
    };
    settings.into_iter().map(line).collect()
}

#[test]
fn a_changed_connection_that_imported_does_not_go_to_another_shop_or_account() {
    let bench = bench();
    let text = bench.sandbox.connection_toml(KEY, "");
    let enter = |count: usize| (0..count).map(|_| Enter);
    let another = |from: &str, to: &str, answers: Vec<Answer>| {
        bench.write_config(&text.replace(from, to));
        let remembered = vec![KEY.to_owned()];
        talk_after(&bench, Given::default(), Some(KEY), answers, remembered)
            .ended
            .unwrap_err()
            .to_string()
    };
    let shop = [Enter, Enter, typed("222651")].into_iter().chain(enter(4));
    let rest = "Another e-shop or account needs a connection of its own: caflou-sync connect.";
    assert_eq!(
        another("eshop_id = 222651", "eshop_id = 5", shop.collect()),
        format!("The connection imports from e-shop 5. {rest}")
    );
    assert_eq!(
        another(bench.sandbox.account_id(), "before", enter(7).collect()),
        format!("The connection imports into account before. {rest}")
    );
}

#[test]
fn a_new_connection_takes_the_key_of_what_was_imported_before_only_with_a_yes() {
    let bench = bench();
    let named = |answer: Answer| {
        let answers = [typed("Můj e-shop"), answer, Stop];
        let remembered = vec!["muj-e-shop".to_owned()];
        talk_after(&bench, given(&bench.sandbox), None, answers, remembered).told
    };
    let told = |answer, key| {
        format!(
            "? Name of the connection, as you like it: Můj e-shop\n\
             !  A connection muj-e-shop imported before; what it imported is remembered.\n\
             ? Is this the same e-shop and the same Caflou account? {answer}\n\
             .. In commands it is called {key}.\n\
             error: stopped: nothing was saved\n"
        )
    };
    assert_eq!(named(Enter), told("no", "muj-e-shop-2"));
    assert_eq!(named(Yes), told("yes", "muj-e-shop"));
}
