//! When a request is repeated, and after how long. The only place that decides it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::StatusCode;

use super::{Answer, HttpError};

/// Whether a request may be sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Sending it again does no harm: reads, and updates that set absolute values.
    Safe,
    /// It creates something: again only after a refusal that proves that nothing was written.
    IfRefused,
}

/// How patient the program is.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// The wait before the first repetition; it doubles each time.
    pub first: Duration,
    /// The longest wait that is chosen by us (a service's `Retry-After` may be longer).
    pub cap: Duration,
    /// Repetitions after lost answers and server errors.
    pub repetitions: u32,
    /// How long maintenance (503) and crowding (429, 423) are waited out in all.
    pub patience: Duration,
    /// How long a limit that ends by itself, such as that of tokens alive, is waited out in all.
    pub limit_patience: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(250),
            cap: Duration::from_secs(30),
            repetitions: 5,
            patience: Duration::from_mins(5),
            limit_patience: Duration::from_mins(31),
        }
    }
}

impl Policy {
    /// Of a client that somebody is waiting for: a moment's trouble is overcome, what lasts is told
    /// soon.
    #[must_use]
    pub fn attended() -> Self {
        Self {
            repetitions: 2,
            patience: Duration::from_secs(5),
            limit_patience: Duration::ZERO,
            ..Self::default()
        }
    }
}

/// The longest `Retry-After` that is believed.
const LONGEST_WAIT: Duration = Duration::from_mins(10);

impl Policy {
    /// How long to wait before sending again; `None`: do not. `attempt` counts from 0, `waited`
    /// is the sum of the waits so far, `spread` (0 to 255) is the jitter's random part.
    #[must_use]
    pub fn again(
        &self,
        repeat: Repeat,
        error: &HttpError,
        asked: Option<Duration>,
        (attempt, waited, spread): (u32, Duration, u8),
    ) -> Option<Duration> {
        let own = self.backoff(attempt, spread);
        // Whoever asks for no pause again and again is busy all the same.
        let asked = asked.map(|asked| asked.min(LONGEST_WAIT));
        let wait = asked.map_or(own, |asked| asked.max(own));
        let crowded = match error.status() {
            Some(StatusCode::TOO_MANY_REQUESTS | StatusCode::LOCKED) => true,
            Some(StatusCode::SERVICE_UNAVAILABLE) => repeat == Repeat::Safe,
            _ => false,
        };
        if crowded {
            return (waited + wait <= self.patience.max(asked.unwrap_or_default())).then_some(wait);
        }
        let transient = match error {
            HttpError::Unreachable { .. } => true,
            HttpError::Lost { .. } | HttpError::Garbled { .. } => repeat == Repeat::Safe,
            HttpError::Refused(refusal) => {
                let status = refusal.status;
                let worth = status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT;
                worth && repeat == Repeat::Safe
            }
            HttpError::Stopped(_) => false,
        };
        (transient && attempt < self.repetitions).then_some(wait)
    }

    /// Doubling waits, each between half and the whole of it.
    #[must_use]
    pub fn backoff(&self, attempt: u32, spread: u8) -> Duration {
        let whole = self
            .first
            .saturating_mul(1 << attempt.min(16))
            .min(self.cap);
        whole / 2 + whole / 2 * u32::from(spread) / 255
    }
}

