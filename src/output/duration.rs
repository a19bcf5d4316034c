//! How long something took.

use std::time::Duration;

/// `12 s`, `2 min 5 s`, `1 h 3 min`.
#[must_use]
pub(super) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match (hours, minutes, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_units_are_enough() {
        let shown = [0, 12, 60, 125, 3600, 3789].map(|s| span(Duration::from_secs(s)));
        assert_eq!(
            shown,
            ["0 s", "12 s", "1 min", "2 min 5 s", "1 h", "1 h 3 min"]
        );
    }
}
