//! What makes a schedule and what takes it away, as steps.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use directories::BaseDirs;
use thiserror::Error;

use super::crontab::{our_block, with_block, without_block};
use super::tools::{ToolError, call};
use super::units::MARK;
use super::{CrontabError, InstallStep, Timer, UnitScope, Units};
use crate::trouble::{Class, Trouble};

const SERVICE: &str = "caflou-sync.service";
const TIMER: &str = "caflou-sync.timer";

/// What went wrong, and what to do by hand instead.
#[derive(Debug, Error)]
pub enum ScheduleError {
    /// The crontab is better edited by hand.
    #[error(transparent)]
    Crontab(#[from] CrontabError),
    /// A unit of the same name.
    #[error("{} was not made by this program: look what it is, and move it away first", .0.display())]
    Foreign(PathBuf),
    /// A program is missing or refuses.
    #[error("{tool}{by_hand}")]
    Tool {
        /// What it said.
        tool: ToolError,
        /// What is left to do.
        by_hand: String,
    },
    /// A file or folder cannot be read or written.
    #[error("{} cannot be {verb}: {reason}{by_hand}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// `read`, `written` or the like.
        verb: &'static str,
        /// What the system said.
        reason: io::Error,
        /// What is left to do.
        by_hand: String,
    },
}

impl From<ScheduleError> for Trouble {
    fn from(error: ScheduleError) -> Self {
        Self::of(Class::Machine, &error)
    }
}

/// systemd, and the folder for its units.
#[derive(Debug, Clone)]
pub struct Systemd {
    /// Whose.
    pub scope: UnitScope,
    /// The folder.
    pub folder: PathBuf,
}

impl Systemd {
    /// The computer's; only root may write there.
    #[must_use]
    pub fn of_computer() -> Self {
        Self {
            scope: UnitScope::System,
            folder: PathBuf::from("/etc/systemd/system"),
        }
    }

    /// The user's own; `None` where there is no home folder.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        let folder = BaseDirs::new()?.config_dir().join("systemd/user");
        Some(Self {
            scope: UnitScope::User,
            folder,
        })
    }

    /// A timer of ours, if it is there.
    #[must_use]
    pub fn timer(&self) -> Option<PathBuf> {
        let path = self.folder.join(TIMER);
        matches!(present(&path), Ok(Some(_))).then_some(path)
    }

    /// Our timer, where it is at work for this configuration (a word of `ExecStart=`).
    pub(super) fn at_work(&self, config: &str) -> Timer {
        let service = present(&self.folder.join(SERVICE)).ok().flatten();
        let named = format!(" --config {config} ");
        let ours = service.is_some_and(|service| service.contains(&named));
        if !ours || self.timer().is_none() {
            return Timer::None;
        }
        let asked = [
            "show",
            "--property=ActiveState",
            "--property=NextElapseUSecRealtime",
            TIMER,
        ];
        let Ok(said) = call("systemctl", &self.words(&asked), None) else {
            return Timer::At(None); // nobody is logged in, say
        };
        let value = |name| said.lines().find_map(|line| line.strip_prefix(name));
        if value("ActiveState=") != Some("active") {
            return Timer::None;
        }
        let next = value("NextElapseUSecRealtime=")
            .and_then(|text| NaiveDateTime::parse_from_str(text, "%a %Y-%m-%d %H:%M:%S UTC").ok());
        Timer::At(next.map(|next| next.and_utc()))
    }

    /// The files and what is in them.
    #[must_use]
    pub fn files(&self, units: &Units) -> [(PathBuf, String); 2] {
        [
            (self.folder.join(SERVICE), units.service()),
            (self.folder.join(TIMER), units.timer()),
        ]
    }

    /// What makes the schedule; nothing where it is there already.
    pub fn install(&self, units: &Units) -> Result<Vec<InstallStep>, ScheduleError> {
        let mut steps = folders(units);
        for (path, text) in self.files(units) {
            let present = present(&path)?;
            if present.as_ref() != Some(&text) {
                let again = present.is_some();
                steps.push(InstallStep::Write { path, text, again });
            }
        }
        let works = |word| call("systemctl", &self.words(&[word, TIMER]), None).is_ok();
        if steps.is_empty() && works("is-enabled") && works("is-active") {
            return Ok(steps);
        }
        steps.push(self.call(&["daemon-reload"], false));
        steps.push(self.call(&["enable", TIMER], false));
        // a timer that runs already takes over new times only so
        steps.push(self.call(&["restart", TIMER], false));
        Ok(steps)
    }

    /// What takes the schedule away; nothing where there is none.
    pub fn uninstall(&self) -> Result<Vec<InstallStep>, ScheduleError> {
        let mut steps = Vec::new();
        for name in [TIMER, SERVICE] {
            let path = self.folder.join(name);
            if present(&path)?.is_none() {
                continue;
            }
            if name == TIMER {
                steps.push(self.call(&["disable", "--now", TIMER], false));
                // when it last ran; an old systemd cannot
                steps.push(self.call(&["clean", "--what=state", TIMER], true));
            }
            steps.push(InstallStep::Remove(path));
        }
        if !steps.is_empty() {
            steps.push(self.call(&["daemon-reload"], false));
        }
        Ok(steps)
    }

    fn words(&self, words: &[&str]) -> Vec<String> {
        let user = match self.scope {
            UnitScope::User => Some("--user"),
            UnitScope::System => None,
        };
        let words = user.iter().chain(words);
        words.map(|word| (*word).to_owned()).collect()
    }

    fn call(&self, words: &[&str], tolerant: bool) -> InstallStep {
        InstallStep::Call {
            program: "systemctl",
            arguments: self.words(words),
            tolerant,
        }
    }
}

