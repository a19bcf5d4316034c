//! What can go wrong on the way, by chance from a seed or by script.

use std::time::Duration;

use fastrand::Rng;

use super::http::{Call, Service};

/// One thing that goes wrong with one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks; nothing was done.
    CutBefore,
    /// All was done, then the connection breaks without an answer.
    CutAfter,
    /// All was done; the answer promises more bytes than come before the connection breaks.
    HalfAnswer,
    /// An error status; nothing was done.
    StatusBefore(u16),
    /// All was done, the answer is an error status.
    StatusAfter(u16),
    /// 429 with `Retry-After` of so many seconds (an HTTP date from Shoptet); nothing was done.
    TooMany(u64),
    /// 423: the address is locked; nothing was done.
    Locked,
    /// A page for people with this status; nothing was done.
    HtmlBefore(u16),
    /// All was done; the answer is a page for people with this status.
    HtmlAfter(u16),
    /// All is done at once, but the answer comes late.
    Slow(Duration),
    /// The connection breaks at once, and the write is carried out so much later.
    LateWrite(Duration),
    /// An order is created in the shop just before this request is answered.
    ShiftAdd,
    /// An order is deleted in the shop just before this request is answered.
    ShiftDelete,
    /// This answer; nothing was done.
    Answer {
        /// HTTP status.
        status: u16,
        /// The body, said to be JSON.
        body: String,
    },
}

impl Fault {
    /// The name it is counted under.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CutBefore => "cut before",
            Self::CutAfter => "cut after",
            Self::HalfAnswer => "half answer",
            Self::StatusBefore(_) => "status before",
            Self::StatusAfter(_) => "status after",
            Self::TooMany(_) => "too many",
            Self::Locked => "locked",
            Self::HtmlBefore(_) => "html before",
            Self::HtmlAfter(_) => "html after",
            Self::Slow(_) => "slow",
            Self::LateWrite(_) => "late write",
            Self::ShiftAdd => "shift add",
            Self::ShiftDelete => "shift delete",
            Self::Answer { .. } => "answer",
        }
    }
}

/// Which requests a scripted fault is for.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// Who is asked.
    pub service: Service,
    /// `GET`, `POST`, …; empty for any.
    pub method: String,
    /// How the path begins, with or without `/api/v1/{account}` in front.
    pub path: String,
    /// The path ends there.
    pub whole: bool,
    /// So many matching requests go by unharmed first.
    pub skip: usize,
}

impl Matcher {
    /// Requests to a service by method (empty: any) and beginning of the path.
    pub fn new(service: Service, method: &str, path: &str) -> Self {
        Self {
            service,
            method: method.into(),
            path: path.into(),
            whole: false,
            skip: 0,
        }
    }

    /// Only where the path ends there, too.
    pub fn exact(mut self) -> Self {
        self.whole = true;
        self
    }

    /// Lets so many matching requests go by first.
    pub fn skipping(mut self, requests: usize) -> Self {
        self.skip = requests;
        self
    }

    fn fits(&self, call: &Call) -> bool {
        let inner = call
            .path
            .strip_prefix("/api/v1/")
            .and_then(|rest| rest.find('/').map(|at| &rest[at..]))
            .unwrap_or_default();
        let fits = |path: &str| {
            if self.whole {
                path == self.path
            } else {
                path.starts_with(&self.path)
            }
        };
        self.service == call.service
            && (self.method.is_empty() || self.method == call.method)
            && (fits(&call.path) || fits(inner))
    }
}

/// How many of a thousand requests to one service meet each kind of fault.
#[derive(Debug, Clone, Default)]
pub struct Rates {
    /// Connections cut before anything was done.
    pub cut_before: u32,
    /// Connections cut after all was done.
    pub cut_after: u32,
    /// Answers of which half comes.
    pub half_answer: u32,
    /// 500, 502 or 503 with nothing done.
    pub error_before: u32,
    /// 500 or 503 with all done.
    pub error_after: u32,
    /// 429 with `Retry-After`.
    pub too_many: u32,
    /// 423.
    pub locked: u32,
    /// A page for people (200 or 502) with nothing done.
    pub html_before: u32,
    /// A page for people (200 or 502) with all done.
    pub html_after: u32,
    /// Late answers.
    pub slow: u32,
    /// Connections cut at once, writes carried out later.
    pub late_write: u32,
    /// Orders created or deleted while someone reads a later page of a list (Shoptet only).
    pub shift: u32,
}

/// All that may go wrong.
#[derive(Debug, Clone)]
pub struct Faults {
    /// What chance starts from; the same seed gives the same faults to the same requests.
    pub seed: u64,
    /// Chances at Shoptet.
    pub shoptet: Rates,
    /// Chances at Caflou.
    pub caflou: Rates,
    /// The latest an answer or a late write can be.
    pub delay: Duration,
    /// The most seconds a 429 by chance asks to wait.
    pub retry_after: u64,
    /// Faults for named steps, each applied once, the first that fits first.
    pub script: Vec<(Matcher, Fault)>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            seed: 1,
            shoptet: Rates::default(),
            caflou: Rates::default(),
            delay: Duration::from_millis(300),
            retry_after: 1,
            script: Vec::new(),
        }
    }
}

