//! One agenda of one run: from what the source reads to what the sink does.
//!
//! Decisions are made one after another, in the order in which records come; requests to Caflou
//! run side by side, as many as its lane lets through. What is told keeps the order of reading.

mod absent;
mod changes;
mod decide;
mod intake;
mod look;
mod lost;
mod prepare;
mod telling;
mod under_way;
mod unmarked;
mod vanished;

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

use crate::caflou::{Lookup, Reader};
use crate::http::Stop;
use crate::record::{CaflouId, Draft, Kind};
use crate::source::Item;
use crate::state::{Clock, Pair, Uptime, View};

pub use self::absent::Missing;
pub use self::vanished::may_vanish;

use self::absent::Seen;
use self::changes::Changes;
use self::decide::Ways;
use self::under_way::UnderWay;
use super::awaiting::{Awaiting, Incomes};
use super::counts::{Counts, Totals};
use super::outcome::Done;
use super::plan::Rules;
use super::report::Report;
use super::sink::Sink;
use crate::trouble::Trouble;

/// Records taken together: their intents share one commit.
const BATCH: usize = 64;
/// With so many records under way no more are taken; Caflou's lane decides how many of them are sent.
/// It is more than the lane ever lets through, so that it never runs empty.
const ENOUGH: usize = 48;
/// So many writes in a row that were not permitted end the run; of so many that were unanswered it is
/// found out whether the service answers anything else.
const OUTAGES: u32 = 5;
/// So many in a row are an outage, whatever else it answers.
const DOWN: u32 = 50;
/// How long writes in flight are awaited once the run is to end.
const GRACE: Duration = Duration::from_secs(4);
/// How often lost creates of one run are looked for and sent again.
const ROUNDS: u32 = 2;

/// What an engine is made of.
pub struct EngineOptions<S> {
    /// Company or income.
    pub kind: Kind,
    /// The connection's key.
    pub connection: String,
    /// Its two sides.
    pub pair: Pair,
    /// Mode and matching.
    pub rules: Rules,
    /// Whether companies are imported: an income whose company is missing gets it later.
    pub companies: bool,
    /// Incomes that wait for a company of this run.
    pub awaiting: Awaiting,
    /// The state, for reading.
    pub view: View,
    /// Caflou, for reading.
    pub reader: Reader,
    /// Many records may be new: Caflou's whole list is read at once.
    pub thorough: bool,
    /// The most records that may become inactive; `None`: any number.
    pub may_vanish: Option<u64>,
    /// Where plans go.
    pub sink: S,
    /// Ends the run.
    pub stop: Stop,
    /// Tells how long ago a write left.
    pub clock: Clock,
    /// The state may not know what was written last: it is an older copy, or new.
    pub doubt: bool,
    /// No reading of everything came to its end yet: nothing is known that a short list would lack.
    pub first: bool,
}

/// Runs one agenda.
pub struct Engine<'a, S> {
    options: EngineOptions<S>,
    report: &'a mut dyn Report,
    under_way: UnderWay<S>,
    /// What is in Caflou, and since when that is known.
    lookup: Option<(Lookup, Uptime)>,
    /// Records in Caflou that records of this run are linked with.
    claimed: HashSet<CaflouId>,
    /// The next number to give out, and the next to be told.
    next: u64,
    told: u64,
    waiting: BTreeMap<u64, Option<Done>>,
    later: Vec<(Box<Draft>, Uptime)>,
    /// When it began.
    begun: Uptime,
    /// Records that are to become inactive; `None`: they are let through.
    vanished: Option<Incomes>,
    outages: u32,
    /// As `outages`, whatever the service answers in between.
    failed_in_a_row: u32,
    /// A row of failures that may be an outage.
    doubt: Option<Trouble>,
    /// Records that are said not to be there.
    missing: Vec<Missing>,
    seen: Seen,
    changes: Changes,
    fatal: Option<Trouble>,
    /// How many records there were of each outcome.
    pub counts: Counts,
    /// Sums of what was created.
    pub totals: Totals,
    /// Incomes of which the source does not say whether they are paid.
    pub unknown_paid: u64,
    /// Incomes whose value is not their net value and VAT together.
    pub unexplained: u64,
    /// Requests that a run sends to Caflou for the plans of a dry run.
    pub forecast: u64,
}

