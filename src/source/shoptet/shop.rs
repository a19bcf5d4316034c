//! The shop itself: who it is, its clock, its time zone (`GET /api/eshop`).

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::client::Client;
use super::orders::window;
use super::row::Row;
use super::time::format_time;
use crate::http::HttpError;
use crate::record::{Json, Stream, clean};
use crate::source::{Account, Interval, SourceError};

/// What is known of a shop before anything is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shop {
    /// `contactInformation.eshopId`.
    pub eshop_id: u64,
    /// `contactInformation.eshopName`.
    pub name: String,
    /// `settings.timezone`.
    pub zone: Tz,
    /// The service's clock when it answered.
    pub now: DateTime<Utc>,
    /// The service says the time in its answers; else `now` is this machine's clock.
    pub has_clock: bool,
}

impl Shop {
    /// Makes sure that it is the configured shop.
    ///
    /// # Errors
    /// When it is another one.
    pub(super) fn must_be(&self, eshop_id: u64) -> Result<(), SourceError> {
        let Self {
            eshop_id: id, name, ..
        } = self;
        if *id == eshop_id {
            return Ok(());
        }
        Err(SourceError::Access(format!(
            "the Shoptet token belongs to e-shop {id} ({name}), but eshop_id is {eshop_id}; \
             correct eshop_id or use that shop's token"
        )))
    }
}

/// The shop of an answer's `data`; `clock`: when the service says that it answered.
pub(super) fn read(data: &Json, clock: Option<DateTime<Utc>>) -> Result<Shop, SourceError> {
    let garbled = |reason: String| {
        SourceError::Http(HttpError::Garbled {
            service: "Shoptet",
            method: reqwest::Method::GET,
            path: "/api/eshop".to_owned(),
            reason,
            request_id: None,
        })
    };
    let read = || {
        let data = Row::of(&data.0)?;
        let contact = data.object("contactInformation")?;
        let settings = data.object("settings")?;
        let text = |row: Option<Row<'_>>, field| row.map_or(Ok(None), |row| row.text(field));
        let id = contact.map_or(Ok(None), |row| row.whole("eshopId"))?;
        Ok((id, text(contact, "eshopName")?, text(settings, "timezone")?))
    };
    let (id, name, zone) =
        read().map_err(|error: super::row::RowError| garbled(error.to_string()))?;
    let id = id.and_then(|id| u64::try_from(id).ok());
    let id = id.ok_or_else(|| garbled("no eshopId".to_owned()))?;
    let name = name.as_deref().and_then(clean);
    let name = name.unwrap_or_else(|| format!("e-shop {id}"));
    let zone = zone.unwrap_or_else(|| "Europe/Prague".to_owned());
    let zone: Tz = zone
        .parse()
        .map_err(|_| garbled(format!("unknown time zone `{zone:.40}`")))?;
    Ok(Shop {
        eshop_id: id,
        name,
        zone,
        now: clock.unwrap_or_else(Utc::now),
        has_clock: clock.is_some(),
    })
}

impl Client {
    /// Asks whose token it is and compares with the configured shop; each token that is got later
    /// has to open the same one.
    ///
    /// # Errors
    /// When the token is refused or another shop's.
    pub async fn shop(&self, eshop_id: u64) -> Result<Shop, SourceError> {
        let (answer, token) = self.eshop().await?;
        let shop = read(&answer.data, answer.date)?;
        shop.must_be(eshop_id)?;
        self.is_about(eshop_id, token).await;
        Ok(shop)
    }

    /// Asks whose token it is.
    ///
    /// # Errors
    /// When the token is refused or the answer is no shop.
    pub async fn whose(&self) -> Result<Shop, SourceError> {
        let (answer, _) = self.eshop().await?;
        read(&answer.data, answer.date)
    }

    /// Reads one row of everything that a run reads of a stream; how many records there are.
    ///
    /// # Errors
    /// When the token lacks the right to one of them.
    pub async fn probe(&self, stream: &Stream, account: &Account) -> Result<u64, SourceError> {
        let list = stream.word;
        let since = format_time(account.now - TimeDelta::days(1), account.zone);
        let one = ("itemsPerPage", "1");
        self.get::<Json>(&["api", list, "changes"], &[("from", &since), one])
            .await?;
        Ok(self.count(list, &[]).await?.unwrap_or(0))
    }

    /// How many records of a stream were created in an interval, where the shop says so.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub async fn count_in(
        &self,
        stream: &Stream,
        interval: Interval,
        account: &Account,
    ) -> Result<Option<u64>, SourceError> {
        let window = window(interval, account.zone, account.now);
        let window: Vec<_> = window.iter().map(|(n, at)| (*n, at.as_str())).collect();
        self.count(stream.word, &window).await
    }

    /// How many records of a stream the shop has in all, where it says so.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub async fn count_all(&self, stream: &Stream) -> Result<Option<u64>, SourceError> {
        self.count(stream.word, &[]).await
    }

    async fn count(
        &self,
        list: &str,
        filters: &[(&str, &str)],
    ) -> Result<Option<u64>, SourceError> {
        let query = [&[("itemsPerPage", "1")], filters].concat();
        let data = self.get::<Json>(&["api", list], &query).await?.data;
        let paginator = Row::of(&data.0).and_then(|data| data.object("paginator"));
        let total = paginator
            .ok()
            .flatten()
            .and_then(|row| row.whole("totalCount").ok().flatten());
        Ok(total.and_then(|total| u64::try_from(total).ok()))
    }
}
