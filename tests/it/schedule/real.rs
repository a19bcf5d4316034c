//! What the real programs say to it, where they are.

use std::fs;
use std::process::{Command, Output};

use super::{Machine, installed, left_out};
use crate::support::{Ran, private};

fn said(output: &Output) -> String {
    let (stdout, stderr) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(stdout),
        String::from_utf8_lossy(stderr)
    )
}

/// The units as `print` shows them, in files of their own.
fn write_units(machine: &Machine, args: &[&str]) -> [String; 2] {
    let ran = Ran::of(machine.command(args).output().unwrap()).exits(0);
    let (service, timer) = ran.stdout.split_once("\n\n# /").unwrap();
    let (_, timer) = timer.split_once('\n').unwrap();
    [
        ("caflou-sync.service", service),
        ("caflou-sync.timer", timer),
    ]
    .map(|(name, text)| {
        let path = machine.bench.path(name);
        fs::write(&path, format!("{text}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    })
}

#[test]
fn systemd_finds_nothing_wrong_with_the_units() {
    if !installed("systemd-analyze") {
        return left_out("systemd-analyze is not installed: the units were not verified");
    }
    let machine = Machine::whole();
    let odd = machine.bench.path("it's 100% \"$HOME\"; a:b");
    fs::create_dir(&odd).unwrap();
    let config = odd.join("connections.toml");
    fs::copy(machine.bench.path("connections.toml"), &config).unwrap();
    private(&config);
    let config = config.to_str().unwrap();
    let runtime = machine.bench.path("runtime");
    fs::create_dir(&runtime).unwrap();
    for (scope, times) in [
        ("--user", ["--every", "15m"]),
        ("--system", ["--at", "23:59"]),
    ] {
        let args = ["print", scope, times[0], times[1], "--config", config];
        let [service, timer] = write_units(&machine, &args);
        let output = Command::new("systemd-analyze")
            .args(["verify", "--man=no", scope, &service, &timer])
            .env("XDG_RUNTIME_DIR", &runtime)
            .output()
            .unwrap();
        assert!(
            output.status.success() && said(&output).is_empty(),
            "{}",
            said(&output)
        );
    }
}

#[test]
fn systemd_finds_the_service_well_confined() {
    if !installed("systemd-analyze") {
        return left_out("systemd-analyze is not installed: the exposure was not rated");
    }
    let machine = Machine::whole();
    let [service, _] = write_units(&machine, &["print", "--system"]);
    let output = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--threshold=20", &service])
        .output()
        .unwrap();
    // 2.0 of 10 at most; its own services have up to 9
    assert!(output.status.success(), "{}", said(&output));
}

/// A user who is there for a test only, with a crontab that can be written.
struct Guest(String);

impl Guest {
    fn new() -> Result<Self, String> {
        let name = format!("caflou-it-{}", std::process::id());
        let made = Command::new("useradd")
            .args(["--system", "--no-create-home", "--home-dir", "/nonexistent"])
            .args(["--shell", "/bin/sh", &name])
            .output();
        match made {
            Ok(output) if output.status.success() => Ok(Self(name)),
            Ok(output) => Err(said(&output)),
            Err(error) => Err(error.to_string()),
        }
    }

    fn crontab(&self) -> String {
        let output = Command::new("crontab")
            .args(["-u", &self.0, "-l"])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let _ = Command::new("crontab").args(["-u", &self.0, "-r"]).output();
        let _ = Command::new("userdel").arg(&self.0).output();
    }
}

#[test]
fn cron_takes_the_lines_and_loses_them_again() {
    if !installed("crontab") {
        return left_out("crontab is not installed: cron's own check was not made");
    }
    let guest = match Guest::new() {
        Ok(guest) => guest,
        Err(why) => {
            let why = why.trim();
            return left_out(&format!(
                "no user for a real crontab can be made here: {why}"
            ));
        }
    };
    let machine = Machine::whole();
    machine.tool(
        "crontab",
        &format!("exec /usr/bin/crontab -u {} \"$@\"", guest.0),
    );
    let odd = machine.bench.path("100% mine");
    fs::create_dir(&odd).unwrap();
    let config = odd.join("connections.toml");
    fs::copy(machine.bench.path("connections.toml"), &config).unwrap();
    private(&config);
    let config = config.to_str().unwrap();
    let schedule = |args: &[&str]| {
        let output = machine
            .command(&[args, &["--config", config]].concat())
            .output();
        Ran::of(output.unwrap()).exits(0)
    };
    let block = schedule(&["print", "--cron", "--at", "3:15", "--at", "15:15"]).stdout;
    assert!(block.contains("100\\% mine"), "{block}");

    // no crontab at all before, none after
    schedule(&[
        "install", "--cron", "--at", "3:15", "--at", "15:15", "--yes",
    ]);
    assert_eq!(guest.crontab(), block);
    schedule(&["uninstall", "--cron", "--yes"]);
    assert_eq!(guest.crontab(), "");

    let others = "MAILTO=\"\"\n# mine\n*/5 * * * *\tdate +\\%F\n";
    let tab = machine.bench.path("others");
    fs::write(&tab, others).unwrap();
    let given = Command::new("crontab")
        .args(["-u", &guest.0])
        .arg(&tab)
        .output()
        .unwrap();
    assert!(given.status.success(), "{}", said(&given));
    schedule(&[
        "install", "--cron", "--at", "3:15", "--at", "15:15", "--yes",
    ]);
    assert_eq!(guest.crontab(), format!("{others}{block}"));
    schedule(&["uninstall", "--cron", "--yes"]);
    assert_eq!(guest.crontab(), others);
}
