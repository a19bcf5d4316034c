//! What the checks of a connection found.

use super::*;

const FOUND: [(&str, bool, &str); 3] = [
    ("e-shop", true, "Můj e-shop, e-shop 222651, Europe/Prague"),
    (
        "Caflou",
        false,
        "the access is refused (401): check the token\u{1b}[2J",
    ),
    (
        "state file",
        true,
        "state.db, no run of this connection yet",
    ),
];

#[test]
fn sentences_are_aligned_and_fold_where_a_terminal_is_narrow() {
    insta::assert_snapshot!(checks("Můj e-shop (my-shop)", &FOUND, false, None), @r"
    Můj e-shop (my-shop)
      ok  e-shop      Můj e-shop, e-shop 222651, Europe/Prague
      !!  Caflou      the access is refused (401): check the token�[2J
      ok  state file  state.db, no run of this connection yet
    ");
    insta::assert_snapshot!(checks("Můj e-shop (my-shop)", &FOUND, false, Some(50)), @r"
    Můj e-shop (my-shop)
      ok  e-shop      Můj e-shop, e-shop 222651,
                      Europe/Prague
      !!  Caflou      the access is refused (401):
                      check the token�[2J
      ok  state file  state.db, no run of this
                      connection yet
    ");
}

#[test]
fn what_is_well_is_green_and_what_is_not_is_red() {
    let text = checks("Můj e-shop (my-shop)", &FOUND, true, None);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "\u{1b}[1mMůj e-shop (my-shop)\u{1b}[0m");
    assert!(
        lines[1].starts_with("  \u{1b}[32mok\u{1b}[0m  e-shop"),
        "{text}"
    );
    assert!(
        lines[2].starts_with("  \u{1b}[31m!!\u{1b}[0m  Caflou"),
        "{text}"
    );
}
