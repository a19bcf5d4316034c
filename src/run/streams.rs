//! The agendas of a run, one after the other, with whatever sink they are given.

use std::cell::RefCell;
use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta, Utc};
use tokio::sync::mpsc;

use super::end::End;
use super::session::{Scopes, Services, Session};
use crate::caflou::Reader;
use crate::config::{Connection, Mode};
use crate::http::Stopper;
use crate::record::Kind;
use crate::shell::word;
use crate::source::Scope;
use crate::source::shoptet::{MapSettings, Shop, Source};
use crate::state::{Clock, Cursor, View};
use crate::sync::{
    Awaiting, Engine, EngineOptions, Event, Fatal, Report, Rules, RunReport, Sink, may_vanish,
};

/// Items between reading and planning.
const CHANNEL: usize = 128;
/// So many imported orders do not vanish at once.
const MANY: u64 = 10;
/// A clock that is off by more than this is worth a word.
const SKEW: TimeDelta = TimeDelta::minutes(5);
/// No cursor lies further ahead of this machine's clock, whatever the shop's says.
const AHEAD: TimeDelta = TimeDelta::minutes(1);

/// What the agendas of a run share.
struct Run<'a, K> {
    source: &'a Source,
    shop: &'a Shop,
    report: RefCell<&'a mut dyn Report>,
    summary: RefCell<&'a mut RunReport>,
    awaiting: Awaiting,
    /// Ends both agendas: on the session's stop, and when one of them fails.
    halt: Stopper,
    /// Moves a cursor.
    keep: K,
}

/// An agenda that was read whole.
type Read<'s> = (Kind, &'s Scope);

/// A report that both agendas tell.
struct Shared<'r, 'a>(&'r RefCell<&'a mut dyn Report>);

impl Report for Shared<'_, '_> {
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
    pub(crate) view: &'a dyn Fn() -> Result<View, Fatal>,
    /// What to read of each agenda of this run.
    pub(crate) scopes: Scopes,
}

