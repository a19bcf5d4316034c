//! Whether a connection is well: a judgement of what the state file says. Pure; "now" is an
//! argument.

use chrono::{DateTime, TimeDelta, Utc};

/// Scheduled runs come at least once a day. An hour for the clock change in autumn, and one for a
/// timer that starts a little later and a run that takes its time.
pub const STALE_AFTER: TimeDelta = TimeDelta::hours(26);
/// So long before its end an access token is worth a word.
pub const TOKEN_SOON: TimeDelta = TimeDelta::days(14);

/// What is known of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signs {
    /// It takes part in scheduled runs.
    pub auto_repeat: bool,
    /// A run of it is under way.
    pub running: bool,
    /// The last run, apart from one that is under way.
    pub last_run: Option<RunEnd>,
    /// All changes in the shop before this moment are imported, or noted as failed.
    pub complete_to: Option<DateTime<Utc>>,
    /// Records that failed.
    pub failed: u64,
    /// Records with a write of unknown outcome.
    pub uncertain: u64,
    /// When the access token ends, where that is known and it is not renewed by itself.
    pub token_ends: Option<DateTime<Utc>>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEnd {
    /// It came to its end, whether or not single records failed.
    Good,
    /// It could not go on.
    Failed,
    /// The user, a time limit or a guard rail stopped it.
    Stopped,
    /// Its process died.
    Died,
}

/// In one word, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// All is well.
    Healthy,
    /// It was never run.
    NeverRun,
    /// It works, and something needs a look.
    Attention,
    /// It ought to have run.
    Stale,
    /// The last run did not come to its end, or the next one cannot.
    Failing,
}

impl Health {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Healthy,
        Self::NeverRun,
        Self::Attention,
        Self::Stale,
        Self::Failing,
    ];

    /// The word for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::NeverRun => "never-run",
            Self::Attention => "attention",
            Self::Stale => "stale",
            Self::Failing => "failing",
        }
    }
}

/// Something that is not as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symptom {
    /// The access token has ended.
    TokenEnded(DateTime<Utc>),
    /// The last run did not come to its end.
    LastRun(RunEnd),
    /// Nothing was imported since this moment, though it ought to have been.
    Stale(DateTime<Utc>),
    /// It takes part in scheduled runs, and no run ever imported everything.
    NeverComplete,
    /// So many records failed.
    Failed(u64),
    /// So many records have a write of unknown outcome.
    Uncertain(u64),
    /// The access token ends soon.
    TokenEnds(DateTime<Utc>),
}

impl Symptom {
    /// How much it weighs.
    #[must_use]
    pub fn health(self) -> Health {
        match self {
            Self::TokenEnded(_) | Self::LastRun(_) => Health::Failing,
            Self::Stale(_) | Self::NeverComplete => Health::Stale,
            Self::Failed(_) | Self::Uncertain(_) | Self::TokenEnds(_) => Health::Attention,
        }
    }
}

/// Everything that is not as it should be, the worst first.
#[must_use]
pub fn symptoms(signs: &Signs, now: DateTime<Utc>) -> Vec<Symptom> {
    let mut all = Vec::new();
    let token = signs.token_ends;
    all.extend(token.filter(|ends| *ends <= now).map(Symptom::TokenEnded));
    let last = signs.last_run.filter(|last| *last != RunEnd::Good);
    all.extend(last.map(Symptom::LastRun));
    if signs.auto_repeat {
        match signs.complete_to {
            Some(at) if now - at > STALE_AFTER => all.push(Symptom::Stale(at)),
            // The first run may be the one under way.
            None if !signs.running => all.push(Symptom::NeverComplete),
            _ => {}
        }
    }
    all.extend((signs.failed > 0).then_some(Symptom::Failed(signs.failed)));
    // What is sent in this moment is no trouble.
    let uncertain = signs.uncertain > 0 && !signs.running;
    all.extend(uncertain.then_some(Symptom::Uncertain(signs.uncertain)));
    let soon = token.filter(|ends| now < *ends && *ends - now <= TOKEN_SOON);
    all.extend(soon.map(Symptom::TokenEnds));
    all
}

