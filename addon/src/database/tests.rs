//! What the statements promise to each other.

use chrono::TimeDelta;

use super::*;
use crate::config::AddonLimits;

const SHOP: u64 = 222_651;

fn vault() -> Vault {
    Vault::new(&"a1".repeat(32).into()).unwrap()
}

fn database() -> (tempfile::TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("new/addon.db"), &vault()).unwrap();
    (folder, database)
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn install(database: &Database, oauth_token: &[u8], now: DateTime<Utc>) {
    let shop = NewShop {
        eshop_id: SHOP,
        url: "https://shop.example.cz".to_owned(),
        contact: vec![1],
        oauth_token: oauth_token.to_vec(),
    };
    database.install(&shop, now).unwrap();
}

fn token(name: u8, oauth_token: &[u8], ends: i64) -> NewToken {
    NewToken {
        eshop_id: SHOP,
        oauth_token: oauth_token.to_vec(),
        token: KeptToken {
            token: vec![name],
            renew_at: at(ends - 120),
            expires_at: at(ends),
        },
    }
}

#[test]
fn a_new_installation_leaves_nothing_of_the_one_before() {
    let (_folder, database) = database();
    install(&database, b"first", at(0));
    database.set_code(SHOP, &[1; 32], at(100)).unwrap();
    database.pair(SHOP, &[2; 32], "caflou-sync", at(1)).unwrap();
    database.set_code(SHOP, &[3; 32], at(100)).unwrap();
    assert!(
        database
            .keep_token(&token(7, b"first", 1800), at(2))
            .unwrap()
    );
    install(&database, b"second", at(10));
    assert_eq!(database.code(SHOP, at(11)).unwrap(), None);
    assert!(database.paired(&[2; 32], at(11)).unwrap().is_none());
    assert!(database.token_ends(SHOP, at(11)).unwrap().is_empty());
    // What was asked for by the first one comes too late.
    assert!(
        !database
            .keep_token(&token(8, b"first", 1800), at(12))
            .unwrap()
    );
    assert!(database.token_ends(SHOP, at(12)).unwrap().is_empty());
}

#[test]
fn of_several_tokens_the_one_that_lives_longest_is_given() {
    let (_folder, database) = database();
    install(&database, b"oauth", at(0));
    database.set_code(SHOP, &[1; 32], at(100)).unwrap();
    database.pair(SHOP, &[2; 32], "caflou-sync", at(0)).unwrap();
    let given = |now| {
        let paired = database.paired(&[2; 32], at(now)).unwrap().unwrap();
        paired.token.map(|kept| kept.token)
    };
    assert_eq!(given(0), None);
    for (name, ends) in [(1, 1800), (2, 1900), (3, 1850)] {
        database
            .keep_token(&token(name, b"oauth", ends), at(0))
            .unwrap();
    }
    assert_eq!(given(0), Some(vec![2]));
    let ends = database.token_ends(SHOP, at(1800)).unwrap();
    assert_eq!(ends, [at(1850), at(1900)]);
    assert_eq!(given(1900), None);
}

#[test]
fn a_code_is_good_until_its_end_and_a_newer_one_takes_its_place() {
    let (_folder, database) = database();
    install(&database, b"oauth", at(0));
    database.set_code(SHOP, &[1; 32], at(100)).unwrap();
    assert_eq!(database.code(SHOP, at(99)).unwrap(), Some(vec![1; 32]));
    assert_eq!(database.code(SHOP, at(100)).unwrap(), None);
    database.set_code(SHOP, &[2; 32], at(200)).unwrap();
    assert_eq!(database.code(SHOP, at(99)).unwrap(), Some(vec![2; 32]));
}

#[test]
fn wrong_codes_count_for_an_hour_each() {
    let (_folder, database) = database();
    let limits = AddonLimits {
        wrong_codes_per_shop: 2,
        wrong_codes_per_address: 3,
        ..AddonLimits::default()
    };
    let who = |eshop_id, address: u8| Tries {
        eshop_id,
        address: vec![address],
    };
    let may = |who: &Tries, now| database.may_try(who, &limits, at(now)).unwrap();
    database.count_try(&who(1, 1), at(0)).unwrap();
    assert_eq!(may(&who(1, 1), 1), Ok(()));
    database.count_try(&who(1, 2), at(600)).unwrap();
    let until = |seconds| Err(Limited { until: at(seconds) });
    assert_eq!(
        may(&who(1, 9), 601),
        until(3600),
        "for the shop, from anywhere"
    );
    assert_eq!(may(&who(2, 1), 601), Ok(()), "another shop");
    database.count_try(&who(2, 1), at(700)).unwrap();
    database.count_try(&who(3, 1), at(800)).unwrap();
    assert_eq!(
        may(&who(4, 1), 801),
        until(3600),
        "from the address, for any shop"
    );
    assert_eq!(may(&who(1, 9), 3600), Ok(()), "the oldest one has ended");
    database.count_try(&who(1, 9), at(3700)).unwrap();
    assert_eq!(may(&who(1, 8), 3701), until(4200), "when the next one ends");
}

#[test]
fn an_older_event_does_not_change_what_a_later_one_said() {
    let (_folder, database) = database();
    install(&database, b"oauth", at(100));
    let set = |standing, seconds| database.set_standing(SHOP, standing, at(seconds)).unwrap();
    assert!(set(Standing::Suspended, 100), "of the same second");
    assert!(set(Standing::Approved, 200));
    assert!(!set(Standing::Terminated, 150));
    let shops = database.shops(at(300)).unwrap();
    assert_eq!(shops[0].standing, Standing::Approved);
}

#[test]
fn an_event_is_remembered_for_as_long_as_it_could_be_replayed() {
    let (_folder, database) = database();
    let memory = TimeDelta::hours(1);
    let note = |seconds| database.note_event(&[7; 32], at(seconds), memory).unwrap();
    assert_eq!((note(0), note(10), note(3599)), (true, false, false));
    assert!(note(3601));
}

#[test]
fn a_database_of_another_program_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE theirs (id)").unwrap();
    let error = Database::open(&path, &vault()).unwrap_err().to_string();
    assert!(
        error.contains("it is another program's database"),
        "{error}"
    );
    let sql = "SELECT group_concat(name) FROM sqlite_master";
    let tables: String = other.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(tables, "theirs");
}