impl<'a, S: Sink> Engine<'a, S> {
    /// An engine that has done nothing yet.
    pub fn new(options: EngineOptions<S>, report: &'a mut dyn Report) -> Self {
        let (sink, reader) = (options.sink.clone(), options.reader.clone());
        let ways = Ways {
            rules: options.rules,
            doubt: options.doubt,
        };
        let under_way = UnderWay::new(sink, reader, ways, options.clock.clone());
        Self {
            begun: options.clock.now(),
            options,
            report,
            under_way,
            lookup: None,
            claimed: HashSet::new(),
            next: 0,
            told: 0,
            waiting: BTreeMap::new(),
            later: Vec::new(),
            vanished: Some(Vec::new()),
            outages: 0,
            failed_in_a_row: 0,
            doubt: None,
            missing: Vec::new(),
            seen: Seen::default(),
            changes: Changes::default(),
            fatal: None,
            counts: Counts::default(),
            totals: Totals::default(),
            unknown_paid: 0,
            unexplained: 0,
            forecast: 0,
        }
    }

    /// Takes items until there are no more, or the run cannot go on. Returns why not.
    pub async fn run(&mut self, mut items: Receiver<Item>) -> Option<Trouble> {
        let mut batch = Vec::with_capacity(BATCH);
        let stop = self.options.stop.clone();
        let (mut stopping, mut deadline) = (false, None);
        let incomes = self.options.kind.is_document();
        let awaiting = self.options.awaiting.clone();
        loop {
            let reading = self.fatal.is_none() && !(items.is_closed() && items.is_empty());
            let held = incomes && self.fatal.is_none() && !awaiting.is_empty();
            if !reading && !held && self.under_way.is_empty() {
                break;
            }
            let room = self.under_way.len() < ENOUGH;
            let more = reading && room && !(incomes && awaiting.is_full());
            tokio::select! {
                biased;
                () = stop.wait(), if !stopping => {
                    stopping = true;
                    self.stop();
                    deadline = Some(Instant::now() + GRACE);
                }
                () = tokio::time::sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    // Their intents stay: the next run looks for them.
                    self.under_way.abort();
                    deadline = None;
                }
                Some(finished) = self.under_way.next(), if !self.under_way.is_empty() => {
                    self.finish(finished);
                    self.settle_doubts().await;
                }
                () = awaiting.ready(), if held && room => {
                    let ready = awaiting.take(BATCH);
                    let gone_on = self.go_on(ready).await;
                    self.unless_fatal(gone_on).await;
                }
                taken = items.recv_many(&mut batch, BATCH), if more => {
                    if taken > 0 {
                        let taken = self.take(&mut batch).await;
                        self.unless_fatal(taken).await;
                    }
                }
            }
        }
        drop(items);
        self.end().await
    }

    /// Goes on after a batch, unless the run cannot: no more is held back than there is room for.
    async fn unless_fatal(&mut self, mut ended: Result<(), Trouble>) {
        if ended.is_ok() && self.changes.is_full() {
            ended = self.settle_changes().await;
        }
        if let Err(fatal) = ended {
            self.fatal.get_or_insert(fatal);
        }
    }

    /// Settles what was put off, and tells the rest. Returns why the run cannot go on.
    async fn end(&mut self) -> Option<Trouble> {
        if self.fatal.is_none()
            && let Err(fatal) = self.settle_all().await
        {
            self.fatal = Some(fatal);
        }
        self.give_up();
        self.tell_seen();
        self.tell_all();
        self.fatal.take()
    }

    /// What was put off to the end.
    async fn settle_all(&mut self) -> Result<(), Trouble> {
        self.settle_changes().await?;
        self.settle_missing().await?;
        self.settle_lost().await?;
        self.settle_missing().await
    }

    fn stop(&mut self) {
        self.fatal.get_or_insert((&self.options.stop).into());
    }

    /// Waits for all that is under way; once the run is to end, only for the grace.
    async fn drain(&mut self) -> Result<(), Trouble> {
        self.drain_to(0).await
    }

    /// Waits until no more than so many are under way.
    async fn drain_to(&mut self, most: usize) -> Result<(), Trouble> {
        let stop = self.options.stop.clone();
        let grace = async {
            stop.wait().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::pin!(grace);
        let mut aborted = false;
        while self.under_way.len() > most {
            tokio::select! {
                biased;
                finished = self.under_way.next() => match finished {
                    Some(finished) => {
                        self.finish(finished);
                        self.settle_doubts().await;
                    }
                    None => break,
                },
                () = &mut grace, if !aborted => {
                    aborted = true;
                    self.under_way.abort(); // their intents stay
                }
            }
        }
        if stop.reason().is_some() {
            return Err((&stop).into());
        }
        Ok(())
    }
}
