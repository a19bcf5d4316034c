mod closed;
mod meaning;
mod voided;

use proptest::prelude::*;

use super::compare::{PAID_VALUE, TAKEN_BACK, agrees, revise};
use super::voided::PAID_AND_VOID;
use super::*;
use crate::record::{
    Company, CompanyKind, CompanyLink, Currency, Document, Draft, Kind, Mark, Payment, Record,
    SourceId, Value, Void, same,
};
use crate::state::{Failure, Known, RecordState};

const ID: CaflouId = CaflouId(1001);

const UPDATING: Rules = Rules::new(Mode::NewAndUpdate, true);
const NEW_ONLY: Rules = Rules {
    mode: Mode::NewOnly,
    ..UPDATING
};
const UNMATCHED: Rules = Rules {
    match_existing: false,
    ..UPDATING
};

/// Paid three days after it was made.
const PAID: Payment = Payment::Paid {
    on: NaiveDate::from_ymd_opt(2024, 5, 9).unwrap(),
};

fn draft(kind: Kind, record: Record) -> Draft {
    let source_id = SourceId("7".to_owned());
    Draft {
        kind,
        mark: Mark::new("shoptet", "1", &source_id),
        source_id,
        label: "Jan Novák".to_owned(),
        origin: None,
        changed_at: None,
        record,
        warnings: Vec::new(),
    }
}

fn income(payment: Payment) -> Draft {
    let income = Document {
        name: "Objednávka 7".to_owned(),
        named: true,
        reference_number: "7".to_owned(),
        value: "1234.50".parse().unwrap(),
        value_without_vat: None,
        vat_value: None,
        currency: Currency::parse("CZK").unwrap(),
        payment,
        date: "2024-05-06".parse().unwrap(),
        tax_date: None,
        company: None,
        link: None,
        category_id: None,
        project_id: None,
        source_id: None,
        tags: Vec::new(),
    };
    draft(Kind::Income, Record::Document(income))
}

fn company() -> Draft {
    let company = Company {
        name: "Jana Nová".to_owned(),
        kind: CompanyKind::Individual,
        email: Some("jana@example.cz".to_owned()),
        phone: None,
        street: None,
        city: None,
        zip: None,
        country: None,
        id_num: None,
        tax_num: None,
        id_tax_num: None,
        vat_payer: false,
        person: None,
    };
    draft(Kind::Company, Record::Company(company))
}

fn void(why: Void, paid: bool) -> Draft {
    draft(Kind::Income, Record::Void { why, paid })
}

fn cancelled() -> Draft {
    void(Void::Cancelled, false)
}

fn wanted(draft: &Draft, known: Option<&Known>) -> Attributes {
    desired(draft, known, None)
}

/// Imported and in order, as the draft has it.
fn known(state: RecordState, draft: &Draft) -> Known {
    let source = wanted(draft, None);
    Known {
        state,
        caflou_id: (state == RecordState::Synced || state == RecordState::Gone).then_some(ID),
        label: draft.label.clone(),
        origin: draft.origin.clone(),
        written: source.clone(),
        source,
        changed_at: None,
        pending: Attributes::default(),
        sent_at: None,
        failure: None,
    }
}

fn synced(draft: &Draft) -> Known {
    known(RecordState::Synced, draft)
}

