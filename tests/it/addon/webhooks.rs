//! Webhooks: only Shoptet's, each once, in whatever order.

use serde_json::Value;

use super::stage::{OTHER, SHOP, Stage};
use crate::sandbox::{Heard, Notification};

fn outcome(heard: &Heard) -> String {
    assert_eq!(heard.status, 200, "{heard:?}");
    let json: Value = serde_json::from_str(&heard.body).unwrap();
    json["outcome"].as_str().unwrap().to_owned()
}

/// The notification, created so many seconds earlier, signed anew.
fn earlier(stage: &Stage, notification: &Notification, seconds: i64) -> Notification {
    let mut body: Value = serde_json::from_str(&notification.body).unwrap();
    let at = stage.sandbox.now() - chrono::TimeDelta::seconds(seconds);
    body["eventCreated"] = at.format("%Y-%m-%dT%H:%M:%S%z").to_string().into();
    let key = stage.sandbox.addon().signature_key.clone();
    Notification::signed(body.to_string(), &key)
}

#[test]
fn uninstalling_deletes_all_that_is_kept_of_the_shop() {
    let stage = Stage::new();
    let (secret, other) = (stage.paired(SHOP), stage.paired(OTHER));
    let heard = stage.sandbox.uninstall(SHOP, Some(&stage.hooks())).unwrap();
    assert_eq!(outcome(&heard), "done");
    let answer = stage.token(&secret).is(401);
    assert_eq!(answer.error(), "unpaired");
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("the add-on was uninstalled"), "{message}");
    stage.token(&other).is(200);
    for table in ["shops", "codes", "pairings", "tokens"] {
        let left = stage.in_state(&format!("DELETE FROM {table} WHERE eshop_id = 222651"));
        assert_eq!(left, 0, "{table}");
    }
}

#[test]
fn a_suspended_add_on_gives_no_tokens_and_says_why_until_it_is_approved() {
    let mut stage = Stage::new();
    let secret = stage.paired(SHOP);
    stage.sandbox.suspend(SHOP, true, Some(&stage.hooks()));
    let answer = stage.token(&secret).is(403);
    assert_eq!(answer.error(), "suspended");
    let message = "the add-on is paused: the shop or Shoptet suspended it; it can be resumed in the \
                   administration of e-shop 222651, among the add-ons";
    assert_eq!(answer.json()["message"], message);
    stage.restart();
    stage.token(&secret).is(403);
    let terminated = stage.sandbox.notification(SHOP, "addon:terminate");
    assert_eq!(
        outcome(&stage.sandbox.send(&stage.hooks(), &terminated)),
        "done"
    );
    let answer = stage.token(&secret).is(403).json();
    assert!(
        answer["message"].as_str().unwrap().contains("is ended"),
        "{answer}"
    );
    stage.sandbox.suspend(SHOP, false, Some(&stage.hooks()));
    stage.token(&secret).is(200);
}

#[test]
fn what_shoptet_did_not_sign_changes_nothing() {
    let stage = Stage::new();
    let secret = stage.paired(SHOP);
    let right = stage.sandbox.notification(SHOP, "addon:uninstall");
    let signature = right.signature.clone().unwrap();
    let other_shop = right.body.replace("222651", "125671");
    for (body, signature) in [
        (right.body.clone(), None),
        (right.body.clone(), Some(String::new())),
        (right.body.clone(), Some("00".repeat(20))),
        (right.body.clone(), Some(signature[..38].to_owned())),
        (right.body.clone(), Some(format!("{signature}00"))),
        (right.body.clone(), Some("zz".repeat(20))),
        (
            right.body.clone(),
            Notification::signed(right.body.clone(), "guessed").signature,
        ),
        (format!("{} ", right.body), Some(signature.clone())),
        (other_shop, Some(signature.clone())),
    ] {
        let forged = Notification { body, signature };
        let heard = stage.sandbox.send(&stage.hooks(), &forged);
        assert_eq!(heard.status, 401, "{forged:?}");
        assert!(heard.body.contains("\"wrong-signature\""), "{}", heard.body);
    }
    stage.token(&secret).is(200);
    assert_eq!(stage.metric("webhooks_total{outcome=\"forged\"}"), Some(9));
    // Digits in capitals are the same digits.
    let loud = Notification {
        signature: Some(signature.to_uppercase()),
        ..right
    };
    assert_eq!(outcome(&stage.sandbox.send(&stage.hooks(), &loud)), "done");
}