/// The judgement in one word.
#[must_use]
pub fn health(signs: &Signs, symptoms: &[Symptom]) -> Health {
    let worst = symptoms.iter().map(|symptom| symptom.health()).max();
    let never = signs.last_run.is_none() && !signs.running;
    match worst {
        // Nothing has failed yet where nothing was tried.
        None | Some(Health::Stale) if never => Health::NeverRun,
        worst => worst.unwrap_or(Health::Healthy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    const NOW: i64 = 10_000;

    fn well() -> Signs {
        Signs {
            auto_repeat: true,
            last_run: Some(RunEnd::Good),
            complete_to: Some(at(NOW - 24)),
            ..Signs::default()
        }
    }

    #[track_caller]
    fn judged(signs: &Signs, expected: Health, because: &[Symptom]) {
        let symptoms = symptoms(signs, at(NOW));
        assert_eq!(symptoms, because, "{signs:?}");
        assert_eq!(health(signs, &symptoms), expected, "{signs:?}");
    }

    #[test]
    fn a_connection_that_does_what_it_should_is_healthy() {
        judged(&well(), Health::Healthy, &[]);
        let by_hand = Signs {
            auto_repeat: false,
            complete_to: Some(at(NOW - 9_000)),
            ..well()
        };
        judged(&by_hand, Health::Healthy, &[]);
        let under_way = Signs {
            running: true,
            uncertain: 3,
            ..well()
        };
        judged(&under_way, Health::Healthy, &[]);
        let first = Signs {
            auto_repeat: true,
            running: true,
            ..Signs::default()
        };
        judged(&first, Health::Healthy, &[]);
    }

    #[test]
    fn a_scheduled_connection_is_stale_after_26_hours_whatever_its_runs_say() {
        let since = |hours| Signs {
            complete_to: Some(at(NOW - hours)),
            ..well()
        };
        judged(&since(26), Health::Healthy, &[]);
        judged(&since(27), Health::Stale, &[Symptom::Stale(at(NOW - 27))]);
        let hanging = Signs {
            running: true,
            ..since(50)
        };
        judged(&hanging, Health::Stale, &[Symptom::Stale(at(NOW - 50))]);
        let half = Signs {
            complete_to: None,
            ..well()
        };
        judged(&half, Health::Stale, &[Symptom::NeverComplete]);
    }

    #[test]
    fn a_connection_that_never_ran_says_so_and_is_in_trouble_only_where_it_is_scheduled() {
        judged(&Signs::default(), Health::NeverRun, &[]);
        let scheduled = Signs {
            auto_repeat: true,
            ..Signs::default()
        };
        judged(&scheduled, Health::NeverRun, &[Symptom::NeverComplete]);
    }

    #[test]
    fn a_last_run_without_a_good_end_is_a_failure_until_another_ends_well() {
        for ended in [RunEnd::Failed, RunEnd::Stopped, RunEnd::Died] {
            let signs = Signs {
                last_run: Some(ended),
                auto_repeat: false,
                ..well()
            };
            judged(&signs, Health::Failing, &[Symptom::LastRun(ended)]);
        }
    }

    #[test]
    fn open_records_and_a_token_that_ends_soon_want_a_look() {
        let signs = Signs {
            failed: 2,
            uncertain: 1,
            token_ends: Some(at(NOW + 14 * 24)),
            ..well()
        };
        let because = [
            Symptom::Failed(2),
            Symptom::Uncertain(1),
            Symptom::TokenEnds(at(NOW + 14 * 24)),
        ];
        judged(&signs, Health::Attention, &because);
        let later = Signs {
            token_ends: Some(at(NOW + 15 * 24)),
            ..well()
        };
        judged(&later, Health::Healthy, &[]);
    }

    #[test]
    fn with_an_ended_token_the_next_run_fails() {
        let signs = Signs {
            token_ends: Some(at(NOW)),
            failed: 1,
            ..well()
        };
        let because = [Symptom::TokenEnded(at(NOW)), Symptom::Failed(1)];
        judged(&signs, Health::Failing, &because);
    }
}
