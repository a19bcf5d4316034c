//! The streams of a run, with whatever sink they are given.

use std::cell::RefCell;
use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta, Utc};
use tokio::sync::mpsc;

use super::session::{Scopes, Services, Session};
use super::telling::unknown_paid;
use crate::caflou::Reader;
use crate::config::Mode;
use crate::http::Stopper;
use crate::record::{Kind, Stream};
use crate::shell::word;
use crate::source::{Account, Ask, Reading, Scope};
use crate::state::{Clock, Cursor, View};
use crate::sync::{Awaiting, Engine, EngineOptions, Event, Report, Rules, RunReport, Sink};
use crate::trouble::{Class, Trouble};

/// Items between reading and planning.
const CHANNEL: usize = 128;
/// A clock that is off by more than this is worth a word.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// What the streams of a run share.
struct Run<'a, K> {
    account: &'a Account,
    report: RefCell<&'a mut dyn Report>,
    summary: RefCell<&'a mut RunReport>,
    awaiting: Awaiting,
    /// Ends all streams: on the session's stop, and when one of them fails.
    halt: Stopper,
    /// Moves a cursor.
    keep: K,
}

/// A stream that was read whole, and where its next reading goes on.
struct ReadStream<'s> {
    stream: &'static Stream,
    scope: &'s Scope,
    cursor: String,
}

/// A report that several streams tell.
struct SharedReport<'r, 'a>(&'r RefCell<&'a mut dyn Report>);

impl Report for SharedReport<'_, '_> {
    fn event(&mut self, event: &Event) {
        self.0.borrow_mut().event(event);
    }
}

/// What a run is made of once its sink is chosen.
pub(crate) struct Running<'a, S> {
    pub(crate) session: &'a Session<'a>,
    pub(crate) services: &'a Services,
    pub(crate) sink: S,
    /// Opens one more view of the state.
    pub(crate) view: &'a dyn Fn() -> Result<View, Trouble>,
    /// What to read of each stream of this run.
    pub(crate) scopes: Scopes,
}

