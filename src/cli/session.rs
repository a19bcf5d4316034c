//! One run of one connection: ties the rooms together.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc;

use super::connect::{self, Lanes};
use super::run::RunArgs;
use super::{Exit, Failure};
use crate::caflou::{Client as Caflou, Reader, Writer};
use crate::config::{Connection, Mode};
use crate::http::{Stop, Stopper};
use crate::record::Kind;
use crate::source::shoptet::{Client as Shoptet, MapSettings, PROGRAM, Shop, Source};
use crate::source::{Interval, Scope};
use crate::state::{Cache, Cursor, Journal, Lock, LockError, RunStart, View};
use crate::sync::report::{Heading, RequestCounts, SCHEMA, Start, Status};
use crate::sync::{
    Apply, Counts, Engine, EngineOptions, Event, Fatal, Preview, Report, Rules, RunReport, Sink,
    Totals, scope,
};

/// Items between reading and planning.
const CHANNEL: usize = 128;
/// A clock that is off by more than this is worth a word.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// One run.
pub(super) struct Session<'a> {
    pub(super) connection: &'a Connection,
    pub(super) args: &'a RunArgs,
    pub(super) state: &'a Path,
    pub(super) cache: &'a Cache,
    pub(super) stop: &'a Stop,
}

/// Both services.
struct Services {
    shoptet: Shoptet,
    caflou: Arc<Caflou>,
}

/// The agendas of a run, with what to read of each.
type Scopes = Vec<(Kind, Scope)>;

/// What a run is made of once its sink is chosen.
struct Running<'a, S> {
    session: &'a Session<'a>,
    services: &'a Services,
    sink: S,
    /// Opens one more view of the state.
    view: &'a dyn Fn() -> Result<View, Fatal>,
    /// What to read of each agenda of this run.
    scopes: Scopes,
}

