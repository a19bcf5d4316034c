//! So many of something.

use std::fmt;

use super::amount::grouped;

/// A number with its noun: `1 record`, `2 records`, `1 198 companies`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(
    /// How many.
    pub u64,
    /// The noun for one.
    pub &'static str,
);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number, noun) = self;
        write!(f, "{} ", grouped(*number))?;
        match noun.strip_suffix('y') {
            _ if *number == 1 => f.write_str(noun),
            Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => write!(f, "{stem}ies"),
            _ => write!(f, "{noun}s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_all_others_plural() {
        for (number, noun, shown) in [
            (0, "record", "0 records"),
            (1, "record", "1 record"),
            (2, "request", "2 requests"),
            (1, "company", "1 company"),
            (1_198, "company", "1 198 companies"),
            (2, "day", "2 days"),
        ] {
            assert_eq!(Count(number, noun).to_string(), shown);
        }
    }
}
