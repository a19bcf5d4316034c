//! The timer: units and crontab lines as they are made, replaced and taken away.
#![cfg(unix)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use crate::support::{Bench, Ran};

mod needs;
mod next;
mod real;

/// A shop, and a folder of programs that stand in for those of the system.
struct Machine {
    bench: Bench,
}

impl Machine {
    /// With nothing but `id` on it.
    fn bare() -> Self {
        let bench = Bench::new();
        fs::create_dir(bench.path("bin")).unwrap();
        symlink("/usr/bin/id", bench.path("bin/id")).unwrap();
        Self { bench }
    }

    /// With a systemctl that notes what it is asked, and a crontab that keeps its text in a file.
    fn whole() -> Self {
        let machine = Self::bare();
        machine.tool("systemctl", "echo \"$*\" >> \"$HOME/calls\"");
        machine.tool(
            "crontab",
            "case $1 in\n\
             -l) [ -f \"$HOME/tab\" ] || { echo \"no crontab for eva\" >&2; exit 1; }; /bin/cat \"$HOME/tab\" ;;\n\
             -r) /bin/rm \"$HOME/tab\" ;;\n\
             -) /bin/cat > \"$HOME/tab\" ;;\n\
             esac",
        );
        machine
    }

    fn tool(&self, name: &str, script: &str) {
        let path = self.bench.path("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.bench.command(&[&["schedule"], args].concat());
        command.env("PATH", self.bench.path("bin"));
        command
    }

    /// `schedule` with these arguments; the machine's own paths are masked.
    fn schedule(&self, args: &[&str]) -> Ran {
        let ran = Ran::of(self.command(args).output().unwrap());
        let home = self.bench.path("");
        let home = home.to_str().unwrap().trim_end_matches('/');
        let program = env!("CARGO_BIN_EXE_caflou-sync");
        let mask = |text: String| text.replace(home, "~").replace(program, "/bin/caflou-sync");
        Ran {
            code: ran.code,
            stdout: mask(ran.stdout),
            stderr: mask(ran.stderr),
        }
    }

    fn file(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.bench.path(name)).ok()
    }

    /// What systemctl was asked since the last time.
    fn calls(&self) -> Vec<String> {
        let calls = self.file("calls").unwrap_or_default();
        let _ = fs::remove_file(self.bench.path("calls"));
        calls.lines().map(str::to_owned).collect()
    }
}

const TIMER: &str = "config/systemd/user/caflou-sync.timer";
const SERVICE: &str = "config/systemd/user/caflou-sync.service";

/// What systemctl is asked where a user's units are taken away.
const TAKEN: [&str; 3] = [
    "--user disable --now caflou-sync.timer",
    "--user clean --what=state caflou-sync.timer",
    "--user daemon-reload",
];

