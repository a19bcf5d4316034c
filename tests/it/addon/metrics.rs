//! Metrics: at an address of their own, or nowhere.

use std::fs;

use super::stage::{SHOP, Stage, ask_at};

#[test]
fn metrics_are_only_at_their_own_address_and_nothing_else_is() {
    let stage = Stage::new();
    stage.paired(SHOP);
    assert_eq!(stage.get("/metrics").is(404).error(), "not-found");
    let own = |line: &str| ask_at(&stage.metrics, line, &[], "");
    let metrics = own("GET /metrics").is(200);
    assert!(
        metrics.body.contains("caflou_sync_addon_shops 1\n"),
        "{metrics:?}"
    );
    own("POST /metrics").is(405);
    for line in [
        "GET /healthz",
        "POST /pair",
        "POST /token",
        "GET /install?code=a",
        "GET /",
    ] {
        assert_eq!(own(line).is(404).error(), "not-found", "{line}");
    }
}

#[test]
fn without_an_address_of_their_own_there_are_none() {
    let mut stage = Stage::new();
    stage.stop();
    let text = fs::read_to_string(stage.path("addon.toml")).unwrap();
    let without = text.replace("metrics_listen = \"127.0.0.1:0\"\n", "");
    assert_ne!(text, without);
    fs::write(stage.path("addon.toml"), without).unwrap();
    stage.start();
    assert_eq!(stage.metrics, "");
    assert_eq!(stage.get("/metrics").is(404).error(), "not-found");
}