impl<S: Sink> Running<'_, S> {
    /// Asks whose records these are, then reads the streams; `keep` moves a cursor.
    pub(crate) async fn run(
        &self,
        report: &mut dyn Report,
        summary: &mut RunReport,
        keep: impl Fn(&Stream, &Cursor) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let session = self.session;
        let account = self.whose().await?;
        let skew = account.now - Utc::now();
        if account.has_clock && skew.abs() > SKEW {
            let message = format!(
                "this machine's clock and that of {} differ by {} min",
                session.connection.program.name,
                skew.num_minutes()
            );
            session.warn(report, vec![message]);
        }
        self.not_suddenly_empty(&account).await?;
        session.warn(report, self.doubled()?);
        let run = Run {
            account: &account,
            report: RefCell::new(report),
            summary: RefCell::new(summary),
            awaiting: Awaiting::default(),
            halt: Stopper::default(),
            keep,
        };
        if session.wanted.dry_run {
            // What is shown is read from the top: companies first.
            for (stream, scope) in &self.scopes {
                self.import(stream, scope, &run).await?; // no cursor moves
            }
            return Ok(());
        }
        self.side_by_side(&run).await
    }

    /// Whose records these are now.
    async fn whose(&self) -> Result<Account, Trouble> {
        tokio::select! {
            account = self.services.source.whose() => Ok(account?),
            () = self.session.stop.wait() => Err(self.session.stop.into()),
        }
    }

    /// What an earlier release linked twice.
    fn doubled(&self) -> Result<Vec<String>, Trouble> {
        let (view, key) = ((self.view)()?, &self.session.connection.key);
        let mut told = Vec::new();
        for kind in Kind::ALL {
            told.extend(view.doubled(kind)?.into_iter().map(|one| {
                format!(
                    "{} and {} are both linked with Caflou {kind} {}: let one of them go, with \
                     caflou-sync unlink {key} {}",
                    one.other,
                    one.source_id,
                    one.caflou_id,
                    word(&one.source_id.0)
                )
            }));
        }
        Ok(told)
    }

    /// Companies and documents at the same time, each stream of them after the other.
    async fn side_by_side<K>(&self, run: &Run<'_, K>) -> Result<(), Trouble>
    where
        K: Fn(&Stream, &Cursor) -> Result<(), Trouble>,
    {
        let is_company = |stream: &Stream| stream.kind == Kind::Company;
        let (companies, documents): (Vec<_>, Vec<_>) = (self.scopes.iter())
            .map(|(stream, scope)| (*stream, scope))
            .partition(|(stream, _)| is_company(stream));
        if !companies.is_empty() && !documents.is_empty() {
            run.awaiting.open();
        }
        let companies = async {
            let ended = self.one_by_one(&companies, run).await;
            run.awaiting.close();
            ended
        };
        let both = async { tokio::join!(companies, self.one_by_one(&documents, run)) };
        let stop = &self.session.stop;
        let asked_to_stop = async {
            stop.wait().await;
            run.halt.stop(stop.reason().unwrap_or("stopped"));
            std::future::pending::<()>().await;
        };
        let (companies, documents) = tokio::select! {
            ended = both => ended,
            () = asked_to_stop => return Ok(()), // never: it only passes the word on
        };
        let (mut read, mut errors) = companies;
        read.extend(documents.0);
        errors.extend(documents.1);
        // What was read is believed where it still is the same account.
        if !read.is_empty() {
            let moved = match self.whose().await {
                // It may have been another one in between.
                Ok(_) if errors.is_empty() => self.sink.believe(),
                asked => asked.map(drop),
            };
            let moved = moved.and_then(|()| {
                let mut read = read.iter();
                read.try_for_each(|read| self.move_cursor(read, run))
            });
            errors.extend(moved.err());
        }
        // The one that failed says more than the one that was stopped because of it.
        errors.sort_by_key(|error| error.class == Class::Stopped);
        match errors.into_iter().next() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Streams one after another, until one fails: those that were read whole, and why not.
    async fn one_by_one<'s, K>(
        &self,
        streams: &[(&'static Stream, &'s Scope)],
        run: &Run<'_, K>,
    ) -> (Vec<ReadStream<'s>>, Vec<Trouble>) {
        let mut read = Vec::new();
        for (stream, scope) in streams {
            match self.import(stream, scope, run).await {
                Ok(whole) => read.extend(whole),
                Err(error) => {
                    // It may have heard of the end before the word was passed on.
                    let asked = self.session.stop.reason();
                    run.halt
                        .stop(asked.unwrap_or("another part of this run failed"));
                    return (read, vec![error]);
                }
            }
        }
        (read, Vec::new())
    }

    /// One stream; what was read whole, if it was: its cursor is to move.
    async fn import<'s, K>(
        &self,
        stream: &'static Stream,
        scope: &'s Scope,
        run: &Run<'_, K>,
    ) -> Result<Option<ReadStream<'s>>, Trouble> {
        let mut report = SharedReport(&run.report);
        report.event(&Event::Agenda(stream.kind));
        let reading = Box::pin(self.read(stream, scope, run, &mut report)).await?;
        let moves = reading.complete && !self.is_a_part(stream.kind, scope);
        Ok(moves.then_some(ReadStream {
            stream,
            scope,
            cursor: reading.cursor,
        }))
    }

    /// Whether a run was to read only some records of a kind.
    fn is_a_part(&self, kind: Kind, scope: &Scope) -> bool {
        let own = kind != Kind::Company && self.session.wanted.own_interval();
        own || matches!(scope, Scope::Only(_))
    }

    /// Reads and plans at the same time.
    async fn read<K>(
        &self,
        stream: &'static Stream,
        scope: &Scope,
        run: &Run<'_, K>,
        report: &mut SharedReport<'_, '_>,
    ) -> Result<Reading, Trouble> {
        let (kind, state) = (stream.kind, (self.view)()?);
        let options = self.options(stream, scope, run, &state)?;
        let stop = options.stop.clone();
        let mut told = SharedReport(report.0);
        let mut engine = Engine::new(options, &mut told);
        let (sender, items) = mpsc::channel(CHANNEL);
        let reading = async {
            let ask = Ask {
                stream,
                scope,
                account: run.account,
                interval: self.session.interval(),
                overdue: self.overdue(stream, run.account),
                state: &state,
                out: sender,
            };
            tokio::select! {
                reading = self.services.source.read(ask) => reading.map_err(Trouble::from),
                () = stop.wait() => Err((&stop).into()),
            }
        };
        let (reading, mut fatal) = tokio::join!(reading, engine.run(items));
        if fatal.is_none() && reading.is_ok() && engine.vanished() > 0 {
            fatal = match self.whose().await {
                Ok(_) => engine.let_vanish().await,
                Err(fatal) => Some(fatal),
            };
        }
        let mut summary = run.summary.borrow_mut();
        summary.counts[kind] += engine.counts;
        summary.forecast += engine.forecast;
        summary.add(kind, &engine.totals);
        summary.unexplained += engine.unexplained;
        drop(summary);
        self.session
            .warn(report, unknown_paid(stream, engine.unknown_paid));
        match (fatal, reading) {
            (Some(fatal), _) if fatal.class == Class::Guard => Err(fatal.advise(self.deletions())),
            (Some(fatal), _) => Err(fatal),
            (None, reading) => {
                let reading = reading?;
                if !self.is_a_part(kind, scope) {
                    self.sink.read_whole(kind)?;
                }
                Ok(reading)
            }
        }
    }

    /// With what the records of a stream are planned.
    fn options<K>(
        &self,
        stream: &'static Stream,
        scope: &Scope,
        run: &Run<'_, K>,
        state: &View,
    ) -> Result<EngineOptions<S>, Trouble> {
        let connection = self.session.connection;
        let cursor = state.cursor(stream)?;
        let doubted = cursor.as_ref().is_some_and(Cursor::is_doubted);
        Ok(EngineOptions {
            kind: stream.kind,
            connection: connection.key.clone(),
            pair: self.session.pair(),
            rules: self.rules(stream, scope, run.account),
            companies: self.imports_companies(),
            awaiting: run.awaiting.clone(),
            view: (self.view)()?,
            reader: Reader::new(Arc::clone(&self.services.caflou)),
            thorough: *scope == Scope::Full,
            may_vanish: self.may_vanish(stream, scope)?,
            sink: self.sink.clone(),
            stop: run.halt.listener(),
            clock: Clock::system(),
            doubt: doubted || self.session.is_doubtful(state)?,
            first: cursor.is_none(),
        })
    }

    fn imports_companies(&self) -> bool {
        let import = &self.session.connection.import;
        let mut wanted = import.wanted(self.session.streams());
        wanted.any(|stream| stream.kind == Kind::Company)
    }

    /// The settings that planning follows.
    fn rules(&self, stream: &Stream, scope: &Scope, account: &Account) -> Rules {
        let connection = self.session.connection;
        let import = &connection.import;
        Rules {
            mode: match import.mode_of(stream) {
                Mode::NewAndUpdate if !stream.updates => Mode::NewOnly,
                mode => mode,
            },
            match_existing: connection.mapping.match_existing,
            locked_until: import.locked_until,
            unpaid_expires: import.unpaid_expires,
            today: account.today(),
            tells_again: *scope == Scope::Full,
        }
    }

    /// Days of unpaid documents that a run looks at again though nothing happened to them: those that
    /// are not paid in time by now, as far as they are followed and may be written.
    fn overdue(
        &self,
        stream: &Stream,
        account: &Account,
    ) -> Option<(Option<NaiveDate>, NaiveDate)> {
        let rules = self.rules(stream, &Scope::Full, account);
        let before = rules
            .expired_before()
            .filter(|_| stream.kind.is_document() && rules.updates())?;
        let open = rules.locked_until.and_then(|day| day.succ_opt());
        Some((open.max(self.session.interval().from), before))
    }

    /// Moves the cursor of what was read whole.
    fn move_cursor<K>(&self, read: &ReadStream<'_>, run: &Run<'_, K>) -> Result<(), Trouble>
    where
        K: Fn(&Stream, &Cursor) -> Result<(), Trouble>,
    {
        let at = run.account.read_to();
        let listed_at = match read.scope {
            Scope::Only(_)
            | Scope::Full
            | Scope::Since {
                whole_list: true, ..
            } => at,
            Scope::Since { .. } => (self.view)()?
                .cursor(read.stream)?
                .map_or(at, |cursor| cursor.listed_at),
        };
        (run.keep)(
            read.stream,
            &Cursor {
                text: read.cursor.clone(),
                at,
                listed_at,
                settings: self.session.settings(),
            },
        )
    }
}
