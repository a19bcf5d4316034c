//! Answers that are well-formed, in time, and not true; by chance from a seed.

use fastrand::Rng;
use serde_json::{Value, json};

use super::http::{Call, Service};

/// One way in which an answer is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lie {
    /// A single record is not there: 404.
    Gone,
    /// No single record is there for a while.
    AllGone,
    /// The list says that it has fewer pages.
    PagesTooFew,
    /// The list says that it has no pages.
    PagesZero,
    /// Rows are null.
    NullRows,
    /// Rows are in an envelope of their own.
    Enveloped,
    /// The list has but its first half, with numbers that fit.
    HalfList,
    /// The list is empty, with numbers that fit.
    EmptyList,
    /// A page begins with rows of the page before.
    Overlap,
    /// Rows move from page to page, with the same total.
    Moving,
    /// What was changed last comes first.
    LatestFirst,
    /// The list does not say how much there is.
    NoTotals,
    /// Descriptions come with numeric character references.
    Numeric,
    /// Descriptions come with their letters and accents apart.
    Decomposed,
    /// Descriptions come cut short.
    CutShort,
    /// The shop's list has one order.
    OrdersGone,
    /// The change feed says that everything was deleted.
    AllDeleted,
    /// The token opens another shop.
    OtherShop,
}

/// All of them.
pub const LIES: [Lie; 18] = [
    Lie::Gone,
    Lie::AllGone,
    Lie::PagesTooFew,
    Lie::PagesZero,
    Lie::NullRows,
    Lie::Enveloped,
    Lie::HalfList,
    Lie::EmptyList,
    Lie::Overlap,
    Lie::Moving,
    Lie::LatestFirst,
    Lie::NoTotals,
    Lie::Numeric,
    Lie::Decomposed,
    Lie::CutShort,
    Lie::OrdersGone,
    Lie::AllDeleted,
    Lie::OtherShop,
];

/// The longest that a lie lasts, in requests it is for.
const LONGEST: usize = 12;
/// Requests after a list with numbers that fit, in which there is no other such list.
const REST: usize = 6;

impl Lie {
    /// The name it is counted under.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gone => "record not there",
            Self::AllGone => "no record there",
            Self::PagesTooFew => "pages too few",
            Self::PagesZero => "pages zero",
            Self::NullRows => "rows null",
            Self::Enveloped => "rows in envelopes",
            Self::HalfList => "half list",
            Self::EmptyList => "empty list",
            Self::Overlap => "pages overlap",
            Self::Moving => "rows move",
            Self::LatestFirst => "latest first",
            Self::NoTotals => "no totals",
            Self::Numeric => "numeric references",
            Self::Decomposed => "letters decomposed",
            Self::CutShort => "description cut",
            Self::OrdersGone => "orders gone",
            Self::AllDeleted => "all deleted",
            Self::OtherShop => "another shop",
        }
    }

    /// Whether it is about the answer to this request.
    fn is_about(self, call: &Call) -> bool {
        let parts = call.segments();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        if call.method != "GET" {
            return false;
        }
        let changed =
            |(name, _): &(String, String)| matches!(name.as_str(), "changeTimeFrom" | "orderCodes");
        match (call.service, parts.as_slice()) {
            (Service::Caflou, [_, _, _, "transfers" | "companies", _]) => {
                matches!(self, Self::Gone | Self::AllGone) || self.is_of_text()
            }
            (Service::Caflou, [_, _, _, "transfers" | "companies"]) => {
                self.is_of_list() || self.is_of_text()
            }
            (Service::Shoptet, [_, "orders"]) if self == Self::OrdersGone => {
                !call.params().iter().any(changed)
            }
            (Service::Shoptet, [_, "orders", "changes"]) => self == Self::AllDeleted,
            (Service::Shoptet, [_, "orders", ..] | [_, "eshop"]) => self == Self::OtherShop,
            _ => false,
        }
    }

    fn is_of_list(self) -> bool {
        (Self::PagesTooFew..=Self::NoTotals).contains(&self)
    }

    fn is_of_text(self) -> bool {
        (Self::Numeric..=Self::CutShort).contains(&self)
    }

    /// A list that nobody can tell from a true one by itself.
    fn fits(self) -> bool {
        matches!(self, Self::HalfList | Self::EmptyList)
    }
}

/// Who lies, and when.
#[derive(Debug, Clone, Default)]
pub struct Liar {
    /// What chance starts from.
    pub seed: u64,
    /// How many of a thousand requests begin to be lied to.
    pub per_mille: u32,
    /// The lies it knows.
    pub known: Vec<Lie>,
    /// What is told now by Shoptet, and by Caflou, and how often still.
    told: [Option<(Lie, usize)>; 2],
    rest: usize,
}

impl Liar {
    /// A liar of these lies.
    pub fn new(seed: u64, per_mille: u32, known: Vec<Lie>) -> Self {
        Self {
            seed,
            per_mille,
            known,
            ..Self::default()
        }
    }

