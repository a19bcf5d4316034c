//! From a file to a [`Config`], or to all its problems.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::mem;
use std::path::Path;

use toml_edit::{Document, TomlError};

use super::problem::{ConfigError, Problem};
use super::reader::{Findings, Section};
use super::tables::{TOP, shared};
use super::{Config, Connection, Notify, Values, connection, field, notify};
use crate::shell::word;

/// How many connections a configuration needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Least {
    /// None: one that is being made, or looked at.
    None,
    /// One: there is something to do.
    One,
}

impl Config {
    /// Reads and checks a file with at least one connection. All its problems come at once; secrets
    /// are located, not fetched.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let (text, mode) = read(path)?;
        parse(path, &text, mode, Least::One)
    }

    /// As [`Self::load`]; a file without connections will do.
    pub fn load_any(path: &Path) -> Result<Self, ConfigError> {
        let (text, mode) = read(path)?;
        parse(path, &text, mode, Least::None)
    }
}

/// The keys of the file's top.
pub(super) fn top() -> Vec<&'static str> {
    let (own, tables) = TOP.fields.split_at(2);
    let fields = own.iter().chain(shared()).chain(tables);
    fields.map(|field| field.key).collect()
}

/// Reads and checks another file of settings, which knows these keys at its top. All its problems come
/// at once; secrets are located, not fetched.
///
/// # Errors
/// Where there is no such file, it cannot be read, or something is wrong with it.
pub fn read_file<T>(
    path: &Path,
    keys: &[&'static str],
    read: impl FnOnce(&Section<'_>, &mut Findings) -> Option<T>,
) -> Result<T, ConfigError> {
    let (text, mode) = self::read(path)?;
    let document = document(path, &text)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut found = Findings::new(&text, folder);
    let root = Section::root(document.as_table()).check(&mut found, keys);
    let settings = read(&root, &mut found);
    check_readers(path, mode, &mut found);
    match settings {
        Some(settings) if found.problems.is_empty() => Ok(settings),
        _ => {
            found.problems.sort_by_key(|problem| problem.line);
            Err(ConfigError::Invalid {
                path: path.to_owned(),
                problems: found.problems,
            })
        }
    }
}

/// A file's text and its permission bits (0600 where the system knows none).
pub(super) fn read(path: &Path) -> Result<(String, u32), ConfigError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => ConfigError::NotFound {
            path: path.to_owned(),
        },
        _ => ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        },
    };
    let mut text = String::new();
    let mut file = File::open(path).map_err(failed)?;
    file.read_to_string(&mut text).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    let mode = permissions(&metadata);
    if others_write(&metadata) {
        return Err(ConfigError::Writable {
            path: path.to_owned(),
            mode,
        });
    }
    Ok((text, mode))
}

/// The text as TOML, each value with its place.
pub(super) fn document<'t>(path: &Path, text: &'t str) -> Result<Document<&'t str>, ConfigError> {
    Document::parse(text).map_err(|error| ConfigError::Invalid {
        path: path.to_owned(),
        problems: vec![syntax(text, &error)],
    })
}

/// Checks a text as the file of this path and these permission bits.
pub(super) fn parse(
    path: &Path,
    text: &str,
    mode: u32,
    least: Least,
) -> Result<Config, ConfigError> {
    let document = document(path, text)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut found = Findings::new(text, folder);
    let root = Section::root(document.as_table()).check(&mut found, &top());
    let values = Values::read(&root, &mut found, &TOP);
    for field in shared() {
        let read = match root.entry(&found, field.key) {
            Some(entry) => field::read(field, &entry, &mut found),
            None => field.shared.flatten().and_then(|text| field.parse(text)),
        };
        found.shared.extend(read.map(|read| (field.key, read)));
    }
    let notify = root.or(&mut found, "notify", Notify::default(), notify::read);
    let connections = read_connections(&root, &mut found);
    check_readers(path, mode, &mut found);
    match (notify, connections) {
        (Some(notify), Some(mut connections)) if found.problems.is_empty() => {
            if least == Least::One && connections.is_empty() {
                return Err(ConfigError::Empty {
                    path: path.to_owned(),
                });
            }
            for connection in &mut connections {
                connection.notify = mem::take(&mut connection.notify).or(&notify);
            }
            Ok(Config {
                path: path.to_owned(),
                state: values.get("state"),
                keep_runs: values.count("keep_runs").unwrap_or_default(),
                shared: found.shared,
                connections,
            })
        }
        _ => {
            found.problems.sort_by_key(|problem| problem.line);
            Err(ConfigError::Invalid {
                path: path.to_owned(),
                problems: found.problems,
            })
        }
    }
}

/// The one problem of a text that is not TOML. The text is not repeated: it may be a secret.
fn syntax(text: &str, error: &TomlError) -> Problem {
    let before = text
        .get(..error.span().map_or(0, |span| span.start))
        .unwrap_or(text);
    let (lines, last) = before
        .rsplit_once('\n')
        .map_or((0, before), |(lines, last)| {
            (lines.matches('\n').count() + 1, last)
        });
    let column = last.chars().count() + 1;
    Problem {
        line: lines + 1,
        path: String::new(),
        message: format!("not valid TOML at column {column}: {}", error.message()),
        suggestion: None,
    }
}

fn read_connections(root: &Section<'_>, found: &mut Findings) -> Option<Vec<Connection>> {
    let Some(entry) = root.entry(found, "connections") else {
        return Some(Vec::new());
    };
    let tables = entry.open(found)?.entries(found);
    // every one is read, also after one with problems
    let read: Vec<_> = tables
        .iter()
        .map(|entry| connection::read(entry, found))
        .collect();
    read.into_iter().collect()
}

/// The bits that say who may read and write a file.
#[cfg(unix)]
fn permissions(metadata: &Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o777
}

/// Whether somebody else may write a file. A group of its owner's own (many systems give each user one,
/// of the same number) is nobody else.
#[cfg(unix)]
fn others_write(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let own = metadata.gid() == metadata.uid();
    metadata.mode() & if own { 0o002 } else { 0o022 } != 0
}

#[cfg(not(unix))]
fn others_write(_: &Metadata) -> bool {
    false
}

/// Other systems have other ways to say it.
#[cfg(not(unix))]
fn permissions(_: &Metadata) -> u32 {
    0o600
}

/// A file with secrets in it is for its owner only.
fn check_readers(path: &Path, mode: u32, found: &mut Findings) {
    const OTHERS_READ: u32 = 0o044;
    let first = found
        .plain_secrets
        .iter()
        .min_by_key(|(line, _)| *line)
        .cloned();
    if let Some((line, key)) = first
        && mode & OTHERS_READ != 0
    {
        let file = path.display().to_string();
        let file = word(&file);
        let message = format!(
            "a secret in plain text, in a file that others can read (mode {mode:04o}); \
             type: chmod 600 {file}"
        );
        found.add(line, &key, message);
    }
}
