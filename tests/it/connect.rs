//! `connect` and `edit` by the real program: by flags alone, and at a terminal.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::sandbox::{Fault, Faults, Matcher, Service};
use crate::support::{Bench, Ran, Settings, names};

/// A shop with 3 customers and 12 orders; no configuration. It will be in the user's own folder.
fn bench() -> Bench {
    let bench = Bench::with(|options| {
        options.customers = 3;
        options.orders = 12;
    });
    fs::remove_file(bench.path("connections.toml")).unwrap();
    bench
}

const CONFIG: &str = "config/caflou-sync/connections.toml";
const NOBODY: &str = "there is no terminal to ask at; say also: ";

/// The program with the addresses of the stand-ins, and secrets in its environment.
fn connect(bench: &Bench, args: &[&str]) -> Command {
    let sandbox = &bench.sandbox;
    let (shop, caflou) = (sandbox.shoptet_url(), sandbox.caflou_url());
    let addresses = ["--shoptet-api-url", &shop, "--caflou-api-url", &caflou];
    let mut command = bench.command(&[&["connect"], args, &addresses[..]].concat());
    command
        .env("SHOPTET_TOKEN", sandbox.private_token())
        .env("CAFLOU_TOKEN", sandbox.caflou_token())
        .env("WRONG_TOKEN", "333-p-wrong");
    command
}

fn connected(bench: &Bench, args: &[&str]) -> Ran {
    Ran::of(connect(bench, args).output().unwrap())
}

const BY_TOKENS: [&str; 6] = [
    "shop",
    "--private-token-env",
    "SHOPTET_TOKEN",
    "--caflou-token-env",
    "CAFLOU_TOKEN",
    "--yes",
];

/// The configuration, without its heading and with other addresses.
fn config(bench: &Bench) -> String {
    let text = fs::read_to_string(bench.path(CONFIG)).unwrap();
    let (_heading, text) = text.split_once("\n\n").unwrap();
    let sandbox = &bench.sandbox;
    text.replace(&sandbox.shoptet_url(), "https://shop.example")
        .replace(&sandbox.caflou_url(), "https://caflou.example")
}

/// The rest of a configuration by [`BY_TOKENS`], after the shop's secrets.
const REST: &str = r#"api_url = "https://shop.example"

[connections.shop.caflou]
account_id = "958a30da1d8c2ccb0a3b6194"
token = { env = "CAFLOU_TOKEN" }
api_url = "https://caflou.example"

[connections.shop.import]
companies = "new-only"
incomes = "new-and-update"
auto_repeat = false
"#;

fn golden(shoptet: &str) -> String {
    format!(
        "[connections.shop]\nprogram = \"shoptet\"\neshop_id = 222651\n\n\
         [connections.shop.shoptet]\n{shoptet}\n{REST}"
    )
}

/// What is said of a connection that works.
fn said(bench: &Bench) -> String {
    format!(
        "connected: Můj e-shop (Shoptet 222651) → Příklad s.r.o. (Caflou 958a30da1d8c2ccb0a3b6194)\n\
         Saved: connection shop in {}\n\
         A run looks at 3 customers and 12 orders. To see what it would do, type:\n\n    \
         caflou-sync run shop --dry-run\n",
        bench.path(CONFIG).display()
    )
}

#[test]
fn with_flags_alone_no_terminal_is_needed() {
    let bench = bench();
    let ran = connected(&bench, &BY_TOKENS).exits(0);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        (&said(&bench)[..], "")
    );
    assert_eq!(
        config(&bench),
        golden("private_token = { env = \"SHOPTET_TOKEN\" }")
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(bench.path(CONFIG))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // The command that it names works when it is pasted.
    let mut next = bench.command(&["run", "shop", "--dry-run"]);
    next.env("SHOPTET_TOKEN", bench.sandbox.private_token());
    next.env("CAFLOU_TOKEN", bench.sandbox.caflou_token());
    Ran::of(next.output().unwrap()).exits(0);
}

