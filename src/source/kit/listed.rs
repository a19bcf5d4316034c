//! Reading streams that are lists of rows with ids, page by page: what is read of them in each scope,
//! and what became of records that a list does not show any more.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::row::RowError;
use super::{moment, moment_of};
use crate::record::{Draft, Mark, Record, SourceId, Stream, Void};
use crate::source::{Ask, Broken, Item, Reading, Scope, SourceError, Verdict};
use crate::state::RecordState;

/// What changed so long before the last reading is read again: clocks and transactions overlap.
const OVERLAP: TimeDelta = TimeDelta::minutes(5);
/// A list of more pages than this has no end.
const MOST_PAGES: u32 = 100_000;

/// A source whose streams are such lists.
pub trait Listed {
    /// A row as it came.
    type Row;

    /// A page of a stream, by its number from 1; what lies beyond the last one is empty. With a
    /// moment, at least what changed since.
    fn page(
        &self,
        stream: &Stream,
        since: Option<DateTime<Utc>>,
        number: u32,
    ) -> impl Future<Output = Result<Vec<Self::Row>, SourceError>>;

    /// A row by its id; `None`: it is not there any more.
    fn one(
        &self,
        stream: &Stream,
        id: &str,
    ) -> impl Future<Output = Result<Option<Self::Row>, SourceError>>;

    /// The id of a row.
    ///
    /// # Errors
    /// Where it has none.
    fn id(&self, row: &Self::Row) -> Result<String, RowError>;

    /// What a row becomes; `None`: nothing, its money is in another record, or it does not count yet.
    /// Pure: the same row gives the same record.
    ///
    /// # Errors
    /// What is wrong with it.
    fn map(&self, stream: &Stream, row: &Self::Row) -> Result<Option<Mapped>, RowError>;

    /// The word of the source.
    fn program(&self) -> &'static str;
}

/// What a row becomes.
pub struct Mapped {
    /// The record.
    pub record: Record,
    /// What people know it by.
    pub label: String,
    /// When a document was issued.
    pub issued: Option<NaiveDate>,
    /// When it last changed.
    pub changed_at: Option<DateTime<Utc>>,
}

/// Reads what is asked for and hands it on.
///
/// # Errors
/// When reading cannot go on.
pub async fn read<L: Listed>(source: &L, ask: &Ask<'_>) -> Result<Reading, SourceError> {
    let mut reading = Rows {
        source,
        ask,
        seen: BTreeSet::new(),
        complete: true,
    };
    match ask.scope {
        Scope::Full => {
            reading.list(None).await?;
            // What the list does not show may have moved while it was read: only its own address
            // tells that it is gone.
            let imported = ask.state.imported(ask.stream, |_| true)?;
            reading.again(imported).await?;
        }
        Scope::Since { cursor, .. } => {
            reading.list(Some(moment(cursor)? - OVERLAP)).await?;
            let far = NaiveDate::from_ymd_opt(9999, 12, 31);
            let follows = far.filter(|_| ask.stream.follows_open);
            let follows = follows.map(|far| (None, far));
            for range in [follows, ask.overdue].into_iter().flatten() {
                let unpaid = ask.state.unpaid(ask.stream, range)?;
                reading.again(unpaid).await?;
            }
        }
        Scope::Only(keys) => {
            for key in keys {
                reading.by_key(key, true).await?;
            }
        }
    }
    if !matches!(ask.scope, Scope::Only(_)) {
        let open = ask.state.open_records(ask.stream)?;
        reading.again(open).await?;
    }
    Ok(Reading {
        complete: reading.complete,
        cursor: moment_of(ask.account),
    })
}

/// How many rows the first page of a stream has.
///
/// # Errors
/// When it cannot be read.
pub async fn probe<L: Listed>(source: &L, stream: &Stream) -> Result<u64, SourceError> {
    Ok(source.page(stream, None, 1).await?.len() as u64)
}

struct Rows<'a, L> {
    source: &'a L,
    ask: &'a Ask<'a>,
    seen: BTreeSet<SourceId>,
    complete: bool,
}

