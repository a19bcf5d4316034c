//! What packagers take: completions, manual pages, files for containers.

use std::fs;

use crate::support::Bench;

#[test]
fn completions_know_the_commands() {
    let bench = Bench::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = bench.program(&["completions", shell]).exits(0);
        for word in ["schedule", "uninstall", "detailed-exitcode"] {
            assert!(ran.stdout.contains(word), "{word} for {shell}");
        }
    }
}

#[test]
fn there_is_a_manual_page_for_the_program_and_for_each_command() {
    let bench = Bench::new();
    let page = bench.program(&["man"]).exits(0).stdout;
    assert!(
        page.contains(".TH caflou-sync 1") && page.contains("Exit codes: 0 done"),
        "{page}"
    );
    let folder = bench.path("pages/man1");
    let ran = bench
        .program(&["man", "--out", folder.to_str().unwrap()])
        .exits(0);
    assert_eq!(ran.stdout, "");
    assert_eq!(
        fs::read_to_string(folder.join("caflou-sync.1")).unwrap(),
        page
    );
    let install = fs::read_to_string(folder.join("caflou-sync-schedule-install.1")).unwrap();
    assert!(
        install.contains("\\-\\-every") && install.contains("\\-\\-config"),
        "{install}"
    );
}

#[test]
fn pages_that_cannot_be_written_are_an_error() {
    let bench = Bench::new();
    fs::write(bench.path("file"), "").unwrap();
    let ran = bench.program(&["man", "--out", "file/pages"]).exits(1);
    assert!(
        ran.stderr
            .starts_with("error: the pages cannot be written to file/pages: "),
        "{}",
        ran.stderr
    );
}

/// A file of the project.
fn file(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn the_files_that_the_guide_for_an_add_on_names_are_there() {
    let guide = file("docs/addon.md");
    let links = guide.split("](../").skip(1);
    let names: Vec<_> = links
        .map(|rest| rest.split([')', '#']).next().unwrap())
        .collect();
    assert!(names.len() >= 5, "{names:?}");
    for name in names {
        assert!(!file(name).is_empty());
    }
}
