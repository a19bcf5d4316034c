//! When the next run starts, as `status` tells it.

use std::fs;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::Machine;
use crate::support::Ran;

/// What `status` says of the timer: its line, and the moment for programs.
fn next_run(machine: &Machine) -> (String, Value) {
    let status = |format| {
        let mut command = machine.bench.command(&["status", "--format", format]);
        command.env("PATH", machine.bench.path("bin"));
        command.env("TZ", "XXX-2");
        Ran::of(command.output().unwrap())
    };
    let text = status("human").stdout;
    let line = text.lines().find(|line| line.starts_with("  auto repeat"));
    let next = status("json").objects()[0]["next_run_at"].clone();
    (line.unwrap().trim().to_owned(), next)
}

#[test]
fn status_tells_when_the_next_run_starts() {
    let machine = Machine::whole();
    let none = "auto repeat    yes; no timer made by `caflou-sync schedule install` is here";
    assert_eq!(next_run(&machine), (none.to_owned(), Value::Null));

    machine
        .schedule(&["install", "--cron", "--every", "1h", "--yes"])
        .exits(0);
    let before = Utc::now();
    let (line, next) = next_run(&machine);
    assert!(line.starts_with("auto repeat    yes, next "), "{line}");
    let next: DateTime<Utc> = next.as_str().unwrap().parse().unwrap();
    assert!(
        next > before && next.format("%M:%S").to_string() == "15:00",
        "{next}"
    );
    // that of another configuration
    let tab = machine.file("tab").unwrap();
    fs::write(
        machine.bench.path("tab"),
        tab.replace("connections.toml", "other.toml"),
    )
    .unwrap();
    assert_eq!(next_run(&machine).0, none);
    fs::write(machine.bench.path("tab"), tab).unwrap();

    machine.schedule(&["install", "--user", "--yes"]).exits(0);
    let systemctl = |answer: &str| {
        let script = format!("printf '%s' \"$*\" > \"$HOME/asked\"\n{answer}");
        machine.tool("systemctl", &script);
        next_run(&machine)
    };
    let active = "echo ActiveState=active; echo NextElapseUSecRealtime=";
    let (line, next) = systemctl(&format!("{active}\"Tue 2096-10-02 07:06:40 $TZ\""));
    assert!(
        line.ends_with("(2096-10-02 09:06)"),
        "by this machine's clock: {line}"
    );
    assert_eq!(next, "2096-10-02T07:06:40Z");
    let asked = "--user show --property=ActiveState \
                 --property=NextElapseUSecRealtime caflou-sync.timer";
    assert_eq!(machine.file("asked").unwrap(), asked);
    // switched off; under way; not to be asked
    let off = systemctl("echo ActiveState=inactive; echo NextElapseUSecRealtime=");
    assert_eq!(off, (none.to_owned(), Value::Null));
    let unknown = ("auto repeat    yes".to_owned(), Value::Null);
    assert_eq!(systemctl(active), unknown);
    assert_eq!(
        systemctl("echo 'Failed to connect to bus' >&2; exit 1"),
        unknown
    );

    let config = machine.bench.config();
    let by_hand = config.replace("auto_repeat = true", "auto_repeat = false");
    machine.bench.write_config(&by_hand);
    let line = "auto repeat    no, by hand only".to_owned();
    assert_eq!(next_run(&machine), (line, Value::Null));
}
