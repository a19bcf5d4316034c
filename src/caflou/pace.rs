//! How fast Caflou may be asked.

use reqwest::StatusCode;

use crate::http::{Answer, Heard, Pace};

/// So many at once in each collection; some paths turn out to be served in single file.
pub const PACE: Pace = Pace {
    open: 1,
    by_collection: true,
    side_by_side: false,
    windows: &[],
    hear,
};

/// `Rate limit exceeded - same request is processing already`.
fn hear(answer: &Answer) -> Heard {
    let needle = b"same request is processing";
    let said = || {
        let mut windows = answer.body.windows(needle.len()).take(4096);
        windows.any(|window| window == needle)
    };
    Heard {
        single_file: answer.status == StatusCode::TOO_MANY_REQUESTS && said(),
        ..Heard::default()
    }
}
