//! How far a run is, while it runs: on stderr, and only on a terminal.

use std::fmt::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::amount::grouped;
use super::duration::span;
use crate::record::Kind;
use crate::sync::{Action, Event, Report};

/// Between two looks at the clock while nothing else happens.
const TICK: Duration = Duration::from_millis(250);
/// One line for the run, before and after its size is known.
const UNSIZED: &str = "{prefix:<9}  {read} read{msg}{speed}";
const SIZED: &str = "{prefix:<9}  {bar:16}  {read}/{total} read{msg}{speed}{left}";

/// On a terminal that is too narrow for the bar.
const NARROW: &str = "{prefix:<9}  {read}/{total} read{msg}{speed}{left}";

/// A progress line. It takes no room once it is finished.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    agendas: u8,
    expected: u64,
    new: u64,
    failed: u64,
    sized: &'static str,
}

impl Progress {
    /// On stderr, `None` where that is no terminal.
    #[must_use]
    pub fn on_terminal() -> Option<Self> {
        let target = ProgressDrawTarget::stderr();
        (!target.is_hidden()).then(|| Self::to(target))
    }

    fn to(target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(None, target);
        Self {
            bar,
            agendas: 0,
            expected: 0,
            new: 0,
            failed: 0,
            sized: SIZED,
        }
    }

    /// Leaves out the bar: the line must not take two.
    pub(super) fn narrow(&mut self) {
        self.sized = NARROW;
    }

    /// Takes the line away while something else is printed.
    pub fn suspend<R>(&self, print: impl FnOnce() -> R) -> R {
        self.bar.suspend(print)
    }

    /// Takes the line away for good.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Companies and incomes are imported side by side: they share the line.
    fn begin(&mut self, kind: Kind) {
        self.agendas += 1;
        if self.agendas > 1 {
            self.bar.set_prefix("records");
            return;
        }
        self.bar.reset();
        self.bar.unset_length();
        self.bar.set_style(style(UNSIZED));
        self.bar.set_prefix(kind.plural());
        self.bar.enable_steady_tick(TICK);
    }

    fn expect(&mut self, total: u64) {
        self.expected += total;
        self.bar.set_length(self.expected);
        self.bar.set_style(style(self.sized));
    }

    fn done(&mut self, action: Option<Action>) {
        match action {
            Some(Action::Create) => self.new += 1,
            Some(Action::Fail) => self.failed += 1,
            _ => {}
        }
        if action.is_some() {
            self.bar.set_message(message(self.new, self.failed));
        }
        self.bar.inc(1);
        if self
            .bar
            .length()
            .is_some_and(|total| total < self.bar.position())
        {
            // What was left open by earlier runs comes on top of the list.
            self.bar.set_length(self.bar.position());
        }
    }
}

impl Report for Progress {
    fn event(&mut self, event: &Event) {
        match event {
            Event::Agenda(kind) => self.begin(*kind),
            Event::Expected(total) => self.expect(*total),
            Event::Unchanged => self.done(None),
            Event::Change(change) => self.done(Some(change.action)),
            Event::Summary(_) => self.finish(),
            Event::Start(_) | Event::Warning { .. } => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

fn message(new: u64, failed: u64) -> String {
    let mut out = String::new();
    for (number, word) in [(new, "new"), (failed, "failed")] {
        if number > 0 {
            let _ = write!(out, " · {} {word}", grouped(number));
        }
    }
    out
}

fn style(template: &str) -> ProgressStyle {
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
    style
        .progress_chars("█▉▊▋▌▍▎▏░")
        .with_key("read", |state: &ProgressState, out: &mut dyn Write| {
            let _ = out.write_str(&grouped(state.pos()));
        })
        .with_key("total", |state: &ProgressState, out: &mut dyn Write| {
            let _ = out.write_str(&grouped(state.len().unwrap_or(state.pos())));
        })
        .with_key("speed", |state: &ProgressState, out: &mut dyn Write| {
            if state.per_sec() >= 1.0 {
                let _ = write!(out, " · {:.0}/s", state.per_sec());
            }
        })
        .with_key("left", |state: &ProgressState, out: &mut dyn Write| {
            if state.pos() > 0 && state.len().is_some_and(|total| total > state.pos()) {
                let _ = write!(out, " · {} left", span(state.eta()));
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_templates_are_valid() {
        for template in [UNSIZED, SIZED, NARROW] {
            assert!(ProgressStyle::with_template(template).is_ok());
        }
    }

    #[test]
    fn records_of_both_agendas_are_counted_together() {
        let mut progress = Progress::to(ProgressDrawTarget::hidden());
        progress.event(&Event::Agenda(Kind::Company));
        progress.event(&Event::Expected(2));
        progress.done(Some(Action::Create));
        progress.done(Some(Action::Fail));
        progress.done(None);
        assert_eq!(progress.bar.message(), " · 1 new · 1 failed");
        assert_eq!(
            (progress.bar.position(), progress.bar.length()),
            (3, Some(3))
        );
        progress.event(&Event::Agenda(Kind::Income));
        progress.event(&Event::Expected(5));
        progress.done(Some(Action::Create));
        assert_eq!(
            (progress.bar.position(), progress.bar.length()),
            (4, Some(7))
        );
        assert_eq!(progress.bar.message(), " · 2 new · 1 failed");
        assert_eq!(progress.bar.prefix(), "records");
    }
}