impl Session<'_> {
    /// Runs, tells, and gives the exit code.
    pub(super) async fn run(&self, lanes: &mut Lanes, report: &mut dyn Report) -> Exit {
        let started_at = Utc::now();
        let run_id = run_id(started_at);
        let mut summary = RunReport {
            connection: self.connection.key.clone(),
            run_id: run_id.clone(),
            dry_run: self.args.dry_run,
            started_at,
            finished_at: started_at,
            status: Status::Ok,
            companies: Counts::default(),
            incomes: Counts::default(),
            totals: Totals::default(),
            requests: RequestCounts::default(),
            error: None,
            forecast: 0,
        };
        let run = RunStart { run_id, started_at };
        let ended = if self.args.dry_run {
            self.preview(&run, lanes, report, &mut summary).await
        } else {
            self.import(&run, lanes, report, &mut summary).await
        };
        let failed = summary.companies.failed + summary.incomes.failed;
        let changes = summary.companies.changes() + summary.incomes.changes();
        let exit = match &ended {
            Err(end) => end.exit,
            Ok(()) if failed > 0 => Exit::SomeFailed,
            Ok(()) if self.args.dry_run && changes > 0 => Exit::Pending,
            Ok(()) => Exit::Done,
        };
        if let Err(end) = ended {
            // Where stdout is no terminal, its reader need not be the one who has to act.
            if !io::stdout().is_terminal() {
                let _ = writeln!(
                    io::stderr(),
                    "error: {}: {}",
                    summary.connection,
                    end.message
                );
            }
            summary.status = end.status;
            summary.error = Some(end.message);
            summary.finished_at = Utc::now();
        }
        report.event(&Event::Summary(Box::new(summary)));
        exit
    }

    /// A dry run: reads, plans and shows. There is nothing that could write.
    async fn preview(
        &self,
        run: &RunStart,
        lanes: &mut Lanes,
        report: &mut dyn Report,
        summary: &mut RunReport,
    ) -> Result<(), End> {
        let key = self.connection.key.as_str();
        let view = || Ok(View::open(self.state, key)?);
        let (scopes, reasons) = self.scopes(&view()?, run.started_at)?;
        let services = self.services(lanes);
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
        self.end(summary, ended).map(|_| ())
    }

    /// A real run, under the connection's lock.
    async fn import(
        &self,
        run: &RunStart,
        lanes: &mut Lanes,
        report: &mut dyn Report,
        summary: &mut RunReport,
    ) -> Result<(), End> {
        let key = self.connection.key.as_str();
        let opened = Lock::take(self.state, key, run.started_at)
            .map_err(End::from)
            .and_then(|lock| Ok((lock, Journal::open(self.state, key)?)))
            .and_then(|(lock, mut journal)| {
                let (scopes, reasons) = self.scopes(&journal.view()?, run.started_at)?;
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
        self.begin(run, None, &scopes, report);
        self.warn(report, reasons);
        let journal = Arc::new(Mutex::new(journal));
        let ended = match self.services(lanes) {
            Ok(services) => {
                let ended = self
                    .write(&services, &journal, scopes, report, summary)
                    .await;
                Self::count_requests(&services, summary);
                ended
            }
            Err(end) => Err(end),
        };
        let ended = self.end(summary, ended);
        let status = ended
            .as_ref()
            .map_or_else(|end| end.status, |status| *status);
        summary.error = ended.as_ref().err().map(|end| end.message.clone());
        let text = serde_json::to_string(&Event::Summary(Box::new(summary.clone())));
        let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = journal.finish(
            summary.finished_at,
            status.as_str(),
            &text.unwrap_or_default(),
        );
        drop(lock);
        match (ended, noted) {
            (Ok(_), Err(error)) => Err(Fatal::from(error).into()),
            (ended, _) => ended.map(|_| ()),
        }
    }

    async fn write(
        &self,
        services: &Services,
        journal: &Arc<Mutex<Journal>>,
        scopes: Scopes,
        report: &mut dyn Report,
        summary: &mut RunReport,
    ) -> Result<(), End> {
        let key = self.connection.key.as_str();
        let locked = || journal.lock().unwrap_or_else(PoisonError::into_inner);
        let writer = Writer::new(Arc::clone(&services.caflou));
        let sink = Apply::new(key, writer, Arc::clone(journal), services.caflou.timeout());
        let view = || Ok(locked().view()?);
        let running = Running {
            session: self,
            services,
            sink,
            view: &view,
            scopes,
        };
        running
            .run(report, summary, |kind, cursor| {
                Ok(locked().move_cursor(kind, cursor)?)
            })
            .await
    }

    /// The agendas of this run with what to read of each, and why everything where the user did
    /// not ask for it.
    fn scopes(&self, view: &View, now: DateTime<Utc>) -> Result<(Scopes, Vec<String>), End> {
        let settings = self.settings();
        let (mut scopes, mut reasons) = (Vec::new(), Vec::new());
        for kind in [Kind::Company, Kind::Income] {
            if self.mode(kind) == Mode::No || !self.args.covers(kind) {
                continue;
            }
            let orders = self.args.orders();
            if kind == Kind::Income && !orders.is_empty() {
                scopes.push((kind, Scope::Only(orders)));
                continue;
            }
            let full = self.args.full || (kind == Kind::Income && self.own_interval());
            let cursor = view.cursor(kind).map_err(Fatal::from)?;
            let (scope, reason) = scope::scope(cursor.as_ref(), &settings, full, now);
            scopes.push((kind, scope));
            reasons.extend(reason.filter(|reason| !reasons.contains(reason)));
        }
        Ok((scopes, reasons))
    }

    /// The interval was given for this run only.
    fn own_interval(&self) -> bool {
        self.args.from.is_some() || self.args.to.is_some()
    }

    fn interval(&self) -> Interval {
        let import = &self.connection.import;
        Interval {
            from: self.args.from.or(import.from),
            to: self.args.to.or(import.to),
        }
    }

    fn mode(&self, kind: Kind) -> Mode {
        match kind {
            Kind::Company => self.connection.import.companies,
            Kind::Income => self.connection.import.incomes,
        }
    }

    fn settings(&self) -> String {
        scope::fingerprint(&self.connection.import, &self.connection.mapping)
    }

    fn services(&self, lanes: &mut Lanes) -> Result<Services, End> {
        let shoptet = connect::shoptet(self.connection, self.cache, lanes, self.stop)?;
        let caflou = connect::caflou(self.connection, self.cache, lanes, self.stop)?;
        Ok(Services { shoptet, caflou })
    }

    async fn account_name(&self, caflou: &Arc<Caflou>) -> Option<String> {
        let accounts = Reader::new(Arc::clone(caflou)).accounts().await.ok()?;
        let account = accounts
            .into_iter()
            .find(|a| a.id == self.connection.caflou.account_id)?;
        Some(account.name)
    }

    fn begin(
        &self,
        run: &RunStart,
        account: Option<String>,
        scopes: &[(Kind, Scope)],
        report: &mut dyn Report,
    ) {
        let connection = self.connection;
        let id = &connection.caflou.account_id;
        let Interval { from, to } = self.interval();
        let words = [
            from.map(|day| format!("from {day}")),
            to.map(|day| format!("to {day}")),
        ];
        report.event(&Event::Start(Start {
            schema: SCHEMA,
            run_id: run.run_id.clone(),
            connection: connection.key.clone(),
            dry_run: self.args.dry_run,
            started_at: run.started_at,
            companies: self.mode(Kind::Company),
            incomes: self.mode(Kind::Income),
            full: scopes.iter().any(|(_, scope)| *scope == Scope::Full),
            heading: Heading {
                source: format!(
                    "{} ({} {})",
                    connection.name, connection.program, connection.eshop_id
                ),
                target: account.map_or(format!("Caflou {id}"), |name| {
                    format!("{name} (Caflou {id})")
                }),
                interval: words.into_iter().flatten().collect::<Vec<_>>().join(" "),
            },
        }));
        if connection.import.companies == Mode::NewAndUpdate && self.args.covers(Kind::Company) {
            let message = "companies are never updated from the shop: new-and-update does for them \
                           what new-only does";
            self.warn(report, vec![message.to_owned()]);
        }
    }

    fn warn(&self, report: &mut dyn Report, messages: Vec<String>) {
        for message in messages {
            let connection = self.connection.key.clone();
            report.event(&Event::Warning {
                connection,
                message,
            });
        }
    }

    fn count_requests(services: &Services, summary: &mut RunReport) {
        let (shoptet, caflou) = (services.shoptet.requests(), services.caflou.requests());
        summary.requests = RequestCounts {
            source: shoptet.0,
            caflou: caflou.0,
            retries: shoptet.1 + caflou.1,
        };
        services.caflou.remember();
    }

    /// The end as it is reported.
    fn end(&self, summary: &mut RunReport, ended: Result<(), End>) -> Result<Status, End> {
        summary.finished_at = Utc::now();
        let failed = summary.companies.failed + summary.incomes.failed;
        summary.status = if failed > 0 {
            Status::Partial
        } else {
            Status::Ok
        };
        ended.map(|()| summary.status).map_err(|end| End {
            message: format!("{}{}", end.message, advice(end.exit, &self.connection.key)),
            ..end
        })
    }
}

/// What to do about an error.
fn advice(exit: Exit, key: &str) -> String {
    match exit {
        Exit::Access => format!("; `caflou-sync test {key}` checks both sides"),
        _ => String::new(),
    }
}

impl<S: Sink> Running<'_, S> {
    /// Opens the shop, then one agenda after the other; `keep` moves a cursor.
    async fn run(
        &self,
        report: &mut dyn Report,
        summary: &mut RunReport,
        keep: impl Fn(Kind, &Cursor) -> Result<(), Fatal>,
    ) -> Result<(), End> {
        let session = self.session;
        let shop = tokio::select! {
            shop = self.services.shoptet.shop(session.connection.eshop_id) => shop.map_err(Fatal::from)?,
            () = session.stop.wait() => return Err(self.stopped().into()),
        };
        let skew = shop.now - Utc::now();
        if shop.has_clock && skew.abs() > SKEW {
            let message = format!(
                "this machine's clock and the shop's differ by {} min",
                skew.num_minutes()
            );
            session.warn(report, vec![message]);
        }
        let settings = MapSettings {
            eshop_id: shop.eshop_id,
            zone: shop.zone,
            mapping: session.connection.mapping.clone(),
        };
        let client = self.services.shoptet.clone();
        let source = Source::new(client, settings, session.interval(), shop.now);
        for (kind, scope) in &self.scopes {
            report.event(&Event::Agenda(*kind));
            let complete = self.agenda(*kind, scope, &source, report, summary).await?;
            let own = *kind == Kind::Income && session.own_interval();
            if complete && !own {
                self.move_cursor(*kind, scope, &shop, &keep)?;
            }
        }
        Ok(())
    }

    fn stopped(&self) -> Fatal {
        Fatal::Stopped(self.session.stop.reason().unwrap_or("stopped").to_owned())
    }

    /// Reads and plans at the same time; whether the cursor may move.
    async fn agenda(
        &self,
        kind: Kind,
        scope: &Scope,
        source: &Source,
        report: &mut dyn Report,
        summary: &mut RunReport,
    ) -> Result<bool, Fatal> {
        let connection = self.session.connection;
        let options = EngineOptions {
            kind,
            connection: connection.key.clone(),
            program: PROGRAM,
            rules: Rules {
                mode: self.session.mode(kind),
                match_existing: connection.mapping.match_existing,
            },
            companies: connection.import.companies != Mode::No,
            view: (self.view)()?,
            reader: Reader::new(Arc::clone(&self.services.caflou)),
            sink: self.sink.clone(),
            stop: self.session.stop.clone(),
        };
        let state = (self.view)()?;
        let mut engine = Engine::new(options, report);
        let (sender, items) = mpsc::channel(CHANNEL);
        let reading = async {
            let reading = async {
                match kind {
                    Kind::Company => source.companies(scope, &state, sender).await,
                    Kind::Income => source.incomes(scope, &state, sender).await,
                }
            };
            tokio::select! {
                reading = reading => reading.map_err(Fatal::from),
                () = self.session.stop.wait() => Err(self.stopped()),
            }
        };
        let (reading, fatal) = tokio::join!(reading, engine.run(items));
        *summary.counts(kind) = engine.counts;
        summary.forecast += engine.forecast;
        if kind == Kind::Income {
            summary.totals = engine.totals.clone();
            let unknown = engine.unknown_paid;
            if unknown > 0 {
                let message = match unknown {
                    1 => "1 order does not say whether it is paid: taken as unpaid".to_owned(),
                    n => format!("{n} orders do not say whether they are paid: taken as unpaid"),
                };
                self.session.warn(report, vec![message]);
            }
        }
        match (fatal, reading) {
            (Some(fatal), _) => Err(fatal),
            (None, reading) => Ok(reading?.complete),
        }
    }

    fn move_cursor(
        &self,
        kind: Kind,
        scope: &Scope,
        shop: &Shop,
        keep: &impl Fn(Kind, &Cursor) -> Result<(), Fatal>,
    ) -> Result<(), Fatal> {
        let listed_at = match scope {
            Scope::Only(_) => return Ok(()),
            Scope::Full
            | Scope::Since {
                whole_list: true, ..
            } => shop.now,
            Scope::Since { .. } => (self.view)()?
                .cursor(kind)?
                .map_or(shop.now, |cursor| cursor.listed_at),
        };
        keep(
            kind,
            &Cursor {
                at: shop.now,
                listed_at,
                settings: self.session.settings(),
            },
        )
    }
}

