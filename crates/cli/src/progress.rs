//! Reports on standard error what apply is doing: on a terminal in one line that is updated in place, elsewhere in a line
//! for each phase.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use vfctl_apply::Progress;
use vfctl_port::Phase;

/// How often the line is updated.
pub(crate) const TICK: Duration = Duration::from_millis(250);

/// Goes back to the line's begin and clears it.
const CLEAR: &str = "\r\u{1b}[K";

/// The widest line, where the terminal does not say how wide it is.
const WIDTH: usize = 80;

/// How to report progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressChoice {
    /// On a terminal one line that is updated in place; elsewhere as plain.
    Auto,
    /// A line for each phase.
    Plain,
    /// Nothing.
    None,
}

/// What a lane is doing.
struct Doing {
    what: String,
    since: Instant,
    until: Option<Instant>,
}

/// Reports what apply is doing.
pub(crate) struct Reporter<'a> {
    choice: ProgressChoice,
    is_live: bool,
    state: Mutex<State<'a>>,
}

struct State<'a> {
    stream: &'a mut (dyn Write + Send),
    lanes: BTreeMap<String, Doing>,
    is_shown: bool,
}

impl<'a> Reporter<'a> {
    /// Returns a reporter to this stream; `updates` is whether a line there can be updated in place.
    pub(crate) fn new(choice: ProgressChoice, updates: bool, stream: &'a mut (dyn Write + Send)) -> Self {
        let state = Mutex::new(State { stream, lanes: BTreeMap::new(), is_shown: false });
        Self { choice, is_live: updates && choice == ProgressChoice::Auto, state }
    }

    /// Returns whether there is a line to update.
    pub(crate) fn is_live(&self) -> bool {
        self.is_live
    }

    /// Updates the line.
    pub(crate) fn tick(&self, now: Instant) {
        let mut state = self.state();
        let line = line(&state.lanes, now, width());
        state.is_shown = !line.is_empty();
        state.write(&format!("{CLEAR}{line}"));
    }

    /// Takes the line away.
    pub(crate) fn clear(&self) {
        let mut state = self.state();
        if std::mem::take(&mut state.is_shown) {
            state.write(CLEAR);
        }
    }

    fn state(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State<'_> {
    fn write(&mut self, text: &str) {
        if self.stream.write_all(text.as_bytes()).and_then(|()| self.stream.flush()).is_err() {
            tracing::debug!("standard error is closed");
        }
    }
}

impl Progress for Reporter<'_> {
    fn phase(&self, lane: &str, phase: Phase, ops: usize) {
        let what = format!("{lane}: {phase} ({ops} change{})", if ops == 1 { "" } else { "s" });
        let mut state = self.state();
        if self.choice != ProgressChoice::None && !self.is_live {
            state.write(&format!("{what}\n"));
        }
        state.lanes.insert(lane.to_owned(), Doing { what, since: Instant::now(), until: None });
    }

    fn waiting(&self, lane: &str, at_most: Duration) {
        if let Some(doing) = self.state().lanes.get_mut(lane) {
            doing.until = Some(Instant::now() + at_most);
        }
    }

    fn lane_ended(&self, lane: &str) {
        self.state().lanes.remove(lane);
    }
}

/// Returns the line: what each lane is doing, for how long, and how long it may still wait.
fn line(lanes: &BTreeMap<String, Doing>, now: Instant, width: usize) -> String {
    let shown = lanes.values().map(|Doing { what, since, until }| {
        let wait = until.map_or_else(String::new, |until| {
            let left = until.saturating_duration_since(now).as_secs();
            format!(", waiting for the device, at most {left} s more")
        });
        format!("{what}, {} s{wait}", now.saturating_duration_since(*since).as_secs())
    });
    let line = shown.collect::<Vec<_>>().join("; ");
    // The last column stays free: some terminals break the line there.
    if line.chars().count() < width {
        return line;
    }
    line.chars().take(width.saturating_sub(2)).chain(['…']).collect()
}

/// Returns how wide the terminal is.
fn width() -> usize {
    terminal_size::terminal_size_of(std::io::stderr()).map_or(WIDTH, |(width, _)| width.0.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(choice: ProgressChoice, updates: bool) -> String {
        let mut stream = Vec::new();
        let reporter = Reporter::new(choice, updates, &mut stream);
        reporter.phase("eth0", Phase::CreateVfs, 1);
        reporter.waiting("eth0", Duration::from_secs(20));
        if reporter.is_live() {
            reporter.tick(Instant::now());
        }
        reporter.lane_ended("eth0");
        reporter.clear();
        drop(reporter);
        String::from_utf8(stream).expect("text")
    }

    #[test]
    fn progress_is_one_line_on_a_terminal_and_a_line_for_each_phase_elsewhere() {
        assert_eq!(report(ProgressChoice::Auto, false), "eth0: create VFs (1 change)\n");
        assert_eq!(report(ProgressChoice::Plain, true), "eth0: create VFs (1 change)\n");
        assert_eq!(report(ProgressChoice::None, true), "");
        let live = report(ProgressChoice::Auto, true);
        let line = "eth0: create VFs (1 change), 0 s, waiting for the device, at most";
        assert!(live.starts_with(&format!("{CLEAR}{}", line.get(..40).expect("letters"))), "{live:?}");
        assert!(live.ends_with(CLEAR) && !live.contains('\n'), "{live:?}");
    }

    #[test]
    fn line_says_how_long_a_wait_may_take_and_is_cut_at_the_terminals_width() {
        let now = Instant::now();
        let doing = |what: &str, until: Option<u64>| Doing {
            what: what.to_owned(),
            since: now,
            until: until.map(|seconds| now + Duration::from_secs(seconds)),
        };
        let lanes = BTreeMap::from([
            ("a".to_owned(), doing("a: bind (2 changes)", None)),
            ("b".to_owned(), doing("b: create VFs (1 change)", Some(20))),
        ]);
        let then = now + Duration::from_secs(3);
        let whole = "a: bind (2 changes), 3 s; b: create VFs (1 change), 3 s, waiting for the device, at most 17 s more";
        assert_eq!(line(&lanes, then, 200), whole);
        assert_eq!(line(&lanes, then, 21), "a: bind (2 changes)…");
        assert_eq!(line(&BTreeMap::new(), then, 80), "");
    }
}
