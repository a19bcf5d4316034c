use super::*;
use crate::state::Clock;

/// How commits are forced to the disk while `write` changes records: 2 is at once.
fn synchronous(journal: &mut Journal, write: impl FnOnce(&mut Journal)) -> Vec<i64> {
    let watch = "CREATE TEMP TABLE IF NOT EXISTS seen (synchronous INTEGER); \
                 DELETE FROM temp.seen; \
                 CREATE TEMP TRIGGER IF NOT EXISTS watch AFTER UPDATE OF sent_at ON main.records \
                 BEGIN INSERT INTO seen SELECT synchronous FROM pragma_synchronous; END";
    journal.sqlite.execute_batch(watch).unwrap();
    write(journal);
    let mut seen = journal.sqlite.prepare("SELECT * FROM temp.seen").unwrap();
    let seen = seen.query_map([], |row| row.get(0)).unwrap();
    seen.collect::<Result<_, _>>().unwrap()
}

#[test]
fn what_is_noted_before_a_request_leaves_is_on_the_disk_by_then() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(&folder.path().join("state.db"), "shop").unwrap();
    let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    let run = RunStart {
        run_id: "run".to_owned(),
        started_at: now,
        part: false,
    };
    journal.begin(&run).unwrap();
    let (id, none) = (SourceId("1".to_owned()), Attributes::default());
    let sent = &Clock::system().leaving(Duration::from_secs(1));
    let key = (Kind::Income, &id);
    let intent = || Intent {
        kind: Kind::Income,
        source_id: &id,
        label: "",
        payload: &none,
        changed_at: None,
        origin: Some("guid"),
    };
    journal.intend(&[intent()], sent).unwrap();
    let known = journal.view().unwrap().known(Kind::Income, &id).unwrap();
    let known = known.unwrap();
    assert_eq!(known.origin.as_deref(), Some("guid"));
    let noted = known.sent_at.unwrap();
    let millis = |sent: &Sent| {
        sent.up
            .as_ref()
            .map(|(boot, up)| (boot.clone(), up.0.as_millis()))
    };
    assert_eq!((millis(&noted), noted.within), (millis(sent), sent.within));
    let seen = synchronous(&mut journal, |journal| {
        journal.intend(&[intent()], sent).unwrap();
        journal.sent(key, sent).unwrap();
        journal.updating(key, (&none, &none), &none, sent).unwrap();
    });
    assert_eq!(seen, [2, 2, 2]);
    // What follows only has to survive the process.
    let seen = synchronous(&mut journal, |journal| journal.not_updated(key).unwrap());
    assert_eq!(seen, [1]);
}
