//! The questions about the source: whose records, and whether all of them can be read.

use super::asker::{Ended, Says};
use super::fields::{Side, read};
use super::flow::{Next, Wizard};
use super::services::Opened;
use super::trouble::{Class, Trouble};
use crate::access::Access;
use crate::config::{self, Field, Mapping, Mode, Of, Secret};
use crate::output::Count;
use crate::record::{Kind, Stream};
use crate::source::SourceError;

/// How many records of each stream can be read. Of one that is not there the credentials have no
/// right to, and the user goes on without.
#[derive(Debug, Clone, Default)]
pub(super) struct Readable(pub(super) Vec<(&'static Stream, u64)>);

impl Readable {
    /// Whether there is something to read of a kind.
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.0.iter().any(|(stream, _)| stream.kind == kind)
    }
}

/// What is answered anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anew {
    Nothing,
    Secret,
    Way,
    Number,
    /// The one whose token it is.
    Take,
    /// Nothing of this stream is imported.
    Without(&'static Stream),
}

/// How a question about another answer is put.
pub(super) const ANOTHER_WAY: &str = "Another way in";

impl Wizard<'_> {
    /// A source that lets us in, and is the one that was meant.
    pub(super) fn source(&mut self) -> Result<(Access, Opened, Readable), Ended> {
        let program = self.program;
        let mut wanted = self.identity()?;
        let mut way = self.source_way()?;
        let mut access = self.way_in(&mut way, &mut wanted, true)?;
        let present = self.present.map(|present| present.mapping.clone());
        let mapping: Mapping = present.unwrap_or_default();
        loop {
            let opened = self.services.source(program, &access, &mapping);
            let anew = match (opened, &wanted) {
                (Ok(open), Some(id)) if program.tells && open.account.id != *id => {
                    let anew = self.another(&open, id)?;
                    if anew == Anew::Take {
                        wanted = Some(open.account.id);
                    }
                    anew
                }
                (Ok(open), _) => {
                    let account = &open.account;
                    let text = format!("{}, {} {}", account.name, program.place, account.id);
                    self.asker.say(Says::Good, &text);
                    match self.readable(&open)? {
                        Ok(readable) => {
                            let field = program.settings.field(program.identity);
                            let id = field.and_then(|field| field.parse(&open.account.id));
                            access.values.put(program.identity, id);
                            return Ok((access, open, readable));
                        }
                        Err(anew) => anew,
                    }
                }
                (Err(trouble), _) => self.source_again(trouble, access.way())?,
            };
            match anew {
                Anew::Nothing | Anew::Without(_) | Anew::Take => {}
                Anew::Number => {
                    let named = access.any_secret().and_then(program.named_by);
                    wanted = self.ask_identity(named.as_deref())?;
                }
                Anew::Secret => access = self.way_in(&mut way, &mut wanted, false)?,
                Anew::Way => {
                    way = self.ask_source_way(way)?;
                    access = self.way_in(&mut way, &mut wanted, false)?;
                }
            }
        }
    }

    fn identity_field(&self) -> Option<&'static Field> {
        self.program.settings.field(self.program.identity)
    }

    /// What the identity is called within a sentence.
    fn identity_word(&self) -> String {
        let ask = self.identity_field().map_or("", |field| field.ask);
        let mut letters = ask.trim_end_matches(':').chars();
        let first = letters.next().map(|first| first.to_lowercase().to_string());
        format!("{}{}", first.unwrap_or_default(), letters.as_str())
    }

    /// Whose records are wanted, where the source will say whose they are.
    fn identity(&mut self) -> Result<Option<String>, Ended> {
        if !self.program.tells {
            return Ok(None);
        }
        let identity = self.program.identity;
        if let Some(id) = self.given.source.remove(identity) {
            return Ok(Some(id.to_string()));
        }
        let present = self.present_side(Side::Source);
        let present = present.and_then(|present| Some(present.read_of(identity)?.to_string()));
        if !self.asks() {
            return Ok(present);
        }
        let mut secrets = self.given.source.values().filter_map(<&Secret>::of);
        let secret = secrets.next().and_then(|place| place.resolve().ok());
        let named = secret.as_ref().and_then(self.program.named_by);
        self.ask_identity(present.or(named).as_deref())
    }

    pub(super) fn ask_identity(&mut self, default: Option<&str>) -> Result<Option<String>, Ended> {
        let ask = self.identity_field().map_or("", |field| field.ask);
        let question = match default {
            Some(_) => ask.to_owned(),
            None => ask.replace(':', " (do not know it? Enter):"),
        };
        self.type_identity(&question, default)
    }

    /// An answer that can be read, or nothing where nothing was typed.
    pub(super) fn type_identity(
        &mut self,
        question: &str,
        default: Option<&str>,
    ) -> Result<Option<String>, Ended> {
        let Some(field) = self.identity_field() else {
            return Ok(None);
        };
        loop {
            let typed = self.asker.input(question, default)?;
            if typed.trim().is_empty() {
                return Ok(None);
            }
            match read(field, &typed) {
                Ok(id) => return Ok(Some(id.to_string())),
                Err(problem) => self.asker.say(Says::Problem, &problem),
            }
        }
    }

    fn another(&mut self, open: &Opened, wanted: &str) -> Result<Anew, Ended> {
        let (id, name, place) = (&open.account.id, &open.account.name, self.program.place);
        let word = self.identity_word();
        let trouble = Trouble {
            class: Class::Access,
            what: format!("The token belongs to {place} {id} ({name}), not to {place} {wanted}"),
            said: None,
            advice: format!("Correct the {word}, or use that {place}'s token."),
        };
        let take = format!("Connect {place} {id} ({name})");
        let number = format!("Type another {word}");
        self.again(
            trouble,
            &[
                Next {
                    label: &take,
                    then: Anew::Take,
                },
                Next {
                    label: "Type another token",
                    then: Anew::Secret,
                },
                Next {
                    label: &number,
                    then: Anew::Number,
                },
            ],
        )
    }

    fn source_again(
        &mut self,
        trouble: Trouble,
        by: Option<&'static config::Way>,
    ) -> Result<Anew, Ended> {
        let secret = Next {
            label: by.map_or("Type it again", |way| way.again),
            then: Anew::Secret,
        };
        let way = Next {
            label: ANOTHER_WAY,
            then: Anew::Way,
        };
        let same = Next {
            label: "Try again",
            then: Anew::Nothing,
        };
        let ways = usize::from(self.program.settings.ways.len() > 1);
        match trouble.class {
            Class::Access | Class::Usage => self.again(trouble, &[secret, way][..=ways]),
            _ => self.again(trouble, &[same, secret, way][..2 + ways]),
        }
    }

    /// What may be read of what is to be imported; else what is answered anew.
    fn readable(&mut self, open: &Opened) -> Result<Result<Readable, Anew>, Ended> {
        let import = &self.given.import;
        let wanted = |kind: Kind| import.get(kind.plural()).and_then(Mode::of) != Some(Mode::No);
        let streams = self.program.streams.iter().copied();
        let mut streams: Vec<_> = streams.filter(|stream| wanted(stream.kind)).collect();
        loop {
            let (readable, missing) = self.probe(open, &streams);
            let Some(trouble) = open.unreadable(&missing) else {
                self.tell_readable(&readable);
                return Ok(Ok(readable));
            };
            let anew = match (trouble.class, missing.as_slice()) {
                // Something is left that can be read.
                (Class::Rights, [(stream, _)]) if streams.len() > 1 => {
                    self.go_on(trouble, stream)?
                }
                _ => self.source_again(trouble, open.way)?,
            };
            match anew {
                Anew::Nothing => {}
                Anew::Without(stream) => streams.retain(|each| *each != stream),
                anew => return Ok(Err(anew)),
            }
        }
    }

    /// Reads a little of each stream: how much there is, and what cannot be read.
    fn probe(
        &self,
        open: &Opened,
        streams: &[&'static Stream],
    ) -> (Readable, Vec<(&'static Stream, SourceError)>) {
        let (mut readable, mut missing) = (Readable::default(), Vec::new());
        for stream in streams {
            match self.services.probe(open, stream) {
                Ok(count) => readable.0.push((stream, count)),
                Err(error) => missing.push((*stream, error)),
            }
        }
        (readable, missing)
    }

    fn tell_readable(&mut self, readable: &Readable) {
        let words = readable.0.iter();
        let words = words.map(|(stream, count)| Count(*count, stream.one).to_string());
        let words: Vec<_> = words.collect();
        if !words.is_empty() {
            let text = format!("{} can be read", words.join(" and "));
            self.asker.say(Says::Good, &text);
        }
    }

    /// The right to one of several streams is missing.
    fn go_on(&mut self, trouble: Trouble, stream: &'static Stream) -> Result<Anew, Ended> {
        let check = Next {
            label: "It is switched on now: check again",
            then: Anew::Nothing,
        };
        let without = Next {
            label: match stream.kind {
                Kind::Company => "Go on without companies",
                Kind::Income => "Go on without incomes",
                Kind::Expense => "Go on without expenses",
            },
            then: Anew::Without(stream),
        };
        let token = Next {
            label: "Type another token",
            then: Anew::Secret,
        };
        self.again(trouble, &[check, without, token])
    }
}
