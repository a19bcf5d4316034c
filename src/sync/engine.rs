//! One agenda of one run: from what the source reads to what the sink does.
//!
//! Decisions are made one after another, in the order in which records come; requests to Caflou
//! run side by side, as many as its lane lets through. What is told keeps the order of reading.

mod absent;
mod look;
mod lost;
mod prepare;
mod under_way;
mod vanished;

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::task::JoinError;
use tokio::time::Instant;

use crate::caflou::{Lookup, MatchedBy, Reader};
use crate::http::Stop;
use crate::record::{Attributes, CaflouId, Draft, Kind, Paid, Record, SourceId};
use crate::source::Item;
use crate::state::{Clock, Known, Pair, Uptime, View};

pub use self::vanished::may_vanish;

pub use self::absent::Missing;
use self::absent::Seen;
use self::under_way::{Finished, Ready, UnderWay};
use super::awaiting::{Awaiting, Incomes};
use super::outcome::{Done, Fatal};
use super::plan::{self, Plan, Rules};
use super::report::{Action, Change, Counts, Event, Report, Totals};
use super::sink::{Sink, Step};

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
    doubt: Option<Fatal>,
    /// Records that are said not to be there.
    missing: Vec<Missing>,
    seen: Seen,
    fatal: Option<Fatal>,
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

/// What is left to do for a record once its plan needs no more decisions in order.
enum Job {
    Settle(Plan),
    Adopt(CaflouId, MatchedBy, Option<Box<Known>>),
    Revise(CaflouId, Box<Known>),
}

struct Prepared {
    draft: Box<Draft>,
    desired: Attributes,
    learns: bool,
    told: Option<String>,
    awaits: Option<SourceId>,
    job: Job,
}

