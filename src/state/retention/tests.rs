use super::*;
use crate::record::SourceId;
use crate::state::RunStart;
use crate::state::View;

#[test]
fn old_runs_go_and_the_last_good_one_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let at = |day: i64| DateTime::from_timestamp(day * 86_400, 0).unwrap();
    let run = |connection: &str, day: i64, status: &str| {
        let mut journal = Journal::open(&path, connection).unwrap();
        let run_id = format!("{connection}{day}");
        let started_at = at(day);
        let start = RunStart {
            run_id,
            started_at,
            part: false,
        };
        journal.begin(&start).unwrap();
        let key = (Kind::Income, &SourceId("1".to_owned()));
        journal.note_change(key, "create", "{}").unwrap();
        journal.finish(at(day), status, "{}", None).unwrap();
        journal
    };
    for (connection, day, status) in [
        ("a", 1, "ok"),
        ("a", 2, "partial"),
        ("a", 3, "failed"),
        ("b", 1, "ok"),
    ] {
        run(connection, day, status);
    }
    let mut journal = run("a", 9, "failed");
    assert_eq!(journal.prune(at(9)).unwrap(), 2);
    let runs = |connection| {
        let runs = View::open(&path, connection).unwrap().runs(9).unwrap();
        runs.into_iter().map(|run| run.run_id).collect::<Vec<_>>()
    };
    assert_eq!(runs("a"), ["a9", "a2"]);
    assert_eq!(runs("b"), ["b1"]);
    let (view, id) = (View::open(&path, "a").unwrap(), SourceId("1".to_owned()));
    let told = view.told_of(Kind::Income, &id).unwrap();
    assert_eq!(told.len(), 2, "changes go with their runs");
}