fn attributes<const N: usize>(pairs: [(&'static str, Value); N]) -> Attributes {
    let mut all = Attributes::default();
    for (field, value) in pairs {
        all.set(field, value);
    }
    all
}

fn needed(draft: &Draft, known: Option<&Known>, rules: Rules) -> Need {
    need(draft, known, &wanted(draft, known), rules)
}

fn skipped(reason: &str) -> Need {
    let (reason, warning) = (reason.to_owned(), None);
    Need::Nothing(Plan::Skip {
        reason,
        warning,
        settled: None,
        once: None,
    })
}

fn candidates(by_mark_only: bool) -> Need {
    Need::Candidates { by_mark_only }
}

const UNCHANGED: Need = Need::Nothing(Plan::Unchanged);

#[test]
fn a_record_that_is_not_imported_is_looked_for_by_its_mark_at_least() {
    for draft in [income(Payment::Open), income(PAID), company()] {
        let failed = known(RecordState::Failed, &draft);
        for known in [None, Some(&failed)] {
            for rules in [UPDATING, NEW_ONLY] {
                assert_eq!(needed(&draft, known, rules), candidates(false));
            }
            assert_eq!(needed(&draft, known, UNMATCHED), candidates(true));
        }
    }
}

#[test]
fn a_void_record_that_is_not_imported_is_skipped_whether_paid_or_not() {
    for (why, reason) in [
        (Void::Cancelled, "cancelled in the shop, not imported"),
        (Void::Deleted, "deleted in the shop, not imported"),
    ] {
        for paid in [false, true] {
            let draft = void(why, paid);
            let failed = known(RecordState::Failed, &draft);
            for known in [None, Some(&failed)] {
                assert_eq!(needed(&draft, known, NEW_ONLY), skipped(reason));
                for rules in [UPDATING, UNMATCHED] {
                    // It is, where ours is not there.
                    assert_eq!(needed(&draft, known, rules), candidates(true));
                    let plan = absent(&draft, &wanted(&draft, known));
                    assert_eq!(Need::Nothing(plan), skipped(reason));
                }
            }
        }
    }
}

#[test]
fn a_create_of_unknown_outcome_is_always_looked_for() {
    for state in [RecordState::Sending, RecordState::Uncertain] {
        let sent = known(state, &income(Payment::Open));
        for (rules, by_mark_only) in [(UPDATING, false), (NEW_ONLY, false), (UNMATCHED, true)] {
            let need = needed(&income(Payment::Open), Some(&sent), rules);
            assert_eq!(need, candidates(by_mark_only), "{state:?}");
            let need = needed(&cancelled(), Some(&sent), rules);
            assert_eq!(need, candidates(true), "{state:?}: only our own");
        }
    }
}

#[test]
fn an_imported_income_is_read_only_where_the_source_changed_and_updates_are_on() {
    let before = synced(&income(Payment::Open));
    for (now, rules, need) in [
        (income(Payment::Open), UPDATING, UNCHANGED),
        (income(Payment::Unknown), UPDATING, UNCHANGED),
        (income(PAID), UPDATING, Need::Current(ID)),
        (income(PAID), NEW_ONLY, UNCHANGED),
        (cancelled(), UPDATING, Need::Current(ID)),
        (cancelled(), NEW_ONLY, UNCHANGED),
        (void(Void::Deleted, false), UPDATING, Need::Current(ID)),
    ] {
        assert_eq!(needed(&now, Some(&before), rules), need, "{now:?}");
    }
}

#[test]
fn an_imported_company_is_read_again_only_where_it_is_updated_and_changed() {
    let before = synced(&company());
    let mut now = company();
    if let Record::Company(company) = &mut now.record {
        company.name = "Jana Veselá".to_owned();
    }
    let gone = draft(
        Kind::Company,
        Record::Void {
            why: Void::Deleted,
            paid: false,
        },
    );
    for draft in [company(), now.clone(), gone.clone()] {
        assert_eq!(needed(&draft, Some(&before), NEW_ONLY), UNCHANGED);
    }
    for draft in [company(), gone.clone()] {
        assert_eq!(needed(&draft, Some(&before), UPDATING), UNCHANGED);
    }
    assert_eq!(needed(&now, Some(&before), UPDATING), Need::Current(ID));
    // There is no cash flow that a company could be taken out of.
    let skipped = Need::Nothing(absent(&gone, &desired(&gone, None, None)));
    assert_eq!(needed(&gone, None, UPDATING), skipped);
}

#[test]
fn a_void_record_that_was_paid_is_left_alone_with_a_warning() {
    let (unpaid, paid) = (synced(&income(Payment::Open)), synced(&income(PAID)));
    for (now, before) in [
        (void(Void::Cancelled, true), &unpaid),
        (void(Void::Cancelled, true), &paid),
        (cancelled(), &paid),
        (void(Void::Deleted, false), &paid),
    ] {
        let Need::Nothing(Plan::Skip {
            reason, warning, ..
        }) = needed(&now, Some(before), UPDATING)
        else {
            panic!("{now:?}");
        };
        assert!(reason.ends_with(", but paid: left alone"), "{reason}");
        assert!(warning.is_some());
    }
}

fn failure() -> Failure {
    Failure {
        reason: "422".to_owned(),
        attempts: 1,
        first: chrono::DateTime::UNIX_EPOCH,
        last: chrono::DateTime::UNIX_EPOCH,
    }
}

#[test]
fn a_failure_is_over_where_the_record_is_left_alone_or_gone_for_good() {
    let mut before = synced(&income(PAID));
    before.failure = Some(failure());
    let need = needed(&cancelled(), Some(&before), UPDATING);
    let Need::Nothing(Plan::Skip { settled, .. }) = need else {
        panic!("{need:?}");
    };
    let (id, revision) = *settled.expect("it has to be noted");
    assert_eq!((id, revision.fields.is_empty()), (ID, true));
    assert_eq!(
        (revision.source, revision.written),
        (before.source, before.written)
    );
    let draft = income(Payment::Open);
    let mut gone = known(RecordState::Gone, &draft);
    gone.failure = Some(failure());
    let source = wanted(&draft, Some(&gone));
    for rules in [UPDATING, NEW_ONLY] {
        let need = needed(&draft, Some(&gone), rules);
        assert_eq!(
            need,
            Need::Nothing(Plan::Gone {
                id: None,
                source: source.clone()
            })
        );
    }
}

#[test]
fn a_failed_update_that_is_no_longer_wanted_is_settled_without_writing() {
    let draft = income(Payment::Open);
    let mut before = synced(&draft);
    before.failure = Some(failure());
    let Need::Nothing(Plan::Update { id, revision }) = needed(&draft, Some(&before), UPDATING)
    else {
        panic!("it has to be noted");
    };
    assert_eq!(id, ID);
    let (source, written) = (before.source, before.written);
    let expected = Revision {
        source,
        written,
        ..Revision::default()
    };
    assert_eq!(revision, expected);
}

#[test]
fn what_is_deleted_in_caflou_is_told_once_for_each_change_at_the_source() {
    let gone = known(RecordState::Gone, &income(Payment::Open));
    assert_eq!(
        needed(&income(Payment::Open), Some(&gone), UPDATING),
        UNCHANGED
    );
    let paid = income(PAID);
    let source = wanted(&paid, Some(&gone));
    assert_eq!(
        needed(&paid, Some(&gone), UPDATING),
        Need::Nothing(Plan::Gone { id: None, source })
    );
    assert_eq!(needed(&paid, Some(&gone), NEW_ONLY), UNCHANGED);
}

#[test]
fn of_a_forgotten_record_nothing_is_written_or_noted_whatever_comes() {
    for draft in [income(Payment::Open), income(PAID), cancelled(), company()] {
        let mut forgotten = known(RecordState::Gone, &draft);
        (forgotten.source, forgotten.written) = Default::default();
        assert!(forgotten.is_forgotten());
        for rules in [UPDATING, NEW_ONLY] {
            assert_eq!(needed(&draft, Some(&forgotten), rules), UNCHANGED);
        }
    }
    assert!(!known(RecordState::Gone, &income(Payment::Open)).is_forgotten());
}

#[test]
fn absent_creates_what_counts_and_skips_what_does_not() {
    for draft in [income(Payment::Open), company()] {
        let attributes = wanted(&draft, None);
        let plan = absent(&draft, &attributes);
        assert_eq!(plan, Plan::Create { attributes });
    }
    let plan = absent(&cancelled(), &Attributes::default());
    assert!(matches!(plan, Plan::Skip { warning: None, .. }), "{plan:?}");
}

#[test]
fn a_void_record_wants_its_last_values_and_to_be_inactive() {
    let before = synced(&income(Payment::Open));
    let mut expected = before.source.clone();
    expected.set("inactive", Value::Bool(true));
    assert_eq!(wanted(&cancelled(), Some(&before)), expected);

    let mut inactive = before.clone();
    inactive.source = expected;
    let reopened = wanted(&income(Payment::Open), Some(&inactive));
    assert_eq!(reopened.get("inactive"), Some(&Value::Bool(false)));
    let never = wanted(&income(Payment::Open), Some(&before));
    assert_eq!(never.get("inactive"), None);
}

#[test]
fn a_record_that_is_gone_is_gone_whatever_is_wanted() {
    let before = synced(&income(Payment::Open));
    for draft in [income(PAID), cancelled()] {
        let source = wanted(&draft, Some(&before));
        let plan = update(&draft, &before, &source, ID, None);
        assert_eq!(plan, Plan::Gone { id: None, source });
    }
}

#[test]
fn a_void_record_marked_as_paid_in_caflou_is_left_alone() {
    let before = synced(&income(Payment::Open));
    let want = wanted(&cancelled(), Some(&before));
    for (done, left) in [(true, true), (false, false)] {
        let mut current = before.written.clone();
        current.set("done", Value::Bool(done));
        let plan = update(&cancelled(), &before, &want, ID, Some(&current));
        assert_eq!(matches!(plan, Plan::Skip { .. }), left, "{plan:?}");
    }
}

/// What becomes of one attribute.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    /// Nothing is done and nothing is noted.
    Left,
    /// Sent.
    Sent,
    /// Kept as somebody else has it.
    Kept,
    /// Caflou has it already.
    Agreed,
}

fn fate(source: &str, written: &str, current: &str, desired: &str) -> Fate {
    let field = |value: &str| match value {
        "-" => Attributes::default(),
        value => attributes([("name", Value::text(value))]),
    };
    let (source, written) = (field(source), field(written));
    let revision = revise(&field(desired), (&source, &written), &field(current));
    assert_eq!(revision.source, field(desired));
    let noted = revision.written != written;
    let sent = revision.fields.0.get("name");
    match (sent, revision.kept.as_slice(), noted) {
        (Some(change), [], false) => {
            let after = if desired == "-" {
                Value::Null
            } else {
                Value::text(desired)
            };
            assert_eq!(change.after, after);
            Fate::Sent
        }
        (None, ["name"], false) => Fate::Kept,
        (None, [], true) => {
            let (noted, wanted) = (revision.written.get("name"), field(desired));
            assert!(same("name", noted, wanted.get("name")));
            Fate::Agreed
        }
        (None, [], false) => Fate::Left,
        other => panic!("{other:?}"),
    }
}

#[test]
fn three_values_are_compared_in_every_combination() {
    use Fate::{Agreed, Kept, Left, Sent};
    // the source then, what we wrote, what Caflou holds, the source now
    for (source, written, current, desired, expected) in [
        ("a", "a", "a", "a", Left),
        ("a", "a", "b", "a", Left), // changed in Caflou alone
        ("a", "a", "-", "a", Left),
        ("a", "a", "a", "b", Sent), // changed at the source alone
        ("a", "a", "b", "b", Agreed),
        ("a", "a", "c", "b", Kept), // changed at both
        ("a", "a", "-", "b", Sent), // not shown: believed to be as written
        ("a", "a", "a", "-", Sent), // unset at the source
        ("a", "a", "b", "-", Kept),
        ("a", "a", "", "-", Agreed),
        ("-", "-", "-", "a", Sent), // new at the source
        ("-", "-", "", "a", Sent),
        ("-", "-", "b", "a", Kept), // entered in Caflou before
        ("-", "-", "a", "a", Agreed),
        ("b", "a", "a", "b", Left), // ignored by Caflou, or kept: decided upon
        ("b", "a", "a", "c", Sent), // and it changed again
        ("b", "a", "d", "c", Kept),
        ("b", "a", "c", "c", Agreed),
        ("b", "a", "a", "a", Left),
        ("a ", "a", "a", "a", Left), // the same but for spaces
    ] {
        let case = format!("{source:?} {written:?} {current:?} {desired:?}");
        let fate = fate(source, written, current, desired);
        assert_eq!(fate, expected, "{case}");
    }
}

#[test]
fn an_attribute_unset_in_caflou_was_changed_there() {
    let source = attributes([("category_id", Value::id(41))]);
    let current = attributes([("category_id", Value::Null)]);
    let desired = attributes([("category_id", Value::id(42))]);
    let revision = revise(&desired, (&source, &source), &current);
    assert_eq!(revision.kept, ["category_id"]);
    assert!(revision.fields.is_empty());
}

#[test]
fn html_order_of_tags_and_digits_are_no_differences() {
    let source = attributes([
        ("description", Value::text("https://a/?b=1&c\nshoptet:1:7")),
        ("tags", Value::List(vec!["a".to_owned(), "b".to_owned()])),
        ("value", Value::Number("1234.50".parse().unwrap())),
        ("inactive", Value::Null),
    ]);
    let current = attributes([
        (
            "description",
            Value::text("<p>https://a/?b=1&amp;c<br>shoptet:1:7</p>"),
        ),
        ("tags", Value::List(vec!["b".to_owned(), "a".to_owned()])),
        ("value", Value::Number("1234.5".parse().unwrap())),
        ("inactive", Value::Bool(false)),
    ]);
    let mut desired = source.clone();
    desired.set("inactive", Value::Bool(true));
    let revision = revise(&desired, (&source, &source), &current);
    assert!(revision.kept.is_empty());
    assert_eq!(revision.fields.0.keys().collect::<Vec<_>>(), [&"inactive"]);
    assert!(
        revise(&source, (&source, &source), &current)
            .fields
            .is_empty()
    );
}

fn adopted(draft: &Draft, known: Option<&Known>, current: &Attributes, rules: Rules) -> Revision {
    let want = wanted(draft, known);
    match adopt(draft, known, &want, (ID, MatchedBy::Mark), current, rules) {
        Plan::Adopt { id, by, revision } => {
            assert_eq!((id, by), (Some(ID), MatchedBy::Mark));
            revision
        }
        other => panic!("{other:?}"),
    }
}

fn sent(revision: &Revision) -> Vec<&str> {
    revision.fields.0.keys().copied().collect()
}

#[test]
fn a_foreign_record_is_linked_and_only_a_payment_is_written() {
    let foreign = attributes([
        ("name", Value::text("Ručně")),
        ("value", Value::id(5)),
        ("date", Value::text("2020-01-01")),
        ("done", Value::Bool(false)),
        ("inactive", Value::Bool(true)),
    ]);
    let paid = income(PAID);
    let revision = adopted(&paid, None, &foreign, UPDATING);
    assert_eq!(sent(&revision), ["done", "payment_date"]);
    assert_eq!(revision.source, wanted(&paid, None));
    assert_eq!(revision.written.get("name"), Some(&Value::text("Ručně")));
    assert_eq!(revision.written.get("currency"), Some(&Value::Null));

    let revision = adopted(&income(Payment::Open), None, &foreign, UPDATING);
    assert_eq!(sent(&revision), Vec::<&str>::new());
    let revision = adopted(&paid, None, &foreign, NEW_ONLY);
    assert_eq!(sent(&revision), Vec::<&str>::new());
    let revision = adopted(&company(), None, &foreign, UPDATING);
    assert_eq!(sent(&revision), Vec::<&str>::new());
}

#[test]
fn a_lost_create_that_is_found_is_brought_up_to_date() {
    for state in [RecordState::Sending, RecordState::Uncertain] {
        let lost = known(state, &income(Payment::Open));
        let there = lost.source.clone();
        let as_sent = adopted(&income(Payment::Open), Some(&lost), &there, UPDATING);
        assert_eq!(sent(&as_sent), Vec::<&str>::new());

        let paid = adopted(&income(PAID), Some(&lost), &there, UPDATING);
        assert_eq!(sent(&paid), ["done", "payment_date"]);
        let void = adopted(&cancelled(), Some(&lost), &there, UPDATING);
        assert_eq!(sent(&void), ["inactive"]);

        let mut touched = there.clone();
        touched.set("name", Value::text("Přejmenováno"));
        let mut renamed = income(Payment::Open);
        if let Record::Document(income) = &mut renamed.record {
            income.name = "Objednávka 7 – Jan".to_owned();
        }
        let kept = adopted(&renamed, Some(&lost), &touched, UPDATING);
        assert_eq!(kept.kept, ["name"]);

        let ignored = adopted(&income(PAID), Some(&lost), &there, NEW_ONLY);
        assert_eq!(sent(&ignored), Vec::<&str>::new());
        assert_eq!(
            ignored.source, lost.source,
            "decided upon once updates are on"
        );
    }
}

#[test]
fn a_lost_create_with_money_in_it_is_not_taken_out_of_the_cash_flow() {
    let lost = known(RecordState::Uncertain, &income(Payment::Open));
    let mut done = lost.source.clone();
    done.set("done", Value::Bool(true));
    for (draft, current) in [
        (cancelled(), &done),
        (void(Void::Cancelled, true), &lost.source),
    ] {
        let revision = adopted(&draft, Some(&lost), current, UPDATING);
        assert_eq!(sent(&revision), Vec::<&str>::new());
    }
}

/// Values of a few attributes, some of them not there; few values, so that they often agree.
fn any_attributes() -> impl Strategy<Value = Attributes> {
    let value = |field: &'static str| {
        let of_kind = match field {
            "done" | "inactive" => any::<bool>().prop_map(Value::Bool).boxed(),
            "value" => (0..4_i64, 0..3_u32)
                .prop_map(|(units, scale)| Value::Number(rust_decimal::Decimal::new(units, scale)))
                .boxed(),
            "tags" => proptest::collection::vec("[ab]", 0..3)
                .prop_map(Value::List)
                .boxed(),
            _ => "[ab ]{0,2}".prop_map(Value::Text).boxed(),
        };
        let some = prop_oneof![1 => Just(Value::Null), 5 => of_kind];
        proptest::option::weighted(0.8, some)
    };
    let fields = [
        "name",
        "value",
        "done",
        "inactive",
        "tags",
        "description",
        "payment_date",
    ];
    fields.map(value).prop_map(move |values| {
        let pairs = fields.into_iter().zip(values);
        let mut all = Attributes::default();
        for (field, value) in pairs {
            all.set_some(field, value);
        }
        all
    })
}

