//! Tables as they are shown to people: each setting with what it is for, switched off where it need
//! not be there.

use super::schema::{Field, Need, Table, Value};

/// Columns of a line.
const WIDTH: usize = 103;

/// The settings of a table, as they stand in a file below its header.
#[must_use]
pub fn shown(table: &Table, fields: &'static [Field]) -> String {
    let shown = fields.iter().map(|field| {
        let switch = if is_on(table, field) { "" } else { "#" };
        let line = format!("{switch}{} = {}\n", field.key, value(field));
        match field.help {
            "" => line,
            help => format!("\n{}{line}", comment(help)),
        }
    });
    shown.collect()
}

/// Whether it is needed: of the ways in, the first is shown.
fn is_on(table: &Table, field: &Field) -> bool {
    let first = table.ways.first();
    let way = table.way_of(field.key);
    field.need == Need::Must
        && way.is_none_or(|way| first.is_some_and(|one| one.label == way.label))
}

/// The example, else what usually holds.
fn value(field: &Field) -> String {
    match (field.example, field.need, field.value) {
        ("", Need::Usually(usual), Value::Whole(..) | Value::Yes) => usual.to_owned(),
        ("", Need::Usually(usual), _) => format!("{usual:?}"),
        (example, ..) => example.to_owned(),
    }
}

/// Sentences on lines of a comment.
fn comment(text: &str) -> String {
    let mut lines = vec![String::from("#")];
    for word in text.split(' ') {
        let fits = |line: &String| line.chars().count() + 1 + word.chars().count() <= WIDTH;
        match lines.last_mut() {
            Some(line) if fits(line) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("# {word}")),
        }
    }
    lines.join("\n") + "\n"
}
