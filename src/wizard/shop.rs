//! The questions about the e-shop: which one, and whether all of it can be read.

use super::answers::eshop_of_token;
use super::asker::{Ended, Says};
use super::fields::Side;
use super::flow::{Next, Wizard};
use super::services::OpenShop;
use super::trouble::{self, By, Class, Trouble};
use super::ways::Way;
use crate::access::Access;
use crate::config::{Mode, Of, Read, Secret};
use crate::output::Count;
use crate::record::Kind;
use crate::source::SourceError;

/// How many records can be read; `None`: the token has no right to, and the user goes on without.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Readable {
    pub(super) customers: Option<u64>,
    pub(super) orders: Option<u64>,
}

/// What is answered anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anew {
    Nothing,
    Secret,
    Way,
    Number,
    /// The shop whose token it is.
    Take(u64),
    /// Nothing of this kind is imported.
    Without(Kind),
}

/// How a question about another answer is put.
pub(super) const ANOTHER_WAY: &str = "Another way in";

impl Wizard<'_> {
    /// A shop that lets us in, and is the one that was meant.
    pub(super) fn shop(&mut self) -> Result<(Access, OpenShop, Readable), Ended> {
        let mut number = self.eshop_id()?;
        let mut way = self.shop_way()?;
        let mut access = self.way_in(&mut way, &mut number, true)?;
        loop {
            let opened = self.services.shop(&access);
            let anew = match (opened, number) {
                (Ok(open), Some(wanted)) if open.shop.eshop_id != wanted => {
                    self.other_shop(&open, wanted)?
                }
                (Ok(open), _) => {
                    let text = format!("{}, e-shop {}", open.shop.name, open.shop.eshop_id);
                    self.asker.say(Says::Good, &text);
                    match self.readable(&open, &access)? {
                        Ok(readable) => {
                            let id = i64::try_from(open.shop.eshop_id).unwrap_or_default();
                            access.values.put("eshop_id", Some(Read::Whole(id)));
                            return Ok((access, open, readable));
                        }
                        Err(anew) => anew,
                    }
                }
                (Err(trouble), _) => self.shop_again(trouble, By::of(access.way()))?,
            };
            match anew {
                Anew::Nothing | Anew::Without(_) => {}
                Anew::Take(id) => number = Some(id),
                Anew::Number => {
                    let token = access.secret("private_token").ok();
                    number = self.ask_eshop_id(token.and_then(eshop_of_token))?;
                }
                Anew::Secret => access = self.way_in(&mut way, &mut number, false)?,
                Anew::Way => {
                    way = self.ask_shop_way(way)?;
                    access = self.way_in(&mut way, &mut number, false)?;
                }
            }
        }
    }

    /// What the way needs; where that is not to be had, what another way needs.
    fn way_in(
        &mut self,
        way: &mut Way,
        number: &mut Option<u64>,
        keep: bool,
    ) -> Result<Access, Ended> {
        let mut keep = keep;
        loop {
            if let Some(access) = self.shop_access(way, number, keep)? {
                return Ok(access);
            }
            keep = false;
            *way = self.ask_shop_way(*way)?;
        }
    }

    fn eshop_id(&mut self) -> Result<Option<u64>, Ended> {
        if let Some(id) = self.take::<i64>(Side::Source, "eshop_id") {
            return Ok(u64::try_from(id).ok());
        }
        let present = self.present_side(Side::Source);
        let present = present.and_then(|present| present.count("eshop_id"));
        if !self.asks() {
            return Ok(present);
        }
        let token = self
            .given
            .source
            .get("private_token")
            .and_then(<&Secret>::of);
        let named = token.and_then(|token| eshop_of_token(&token.resolve().ok()?));
        self.ask_eshop_id(present.or(named))
    }

    pub(super) fn ask_eshop_id(&mut self, default: Option<u64>) -> Result<Option<u64>, Ended> {
        let question = match default {
            Some(_) => "E-shop ID:",
            None => "E-shop ID (do not know it? Enter):",
        };
        self.type_eshop_id(question, default)
    }

    /// A number, or nothing where nothing was typed.
    pub(super) fn type_eshop_id(
        &mut self,
        question: &str,
        default: Option<u64>,
    ) -> Result<Option<u64>, Ended> {
        let default = default.map(|id| id.to_string());
        loop {
            let typed = self.asker.input(question, default.as_deref())?;
            match typed.trim() {
                "" => return Ok(None),
                text => match text.parse() {
                    Ok(id) if id > 0 => return Ok(Some(id)),
                    _ => {
                        let text = "A number such as 222651: the administration of the shop shows \
                                    it, and a private token begins with it.";
                        self.asker.say(Says::Problem, text);
                    }
                },
            }
        }
    }

    fn other_shop(&mut self, open: &OpenShop, wanted: u64) -> Result<Anew, Ended> {
        let (id, name) = (open.shop.eshop_id, &open.shop.name);
        let trouble = Trouble {
            class: Class::Refused,
            what: format!("The token belongs to e-shop {id} ({name}), not to e-shop {wanted}"),
            said: None,
            advice: "Correct the e-shop ID, or use that shop's token.".to_owned(),
        };
        let take = format!("Connect e-shop {id} ({name})");
        self.again(
            trouble,
            &[
                Next {
                    label: &take,
                    then: Anew::Take(id),
                },
                Next {
                    label: "Type another token",
                    then: Anew::Secret,
                },
                Next {
                    label: "Type another e-shop ID",
                    then: Anew::Number,
                },
            ],
        )
    }

    fn shop_again(&mut self, trouble: Trouble, by: By) -> Result<Anew, Ended> {
        let token = Next {
            label: match by {
                By::Pairing => "Type a new pairing code",
                By::PrivateToken | By::Addon => "Type the token again",
            },
            then: Anew::Secret,
        };
        let way = Next {
            label: "Another way in",
            then: Anew::Way,
        };
        let same = Next {
            label: "Try again",
            then: Anew::Nothing,
        };
        match trouble.class {
            Class::Refused | Class::Usage => self.again(trouble, &[token, way]),
            Class::Rights | Class::Down | Class::Odd => self.again(trouble, &[same, token, way]),
        }
    }

    /// What the token may read of what is to be imported; else what is answered anew.
    fn readable(
        &mut self,
        open: &OpenShop,
        access: &Access,
    ) -> Result<Result<Readable, Anew>, Ended> {
        let import = &self.given.import;
        let mode = |key: &str| import.get(key).and_then(Mode::of);
        let wanted = |key| mode(key) != Some(Mode::No);
        let mut kinds = Vec::new();
        kinds.extend(wanted("companies").then_some(Kind::Company));
        kinds.extend(wanted("incomes").then_some(Kind::Income));
        loop {
            let (readable, missing) = self.probe(open, &kinds);
            let Some(trouble) = trouble::records(&missing, By::of(access.way())) else {
                self.tell_readable(readable);
                return Ok(Ok(readable));
            };
            let anew = match (trouble.class, missing.as_slice()) {
                // Something is left that can be read.
                (Class::Rights, [(kind, _)]) if kinds.len() > 1 => self.go_on(trouble, *kind)?,
                _ => self.shop_again(trouble, By::of(access.way()))?,
            };
            match anew {
                Anew::Nothing => {}
                Anew::Without(kind) => kinds.retain(|each| *each != kind),
                anew => return Ok(Err(anew)),
            }
        }
    }

    /// Reads a little of each kind: how much there is, and what cannot be read.
    fn probe(&self, open: &OpenShop, kinds: &[Kind]) -> (Readable, Vec<(Kind, SourceError)>) {
        let (mut readable, mut missing) = (Readable::default(), Vec::new());
        for kind in kinds {
            match (self.services.probe(open, *kind), kind) {
                (Ok(count), Kind::Company) => readable.customers = Some(count),
                (Ok(count), Kind::Income) => readable.orders = Some(count),
                (Err(error), _) => missing.push((*kind, error)),
            }
        }
        (readable, missing)
    }

    fn tell_readable(&mut self, readable: Readable) {
        let words = [(readable.customers, "customer"), (readable.orders, "order")];
        let words = words
            .iter()
            .filter_map(|(count, noun)| Some(Count((*count)?, noun).to_string()));
        let words: Vec<_> = words.collect();
        if !words.is_empty() {
            let text = format!("{} can be read", words.join(" and "));
            self.asker.say(Says::Good, &text);
        }
    }

    /// The right to one of two kinds is missing.
    fn go_on(&mut self, trouble: Trouble, kind: Kind) -> Result<Anew, Ended> {
        let check = Next {
            label: "It is switched on now: check again",
            then: Anew::Nothing,
        };
        let without = Next {
            label: match kind {
                Kind::Company => "Go on without companies",
                Kind::Income => "Go on without incomes",
            },
            then: Anew::Without(kind),
        };
        let token = Next {
            label: "Type another token",
            then: Anew::Secret,
        };
        self.again(trouble, &[check, without, token])
    }
}
