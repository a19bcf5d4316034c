//! What a run needs that no shell of the user's is around for.

use std::fs;

use super::Machine;

#[test]
fn what_a_timer_does_not_have_is_warned_of() {
    let machine = Machine::whole();
    let text = machine.bench.config();
    let token = format!("\"{}\"", machine.bench.sandbox.caflou_token());
    let config = text.replace(&token, "{ env = \"CAFLOU_TOKEN\" }");
    assert_ne!(config, text);
    machine
        .bench
        .write_config(&config.replace("auto_repeat = true", "auto_repeat = false"));
    let warnings = |place| machine.schedule(&["print", place]).exits(0).stderr;
    insta::assert_snapshot!(warnings("--cron"), @r#"
    warning: no connection takes part: write `auto_repeat = true` into the import table of one in ~/connections.toml
    warning: cron does not know the variables of your shell: CAFLOU_TOKEN. Put each secret into a file of its own (chmod 600), and write { file = "…" } in ~/connections.toml
    "#);
    insta::assert_snapshot!(warnings("--user"), @r#"
    warning: no connection takes part: write `auto_repeat = true` into the import table of one in ~/connections.toml
    warning: systemd does not know the variables of your shell: write CAFLOU_TOKEN=… into ~/caflou-sync.env (a line each, chmod 600), or put each secret into a file of its own and write { file = "…" } in the configuration
    "#);
    // set there, it is there
    fs::write(machine.bench.path("caflou-sync.env"), "CAFLOU_TOKEN=abc\n").unwrap();
    assert!(!warnings("--user").contains("CAFLOU_TOKEN"));
    let units = machine.schedule(&["print", "--user"]).stdout;
    assert!(
        units.contains("\nEnvironmentFile=-~/caflou-sync.env\n"),
        "{units}"
    );
}

#[test]
fn what_messages_need_is_there_for_a_timer_as_well() {
    let machine = Machine::whole();
    let text = machine.bench.config();
    let told = "[notify.email]\nserver = \"smtp.example.com\"\nuser = \"eva\"\n\
                password = { file = \"mail-password\" }\nca_file = \"mail.pem\"\n\
                from = \"eva@example.com\"\nto = \"eva@example.com\"\n\
                [notify.webhook]\nurl = { env = \"HOOK\" }\ntoken = { file = \"hook-token\" }\n\
                [notify.heartbeat]\nurl = { file = \"beat\" }\nfail_url = { env = \"BEAT_FAIL\" }\n";
    machine.bench.write_config(&format!("{told}\n{text}"));
    let ran = machine.schedule(&["print", "--user"]).exits(0);
    for file in ["mail-password", "mail.pem", "hook-token", "beat"] {
        let line = format!("\nBindReadOnlyPaths=-~/{file}\n");
        assert!(ran.stdout.contains(&line), "{file} in {}", ran.stdout);
    }
    assert!(
        ran.stderr.contains("write HOOK=…, BEAT_FAIL=… into"),
        "{}",
        ran.stderr
    );
    // a program of the user's may need anything of theirs
    let command = "[notify]\ncommand = [\"/home/eva/bin/tell\"]\n";
    machine.bench.write_config(&format!("{command}\n{text}"));
    let ran = machine.schedule(&["print", "--user"]).exits(0);
    assert!(!ran.stdout.contains("ProtectHome"), "{}", ran.stdout);
    insta::assert_snapshot!(ran.stderr, @"");
}