#[test]
fn systemd_gets_its_units_once_and_loses_them_again() {
    let machine = Machine::whole();
    let ran = machine
        .schedule(&["install", "--user", "--at", "04:10", "--yes"])
        .exits(0);
    insta::assert_snapshot!(ran.stdout, @r"
    The import shall run every day at 04:10:
      /bin/caflou-sync --config ~/connections.toml run --scheduled
      make     ~/cache/caflou-sync
      write    ~/config/systemd/user/caflou-sync.service
      write    ~/config/systemd/user/caflou-sync.timer
      run      systemctl --user daemon-reload
      run      systemctl --user enable caflou-sync.timer
      run      systemctl --user restart caflou-sync.timer
    Installed: every day at 04:10.
    It runs while you are logged in; for always, type once:  loginctl enable-linger
    When is the next run?        systemctl --user list-timers caflou-sync.timer
    What did the last ones say?  journalctl --user -u caflou-sync
    ");
    let made = [
        "--user daemon-reload",
        "--user enable caflou-sync.timer",
        "--user restart caflou-sync.timer",
    ];
    assert_eq!(machine.calls(), made);
    assert!(
        machine
            .file(TIMER)
            .unwrap()
            .contains("\nOnCalendar=*-*-* 04:10:00\n")
    );

    // a second time nothing is changed, only looked at
    let again = machine
        .schedule(&["install", "--user", "--at", "4:10", "--yes"])
        .exits(0);
    assert_eq!(
        again.stdout,
        "Installed already: every day at 04:10. Nothing to do.\n"
    );
    let asked = [
        "--user is-enabled caflou-sync.timer",
        "--user is-active caflou-sync.timer",
    ];
    assert_eq!(machine.calls(), asked);

    // another time replaces its own
    let service = machine.file(SERVICE);
    let other = machine
        .schedule(&["install", "--user", "--every", "6h", "--yes"])
        .exits(0);
    assert!(
        other
            .stdout
            .contains("  replace  ~/config/systemd/user/caflou-sync.timer\n")
    );
    assert!(
        machine
            .file(TIMER)
            .unwrap()
            .contains("\nOnCalendar=*-*-* 00/6:15:00\n")
    );
    assert_eq!(
        (machine.file(SERVICE), machine.calls()),
        (service, made.map(str::to_owned).into())
    );

    machine.schedule(&["uninstall", "--user", "--yes"]).exits(0);
    assert_eq!((machine.file(TIMER), machine.file(SERVICE)), (None, None));
    assert_eq!(machine.calls(), TAKEN);
    let nothing = machine.schedule(&["uninstall", "--user", "--yes"]).exits(0);
    assert_eq!(
        nothing.stdout,
        "There is no schedule of caflou-sync here. Nothing to do.\n"
    );
    assert!(machine.calls().is_empty());
}

#[test]
fn the_crontab_keeps_all_other_lines() {
    let machine = Machine::whole();
    let others = "MAILTO=eva@example.cz\n# backup\n0 1 * * *  backup +\\%F\n";
    fs::write(machine.bench.path("tab"), others).unwrap();
    let ran = machine.schedule(&["install", "--cron", "--yes"]).exits(0);
    insta::assert_snapshot!(ran.stdout, @r"
    The import shall run every day at 03:15:
      /bin/caflou-sync --config ~/connections.toml run --scheduled
      crontab  add our lines, leave all others
    Installed: every day at 03:15.
    ");
    let printed = Ran::of(machine.command(&["print", "--cron"]).output().unwrap()).exits(0);
    assert_eq!(
        machine.file("tab").unwrap(),
        format!("{others}{}", printed.stdout)
    );
    let again = machine.schedule(&["install", "--cron", "--yes"]).exits(0);
    assert_eq!(
        again.stdout,
        "Installed already: every day at 03:15. Nothing to do.\n"
    );
    machine
        .schedule(&["install", "--cron", "--every", "30m", "--yes"])
        .exits(0);
    let tab = machine.file("tab").unwrap();
    assert!(
        tab.starts_with(others) && tab.contains("\n*/30 * * * * "),
        "{tab}"
    );
    assert_eq!(tab.matches("run --scheduled").count(), 1);
    machine.schedule(&["uninstall", "--cron", "--yes"]).exits(0);
    assert_eq!(machine.file("tab").unwrap(), others);
}

#[test]
fn a_crontab_of_our_lines_only_goes_with_them() {
    let machine = Machine::whole();
    machine.schedule(&["install", "--cron", "--yes"]).exits(0);
    machine.schedule(&["uninstall", "--cron", "--yes"]).exits(0);
    assert_eq!(machine.file("tab"), None);
}

#[test]
fn systemd_takes_over_from_cron() {
    let machine = Machine::whole();
    machine.schedule(&["install", "--cron", "--yes"]).exits(0);
    machine.schedule(&["install", "--user", "--yes"]).exits(0);
    assert_eq!(machine.file("tab"), None);
    assert!(machine.file(TIMER).is_some());
}

#[test]
fn cron_takes_over_from_systemd() {
    let machine = Machine::whole();
    machine.schedule(&["install", "--user", "--yes"]).exits(0);
    machine.calls();
    let ran = machine.schedule(&["print", "--system"]).exits(0);
    let another = "warning: there is another timer, ~/config/systemd/user/caflou-sync.timer: take it \
                   away by `caflou-sync schedule uninstall --user`\n";
    assert_eq!(ran.stderr, another);
    let ran = machine.schedule(&["install", "--cron", "--yes"]).exits(0);
    insta::assert_snapshot!(ran.stdout, @r"
    The import shall run every day at 03:15:
      /bin/caflou-sync --config ~/connections.toml run --scheduled
      crontab  add our lines, leave all others
      run      systemctl --user disable --now caflou-sync.timer
      run      systemctl --user clean --what=state caflou-sync.timer
      remove   ~/config/systemd/user/caflou-sync.timer
      remove   ~/config/systemd/user/caflou-sync.service
      run      systemctl --user daemon-reload
    Installed: every day at 03:15.
    ");
    assert_eq!((machine.file(TIMER), machine.file(SERVICE)), (None, None));
    assert_eq!(machine.calls(), TAKEN);
    assert!(machine.file("tab").unwrap().contains("run --scheduled"));
    let again = machine.schedule(&["install", "--cron", "--yes"]).exits(0);
    assert!(
        again.stdout.starts_with("Installed already"),
        "{}",
        again.stdout
    );
}

#[test]
fn where_a_program_is_missing_or_refuses_what_to_type_is_said() {
    let machine = Machine::bare();
    let ran = machine.schedule(&["install", "--cron", "--yes"]).exits(1);
    insta::assert_snapshot!(ran.stderr, @r"
    error: crontab is not installed here
    by hand: add these lines, by `crontab -e`:
    # >>> caflou-sync schedule: made by `caflou-sync schedule install`, taken away by `uninstall` >>>
    15 3 * * * XDG_DATA_HOME=~/data XDG_CACHE_HOME=~/cache /bin/caflou-sync --quiet --config ~/connections.toml run --scheduled
    # <<< caflou-sync schedule <<<
    ");
    machine.tool("systemctl", "echo 'Failed to connect to bus' >&2; exit 1");
    let ran = machine.schedule(&["install", "--user", "--yes"]).exits(1);
    insta::assert_snapshot!(ran.stderr, @r"
    error: `systemctl --user daemon-reload` refused: Failed to connect to bus
    by hand:
      systemctl --user daemon-reload
      systemctl --user enable caflou-sync.timer
      systemctl --user restart caflou-sync.timer
    ");
    assert!(
        machine.file(TIMER).is_some(),
        "what is left are the commands shown"
    );
}

#[test]
fn a_unit_of_the_same_name_by_somebody_else_is_left_alone() {
    let machine = Machine::whole();
    fs::create_dir_all(machine.bench.path("config/systemd/user")).unwrap();
    fs::write(machine.bench.path(TIMER), "[Timer]\n").unwrap();
    for what in ["install", "uninstall"] {
        let ran = machine.schedule(&[what, "--user", "--yes"]).exits(1);
        assert_eq!(
            ran.stderr,
            "error: ~/config/systemd/user/caflou-sync.timer was not made by this program: look what it \
             is, and move it away first\n"
        );
    }
    assert_eq!(machine.file(TIMER).unwrap(), "[Timer]\n");
    assert!(machine.file(SERVICE).is_none() && machine.calls().is_empty());
}

#[test]
fn nothing_is_done_without_a_yes() {
    let machine = Machine::whole();
    for place in ["--user", "--cron"] {
        let ran = machine.schedule(&["install", place]).exits(2);
        assert_eq!(
            ran.stderr,
            "error: nothing was done, as there is no terminal to ask at; add --yes to go on\n"
        );
    }
    assert!(machine.file(TIMER).is_none() && machine.file("tab").is_none());
    assert!(machine.calls().is_empty());
}

#[test]
fn less_than_once_a_day_is_refused() {
    let machine = Machine::whole();
    let ran = machine
        .schedule(&["print", "--cron", "--every", "36h"])
        .exits(2);
    assert!(
        ran.stderr
            .contains("at least one run a day is needed: 24h at most"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_computers_systemd_runs_with_the_rights_of_the_configurations_owner() {
    let machine = Machine::whole();
    let ran = machine.schedule(&["print", "--system"]).exits(0);
    let name = Command::new("id").arg("-un").output().unwrap().stdout;
    let user = format!("\nUser={}", String::from_utf8(name).unwrap());
    assert!(ran.stdout.contains(&user), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("\nBindPaths=~\n"),
        "the state's folder: {}",
        ran.stdout
    );
}

/// Says on the terminal, past the test harness, that something real was left out.
pub fn left_out(what: &str) {
    let _ = writeln!(std::io::stderr(), "LEFT OUT: {what}");
}

pub fn installed(program: &str) -> bool {
    ["/usr/bin", "/usr/sbin", "/bin"]
        .iter()
        .any(|folder| Path::new(folder).join(program).exists())
}