/// A unit of ours, if it is there.
fn present(path: &Path) -> Result<Option<String>, ScheduleError> {
    match fs::read_to_string(path) {
        Ok(text) if text.starts_with(MARK) => Ok(Some(text)),
        Ok(_) => Err(ScheduleError::Foreign(path.to_owned())),
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(reason) => Err(ScheduleError::File {
            path: path.to_owned(),
            verb: "read",
            reason,
            by_hand: String::new(),
        }),
    }
}

/// Folders that have to be there before the unit starts.
fn folders(units: &Units) -> Vec<InstallStep> {
    let state = PathBuf::from(&units.state_folder);
    let mut steps = Vec::new();
    if !state.exists() {
        steps.push(match &units.user {
            None => InstallStep::Folder(state),
            Some(user) => {
                let words = ["-d", "-m", "700", "-o", user, &units.state_folder];
                InstallStep::Call {
                    program: "install",
                    arguments: words.map(str::to_owned).into(),
                    tolerant: false,
                }
            }
        });
    }
    let cache = units.cache_folder.as_ref().map(PathBuf::from);
    steps.extend(cache.filter(|path| !path.exists()).map(InstallStep::Folder));
    steps
}

/// The user's crontab.
#[derive(Debug, Clone, Copy)]
pub struct Cron;

impl Cron {
    /// Our lines; empty where there are none.
    pub(super) fn lines() -> Option<String> {
        let crontab = read().ok()?;
        our_block(&crontab).ok().map(str::to_owned)
    }

    /// What makes the schedule; nothing where it is there already.
    pub fn install(self, block: &str) -> Result<Vec<InstallStep>, ScheduleError> {
        let by_hand = format!("add these lines, by `crontab -e`:\n{block}");
        let crontab = read().map_err(|tool| ScheduleError::Tool {
            tool,
            by_hand: format!("\nby hand: {}", by_hand.trim_end()),
        })?;
        let text = with_block(&crontab, block)?;
        if text == crontab {
            return Ok(Vec::new());
        }
        let what = match without_block(&crontab)? {
            Some(_) => "replace our lines, leave all others",
            None => "add our lines, leave all others",
        };
        Ok(vec![InstallStep::Crontab {
            text,
            what,
            by_hand,
        }])
    }

    /// What takes the schedule away; nothing where there is none.
    pub fn uninstall(self) -> Result<Vec<InstallStep>, ScheduleError> {
        let crontab = match read() {
            Ok(crontab) => crontab,
            // who has no crontab has no lines of ours in it
            Err(ToolError::Missing(_)) => return Ok(Vec::new()),
            Err(tool) => {
                let by_hand = String::new();
                return Err(ScheduleError::Tool { tool, by_hand });
            }
        };
        let Some(text) = without_block(&crontab)? else {
            return Ok(Vec::new());
        };
        Ok(vec![InstallStep::Crontab {
            text,
            what: "remove our lines, leave all others",
            by_hand: "remove the lines between the marks of caflou-sync, by `crontab -e`"
                .to_owned(),
        }])
    }
}

/// The crontab as it is; empty where there is none.
fn read() -> Result<String, ToolError> {
    match call("crontab", &["-l".to_owned()], None) {
        // cron and cronie say the first, busybox the second
        Err(ToolError::Refused { said, .. })
            if said.contains("no crontab") || said.contains("No such file") =>
        {
            Ok(String::new())
        }
        other => other,
    }
}
