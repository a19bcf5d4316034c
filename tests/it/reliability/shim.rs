//! What stands between the program and the system: clocks that are wrong, and a disk that fails.
//! A library in C, made where there is a compiler for it.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use chrono::TimeDelta;

/// The library; none where there is no compiler.
pub fn library() -> Option<&'static Path> {
    static LIBRARY: OnceLock<Option<PathBuf>> = OnceLock::new();
    LIBRARY.get_or_init(make).as_deref()
}

#[allow(clippy::print_stdout, reason = "a word about what is not tested")]
fn make() -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/reliability/shim.c");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let draft = folder.join(format!("shim-{}.so", std::process::id()));
    let made = Command::new("cc")
        .args(["-shared", "-fPIC", "-O2", "-o"])
        .args([&draft, &source])
        .arg("-ldl")
        .status();
    if cfg!(target_os = "linux") && made.is_ok_and(|status| status.success()) {
        return Some(draft);
    }
    println!("no C compiler: clocks are right and disks are whole in these lives");
    None
}

/// Which operation on the state's files fails.
#[derive(Debug, Clone, Copy)]
pub struct Failure {
    /// `r`, `w` or `s`: reading, writing, syncing.
    pub kind: char,
    /// The how many-th.
    pub number: u64,
    /// The system's number of the error.
    pub error: i32,
    /// All after it fail, too.
    pub lasts: bool,
}

/// One computer: its clocks, its boots, what it wrote.
#[derive(Debug)]
pub struct Machine {
    folder: PathBuf,
    clocks: Clock,
    boots: u64,
}

/// The clocks of a computer.
#[derive(Debug, Clone)]
pub struct Clock(Arc<File>);

impl Machine {
    /// A computer with right clocks whose program is at home in a folder.
    pub fn new(folder: &Path) -> Self {
        let clocks = File::create(folder.join("shim.clocks")).expect("a file for the clocks");
        let machine = Self {
            // Without a slash at its end, as the library compares it.
            folder: folder.components().collect(),
            clocks: Clock(Arc::new(clocks)),
            boots: 0,
        };
        machine.clocks.set(0, 0);
        machine.boot(0);
        machine
    }

    /// Runs a command on it; its writes to the state are written down anew.
    pub fn has(&self, command: &mut Command, failure: Option<Failure>) {
        let Some(library) = library() else { return };
        let log = self.log();
        fs::write(&log, b"").expect("a log of the disk");
        command
            .env("LD_PRELOAD", library)
            .env("SHIM_CLOCKS", self.folder.join("shim.clocks"))
            .env("SHIM_BOOT_ID", self.folder.join("shim.boot"))
            .env("SHIM_FOLDER", &self.folder)
            .env("SHIM_LOG", log);
        if let Some(failure) = failure {
            let Failure {
                kind,
                number,
                error,
                lasts,
            } = failure;
            command.env(
                "SHIM_FAIL",
                format!("{kind}:{number}:{error}:{}", u8::from(lasts)),
            );
        }
    }

    /// What the program did to the disk in its last run.
    pub fn written(&self) -> Vec<u8> {
        fs::read(self.log()).unwrap_or_default()
    }

    fn log(&self) -> PathBuf {
        self.folder.join("shim.log")
    }

    /// The wall clock is wrong by so much from now on.
    pub fn wall(&self, by: TimeDelta) {
        self.clocks.wall(by);
    }

    /// Its clocks, to be set while the program runs.
    pub fn clock(&self) -> Clock {
        self.clocks.clone()
    }

    /// The computer starts anew: another boot, whose time begins now.
    pub fn reboot(&mut self) {
        let uptime = fs::read_to_string("/proc/uptime").unwrap_or_default();
        let seconds = uptime
            .split(['.', ' '])
            .next()
            .and_then(|text| text.parse().ok());
        let back: i64 = seconds.unwrap_or(0);
        self.boots += 1;
        self.boot(self.boots);
        // It took a few seconds.
        self.clocks.set(1, (5 - back) * 1_000_000_000);
    }

    fn boot(&self, number: u64) {
        let id = format!("00000000-0000-4000-8000-{number:012}\n");
        fs::write(self.folder.join("shim.boot"), id).expect("a boot's name");
    }
}

impl Clock {
    /// The wall clock is wrong by so much from now on, also for a program that runs.
    pub fn wall(&self, by: TimeDelta) {
        self.set(0, by.num_nanoseconds().unwrap_or_default());
    }

    fn set(&self, place: u64, nanoseconds: i64) {
        let bytes = nanoseconds.to_ne_bytes();
        self.0.write_all_at(&bytes, place * 8).expect("a clock");
        let whole = self.0.metadata().expect("a clock").len();
        self.0.set_len(whole.max(16)).expect("both clocks");
    }
}
