//! What is to be scheduled, by the command line, the configuration and the environment.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::super::{Global, Trouble};
use super::{TimerPlace, Times};
use crate::config::{Config, cache_dir};
use crate::schedule::{
    Needs, Systemd, TimerJob, UnitScope, Units, When, block, owner_of, path_text, user,
};
use crate::trouble::Class;

/// Where variables of secrets may be set for systemd: beside the configuration.
const ENVIRONMENT_FILE: &str = "caflou-sync.env";

/// What is to be made, and where.
pub(super) struct TimerPlan {
    pub(super) job: TimerJob,
    pub(super) when: When,
    pub(super) kind: TimerKind,
    warnings: Vec<String>,
}

pub(super) enum TimerKind {
    Systemd(Systemd, Box<Units>),
    /// Our lines of the crontab.
    Cron(String),
}

impl TimerKind {
    /// A timer that stays beside what is to be made: then there would be two.
    fn another(&self) -> Option<String> {
        let (other, flag) = match self {
            Self::Systemd(systemd, _) if systemd.scope == UnitScope::System => {
                (Systemd::of_user()?, "--user")
            }
            Self::Systemd(..) | Self::Cron(_) => (Systemd::of_computer(), "--system"),
        };
        Some(format!(
            "there is another timer, {}: take it away by `caflou-sync schedule uninstall {flag}`",
            other.timer()?.display()
        ))
    }
}

impl TimerPlan {
    pub(super) fn new(global: &Global, times: &Times, place: &TimerPlace) -> Result<Self, Trouble> {
        let (config, state) = global.load()?;
        let path = absolute(&config.path)?;
        let program = std::env::current_exe()?;
        let asked = global.state.as_deref().map(absolute).transpose()?;
        let job = TimerJob::new(&program, &path, asked.as_deref())?;
        let needs = Needs::of(&config)?;
        let mut warnings = warnings(&config, &path, &needs);
        let when = times.when();
        let kind = if place.is_systemd() {
            let named = asked.is_some() || config.state.is_some();
            let systemd = place.systemd()?;
            let mut units = Units {
                job: job.clone(),
                when: when.clone(),
                scope: systemd.scope,
                user: None,
                needs,
                state_folder: folder(&state)?,
                cache_folder: None,
                environment_file: None,
                variables: variables()?,
            };
            match systemd.scope {
                UnitScope::User => {
                    let cache = absolute(&cache_dir())?;
                    units.cache_folder = Some(path_text(&cache)?);
                }
                UnitScope::System => {
                    units.user = Some(owner(&path, named)?);
                    units.variables.retain(|(name, _)| name != "XDG_CACHE_HOME");
                }
            }
            if !units.needs.variables.is_empty() {
                let file = path.with_file_name(ENVIRONMENT_FILE);
                warnings.extend(unset(&units.needs.variables, &file));
                units.environment_file = Some(path_text(&file)?);
            }
            TimerKind::Systemd(systemd, Box::new(units))
        } else {
            warnings.extend(unknown_to_cron(&needs.variables, &path));
            TimerKind::Cron(block(&job, &when, &variables()?))
        };
        warnings.extend(kind.another());
        Ok(Self {
            job,
            when,
            kind,
            warnings,
        })
    }

    pub(super) fn warn(&self) {
        for warning in &self.warnings {
            let _ = writeln!(io::stderr(), "warning: {warning}");
        }
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Trouble> {
    std::path::absolute(path).map_err(|error| Trouble::of(Class::Usage, &error))
}

/// The folder of a file.
fn folder(file: &Path) -> Result<String, Trouble> {
    let file = absolute(file)?;
    Ok(path_text(file.parent().unwrap_or(&file))?)
}

/// The user whose rights a run of the computer's systemd has: the configuration's owner.
fn owner(config: &Path, state_is_named: bool) -> Result<String, Trouble> {
    let owner = owner_of(config)?;
    if state_is_named || user().as_ref() == Some(&owner) {
        return Ok(owner);
    }
    Err(Trouble::usage(format!(
        "the run would have the rights of {owner}, whose the configuration is: say where the state \
         file is, by --state FILE or by `state = \"…\"` in {}",
        config.display()
    )))
}

/// Variables of this shell that decide where files are: a timer does not have them.
fn variables() -> Result<Vec<(String, String)>, Trouble> {
    let mut found = Vec::new();
    for name in ["XDG_DATA_HOME", "XDG_CACHE_HOME"] {
        let path = std::env::var_os(name).map(PathBuf::from);
        if let Some(path) = path.filter(|path| path.is_absolute()) {
            found.push((name.to_owned(), path_text(&path)?));
        }
    }
    Ok(found)
}

fn warnings(config: &Config, path: &Path, needs: &Needs) -> Vec<String> {
    let mut warnings = Vec::new();
    if !config.connections.iter().any(|one| one.import.auto_repeat) {
        warnings.push(format!(
            "no connection takes part: write `auto_repeat = true` into the import table of one in {}",
            path.display()
        ));
    }
    if needs.secret_programs {
        let text = "a secret comes from a command: it has to answer without asking anybody, and is \
                    looked for in the system's folders only; write its whole path";
        warnings.push(text.to_owned());
    }
    warnings
}

/// What to do about variables under cron.
fn unknown_to_cron(variables: &[String], config: &Path) -> Option<String> {
    let names = variables.join(", ");
    (!variables.is_empty()).then(|| {
        format!(
            "cron does not know the variables of your shell: {names}. Put each secret into a file \
             of its own (chmod 600), and write {{ file = \"…\" }} in {}",
            config.display()
        )
    })
}

/// What to do about variables that the environment file does not set.
fn unset(variables: &[String], file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let is_set = |name: &str| {
        text.lines().any(|line| {
            let rest = line.trim_start().strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with('='))
        })
    };
    let missing = variables.iter().filter(|name| !is_set(name));
    let missing: Vec<_> = missing.map(|name| format!("{name}=…")).collect();
    (!missing.is_empty()).then(|| {
        format!(
            "systemd does not know the variables of your shell: write {} into {} (a line each, chmod \
             600), or put each secret into a file of its own and write {{ file = \"…\" }} in the \
             configuration",
            missing.join(", "),
            file.display()
        )
    })
}
