//! Where the tables and values of a TOML text stand.

use std::ops::Range;

use toml_edit::{Item, Table, TableLike};

/// All headers and values of a text, in its order. Offsets are bytes.
#[derive(Default)]
pub(super) struct Outline {
    headers: Vec<TableHeader>,
    leaves: Vec<Leaf>,
}

/// A line such as `[connections.shop.import]`.
pub(super) struct TableHeader {
    path: Vec<String>,
    /// Where its line begins.
    pub(super) start: usize,
    /// Where its line ends, line end included.
    pub(super) end: usize,
}

/// A key with its value, which may be an inline table.
pub(super) struct Leaf {
    /// Below which header it stands; how many of its keys that header has.
    section: usize,
    path: Vec<String>,
    /// Where its first line begins.
    start: usize,
    /// Where its last line ends, line end included.
    pub(super) end: usize,
    /// The value alone.
    pub(super) value: Range<usize>,
}

impl Outline {
    /// Of a parsed text.
    pub(super) fn of(text: &str, root: &Table) -> Self {
        let mut outline = Self::default();
        outline.walk(text, root, &[], 0);
        outline.headers.sort_by_key(|header| header.start);
        outline.leaves.sort_by_key(|leaf| leaf.start);
        outline
    }

    fn walk(&mut self, text: &str, table: &dyn TableLike, path: &[String], section: usize) {
        for (name, item) in table.iter() {
            let path = [path, &[name.to_owned()]].concat();
            match item {
                Item::None => {}
                Item::Value(value) => {
                    let key = table.get_key_value(name).and_then(|(key, _)| key.span());
                    if let (Some(key), Some(value)) = (key, value.span()) {
                        self.leaves.push(Leaf {
                            section,
                            path,
                            start: line_start(text, key.start),
                            end: line_end(text, value.end),
                            value,
                        });
                    }
                }
                Item::Table(table) if table.is_dotted() => {
                    self.walk(text, table, &path, section);
                }
                Item::Table(table) => self.header(text, table, path),
                Item::ArrayOfTables(tables) => {
                    for table in tables {
                        self.header(text, table, path.clone());
                    }
                }
            }
        }
    }

    fn header(&mut self, text: &str, table: &Table, path: Vec<String>) {
        let depth = path.len();
        self.walk(text, table, &path, depth);
        // without a place it is only implied by the headers of its tables
        if let Some(span) = table.span().filter(|_| !table.is_implicit()) {
            self.headers.push(TableHeader {
                path,
                start: line_start(text, span.start),
                end: line_end(text, span.start),
            });
        }
    }

    /// The value with exactly this path.
    pub(super) fn leaf(&self, path: &[&str]) -> Option<&Leaf> {
        self.leaves.iter().find(|leaf| leaf.path == path)
    }

    /// The value that the path leads into, with the number of its keys.
    pub(super) fn around(&self, path: &[&str]) -> Option<(usize, &Leaf)> {
        let depths = 1..path.len();
        depths
            .rev()
            .find_map(|depth| Some((depth, self.leaf(&path[..depth])?)))
    }

    /// Whether there is a table of this path, or anything in it.
    pub(super) fn holds(&self, path: &[&str]) -> bool {
        let headers = self.headers.iter().map(|header| &header.path);
        let mut all = headers.chain(self.leaves.iter().map(|leaf| &leaf.path));
        all.any(|other| within(other, path))
    }

    /// The header of exactly this table.
    pub(super) fn header_of(&self, path: &[&str]) -> Option<&TableHeader> {
        self.headers.iter().find(|header| header.path == path)
    }

    /// The last value directly below the header of this table.
    pub(super) fn last_in(&self, table: &[&str]) -> Option<&Leaf> {
        let inside = |leaf: &&Leaf| leaf.section == table.len() && within(&leaf.path, table);
        self.leaves.iter().rfind(inside)
    }

