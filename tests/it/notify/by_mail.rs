//! Messages by e-mail: encrypted, after a login, or not at all.

use super::{bench, broken_order, email, tell};
use crate::mail::{MailServer, PASSWORD, USER, Way};
use crate::support::{Bench, KEY};

#[test]
fn a_failure_comes_by_mail_encrypted_and_after_a_login() {
    for (way, security) in [(Way::Starttls, "starttls"), (Way::Tls, "tls")] {
        let server = MailServer::start(way);
        let bench = Bench::new();
        tell(&bench, &email(&bench, &server, security, PASSWORD));
        let code = broken_order(&bench);
        let ran = bench.run(&[]).exits(3);
        assert_eq!(ran.stderr, "");
        let mails = server.mails();
        assert_eq!(mails.len(), 1, "{security}");
        let mail = &mails[0];
        assert!(mail.encrypted && mail.logged_in, "{mail:?}");
        assert_eq!(mail.from, format!("FROM:<{USER}>"));
        assert_eq!(
            mail.to,
            ["TO:<owner@example.com>", "TO:<books@example.com>"]
        );
        for part in [
            "Auto-Submitted: auto-generated",
            "Content-Type: multipart/alternative",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Type: text/html; charset=utf-8",
            "Failed      1 of 1 record\n",
            &format!("  - income {code}: no amount: toPay and withVat are both empty\n"),
            &format!("– income {code}: no amount"),
        ] {
            assert!(mail.text.contains(part), "{part} in {}", mail.text);
        }
    }
}

#[test]
fn mail_that_is_not_taken_is_said_without_the_password_and_changes_nothing() {
    let server = MailServer::start(Way::Starttls);
    let bench = Bench::new();
    tell(
        &bench,
        &email(&bench, &server, "starttls", "hunter3-is-wrong"),
    );
    broken_order(&bench);
    let ran = bench.program(&["run", KEY, "--quiet"]).exits(3);
    let expected = format!(
        "error: my-shop: e-mail told nobody: localhost did not take it: permanent error (535): \
         5.7.8  {USER} … is not right; check user and password in notify.email"
    );
    assert_eq!(ran.stderr.trim(), expected);
    assert!(server.mails().is_empty());
}

#[test]
fn a_mail_server_that_cannot_prove_who_it_is_gets_nothing() {
    for (way, security) in [(Way::Starttls, "starttls"), (Way::Tls, "tls")] {
        let server = MailServer::start(way);
        let bench = Bench::new();
        let trusted = email(&bench, &server, security, PASSWORD);
        tell(&bench, &trusted.replace("ca_file = \"mail.pem\"\n", ""));
        let ran = bench.program(&["notify", "test"]).exits(1);
        let port = server.port;
        let begin = format!("  !!  e-mail      localhost cannot be reached on port {port}: ");
        let end =
            "; for a mail server of your own, `ca_file` in notify.email names its certificate\n";
        assert!(
            ran.stdout.contains(&begin) && ran.stdout.ends_with(end),
            "{}",
            ran.stdout
        );
        assert!(server.mails().is_empty());
    }
    // and one that offers no encryption at all
    let server = MailServer::start(Way::Open);
    let bench = Bench::new();
    let open = email(&bench, &server, "starttls", PASSWORD);
    tell(&bench, &open);
    let ran = bench.program(&["notify", "test"]).exits(1);
    let end = "; check server, port and security in notify.email\n";
    assert!(ran.stdout.ends_with(end), "{}", ran.stdout);
    assert!(server.mails().is_empty());
    // and nobody at all
    let nobody = open.replace(&format!("port = {}", server.port), "port = 9");
    tell(&bench, &nobody);
    let ran = bench.program(&["notify", "test"]).exits(1);
    assert!(
        ran.stdout
            .contains("localhost cannot be reached on port 9: ")
            && ran.stdout.ends_with(end),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_mail_server_on_this_machine_may_be_used_in_the_open() {
    let server = MailServer::start(Way::Open);
    let lines = format!(
        "[notify.email]\nserver = \"localhost\"\nport = {}\nsecurity = \"none\"\n\
         from = \"{USER}\"\nto = \"owner@example.com\"",
        server.port
    );
    let bench = bench(&lines);
    bench.program(&["notify", "test"]).exits(0);
    let mails = server.mails();
    assert!(mails[0].text.contains("This is a test."), "{mails:?}");
}
