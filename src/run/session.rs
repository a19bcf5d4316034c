//! One run of one connection: ties the rooms together.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::open::{self, Lanes};
use super::streams::Running;
use super::telling::{clock_was_set, clock_went_back, unknown_to_others};
use super::untold::untold;
use super::{Exit, Wanted};
use crate::caflou::{Client as Caflou, Writer};
use crate::config::Connection;
use crate::http::{Policy, Stop};
use crate::notify::Heart;
use crate::record::{ByKind, Stream};
use crate::source::{Scope, Source};
use crate::state::{AccountLock, Cache, Clock, Journal, Lock, Pair, RunStart, View, Watch};
use crate::sync::RequestCounts;
use crate::sync::report::Status;
use crate::sync::{Apply, Counts, Event, Preview, Report, RunReport, Totals};
use crate::text::safe;
use crate::trouble::Trouble;

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
        let (lock, journal, scopes, reasons) = match self.open(run) {
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

    /// The lock, and the state with the run begun in it; also what to read, and what to say of it.
    fn open(&self, run: &RunStart) -> Result<(Lock, Journal, Scopes, Vec<String>), Trouble> {
        let key = self.connection.key.as_str();
        let lock = Lock::take(self.state, key, run.started_at)?;
        let set_aside = self.set_aside(run.started_at)?;
        let mut journal = Journal::open(self.state, key)?;
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

    /// The two sides of the connection.
    pub(crate) fn pair(&self) -> Pair {
        let connection = self.connection;
        Pair {
            source: format!("{}:{}", connection.program.word, connection.identity()),
            target: format!("caflou:{}", connection.account_id()),
        }
    }

    /// What the source lists.
    pub(crate) fn streams(&self) -> &'static [&'static Stream] {
        self.connection.program.streams
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

/// Lets the account go.
fn let_go(journal: &Mutex<Journal>) {
    let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
    if let Err(error) = journal.let_go() {
        tracing::warn!("runs with other state files may wait for this one in vain: {error}");
    }
}

/// Sorts by time, to the millisecond; chance keeps runs of several connections apart.
pub(crate) fn run_id(now: DateTime<Utc>) -> String {
    let (second, chance) = (now.format("%Y%m%dT%H%M%SZ"), fastrand::u32(..1 << 20));
    format!("{second}-{:03x}{chance:05x}", now.timestamp_subsec_millis())
}
