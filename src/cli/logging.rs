//! Log lines on stderr. Secrets and personal data are never in them.

use std::io::{self, IsTerminal};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::{Color, Global, LogFormat};

/// Starts logging at the command's usual level; with `-v` what the program decides, with `-vv` each request.
pub(super) fn start(global: &Global, usual: LevelFilter) {
    let ours = match (global.quiet, global.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => usual,
        (false, 1) => LevelFilter::INFO,
        (false, _) => LevelFilter::DEBUG,
    };
    let filter = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("caflou_sync", ours);
    let colours = match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => io::stderr().is_terminal(),
    };
    let lines = fmt()
        .with_max_level(LevelFilter::DEBUG)
        .with_writer(io::stderr)
        // Their reader may be gone; to complain of it on stderr would end the run.
        .log_internal_errors(false)
        .with_target(false);
    match global.log_format {
        LogFormat::Json => lines.json().finish().with(filter).init(),
        LogFormat::Text => {
            let lines = lines.with_ansi(colours).without_time();
            lines.finish().with(filter).init();
        }
    }
}