/// The wait that an answer asks for: `Retry-After` as seconds or as an HTTP date.
#[must_use]
pub fn retry_after(answer: &Answer, now: DateTime<Utc>) -> Option<Duration> {
    let text = answer.header("retry-after")?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?;
    // Counted in the service's own clock, which need not agree with ours.
    let since = answer.date().unwrap_or(now);
    Some(
        (until.with_timezone(&Utc) - since)
            .to_std()
            .unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use reqwest::Method;
    use reqwest::header::{HeaderMap, HeaderValue};

    use super::super::Refusal;
    use super::*;

    fn refused(status: u16) -> HttpError {
        HttpError::Refused(Box::new(Refusal {
            service: "Caflou",
            method: Method::POST,
            path: "/x".into(),
            status: StatusCode::from_u16(status).unwrap(),
            code: None,
            message: String::new(),
            request_id: None,
        }))
    }

    fn lost() -> HttpError {
        HttpError::Lost {
            service: "Caflou",
            method: Method::POST,
            path: "/x".into(),
            reason: "reset".into(),
        }
    }

    fn repeated(repeat: Repeat) -> String {
        let policy = Policy::default();
        let statuses = [
            301, 400, 401, 403, 404, 408, 409, 413, 422, 423, 429, 500, 502, 503, 504,
        ];
        let again = |error: &HttpError| policy.again(repeat, error, None, (0, Duration::ZERO, 0));
        let mut out: Vec<String> = statuses
            .into_iter()
            .filter(|status| again(&refused(*status)).is_some())
            .map(|status| status.to_string())
            .collect();
        if again(&lost()).is_some() {
            out.push("lost".into());
        }
        let unreachable = HttpError::Unreachable {
            service: "Caflou",
            reason: String::new(),
        };
        if again(&unreachable).is_some() {
            out.push("unreachable".into());
        }
        out.join(" ")
    }

    #[test]
    fn reads_are_repeated_unless_repeating_is_pointless() {
        assert_eq!(
            repeated(Repeat::Safe),
            "408 423 429 500 502 503 504 lost unreachable"
        );
    }

    #[test]
    fn creates_are_repeated_only_where_nothing_was_written() {
        assert_eq!(repeated(Repeat::IfRefused), "423 429 unreachable");
    }

    #[test]
    fn waits_double_up_to_a_cap_and_come_to_an_end() {
        let policy = Policy::default();
        let wait = |attempt, spread| {
            policy.again(
                Repeat::Safe,
                &refused(500),
                None,
                (attempt, Duration::ZERO, spread),
            )
        };
        assert_eq!(wait(0, 255), Some(Duration::from_millis(250)));
        assert_eq!(wait(0, 0), Some(Duration::from_millis(125)));
        assert_eq!(wait(4, 255), Some(Duration::from_secs(4)));
        assert_eq!(wait(5, 255), None);
        let patient = |waited| {
            let waited = Duration::from_secs(waited);
            policy.again(Repeat::Safe, &refused(503), None, (20, waited, 255))
        };
        assert_eq!(patient(200), Some(Duration::from_secs(30)));
        assert_eq!(patient(290), None);
    }

    #[test]
    fn what_the_service_asks_for_is_honoured_within_reason() {
        let policy = Policy::default();
        let wait = |asked, attempt, waited| {
            let so_far = (attempt, Duration::from_secs(waited), 255);
            let asked = Some(Duration::from_secs(asked));
            policy.again(Repeat::Safe, &refused(429), asked, so_far)
        };
        assert_eq!(wait(7, 0, 0), Some(Duration::from_secs(7)));
        // One that asks for no pause at all, again and again, gets one all the same.
        assert_eq!(wait(0, 0, 0), Some(Duration::from_millis(250)));
        assert_eq!(wait(0, 6, 20), Some(Duration::from_secs(16)));
        // A day is not waited for: the next run is sooner.
        assert_eq!(wait(86_400, 0, 0), Some(LONGEST_WAIT));
        assert_eq!(wait(86_400, 1, 600), None);
        assert_eq!(wait(u64::MAX, 1, 600), None);
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date_of_the_services_clock() {
        let answer = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", HeaderValue::from_str(value).unwrap());
            headers.insert(
                "date",
                HeaderValue::from_static("Mon, 01 Jul 2024 12:01:01 GMT"),
            );
            Answer {
                status: StatusCode::TOO_MANY_REQUESTS,
                headers,
                body: Vec::new(),
            }
        };
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(retry_after(&answer("7"), now), Some(Duration::from_secs(7)));
        let date = answer("Mon, 01 Jul 2024 12:01:11 GMT");
        assert_eq!(retry_after(&date, now), Some(Duration::from_secs(10)));
        assert_eq!(retry_after(&answer("soon"), now), None);
    }
}
