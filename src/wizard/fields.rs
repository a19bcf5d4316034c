//! The questions about one side of a connection: a loop over the fields of its table.

use std::collections::BTreeMap;

use url::Url;

use super::asker::{Ended, Says};
use super::flow::Wizard;
use super::trouble::capital;
use crate::access::Access;
use crate::config::{Field, Need, Of, Read, Secret, Table, Value, Values, Way, safe_url};

/// One of the two sides of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Source,
    Caflou,
}

impl Wizard<'_> {
    pub(super) fn table(&self, side: Side) -> &'static Table {
        match side {
            Side::Source => self.program.settings,
            Side::Caflou => &crate::caflou::SETTINGS,
        }
    }

    /// What the connection that is changed has on a side.
    pub(super) fn present_side(&self, side: Side) -> Option<&Values> {
        self.present.map(|present| match side {
            Side::Source => &present.source,
            Side::Caflou => &present.caflou,
        })
    }

    pub(super) fn given_side(&mut self, side: Side) -> &mut BTreeMap<&'static str, Read> {
        match side {
            Side::Source => &mut self.given.source,
            Side::Caflou => &mut self.given.caflou,
        }
    }

    /// A setting that was given beforehand.
    pub(super) fn take<T: for<'v> Of<'v>>(&mut self, side: Side, key: &str) -> Option<T> {
        self.given_side(side).remove(key).as_ref().and_then(T::of)
    }

    /// What is not asked: given, else as it is at present, else as it usually is.
    pub(super) fn unasked(&mut self, side: Side) -> Access {
        let table = self.table(side);
        let mut values = Values::usual(table);
        for field in table.fields {
            if field.need == Need::Must || table.way_of(field.key).is_some() {
                continue;
            }
            let given = self.given_side(side).get(field.key).cloned();
            let present = self
                .present_side(side)
                .and_then(|side| side.read_of(field.key));
            if let Some(value) = given.or(present.cloned()) {
                values.put(field.key, Some(value));
            }
        }
        Access::new(values)
    }

    /// Which way in is taken, of these.
    pub(super) fn choose_way(&mut self, side: Side, question: &str) -> Result<&'static Way, Ended> {
        let ways = self.table(side).ways;
        let given = self.given_side(side);
        let mut named = ways.iter().rev();
        if let Some(way) = named.find(|way| way.all().any(|key| given.contains_key(key))) {
            return Ok(way);
        }
        let present = self.present_side(side).and_then(Values::way);
        let at = ways
            .iter()
            .position(|way| Some(way.label) == present.map(|one| one.label));
        let mut at = at.unwrap_or(0);
        if self.present.is_none() || self.asks() {
            let labels: Vec<_> = ways.iter().map(|way| way.label.to_owned()).collect();
            at = self.asker.select(question, &labels, at)?;
        }
        Ok(&ways[at.min(ways.len() - 1)])
    }

    /// Asks for what a side needs by a way, if it has several. `keep`: secrets that the connection has may stay, where all else of
    /// the way stays as well.
    pub(super) fn ask_way(
        &mut self,
        side: Side,
        way: Option<&'static Way>,
        keep: bool,
    ) -> Result<Access, Ended> {
        let table = self.table(side);
        let mut access = self.unasked(side);
        let present = self.present_side(side).cloned();
        let mut same = keep;
        let apart: Vec<_> = match side {
            Side::Source => self.program.needed().map(|field| field.key).collect(),
            Side::Caflou => Vec::new(),
        };
        let own = way.iter().flat_map(|way| way.with.iter().chain(way.keys));
        for key in apart.iter().chain(own) {
            let Some(field) = table.field(key) else {
                continue;
            };
            if keep && !field.hint.is_empty() {
                self.asker.say(Says::Note, field.hint);
            }
            let there = present.as_ref().and_then(|present| present.read_of(key));
            if let Value::Secret = field.value {
                let given = self.take::<Secret>(side, key);
                let there = there.and_then(<&Secret>::of).filter(|_| same);
                let (secret, place) = self.held(field.ask, given, there)?;
                access.hold(field.key, secret, place);
            } else {
                let read = self.ask_field(side, field)?;
                same &= there.is_some_and(|there| there.to_string() == read.to_string());
                access.values.put(field.key, Some(read));
            }
        }
        Ok(access)
    }

    /// A setting that is no secret. What was typed last is the usual answer.
    pub(super) fn ask_field(&mut self, side: Side, field: &'static Field) -> Result<Read, Ended> {
        let given = self.given_side(side).remove(field.key);
        if let Some(read) = given {
            self.typed.insert((side, field.key), read.to_string());
            return Ok(read);
        }
        let present = self
            .present_side(side)
            .and_then(|side| side.read_of(field.key));
        let present = present.cloned();
        let typed = self.typed.get(&(side, field.key)).cloned();
        let usual = typed.or_else(|| present.as_ref().map(ToString::to_string));
        if let (Some(present), false) = (present, self.asks()) {
            return Ok(present);
        }
        loop {
            let typed = self.asker.input(field.ask, usual.as_deref())?;
            match read(field, &typed) {
                Ok(read) => {
                    self.typed.insert((side, field.key), read.to_string());
                    return Ok(read);
                }
                Err(problem) => self.asker.say(Says::Problem, &problem),
            }
        }
    }
}

/// A setting as it was typed, or what is wrong with it: a sentence.
pub(super) fn read(field: &Field, typed: &str) -> Result<Read, String> {
    let text = typed.trim();
    let read = match field.value {
        Value::Url => Read::Url(address(text, field.example.trim_matches('"'))?),
        _ if text.is_empty() => return Err("Nothing was typed.".to_owned()),
        _ => field.parse(text).ok_or_else(|| match field.amiss {
            "" => format!("It looks like {}", field.example),
            amiss => amiss.to_owned(),
        })?,
    };
    let text = read.to_string();
    field.typed.map_or(Ok(()), |check| check(&text))?;
    let checked = field.check.map_or(Ok(()), |check| check(&text));
    checked.map_err(|problem| format!("{}.", capital(&problem)))?;
    Ok(read)
}

/// A typed address that secrets may be sent to, or what is wrong with it: a sentence. People leave
/// out the `https://`. `example`: what one looks like.
fn address(typed: &str, example: &str) -> Result<Url, String> {
    let whole = if typed.contains("://") {
        typed.to_owned()
    } else {
        format!("https://{typed}")
    };
    let url = Url::parse(&whole)
        .map_err(|_| format!("That is not an address; it looks like {example}"))?;
    safe_url(&whole).map_err(|problem| match url.scheme() {
        "https" => format!("{}.", capital(problem)),
        _ => "The address has to begin with https://".to_owned(),
    })
}
