//! What a disk holds after the power went: all that was synced, and of the rest what chance left.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use fastrand::Rng;

/// What a disk writes as one.
const SECTOR: usize = 512;
/// What a file system writes as one.
const BLOCK: usize = 4096;
/// A record of the log before what belongs to it.
const HEAD: usize = 21;

/// A change of a file.
#[derive(Debug, Clone)]
enum Write {
    Bytes(usize, Vec<u8>),
    Length(usize),
}

/// A change of the folder.
#[derive(Debug, Clone)]
enum Name {
    Is(String, u64),
    Gone(String),
}

/// A folder's files of the state.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    files: BTreeMap<u64, Vec<u8>>,
    names: BTreeMap<String, u64>,
    unsynced: BTreeMap<u64, Vec<Write>>,
    renamed: Vec<Name>,
}

/// Whether the disk writes it down, see `shim.c`.
fn is_ours(name: &str) -> bool {
    let (ours, others) = (["state.db", ".tmp"], [".lock", "-shm"]);
    ours.iter().any(|start| name.starts_with(start))
        && !others.iter().any(|end| name.ends_with(end))
}

impl Disk {
    /// What lies there now, and is safe.
    pub fn of(folder: &Path) -> Self {
        let mut disk = Self::default();
        for file in fs::read_dir(folder).expect("a folder").flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            if is_ours(&name) {
                let inode = file.metadata().expect("a file").ino();
                disk.files
                    .insert(inode, fs::read(file.path()).expect("a file"));
                disk.names.insert(name, inode);
            }
        }
        disk
    }

    /// Does what the log says.
    pub fn replay(&mut self, log: &[u8]) {
        for (op, inode, at, data) in records(log) {
            let name = || String::from_utf8_lossy(data).into_owned();
            let pending = self.unsynced.entry(inode).or_default();
            match op {
                b'W' => pending.push(Write::Bytes(at, data.to_vec())),
                b'T' => pending.push(Write::Length(at)),
                b'S' => {
                    let file = self.files.entry(inode).or_default();
                    let pending = std::mem::take(pending);
                    for write in &pending {
                        whole(file, write);
                    }
                }
                b'C' => {
                    // The number was another file's before.
                    pending.clear();
                    self.files.insert(inode, Vec::new());
                    self.renamed.push(Name::Is(name(), inode));
                }
                b'N' if self.is_called(&name()) == Some(inode) => {}
                b'N' => self.renamed.push(Name::Is(name(), inode)),
                b'U' => self.renamed.push(Name::Gone(name())),
                b'D' => self.names_are_safe(self.renamed.len()),
                _ => {}
            }
        }
    }

    /// The power goes: of what was not synced chance keeps some, torn anywhere.
    pub fn lose(&mut self, rng: &mut Rng) {
        let kept = rng.usize(0..=self.renamed.len());
        self.names_are_safe(kept);
        self.renamed.clear();
        let unit = if rng.bool() { SECTOR } else { BLOCK };
        // None, some or nearly all of it.
        let chance = [0.0, 0.3, 0.7, 0.95][rng.usize(0..4)];
        for (inode, writes) in std::mem::take(&mut self.unsynced) {
            let file = self.files.entry(inode).or_default();
            for write in &writes {
                match write {
                    Write::Length(_) if rng.f64() < chance => whole(file, write),
                    Write::Length(_) => {}
                    Write::Bytes(at, bytes) => {
                        for (piece, place) in pieces(*at, bytes, unit) {
                            if rng.f64() < chance {
                                whole(file, &Write::Bytes(place, piece.to_vec()));
                            }
                        }
                    }
                }
            }
        }
    }

    /// The folder is as the disk is, and nothing else is there of the state.
    pub fn restore(&self, folder: &Path) {
        for file in fs::read_dir(folder).expect("a folder").flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            if is_ours(&name) || name.ends_with("-shm") {
                fs::remove_file(file.path()).expect("a file to remove");
            }
        }
        for (name, inode) in &self.names {
            let path = folder.join(name);
            fs::write(&path, &self.files[inode]).expect("a file to write");
            crate::support::private(&path);
        }
    }

    /// One bit of one of the files turns over; none where there is no file.
    pub fn flip(&mut self, rng: &mut Rng) -> bool {
        let states = self.names.iter().filter(|(name, _)| !name.starts_with('.'));
        let inodes: Vec<u64> = states.map(|(_, inode)| *inode).collect();
        let Some(file) = rng.choice(inodes).and_then(|one| self.files.get_mut(&one)) else {
            return false;
        };
        if file.is_empty() {
            return false;
        }
        let at = rng.usize(0..file.len());
        file[at] ^= 1 << rng.u8(0..8);
        true
    }

    /// What has a name, be that safe or not.
    fn is_called(&self, name: &str) -> Option<u64> {
        let last = self.renamed.iter().rev().find_map(|one| match one {
            Name::Is(new, inode) if new == name => Some(Some(*inode)),
            Name::Gone(old) if old == name => Some(None),
            _ => None,
        });
        last.unwrap_or_else(|| self.names.get(name).copied())
    }

    /// Whether it holds a word anywhere.
    pub fn knows(&self, word: &str) -> bool {
        let word = word.as_bytes();
        let mut files = self.names.values().filter_map(|one| self.files.get(one));
        files.any(|file| file.windows(word.len()).any(|part| part == word))
    }

    fn names_are_safe(&mut self, count: usize) {
        for name in self.renamed.drain(..count) {
            match name {
                Name::Is(name, inode) => {
                    self.files.entry(inode).or_default();
                    self.names.insert(name, inode);
                }
                Name::Gone(name) => {
                    self.names.remove(&name);
                }
            }
        }
    }
}

/// The records of a log: what was done, to which file, where, and with what.
fn records(log: &[u8]) -> Vec<(u8, u64, usize, &[u8])> {
    let mut found = Vec::new();
    let mut rest = log;
    while let Some((head, after)) = rest.split_at_checked(HEAD) {
        let number = |at: usize| {
            let bytes = head[at..at + 8].try_into().expect("eight bytes");
            u64::from_ne_bytes(bytes)
        };
        let length = u32::from_ne_bytes(head[17..21].try_into().expect("four bytes"));
        let Some((data, after)) = after.split_at_checked(length as usize) else {
            break;
        };
        rest = after;
        let at = usize::try_from(number(9)).expect("a place");
        found.push((head[0], number(1), at, data));
    }
    found
}

/// Whether an operation failed as it was asked to.
pub fn has_failed(log: &[u8]) -> bool {
    records(log).iter().any(|(op, ..)| *op == b'F')
}

fn whole(file: &mut Vec<u8>, write: &Write) {
    match write {
        Write::Bytes(at, bytes) => {
            let end = at + bytes.len();
            if file.len() < end {
                file.resize(end, 0);
            }
            file[*at..end].copy_from_slice(bytes);
        }
        Write::Length(length) => file.resize(*length, 0),
    }
}

/// A write as the disk does it, unit by unit.
fn pieces(at: usize, bytes: &[u8], unit: usize) -> Vec<(&[u8], usize)> {
    let mut found = Vec::new();
    let (mut rest, mut place) = (bytes, at);
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.len().min(unit - place % unit));
        found.push((piece, place));
        place += piece.len();
        rest = after;
    }
    found
}
