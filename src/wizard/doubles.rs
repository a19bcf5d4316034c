//! Whether somebody else brings the shop's orders to Caflou already: another connector, a pairing of
//! bank payments. Then every order would be counted twice.

use crate::caflou::{Candidates, Index, Keys, MatchedBy, Reader, Recent};
use crate::http::HttpError;
use crate::output::Count;
use crate::record::{Draft, Kind, Record};
use crate::source::Definition;

/// What was seen of the newest orders in Caflou.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Doubles {
    /// So many of the newest orders were looked for.
    pub looked_at: u64,
    /// So many are there as incomes that are not ours: same reference number, value and currency.
    pub found: u64,
    /// So many are there with our mark.
    pub ours: u64,
}

impl Doubles {
    /// Looks for orders among the newest incomes, with few requests.
    ///
    /// # Errors
    /// When Caflou cannot be read.
    pub async fn look(newest: &[Draft], reader: &Reader) -> Result<Self, HttpError> {
        let keys: Vec<_> = newest.iter().filter_map(keys).collect();
        if keys.is_empty() {
            return Ok(Self::default());
        }
        let mut recent = Recent::read(reader, Kind::Income).await?;
        if Self::count(&keys, &recent.index).found == 0 {
            recent.search(&keys).await?;
        }
        Ok(Self::count(&keys, &recent.index))
    }

    /// What the user should know, if anything.
    #[must_use]
    pub fn warning(&self, program: &Definition, match_existing: bool) -> Option<String> {
        let Self {
            looked_at,
            found,
            ours,
        } = *self;
        let of = Count(looked_at, program.noun(Kind::Income));
        if found == 0 {
            return (ours > 0).then(|| {
                format!(
                    "{ours} of the newest {of} are in Caflou with this program's mark: they were \
                     imported before, and are linked again."
                )
            });
        }
        let what = format!(
            "{found} of the newest {of} are in Caflou already, with the same reference number, \
             value and currency, but not from this program. Does another connector bring them, or \
             the bank?"
        );
        let then = if match_existing {
            format!(
                "A run links what is there (match_existing) and creates no second income. Switch the \
                 other way off, or {} to come may be counted twice.",
                program.many(Kind::Income)
            )
        } else {
            "match_existing is off: a run would create them a second time. Switch it on: \
             --set mapping.match_existing=true"
                .to_owned()
        };
        Some(format!("{what}\n{then}"))
    }

    fn count(keys: &[Keys], index: &Index) -> Self {
        let mut doubles = Self::default();
        for keys in keys {
            doubles.looked_at += 1;
            match index.find(keys) {
                Candidates::One(_, MatchedBy::Mark) | Candidates::Several(_, MatchedBy::Mark) => {
                    doubles.ours += 1;
                }
                Candidates::One(..) | Candidates::Several(..) => doubles.found += 1,
                Candidates::None => {}
            }
        }
        doubles
    }
}

fn keys(draft: &Draft) -> Option<Keys> {
    match &draft.record {
        Record::Document(document) => {
            let attributes = document.attributes(draft.kind, &draft.mark, None);
            Some(Keys::of(draft.kind, &draft.mark, &attributes))
        }
        Record::Company(_) | Record::Void { .. } => None,
    }
}
