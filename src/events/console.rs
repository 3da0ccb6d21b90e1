//! Standard output, and the progress bar that a person at a terminal sees below the lines.

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often the bar's clock moves while no node ends.
const TICK: Duration = Duration::from_secs(1);

/// The console. A reader that goes away (`| head`) is no error: what cannot be written is dropped.
#[derive(Debug, Default)]
pub struct Console {
    bar: Mutex<Option<ProgressBar>>,
    /// Lines that wait to be written together.
    held: Mutex<Option<Vec<u8>>>,
}

/// How many bytes of lines wait at most.
const HELD: usize = 32 * 1024;

impl Console {
    /// Writes a line, above the progress bar if there is one.
    pub fn write_line(&self, line: &str) {
        if let Some(held) = self.held.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            held.extend_from_slice(line.as_bytes());
            held.push(b'\n');
            if held.len() >= HELD {
                put(held);
                held.clear();
            }
            return;
        }
        let bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        match bar.as_ref() {
            Some(bar) => bar.suspend(|| put(&with_end(line))),
            None => put(&with_end(line)),
        }
    }

    /// Keeps lines back until there are many or they are released.
    pub fn hold(&self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
    }

    /// Writes what was kept back.
    pub fn release(&self) {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        put(&held.unwrap_or_default());
    }

    /// Shows a progress bar for `total` nodes.
    pub fn start_progress(&self, total: u64) {
        let bar = ProgressBar::new(total);
        if let Ok(style) = ProgressStyle::with_template("{bar:20} {pos}/{len} {elapsed_precise} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar);
    }

    /// Moves the bar on by one node.
    pub fn advance(&self, message: String) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            bar.set_message(message);
            bar.inc(1);
        }
    }

    /// Takes the bar away.
    pub fn end_progress(&self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}

fn with_end(line: &str) -> Vec<u8> {
    [line.as_bytes(), b"\n"].concat()
}

fn put(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}
