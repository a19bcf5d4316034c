//! `schedule`: the timer for `run --scheduled`.

mod plan;

use std::io::{self, IsTerminal, Write};

use chrono::NaiveTime;
use clap::{Args, Subcommand};

use self::plan::{TimerKind, TimerPlan};
use super::confirm::agreed;
use super::{Exit, Global, Trouble};
use crate::schedule::{Cron, InstallStep, Systemd, UnitScope, When, carry_out, systemd_runs, user};

/// What `schedule` is asked for.
#[derive(Debug, Args)]
pub(super) struct ScheduleArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show the units of systemd or the lines for cron; nothing is changed
    Print {
        #[command(flatten)]
        times: Times,
        #[command(flatten)]
        place: TimerPlace,
    },
    /// Make the timer; another one made before is replaced
    Install {
        #[command(flatten)]
        times: Times,
        #[command(flatten)]
        place: TimerPlace,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
    /// Take away what `install` made, and nothing else
    Uninstall {
        #[command(flatten)]
        place: TimerPlace,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
struct Times {
    /// Time of the day, by this computer's clock; may be repeated [default: 03:15]
    #[arg(long, value_name = "HH:MM", value_parser = When::time, conflicts_with = "every")]
    at: Vec<NaiveTime>,
    /// Again and again after this time, such as 30m or 6h; 24h at most
    #[arg(long, value_name = "TIME", value_parser = When::every)]
    every: Option<When>,
}

impl Times {
    fn when(&self) -> When {
        self.every.clone().unwrap_or_else(|| When::at(&self.at))
    }
}

#[derive(Debug, Args)]
struct TimerPlace {
    /// By systemd [default: where systemd runs]
    #[arg(long, conflicts_with = "cron")]
    systemd: bool,
    /// By your crontab [default: where systemd does not run]
    #[arg(long)]
    cron: bool,
    /// By your own systemd [default: unless you are root]
    #[arg(long, conflicts_with_all = ["system", "cron"])]
    user: bool,
    /// By the computer's systemd; needs root [default: if you are root]
    #[arg(long, conflicts_with = "cron")]
    system: bool,
}

impl TimerPlace {
    /// Whether one of the two was asked for.
    fn is_named(&self) -> bool {
        self.systemd || self.cron || self.user || self.system
    }

    fn is_systemd(&self) -> bool {
        !self.cron && (self.is_named() || systemd_runs())
    }

    fn systemd(&self) -> Result<Systemd, Trouble> {
        if self.system || (!self.user && user().as_deref() == Some("root")) {
            return Ok(Systemd::of_computer());
        }
        let homeless = || Trouble::usage("there is no home folder: set HOME, or say --system");
        Systemd::of_user().ok_or_else(homeless)
    }
}

/// Shows, makes or takes away the timer.
pub(super) fn schedule(global: &Global, args: &ScheduleArgs) -> Result<Exit, Trouble> {
    match &args.what {
        What::Print { times, place } => Ok(print(&TimerPlan::new(global, times, place)?)),
        What::Install { times, place, yes } => {
            install(global, &TimerPlan::new(global, times, place)?, *yes)
        }
        What::Uninstall { place, yes } => uninstall(global, place, *yes),
    }
}

fn print(plan: &TimerPlan) -> Exit {
    plan.warn();
    let mut out = io::stdout().lock();
    match &plan.kind {
        TimerKind::Systemd(systemd, units) => {
            for (index, (path, text)) in systemd.files(units).iter().enumerate() {
                let gap = if index > 0 { "\n" } else { "" };
                let _ = write!(out, "{gap}# {}\n{text}", path.display());
            }
        }
        TimerKind::Cron(block) => {
            let _ = write!(out, "{block}");
        }
    }
    Exit::Done
}

fn install(global: &Global, plan: &TimerPlan, yes: bool) -> Result<Exit, Trouble> {
    let steps = match &plan.kind {
        TimerKind::Systemd(systemd, units) => {
            let steps = systemd.install(units)?;
            // Not twice: what cron did, systemd does now; below the other way round.
            [Cron.uninstall().unwrap_or_default(), steps].concat()
        }
        TimerKind::Cron(block) => {
            let steps = Cron.install(block)?;
            let former = Systemd::of_user().map(|systemd| systemd.uninstall());
            [steps, former.and_then(Result::ok).unwrap_or_default()].concat()
        }
    };
    plan.warn();
    if steps.is_empty() {
        say(
            global,
            &format!("Installed already: {}. Nothing to do.", plan.when),
        );
        return Ok(Exit::Done);
    }
    let (program, arguments) = (&plan.job.program, plan.job.arguments().join(" "));
    say(global, &format!("The import shall run {}:", plan.when));
    say(global, &format!("  {program} {arguments}"));
    if !go_on(global, &steps, yes)? {
        return Ok(Exit::Done);
    }
    carry_out(&steps)?;
    say(global, &format!("Installed: {}.", plan.when));
    if let TimerKind::Systemd(systemd, _) = &plan.kind {
        say(global, hint(systemd.scope));
    }
    Ok(Exit::Done)
}

fn hint(scope: UnitScope) -> &'static str {
    match scope {
        UnitScope::User => {
            "It runs while you are logged in; for always, type once:  loginctl enable-linger\n\
             When is the next run?        systemctl --user list-timers caflou-sync.timer\n\
             What did the last ones say?  journalctl --user -u caflou-sync"
        }
        UnitScope::System => {
            "When is the next run?        systemctl list-timers caflou-sync.timer\n\
             What did the last ones say?  journalctl -u caflou-sync"
        }
    }
}

fn uninstall(global: &Global, place: &TimerPlace, yes: bool) -> Result<Exit, Trouble> {
    let mut steps = Vec::new();
    if !place.cron {
        steps.extend(place.systemd()?.uninstall()?);
    }
    if place.cron || !place.is_named() {
        steps.extend(Cron.uninstall()?);
    }
    if steps.is_empty() {
        say(
            global,
            "There is no schedule of caflou-sync here. Nothing to do.",
        );
        return Ok(Exit::Done);
    }
    if !go_on(global, &steps, yes)? {
        return Ok(Exit::Done);
    }
    carry_out(&steps)?;
    say(global, "Taken away.");
    Ok(Exit::Done)
}

fn say(global: &Global, text: &str) {
    if !global.output.quiet {
        let _ = writeln!(io::stdout(), "{text}");
    }
}

/// Shows the steps and asks.
fn go_on(global: &Global, steps: &[InstallStep], yes: bool) -> Result<bool, Trouble> {
    if yes || io::stdin().is_terminal() {
        for step in steps {
            say(global, &format!("  {step}"));
        }
    }
    if yes { Ok(true) } else { agreed("Do this?") }
}