impl<L: Listed> Rows<'_, L> {
    async fn list(&mut self, since: Option<DateTime<Utc>>) -> Result<(), SourceError> {
        for number in 1..=MOST_PAGES {
            let page = self.source.page(self.ask.stream, since, number).await?;
            if page.is_empty() {
                return Ok(());
            }
            for row in page {
                self.take(&row).await?;
            }
        }
        self.complete = false;
        let message = format!("the list of {} has no end", self.ask.stream.many);
        self.send(Item::Warning(message)).await
    }

    /// Records that are looked at by themselves.
    async fn again(&mut self, keys: Vec<SourceId>) -> Result<(), SourceError> {
        for key in keys {
            if !self.seen.contains(&key) {
                self.by_key(&key, false).await?;
            }
        }
        Ok(())
    }

    async fn by_key(&mut self, key: &SourceId, asked: bool) -> Result<(), SourceError> {
        let stream = self.ask.stream;
        let id = stream.id_of(key);
        match self.source.one(stream, id).await? {
            // What nobody asked for is not taken for it.
            Some(row) if self.source.id(&row).as_deref() == Ok(id) => self.take(&row).await,
            Some(_) => Err(SourceError::Service(format!(
                "another record came where {} {id} was asked for",
                stream.one
            ))),
            None if asked => {
                let reason = format!("the source has no such {}", stream.one);
                self.broken(Verdict::NotThere, Some(key.clone()), reason)
                    .await
            }
            None => {
                self.seen.insert(key.clone());
                let why = Void::Deleted;
                let gone = Mapped {
                    record: Record::Void { why, paid: false },
                    label: id.to_owned(),
                    issued: None,
                    changed_at: None,
                };
                self.hand_on(key.clone(), gone).await
            }
        }
    }

    async fn take(&mut self, row: &L::Row) -> Result<(), SourceError> {
        let id = match self.source.id(row) {
            Ok(id) => id,
            Err(error) => {
                // Nothing can ask for it by itself.
                self.complete = false;
                return self.broken(Verdict::Failed, None, error.to_string()).await;
            }
        };
        let key = self.ask.stream.key(&id);
        if !self.seen.insert(key.clone()) {
            return Ok(());
        }
        match self.source.map(self.ask.stream, row) {
            Ok(None) => Ok(()),
            Ok(Some(mapped)) => {
                let inside = mapped
                    .issued
                    .is_none_or(|day| self.ask.interval.contains(day));
                if inside || self.is_there(&key)? {
                    self.hand_on(key, mapped).await
                } else {
                    Ok(())
                }
            }
            Err(error) => {
                self.broken(Verdict::Failed, Some(key), error.to_string())
                    .await
            }
        }
    }

    /// Whether a record is, or may be, in Caflou already: then it is followed.
    fn is_there(&self, key: &SourceId) -> Result<bool, SourceError> {
        let known = self.ask.state.known(self.ask.stream.kind, key)?;
        Ok(known.is_some_and(|known| known.state != RecordState::Failed))
    }

    async fn hand_on(&self, source_id: SourceId, mapped: Mapped) -> Result<(), SourceError> {
        let account = &self.ask.account.id;
        self.send(Item::Draft(Box::new(Draft {
            kind: self.ask.stream.kind,
            mark: Mark::new(self.source.program(), account, &source_id),
            source_id,
            label: mapped.label,
            origin: None,
            changed_at: mapped.changed_at,
            record: mapped.record,
            warnings: Vec::new(),
        })))
        .await
    }

    async fn broken(
        &self,
        verdict: Verdict,
        source_id: Option<SourceId>,
        reason: String,
    ) -> Result<(), SourceError> {
        let label = source_id.as_ref().map(ToString::to_string);
        self.send(Item::Broken(Broken {
            verdict,
            kind: self.ask.stream.kind,
            source_id,
            label: label.unwrap_or_default(),
            reason,
            place: None,
        }))
        .await
    }

    async fn send(&self, item: Item) -> Result<(), SourceError> {
        let sent = self.ask.out.send(item).await;
        sent.map_err(|_| SourceError::BrokenOff)
    }
}
