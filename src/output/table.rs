//! Tables without borders, the same in a pipe as on a terminal.

use std::iter;

use anstyle::Style;
use comfy_table::{Table, presets};

use super::flow::{indented, wrapped};
use super::line::Line;
use super::style::{BOLD, DIM, GREEN, PLAIN, RED, YELLOW};
use super::text::columns;
use crate::text::safe;

/// A connection in the overview.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListRow {
    /// Its key.
    pub connection: String,
    /// Its name for people.
    pub name: String,
    /// The source's program.
    pub program: String,
    /// Its number, or name, at its program.
    pub account: String,
    /// Mode of the companies.
    pub companies: String,
    /// Mode of the incomes.
    pub incomes: String,
    /// Which documents, by their day.
    pub interval: String,
    /// Whether it takes part in scheduled runs.
    pub auto_repeat: String,
    /// When it last ran.
    pub last_run: String,
    /// How that ended.
    pub result: String,
}

/// How far what belongs to a connection is indented where there is no table.
const INDENT: usize = 2;

const HEADER: [&str; 10] = [
    "CONNECTION",
    "NAME",
    "PROGRAM",
    "ACCOUNT",
    "COMPANIES",
    "INCOMES",
    "INTERVAL",
    "AUTO REPEAT",
    "LAST RUN",
    "RESULT",
];

impl ListRow {
    fn cells(&self) -> [&str; 10] {
        // Destructured, so that a new field cannot be forgotten here.
        let Self {
            connection,
            name,
            program,
            account,
            companies,
            incomes,
            interval,
            auto_repeat,
            last_run,
            result,
        } = self;
        [
            connection,
            name,
            program,
            account,
            companies,
            incomes,
            interval,
            auto_repeat,
            last_run,
            result,
        ]
    }

    /// A line of the table with the colours of its first and its last cell.
    fn coloured(&self, line: &str, color: bool) -> String {
        let (first, last) = (safe(&self.connection), safe(&self.result));
        let rest = line.strip_prefix(&*first).unwrap_or(line);
        let middle = rest.strip_suffix(&*last).unwrap_or(rest);
        let line = Line::of(BOLD, &first).with(PLAIN, middle);
        line.with(result_style(&last), &last).render(color)
    }

    /// The connection on a few lines of at most `width` columns.
    fn block(&self, color: bool, width: usize) -> String {
        let told = |words: &str, value: &str| Line::of(DIM, words).with(PLAIN, value);
        let account = Line::of(PLAIN, &format!("{} {}", self.program, self.account));
        let name = Some(&self.name).filter(|name| **name != self.connection);
        let source = name.map(|name| Line::of(PLAIN, name));
        let source = source.into_iter().chain([account]).collect();
        let modes = vec![
            told("companies: ", &self.companies),
            told("incomes: ", &self.incomes),
            told("interval: ", &self.interval),
        ];
        let repeat = told("auto repeat: ", &self.auto_repeat);
        let mut last = told("last run: ", &self.last_run);
        if !self.result.is_empty() {
            last.push(PLAIN, ", ");
            last.push(result_style(&self.result), &self.result);
        }
        let mut lines = vec![Line::of(BOLD, &self.connection)];
        for items in [source, modes, vec![repeat, last]] {
            let width = width.saturating_sub(INDENT);
            lines.extend(
                wrapped(items, width)
                    .into_iter()
                    .map(|line| indented(INDENT, line)),
            );
        }
        let lines: Vec<_> = lines.iter().map(|line| line.render(color)).collect();
        lines.join("\n")
    }
}

/// The overview of the connections, without a line end at its end. Where a terminal is too narrow
/// for the table, a few lines for each.
#[must_use]
pub fn list(rows: &[ListRow], color: bool, width: Option<usize>) -> String {
    let cells: Vec<_> = rows.iter().map(ListRow::cells).collect();
    let plain = table(&HEADER, &cells, false);
    match width {
        Some(width) if plain.lines().any(|line| columns(line) > width) => {
            let blocks: Vec<_> = rows.iter().map(|row| row.block(color, width)).collect();
            blocks.join("\n\n")
        }
        _ => {
            let mut lines = plain.lines();
            let header = Line::of(DIM, lines.next().unwrap_or_default()).render(color);
            let rows = lines.zip(rows).map(|(line, row)| row.coloured(line, color));
            iter::once(header)
                .chain(rows)
                .collect::<Vec<_>>()
                .join("\n")
        }
    }
}

/// Rows in aligned columns under a header, without a line end at its end. Text from outside is made
/// safe.
#[must_use]
pub fn table<H: AsRef<str>, R: AsRef<[C]>, C: AsRef<str>>(
    header: &[H],
    rows: &[R],
    color: bool,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header.iter().map(|cell| safe(cell.as_ref()).into_owned()));
    for row in rows {
        table.add_row(
            row.as_ref()
                .iter()
                .map(|cell| safe(cell.as_ref()).into_owned()),
        );
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let mut lines = table.lines();
    let header = Line::of(DIM, &lines.next().unwrap_or_default()).render(color);
    let rows = lines.map(|line| line.trim_end().to_owned());
    iter::once(header)
        .chain(rows)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The colour of how a run ended.
fn result_style(result: &str) -> Style {
    match result {
        "ok" => GREEN,
        "failed" => RED,
        _ => YELLOW,
    }
}
