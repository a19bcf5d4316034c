//! Any bytes as an answer of Caflou: decoded, matched, planned with.

use caflou_sync::caflou::{
    CaflouAccount, Candidates, Index, Keys, MatchedBy, Page, Stored, read_login,
};
use caflou_sync::config::Mode;
use caflou_sync::record::{Attributes, CaflouId, Draft, Json, Kind, Mark, Record, SourceId, Void};
use caflou_sync::state::{Known, RecordState};
use caflou_sync::sync::plan::{self, Plan, Rules};
use chrono::DateTime;
use secrecy::ExposeSecret;
use serde_json::json;

const PROGRAM: &str = "shoptet";

/// Reads bytes as everything that Caflou may answer. Panics where something that is no record
/// would be taken for one, or where a plan would write something foreign.
pub fn caflou(body: &[u8]) {
    if let Some(login) = read_login(body, DateTime::UNIX_EPOCH) {
        assert!(!login.token.expose_secret().is_empty());
    }
    let Ok(json) = Json::parse(&String::from_utf8_lossy(body)) else {
        return;
    };
    if let Some(account) = CaflouAccount::from_json(&json) {
        let id = account.id.as_bytes();
        assert!(!id.is_empty() && id.iter().all(u8::is_ascii_graphic));
        assert!(!account.name.contains(char::is_control));
    }
    if let Ok(page) = Page::from_json(&json) {
        for kind in [Kind::Company, Kind::Income] {
            check_list(kind, &page.rows);
        }
    }
    if let Some(stored) = Stored::from_json(&json) {
        for kind in [Kind::Company, Kind::Income] {
            check_list(kind, std::slice::from_ref(&stored));
            check_plans(kind, &stored);
        }
    }
}

fn mark() -> Mark {
    Mark::new(PROGRAM, "222651", &SourceId("2026000124".to_owned()))
}

/// What would be sent of our record.
fn sent(kind: Kind) -> Attributes {
    let json = match kind {
        Kind::Company => json!({
            "name": "Novák s.r.o.", "kind": "legal_entity", "id_num": "00123456",
            "tax_num": "CZ00123456", "email": "novak@example.com", "country": "CZ",
            "vat_payer": true, "another_identifier": mark().as_str(),
        }),
        Kind::Income | Kind::Expense => json!({
            "name": "Objednávka 2026000124", "kind": kind.as_str(), "value": 1234,
            "reference_number": "2026000124", "currency": "CZK", "date": "2026-11-20",
            "done": true, "payment_date": "2026-11-22",
            "description": format!("https://example.com/?a=1&b=2\n{}", mark()),
        }),
    };
    Attributes::from_json(json.as_object().unwrap_or(&serde_json::Map::new()))
}

/// Matching names only records that are there, and each at most once.
fn check_list(kind: Kind, rows: &[Stored]) {
    let mut index = Index::empty(kind);
    for row in rows {
        assert!(row.id.0 > 0);
        index.add(row);
        // Reading the list twice changes nothing.
        index.add(row);
    }
    let there = |id: &CaflouId| rows.iter().any(|row| row.id == *id && !row.trashed);
    for keys in [Keys::mark(&mark()), Keys::of(kind, &mark(), &sent(kind))] {
        match index.find(&keys) {
            Candidates::None => {}
            Candidates::One(id, _) => assert!(there(&id)),
            Candidates::Several(ids, _) => {
                assert!(ids.len() > 1 && ids.iter().all(there));
                let mut unique = ids.clone();
                unique.sort_unstable();
                unique.dedup();
                assert_eq!(unique.len(), ids.len());
            }
        }
    }
}

/// Plans with what Caflou holds: nothing but our own values and a way back to them is written.
fn check_plans(kind: Kind, stored: &Stored) {
    let rules = Rules::new(Mode::NewAndUpdate, true);
    let desired = sent(kind);
    let before = {
        let mut before = desired.clone();
        before.set("name", caflou_sync::record::Value::text("Dřívější"));
        before.set("done", caflou_sync::record::Value::Bool(false));
        before
    };
    let draft = Draft {
        kind,
        source_id: SourceId("2026000124".to_owned()),
        label: "Novák".to_owned(),
        origin: None,
        changed_at: None,
        mark: mark(),
        record: Record::Void {
            why: Void::Cancelled,
            paid: false,
        },
        warnings: Vec::new(),
    };
    for state in [RecordState::Synced, RecordState::Uncertain] {
        let known = Known {
            state,
            caflou_id: Some(stored.id),
            label: String::new(),
            origin: None,
            source: before.clone(),
            written: before.clone(),
            changed_at: None,
            pending: Attributes::default(),
            sent_at: None,
            failure: None,
        };
        let current = Some(&stored.attributes);
        let void = plan::desired(&draft, Some(&known), None);
        let update = plan::update(&draft, &known, &void, stored.id, current);
        let by = (stored.id, MatchedBy::Mark);
        let adopt = plan::adopt(
            &draft,
            Some(&known),
            &desired,
            by,
            &stored.attributes,
            rules,
        );
        for (plan, desired) in [(update, &void), (adopt, &desired)] {
            if let Plan::Update { revision, .. } | Plan::Adopt { revision, .. } = plan {
                let sent = revision.fields.after();
                for field in sent.fields() {
                    let ours = sent.get(field) == desired.get(field);
                    let undone = field == "inactive" && !sent.is_true("inactive");
                    assert!(ours || undone, "{field} of {sent:?}");
                }
            }
        }
    }
    let _ = stored.may_be(kind, &desired);
}
