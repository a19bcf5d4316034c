//! Log lines on stderr. Secrets and personal data are never in them.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use super::{Color, Global, LogFormat};

/// Starts logging: warnings, of an unattended run errors; with `-v` what the program decides, with `-vv` each request.
pub(super) fn start(global: &Global, unattended: bool) {
    let ours = match (global.quiet, global.verbose) {
        (true, _) => "error",
        (false, 0) if unattended => "error",
        (false, 0) => "warn",
        (false, 1) => "info",
        (false, _) => "debug",
    };
    let filter = EnvFilter::new(format!("warn,caflou_sync={ours}"));
    let colours = match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => io::stderr().is_terminal(),
    };
    let lines = fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        // Their reader may be gone; to complain of it on stderr would end the run.
        .log_internal_errors(false)
        .with_target(false);
    match global.log_format {
        LogFormat::Json => lines.json().init(),
        LogFormat::Text => lines.with_ansi(colours).without_time().init(),
    }
}
