//! `list`: the shops that installed the add-on.

use std::io::{self, Write};

use caflou_sync::output::{local, table};
use caflou_sync::run::Exit;
use caflou_sync::text::escaped;
use caflou_sync::trouble::Trouble;
use chrono::{SecondsFormat, Utc};
use serde_json::json;

use super::{Global, failed, open};
use crate::ListedShop;
use crate::config::AddonConfig;

pub(super) fn list(global: &Global, config: &AddonConfig) -> Result<Exit, Trouble> {
    let (_, mut database) = open(config)?;
    let shops = database.transaction(|database| database.shops(Utc::now()));
    let shops = shops.map_err(failed)?;
    let mut out = io::stdout().lock();
    if global.output.json() {
        for shop in &shops {
            let _ = writeln!(out, "{}", escaped(&object(shop).to_string()));
        }
        return Ok(Exit::Done);
    }
    if shops.is_empty() {
        let _ = writeln!(io::stderr(), "no shop has installed the add-on yet");
        return Ok(Exit::Done);
    }
    let header = [
        "E-SHOP",
        "ADDRESS",
        "ADD-ON",
        "INSTALLED",
        "PROGRAMS",
        "LAST ASKED",
        "CODE UNTIL",
    ];
    let rows: Vec<_> = shops.iter().map(row).collect();
    let _ = writeln!(out, "{}", table(&header, &rows, global.output.colours()));
    Ok(Exit::Done)
}

fn object(shop: &ListedShop) -> serde_json::Value {
    let time = |at: chrono::DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    json!({
        "eshop_id": shop.eshop_id,
        "eshop_url": shop.url,
        "standing": shop.standing.as_str(),
        "installed_at": time(shop.installed_at),
        "programs": shop.programs,
        "seen_at": shop.seen_at.map(time),
        "code_until": shop.code_until.map(time),
    })
}

fn row(shop: &ListedShop) -> [String; 7] {
    [
        shop.eshop_id.to_string(),
        shop.url.clone(),
        shop.standing.as_str().to_owned(),
        local(shop.installed_at),
        match shop.programs.len() {
            0 => "–".to_owned(),
            _ => shop.programs.join(", "),
        },
        shop.seen_at.map_or_else(|| "never".to_owned(), local),
        shop.code_until.map_or_else(|| "–".to_owned(), local),
    ]
}