impl<S: Sink> Running<'_, S> {
    /// Opens the shop, then one agenda after the other; `keep` moves a cursor.
    pub(crate) async fn run(
        &self,
        report: &mut dyn Report,
        summary: &mut RunReport,
        keep: impl Fn(Kind, &Cursor) -> Result<(), Fatal>,
    ) -> Result<(), End> {
        let session = self.session;
        let shop = tokio::select! {
            shop = self.services.shoptet.shop(session.connection.eshop_id) => shop.map_err(Fatal::from)?,
            () = session.stop.wait() => return Err(session.stopped().into()),
        };
        let skew = shop.now - Utc::now();
        if shop.has_clock && skew.abs() > SKEW {
            let message = format!(
                "this machine's clock and the shop's differ by {} min",
                skew.num_minutes()
            );
            session.warn(report, vec![message]);
        }
        let Connection {
            import, mapping, ..
        } = session.connection;
        let statuses = (self.services.shoptet)
            .statuses_of(&mapping.cancelled_statuses, &import.order_statuses);
        let settings = MapSettings {
            eshop_id: shop.eshop_id,
            zone: shop.zone,
            mapping: mapping.clone(),
            statuses: tokio::select! {
                statuses = statuses => statuses.map_err(Fatal::from)?,
                () = session.stop.wait() => return Err(session.stopped().into()),
            },
        };
        let client = self.services.shoptet.clone();
        let source = Source::new(client, settings, session.interval(), shop.now)
            .with_bulk(session.bulk())
            .with_orders(import.companies_with_orders)
            .with_overdue(self.overdue(&shop));
        self.not_suddenly_empty(&shop).await?;
        session.warn(report, self.doubled()?);
        let run = Run {
            source: &source,
            shop: &shop,
            report: RefCell::new(report),
            summary: RefCell::new(summary),
            awaiting: Awaiting::default(),
            halt: Stopper::default(),
            keep,
        };
        if session.wanted.dry_run {
            // What is shown is read from the top: companies first.
            for (kind, scope) in &self.scopes {
                self.import(*kind, scope, &run).await?; // no cursor moves
            }
            return Ok(());
        }
        self.side_by_side(&run).await
    }

    /// What an earlier release linked twice.
    fn doubled(&self) -> Result<Vec<String>, Fatal> {
        let (view, key) = ((self.view)()?, &self.session.connection.key);
        let mut told = Vec::new();
        for kind in [Kind::Company, Kind::Income] {
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

    /// Companies and incomes at the same time.
    async fn side_by_side<K>(&self, run: &Run<'_, K>) -> Result<(), End>
    where
        K: Fn(Kind, &Cursor) -> Result<(), Fatal>,
    {
        let one = async |wanted: Kind| match self.scopes.iter().find(|(kind, _)| *kind == wanted) {
            Some((kind, scope)) => {
                let ended = self.import(*kind, scope, run).await;
                if ended.is_err() {
                    // It may have heard of the end before the word was passed on.
                    let asked = self.session.stop.reason();
                    run.halt
                        .stop(asked.unwrap_or("the other agenda of this run failed"));
                }
                ended
            }
            None => Ok(None),
        };
        if self.scopes.len() > 1 {
            run.awaiting.open();
        }
        let both = async { tokio::join!(one(Kind::Company), one(Kind::Income)) };
        let stop = &self.session.stop;
        let asked_to_stop = async {
            stop.wait().await;
            run.halt.stop(stop.reason().unwrap_or("stopped"));
            std::future::pending::<()>().await;
        };
        let ended = tokio::select! {
            (companies, incomes) = both => [companies, incomes],
            () = asked_to_stop => return Ok(()), // never: it only passes the word on
        };
        let (mut read, mut errors) = (Vec::new(), Vec::new());
        for ended in ended {
            match ended {
                Ok(agenda) => read.extend(agenda),
                Err(error) => errors.push(error),
            }
        }
        // What was read is believed where it still is the same shop.
        if !read.is_empty() {
            let same = self.recognise().await;
            let mut read = read.into_iter();
            let moved =
                same.and_then(|()| read.try_for_each(|agenda| self.move_cursor(agenda, run)));
            errors.extend(moved.err());
        }
        // The one that failed says more than the one that was stopped because of it.
        errors.sort_by_key(|error| matches!(error, Fatal::Stopped(_)));
        match errors.into_iter().next() {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }

    /// One agenda; what was read whole, if it was: its cursor is to move.
    async fn import<'s, K>(
        &self,
        kind: Kind,
        scope: &'s Scope,
        run: &Run<'_, K>,
    ) -> Result<Option<Read<'s>>, Fatal>
    where
        K: Fn(Kind, &Cursor) -> Result<(), Fatal>,
    {
        let mut report = Shared(&run.report);
        report.event(&Event::Agenda(kind));
        let ended = Box::pin(self.agenda(kind, scope, run, &mut report)).await;
        if kind == Kind::Company {
            run.awaiting.close();
        }
        let moves = ended? && !self.is_a_part(kind, scope);
        Ok(moves.then_some((kind, scope)))
    }

    /// Whether a run was to read only some records of a kind.
    fn is_a_part(&self, kind: Kind, scope: &Scope) -> bool {
        let own = kind == Kind::Income && self.session.wanted.own_interval();
        own || matches!(scope, Scope::Only(_))
    }

    /// A shop that shows no order at all, though many were imported, is more likely broken than
    /// empty; a full compare would take all of them out of the cash flow.
    async fn not_suddenly_empty(&self, shop: &Shop) -> Result<(), End> {
        let session = self.session;
        if session.wanted.allow_empty || !self.scopes.contains(&(Kind::Income, Scope::Full)) {
            return Ok(());
        }
        let imported = (self.view)()?
            .count_imported(Kind::Income)
            .map_err(Fatal::from)?;
        if imported < MANY {
            return Ok(());
        }
        let total = tokio::select! {
            total = self.services.shoptet.count_orders() => total.map_err(Fatal::from)?,
            () = session.stop.wait() => return Err(session.stopped().into()),
        };
        if total != Some(0) {
            return Ok(());
        }
        let (key, files) = (&session.connection.key, session.files);
        Err(End::guarded(format!(
            "{} shows no orders at all, though {imported} were imported; nothing was written. If \
             the shop really is empty: `caflou-sync run {key}{files} --full --allow-empty`",
            shop.name
        )))
    }

    /// Reads and plans at the same time; whether the cursor may move.
    async fn agenda<K>(
        &self,
        kind: Kind,
        scope: &Scope,
        run: &Run<'_, K>,
        report: &mut Shared<'_, '_>,
    ) -> Result<bool, Fatal> {
        let (source, stop) = (run.source, run.halt.listener());
        let connection = self.session.connection;
        let state = (self.view)()?;
        let doubted = state
            .cursor(kind)?
            .is_some_and(|cursor| cursor.is_doubted());
        let doubt = doubted || self.session.is_doubtful(&state)?;
        let options = EngineOptions {
            kind,
            connection: connection.key.clone(),
            pair: self.session.pair(),
            rules: self.rules(kind, scope, run.shop),
            companies: connection.import.companies != Mode::No,
            awaiting: run.awaiting.clone(),
            view: (self.view)()?,
            reader: Reader::new(Arc::clone(&self.services.caflou)),
            thorough: *scope == Scope::Full,
            may_vanish: self.may_vanish(kind, scope)?,
            sink: self.sink.clone(),
            stop: stop.clone(),
            clock: Clock::system(),
            doubt,
        };
        let mut told = Shared(report.0);
        let mut engine = Engine::new(options, &mut told);
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
                () = stop.wait() => {
                    Err(Fatal::Stopped(stop.reason().unwrap_or("stopped").to_owned()))
                }
            }
        };
        let (reading, mut fatal) = tokio::join!(reading, engine.run(items));
        if fatal.is_none() && reading.is_ok() && engine.vanished() > 0 {
            fatal = match self.recognise().await {
                Ok(()) => engine.let_vanish().await,
                Err(fatal) => Some(fatal),
            };
        }
        let mut summary = run.summary.borrow_mut();
        summary.counts[kind] = engine.counts;
        summary.forecast += engine.forecast;
        if kind == Kind::Income {
            summary.totals = engine.totals.clone();
            summary.unexplained = engine.unexplained;
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
            (Some(Fatal::Guarded(said)), _) => Err(self.guarded(&said)),
            (Some(fatal), _) => Err(fatal),
            (None, reading) => {
                let complete = reading?.complete;
                if !self.is_a_part(kind, scope) {
                    self.sink.read_whole(kind)?;
                }
                Ok(complete)
            }
        }
    }

    /// The settings that planning follows.
    fn rules(&self, kind: Kind, scope: &Scope, shop: &Shop) -> Rules {
        let connection = self.session.connection;
        let import = &connection.import;
        Rules {
            mode: self.session.mode(kind),
            match_existing: connection.mapping.match_existing,
            locked_until: import.locked_until,
            unpaid_expires: import.unpaid_expires,
            today: shop.now.with_timezone(&shop.zone).date_naive(),
            tells_again: *scope == Scope::Full,
        }
    }

    /// Days of unpaid incomes that a run looks at again though nothing happened to them: those that
    /// are not paid in time by now, as far as they are followed and may be written.
    fn overdue(&self, shop: &Shop) -> Option<(Option<NaiveDate>, NaiveDate)> {
        let rules = self.rules(Kind::Income, &Scope::Full, shop);
        let before = rules
            .expired_before()
            .filter(|_| rules.updates(Kind::Income))?;
        let open = rules.locked_until.and_then(|day| day.succ_opt());
        Some((open.max(self.session.interval().from), before))
    }

    /// The most records that may become inactive; `None`: any number. Those that the user named
    /// are meant.
    fn may_vanish(&self, kind: Kind, scope: &Scope) -> Result<Option<u64>, Fatal> {
        let any = self.session.wanted.allow_deletions || matches!(scope, Scope::Only(_));
        if any {
            return Ok(None);
        }
        let imported = (self.view)()?.count_imported(kind)?;
        Ok(Some(may_vanish(imported)))
    }

    /// Too much would have become inactive: what to do about it.
    fn guarded(&self, said: &str) -> Fatal {
        let Session {
            connection,
            wanted,
            files,
            ..
        } = self.session;
        let (key, full) = (&connection.key, if wanted.full { " --full" } else { "" });
        Fatal::Guarded(format!(
            "{said}; none of them was changed. Look with `caflou-sync run {key}{files}{full} \
             --dry-run`, and if it is right go on with `caflou-sync run {key}{files}{full} --allow \
             deletions`"
        ))
    }

    /// Makes sure, at the end of a reading, that it is still the same shop.
    async fn recognise(&self) -> Result<(), Fatal> {
        let eshop_id = self.session.connection.eshop_id;
        let session = self.session;
        tokio::select! {
            shop = self.services.shoptet.shop(eshop_id) => shop?,
            () = session.stop.wait() => return Err(session.stopped()),
        };
        Ok(())
    }

    /// Moves the cursor of what was read whole.
    fn move_cursor<K>(&self, (kind, scope): Read<'_>, run: &Run<'_, K>) -> Result<(), Fatal>
    where
        K: Fn(Kind, &Cursor) -> Result<(), Fatal>,
    {
        // Where the shop's clock is ahead, what changes until then would not be asked for.
        let now = run.shop.now.min(Utc::now() + AHEAD);
        let listed_at = match scope {
            Scope::Only(_)
            | Scope::Full
            | Scope::Since {
                whole_list: true, ..
            } => now,
            Scope::Since { .. } => (self.view)()?
                .cursor(kind)?
                .map_or(now, |cursor| cursor.listed_at),
        };
        (run.keep)(
            kind,
            &Cursor {
                at: now,
                listed_at,
                settings: self.session.settings(),
            },
        )
    }
}
