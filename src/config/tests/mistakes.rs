//! What is said about each kind of mistake, word by word.

use super::*;

/// A mistake on nearly every line.
const MISTAKES: &str = r#"
state = ""
colour = "red"

[connections.my-shop]
name = 7
program = "shopted"
eshop_id = -1
shoptet = { private_token = "222651-p-hunter2", api_url = "http://shop.example.com" }

[connections.my-shop.caflou]
acount_id = "12345"
email = "somebody"
password = { vault = "caflou" }
max_concurrency = 17
timeout = "30"

[connections.my-shop.import]
companies = "newonly"
incomes = true
from = 2021-01-01T10:00:00
to = "1. 2. 2021"
auto_repeat = "yes"

[connections.my-shop.mapping]
category_id = 1.5
tags = [
    "e-shop",
    "",
    3,
]
income_name = "Order {cod}"
payment_date = "order_time"
expected_days = { default = 0, "Dobírkou" = 4000 }
match_existing = 1

[connections."other shop"]
program = "pohoda"
eshop_id = "5"
shoptet.oauth_token = { file = "a", env = "B" }
caflou = 5
"#;

#[test]
fn all_problems_of_a_file_come_at_once() {
    insta::assert_snapshot!(problems(MISTAKES), @r#"
    connections.toml: 28 problems
      line  2  state:                                        it is empty
      line  3  colour:                                       unknown key (there are state, keep_runs, addon_url, notify, connections)
      line  6  connections.my-shop.name:                     expected text, found a whole number
      line  7  connections.my-shop.program:                  "shopted" is not "shoptet"; did you mean "shoptet"?
      line  8  connections.my-shop.eshop_id:                 -1 is not a positive number
      line  9  connections.my-shop.shoptet.api_url:          only https:// is safe; http:// is for loopback addresses
      line 12  connections.my-shop.caflou.acount_id:         unknown key; did you mean "account_id"?
      line 13  connections.my-shop.caflou.email:             not an e-mail address
      line 14  connections.my-shop.caflou.password.vault:    unknown key (there are env, file, command, keyring)
      line 15  connections.my-shop.caflou.max_concurrency:   17 is not between 1 and 16
      line 16  connections.my-shop.caflou.timeout:           "30" is not a duration such as "30s", "500ms" or "2m"
      line 19  connections.my-shop.import.companies:         "newonly" is not one of "no", "new-only", "new-and-update"; did you mean "new-only"?
      line 20  connections.my-shop.import.incomes:           expected one of "no", "new-only", "new-and-update", found true or false
      line 21  connections.my-shop.import.from:              expected a day such as 2021-01-31, found a time of day as well
      line 22  connections.my-shop.import.to:                "1. 2. 2021" is not a day such as 2021-01-31
      line 23  connections.my-shop.import.auto_repeat:       expected true or false, found text
      line 26  connections.my-shop.mapping.category_id:      expected a whole number, found a number with a point
      line 29  connections.my-shop.mapping.tags:             it is empty
      line 30  connections.my-shop.mapping.tags:             only texts can be in the list
      line 32  connections.my-shop.mapping.income_name:      unknown placeholder "{cod}" (there are {code}, {dash}, {customer}); did you mean "{code}"?
      line 33  connections.my-shop.mapping.payment_date:     "order_time" is not one of "first-paid", "order-time", "transactions"; did you mean "order-time"?
      line 34  connections.my-shop.mapping.expected_days."Dobírkou": 4000 is not between 0 and 3650
      line 35  connections.my-shop.mapping.match_existing:   expected true or false, found a whole number
      line 38  connections."other shop".program:             "pohoda" is not "shoptet"
      line 39  connections."other shop".eshop_id:            expected a whole number, found text
      line 40  connections."other shop".shoptet.oauth_token: a secret has one place: "env", "file", "command" or "keyring"
      line 40  connections."other shop".shoptet:             "token_url" is missing; "oauth_token" needs it
      line 41  connections."other shop".caflou:              expected a table, found a whole number
    "#);
}

#[test]
fn a_mistyped_key_is_not_missing_as_well() {
    let text = SMALL
        .replace("account_id", "acount_id")
        .replace("\ntoken", "\ntokne");
    insta::assert_snapshot!(problems(&text), @r#"
    connections.toml: 2 problems
      line 10  connections.shop.caflou.acount_id: unknown key; did you mean "account_id"?
      line 11  connections.shop.caflou.tokne:     unknown key; did you mean "token"?
    "#);
}

#[test]
fn what_must_be_there_is_missed() {
    insta::assert_snapshot!(problems("[connections.shop]\nshoptet = {}\n"), @r#"
    connections.toml: 4 problems
      line 1  connections.shop:         "program" is missing
      line 1  connections.shop:         "eshop_id" is missing
      line 1  connections.shop:         "caflou" is missing
      line 2  connections.shop.shoptet: "private_token", or "oauth_token" and "token_url", or "pairing", is missing
    "#);
    for empty in ["\n", "\n[connections]\n"] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(problems(empty), @"connections.toml: no connections yet: `caflou-sync connect` makes one");
        }
    }
    insta::assert_snapshot!(problem("[[connections]]\n"), @"connections: expected a table, found a list of tables");
}

#[test]
fn the_line_of_a_table_is_its_header() {
    let text = SMALL
        .replace("program = \"shoptet\"", "")
        .replace("account_id = \"12345\"", "");
    insta::assert_snapshot!(problems(&text), @r#"
    connections.toml: 2 problems
      line 2  connections.shop:        "program" is missing
      line 9  connections.shop.caflou: "account_id" is missing
    "#);
    let implied = "\r\n\r\n[connections.shop.shoptet]\r\nprivate_token.env = \"A\"\r\n";
    insta::assert_snapshot!(problems(implied), @r#"
    connections.toml: 3 problems
      line 3  connections.shop: "program" is missing
      line 3  connections.shop: "eshop_id" is missing
      line 3  connections.shop: "caflou" is missing
    "#);
}

#[test]
fn a_text_that_is_not_toml_is_one_problem_that_does_not_repeat_it() {
    let text = SMALL.replace("{ env = \"CAFLOU_TOKEN\" }", "hunter2");
    insta::assert_snapshot!(problems(&text), @"
    connections.toml: 1 problem
      line 11  not valid TOML at column 9: string values must be quoted, expected literal string
    ");
    insta::assert_snapshot!(problem("a = 1\na = 2"), @"not valid TOML at column 1: duplicate key");
}

#[test]
fn a_shop_has_exactly_one_way_in() {
    let shoptet =
        |lines: &str| problem(&SMALL.replace("private_token = { env = \"SHOPTET_TOKEN\" }", lines));
    insta::assert_snapshot!(shoptet("private_token.env = \"A\"\noauth_token.env = \"A\""), @r#"connections.shop.shoptet.oauth_token: either "private_token" or "oauth_token", not both"#);
    insta::assert_snapshot!(shoptet("private_token.env = \"A\"\ntoken_url = \"https://a.b\""), @r#"connections.shop.shoptet.token_url: belongs to "oauth_token", which is not there"#);
    insta::assert_snapshot!(shoptet("token_url = \"https://a.b\""), @r#"connections.shop.shoptet: "private_token", or "oauth_token" and "token_url", or "pairing", is missing"#);
    insta::assert_snapshot!(shoptet("oauth_token.env = \"A\""), @r#"connections.shop.shoptet: "token_url" is missing; "oauth_token" needs it"#);
    insta::assert_snapshot!(shoptet("pairing.env = \"A\"\nprivate_token.env = \"A\""), @r#"connections.shop.shoptet.private_token: either "private_token" or "pairing", not both"#);
    insta::assert_snapshot!(shoptet("private_token.env = \"A\"\npairing.env = \"A\"\noauth_token.env = \"A\""), @r#"connections.shop.shoptet.oauth_token: either "private_token" or "oauth_token" or "pairing", not several"#);
    insta::assert_snapshot!(shoptet("private_token.env = \"A\"\naddon_url = \"https://a.b\""), @r#"connections.shop.shoptet.addon_url: belongs to "pairing", which is not there"#);
    insta::assert_snapshot!(shoptet("pairing.env = \"A\"\naddon_url = \"http://a.b\""), @"connections.shop.shoptet.addon_url: only https:// is safe; http:// is for loopback addresses");
    insta::assert_snapshot!(shoptet(""), @r#"connections.shop.shoptet: "private_token", or "oauth_token" and "token_url", or "pairing", is missing"#);
}

#[test]
fn an_account_has_exactly_one_way_in() {
    let caflou = |lines: &str| problem(&SMALL.replace("token = { env = \"CAFLOU_TOKEN\" }", lines));
    insta::assert_snapshot!(caflou("token.env = \"A\"\nemail = \"a@b.cz\""), @r#"connections.shop.caflou.email: either "token", or "email" and "password", not both"#);
    insta::assert_snapshot!(caflou("email = \"a@b.cz\""), @r#"connections.shop.caflou: "password" is missing; "email" needs it"#);
    insta::assert_snapshot!(caflou("password.env = \"A\""), @r#"connections.shop.caflou: "email" is missing; "password" needs it"#);
    insta::assert_snapshot!(caflou(""), @r#"connections.shop.caflou: "token", or "email" and "password", is missing"#);
}

#[test]
fn a_secret_has_exactly_one_place() {
    let token = |value: &str| problem(&SMALL.replace("{ env = \"CAFLOU_TOKEN\" }", value));
    insta::assert_snapshot!(token("\"\""), @"connections.shop.caflou.token: it is empty");
    insta::assert_snapshot!(token("5"), @r#"connections.shop.caflou.token: expected text, { env = "VAR" }, { file = "PATH" }, { command = ["prog", "arg"] } or { keyring = "NAME" }, found a whole number"#);
    insta::assert_snapshot!(token("{}"), @r#"connections.shop.caflou.token: expected text, { env = "VAR" }, { file = "PATH" }, { command = ["prog", "arg"] } or { keyring = "NAME" }, found an empty table"#);
    insta::assert_snapshot!(token("{ evn = \"A\" }"), @r#"connections.shop.caflou.token.evn: unknown key; did you mean "env"?"#);
    insta::assert_snapshot!(token("{ vault = \"A\" }"), @"connections.shop.caflou.token.vault: unknown key (there are env, file, command, keyring)");
    insta::assert_snapshot!(token("{ env = \"A\", file = \"B\" }"), @r#"connections.shop.caflou.token: a secret has one place: "env", "file", "command" or "keyring""#);
    insta::assert_snapshot!(token("{ env = \"$A\" }"), @"connections.shop.caflou.token.env: expected the bare name of an environment variable");
    insta::assert_snapshot!(token("{ file = 5 }"), @"connections.shop.caflou.token.file: expected text, found a whole number");
    insta::assert_snapshot!(token("{ command = \"pass show caflou\" }"), @r#"connections.shop.caflou.token.command: expected a program and its arguments, such as ["pass", "show", "caflou"], found text"#);
    insta::assert_snapshot!(token("{ command = [] }"), @r#"connections.shop.caflou.token.command: expected a program and its arguments, such as ["pass", "show", "caflou"]"#);
}

#[test]
fn addresses_are_safe_to_send_secrets_to() {
    let url = |value: &str| problem(&with("caflou", &format!("api_url = \"{value}\"")));
    insta::assert_snapshot!(url("http://app.caflou.com"), @"connections.shop.caflou.api_url: only https:// is safe; http:// is for loopback addresses");
    insta::assert_snapshot!(url("http://localhost.example.com"), @"connections.shop.caflou.api_url: only https:// is safe; http:// is for loopback addresses");
    insta::assert_snapshot!(url("ftp://localhost"), @"connections.shop.caflou.api_url: only https:// is safe; http:// is for loopback addresses");
    insta::assert_snapshot!(url("https://me:hunter2@app.caflou.com"), @"connections.shop.caflou.api_url: no user name or password may be in an address");
    insta::assert_snapshot!(url("https://app.caflou.com/?token=hunter2"), @r##"connections.shop.caflou.api_url: no query (after "?" or "#") may be in this address"##);
    insta::assert_snapshot!(url("app.caflou.com"), @r#"connections.shop.caflou.api_url: not an address such as "https://api.example.com""#);
    insta::assert_snapshot!(url("mailto:me@example.com"), @"connections.shop.caflou.api_url: an address with a host is needed");
}

#[test]
fn a_webhook_is_at_an_address_that_the_shop_can_call() {
    let shoptet = |line: &str| problem(&with("shoptet", line));
    insta::assert_snapshot!(shoptet("webhook_url = \"https://example.com:444/done\""), @"connections.shop.shoptet.webhook_url: port 444: Shoptet calls only 80, 443, 8080 and 8443");
    insta::assert_snapshot!(shoptet("webhook_url = \"http://example.com/done\""), @"connections.shop.shoptet.webhook_url: only https:// is safe; http:// is for loopback addresses");
    let long = format!("webhook_url = \"https://example.com/{}\"", "x".repeat(2000));
    insta::assert_snapshot!(shoptet(&long), @"connections.shop.shoptet.webhook_url: longer than the 2000 characters that Shoptet takes");
    insta::assert_snapshot!(shoptet("bulk = \"allways\""), @r#"connections.shop.shoptet.bulk: "allways" is not one of "auto", "never", "always"; did you mean "always"?"#);
}

#[test]
fn an_account_id_can_stand_in_an_address() {
    let text = SMALL.replace("\"12345\"", "\"../1\"");
    insta::assert_snapshot!(problem(&text), @r#"connections.shop.caflou.account_id: an account's ID has only letters, digits, "-" and "_""#);
}

#[test]
fn numbers_and_durations_have_their_ranges() {
    let caflou = |line: &str| problem(&with("caflou", line));
    insta::assert_snapshot!(caflou("max_concurrency = 0"), @"connections.shop.caflou.max_concurrency: 0 is not between 1 and 16");
    insta::assert_snapshot!(caflou("timeout = \"99ms\""), @r#"connections.shop.caflou.timeout: "99ms" is not between 100ms and 10m"#);
    insta::assert_snapshot!(caflou("timeout = \"11m\""), @r#"connections.shop.caflou.timeout: "11m" is not between 100ms and 10m"#);
    insta::assert_snapshot!(caflou("timeout = \"99999999999999999999m\""), @r#"connections.shop.caflou.timeout: "99999999999999999999m" is not a duration such as "30s", "500ms" or "2m""#);
    insta::assert_snapshot!(caflou("timeout = \"1 d\""), @r#"connections.shop.caflou.timeout: "1 d" is not a duration such as "30s", "500ms" or "2m""#);
    insta::assert_snapshot!(caflou("timeout = 30"), @r#"connections.shop.caflou.timeout: expected a duration such as "30s", "500ms" or "2m", found a whole number"#);
    insta::assert_snapshot!(problem(&with("mapping", "expected_days = -1")), @"connections.shop.mapping.expected_days: -1 is not between 0 and 3650");
    insta::assert_snapshot!(problem(&with("mapping", "category_id = 0")), @"connections.shop.mapping.category_id: 0 is not a positive number");
}

#[test]
fn days_are_days_and_in_order() {
    let import = |lines: &str| problem(&with("import", lines));
    insta::assert_snapshot!(import("from = 2021-12-31\nto = 2021-01-01"), @"connections.shop.import.from: 2021-12-31 is after the last day, to = 2021-01-01");
    insta::assert_snapshot!(import("from = \"2021-01-01T10:00\""), @"connections.shop.import.from: expected a day such as 2021-01-31, found a time of day as well");
    insta::assert_snapshot!(import("from = 2021-01-01T10:00:00Z"), @"connections.shop.import.from: expected a day such as 2021-01-31, found a time of day as well");
    insta::assert_snapshot!(import("from = \"2021-02-30\""), @r#"connections.shop.import.from: "2021-02-30" is not a day such as 2021-01-31"#);
    insta::assert_snapshot!(import("from = \"2021-1-1\""), @r#"connections.shop.import.from: "2021-1-1" is not a day such as 2021-01-31"#);
    insta::assert_snapshot!(import("from = \"á 2021-01-01\""), @r#"connections.shop.import.from: "á 2021-01-01" is not a day such as 2021-01-31"#);
    insta::assert_snapshot!(import("from = 10:00:00"), @r#"connections.shop.import.from: "10:00:00" is not a day such as 2021-01-31"#);
    insta::assert_snapshot!(import("from = 2021"), @"connections.shop.import.from: expected a day such as 2021-01-31, found a whole number");
}

#[test]
fn keys_of_connections_can_be_typed() {
    let named =
        |key: &str| problems(&SMALL.replace("connections.shop", &format!("connections.{key}")));
    insta::assert_snapshot!(named("\"\""), @r#"
    connections.toml: 1 problem
      line 2  connections."": the name of a connection cannot be empty
    "#);
    insta::assert_snapshot!(named("\"a\\u001b[2Jb\""), @r#"
    connections.toml: 1 problem
      line 2  connections."a\u001B[2Jb": the name of a connection cannot have control characters
    "#);
    let key = "a".repeat(65);
    assert!(named(&key).ends_with("the name of a connection has at most 64 characters"));
    load(&SMALL.replace("connections.shop", &format!("connections.{}", &key[1..]))).unwrap();
}

#[cfg(unix)]
#[test]
fn a_file_with_plain_secrets_is_for_its_owner_only() {
    let text = SMALL.replace("{ env = \"CAFLOU_TOKEN\" }", "\"hunter2\"");
    let folder = tempfile::tempdir().unwrap();
    let shown = |mode| {
        let error = load_in(folder.path(), &text, mode).unwrap_err().to_string();
        error.replace(&format!("{}", folder.path().display()), "FOLDER")
    };
    insta::assert_snapshot!(shown(0o644), @"
    FOLDER/connections.toml: 1 problem
      line 11  connections.shop.caflou.token: a secret in plain text, in a file that others can read (mode 0644); type: chmod 600 FOLDER/connections.toml
    ");
    assert_eq!(shown(0o640), shown(0o644).replace("0644", "0640"));
    load_in(folder.path(), &text, 0o600).unwrap();
    load_in(folder.path(), SMALL, 0o644).unwrap();
}

#[cfg(unix)]
#[test]
fn the_chmod_to_type_is_quoted_for_the_shell() {
    let text = SMALL.replace("{ env = \"CAFLOU_TOKEN\" }", "\"hunter2\"");
    let folder = tempfile::tempdir().unwrap();
    let spaced = folder.path().join("it's here");
    fs::create_dir(&spaced).unwrap();
    let shown = load_in(&spaced, &text, 0o644).unwrap_err().to_string();
    assert!(
        shown.ends_with(r"/it'\''s here/connections.toml'"),
        "{shown}"
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_write_is_refused() {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().unwrap();
    let shown = |mode| {
        let error = load_in(folder.path(), SMALL, mode).unwrap_err().to_string();
        error.replace(&format!("{}", folder.path().display()), "FOLDER")
    };
    insta::assert_snapshot!(shown(0o646), @"FOLDER/connections.toml: others than its owner may write this file (mode 0646); type: chmod go-w FOLDER/connections.toml");
    assert!(shown(0o666).contains("chmod go-w"));
    // what is its group's may be written by it where the group is the owner's alone
    let made = fs::metadata(folder.path()).unwrap();
    let written = load_in(folder.path(), SMALL, 0o664);
    assert_eq!(written.is_ok(), made.uid() == made.gid());
    load_in(folder.path(), SMALL, 0o644).unwrap();
}
