//! What both services say to an answer, asked at once. Nothing is written to either.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tokio::runtime::Runtime;

use super::doubles::Doubles;
use super::trouble::{self, Trouble, With};
use crate::access::{Access, Shared};
use crate::caflou::{self, CaflouAccount, Reader};
use crate::config::{Import, Mapping, Read, Way};
use crate::http::{HttpError, Lane, LaneOptions, Policy, Stop};
use crate::record::Stream;
use crate::source::{self, Definition, Interval, Opening, Source, SourceError, Status};
use crate::state::Cache;

/// How long one request may take, with somebody waiting.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The way to both services.
#[derive(Debug)]
pub struct Services {
    runtime: Runtime,
    cache: Cache,
    stop: Stop,
}

/// A source that told whose records it gives.
pub struct Opened {
    /// What it is.
    pub definition: &'static Definition,
    /// The way in that was taken.
    pub way: Option<&'static Way>,
    /// It.
    pub source: Box<dyn Source>,
    /// Whose records it gives.
    pub account: source::Account,
}

impl Opened {
    /// What an error of it means.
    #[must_use]
    pub fn trouble(&self, error: &SourceError) -> Trouble {
        (self.definition.explain)(error, self.way, &[])
    }

    /// What is the matter with streams that cannot be read; `None`: there are none.
    #[must_use]
    pub fn unreadable(&self, missing: &[(&'static Stream, SourceError)]) -> Option<Trouble> {
        let (_, first) = missing.first()?;
        if let Some((_, other)) = missing.iter().find(|(_, error)| !error.is_denied()) {
            return Some(self.trouble(other));
        }
        let streams: Vec<_> = missing.iter().map(|(stream, _)| *stream).collect();
        Some((self.definition.explain)(first, self.way, &streams))
    }
}

/// Caflou, which let us in.
#[derive(Debug)]
pub struct OpenCaflou {
    /// The accounts.
    pub accounts: Vec<CaflouAccount>,
    /// When a log-in made for this ends.
    pub login_ends: Option<DateTime<Utc>>,
}

impl Services {
    /// Nothing was asked yet. Tokens obtained on the way go to the cache.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn new(cache: Cache, stop: Stop) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        Ok(Self {
            runtime,
            cache,
            stop,
        })
    }

    /// For what has to go on beside the questions.
    #[must_use]
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Ends what is asked.
    #[must_use]
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    fn lane() -> Arc<Lane> {
        Arc::new(Lane::new(LaneOptions::default()))
    }

    fn shared(&self) -> Shared {
        Shared {
            cache: self.cache.clone(),
            policy: Policy::attended(),
            lane: Self::lane(),
            stop: self.stop.clone(),
        }
    }

    /// Asks whose credentials they are.
    ///
    /// # Errors
    /// When they are refused, or the service is not well.
    pub fn source(
        &self,
        definition: &'static Definition,
        access: &Access,
        mapping: &Mapping,
    ) -> Result<Opened, Trouble> {
        let opened = (definition.open)(Opening {
            access,
            shared: self.shared(),
            mapping,
            import: &Import::default(),
            dry_run: true,
        });
        let way = access.way();
        let opened = opened.and_then(|source| {
            let account = self.runtime.block_on(source.whose())?;
            Ok(Opened {
                definition,
                way,
                source,
                account,
            })
        });
        opened.map_err(|error| (definition.explain)(&error, way, &[]))
    }

    /// How many records of a stream there are, by reading all that a run would read.
    ///
    /// # Errors
    /// When a right is missing.
    pub fn probe(&self, open: &Opened, stream: &Stream) -> Result<u64, SourceError> {
        let Opened {
            source, account, ..
        } = open;
        self.runtime.block_on(source.probe(stream, account))
    }

    /// The statuses that documents have there.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn statuses(&self, open: &Opened) -> Result<Vec<Status>, SourceError> {
        self.runtime.block_on(open.source.statuses())
    }

    /// How many records of a stream an interval has, where the source says so.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn count_in(
        &self,
        open: &Opened,
        stream: &Stream,
        interval: Interval,
    ) -> Result<Option<u64>, SourceError> {
        let Opened {
            source, account, ..
        } = open;
        let count = source.count_in(stream, interval, account);
        self.runtime.block_on(count)
    }

    /// Looks for the newest documents of an interval in Caflou.
    ///
    /// # Errors
    /// When one of the two cannot be read.
    pub fn doubles(
        &self,
        open: &Opened,
        interval: Interval,
        reader: &Reader,
    ) -> Result<Doubles, SourceError> {
        self.runtime.block_on(async {
            let newest = open.source.newest(interval, &open.account);
            Ok(Doubles::look(&newest.await?, reader).await?)
        })
    }

    /// Asks for the accounts. With a one-time password it logs in anew.
    ///
    /// # Errors
    /// When Caflou does not let us in, or is not well.
    pub fn caflou(
        &self,
        access: &Access,
        otp: Option<&SecretString>,
    ) -> Result<OpenCaflou, Trouble> {
        let with = otp.map_or_else(|| With::of(access), |_| With::Otp);
        let opened = self.caflou_client(access).and_then(|client| {
            let reader = Reader::new(Arc::clone(&client));
            self.runtime.block_on(async {
                let login_ends = match otp {
                    Some(otp) => client.log_in(Some(otp)).await?,
                    None => None,
                };
                let accounts = reader.accounts().await?;
                Ok(OpenCaflou {
                    accounts,
                    login_ends,
                })
            })
        });
        opened.map_err(|error| trouble::caflou(&error, with))
    }

    /// A reader of an account, which was tried.
    ///
    /// # Errors
    /// When the account cannot be read.
    pub fn account(&self, access: &Access) -> Result<Reader, Trouble> {
        let reader = self.caflou_client(access).map(Reader::new);
        let reader = reader.and_then(|reader| {
            self.runtime.block_on(reader.check())?;
            Ok(reader)
        });
        reader.map_err(|error| trouble::caflou(&error, With::Token))
    }

    fn caflou_client(&self, access: &Access) -> Result<Arc<caflou::Client>, HttpError> {
        let mut access = access.clone();
        access.values.put("timeout", Some(Read::Time(TIMEOUT)));
        let client = caflou::Client::open(&access, self.shared())?;
        Ok(Arc::new(client))
    }
}
