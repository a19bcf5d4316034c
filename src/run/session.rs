//! One run of one connection: ties the rooms together.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::open::{self, Lanes};
use super::streams::Running;
use super::untold::untold;
use super::{Exit, Wanted};
use crate::caflou::{Client as Caflou, Reader, Writer};
use crate::config::{Connection, Mode};
use crate::http::{Policy, Stop};
use crate::notify::Heart;
use crate::record::{ByKind, Kind, Stream};
use crate::source::{Interval, Scope, Source};
use crate::state::{self, AccountLock, Cache, Clock, Journal, Lock, Pair, RunStart, View, Watch};
use crate::sync::RequestCounts;
use crate::sync::report::{Heading, SCHEMA, Start, Status};
use crate::sync::{Apply, Counts, Event, Preview, Report, RunReport, Totals, scope};
use crate::text::safe;
use crate::trouble::{Class, Trouble};

/// The streams of a run, with what to read of each.
pub(crate) type Scopes = Vec<(&'static Stream, Scope)>;

/// One run.
pub(crate) struct Session<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) wanted: &'a Wanted,
    pub(crate) state: &'a Path,
    /// The files that commands have to name.
    pub(crate) files: &'a str,
    /// Days for which the history of runs is kept.
    pub(crate) keep_runs: u32,
    /// The report itself tells on stderr what went wrong.
    pub(crate) told_briefly: bool,
    pub(crate) cache: &'a Cache,
    pub(crate) lanes: &'a Lanes,
    pub(crate) stop: &'a Stop,
    /// Told that the run begins, once nothing else runs the connection.
    pub(crate) heart: Option<&'a Heart>,
}

/// Both services.
pub(crate) struct Services {
    pub(crate) source: Box<dyn Source>,
    pub(crate) caflou: Arc<Caflou>,
}