impl Faults {
    /// One scripted fault and nothing by chance.
    pub fn once(matcher: Matcher, fault: Fault) -> Self {
        Self {
            script: vec![(matcher, fault)],
            ..Self::default()
        }
    }

    /// Every kind of fault at both services, each so many times in a thousand requests.
    pub fn storm(seed: u64, per_mille: u32) -> Self {
        let rates = Rates {
            cut_before: per_mille,
            cut_after: per_mille,
            half_answer: per_mille,
            error_before: per_mille,
            error_after: per_mille,
            too_many: per_mille,
            locked: 0,
            html_before: per_mille,
            html_after: per_mille,
            slow: per_mille,
            late_write: per_mille,
            shift: 0,
        };
        let shoptet = Rates {
            locked: per_mille,
            shift: per_mille,
            ..rates.clone()
        };
        Self {
            seed,
            shoptet,
            caflou: rates,
            ..Self::default()
        }
    }

    /// What goes wrong with the `number`th request to a service; takes from the script what fits.
    pub fn draw(&mut self, call: &Call, number: u64) -> Option<Fault> {
        for place in 0..self.script.len() {
            let (matcher, _) = &mut self.script[place];
            if matcher.fits(call) {
                if matcher.skip > 0 {
                    matcher.skip -= 1;
                    continue;
                }
                return Some(self.script.remove(place).1);
            }
        }
        self.by_chance(call, number)
    }

    fn by_chance(&self, call: &Call, number: u64) -> Option<Fault> {
        let (rates, salt) = match call.service {
            Service::Shoptet => (&self.shoptet, 0x5048_0000_0000_0000),
            Service::Caflou => (&self.caflou, 0x4346_0000_0000_0000),
        };
        let mut rng = Rng::with_seed(self.seed ^ salt ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let delay = Duration::from_millis(rng.u64(0..=self.delay.as_millis() as u64));
        let html = if rng.bool() { 200 } else { 502 };
        let shift = if rng.bool() {
            Fault::ShiftAdd
        } else {
            Fault::ShiftDelete
        };
        let later = if call.is_write() {
            Fault::LateWrite(delay)
        } else {
            Fault::CutBefore
        };
        let later_page = |(name, value): &(String, String)| name == "page" && value != "1";
        let turned = call.params().iter().any(later_page);
        let table = [
            (rates.cut_before, Fault::CutBefore),
            (rates.cut_after, Fault::CutAfter),
            (rates.half_answer, Fault::HalfAnswer),
            (
                rates.error_before,
                Fault::StatusBefore([500, 502, 503][rng.usize(0..3)]),
            ),
            (
                rates.error_after,
                Fault::StatusAfter([500, 503][rng.usize(0..2)]),
            ),
            (
                rates.too_many,
                Fault::TooMany(rng.u64(0..=self.retry_after)),
            ),
            (rates.locked, Fault::Locked),
            (rates.html_before, Fault::HtmlBefore(html)),
            (rates.html_after, Fault::HtmlAfter(html)),
            (rates.slow, Fault::Slow(delay)),
            (rates.late_write, later),
            (if turned { rates.shift } else { 0 }, shift),
        ];
        let mut roll = rng.u32(0..1000);
        for (rate, fault) in table {
            if roll < rate {
                return Some(fault);
            }
            roll -= rate;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::http::{Call, Service};
    use super::{Fault, Faults, Matcher};

    fn call(path: &str) -> Call {
        Call {
            service: Service::Caflou,
            method: "POST".into(),
            path: path.into(),
            query: String::new(),
            headers: Vec::new(),
            body: Vec::new().into(),
        }
    }

    #[test]
    fn script_hits_the_named_step_once() {
        let matcher = Matcher::new(Service::Caflou, "POST", "/transfers")
            .exact()
            .skipping(1);
        let mut faults = Faults::once(matcher, Fault::CutAfter);
        let create = call("/api/v1/958a/transfers");
        assert_eq!(faults.draw(&call("/api/v1/958a/companies"), 0), None);
        assert_eq!(faults.draw(&create, 1), None, "the first one goes by");
        assert_eq!(faults.draw(&create, 2), Some(Fault::CutAfter));
        assert_eq!(faults.draw(&create, 3), None);
    }

    #[test]
    fn chance_depends_on_seed_and_number_only() {
        let create = call("/api/v1/958a/transfers");
        let run = |seed| {
            let mut faults = Faults::storm(seed, 30);
            (0..200)
                .map(|number| faults.draw(&create, number))
                .collect::<Vec<_>>()
        };
        assert_eq!(run(5), run(5));
        assert_ne!(run(5), run(6));
    }
}
