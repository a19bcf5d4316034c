//! What is said about a record behind its name, as items.

use rust_decimal::Decimal;

use super::amount::money;
use super::line::Line;
use super::style::{DIM, PLAIN, RED, YELLOW};
use crate::caflou::MatchedBy;
use crate::record::{Attributes, FieldChanges, Kind, Value, rich_text_lines};
use crate::sync::Action;
use crate::sync::report::Change;

/// The details of a record, most important first.
pub(super) fn details(change: &Change) -> Vec<Line> {
    if change.is_forgotten() {
        let id = change.caflou_id.map(|id| format!("Caflou {id}"));
        let id = id.iter().map(|id| Line::of(PLAIN, id));
        return [Line::of(DIM, "forgotten at your request")]
            .into_iter()
            .chain(id)
            .collect();
    }
    let mut items = match change.action {
        Action::Create => created(change),
        Action::Adopt => {
            let mut items = vec![adopted(change)];
            items.extend(changes(&change.fields));
            items
        }
        Action::Update => updated(change),
        Action::Skip => vec![Line::of(DIM, reason(change))],
        Action::Fail => vec![Line::of(RED, reason(change))],
    };
    for (words, fields) in [
        ("kept in Caflou: ", &change.kept),
        ("not taken by Caflou: ", &change.ignored),
    ] {
        if !fields.is_empty() {
            let names: Vec<_> = fields.iter().map(|field| field_words(field)).collect();
            items.push(Line::of(YELLOW, words).with(PLAIN, &names.join(", ")));
        }
    }
    items
}

/// All attributes of a new record, for those who want to see all.
pub(super) fn attributes(fields: &FieldChanges) -> Vec<Line> {
    let fields = fields.0.iter();
    let line = |(field, change): (&&'static str, &crate::record::FieldChange)| {
        Line::of(DIM, &format!("{}: ", field_words(field)))
            .with(PLAIN, &value_words(field, &change.after, &change.before))
    };
    fields.map(line).collect()
}

fn reason(change: &Change) -> &str {
    change.reason.as_deref().unwrap_or("no reason given")
}

fn created(change: &Change) -> Vec<Line> {
    let attributes = change.fields.after();
    let mut items = match change.kind {
        Kind::Company => company(&attributes),
        Kind::Income | Kind::Expense => document(&attributes, change),
    };
    if let Some(id) = change.caflou_id {
        items.push(format!("Caflou {id}"));
    }
    items.iter().map(|item| Line::of(PLAIN, item)).collect()
}

fn company(attributes: &Attributes) -> Vec<String> {
    let known_by = match (attributes.text("id_num"), attributes.text("email")) {
        (Some(number), _) => Some(format!("IČO {number}")),
        (None, Some(email)) => Some(email.to_owned()),
        (None, None) => None,
    };
    known_by
        .into_iter()
        .chain(attributes.text("city").map(str::to_owned))
        .collect()
}

fn document(attributes: &Attributes, change: &Change) -> Vec<String> {
    let mut items = Vec::new();
    if let Some(Value::Number(value)) = attributes.get("value") {
        let currency = attributes.text("currency").unwrap_or_default();
        items.push(format!("{} {currency}", money(*value)));
    }
    if attributes.is_true("done") {
        let day = attributes
            .text("payment_date")
            .map(|day| format!("paid {day}"));
        items.push(day.unwrap_or_else(|| "paid".to_owned()));
    } else {
        items.push("unpaid".to_owned());
        items.extend(attributes.text("date").map(str::to_owned));
    }
    // Without a customer the label is the record's own name, which says the code once more.
    if attributes.text("name") != Some(&change.label) && change.label != change.source_id {
        items.push(change.label.clone());
    }
    items
}

fn adopted(change: &Change) -> Line {
    let mut text = match change.caflou_id {
        Some(id) => format!("adopts Caflou {} {id}", change.kind),
        None => format!("adopts the {} that this run creates", change.kind),
    };
    let by = change
        .matched_by
        .map(MatchedBy::as_str)
        .or(change.reason.as_deref());
    if let Some(by) = by {
        text = format!("{text} ({by})");
    }
    Line::of(PLAIN, &text)
}

fn updated(change: &Change) -> Vec<Line> {
    let mut items = changes(&change.fields);
    if let Some(reason) = &change.reason {
        match items.last_mut() {
            Some(last) => last.push(DIM, &format!(" ({reason})")),
            None => items.push(Line::of(PLAIN, reason)),
        }
    }
    items
}

/// Before and after, item by item.
pub(super) fn changes(changes: &FieldChanges) -> Vec<Line> {
    let item = |(field, change): (&&'static str, &crate::record::FieldChange)| {
        Line::of(PLAIN, &format!("{}: ", field_words(field)))
            .with(DIM, &value_words(field, &change.before, &change.after))
            .with(DIM, " → ")
            .with(PLAIN, &value_words(field, &change.after, &change.before))
    };
    changes.0.iter().map(item).collect()
}

/// The name of an attribute for people.
fn field_words(field: &str) -> String {
    let words = field
        .split('_')
        .map(|word| if word == "vat" { "VAT" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// A value for people. What is unset beside a yes or no is a no.
fn value_words(field: &str, value: &Value, other: &Value) -> String {
    match (value, other) {
        (Value::Null, Value::Bool(_)) => "no".to_owned(),
        (Value::Bool(yes), _) => if *yes { "yes" } else { "no" }.to_owned(),
        (Value::Number(number), _) => number_words(field, *number),
        (Value::Text(text), _) if text.trim().is_empty() => "–".to_owned(),
        (Value::Text(text), _) if field == "description" => rich_text_lines(text).join(" / "),
        (Value::Text(text), _) => text.clone(),
        (Value::List(items), _) if !items.is_empty() => items.join(", "),
        (Value::Null | Value::List(_), _) => "–".to_owned(),
    }
}

fn number_words(field: &str, number: Decimal) -> String {
    match field {
        "value" | "value_without_vat" | "vat_value" => money(number),
        _ => number.normalize().to_string(),
    }
}
