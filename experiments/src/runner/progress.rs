//! Progress on standard error: a bar with the remaining time on a terminal, plain lines otherwise.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::note;

/// Progress over a known number of pieces of work.
pub struct Progress {
    name: String,
    bar: Option<ProgressBar>,
    lines: Mutex<Lines>,
    total: usize,
}

struct Lines {
    done: usize,
    last: Instant,
}

impl Progress {
    /// Starts, with `done` of `total` pieces done before.
    pub fn new(name: &str, done: usize, total: usize) -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{prefix} [{bar:30}] {pos}/{len} {msg} ({eta} left)");
            let bar = ProgressBar::new(total as u64).with_prefix(name.to_owned()).with_position(done as u64);
            bar.reset_eta();
            bar.enable_steady_tick(Duration::from_millis(200));
            if let Ok(style) = style { bar.with_style(style) } else { bar }
        });
        Progress { name: name.to_owned(), bar, lines: Mutex::new(Lines { done, last: Instant::now() }), total }
    }

    /// One piece more is done. Lines come once a second at most, and for the last piece.
    pub fn done(&self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(what.to_owned());
            bar.inc(1);
            return;
        }
        // A panic elsewhere may have poisoned the lock; the count is sound all the same.
        let mut lines = self.lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        lines.done += 1;
        if lines.done == self.total || lines.last.elapsed() >= Duration::from_secs(1) {
            lines.last = Instant::now();
            note(&format!("{}: {}/{} {what}", self.name, lines.done, self.total));
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
