//! How fast a shop may be asked.

use std::time::Duration;

use crate::http::{Answer, Heard, Pace};

/// Requests that Shoptet allows at once per token.
const OPEN: usize = 3;
/// Drops that leak out of the bucket per second.
const LEAK: u64 = 10;

/// Three at once, and a leaky bucket of which each answer tells the filling.
pub const PACE: Pace = Pace {
    open: OPEN,
    by_collection: false,
    side_by_side: false,
    windows: &[],
    hear,
};

/// `X-RateLimit-Bucket-Filling: 134/200`.
fn hear(answer: &Answer) -> Heard {
    let filling = || {
        let (filling, size) = answer
            .header("x-ratelimit-bucket-filling")?
            .split_once('/')?;
        let size: u64 = size.trim().parse().ok().filter(|size| *size > 0)?;
        // The token is often shared with the shop's other integrations: a third stays theirs.
        let over = filling
            .trim()
            .parse::<u64>()
            .ok()?
            .saturating_sub(size * 2 / 3);
        Some(Duration::from_millis(over * 1000 / LEAK))
    };
    Heard {
        wait: filling(),
        ..Heard::default()
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_filling_bucket_asks_for_a_pause() {
        let name = HeaderName::from_static("x-ratelimit-bucket-filling");
        for (filling, wait) in [
            ("153/200", Some(2000)),
            ("133/200", Some(0)),
            ("0/200", Some(0)),
            ("1/0", None),
            ("much", None),
        ] {
            let value = HeaderValue::from_static(filling);
            let answer = Answer {
                status: StatusCode::OK,
                headers: HeaderMap::from_iter([(name.clone(), value)]),
                body: Vec::new(),
            };
            assert_eq!(
                hear(&answer).wait,
                wait.map(Duration::from_millis),
                "{filling}"
            );
        }
    }
}
