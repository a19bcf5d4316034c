//! Secrets in the system's keyring: the real one where it is installed, and none.

#[cfg(unix)]
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::Instant;

use crate::schedule::{installed, left_out};
use crate::support::{Bench, KEY, Ran, private};

/// The token to Caflou in the keyring, under the name that the program gives it.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.order(|_| ());
    let plain = format!("token = \"{}\"", bench.sandbox.caflou_token());
    let kept = "token = { keyring = \"my-shop.caflou.token\" }";
    let text = bench.config();
    assert!(text.contains(&format!("\n{plain}")));
    bench.write_config(&text.replace(&format!("\n{plain}"), &format!("\n{kept}")));
    bench
}

/// A bus of its own that starts nothing by itself: asked too early, the usual one would start
/// another keyring, a locked one.
const BUS: &str = r#"
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// A script in a desktop's session with an unlocked keyring that has the token.
fn in_session(bench: &Bench, script: &str) -> Ran {
    let token = bench.path("token");
    std::fs::write(&token, bench.sandbox.caflou_token()).unwrap();
    private(&token);
    let session = bench.path("session");
    let begin = "mkdir -m 700 runtime; export XDG_RUNTIME_DIR=$PWD/runtime; \
                 printf password | gnome-keyring-daemon --daemonize --unlock --components=secrets \
                 >daemon.log 2>&1 || exit 98; \
                 n=0; until secret-tool store --label token service caflou-sync \
                 username my-shop.caflou.token < token; do \
                 n=$((n + 1)); [ $n -lt 100 ] || exit 99; sleep 0.1; done; ";
    std::fs::write(&session, format!("{begin}{script}\n")).unwrap();
    let bus = bench.path("bus.conf");
    std::fs::write(&bus, BUS).unwrap();
    let mut command = Command::new("dbus-run-session");
    command.arg("--config-file").arg(&bus);
    command.args(["--", "sh"]).arg(&session);
    let mut command = bench.at_home(command);
    command.env("PATH", "/usr/bin:/bin");
    command.env("CAFLOU_SYNC", env!("CARGO_BIN_EXE_caflou-sync"));
    Ran::of(command.output().unwrap())
}

#[test]
fn a_run_gets_its_secret_from_a_real_keyring_and_remove_deletes_it_there() {
    for program in ["gnome-keyring-daemon", "dbus-run-session", "secret-tool"] {
        if !installed(program) {
            return left_out("gnome-keyring is not installed: no real keyring was asked");
        }
    }
    let bench = bench();
    let ran = in_session(
        &bench,
        "$CAFLOU_SYNC run my-shop --format json && $CAFLOU_SYNC remove my-shop --yes && \
         ! secret-tool lookup service caflou-sync username my-shop.caflou.token",
    );
    let ran = ran.exits(0);
    bench.each_order_is_there_once();
    let deleted = "deleted: my-shop.caflou.token in the system's keyring\n";
    assert!(ran.stdout.contains(deleted), "{}", ran.stdout);
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert!(!said.contains(bench.sandbox.caflou_token()));
}

#[test]
fn without_a_session_it_is_said_at_once() {
    let bench = bench();
    let ran = bench.run(&[]).exits(4);
    insta::assert_snapshot!(ran.error(), @r#"connection `my-shop`: caflou.token: the secret "my-shop.caflou.token" cannot be had from the keyring: there is no keyring here (no D-Bus session, as comes with a desktop; on servers and for timed runs without anybody logged in, keep secrets in files); `caflou-sync test my-shop` checks both sides"#);
}

#[cfg(unix)]
#[test]
fn a_session_that_does_not_answer_is_not_waited_for() {
    let bench = bench();
    let socket = bench.path("bus");
    let listener = UnixListener::bind(&socket).unwrap();
    let mut command = bench.command(&Bench::run_args(&[]));
    command.env(
        "DBUS_SESSION_BUS_ADDRESS",
        format!("unix:path={}", socket.display()),
    );
    let began = Instant::now();
    let ran = Ran::of(command.output().unwrap()).exits(4);
    assert!(
        ran.error().contains("the keyring gave no answer in 3 s;"),
        "{}",
        ran.error()
    );
    assert!(began.elapsed().as_secs() < 30, "as long as for a person");
    drop(listener);
    let mut command = bench.command(&["test", KEY]);
    command.env(
        "DBUS_SESSION_BUS_ADDRESS",
        format!("unix:path={}", socket.display()),
    );
    let ran = Ran::of(command.output().unwrap()).exits(4);
    assert!(
        ran.stdout.contains("there is no keyring here"),
        "{}",
        ran.stdout
    );
}
