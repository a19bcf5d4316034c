//! Streams: what a source lists.

use super::{Kind, SourceId};

/// Records of one kind that a source lists together, as invoices are, apart from credit notes.
#[derive(Debug, PartialEq, Eq)]
pub struct Stream {
    /// The word for it: on the command line, and in the state.
    pub word: &'static str,
    /// What its records become.
    pub kind: Kind,
    /// What its records are, at the beginning of a question.
    pub title: &'static str,
    /// For messages: one of its records.
    pub one: &'static str,
    /// The same: several of them.
    pub many: &'static str,
    /// Its records' keys stand for themselves. Else they begin with the stream's word and a slash, as
    /// `invoices/5` does: a credit note may have the same number. Only for a stream that is alone of
    /// its kind at its source.
    pub bare_ids: bool,
    /// What changes at the source is written over what Caflou holds; else only new records are
    /// brought, whatever the mode.
    pub updates: bool,
    /// A payment does not count as a change there: each run looks at what is not paid yet.
    pub follows_open: bool,
    /// Days for which the source remembers what changed; `None`: it knows of everything when it
    /// changed last.
    pub log: Option<u16>,
    /// Days after which the whole list is read though a log says what changed; `None`: never.
    pub whole_list: Option<u16>,
}

impl Stream {
    /// The key of a record that has this id in the list.
    #[must_use]
    pub fn key(&self, id: &str) -> SourceId {
        SourceId(if self.bare_ids {
            id.to_owned()
        } else {
            format!("{}/{id}", self.word)
        })
    }

    /// The id that a record of this key has in the list.
    #[must_use]
    pub fn id_of<'k>(&self, key: &'k SourceId) -> &'k str {
        let own = key.0.strip_prefix(self.word);
        let own = own.and_then(|rest| rest.strip_prefix('/'));
        own.filter(|_| !self.bare_ids).unwrap_or(&key.0)
    }

    /// The keys of its records lie between these two: from the first on, and before the second.
    #[must_use]
    pub fn keys(&self) -> [String; 2] {
        if self.bare_ids {
            [String::new(), char::MAX.to_string()]
        } else {
            // The character after the slash.
            [format!("{}/", self.word), format!("{}0", self.word)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_one_stream_are_not_those_of_another() {
        let stream = |word, bare_ids| Stream {
            word,
            kind: Kind::Income,
            title: "Records",
            one: "record",
            many: "records",
            bare_ids,
            updates: true,
            follows_open: false,
            log: None,
            whole_list: None,
        };
        let owns = |stream: &Stream, key: &str| {
            let [from, before] = stream.keys();
            from.as_str() <= key && key < before.as_str()
        };
        let notes = stream("notes", false);
        for (key, owned) in [
            ("notes/1", true),
            ("notes/ž/1", true),
            ("notes", false),
            ("notes0/1", false),
            ("notes-of-credit/1", false),
            ("invoices/1", false),
        ] {
            assert_eq!(owns(&notes, key), owned, "{key}");
            assert!(owns(&stream("orders", true), key), "{key}");
        }
        let key = notes.key("7/1");
        assert!(key.as_str() == "notes/7/1" && owns(&notes, key.as_str()));
        assert_eq!(notes.id_of(&key), "7/1");
        assert_eq!(stream("orders", true).key("7/1").as_str(), "7/1");
    }
}
