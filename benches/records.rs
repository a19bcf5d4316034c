//! What one record costs before anything is sent: decode, map, plan.
//!
//! ```text
//! cargo bench --bench records
//! ```
//!
//! Pages are of fifty orders, as the shop gives them. `items/s` counts orders (or customers).
#![allow(clippy::expect_used, reason = "a benchmark may panic")]

use caflou_sync::config::{Mapping, Mode};
use caflou_sync::record::{Attributes, CaflouId, Draft};
use caflou_sync::source::shoptet::{
    self, MapSettings, Statuses, parse_time, read_changes, read_customer, read_orders,
};
use caflou_sync::state::{Known, RecordState};
use caflou_sync::sync::plan::{self, Need, Rules};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use serde_json::{Value, json};

/// Orders of a page (`GET /api/orders`).
const PAGE: usize = 50;
/// Changes of a page (`GET /api/orders/changes`).
const CHANGES: usize = 1000;
const RULES: Rules = Rules::new(Mode::NewAndUpdate, true);

fn main() {
    divan::main();
}

/// An answer of the shop: rows made from the one of an example.
fn answer(name: &str, example: &Value, rows: usize, id: &str) -> Vec<u8> {
    let row = |number: usize| {
        let mut row = example.clone();
        row[id] = format!("2026{number:06}").into();
        row
    };
    let rows: Vec<_> = (0..rows).map(row).collect();
    let paginator = json!({ "totalCount": rows.len(), "page": 1, "pageCount": 1 });
    json!({ "data": { name: rows, "paginator": paginator }, "errors": null })
        .to_string()
        .into_bytes()
}

fn orders() -> Vec<u8> {
    let example = include_bytes!("../fuzz/corpus/shoptet/order.json");
    let example: Value = serde_json::from_slice(example).expect("JSON");
    answer("orders", &example["data"]["orders"][0], PAGE, "code")
}

fn settings() -> MapSettings {
    MapSettings {
        eshop_id: 222_651,
        zone: chrono_tz::Europe::Prague,
        mapping: Mapping::default(),
        statuses: Statuses::default(),
    }
}

/// From an answer to drafts.
fn drafts(body: &[u8], settings: &MapSettings) -> Vec<Draft> {
    let orders = read_orders(body).expect("orders");
    let orders = orders.iter().flatten().map(|order| {
        let paid_at = order.change_time.as_deref().and_then(parse_time);
        shoptet::order(order, settings, paid_at).expect("a draft")
    });
    orders.collect()
}

/// The state that a draft leaves once it was imported.
fn imported(draft: &Draft) -> Known {
    let values = plan::desired(draft, None, None);
    Known {
        state: RecordState::Synced,
        caflou_id: Some(CaflouId(9)),
        label: draft.label.clone(),
        origin: None,
        source: values.clone(),
        written: values,
        changed_at: None,
        pending: Attributes::default(),
        sent_at: None,
        failure: None,
    }
}

#[divan::bench]
fn decode_orders(bencher: Bencher) {
    let body = orders();
    bencher
        .counter(ItemsCount::new(PAGE))
        .bench(|| read_orders(black_box(&body)));
}

#[divan::bench]
fn decode_and_map_orders(bencher: Bencher) {
    let (body, settings) = (orders(), settings());
    bencher
        .counter(ItemsCount::new(PAGE))
        .bench(|| drafts(black_box(&body), &settings));
}

#[divan::bench]
fn decode_map_and_plan_new_orders(bencher: Bencher) {
    let (body, settings) = (orders(), settings());
    bencher.counter(ItemsCount::new(PAGE)).bench(|| {
        let plan = |draft: &Draft| plan::absent(draft, &plan::desired(draft, None, None));
        let drafts = drafts(black_box(&body), &settings);
        drafts.iter().map(plan).collect::<Vec<_>>()
    });
}

#[divan::bench]
fn decode_map_and_plan_unchanged_orders(bencher: Bencher) {
    let (body, settings) = (orders(), settings());
    let known: Vec<_> = drafts(&body, &settings).iter().map(imported).collect();
    bencher.counter(ItemsCount::new(PAGE)).bench(|| {
        let drafts = drafts(black_box(&body), &settings);
        let plans = drafts.iter().zip(&known).map(|(draft, known)| {
            let desired = plan::desired(draft, Some(known), None);
            plan::need(draft, Some(known), &desired, RULES)
        });
        let unchanged = plans.filter(|need| matches!(need, Need::Nothing(plan::Plan::Unchanged)));
        assert_eq!(unchanged.count(), PAGE);
    });
}

#[divan::bench]
fn decode_map_and_plan_a_customer(bencher: Bencher) {
    let (body, settings) = (
        include_bytes!("../fuzz/corpus/shoptet/customer.json"),
        settings(),
    );
    bencher.counter(ItemsCount::new(1_usize)).bench(|| {
        let customer = read_customer(black_box(body)).expect("a customer");
        let draft = shoptet::customer(&customer, &settings);
        plan::absent(&draft, &plan::desired(&draft, None, None))
    });
}

#[divan::bench]
fn decode_changes(bencher: Bencher) {
    let time = "2026-11-24T04:15:00+0100";
    let example = json!({ "code": "", "guid": null, "changeTime": time, "changeType": "edit" });
    let body = answer("changes", &example, CHANGES, "code");
    bencher
        .counter(ItemsCount::new(CHANGES))
        .bench(|| read_changes(black_box(&body)));
}
