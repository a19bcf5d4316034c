//! How the connections are, for people.

use anstyle::Style;
use chrono::{DateTime, Utc};

use super::amount::grouped;
use super::count::Count;
use super::flow::{folded, indented};
use super::line::Line;
use super::style::{BOLD, DIM, GREEN, PLAIN, RED, YELLOW};
use super::time::{distance, local};
use crate::health::{Health, RunEnd, STALE_AFTER, Symptom};
use crate::schedule::Timer;
use crate::state::{OpenCounts, OpenRecord, PastRun};

/// Records that are listed to people, of each connection.
pub const LISTED: u32 = 10;
/// Columns before what a line says.
const LABEL: usize = 17;
/// Columns of a record's name.
const NAME: usize = 23;

/// How a connection is.
#[derive(Debug, Clone)]
pub struct Condition {
    /// Its key.
    pub connection: String,
    /// The files that commands have to name: ` --config FILE --state FILE`, or nothing.
    pub files: String,
    /// Its name for people.
    pub name: String,
    /// It takes part in scheduled runs.
    pub auto_repeat: bool,
    /// What starts them.
    pub timer: Timer,
    /// In one word.
    pub health: Health,
    /// What is not as it should be.
    pub symptoms: Vec<Symptom>,
    /// The run that is under way.
    pub running: Option<PastRun>,
    /// The last run before it.
    pub last_run: Option<PastRun>,
    /// The last run that came to its end.
    pub last_good_run: Option<PastRun>,
    /// All changes in the shop before this moment are imported, or noted as failed.
    pub complete_to: Option<DateTime<Utc>>,
    /// How many records are not in order.
    pub counts: OpenCounts,
    /// How many records were deleted in Caflou and are not imported again.
    pub gone: u64,
    /// The first of those that are not in order.
    pub open: Vec<OpenRecord>,
    /// When the access to Caflou ends.
    pub access: Option<AccessEnd>,
}

/// An access to Caflou with an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessEnd {
    /// Obtained with a user's login.
    pub login: bool,
    /// The program logs in anew by itself; not where a one-time password is needed.
    pub renewable: bool,
    /// Its end.
    pub ends: DateTime<Utc>,
}

/// The conditions, a block for each, without a line end at the end.
#[must_use]
pub fn status(all: &[Condition], now: DateTime<Utc>, color: bool, width: Option<usize>) -> String {
    let block = |condition: &Condition| {
        let lines = condition.lines(now).into_iter();
        let lines = lines.flat_map(|(line, indent)| folded(line, width, indent));
        let lines: Vec<_> = lines.map(|line| line.render(color)).collect();
        lines.join("\n")
    };
    all.iter().map(block).collect::<Vec<_>>().join("\n\n")
}

/// What is not as it should be, as a sentence that says what to do.
#[must_use]
pub fn symptom_words(symptom: Symptom, of: &Condition, now: DateTime<Utc>) -> String {
    let (key, files) = (&of.connection, &of.files);
    let error = of.last_run.as_ref().and_then(PastRun::error);
    let error = error.map(|error| format!(": {error}")).unwrap_or_default();
    let new_token = format!(
        "make a new one in Caflou under Account settings, API, and type it in: caflou-sync edit \
         {key}{files}"
    );
    match symptom {
        Symptom::TokenEnded(at) => {
            format!("the Caflou token ended {}: {new_token}", when(at, now))
        }
        Symptom::TokenEnds(at) => format!("the Caflou token ends {}: {new_token}", when(at, now)),
        Symptom::LastRun(RunEnd::Failed | RunEnd::Good) => {
            let last = of.last_run.as_ref();
            let advice = if last.is_some_and(|run| run.advice.is_some()) {
                String::new()
            } else {
                format!("; `caflou-sync test {key}{files}` checks both sides")
            };
            format!("the last run failed{error}{advice}")
        }
        Symptom::LastRun(RunEnd::Stopped) => format!("the last run was stopped{error}"),
        Symptom::LastRun(RunEnd::Died) => format!(
            "the last run died before its end: its process was killed, or the machine went down; \
             the next one goes on: caflou-sync run {key}{files}"
        ),
        Symptom::Stale(at) => stale(at, of, now),
        Symptom::NeverComplete => format!(
            "no run has imported everything yet, though auto_repeat is on: caflou-sync run {key}{files}"
        ),
        Symptom::Failed(number) => {
            let tried = if number == 1 { "it" } else { "them" };
            format!(
                "{} failed; each run tries {tried} again",
                Count(number, "record")
            )
        }
        Symptom::Uncertain(number) => format!(
            "{} with a write of unknown outcome; the next run looks in Caflou what came of it",
            Count(number, "record")
        ),
    }
}

/// Why there was no whole import for long is for the last runs to tell.
fn stale(at: DateTime<Utc>, of: &Condition, now: DateTime<Utc>) -> String {
    let fresh = |run: &PastRun| now - run.started_at <= STALE_AFTER;
    let why = if of.last_good_run.as_ref().is_some_and(fresh) {
        format!(
            ": runs end, but do not read everything; `caflou-sync run {}{}` shows what is missing",
            of.connection, of.files
        )
    } else if of
        .running
        .as_ref()
        .or(of.last_run.as_ref())
        .is_some_and(fresh)
    {
        String::new()
    } else {
        ", though auto_repeat is on: does the timer or cron still start `caflou-sync run \
         --scheduled`?"
            .to_owned()
    };
    format!("the last whole import was {}{why}", when(at, now))
}

