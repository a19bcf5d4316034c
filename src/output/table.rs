//! Tables without borders, the same in a pipe as on a terminal.

use comfy_table::{Table, presets};

use super::line::Line;
use super::style::{BOLD, DIM};
use super::text::{columns, safe};

/// A connection in the overview.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListRow {
    /// Its key.
    pub connection: String,
    /// Its name for people.
    pub name: String,
    /// The source's program.
    pub program: String,
    /// The e-shop's ID.
    pub eshop: String,
    /// Mode of the companies.
    pub companies: String,
    /// Mode of the incomes.
    pub incomes: String,
    /// Which orders.
    pub interval: String,
    /// Whether it takes part in scheduled runs.
    pub auto_repeat: String,
    /// When it last ran.
    pub last_run: String,
    /// How that ended.
    pub result: String,
}

const HEADER: [&str; 10] = [
    "CONNECTION",
    "NAME",
    "PROGRAM",
    "E-SHOP",
    "COMPANIES",
    "INCOMES",
    "ORDERS",
    "REPEAT",
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
            eshop,
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
            eshop,
            companies,
            incomes,
            interval,
            auto_repeat,
            last_run,
            result,
        ]
    }
}

/// The overview of the connections, without a line end at its end. Where a terminal is too narrow
/// for the table, a block of lines for each.
#[must_use]
pub fn list(rows: &[ListRow], color: bool, width: Option<usize>) -> String {
    let cells: Vec<_> = rows.iter().map(ListRow::cells).collect();
    let plain = table(&HEADER, &cells, false);
    let fits = |width| plain.lines().all(|line| columns(line) <= width);
    if width.is_none_or(fits) {
        table(&HEADER, &cells, color)
    } else {
        blocks(&cells, color)
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
    std::iter::once(header)
        .chain(rows)
        .collect::<Vec<_>>()
        .join("\n")
}

fn blocks(rows: &[[&str; 10]], color: bool) -> String {
    let label = HEADER
        .iter()
        .map(|name| columns(name))
        .max()
        .unwrap_or_default();
    let mut blocks = Vec::new();
    for [connection, rest @ ..] in rows {
        let mut lines = vec![Line::of(BOLD, connection).render(color)];
        for (name, value) in HEADER.iter().skip(1).zip(rest) {
            if value.is_empty() {
                continue;
            }
            let mut line = Line::of(DIM, &format!("  {}", name.to_lowercase()));
            line.pad(label + 4);
            line.push(super::style::PLAIN, value);
            lines.push(line.render(color));
        }
        blocks.push(lines.join("\n"));
    }
    blocks.join("\n\n")
}
