//! Installations: what is stored, what is mailed, what is answered.

use std::net::TcpListener;

use super::stage::{OTHER, SHOP, Stage, code_of};

#[test]
fn the_owner_gets_eshop_id_and_code_in_the_language_of_the_shops_country() {
    let stage = Stage::new();
    for (country, id, language) in [
        ("CZ", "Eshop ID: 125671", "lang=\"cs\""),
        ("SK", "Eshop ID: 125671", "lang=\"sk\""),
        ("HU", "Eshop ID: 125671", "lang=\"en\""),
    ] {
        stage.sandbox.addon().shop(OTHER).country = country.into();
        let code = stage.installed(OTHER);
        let mail = stage.mail.mails().pop().unwrap();
        assert_eq!(mail.to, ["TO:<owner-125671@example.cz>"]);
        assert_eq!(mail.from, "FROM:<addon@example.com>");
        for part in [
            id,
            language,
            "Content-Type: multipart/alternative",
            "https://125671.myshoptet.com",
            "https://addon.example.com",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(
                mail.text.contains(part),
                "{country}: {part} in {}",
                mail.text
            );
        }
        assert_eq!(mail.text.matches(&code).count(), 2, "as text and as HTML");
        stage
            .pair(OTHER, &code.to_lowercase().replace('-', " "))
            .is(200);
    }
}

#[test]
fn without_the_shops_country_its_address_decides() {
    let stage = Stage::new();
    stage.sandbox.set_faults(at("/api/eshop"));
    stage.installed(SHOP);
    assert!(stage.mail.mails()[0].text.contains("lang=\"cs\""));
}

/// Errors on this path from now on.
fn at(path: &str) -> crate::sandbox::Faults {
    use crate::sandbox::{Fault, Faults, Matcher, Service};
    let script = (0..20).map(|_| {
        let matcher = Matcher::new(Service::Shoptet, "", path);
        (matcher, Fault::StatusBefore(500))
    });
    Faults {
        script: script.collect(),
        ..Faults::default()
    }
}

#[test]
fn a_code_that_shoptet_does_not_know_installs_nothing() {
    let stage = Stage::new();
    let install = format!("{}/install", stage.url);
    let heard = stage.sandbox.call_install(&install, "made-up");
    assert_eq!(heard.status, 403);
    assert!(heard.body.contains("\"wrong-code\""), "{}", heard.body);
    let used = stage.sandbox.install_code(SHOP);
    stage
        .ask(&format!("HEAD /install?code={used}"), &[], "")
        .is(405);
    assert_eq!(stage.sandbox.call_install(&install, &used).status, 200);
    assert_eq!(stage.sandbox.call_install(&install, &used).status, 403);
    assert_eq!(stage.get("/install").is(400).error(), "bad-request");
    let odd = stage.sandbox.call_install(&install, "a\r\nb");
    assert_eq!(odd.status, 400);
    assert_eq!(
        (stage.mail.mails().len(), stage.metric("shops")),
        (1, Some(1))
    );
}

#[test]
fn an_oauth_server_that_is_down_is_no_installation() {
    let stage = Stage::new();
    stage.sandbox.set_faults(at("/action/ApiOAuthServer/token"));
    assert_eq!(stage.install(SHOP).status, 502);
    assert_eq!(
        (stage.mail.mails().len(), stage.metric("shops")),
        (0, Some(0))
    );
}

#[test]
fn a_mail_server_that_does_not_answer_is_told_of_before_shoptet_gives_up() {
    let mut stage = Stage::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    stage.stop();
    stage.configure("", silent.local_addr().unwrap().port());
    stage.start();
    let heard = stage.install(SHOP);
    assert_eq!(heard.status, 502, "no answer within five seconds");
    assert!(heard.body.contains("\"mail-failed\""), "{}", heard.body);
    assert!(stage.log().contains("addon new-code"), "{}", stage.log());
    // The owner installs once more; what was there of the first try is replaced.
    stage.stop();
    stage.configure("", stage.mail.port);
    stage.start();
    let code = stage.installed(SHOP);
    stage.pair(SHOP, &code).is(200);
    assert_eq!(stage.metric("shops"), Some(1));
}

#[test]
fn a_second_installation_replaces_the_first() {
    let mut stage = Stage::new();
    let unused = stage.installed(SHOP);
    let secret = stage.paired(SHOP);
    let old = stage.access_token(&secret);
    stage.restart();
    let code = stage.installed(SHOP);
    assert_eq!(stage.token(&secret).is(401).error(), "unpaired");
    assert_eq!(stage.pair(SHOP, &unused).is(403).error(), "wrong-code");
    let answer = stage.pair(SHOP, &code).is(200).json();
    let secret = answer["pairing_secret"].as_str().unwrap();
    assert_ne!(stage.access_token(secret), old);
    assert_eq!(stage.metric("shops"), Some(1));
    assert_eq!(stage.metric("paired_programs"), Some(1));
    let codes: Vec<_> = stage.mail.mails().iter().map(code_of).collect();
    assert_eq!(codes.len(), 3);
}

#[test]
fn an_address_that_would_add_a_header_gets_no_mail() {
    let stage = Stage::new();
    for address in [
        "a@example.cz\r\nBcc: thief@example.com",
        "a@example.cz, thief@example.com",
        "A <a@example.cz>",
        "",
    ] {
        stage.sandbox.addon().shop(OTHER).contact_email = address.into();
        assert_ne!(stage.install(OTHER).status, 200, "{address:?}");
    }
    assert_eq!(stage.mail.mails().len(), 0);
}