impl Condition {
    /// The lines, each with the indent of what does not fit on it.
    fn head(&self) -> Line {
        let mut head = Line::of(BOLD, &self.connection);
        head.push(PLAIN, "  ");
        let bad = !self.symptoms.is_empty();
        head.push(style(self.health, bad), word(self.health));
        if self.name != self.connection {
            head.push(DIM, &format!("  {}", self.name));
        }
        head
    }

    fn lines(&self, now: DateTime<Utc>) -> Vec<(Line, usize)> {
        let mut lines = vec![(self.head(), 2)];
        for symptom in &self.symptoms {
            let line = Line::of(style(symptom.health(), true), "  ! ");
            let words = symptom_words(*symptom, self, now);
            lines.push((line.with(PLAIN, &words), 4));
        }
        let full = format!("caflou-sync run {} --full{}", self.connection, self.files);
        let edit = format!("caflou-sync edit {}{}", self.connection, self.files);
        let mut say = |label: &str, words: &str| {
            let mut line = Line::of(DIM, &format!("  {label}"));
            line.pad(LABEL);
            lines.push((line.with(PLAIN, words), LABEL));
        };
        if let Some(run) = &self.running {
            say("running", &format!("since {}", when(run.started_at, now)));
        }
        let last = self.last_run.as_ref();
        say(
            "last run",
            &last.map_or_else(|| "never".to_owned(), |run| ended(run, now)),
        );
        if let Some(good) = &self.last_good_run
            && last.is_some_and(|last| last.run_id != good.run_id)
        {
            say("last good run", &ended(good, now));
        }
        if let Some(at) = self.complete_to {
            say("complete to", &when(at, now));
        }
        say("auto repeat", &self.auto_repeat(now));
        if let Some(access) = self.access {
            let (what, then) = match (access.login, access.renewable) {
                (true, true) => ("login until", ", then renewed by itself".to_owned()),
                (true, false) => (
                    "login until",
                    format!(", then a six-digit code is needed: {edit}"),
                ),
                (false, _) => ("token until", String::new()),
            };
            say(what, &format!("{}{then}", when(access.ends, now)));
        }
        if self.gone > 0 {
            let gone = Count(self.gone, "record");
            say(
                "deleted there",
                &format!(
                    "{gone} in Caflou, not created again; {full} looks whether that is still so"
                ),
            );
        }
        lines.extend(self.open_lines().into_iter().map(|line| (line, 6)));
        lines
    }

    fn auto_repeat(&self, now: DateTime<Utc>) -> String {
        if !self.auto_repeat {
            return "no, by hand only".to_owned();
        }
        match self.timer {
            Timer::At(Some(next)) => format!("yes, next {}", when(next, now)),
            Timer::At(None) => "yes".to_owned(),
            Timer::None => {
                "yes; no timer made by `caflou-sync schedule install` is here".to_owned()
            }
        }
    }

    fn open_lines(&self) -> Vec<Line> {
        let all = self.counts.failed + self.counts.uncertain;
        if all == 0 {
            return Vec::new();
        }
        let mut lines = vec![Line::of(DIM, "  not in order:")];
        lines.extend(self.open.iter().map(open_line));
        let more = all.saturating_sub(self.open.len() as u64);
        if more > 0 {
            let (key, files) = (&self.connection, &self.files);
            let command = format!("caflou-sync status {key}{files} --format json");
            let line = Line::of(PLAIN, &format!("… and {} more: ", grouped(more)));
            let line = line.with(BOLD, &command).with(PLAIN, " lists all");
            lines.push(indented(4, line));
        }
        lines
    }
}

fn open_line(open: &OpenRecord) -> Line {
    let sign = if open.uncertain {
        Line::of(YELLOW, "    ? ")
    } else {
        Line::of(RED, "    ! ")
    };
    let company = open.kind == "company" && !open.label.is_empty();
    let name = match open.source_id.as_str() {
        "" if open.label.is_empty() => "without a number",
        "" => &open.label,
        _ if company => &open.label,
        id => id,
    };
    let mut line = sign.with(PLAIN, &format!("{:<7}  {name}", open.kind));
    line.pad(6 + 7 + 2 + NAME);
    let reason = open.reason.as_deref();
    let line = line
        .with(PLAIN, "  ")
        .with(PLAIN, reason.unwrap_or("sent, without an answer yet"));
    let times = open.first.zip(open.last).map(|(first, last)| {
        let (first, last) = (local(first), local(last));
        match open.attempts {
            0 | 1 => format!(" · {first}"),
            number => format!(" · {} times, {first} to {last}", grouped(number.into())),
        }
    });
    line.with(DIM, &times.unwrap_or_default())
}

/// "3 h ago (2026-11-23 04:10): partly done".
fn ended(run: &PastRun, now: DateTime<Utc>) -> String {
    let how = match run.status.as_deref() {
        Some("partial") => "done, but some records failed",
        Some("ok") => "ok",
        Some(other) => other,
        None => "died",
    };
    format!("{}: {how}", when(run.started_at, now))
}

fn when(time: DateTime<Utc>, now: DateTime<Utc>) -> String {
    format!("{} ({})", distance(time, now), local(time))
}

fn word(health: Health) -> &'static str {
    match health {
        Health::Healthy => "healthy",
        Health::NeverRun => "never run",
        Health::Attention => "needs a look",
        Health::Stale => "stale",
        Health::Failing => "failing",
    }
}

fn style(health: Health, bad: bool) -> Style {
    match health {
        Health::Healthy => GREEN,
        Health::NeverRun if !bad => DIM,
        Health::Attention => YELLOW,
        Health::Stale | Health::Failing | Health::NeverRun => RED,
    }
}