impl Session<'_> {
    /// Runs, tells, and gives the exit code.
    pub(crate) async fn run(&self, report: &mut dyn Report) -> Exit {
        let started_at = Utc::now();
        let run_id = run_id(started_at);
        let mut summary = RunReport {
            connection: self.connection.key.clone(),
            run_id: run_id.clone(),
            dry_run: self.wanted.dry_run,
            started_at,
            finished_at: started_at,
            status: Status::Ok,
            counts: ByKind::of(&self.connection.program.kinds(), |_| Counts::default()),
            totals: Totals::default(),
            spent: Totals::default(),
            unexplained: 0,
            requests: RequestCounts {
                program: self.connection.program.word,
                ..RequestCounts::default()
            },
            error: None,
            forecast: 0,
        };
        let run = RunStart {
            run_id,
            started_at,
            part: self.wanted.is_part(),
        };
        let ended = if self.wanted.dry_run {
            self.preview(&run, report, &mut summary).await
        } else {
            self.import(&run, report, &mut summary).await
        };
        let failed = summary.failed();
        let changes = summary.changes();
        let exit = match &ended {
            Err(trouble) => trouble.class.into(),
            Ok(()) if failed > 0 => Exit::SomeFailed,
            Ok(()) if self.wanted.dry_run && changes > 0 => Exit::Pending,
            Ok(()) => Exit::Done,
        };
        if let Err(trouble) = ended.or_else(|trouble| self.end(&mut summary, Err(trouble))) {
            // Where stdout is no terminal, its reader need not be the one who has to act.
            if !self.told_briefly && !io::stdout().is_terminal() {
                let error = format!("error: {}: {}", summary.connection, trouble);
                let _ = writeln!(io::stderr(), "{}", safe(&error));
            }
        }
        report.event(&Event::Summary(Box::new(summary)));
        exit
    }

    /// A dry run: reads, plans and shows. There is nothing that could write.
    async fn preview(
        &self,
        run: &RunStart,
        report: &mut dyn Report,
        summary: &mut RunReport,
    ) -> Result<(), Trouble> {
        let key = self.connection.key.as_str();
        let view = || match View::open(self.state, key) {
            Err(error) if self.wanted.rebuild && error.is_damage() => {
                Ok(View::empty(self.state, key)?)
            }
            opened => Ok(opened?),
        };
        let opened = view().and_then(|view| {
            self.is_its_own(&view)?;
            self.scopes(&view, run.started_at)
        });
        let (scopes, reasons) = match opened {
            Ok(opened) => opened,
            Err(end) => {
                self.begin(run, None, &[], report);
                return Err(end);
            }
        };
        let services = self.services();
        let name = match &services {
            Ok(services) => self.account_name(&services.caflou).await,
            Err(_) => None,
        };
        self.begin(run, name, &scopes, report);
        let services = services?;
        // The account's name is asked for its looks: a real run does without.
        let looks = services.caflou.requests().0;
        self.warn(report, reasons);
        let sink = Preview::new(key);
        let running = Running {
            session: self,
            services: &services,
            sink,
            view: &view,
            scopes,
        };
        let ended = running.run(report, summary, |_, _| Ok(())).await;
        summary.forecast += services.caflou.requests().0 - looks;
        Self::count_requests(&services, summary);
        self.end(summary, ended)
    }

    /// A real run, under the connection's lock.
    async fn import(
        &self,
        run: &RunStart,
        report: &mut dyn Report,
        summary: &mut RunReport,
    ) -> Result<(), Trouble> {
        let key = self.connection.key.as_str();
        let opened = Lock::take(self.state, key, run.started_at)
            .map_err(Trouble::from)
            .and_then(|lock| {
                let set_aside = self.set_aside(run.started_at)?;
                Ok((lock, Journal::open(self.state, key)?, set_aside))
            })
            .and_then(|(lock, mut journal, set_aside)| {
                let view = journal.view()?;
                if self.is_its_own(&view).is_ok() {
                    journal.bind(&self.pair())?;
                }
                let (scopes, mut reasons) = self.scopes(&view, run.started_at)?;
                let last = view.last_run()?.map(|last| last.started_at);
                reasons.extend(clock_went_back(last, run.started_at));
                reasons.extend(set_aside);
                reasons.extend(untold(&view)?);
                if self.is_doubtful(&view)? {
                    journal.doubt(self.streams())?;
                }
                journal.begin(run)?;
                Ok((lock, journal, scopes, reasons))
            });
        let (lock, journal, scopes, reasons) = match opened {
            Ok(opened) => opened,
            Err(end) => {
                self.begin(run, None, &[], report);
                return Err(end);
            }
        };
        self.heart.inspect(|heart| heart.begin());
        self.begin(run, None, &scopes, report);
        self.warn(report, reasons);
        let journal = Arc::new(Mutex::new(journal));
        let alone = self.alone_in_account().await;
        let watch = Watch::new(Clock::system(), Utc::now());
        let ended = match alone.and_then(|alone| Ok((alone, self.services()?))) {
            Ok((alone, services)) => {
                self.warn(report, unknown_to_others(&alone));
                let ended = self
                    .write(&services, (alone, &journal), scopes, report, summary)
                    .await;
                let_go(&journal);
                self.warn(report, clock_was_set(watch.jump(Utc::now())));
                Self::count_requests(&services, summary);
                ended
            }
            Err(end) => Err(end),
        };
        let ended = self.end(summary, ended);
        let text = serde_json::to_string(&Event::Summary(Box::new(summary.clone())));
        let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = journal.finish(
            summary.finished_at,
            summary.status.as_str(),
            &text.unwrap_or_default(),
            summary.error.as_ref(),
        );
        let noted = noted.and_then(|()| journal.told());
        let oldest = run.started_at - TimeDelta::days(self.keep_runs.into());
        if let Err(error) = journal.prune(oldest) {
            tracing::warn!("old runs stay in the history: {error}");
        }
        drop(lock);
        match (ended, noted) {
            (Ok(()), Err(error)) => Err(error.into()),
            (ended, _) => ended,
        }
    }

    async fn write(
        &self,
        services: &Services,
        (alone, journal): (AccountLock, &Arc<Mutex<Journal>>),
        scopes: Scopes,
        report: &mut dyn Report,
        summary: &mut RunReport,
    ) -> Result<(), Trouble> {
        let key = self.connection.key.as_str();
        let locked = || journal.lock().unwrap_or_else(PoisonError::into_inner);
        // Only now, so that the history tells of it.
        self.is_its_own(&locked().view()?)?;
        let view = locked().view()?;
        self.after_others(&alone, &view, services.caflou.timeout())
            .await?;
        let (scopes, met) = self.after_another(&alone, &locked(), scopes)?;
        self.warn(report, met.into_iter().collect());
        locked().writes_to(Arc::new(alone));
        if let Some(most) = self.wanted.most(self.connection) {
            self.within(most, services, journal, &scopes, summary)
                .await?;
        }
        let writer = Writer::new(Arc::clone(&services.caflou));
        let (timeout, clock) = (services.caflou.timeout(), Clock::system());
        let sink = Apply::new(key, writer, Arc::clone(journal), timeout, clock);
        let view = || Ok(locked().view()?);
        let running = Running {
            session: self,
            services,
            sink,
            view: &view,
            scopes,
        };
        running
            .run(report, summary, |stream, cursor| {
                Ok(locked().move_cursor(stream, cursor)?)
            })
            .await
    }

    /// Plans the whole run without writing, and stops it where it would change too much.
    async fn within(
        &self,
        most: u64,
        services: &Services,
        journal: &Arc<Mutex<Journal>>,
        scopes: &Scopes,
        summary: &RunReport,
    ) -> Result<(), Trouble> {
        let locked = || journal.lock().unwrap_or_else(PoisonError::into_inner);
        let view = || Ok(locked().view()?);
        let (key, files) = (self.connection.key.as_str(), self.files);
        let running = Running {
            session: self,
            services,
            sink: Preview::new(key),
            view: &view,
            scopes: scopes.clone(),
        };
        let mut planned = summary.clone();
        running
            .run(&mut Silent, &mut planned, |_, _| Ok(()))
            .await?;
        let changes = planned.changes();
        if changes <= most {
            return Ok(());
        }
        let what = format!(
            "{changes} records would change, more than the {most} that are allowed; nothing was \
             written"
        );
        Err(Trouble::new(Class::Guard, what).advise(format!(
            "Look with `caflou-sync run {key}{files} --dry-run`, go on with `caflou-sync run \
             {key}{files} --max-changes {changes}`"
        )))
    }

    /// The two sides of the connection.
    pub(crate) fn pair(&self) -> Pair {
        let connection = self.connection;
        Pair {
            source: format!("{}:{}", connection.program.word, connection.identity()),
            target: format!("caflou:{}", connection.account_id()),
        }
    }

    /// Makes sure that what is remembered is about the two sides that are configured: another shop
    /// gives the same codes to other orders, and another account does not have the records.
    fn is_its_own(&self, view: &View) -> Result<(), Trouble> {
        let (key, pair) = (&self.connection.key, self.pair());
        let known = view.pair()?;
        match known.filter(|known| *known != pair) {
            None => Ok(()),
            Some(known) => {
                let what = format!(
                    "`{key}` has imported from {known} so far, and the configuration now says \
                     {pair}; nothing was written"
                );
                Err(Trouble::new(Class::Guard, what).advise(format!(
                    "Give the new pair a connection of its own, or begin anew: `caflou-sync forget \
                     {key}{}`",
                    self.files
                )))
            }
        }
    }

    /// What the source lists.
    pub(crate) fn streams(&self) -> &'static [&'static Stream] {
        self.connection.program.streams
    }

    /// The streams of this run with what to read of each, and why everything where the user did
    /// not ask for it.
    fn scopes(&self, view: &View, now: DateTime<Utc>) -> Result<(Scopes, Vec<String>), Trouble> {
        let settings = self.settings();
        let mut reasons: Vec<_> = self.older_copy(view)?.into_iter().collect();
        let (mut scopes, copied) = (Vec::new(), !reasons.is_empty());
        for stream in self.connection.import.wanted(self.streams()) {
            let kind = stream.kind;
            if !self.wanted.covers(stream) {
                continue;
            }
            let named = self.wanted.named(stream);
            if !named.is_empty() {
                scopes.push((stream, Scope::Only(named)));
                continue;
            }
            let full = self.wanted.full || (kind != Kind::Company && self.wanted.own_interval());
            let cursor = view.cursor(stream)?;
            let full = full || copied;
            let (scope, reason) = scope::scope(stream, cursor.as_ref(), &settings, full, now);
            scopes.push((stream, scope));
            reasons.extend(reason.filter(|reason| !reasons.contains(reason)));
        }
        Ok((scopes, reasons))
    }

    /// Whether the state may not know what was written last.
    pub(crate) fn is_doubtful(&self, view: &View) -> Result<bool, Trouble> {
        Ok(self.wanted.rebuild || self.older_copy(view)?.is_some())
    }

    /// Why the state file is not as the last run left it, where that is so.
    fn older_copy(&self, view: &View) -> Result<Option<String>, Trouble> {
        let Some(last) = self.cache.last_run(&self.pair_at()) else {
            return Ok(None);
        };
        if self.wanted.rebuild || view.knows_run(&last)? {
            return Ok(None);
        }
        let what = match view.last_run()? {
            Some(_) => "is an older copy",
            None => "is new or was lost",
        };
        Ok(Some(format!(
            "the state file {what}: it does not know the run {last}. Everything is compared with \
             Caflou; what agrees with neither side stays as it is there, and is told"
        )))
    }

    /// The two sides with the address of Caflou: what a run is remembered by beside the state.
    pub(super) fn pair_at(&self) -> String {
        let api_url = self.connection.caflou_url();
        format!("{} at {api_url}", self.pair())
    }

    /// Sets the state file aside, where it is damaged and that is wanted. Says what was done.
    fn set_aside(&self, now: DateTime<Utc>) -> Result<Option<String>, Trouble> {
        if !self.wanted.rebuild {
            return Ok(None);
        }
        let aside = state::set_aside(self.state, &self.connection.key, now)?;
        Ok(Some(match aside {
            Some(aside) => format!(
                "the damaged state file lies in {} now; what is in Caflou is linked by its marks. \
                 What was deleted there or forgotten here is not known any more: look at what is \
                 created",
                aside.display()
            ),
            None => "the state file is in order and stays; everything is compared".to_owned(),
        }))
    }

    pub(crate) fn interval(&self) -> Interval {
        let import = &self.connection.import;
        Interval {
            from: self.wanted.from.or(import.from),
            to: self.wanted.to.or(import.to),
        }
    }

    pub(crate) fn settings(&self) -> String {
        scope::fingerprint(&self.connection.import, &self.connection.mapping)
    }

    fn services(&self) -> Result<Services, Trouble> {
        let (connection, lanes) = (self.connection, self.lanes);
        // A secret that was waited for in vain is no wrong one.
        let ended = |trouble| match self.stop.reason() {
            Some(_) => self.stop.into(),
            None => trouble,
        };
        let dry_run = self.wanted.dry_run;
        let source = open::source(
            connection,
            dry_run,
            self.cache,
            lanes,
            self.stop,
            Policy::default(),
        );
        let source = source.map_err(ended)?;
        let caflou = open::caflou(connection, self.cache, lanes, self.stop).map_err(ended)?;
        Ok(Services { source, caflou })
    }

    async fn account_name(&self, caflou: &Arc<Caflou>) -> Option<String> {
        let reader = Reader::new(Arc::clone(caflou));
        let accounts = tokio::select! {
            accounts = reader.accounts() => accounts.ok()?,
            () = self.stop.wait() => return None,
        };
        let account = accounts
            .into_iter()
            .find(|a| a.id == self.connection.account_id())?;
        Some(account.name)
    }

    fn begin(
        &self,
        run: &RunStart,
        account: Option<String>,
        scopes: &[(&'static Stream, Scope)],
        report: &mut dyn Report,
    ) {
        let connection = self.connection;
        let bare = format!("Caflou {}", connection.account_id());
        let Interval { from, to } = self.interval();
        let words = [
            from.map(|day| format!("from {day}")),
            to.map(|day| format!("to {day}")),
        ];
        report.event(&Event::Start(Start {
            schema: SCHEMA,
            run_id: run.run_id.clone(),
            connection: connection.key.clone(),
            dry_run: self.wanted.dry_run,
            started_at: run.started_at,
            modes: ByKind::of(&connection.program.kinds(), |kind| {
                connection.import.mode(kind)
            }),
            full: scopes.iter().any(|(_, scope)| *scope == Scope::Full),
            heading: Heading {
                source: format!(
                    "{} ({} {})",
                    connection.name,
                    connection.program.name,
                    connection.identity()
                ),
                target: match &account {
                    Some(name) => format!("{name} ({bare})"),
                    None => bare.clone(),
                },
                route: format!("{} → {}", connection.name, account.unwrap_or(bare)),
                interval: words.into_iter().flatten().collect::<Vec<_>>().join(" "),
            },
        }));
        let asked = scopes.iter().map(|(stream, _)| stream);
        let never = asked
            .filter(|stream| !stream.updates)
            .filter(|stream| connection.import.mode_of(stream) == Mode::NewAndUpdate);
        let told = never.map(|stream| {
            format!(
                "{} are never updated from the source: new-and-update does for them what new-only \
                 does",
                stream.kind.plural()
            )
        });
        self.warn(report, told.collect());
    }

    pub(crate) fn warn(&self, report: &mut dyn Report, messages: Vec<String>) {
        for message in messages {
            let connection = self.connection.key.clone();
            report.event(&Event::Warning {
                connection,
                message,
            });
        }
    }

    fn count_requests(services: &Services, summary: &mut RunReport) {
        let (source, caflou) = (services.source.requests(), services.caflou.requests());
        summary.requests = RequestCounts {
            program: summary.requests.program,
            source: source.0,
            caflou: caflou.0,
            retries: source.1 + caflou.1,
        };
        services.caflou.remember();
    }

    /// The end as it is reported.
    fn end(&self, summary: &mut RunReport, ended: Result<(), Trouble>) -> Result<(), Trouble> {
        let ended = ended.map_err(|trouble| {
            if !trouble.class.is_access() || !trouble.advice.is_empty() {
                return trouble;
            }
            let (key, files) = (&self.connection.key, self.files);
            trouble.advise(format!("`caflou-sync test {key}{files}` checks both sides"))
        });
        summary.finished_at = Utc::now();
        summary.status = match &ended {
            Err(trouble) if trouble.class.is_stop() => Status::Stopped,
            Err(_) => Status::Failed,
            Ok(()) if summary.failed() > 0 => Status::Partial,
            Ok(()) => Status::Ok,
        };
        summary.error = ended.as_ref().err().cloned();
        ended
    }
}

/// Tells nothing: for a plan that is only counted.
struct Silent;

impl Report for Silent {
    fn event(&mut self, _event: &Event) {}
}

/// Lets the account go.
fn let_go(journal: &Mutex<Journal>) {
    let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
    if let Err(error) = journal.let_go() {
        tracing::warn!("runs with other state files may wait for this one in vain: {error}");
    }
}

/// The account's lock holds back only runs with the same state file.
fn unknown_to_others(alone: &AccountLock) -> Vec<String> {
    let why = alone.unknown_to_others();
    let told = why.map(|why| {
        format!(
            "another run with another state file could write to this Caflou account at the same \
             time: {why}"
        )
    });
    told.into_iter().collect()
}

/// The wall clock was set during the run.
fn clock_was_set(by: Option<TimeDelta>) -> Vec<String> {
    let told = by.map(|by| {
        let way = if by < TimeDelta::zero() {
            "back"
        } else {
            "forward"
        };
        let minutes = by.num_minutes().abs();
        format!("this machine's clock was set {way} by {minutes} min during the run")
    });
    told.into_iter().collect()
}

/// The clock went backwards between two runs.
fn clock_went_back(last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<String> {
    let ahead = last? - now;
    (ahead > TimeDelta::minutes(1)).then(|| {
        format!(
            "this machine's clock went back: by it the last run began in {} min; what was sent \
             without an answer is waited for as long as ever",
            ahead.num_minutes()
        )
    })
}

/// Sorts by time, to the millisecond; chance keeps runs of several connections apart.
pub(crate) fn run_id(now: DateTime<Utc>) -> String {
    let (second, chance) = (now.format("%Y%m%dT%H%M%SZ"), fastrand::u32(..1 << 20));
    format!("{second}-{:03x}{chance:05x}", now.timestamp_subsec_millis())
}
