//! The agendas of a run, one after the other, with whatever sink they are given.

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use tokio::sync::mpsc;

use super::end::End;
use super::session::{Scopes, Services, Session};
use crate::caflou::Reader;
use crate::config::Mode;
use crate::record::Kind;
use crate::source::Scope;
use crate::source::shoptet::{MapSettings, PROGRAM, Shop, Source};
use crate::state::{Cursor, View};
use crate::sync::{Engine, EngineOptions, Event, Fatal, Report, Rules, RunReport, Sink};

/// Items between reading and planning.
const CHANNEL: usize = 128;
/// So many imported orders do not vanish at once.
const MANY: usize = 10;
/// A clock that is off by more than this is worth a word.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// What a run is made of once its sink is chosen.
pub(super) struct Running<'a, S> {
    pub(super) session: &'a Session<'a>,
    pub(super) services: &'a Services,
    pub(super) sink: S,
    /// Opens one more view of the state.
    pub(super) view: &'a dyn Fn() -> Result<View, Fatal>,
    /// What to read of each agenda of this run.
    pub(super) scopes: Scopes,
}

impl<S: Sink> Running<'_, S> {
    /// Opens the shop, then one agenda after the other; `keep` moves a cursor.
    pub(super) async fn run(
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
        let settings = MapSettings {
            eshop_id: shop.eshop_id,
            zone: shop.zone,
            mapping: session.connection.mapping.clone(),
        };
        let client = self.services.shoptet.clone();
        let source = Source::new(client, settings, session.interval(), shop.now);
        self.not_suddenly_empty(&shop).await?;
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

    /// A shop that shows no order at all, though many were imported, is more likely broken than
    /// empty; a full compare would take all of them out of the cash flow.
    async fn not_suddenly_empty(&self, shop: &Shop) -> Result<(), End> {
        let session = self.session;
        if session.args.allow_empty || !self.scopes.contains(&(Kind::Income, Scope::Full)) {
            return Ok(());
        }
        let imported = (self.view)()?
            .imported(Kind::Income)
            .map_err(Fatal::from)?
            .len();
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
        let key = &session.connection.key;
        Err(End::guarded(format!(
            "{} shows no orders at all, though {imported} were imported; nothing was written. If \
             the shop really is empty: `caflou-sync run {key} --full --allow-empty`",
            shop.name
        )))
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
                () = self.session.stop.wait() => Err(self.session.stopped()),
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
