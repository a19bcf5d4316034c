//! The ways into a source.

use super::asker::Ended;
use super::fields::Side;
use super::flow::Wizard;
use crate::access::Access;
use crate::config;
use crate::source::setup::Code;

/// A way as it is offered: one of the settings, or a code that is exchanged for what they need.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    /// `None`: there are no ways to choose from.
    Setting(Option<&'static config::Way>),
    /// With the way of the settings that it leads to, where it is the only one to that.
    Code(&'static Code, Option<&'static config::Way>),
}

impl Way {
    fn label(self) -> &'static str {
        match self {
            Self::Setting(way) => way.map_or("", |way| way.label),
            Self::Code(code, _) => code.label,
        }
    }
}

impl Wizard<'_> {
    /// The ways that are offered; those by a code from an e-mail first.
    fn offered(&self) -> Vec<Way> {
        let table = self.program.settings;
        let codes = self.program.setup.map_or(&[][..], |setup| setup.codes);
        let code =
            |code: &'static Code| Way::Code(code, code.gives.and_then(|key| table.way_of(key)));
        let (only, others): (Vec<_>, Vec<_>) = codes.iter().partition(|code| code.gives.is_some());
        let by_code = |way: &&config::Way| {
            let mut gives = only.iter().filter_map(|code| code.gives);
            gives.any(|key| way.keys.contains(&key))
        };
        let ways = table.ways.iter().filter(|way| !by_code(way));
        let settings = ways.map(|way| Way::Setting(Some(way)));
        let (first, last) = (only.iter().copied().map(code), others.into_iter().map(code));
        let mut offered: Vec<_> = first.chain(settings).chain(last).collect();
        if offered.is_empty() {
            offered.push(Way::Setting(None));
        }
        offered
    }

    pub(super) fn source_way(&mut self) -> Result<Way, Ended> {
        let offered = self.offered();
        let given = &self.given;
        let named = |keys: &[&str]| keys.iter().any(|key| given.source.contains_key(key));
        let is_given = |way: &&Way| match way {
            Way::Code(code, _) => given.codes.contains_key(code.name),
            Way::Setting(_) => false,
        };
        let is_named = |way: &&Way| match way {
            Way::Setting(way) => way.is_some_and(|way| named(way.keys) || named(way.with)),
            Way::Code(_, way) => way.is_some_and(|way| named(way.keys)),
        };
        let mut named_last = offered.iter().rev();
        if let Some(way) = offered.iter().find(is_given).or(named_last.find(is_named)) {
            return Ok(*way);
        }
        let present = self.present.and_then(|present| present.source.way());
        let present = present.map(|way| way.label);
        let is_present = |way: &&Way| present == Some(way.label());
        let is_half_named = |way: &&Way| match way {
            Way::Code(_, way) => way.is_some_and(|way| named(way.with)),
            Way::Setting(_) => false,
        };
        let is_setting = |way: &&Way| matches!(way, Way::Setting(_));
        let usual = offered.iter().find(is_present);
        let usual = usual.or_else(|| offered.iter().find(is_half_named));
        let usual = usual.or_else(|| offered.iter().find(is_setting));
        let usual = usual.copied().unwrap_or(Way::Setting(None));
        if offered.len() < 2 || self.present.is_some() && !self.asks() {
            return Ok(usual);
        }
        self.ask_source_way(usual)
    }

    pub(super) fn ask_source_way(&mut self, usual: Way) -> Result<Way, Ended> {
        let offered = self.offered();
        let labels: Vec<_> = offered.iter().map(|way| way.label().to_owned()).collect();
        let at = labels.iter().position(|label| label == usual.label());
        let question = format!("How do we get into the {}?", self.program.place);
        let chosen = self.asker.select(&question, &labels, at.unwrap_or(0))?;
        Ok(offered.get(chosen).copied().unwrap_or(usual))
    }

    /// What the way needs; where that is not to be had, what another way needs. `keep`: a secret that
    /// the connection has may stay.
    pub(super) fn way_in(
        &mut self,
        way: &mut Way,
        wanted: &mut Option<String>,
        keep: bool,
    ) -> Result<Access, Ended> {
        let mut keep = keep;
        loop {
            let access = match *way {
                Way::Setting(way) => return self.ask_way(Side::Source, way, keep),
                Way::Code(code, _) => (code.obtain)(self, keep, wanted)?,
            };
            if let Some(access) = access {
                // The code is used up; from now on what it gave is the way in.
                if let (Way::Code(_, None), Some(by)) = (&way, access.way()) {
                    *way = Way::Setting(Some(by));
                }
                return Ok(access);
            }
            keep = false;
            *way = self.ask_source_way(*way)?;
        }
    }
}
