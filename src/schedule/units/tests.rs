use super::*;

fn system() -> Units {
    Units {
        job: TimerJob {
            program: "/usr/bin/caflou-sync".into(),
            config: "/etc/caflou-sync/connections.toml".into(),
            state: Some("/var/lib/caflou-sync/state.db".into()),
        },
        when: When::default(),
        scope: UnitScope::System,
        user: Some("caflou-sync".into()),
        needs: Needs::default(),
        state_folder: "/var/lib/caflou-sync".into(),
        cache_folder: None,
        environment_file: None,
        variables: Vec::new(),
    }
}

fn user() -> Units {
    Units {
        job: TimerJob {
            program: "/home/eva/.cargo/bin/caflou-sync".into(),
            config: "/home/eva/my shop/100%.toml".into(),
            state: None,
        },
        when: When::every("6h").unwrap(),
        scope: UnitScope::User,
        user: None,
        needs: Needs {
            variables: vec!["SHOPTET_TOKEN".into()],
            files: vec!["/home/eva/my shop/secrets/caflou".into()],
            ..Needs::default()
        },
        state_folder: "/home/eva/my shop".into(),
        cache_folder: Some("/home/eva/.cache/caflou-sync".into()),
        environment_file: Some("/home/eva/my shop/caflou-sync.env".into()),
        variables: vec![("XDG_DATA_HOME".into(), "/home/eva/my data".into())],
    }
}

/// `examples/deploy/systemd` shows what is made for a program of the system.
#[test]
fn the_examples_are_what_is_made() {
    let service = include_str!("../../../examples/deploy/systemd/caflou-sync.service");
    let timer = include_str!("../../../examples/deploy/systemd/caflou-sync.timer");
    assert_eq!(system().service(), service);
    assert_eq!(system().timer(), timer);
}

#[test]
fn a_users_run_sees_of_the_home_only_what_it_needs() {
    let service = user().service();
    // what never differs comes after it
    let (own, confined) = service.split_once("MemoryDenyWriteExecute").unwrap();
    assert!(confined.ends_with(&format!("\n{CONFINED}\n")));
    insta::assert_snapshot!(own, @r#"
    # Made by `caflou-sync schedule install`.
    # Installing again replaces it; changes of yours are safe in `systemctl --user edit caflou-sync.service`.
    [Unit]
    Description=Customers and orders of the e-shop into Caflou

    [Service]
    Type=oneshot
    ExecStart=/home/eva/.cargo/bin/caflou-sync --config "/home/eva/my shop/100%%.toml" run --scheduled
    Environment="XDG_DATA_HOME=/home/eva/my data"
    EnvironmentFile=-/home/eva/my shop/caflou-sync.env
    # A first import of a big shop takes hours. Stopped, it ends in order.
    TimeoutStartSec=6h
    TimeoutStopSec=2min
    UMask=0077

    ProtectSystem=strict
    ProtectHome=tmpfs
    BindReadOnlyPaths=-/home/eva/.cargo/bin/caflou-sync
    BindReadOnlyPaths="-/home/eva/my shop/100%%.toml"
    BindReadOnlyPaths="-/home/eva/my shop/secrets/caflou"
    BindPaths="/home/eva/my shop"
    BindPaths=-/home/eva/.cache/caflou-sync
    "#);
    insta::assert_snapshot!(user().timer(), @r"
    # Made by `caflou-sync schedule install`.
    # Installing again replaces it; changes of yours are safe in `systemctl --user edit caflou-sync.timer`.
    [Unit]
    Description=caflou-sync every 6 hours

    [Timer]
    OnCalendar=*-*-* 00/6:15:00
    # What was missed while the computer was off is made up for.
    Persistent=true
    RandomizedDelaySec=600
    FixedRandomDelay=true

    [Install]
    WantedBy=timers.target
    ");
}

#[test]
fn a_password_manager_gets_the_home_folder() {
    let mut units = user();
    units.needs.secret_programs = true;
    let service = units.service();
    assert!(service.contains("\nProtectSystem=full\n"), "{service}");
    for not in ["ProtectHome", "BindPaths", "MemoryDenyWriteExecute"] {
        assert!(!service.contains(not), "{not} in {service}");
    }
}

#[test]
fn words_are_quoted_for_systemd() {
    // a path, in a command, in BindPaths=
    let table = [
        ("/a/b-c.toml", "/a/b-c.toml", "/a/b-c.toml"),
        ("/obchod/můj", "/obchod/můj", "/obchod/můj"),
        ("/100%", "/100%%", "/100%%"),
        ("/a b", r#""/a b""#, r#""/a b""#),
        ("/a\"b", r#""/a\"b""#, r#""/a\"b""#),
        ("/a'b", r#""/a'b""#, r#""/a'b""#),
        ("/a;b", r#""/a;b""#, r#""/a;b""#),
        ("/a\\b", r#""/a\\b""#, r#""/a\\b""#),
        ("/a:b", "/a:b", r#""/a:b""#),
    ];
    for (path, in_command, in_bind) in table {
        assert_eq!(word(path), in_command);
        assert_eq!(bound("", path), in_bind);
    }
    let mut units = system();
    units.job.config = "/$HOME/${x}".into();
    units.job.program = "/$5/caflou-sync".into();
    let command = units.command();
    assert!(command.starts_with(r#"/$5/caflou-sync --config "/$$HOME/$${x}" --state "#));
}
