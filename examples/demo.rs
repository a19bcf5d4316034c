//! The whole thing without any account: a small e-shop and a Caflou account on this computer, an
//! import, a day in the shop, and what the next import makes of it.
//!
//! ```text
//! cargo run --release --example demo
//! ```
#![allow(clippy::print_stdout, reason = "a demonstration")]

mod stage;

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anstyle::Style;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use stage::Stage;
use stage::sandbox::{Options, Sandbox};

/// The name of the connection.
const SHOP: &str = "my-shop";
/// What the shop's data is made from: chosen for a bit of everything.
const SEED: u64 = 158;
const ORDERS: usize = 12;
const CUSTOMERS: usize = 4;
/// The shop tells times to the second: what happens later shall be later.
const LATER: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    if stage::role().is_some() {
        return caflou_sync::cli::main();
    }
    match demo() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("the demo did not go as it should: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn demo() -> Result<()> {
    let sandbox = Sandbox::start(Options {
        seed: SEED,
        orders: ORDERS,
        customers: CUSTOMERS,
        ..Options::default()
    });
    let stage = Stage::new(&sandbox.connection_toml(SHOP, ""))?;
    let play = Play { sandbox, stage };
    say("An e-shop and a Caflou account, both played by this computer. Nothing leaves it.");
    let known = play.someone_is_in_caflou_already()?;

    head("1. What would an import do? A dry run shows it and writes nothing.");
    play.run(&["run", SHOP, "--dry-run"])?;
    ensure!(play.sandbox.writes().is_empty(), "a dry run wrote");

    head("2. It looks right: import.");
    play.run(&["run", SHOP])?;
    play.expect(CUSTOMERS, ORDERS - 1)?;
    ensure!(play.unpaid().len() == 4, "four orders are not paid");

    let day = play.a_day_in_the_shop(&known)?;
    head("3. A day later: three orders were paid, one was cancelled, a new customer ordered.");
    play.run(&["run", SHOP, "--dry-run"])?;
    play.expect(CUSTOMERS, ORDERS - 1)?;

    head("4. Import just that.");
    play.run(&["run", SHOP])?;
    play.expect(CUSTOMERS + 1, ORDERS)?;
    play.expect_the_day(&day)?;

    head("5. And once more: nothing changed, so nothing is written.");
    play.sandbox.forget_seen();
    play.run(&["run", SHOP])?;
    play.expect(CUSTOMERS + 1, ORDERS)?;
    ensure!(
        play.sandbox.writes().is_empty(),
        "a run without changes wrote"
    );
    head("That is all of it. For your own shop: caflou-sync connect.");
    Ok(())
}

/// Both services and the user's folder.
struct Play {
    sandbox: Sandbox,
    stage: Stage,
}

/// The codes of the orders of a day.
struct Day {
    paid: Vec<String>,
    cancelled: String,
    new: String,
}

impl Play {
    /// Runs the program in sight, as a user would type it.
    fn run(&self, arguments: &[&str]) -> Result<()> {
        let (dim, bold) = (Style::new().dimmed(), Style::new().bold());
        let typed = arguments.join(" ");
        anstream::println!("{dim}${dim:#} {bold}caflou-sync {typed}{bold:#}\n");
        let status = self.stage.program(arguments)?.status()?;
        ensure!(status.success(), "caflou-sync {typed} ended with {status}");
        Ok(())
    }

    /// The accountant entered one of the customers by hand; its registration number.
    fn someone_is_in_caflou_already(&self) -> Result<String> {
        let shop = self.sandbox.shop();
        let firm = shop
            .customers
            .iter()
            .filter(|customer| customer.billing.company.is_some())
            .nth(1);
        let billing = &firm.context("a firm among the customers")?.billing;
        let number = billing
            .company_id
            .clone()
            .context("a registration number")?;
        let (start, end) = number.split_at(5);
        self.sandbox.books().add_company(json!({
            "name": billing.company,
            "kind": "legal_entity",
            "id_num": format!("{start} {end}"),
        }));
        Ok(number)
    }

    /// The orders that nobody has paid so far, by code.
    fn unpaid(&self) -> Vec<String> {
        let shop = self.sandbox.shop();
        let mut open: Vec<_> = shop
            .orders
            .iter()
            .filter(|order| order.paid == Some(false) && order.before_cancel.is_none())
            .map(|order| order.code.clone())
            .collect();
        open.sort();
        open
    }

    fn a_day_in_the_shop(&self, known: &str) -> Result<Day> {
        std::thread::sleep(LATER);
        let mut paid = self.unpaid();
        let cancelled = paid.pop().context("an order to cancel")?;
        let mut shop = self.sandbox.shop();
        for code in &paid {
            shop.pay(code);
        }
        shop.cancel(&cancelled);
        let customer = shop.draft_customer();
        ensure!(
            customer.billing.company_id.as_deref() != Some(known),
            "a new customer, not the known one"
        );
        let mut order = shop.draft_order();
        order.full_name.clone_from(&customer.billing.full_name);
        order.company.clone_from(&customer.billing.company);
        order.customer_guid = Some(shop.add_customer(customer));
        let new = shop.add_order(order);
        Ok(Day {
            paid,
            cancelled,
            new,
        })
    }

    /// So many companies and incomes are in Caflou, and each order's value is the shop's.
    fn expect(&self, companies: usize, incomes: usize) -> Result<()> {
        let shop = self.sandbox.shop();
        let books = self.sandbox.books();
        let there = (books.companies.len(), books.transfers.len());
        ensure!(
            there == (companies, incomes),
            "{companies} companies and {incomes} incomes should be there, not {there:?}"
        );
        for income in books.transfers.values() {
            let code = income["reference_number"].as_str().unwrap_or_default();
            let order = shop
                .order(code)
                .with_context(|| format!("no order {code:?}"))?;
            let price = order
                .before_cancel
                .as_ref()
                .map_or(&order.price, |(_, price)| price);
            let value = price.to_pay.unwrap_or_default().normalize().to_string();
            ensure!(
                number(&income["value"]) == value,
                "order {code} costs {value}, its income says {}",
                income["value"]
            );
        }
        Ok(())
    }

    fn expect_the_day(&self, day: &Day) -> Result<()> {
        let expected = day
            .paid
            .iter()
            .map(|code| (code, true, false))
            .chain([(&day.cancelled, false, true), (&day.new, false, false)]);
        let books = self.sandbox.books();
        for (code, done, inactive) in expected {
            let mark = format!("shoptet:222651:{code}");
            let income = books
                .transfer_by_mark(&mark)
                .with_context(|| format!("no income of order {code}"))?;
            ensure!(
                income["done"] == done && (income["inactive"] == true) == inactive,
                "order {code}: done {}, inactive {}",
                income["done"],
                income["inactive"]
            );
        }
        Ok(())
    }
}

/// A number without the zeros at its end.
fn number(value: &Value) -> String {
    let text = value.to_string();
    let decimal: Option<rust_decimal::Decimal> = text.parse().ok();
    decimal.map_or(text, |decimal| decimal.normalize().to_string())
}

fn head(text: &str) {
    let mut line = String::from("\n");
    let style = Style::new()
        .bold()
        .fg_color(Some(anstyle::AnsiColor::Blue.into()));
    let _ = write!(line, "{style}{text}{style:#}");
    anstream::println!("{line}");
}

fn say(text: &str) {
    anstream::println!("{text}");
}
