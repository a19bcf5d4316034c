//! Documents in Caflou that have the number of one that is to be created, and no mark or but a part of
//! one: ours may have come without its end.

use super::Engine;
use super::look::unless_stopped;
use crate::caflou::{Candidates, MatchedBy};
use crate::record::{Attributes, CaflouId, Draft};
use crate::sync::sink::Sink;
use crate::trouble::Trouble;

impl<S: Sink> Engine<'_, S> {
    /// What was found, where it is no more than that such a document is there: each of them is read
    /// by its id, and is the one, or is not, or nobody knows (`Err`: which).
    pub(super) async fn among_unmarked(
        &mut self,
        draft: &Draft,
        desired: &Attributes,
        found: Candidates,
    ) -> Result<Result<Candidates, CaflouId>, Trouble> {
        let by_mark = |by| by == MatchedBy::Mark;
        let settled = match &found {
            Candidates::None => false,
            Candidates::One(_, by) | Candidates::Several(_, by) => by_mark(*by),
        };
        let lookup = self.lookup.as_ref().filter(|_| !settled);
        let ids = lookup.map(|(lookup, _)| lookup.unmarked(desired));
        for id in ids.unwrap_or_default() {
            let key = (draft.kind, &draft.source_id);
            let linked = self.options.view.linked_with(draft.kind, id)?;
            if linked.is_some() || self.options.view.is_parted(key, id)? {
                continue;
            }
            let read = self.options.reader.get(draft.kind, id);
            let read = unless_stopped(&self.options.stop, read).await?;
            // The list shows it.
            let Some(stored) = read else {
                return Ok(Err(id));
            };
            match stored.is_perhaps(draft.kind, &draft.mark, desired) {
                Some(true) => return Ok(Ok(Candidates::One(id, MatchedBy::Mark))),
                Some(false) => {}
                None => return Ok(Err(id)),
            }
        }
        Ok(Ok(found))
    }
}