impl<'a, S: Sink> Engine<'a, S> {
    /// An engine that has done nothing yet.
    pub fn new(options: EngineOptions<S>, report: &'a mut dyn Report) -> Self {
        let (sink, reader) = (options.sink.clone(), options.reader.clone());
        let under_way = UnderWay::new(sink, reader, options.rules, options.doubt);
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
            fatal: None,
            counts: Counts::default(),
            totals: Totals::default(),
            unknown_paid: 0,
            unexplained: 0,
            forecast: 0,
        }
    }

    /// Takes items until there are no more, or the run cannot go on. Returns why not.
    pub async fn run(&mut self, mut items: Receiver<Item>) -> Option<Fatal> {
        let mut batch = Vec::with_capacity(BATCH);
        let stop = self.options.stop.clone();
        let (mut stopping, mut deadline) = (false, None);
        let incomes = self.options.kind == Kind::Income;
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
                    if let Err(fatal) = self.go_on(ready).await {
                        self.fatal.get_or_insert(fatal);
                    }
                }
                taken = items.recv_many(&mut batch, BATCH), if more => {
                    if taken > 0
                        && let Err(fatal) = self.take(&mut batch).await
                    {
                        self.fatal.get_or_insert(fatal);
                    }
                }
            }
        }
        drop(items);
        self.end().await
    }

    /// Settles what was put off, and tells the rest. Returns why the run cannot go on.
    async fn end(&mut self) -> Option<Fatal> {
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
    async fn settle_all(&mut self) -> Result<(), Fatal> {
        self.settle_missing().await?;
        self.settle_lost().await?;
        self.settle_missing().await
    }

    fn stop(&mut self) {
        self.fatal.get_or_insert(stopped(&self.options.stop));
    }

    /// Plans a batch and sets it going.
    async fn take(&mut self, batch: &mut Vec<Item>) -> Result<(), Fatal> {
        let mut drafts = Vec::with_capacity(batch.len());
        for item in batch.drain(..) {
            match item {
                Item::Draft(draft) => {
                    if let Record::Income(income) = &draft.record {
                        self.unknown_paid += u64::from(income.paid == Paid::Unknown);
                        self.unexplained += u64::from(income.unexplained().is_some());
                    }
                    if let Some(draft) = self.unless_it_waits(draft)? {
                        drafts.push((self.number(), draft));
                    }
                }
                Item::Broken(broken) => {
                    if let (Kind::Company, Some(customer)) = (broken.kind, &broken.source_id) {
                        self.options.awaiting.settled(customer, true);
                    }
                    let (number, done) = (self.number(), self.options.sink.broken(&broken));
                    self.tell(number, Some(done));
                }
                Item::Settled => {
                    let number = self.number();
                    self.tell(number, Some(Done::told(None)));
                }
                Item::Expected(total) => self.report.event(&Event::Expected(total)),
                Item::Warning(message) => self.warn(message),
            }
        }
        self.plan(drafts).await
    }

    /// Plans incomes whose companies are settled now, and sets them going.
    async fn go_on(&mut self, incomes: Incomes) -> Result<(), Fatal> {
        let incomes = incomes.into_iter();
        let incomes = incomes.map(|draft| (self.number(), draft));
        let incomes = incomes.collect();
        self.plan(incomes).await
    }

    /// Plans different records, and sets them going.
    async fn plan(&mut self, drafts: Vec<(u64, Box<Draft>)>) -> Result<(), Fatal> {
        let view = &self.options.view;
        let known = view.at_once(|view| {
            let drafts = drafts.iter();
            let known = drafts.map(|(_, draft)| {
                let known = view.known(draft.kind, &draft.source_id)?;
                let company = match draft.customer() {
                    Some(customer) => view.company(customer)?,
                    None => None,
                };
                Ok((known, company))
            });
            known.collect::<Result<Vec<_>, _>>()
        })?;
        let mut prepared = Vec::with_capacity(drafts.len());
        for ((number, draft), known) in drafts.into_iter().zip(known) {
            if let Some(ready) = self.prepare(draft, known, number, &mut prepared).await? {
                prepared.push((number, ready));
            }
        }
        self.launch(prepared)
    }

    /// Gives an income back unless its company is yet to come in this run.
    fn unless_it_waits(&self, draft: Box<Draft>) -> Result<Option<Box<Draft>>, Fatal> {
        let Some(customer) = draft.customer() else {
            return Ok(Some(draft));
        };
        let options = &self.options;
        let there = options.view.company(customer)?.is_some();
        if there || options.sink.company(customer).is_some() {
            return Ok(Some(draft));
        }
        let customer = customer.clone();
        Ok(options.awaiting.hold(&customer, draft))
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    fn warn(&mut self, message: String) {
        let connection = self.options.connection.clone();
        self.report.event(&Event::Warning {
            connection,
            message,
        });
    }

    /// Commits the intents of a batch, then sets it going.
    fn launch(&mut self, prepared: Vec<(u64, Prepared)>) -> Result<(), Fatal> {
        let mut ready = Vec::with_capacity(prepared.len());
        for (number, prepared) in prepared {
            let Prepared {
                draft,
                desired,
                learns,
                told,
                awaits,
                job,
            } = prepared;
            let rules = self.options.rules;
            let (plan, look) = match job {
                Job::Settle(plan) => (plan::unless_told(plan, told.as_deref(), rules), None),
                Job::Adopt(id, by, known) => (Plan::Unchanged, Some((id, Some(by), known))),
                Job::Revise(id, known) => (Plan::Unchanged, Some((id, None, Some(known)))),
            };
            ready.push(Ready {
                number,
                step: Step {
                    draft,
                    plan,
                    told,
                    learns,
                    awaits,
                    leaves_by: None,
                },
                desired,
                look,
            });
        }
        let steps = ready.iter_mut().map(|ready| &mut ready.step);
        self.options.sink.intend(steps.collect())?;
        for ready in ready {
            self.under_way.push(ready);
        }
        Ok(())
    }

    /// Waits for all that is under way; once the run is to end, only for the grace.
    async fn drain(&mut self) -> Result<(), Fatal> {
        let stop = self.options.stop.clone();
        let grace = async {
            stop.wait().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::pin!(grace);
        let mut aborted = false;
        loop {
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
            return Err(stopped(&stop));
        }
        Ok(())
    }

    fn finish(&mut self, finished: Result<Finished, JoinError>) {
        let Finished { number, mut done } = match finished {
            Ok(finished) => finished,
            Err(error) if error.is_cancelled() => return,
            Err(error) => {
                self.fatal
                    .get_or_insert(Fatal::Service(format!("internal error: {error}")));
                return;
            }
        };
        if let Some(fatal) = done.fatal.take() {
            self.fatal.get_or_insert(fatal);
        }
        if let (Kind::Company, Some(change)) = (self.options.kind, &done.change)
            && done.uncertain.is_none()
        {
            let customer = SourceId(change.source_id.clone());
            let without = matches!(change.action, Action::Fail | Action::Skip);
            self.options.awaiting.settled(&customer, without);
        }
        match done.outage.take() {
            Some(outage) => {
                self.outages += 1;
                self.failed_in_a_row += 1;
                let alone = matches!(outage, Fatal::Service(_)) && self.failed_in_a_row < DOWN;
                if self.outages >= OUTAGES && alone {
                    self.doubt = Some(outage);
                } else if self.outages >= OUTAGES {
                    self.fatal.get_or_insert(outage);
                }
            }
            None if done.change.is_some() => (self.outages, self.failed_in_a_row) = (0, 0),
            None => {}
        }
        if let Some(missing) = done.missing.take() {
            self.missing.push(*missing);
            self.tell(number, None);
            return;
        }
        match done.uncertain.take() {
            _ if done.unsent => self.tell(number, None),
            Some(lost) if self.fatal.is_none() => {
                self.later.push(lost);
                self.tell(number, None);
            }
            _ => self.tell(number, Some(done)),
        }
    }

    /// Tells what became of records in the order in which they were read. `None`: it is told at
    /// the end.
    fn tell(&mut self, number: u64, done: Option<Done>) {
        self.waiting.insert(number, done);
        while let Some(done) = self.waiting.remove(&self.told) {
            self.told += 1;
            if let Some(done) = done {
                self.tell_one(done);
            }
        }
    }

    fn tell_all(&mut self) {
        for (_, done) in std::mem::take(&mut self.waiting) {
            if let Some(done) = done {
                self.tell_one(done);
            }
        }
    }

    fn tell_one(&mut self, done: Done) {
        let action = done.change.as_ref().map(|change| change.action);
        self.counts.count(action);
        if let Some(values) = &done.values {
            self.totals.add(values);
        }
        match done.change {
            Some(change) => {
                self.forecast += forecast(&change);
                self.report.event(&Event::Change(change));
            }
            None => self.report.event(&Event::Unchanged),
        }
    }
}

/// The run is to end.
fn stopped(stop: &Stop) -> Fatal {
    Fatal::Stopped(stop.reason().unwrap_or("stopped").to_owned())
}

/// Writes that a real run would send for a change.
fn forecast(change: &Change) -> u64 {
    match change.action {
        Action::Create => 1,
        Action::Adopt | Action::Update => u64::from(!change.fields.is_empty()),
        Action::Skip | Action::Fail => 0,
    }
}
