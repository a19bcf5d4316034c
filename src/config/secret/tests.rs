//! Secrets from each of their places.

use std::time::Instant;

use super::*;

mod keeping;

fn file(text: &str) -> (tempfile::TempDir, Secret) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    fs::write(&path, text).unwrap();
    (folder, Secret::File(path))
}

fn shell(script: &str) -> Secret {
    Secret::Command(["sh", "-c", script].map(str::to_owned).to_vec())
}

fn value(secret: &Secret) -> String {
    secret.resolve().unwrap().expose_secret().to_owned()
}

/// The error with its causes, as people see it.
fn error(secret: &Secret) -> String {
    let error = secret.resolve().unwrap_err();
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

#[test]
fn a_plain_secret_is_itself() {
    assert_eq!(value(&Secret::Plain("hunter2".into())), "hunter2");
    let empty = Secret::Plain("".into());
    assert_eq!(error(&empty), "the configuration gives an empty secret");
}

#[test]
fn a_variable_gives_its_value_and_a_missing_one_is_named() {
    let path = std::env::var_os("PATH").unwrap();
    assert_eq!(value(&Secret::Env("PATH".into())), path.to_str().unwrap());
    let missing = Secret::Env("CAFLOU_SYNC_NO_SUCH_VARIABLE".into());
    let expected = "the environment variable CAFLOU_SYNC_NO_SUCH_VARIABLE is not set";
    assert_eq!(error(&missing), expected);
}

#[test]
fn a_file_gives_its_text_without_the_last_line_end() {
    let (_folder, secret) = file(" hunter2\r\n");
    assert_eq!(value(&secret), " hunter2");
    let (folder, secret) = file("\n");
    assert!(error(&secret).ends_with("/secret gives an empty secret"));
    drop(folder);
    assert!(error(&secret).contains("/secret cannot be read: No such file"));
}

#[test]
fn several_lines_are_no_secret() {
    let (_folder, secret) = file("hunter2\nlogin: me\n");
    let error = error(&secret);
    assert!(error.ends_with("gives more than one line, or a control character"));
    assert!(!error.contains("hunter2"));
}

#[cfg(unix)]
#[test]
fn a_command_gives_what_it_prints() {
    assert_eq!(value(&shell("echo; echo ' hunter2 '")), "hunter2");
    assert_eq!(
        error(&shell("true")),
        "the command \"sh\" gives an empty secret"
    );
}

#[cfg(unix)]
#[test]
fn a_failing_command_is_named_without_its_arguments_and_output() {
    let failing = shell("echo hunter2; echo hunter2 >&2; exit 3");
    let expected = "the secret's command \"sh\" failed (exit status: 3)";
    assert_eq!(error(&failing), expected);
    let missing = Secret::Command(vec!["no-such-program".into(), "hunter2".into()]);
    let expected = "the secret's command \"no-such-program\" cannot be run: No such file";
    assert!(error(&missing).starts_with(expected));
}

#[cfg(unix)]
#[test]
fn a_command_that_does_not_end_is_stopped() {
    let limit = Duration::from_millis(100);
    for script in ["exec sleep 60", "sleep 5 & echo hunter2"] {
        let words = ["sh", "-c", script].map(str::to_owned);
        let started = Instant::now();
        assert!(matches!(
            output(&words, limit, &|| false),
            Err(SecretError::TooSlow { .. })
        ));
        assert!(started.elapsed() < Duration::from_secs(4));
    }
}

#[cfg(unix)]
#[test]
fn a_command_that_prints_without_end_is_an_error() {
    assert!(matches!(
        shell("exec yes").resolve(),
        Err(SecretError::Failed { .. })
    ));
}

#[test]
fn debug_shows_no_secret() {
    let secrets = [
        Secret::Plain("hunter2".into()),
        shell("echo hunter2"),
        Secret::Env("E".into()),
    ];
    insta::assert_snapshot!(
        format!("{secrets:?}"),
        @r#"[Plain(…), Command("sh", …), Env("E")]"#
    );
}