    /// Where dotted keys of this table, or of the nearest table around it in the same connection,
    /// end; with the number of keys that their header has.
    pub(super) fn dotted(&self, table: &[&str]) -> Option<(usize, usize)> {
        (2..=table.len()).rev().find_map(|depth| {
            let inside = |leaf: &&Leaf| leaf.section < depth && within(&leaf.path, &table[..depth]);
            let last = self.leaves.iter().rfind(inside)?;
            Some((last.section, last.end))
        })
    }

    /// The first header of a table in this one.
    pub(super) fn first_below(&self, table: &[&str]) -> Option<&TableHeader> {
        let mut headers = self.headers.iter();
        headers.find(|header| within(&header.path, table))
    }

    /// Where that which stands below a header ends: where the next one, or the comment above it,
    /// begins.
    pub(super) fn region_end(&self, text: &str, header: &TableHeader) -> usize {
        let mut later = self.headers.iter();
        let next = later.find(|other| other.start > header.start);
        next.map_or(text.len(), |next| {
            wider_block_start(text, next.start).max(header.end)
        })
    }

    /// Where the last table of a connection ends.
    pub(super) fn end_of(&self, text: &str, path: &[&str]) -> Option<usize> {
        let mut headers = self.headers.iter();
        let last = headers.rfind(|header| within(&header.path, path))?;
        Some(self.region_end(text, last))
    }

    /// Where values before the first header end.
    pub(super) fn top_end(&self, text: &str) -> usize {
        let first = self.headers.first();
        first.map_or(text.len(), |first| block_start(text, first.start))
    }

    /// The pieces of the text that are the value or table of this path: apart, in order.
    pub(super) fn pieces(&self, text: &str, path: &[&str]) -> Vec<Range<usize>> {
        let mut pieces: Vec<Range<usize>> = Vec::new();
        let headers = self.headers.iter();
        for header in headers.filter(|header| within(&header.path, path)) {
            let start = block_start(text, header.start);
            pieces.push(start..self.region_end(text, header));
        }
        for leaf in self.leaves.iter().filter(|leaf| within(&leaf.path, path)) {
            pieces.push(leaf.start..leaf.end);
        }
        pieces.sort_by_key(|piece| piece.start);
        let mut apart: Vec<Range<usize>> = Vec::new();
        for piece in pieces {
            match apart.last_mut() {
                Some(last) if piece.start <= last.end => last.end = last.end.max(piece.end),
                _ => apart.push(piece),
            }
        }
        apart
    }
}

fn within(path: &[String], table: &[&str]) -> bool {
    path.len() >= table.len() && path.iter().zip(table).all(|(one, other)| one == other)
}

/// Where the line of a place begins; a byte order mark is not part of the first one.
fn line_start(text: &str, at: usize) -> usize {
    let first = if text.starts_with('\u{feff}') { 3 } else { 0 };
    text[..at].rfind('\n').map_or(first, |end| end + 1)
}

/// Where the line of a place ends, line end included.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |end| at + end + 1)
}

/// Where the comment directly above a line begins; the line itself where there is none.
pub(super) fn block_start(text: &str, line: usize) -> usize {
    let mut start = line;
    while let Some(above) = line_above(text, start) {
        if !text[above..start].trim_start().starts_with('#') {
            break;
        }
        start = above;
    }
    start
}

/// As [`block_start`]; where no comment is directly above, the nearest one above blank lines counts,
/// unless it stands directly below something else.
pub(super) fn wider_block_start(text: &str, line: usize) -> usize {
    let mut blank = block_start(text, line);
    if blank < line {
        return blank;
    }
    while let Some(above) = line_above(text, blank) {
        if !text[above..blank].trim().is_empty() {
            break;
        }
        blank = above;
    }
    let block = block_start(text, blank);
    let free = line_above(text, block).is_none_or(|above| text[above..block].trim().is_empty());
    if block < blank && free { block } else { line }
}

/// Where the line above one begins.
fn line_above(text: &str, line: usize) -> Option<usize> {
    let before = text[..line].strip_suffix('\n')?;
    Some(line_start(text, before.len()))
}
