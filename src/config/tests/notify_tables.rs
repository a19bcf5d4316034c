//! Who is told: what is taken over from the whole file, and what is said about mistakes.

use super::*;

const MAIL: &str = r#"
[notify]
on = "always"
after = 3
command = ["tell"]

[notify.email]
server = "smtp.example.com"
user = "shop"
password = { env = "SMTP_PASSWORD" }
from = "Můj e-shop <shop@example.com>"
to = ["owner@example.com", "Účetní <accountant@example.com>"]

[notify.webhook]
url = "https://ntfy.sh/topic?auth=abc"
shape = "ntfy"
"#;

fn notify(lines: &str) -> Notify {
    let connection = with("notify", lines);
    let text = format!("{MAIL}\n{connection}");
    load(&text).unwrap().connections.remove(0).notify
}

#[test]
fn without_the_tables_nobody_is_told() {
    let nobody = load(SMALL).unwrap().connections.remove(0).notify;
    assert_eq!((nobody.on(), nobody.after()), (On::Failure, 1));
    assert!(nobody.email().is_none() && nobody.webhook().is_none());
    assert!(nobody.command().is_none() && nobody.heartbeat().is_none());
}

#[test]
fn a_connection_takes_over_what_it_does_not_say_itself() {
    let all = notify("");
    assert_eq!((all.on(), all.after()), (On::Always, 3));
    let email = all.email().unwrap();
    assert_eq!(
        (email.server.port, email.server.security),
        (587, Security::Starttls)
    );
    assert_eq!(email.to.len(), 2);
    assert_eq!(all.webhook().unwrap().shape, Shape::Ntfy);
    assert_eq!(all.command(), Some(&["tell".to_owned()][..]));

    let own = notify("on = \"change\"\nemail = false\nheartbeat.url = { env = \"BEAT\" }");
    assert_eq!((own.on(), own.after()), (On::Change, 3));
    assert!(own.email().is_none() && own.webhook().is_some());
    assert!(own.heartbeat().is_some());
}

#[test]
fn each_way_to_a_mail_server_has_its_port() {
    for (line, port) in [
        ("security = \"starttls\"", 587),
        ("security = \"tls\"", 465),
        ("security = \"tls\"\nport = 2465", 2465),
        ("security = \"none\"", 25),
    ] {
        let server = "server = \"localhost\"\nfrom = \"a@b.cz\"\nto = \"c@d.cz\"";
        let text = format!("[notify.email]\n{server}\n{line}\n{SMALL}");
        let notify = load(&text).unwrap().connections.remove(0).notify;
        assert_eq!(notify.email().unwrap().server.port, port, "{line}");
    }
}

#[test]
fn secrets_of_channels_are_never_shown() {
    let text = MAIL.replace("{ env = \"SMTP_PASSWORD\" }", "\"hunter2\"");
    let text = format!("{text}\n{SMALL}");
    let shown = format!("{:?}", load(&text).unwrap());
    assert!(
        !shown.contains("hunter2") && !shown.contains("ntfy.sh"),
        "{shown}"
    );
    #[cfg(unix)]
    {
        let folder = tempfile::tempdir().unwrap();
        let refused = load_in(folder.path(), &text, 0o644).unwrap_err();
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = format!(
        r#"
[notify]
on = "changes"
after = 0
comand = ["tell"]
[notify.email]
server = "mail.example.com:25"
security = "none"
user = "shop"
from = "nobody"
to = []
[notify.webhook]
url = "http://example.com/hunter2"
shape = "teams"
[notify.heartbeat]
start_url = "hunter2"
{SMALL}
[connections.shop.notify]
email = true
webhook = {{ shape = "slack" }}
command = "tell me"
"#
    );
    insta::assert_snapshot!(problems(&text), @r#"
    connections.toml: 14 problems
      line  3  notify.on:                       "changes" is not one of "failure", "change", "always"; did you mean "change"?
      line  4  notify.after:                    0 is not between 1 and 100
      line  5  notify.comand:                   unknown key; did you mean "command"?
      line  6  notify.email:                    "password" is missing; "user" needs it
      line  7  notify.email.server:             not the name of a mail server such as "smtp.example.com"
      line 10  notify.email.from:               not an e-mail address such as "me@example.com" or "Shop <shop@example.com>"
      line 11  notify.email.to:                 it is empty
      line 13  notify.webhook.url:              only https:// is safe; http:// is for loopback addresses
      line 14  notify.webhook.shape:            "teams" is not one of "json", "slack", "discord", "ntfy"
      line 15  notify.heartbeat:                "url" is missing
      line 16  notify.heartbeat.start_url:      not an address such as "https://api.example.com"
      line 30  connections.shop.notify.email:   expected a table, found true or false
      line 31  connections.shop.notify.webhook: "url" is missing
      line 32  connections.shop.notify.command: expected a program and its arguments, such as ["/usr/local/bin/tell", "--loud"], found text
    "#);
}

#[test]
fn mail_in_the_open_stays_on_this_machine() {
    let mail = "server = \"mail.example.com\"\nfrom = \"a@b.cz\"\nto = \"c@d.cz\"";
    let text = format!("[notify.email]\nsecurity = \"none\"\n{mail}\n{SMALL}");
    insta::assert_snapshot!(problem(&text), @r#"notify.email.server: security = "none" is for a mail server on this machine ("localhost")"#);
}