#[test]
fn an_add_ons_oauth_token_in_a_file_is_one_way() {
    let bench = bench();
    fs::create_dir_all(bench.path("config/caflou-sync/secrets")).unwrap();
    let file = "config/caflou-sync/secrets/oauth";
    fs::write(bench.path(file), bench.sandbox.oauth_token()).unwrap();
    let url = bench.sandbox.token_url();
    let ran = connected(
        &bench,
        &[
            "shop",
            "--oauth-token-file",
            file,
            "--token-url",
            &url,
            "--eshop-id",
            "222651",
            "--caflou-token-env",
            "CAFLOU_TOKEN",
            "--yes",
        ],
    );
    assert_eq!(ran.exits(0).stdout, said(&bench));
    let shoptet = "oauth_token = { file = \"secrets/oauth\" }\n\
                   token_url = \"https://shop.example/action/ApiOAuthServer/getAccessToken\"";
    assert_eq!(config(&bench), golden(shoptet));
}

#[test]
fn an_installation_code_is_another_and_its_token_is_kept_in_a_private_file() {
    let bench = bench();
    let code = bench.sandbox.install_code(222_651);
    let (id, secret, redirect) = {
        let addon = bench.sandbox.addon();
        let secret = addon.client_secret.clone().unwrap();
        (addon.client_id.clone(), secret, addon.redirect_uri.clone())
    };
    let url = bench.sandbox.token_url();
    let mut command = connect(
        &bench,
        &[
            "shop",
            "--install-code",
            &code,
            "--token-url",
            &url,
            "--client-id",
            &id,
            "--client-secret-env",
            "CLIENT_SECRET",
            "--redirect-uri",
            &redirect,
            "--caflou-token-env",
            "CAFLOU_TOKEN",
            "--yes",
        ],
    );
    let ran = Ran::of(command.env("CLIENT_SECRET", secret).output().unwrap()).exits(0);
    assert_eq!(ran.stdout, said(&bench));
    let shoptet = "oauth_token = { file = \"secrets/shop.shoptet.oauth_token\" }\n\
                   token_url = \"https://shop.example/action/ApiOAuthServer/getAccessToken\"";
    assert_eq!(config(&bench), golden(shoptet));
    let kept = bench.path("config/caflou-sync/secrets/shop.shoptet.oauth_token");
    let oauth = bench
        .sandbox
        .addon()
        .shop(222_651)
        .oauth_token
        .clone()
        .unwrap();
    assert_eq!(fs::read_to_string(&kept).unwrap(), format!("{oauth}\n"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = kept.parent().unwrap().to_owned();
        assert_eq!((mode(kept), mode(folder)), (0o600, 0o700));
    }
}

#[test]
fn a_log_in_with_a_six_digit_code_needs_no_terminal_either() {
    let bench = bench();
    bench.sandbox.books().otp = Some("123456".into());
    let args = [
        "shop",
        "--private-token-env",
        "SHOPTET_TOKEN",
        "--caflou-email",
        "owner@example.com",
        "--caflou-password-env",
        "PASSWORD",
        "--caflou-otp",
        "123456",
        "--yes",
    ];
    let mut command = connect(&bench, &args);
    let ran = Ran::of(command.env("PASSWORD", "correct horse").output().unwrap()).exits(0);
    assert_eq!(ran.stdout, said(&bench));
    let (first, rest) = ran.stderr.split_once("good until ").unwrap();
    assert_eq!(first, "!  This log-in is ");
    assert_eq!(
        &rest[16..],
        ". After that the program cannot log in by itself, as two-factor is on.\n   An API token \
         (Caflou: Account settings, API) does not end so soon: better take one.\n"
    );
    let rest = "email = \"owner@example.com\"\npassword = { env = \"PASSWORD\" }\n";
    assert!(config(&bench).contains(rest), "{}", config(&bench));
    // The log-in that the code gave is used by the next command.
    let mut test = bench.command(&["test", "shop"]);
    test.env("SHOPTET_TOKEN", bench.sandbox.private_token())
        .env("PASSWORD", "correct horse");
    Ran::of(test.output().unwrap()).exits(0);
}

#[test]
fn what_is_missing_without_a_terminal_is_named_all_at_once() {
    let bench = bench();
    let usual = " (--yes takes the usual answers to what is imported)\n";
    let ran = bench.program(&["connect"]).exits(2);
    let ways = "--private-token-env (or --pairing-code, --oauth-token-file, --install-code)";
    let caflou = "--caflou-token-env (or --caflou-email with --caflou-password-env)";
    assert_eq!(
        ran.stderr,
        format!(
            "error: {NOBODY}NAME or --name, {ways}, {caflou}, --companies, --incomes, \
             --auto-repeat{usual}"
        )
    );
    let ran = connected(
        &bench,
        &["--name", "Shop", "--client-id", "7", "--install-code", "x"],
    );
    assert_eq!(
        ran.exits(2).stderr,
        format!(
            "error: {NOBODY}--token-url, --redirect-uri, {caflou}, --companies, --incomes, \
             --auto-repeat{usual}"
        )
    );
    let ran = bench.program(&[
        "connect",
        "--private-token-env",
        "A",
        "--private-token-file",
        "b",
    ]);
    assert!(ran.exits(2).stderr.contains("cannot be used with"));
    assert!(!bench.path(CONFIG).exists());
}

/// What is said where an answer does not hold and nobody is there to give another.
#[track_caller]
fn refused(bench: &Bench, change: &[&str], code: i32, said: &str) {
    let mut args = BY_TOKENS.to_vec();
    for pair in change.chunks(2) {
        match args.iter().position(|arg| *arg == pair[0]) {
            Some(at) => args[at + 1] = pair[1],
            None => args.extend(pair),
        }
    }
    let ran = connected(bench, &args).exits(code);
    let mut stderr = ran.stderr;
    while let Some(at) = stderr.find(" (request ") {
        let end = at + stderr[at + 1..].find(')').unwrap() + 2;
        stderr.replace_range(at..end, "");
    }
    assert_eq!(
        (ran.stdout.as_str(), stderr),
        ("", format!("error: {said}\n"))
    );
    assert!(!bench.path(CONFIG).exists());
    assert!(!bench.path("config/caflou-sync/secrets").exists());
}

#[test]
fn an_answer_that_does_not_hold_ends_it_with_the_reason_and_what_to_do() {
    let bench = bench();
    refused(
        &bench,
        &["--private-token-env", "WRONG_TOKEN"],
        4,
        "Shoptet does not accept this token (Shoptet refused GET /api/eshop: 401 invalid-token, The \
         token is not valid.). Copy it once more, whole: the administration of the shop shows it \
         under Connections, API.",
    );
    refused(
        &bench,
        &["--eshop-id", "333"],
        4,
        "The token belongs to e-shop 222651 (Můj e-shop), not to e-shop 333. Correct the e-shop ID, or \
         use that e-shop's token.",
    );
    refused(
        &bench,
        &["--caflou-token-env", "WRONG_TOKEN"],
        4,
        "Caflou does not accept this token (Caflou refused GET /api/v1/accounts: 401, invalid \
         token). Copy it once more, whole: Caflou shows it under Account settings, API.",
    );
    refused(
        &bench,
        &["--account-id", "7"],
        2,
        "There is no account 7; there are Příklad s.r.o. (958a30da1d8c2ccb0a3b6194). Name one of \
         them with --account-id.",
    );
    refused(
        &bench,
        &["--private-token-env", "NOT_SET"],
        2,
        "The environment variable NOT_SET is not set",
    );
    refused(
        &bench,
        &["--from", "2026-02-01", "--to", "2026-01-01"],
        2,
        "The first day, 2026-02-01, is after the last, 2026-01-01",
    );
}

#[test]
fn statuses_are_named_by_flags_and_must_be_the_shops_own() {
    let bench = bench();
    let named = [
        "--order-status",
        "vyřízena",
        "--order-status",
        "-2",
        "--cancelled-status",
        "Čeká na zboží",
    ];
    let ran = connected(&bench, &[&BY_TOKENS[..], &named].concat()).exits(0);
    assert_eq!(ran.stderr, "");
    let settings = "order_statuses = [\"vyřízena\", -2]\nauto_repeat = false\n\n\
                    [connections.shop.mapping]\ncancelled_statuses = [\"Čeká na zboží\"]\n";
    assert!(config(&bench).ends_with(settings), "{}", config(&bench));
    fs::remove_file(bench.path(CONFIG)).unwrap();
    refused(
        &bench,
        &["--order-status", "Vyrizena"],
        2,
        "import.order_statuses: the shop has no status \"Vyrizena\"; did you mean \"Vyřízena\"?; \
         there are: Nevyřízená, Vyřizuje se, Vyřízena, Stornována, Čeká na zboží, Zaplaceno převodem",
    );
    let wrong = connected(&bench, &[&BY_TOKENS[..], &["--order-status", " "]].concat()).exits(2);
    assert!(
        wrong.stderr.contains("a name or a number"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn missing_rights_and_services_that_are_down_end_it_too() {
    let bench = bench();
    bench.sandbox.shop().rights.customers = false;
    refused(
        &bench,
        &[],
        4,
        "This token may not read customers: it lacks the endpoint group Customers (Shoptet refused \
         GET /api/customers/changes: 403 invalid-token-no-rights, The token has no right to call \
         this endpoint.). Switch it on in the administration of the shop, under Connections, API, at \
         this token; reading is enough.",
    );
    // Who imports no companies needs no such right.
    connected(&bench, &[&BY_TOKENS[..], &["--companies", "no"]].concat()).exits(0);
    fs::remove_file(bench.path(CONFIG)).unwrap();
    bench.sandbox.shop().rights.customers = true;
    let second = ("bbbb".to_owned(), "Druhá".to_owned());
    bench.sandbox.books().accounts.push(second);
    refused(
        &bench,
        &[],
        2,
        "There are several accounts: Příklad s.r.o. (958a30da1d8c2ccb0a3b6194), Druhá (bbbb). Name \
         one of them with --account-id.",
    );
    let down = (
        Matcher::new(Service::Shoptet, "GET", "/api/eshop"),
        Fault::StatusBefore(502),
    );
    bench.sandbox.set_faults(Faults {
        script: vec![down; 3],
        ..Faults::default()
    });
    refused(
        &bench,
        &[],
        1,
        "Shoptet does not answer as it should (Shoptet refused GET /api/eshop: 502 server-error, \
         Something went wrong.). Try again in a while.",
    );
}

#[test]
fn a_connection_that_imports_nothing_is_not_told_to_run() {
    let bench = bench();
    let none = [
        "--companies",
        "no",
        "--incomes",
        "no",
        "--auto-repeat",
        "yes",
    ];
    let ran = connected(&bench, &[&BY_TOKENS[..], &none].concat()).exits(0);
    let (_, said) = ran.stdout.split_once(CONFIG).unwrap();
    assert_eq!(
        said,
        "\nNothing is imported yet: all modes are \"no\". To choose, type:\n\n    \
         caflou-sync edit shop\n"
    );
}

#[test]
fn one_line_of_json_tells_a_program_the_result() {
    let bench = bench();
    let other = bench.path("my shop.toml");
    let other = other.to_str().unwrap();
    let args = [&BY_TOKENS[..], &["--format", "json", "--config", other]].concat();
    let ran = connected(&bench, &args).exits(0);
    let objects = ran.objects();
    assert_eq!(
        objects,
        [json!({
            "type": "connected",
            "connection": "shop",
            "name": "shop",
            "program": "shoptet",
            "eshop_id": 222_651,
            "eshop": "Můj e-shop",
            "account_id": "958a30da1d8c2ccb0a3b6194",
            "account": "Příklad s.r.o.",
            "customers": 3,
            "orders": 12,
            "already_in_caflou": {"looked_at": objects[0]["already_in_caflou"]["looked_at"], "found": 0, "ours": 0},
            "config": other,
            "next": format!("caflou-sync run shop --config '{other}' --dry-run"),
        })]
    );
    assert_eq!(ran.stderr, "");
}

#[test]
fn the_same_shop_and_account_are_connected_twice_only_with_yes() {
    let bench = bench();
    connected(&bench, &BY_TOKENS).exits(0);
    let options = [
        "--companies",
        "no",
        "--incomes",
        "no",
        "--auto-repeat",
        "no",
    ];
    let again = connected(&bench, &[&BY_TOKENS[..5], &options].concat()).exits(2);
    assert_eq!(
        again.stderr,
        "error: `shop` connects the same e-shop with the same account. Change that one: caflou-sync \
         edit shop. Or add --yes to connect them once more.\n"
    );
    let twice = connected(&bench, &BY_TOKENS).exits(0);
    assert!(
        twice.stdout.contains("caflou-sync run shop-2 --dry-run"),
        "{}",
        twice.stdout
    );
    assert_eq!(
        twice.stderr,
        "!  `shop` connects the same e-shop with the same account already.\n"
    );
    let text = config(&bench);
    assert!(text.starts_with(&golden("private_token = { env = \"SHOPTET_TOKEN\" }")));
    assert!(text.contains("\n\n[connections.shop-2]\n"), "{text}");
}

#[test]
fn a_connection_comes_to_the_others_and_leaves_them_as_they_are() {
    let bench = Bench::new();
    bench.configure(&Settings::default());
    let before = format!(
        "# mine\nstate = \"state.db\"   # here\n\n{}# the end\n",
        bench.config()
    );
    bench.write_config(&before.replace("state = \"state.db\"   # here\n", ""));
    let before = fs::read_to_string(bench.path("connections.toml")).unwrap();
    connected(&bench, &BY_TOKENS).exits(0);
    let after = fs::read_to_string(bench.path("connections.toml")).unwrap();
    assert!(after.starts_with(before.trim_end()), "{after}");
    assert!(after.contains("\n[connections.shop]\n"));
}

#[test]
fn edit_without_a_terminal_names_the_other_way() {
    let bench = Bench::new();
    let ran = bench.program(&["edit", "my-shop"]).exits(2);
    assert_eq!(
        ran.stderr,
        "error: there is no terminal to ask at; say what to change with --set key=value\n"
    );
}

#[cfg(unix)]
mod at_a_terminal {
    use super::*;
    use crate::terminal::Typist;

    fn start(bench: &Bench, args: &[&str]) -> Typist {
        let sandbox = &bench.sandbox;
        let (shop, caflou) = (sandbox.shoptet_url(), sandbox.caflou_url());
        let addresses = ["--shoptet-api-url", &shop, "--caflou-api-url", &caflou];
        Typist::start(bench, &[&["connect"], args, &addresses[..]].concat())
    }

    /// From the first question to the way into Caflou.
    fn shop(user: &mut Typist, bench: &Bench) {
        user.types("Name of the connection", "Můj e-shop");
        user.picks("From which program", "Shoptet");
        user.types("E-shop ID", "222651");
        user.picks("How do we get into the e-shop?", "private API token");
        user.types("Private API token:", bench.sandbox.private_token());
    }

    #[test]
    fn from_the_first_question_to_connected_with_wrong_answers_on_the_way() {
        let bench = bench();
        bench.sandbox.books().otp = Some("123456".into());
        let other = ("bbbb".to_owned(), "Druhá".to_owned());
        bench.sandbox.books().accounts.push(other);
        let mut user = start(&bench, &["-vv"]);
        user.types("Name of the connection", "Můj e-shop");
        user.picks("From which program", "Shoptet");
        user.types("E-shop ID", "333");
        user.picks("How do we get into the e-shop?", "private API token");
        user.types("Private API token:", "222651-p-wrong");
        user.picks("What now?", "Type the token again");
        user.types("Private API token:", bench.sandbox.private_token());
        user.picks("What now?", "Connect e-shop 222651");
        user.picks("How do we get into Caflou?", "e-mail address and password");
        user.types("E-mail address:", "owner@example.com");
        user.types("Password:", "correct horse");
        user.picks("What now?", "Type the six-digit code");
        user.types("Six-digit code:", "123456");
        user.picks("Which account?", "Příklad");
        user.picks("Registered customers as companies?", "new-only");
        user.picks("Orders as incomes?", "new-and-update");
        user.types("Only orders created from which day on?", "yesterday");
        user.types("Only orders created from which day on?", "2021-01-01");
        user.types("And up to which day?", "");
        user.picks("Orders in which statuses?", "choose");
        user.answers("Which count as cancelled", "\x1b[B\x1b[B \x1b[B \r");
        user.answers("And which are imported", "\x1b[B \r");
        user.types("Repeat the import automatically", "y");
        let (code, screen, written) = user.ends();
        assert_eq!(code, 0, "{screen}");
        let end = format!(
            "   A secret is kept: the file secrets/muj-e-shop.shoptet.private_token.\n   \
             A secret is kept: the file secrets/muj-e-shop.caflou.password.\n\n{}\n\
             It is repeated by itself once the timer is there:\n\n    caflou-sync schedule install\n",
            said(&bench)
                .replace("connection shop", "connection muj-e-shop")
                .replace("run shop", "run muj-e-shop")
        );
        // Long lines are folded at the end of the terminal.
        let one_line = |text: &str| text.replace(['\n', ' '], "");
        assert!(
            one_line(&screen).ends_with(&one_line(end.trim_end())),
            "{screen}"
        );
        golden_config(&bench);
        // What was saved lets the next command in, without any question.
        bench.program(&["run", "muj-e-shop", "--dry-run"]).exits(0);
        holds_no_secret("terminal", &written, &bench);
        // The program says in time that it will not get in by itself.
        let status = bench.program(&["status", "muj-e-shop"]).stdout;
        let end = ", then a six-digit code is needed: caflou-sync edit muj-e-shop\n";
        assert!(status.contains("login until"), "{status}");
        assert!(status.contains(end), "{status}");
    }

    fn golden_config(bench: &Bench) {
        assert_eq!(
            config(bench),
            r#"[connections.muj-e-shop]
name = "Můj e-shop"
program = "shoptet"
eshop_id = 222651

[connections.muj-e-shop.shoptet]
private_token = { file = "secrets/muj-e-shop.shoptet.private_token" }
api_url = "https://shop.example"

[connections.muj-e-shop.caflou]
account_id = "958a30da1d8c2ccb0a3b6194"
email = "owner@example.com"
password = { file = "secrets/muj-e-shop.caflou.password" }
api_url = "https://caflou.example"

[connections.muj-e-shop.import]
companies = "new-only"
incomes = "new-and-update"
from = 2021-01-01
order_statuses = ["Vyřizuje se"]
auto_repeat = true

[connections.muj-e-shop.mapping]
cancelled_statuses = ["Vyřízena", "Čeká na zboží"]
"#
        );
    }

    #[test]
    fn ctrl_c_at_a_question_saves_nothing_and_says_so() {
        let bench = bench();
        let mut user = start(&bench, &[]);
        shop(&mut user, &bench);
        user.sees("How do we get into Caflou?");
        user.press("\x03");
        let (code, screen, _) = user.ends();
        assert_eq!(code, 1);
        assert!(
            screen.ends_with("\nerror: stopped: nothing was saved"),
            "{screen}"
        );
        assert!(!bench.path("config").exists());
    }

    #[test]
    fn a_signal_at_a_question_saves_nothing_either() {
        let bench = bench();
        let mut user = start(&bench, &[]);
        shop(&mut user, &bench);
        user.sees("How do we get into Caflou?");
        user.terminates();
        let (code, screen, written) = user.ends();
        assert_eq!(code, 1);
        assert!(
            screen.ends_with("\nerror: stopped: nothing was saved"),
            "{screen}"
        );
        // The cursor, hidden by the list of answers, is there again.
        let shown = written.rfind("\x1b[?25h");
        assert!(shown > written.rfind("\x1b[?25l"), "{written:?}");
        assert!(!bench.path("config").exists());
    }

    #[test]
    fn ctrl_c_while_a_service_is_asked_saves_nothing_either() {
        let bench = bench();
        bench
            .sandbox
            .set(|options| options.caflou_latency = std::time::Duration::from_secs(30));
        let mut user = start(&bench, &[]);
        shop(&mut user, &bench);
        user.picks("How do we get into Caflou?", "API token");
        user.sees("API token:");
        user.press(&format!("{}\r", bench.sandbox.caflou_token()));
        let asked = || !bench.requests(Service::Caflou).is_empty();
        crate::support::wait_for("request", asked);
        user.press("\x03");
        let (code, screen, _) = user.ends();
        assert_eq!(code, 1);
        assert!(
            screen.ends_with("\nerror: stopped: nothing was saved"),
            "{screen}"
        );
        assert!(!screen.contains("does not answer"), "{screen}");
        assert!(!bench.path("config").exists());
    }

    #[test]
    fn edit_asks_with_the_present_answers_and_writes_what_changed() {
        let bench = bench();
        bench.write_config(
            &bench
                .sandbox
                .connection_toml("my-shop", "   # every night\n"),
        );
        let before = bench.config();
        let mut user = Typist::start(&bench, &["edit", "my-shop"]);
        user.types("Name of the connection:", "");
        user.picks("From which program", "Shoptet");
        user.types("E-shop ID:", "");
        user.picks("How do we get into the e-shop?", "private API token");
        user.types("Private API token (Enter keeps the present one):", "");
        user.picks("How do we get into Caflou?", "API token");
        user.types("API token (Enter keeps the present one):", "");
        user.answers("Registered customers as companies?", "\r");
        user.picks("Orders as incomes?", "new-only");
        user.types("Only orders created from which day on?", "");
        user.types("And up to which day?", "");
        user.picks("Orders in which statuses?", "all");
        user.types("Repeat the import automatically", "");
        let (code, screen, _) = user.ends();
        assert_eq!(code, 0, "{screen}");
        assert!(
            screen.contains("Saved: connection my-shop in connections.toml"),
            "{screen}"
        );
        let after = before.replace("\"new-and-update\"", "\"new-only\"");
        assert_eq!(bench.config(), after);
    }

    #[test]
    fn edit_refuses_where_the_file_changed_while_it_asked() {
        let bench = bench();
        bench.write_config(&bench.sandbox.connection_toml("my-shop", ""));
        let mut user = Typist::start(&bench, &["edit", "my-shop"]);
        user.types("Name of the connection:", "Jiný");
        for question in [
            "From which program",
            "E-shop ID:",
            "How do we get into the e-shop?",
            "Private API token",
            "How do we get into Caflou?",
            "API token",
            "Registered customers",
            "Orders as incomes?",
            "Only orders",
            "And up to which day?",
            "Orders in which statuses?",
        ] {
            user.answers(question, "\r");
        }
        user.sees("Repeat the import automatically");
        let path = bench.path("connections.toml");
        let text = fs::read_to_string(&path).unwrap() + "# somebody was here\n";
        fs::write(&path, &text).unwrap();
        user.press("\r");
        let (code, screen, _) = user.ends();
        assert_eq!(code, 1, "{screen}");
        assert!(
            screen.contains("the file was changed by someone else in the meantime"),
            "{screen}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn no_secret_is_in_any_output_log_configuration_or_state() {
        let bench = bench();
        bench.sandbox.books().otp = Some("123456".into());
        let url = bench.sandbox.token_url();
        let mut user = start(
            &bench,
            &["shop", "-vv", "--log-format", "json", "--token-url", &url],
        );
        user.picks("From which program", "Shoptet");
        user.types("E-shop ID", "");
        user.types("OAuth access token:", "wrong-oauth-token");
        user.picks("What now?", "Type the token again");
        user.types("Address of the add-on's OAuth server", &url);
        user.types("OAuth access token:", bench.sandbox.oauth_token());
        user.picks("How do we get into Caflou?", "e-mail");
        user.types("E-mail address:", "owner@example.com");
        user.types("Password:", "wrong horse");
        user.picks("What now?", "Type e-mail");
        user.types("E-mail address:", "");
        user.types("Password:", "correct horse");
        user.picks("What now?", "Type the six-digit code");
        user.types("Six-digit code:", "123456");
        for question in [
            "Registered",
            "Orders as",
            "Only orders",
            "And up to",
            "Orders in which",
            "Repeat",
        ] {
            user.answers(question, "\r");
        }
        let (code, screen, written) = user.ends();
        assert_eq!(code, 0, "{screen}");
        holds_no_secret("terminal", &written, &bench);
        let run = bench.program(&["run", "shop", "-vv"]).exits(0);
        holds_no_secret("run", &(run.stdout + &run.stderr), &bench);
        let list = bench.program(&["list", "-vv", "--format", "json"]).exits(0);
        holds_no_secret("list", &(list.stdout + &list.stderr), &bench);
        for file in [CONFIG, "data/caflou-sync/state.db"] {
            let bytes = fs::read(bench.path(file)).unwrap();
            holds_no_secret(file, &String::from_utf8_lossy(&bytes), &bench);
        }
        let kept = fs::read_dir(bench.path("config/caflou-sync/secrets")).unwrap();
        let kept: Vec<_> = kept.map(|file| file.unwrap().file_name()).collect();
        let kept: Vec<_> = kept.iter().map(|name| name.to_str().unwrap()).collect();
        let both = names(["shop.caflou.password", "shop.shoptet.oauth_token"]);
        assert_eq!(
            kept.into_iter().collect::<std::collections::BTreeSet<_>>(),
            both
        );
    }
}

/// Of the secrets, none stands in a text. (The six-digit code is shown as it is typed; it is good
/// once.)
#[track_caller]
fn holds_no_secret(what: &str, text: &str, bench: &Bench) {
    let sandbox = &bench.sandbox;
    let tokens = fs::read_to_string(bench.path("cache/caflou-sync/tokens.json"));
    let tokens: serde_json::Value = serde_json::from_str(&tokens.unwrap_or("{}".into())).unwrap();
    let tokens = tokens.as_object().unwrap().values();
    let mut secrets: Vec<_> = tokens.map(|one| one["token"].as_str().unwrap()).collect();
    secrets.extend([
        sandbox.private_token(),
        sandbox.oauth_token(),
        sandbox.caflou_token(),
    ]);
    secrets.extend([
        "correct horse",
        "wrong horse",
        "222651-p-wrong",
        "wrong-oauth-token",
    ]);
    for secret in secrets {
        assert!(!text.contains(secret), "{what} holds {secret}");
    }
}

/// By the names that settings have in the file.
const BY_NAMES: [&str; 9] = [
    "shop",
    "--program",
    "shoptet",
    "--set",
    "eshop_id=222651",
    "--secret",
    "private_token=env:SHOPTET_TOKEN",
    "--secret",
    "caflou.token=env:CAFLOU_TOKEN",
];

#[test]
fn flags_are_other_names_of_settings() {
    let (by_flags, by_names) = (bench(), bench());
    connected(&by_flags, &BY_TOKENS).exits(0);
    connected(&by_names, &[&BY_NAMES[..], &["--yes"]].concat()).exits(0);
    assert_eq!(config(&by_names), config(&by_flags));
}

#[test]
fn what_is_not_asked_for_can_be_set_as_well() {
    let bench = bench();
    let more = [
        "--set",
        "import.companies=no",
        "--set",
        "caflou.timeout=60s",
        "--set",
        "bulk=never",
        "--set",
        "mapping.tags=[\"e-shop\"]",
        "--set",
        "import.max_changes=7",
        "--yes",
    ];
    connected(&bench, &[&BY_NAMES[..], &more].concat()).exits(0);
    let config = config(&bench);
    for line in [
        "companies = \"no\"",
        "timeout = \"60s\"",
        "bulk = \"never\"",
        "tags = [\"e-shop\"]",
        "max_changes = 7",
    ] {
        assert!(config.contains(&format!("\n{line}\n")), "{line}\n{config}");
    }
}

#[test]
fn all_that_is_wrong_with_settings_is_told_at_once_and_no_secret_is_repeated() {
    let bench = bench();
    let wrong = [
        "--set",
        "eshop=222651",
        "--set",
        "caflou.timeout=soon",
        "--set",
        "token_url=http://example.com",
        "--set",
        "private_token=hunter2",
        "--secret",
        "caflou.token=hunter2",
        "--secret",
        "caflou.account_id=env:A",
        "--secret",
        "pairing=command:",
        "--secret",
        "notify.webhook.token=env:A",
    ];
    let ran = connected(&bench, &wrong).exits(2);
    insta::assert_snapshot!(ran.stderr, @r#"
    error: eshop: no such setting; connections.example.toml shows all settings
    caflou.timeout: "soon" is not a duration such as "30s", "500ms" or "2m"
    shoptet.token_url: only https:// is safe; http:// is for loopback addresses
    shoptet.private_token: a secret is not for a command line, where others can see it; say where it is, such as shoptet.private_token='{ env = "NAME" }'
    caflou.token: expected env:VAR, file:PATH, command:… or keyring:NAME
    caflou.account_id: no secret; write --set caflou.account_id=VALUE
    shoptet.pairing: expected env:VAR, file:PATH, command:… or keyring:NAME
    notify.webhook.token: write --set notify.webhook.token='{ env = "NAME" }'
    "#);
    let ran = connected(&bench, &["--program", "shopted"]).exits(2);
    assert!(
        ran.stderr.contains("did you mean \"shoptet\"?"),
        "{}",
        ran.stderr
    );
}

#[test]
fn each_program_tells_its_settings() {
    let bench = bench();
    let list = bench.program(&["sources"]).exits(0);
    insta::assert_snapshot!(list.stdout, @"shoptet  Shoptet: customers as companies, orders as incomes");
    let page = bench.program(&["sources", "shoptet"]).exits(0);
    let example = include_str!("../../connections.example.toml");
    let (_, section) = page
        .stdout
        .split_once("[connections.my-books.shoptet]\n")
        .unwrap();
    assert!(example.contains(section.trim()), "{section}");
    let json = bench.program(&["sources", "--format", "json"]).exits(0);
    let source: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let settings = source["settings"].as_array().unwrap();
    let secrets = settings.iter().filter(|one| one["secret"] == true);
    let keys: Vec<_> = secrets.map(|one| one["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["private_token", "pairing", "oauth_token"]);
    bench.program(&["sources", "pohoda"]).exits(2);
}