    /// What is wrong with the answer to the `number`th request, if anything.
    pub fn draw(&mut self, call: &Call, number: u64) -> Option<Lie> {
        self.rest = self.rest.saturating_sub(1);
        let told = usize::from(call.service == Service::Caflou);
        if let Some((lie, left)) = self.told[told]
            && lie.is_about(call)
        {
            // Who begins to read anew is told the truth: it was so for a moment.
            let again = lie.fits() && page(call) == 1;
            self.told[told] = (left > 1 && !again).then_some((lie, left.saturating_sub(1)));
            if !again {
                return Some(lie);
            }
            self.rest = REST;
            return None;
        }
        if self.per_mille == 0 || self.told[told].is_some() {
            return None;
        }
        let mut rng = Rng::with_seed(self.seed ^ number.wrapping_mul(0xd134_2543_de82_ef95));
        if rng.u32(0..1000) >= self.per_mille {
            return None;
        }
        let rest = self.rest;
        let may = |lie: &&Lie| lie.is_about(call) && (rest == 0 || !lie.fits());
        let fitting: Vec<&Lie> = self.known.iter().filter(may).collect();
        let lie = **rng.choice(&fitting)?;
        let lasts = match lie {
            Lie::Gone => 1,
            Lie::OtherShop => usize::MAX,
            _ => rng.usize(1..LONGEST),
        };
        self.told[told] = (lasts > 1).then_some((lie, lasts - 1));
        Some(lie)
    }

    /// It tells the truth until it begins again.
    pub fn hush(&mut self) {
        self.told = [None, None];
    }
}

/// The page asked for.
fn page(call: &Call) -> usize {
    let params = call.params();
    let page = params.iter().find(|(name, _)| name == "page");
    page.and_then(|(_, page)| page.parse().ok()).unwrap_or(1)
}

/// A list of the accounts that came out right, bent. (Its rows come already as they are shown.)
pub fn bend_list(lie: Lie, answer: &mut Value, page: usize, per: usize, key: &str) {
    let number = |answer: &Value, name: &str| {
        let number = answer[name].as_u64().unwrap_or_default();
        usize::try_from(number).unwrap_or_default()
    };
    let (total, pages) = (
        number(answer, "total_results"),
        number(answer, "total_pages"),
    );
    let keep = |answer: &mut Value, total: usize| {
        let shown = total.saturating_sub(per * (page - 1));
        if let Some(rows) = answer["results"].as_array_mut() {
            rows.truncate(shown);
        }
        answer["total_results"] = json!(total);
        answer["total_pages"] = json!(total.div_ceil(per));
    };
    match lie {
        Lie::PagesTooFew => answer["total_pages"] = json!(pages.saturating_sub(1).max(1)),
        Lie::PagesZero => answer["total_pages"] = json!(0),
        Lie::HalfList => keep(answer, total / 2),
        Lie::EmptyList => keep(answer, 0),
        Lie::NoTotals => {
            if let Some(answer) = answer.as_object_mut() {
                answer.remove("total_results");
                answer.remove("total_pages");
            }
        }
        Lie::NullRows | Lie::Enveloped => {
            for row in answer["results"].as_array_mut().into_iter().flatten() {
                *row = match lie {
                    Lie::NullRows => Value::Null,
                    _ => json!({ key: row.take() }),
                };
            }
        }
        _ => {}
    }
}

/// A text of the accounts as the lie has it.
pub fn bend_text(lie: Lie, text: &str) -> String {
    match lie {
        Lie::Numeric => text.replace(':', "&#58;").replace('2', "&#x32;"),
        Lie::Decomposed => text.replace('Ž', "Z\u{30c}").replace('č', "c\u{30c}"),
        Lie::CutShort => text.chars().take(40).collect(),
        _ => text.to_owned(),
    }
}

/// What the shop answers, bent.
/// `is_known` tells which orders are in the accounts already.
pub fn bend_shop(lie: Lie, data: &mut Value, is_known: impl Fn(&str) -> bool) {
    match lie {
        Lie::OrdersGone => {
            let first = data["paginator"]["page"] == 1;
            if let Some(rows) = data["orders"].as_array_mut() {
                rows.truncate(usize::from(first));
            }
            data["paginator"]["totalCount"] = json!(1);
            data["paginator"]["pageCount"] = json!(1);
            data["paginator"]["itemsOnPage"] = json!(usize::from(first));
        }
        Lie::AllDeleted => {
            for row in data["changes"].as_array_mut().into_iter().flatten() {
                row["changeType"] = json!("delete");
            }
        }
        Lie::OtherShop => another_shop(data, is_known),
        _ => {}
    }
}

/// The same numbers of orders, by others and for other money. (Who never saw an order cannot know
/// whose it is.)
fn another_shop(data: &mut Value, is_known: impl Fn(&str) -> bool) {
    if data["contactInformation"].is_object() {
        data["contactInformation"]["eshopId"] = json!(999_999);
    }
    let (rows, one) = match data {
        Value::Object(data) => {
            let one = data.contains_key("order");
            (data.get_mut(if one { "order" } else { "orders" }), one)
        }
        _ => (None, false),
    };
    let rows = match rows {
        Some(row) if one => std::slice::from_mut(row),
        Some(Value::Array(rows)) => rows.as_mut_slice(),
        _ => &mut [],
    };
    for row in rows {
        let code = row["code"].as_str().unwrap_or_default().to_owned();
        if !is_known(&code) {
            continue;
        }
        row["guid"] = json!(format!("99999999-9999-4999-8999-{code:0>12}"));
        row["creationTime"] = json!("2020-02-02T02:02:02+0100");
        row["fullName"] = json!("Někdo Jiný");
        row["company"] = Value::Null;
        row["customerGuid"] = Value::Null;
        row["price"]["toPay"] = json!("99999.00");
        row["price"]["withVat"] = json!("99999.00");
    }
}