#[test]
fn an_event_that_comes_again_is_answered_and_not_acted_on_again() {
    let mut stage = Stage::new();
    let secret = stage.paired(SHOP);
    let suspend = stage.sandbox.notification(SHOP, "addon:suspend");
    assert_eq!(
        outcome(&stage.sandbox.send(&stage.hooks(), &suspend)),
        "done"
    );
    let approve = stage.sandbox.notification(SHOP, "addon:approve");
    assert_eq!(
        outcome(&stage.sandbox.send(&stage.hooks(), &approve)),
        "done"
    );
    stage.restart();
    assert_eq!(
        outcome(&stage.sandbox.send(&stage.hooks(), &suspend)),
        "seen"
    );
    stage.token(&secret).is(200);
}

#[test]
fn an_event_that_comes_several_times_at_once_is_acted_on_once() {
    let stage = Stage::new();
    stage.paired(SHOP);
    let uninstall = stage.sandbox.notification(SHOP, "addon:uninstall");
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let send = || outcome(&stage.sandbox.send(&stage.hooks(), &uninstall));
        let several: Vec<_> = (0..6).map(|_| scope.spawn(send)).collect();
        several.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|word| *word == "done").count(), 1);
    assert_eq!(outcomes.iter().filter(|word| *word == "seen").count(), 5);
}

#[test]
fn a_late_event_does_not_undo_what_came_after_it() {
    let stage = Stage::new();
    let secret = stage.paired(SHOP);
    // Created before the installation: the attempt of one that was lost then.
    let uninstall = stage.sandbox.notification(SHOP, "addon:uninstall");
    let late = earlier(&stage, &uninstall, 900);
    assert_eq!(
        outcome(&stage.sandbox.send(&stage.hooks(), &late)),
        "outdated"
    );
    stage.token(&secret).is(200);
    // Approved, and then the older suspension arrives.
    stage.age("shops", "installed_at", 2);
    stage.age("shops", "standing_at", 2);
    let approve = stage.sandbox.notification(SHOP, "addon:approve");
    assert_eq!(
        outcome(&stage.sandbox.send(&stage.hooks(), &approve)),
        "done"
    );
    let suspend = stage.sandbox.notification(SHOP, "addon:suspend");
    let late = earlier(&stage, &suspend, 60);
    assert_eq!(
        outcome(&stage.sandbox.send(&stage.hooks(), &late)),
        "outdated"
    );
    stage.token(&secret).is(200);
}

#[test]
fn an_event_that_is_too_old_or_of_the_future_is_refused() {
    let stage = Stage::new();
    let secret = stage.paired(SHOP);
    stage.age("shops", "installed_at", 48);
    let uninstall = stage.sandbox.notification(SHOP, "addon:uninstall");
    for seconds in [3700, -400] {
        let odd = earlier(&stage, &uninstall, seconds);
        assert_eq!(stage.sandbox.send(&stage.hooks(), &odd).status, 400);
    }
    stage.token(&secret).is(200);
    let late = earlier(&stage, &uninstall, 1900);
    assert_eq!(outcome(&stage.sandbox.send(&stage.hooks(), &late)), "done");
}

#[test]
fn other_events_and_other_shops_are_answered_and_change_nothing() {
    let stage = Stage::new();
    let secret = stage.paired(SHOP);
    let order = stage.sandbox.notification(SHOP, "order:create");
    assert_eq!(
        outcome(&stage.sandbox.send(&stage.hooks(), &order)),
        "ignored"
    );
    let stranger = stage.sandbox.notification(OTHER, "addon:uninstall");
    assert_eq!(
        outcome(&stage.sandbox.send(&stage.hooks(), &stranger)),
        "outdated"
    );
    let key = stage.sandbox.addon().signature_key.clone();
    for body in [
        "",
        "{}",
        "[1]",
        "{\"eshopId\": 1, \"event\": \"addon:uninstall\", \"eventCreated\": \"x\"}",
    ] {
        let odd = Notification::signed(body.to_owned(), &key);
        assert_eq!(
            stage.sandbox.send(&stage.hooks(), &odd).status,
            400,
            "{body}"
        );
    }
    stage.token(&secret).is(200);
}
