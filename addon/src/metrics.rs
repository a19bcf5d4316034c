//! Counts, for Prometheus: its text exposition format
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What happened since the start. Labels are words of this program, never what a client sent.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    requests: BTreeMap<(&'static str, u16), u64>,
    microseconds: BTreeMap<&'static str, u128>,
    events: BTreeMap<(Event, &'static str), u64>,
}

/// Something that is counted, by how it came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A shop installed the add-on.
    Installation,
    /// An e-mail with a pairing code.
    Mail,
    /// A program used a pairing code.
    Pairing,
    /// An API access token was asked for at Shoptet.
    TokenFetched,
    /// An event of Shoptet's.
    Webhook,
}

impl Event {
    const fn name_and_help(self) -> (&'static str, &'static str) {
        match self {
            Self::Installation => ("installations", "Installations, by how they ended."),
            Self::Mail => ("mails", "E-mails with a pairing code, by how they ended."),
            Self::Pairing => (
                "pairings",
                "Pairing codes that were tried, by how that ended.",
            ),
            Self::TokenFetched => (
                "tokens_fetched",
                "API access tokens asked for at Shoptet, by how that ended.",
            ),
            Self::Webhook => ("webhooks", "Webhooks, by what they were."),
        }
    }
}

impl Metrics {
    /// Counts a request that was answered.
    pub fn request(&self, route: &'static str, status: u16, took: Duration) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.requests.entry((route, status)).or_default() += 1;
        *counts.microseconds.entry(route).or_default() += took.as_micros();
    }

    /// Counts something else.
    pub fn count(&self, event: Event, outcome: &'static str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.events.entry((event, outcome)).or_default() += 1;
    }

    /// All of it, and how many shops and pairings there are, with a line end at the end.
    pub fn text(&self, shops: u64, pairings: u64) -> String {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = String::new();
        let mut line = |text: String| {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{text}");
        };
        let head = |name: &str, help: &str, kind: &str| {
            format!(
                "# HELP caflou_sync_addon_{name} {help}\n# TYPE caflou_sync_addon_{name} {kind}"
            )
        };
        line(head("shops", "Shops that have the add-on.", "gauge"));
        line(format!("caflou_sync_addon_shops {shops}"));
        line(head(
            "paired_programs",
            "Programs that are paired with a shop.",
            "gauge",
        ));
        line(format!("caflou_sync_addon_paired_programs {pairings}"));
        line(head(
            "requests_total",
            "Requests, by route and status.",
            "counter",
        ));
        for ((route, status), number) in &counts.requests {
            line(format!(
                "caflou_sync_addon_requests_total{{route=\"{route}\",status=\"{status}\"}} {number}"
            ));
        }
        line(head(
            "request_seconds_total",
            "Time spent on requests.",
            "counter",
        ));
        for (route, sum) in &counts.microseconds {
            let (whole, rest) = (sum / 1_000_000, sum % 1_000_000);
            line(format!(
                "caflou_sync_addon_request_seconds_total{{route=\"{route}\"}} {whole}.{rest:06}"
            ));
        }
        let mut last = None;
        for ((event, outcome), number) in &counts.events {
            let (name, help) = event.name_and_help();
            if last.replace(event) != Some(event) {
                line(head(&format!("{name}_total"), help, "counter"));
            }
            line(format!(
                "caflou_sync_addon_{name}_total{{outcome=\"{outcome}\"}} {number}"
            ));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_told_by_route_and_outcome() {
        let metrics = Metrics::default();
        metrics.request("/token", 200, Duration::from_millis(1250));
        metrics.request("/token", 200, Duration::from_micros(20));
        metrics.request("/token", 401, Duration::ZERO);
        metrics.count(Event::Pairing, "wrong-code");
        metrics.count(Event::Pairing, "paired");
        metrics.count(Event::Pairing, "paired");
        insta::assert_snapshot!(metrics.text(2, 3), @r#"
        # HELP caflou_sync_addon_shops Shops that have the add-on.
        # TYPE caflou_sync_addon_shops gauge
        caflou_sync_addon_shops 2
        # HELP caflou_sync_addon_paired_programs Programs that are paired with a shop.
        # TYPE caflou_sync_addon_paired_programs gauge
        caflou_sync_addon_paired_programs 3
        # HELP caflou_sync_addon_requests_total Requests, by route and status.
        # TYPE caflou_sync_addon_requests_total counter
        caflou_sync_addon_requests_total{route="/token",status="200"} 2
        caflou_sync_addon_requests_total{route="/token",status="401"} 1
        # HELP caflou_sync_addon_request_seconds_total Time spent on requests.
        # TYPE caflou_sync_addon_request_seconds_total counter
        caflou_sync_addon_request_seconds_total{route="/token"} 1.250020
        # HELP caflou_sync_addon_pairings_total Pairing codes that were tried, by how that ended.
        # TYPE caflou_sync_addon_pairings_total counter
        caflou_sync_addon_pairings_total{outcome="paired"} 2
        caflou_sync_addon_pairings_total{outcome="wrong-code"} 1
        "#);
    }
}
