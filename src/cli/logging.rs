//! Log lines on stderr. Secrets and personal data are never in them.

use std::io::{self, IsTerminal};

use anstyle::{AnsiColor, Style};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, fmt};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use super::options::{Color, LogFormat, OutputOptions};

/// Starts logging at the command's usual level; with `-v` what the program decides, with `-vv` each request.
pub(super) fn start(options: &OutputOptions, usual: LevelFilter) {
    let ours = match (options.quiet, options.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => usual,
        (false, 1) => LevelFilter::INFO,
        (false, _) => LevelFilter::DEBUG,
    };
    let filter = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("caflou_sync", ours);
    let colours = match options.color {
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
    match options.log_format {
        LogFormat::Json => lines.json().finish().with(filter).init(),
        LogFormat::Text => {
            let lines = lines.with_ansi(colours).event_format(Words);
            lines.finish().with(filter).init();
        }
    }
}

/// Log lines as the program says everything else: `warning: …`.
struct Words;

impl<S, N> FormatEvent<S, N> for Words
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        let (word, style) = match *event.metadata().level() {
            Level::ERROR => ("error", AnsiColor::Red.on_default()),
            Level::WARN => ("warning", AnsiColor::Yellow.on_default()),
            Level::INFO => ("info", Style::new()),
            Level::DEBUG => ("debug", Style::new().dimmed()),
            Level::TRACE => ("trace", Style::new().dimmed()),
        };
        if writer.has_ansi_escapes() {
            write!(writer, "{style}{word}:{style:#} ")?;
        } else {
            write!(writer, "{word}: ")?;
        }
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}