/// A run that did not come to its end.
struct End {
    message: String,
    status: Status,
    exit: Exit,
}

impl From<Fatal> for End {
    fn from(fatal: Fatal) -> Self {
        let status = match fatal {
            Fatal::Stopped(_) => Status::Stopped,
            Fatal::Access(_) | Fatal::Service(_) | Fatal::State(_) => Status::Failed,
        };
        Self {
            message: fatal.to_string(),
            status,
            exit: Exit::from(&fatal),
        }
    }
}

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        let message = format!("{:#}", failure.error);
        Self {
            message,
            status: Status::Failed,
            exit: failure.exit,
        }
    }
}

impl From<LockError> for End {
    fn from(error: LockError) -> Self {
        let exit = match error {
            LockError::Held { .. } => Exit::Locked,
            LockError::Unusable { .. } => Exit::Failed,
        };
        Self {
            message: error.to_string(),
            status: Status::Failed,
            exit,
        }
    }
}

impl From<crate::state::StateError> for End {
    fn from(error: crate::state::StateError) -> Self {
        Fatal::from(error).into()
    }
}

/// Sorts by time; the tail keeps two runs of one second apart.
fn run_id(now: DateTime<Utc>) -> String {
    format!("{}-{:04x}", now.format("%Y%m%dT%H%M%SZ"), fastrand::u16(..))
}

/// Ends the run in order on the first Ctrl-C or SIGTERM, at once on the second. Both are safe: an
/// intent that is open then is looked for by the next run.
pub(super) async fn end_on_signal(stopper: Arc<Stopper>) {
    for reason in [
        "interrupted: what is not done yet stays for the next run",
        "",
    ] {
        signal().await;
        if reason.is_empty() {
            std::process::exit(1);
        }
        stopper.stop(reason);
    }
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn signal() {
    let _ = tokio::signal::ctrl_c().await;
}