/// What Caflou holds after a write, where it takes all of it.
fn applied(current: &Attributes, revision: &Revision) -> Attributes {
    let mut after = current.clone();
    for (field, change) in &revision.fields.0 {
        after.set(field, change.after.clone());
    }
    after
}

proptest! {
    #[test]
    fn applying_a_revision_and_planning_again_changes_nothing(
        source in any_attributes(),
        written in any_attributes(),
        current in any_attributes(),
        desired in any_attributes(),
    ) {
        let revision = revise(&desired, (&source, &written), &current);
        let after = applied(&current, &revision);
        let mut noted = revision.written.clone();
        for (field, change) in &revision.fields.0 {
            noted.set(field, change.after.clone());
        }
        prop_assert!(agrees(&desired, &revision.source));
        let again = revise(&desired, (&revision.source, &noted), &after);
        prop_assert!(again.fields.is_empty() && again.kept.is_empty());

        let mut before = synced(&income(Payment::Open));
        before.source = revision.source;
        let next = need(&income(Payment::Open), Some(&before), &desired, UPDATING);
        prop_assert_eq!(next, UNCHANGED);
    }

    #[test]
    fn an_attribute_is_sent_only_where_the_source_changed_and_caflou_holds_what_we_wrote(
        source in any_attributes(),
        written in any_attributes(),
        current in any_attributes(),
        desired in any_attributes(),
    ) {
        let revision = revise(&desired, (&source, &written), &current);
        for field in revision.fields.0.keys().chain(&revision.kept) {
            prop_assert!(!same(field, desired.get(field), source.get(field)));
        }
        for (field, change) in &revision.fields.0 {
            let shown = current.get(field);
            prop_assert!(shown.is_none() || same(field, shown, written.get(field)));
            prop_assert!(same(field, Some(&change.after), desired.get(field)));
        }
        let theirs = |field: &str| !same(field, current.get(field), written.get(field));
        for field in &revision.kept {
            // What belongs to a payment stays with it.
            let payment = ["done", "payment_date"];
            let whole = payment.contains(field) || *field == "inactive";
            let kept = revision.kept.iter().any(|field| payment.contains(field) && theirs(field));
            prop_assert!(theirs(field) || (whole && kept));
            prop_assert!(!revision.fields.0.contains_key(field));
        }
    }

    #[test]
    fn whether_a_lost_update_arrived_or_not_the_source_prevails_afterwards(
        source in any_attributes(),
        sent in any_attributes(),
        desired in any_attributes(),
        arrived in any::<bool>(),
    ) {
        let mut current = source.clone();
        let mut before = synced(&income(Payment::Open));
        for field in sent.fields().filter(|field| source.get(field).is_some()) {
            before.pending.set_some(field, sent.get(field).cloned());
            if arrived {
                current.set_some(field, sent.get(field).cloned());
            }
        }
        (before.source, before.written) = (source.clone(), source);
        let draft = income(Payment::Open);
        let plan = update(&draft, &before, &desired, ID, Some(&current));
        let Plan::Update { revision, .. } = plan else { panic!("{plan:?}") };
        prop_assert!(revision.kept.is_empty());
        let after = applied(&current, &revision);
        prop_assert!(agrees(&desired, &after), "{after:?}");
    }

    #[test]
    fn an_adoption_that_was_written_leaves_nothing_to_do(
        current in any_attributes(),
        paid in any::<bool>(),
    ) {
        let draft = income(if paid { PAID } else { Payment::Open });
        let revision = adopted(&draft, None, &current, UPDATING);
        let after = applied(&current, &revision);
        let mut before = synced(&draft);
        before.source = revision.source.clone();
        let desired = wanted(&draft, Some(&before));
        prop_assert_eq!(need(&draft, Some(&before), &desired, UPDATING), UNCHANGED);
        let again = adopted(&draft, None, &after, UPDATING);
        prop_assert!(again.fields.is_empty());
    }

    #[test]
    fn ignored_attributes_are_not_sent_again(
        source in any_attributes(),
        current in any_attributes(),
        desired in any_attributes(),
    ) {
        // Caflou took nothing: what it holds is noted as written, the source's values as decided.
        let revision = revise(&desired, (&source, &current), &current);
        let again = revise(&desired, (&revision.source, &current), &current);
        prop_assert!(again.fields.is_empty() && again.kept.is_empty());
    }
}

#[test]
fn what_counts_as_deleted_and_is_there_again_is_linked_as_it_was_left() {
    let paid = income(PAID);
    let mut gone = known(RecordState::Gone, &income(Payment::Open));
    gone.written = gone.source.clone();
    let desired = wanted(&paid, Some(&gone));
    gone.source = desired.clone();
    let plan = again(&paid, &gone, &desired, ID, Some(&gone.written), UPDATING);
    let Plan::Adopt { id, revision, .. } = plan else {
        panic!("{plan:?}");
    };
    assert_eq!(id, Some(ID));
    assert!(revision.fields.0.contains_key("done"), "{revision:?}");
    assert_eq!(
        again(&paid, &gone, &desired, ID, None, UPDATING),
        Plan::Unchanged
    );
}
