//! Ctrl-C: the run in progress stops cleanly, its statements are interrupted, its artifacts are still written. A second
//! Ctrl-C while it does so changes nothing: the first one is on its way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::thread;
use std::time::Duration;

type Action = Box<dyn Fn() + Send>;

/// How long a statement that begins after Ctrl-C may run.
const AGAIN: Duration = Duration::from_millis(50);

static INSTALLED: Once = Once::new();
static CURRENT: Mutex<Option<Action>> = Mutex::new(None);

/// While it lives, Ctrl-C interrupts this run instead of ending the program.
#[derive(Debug)]
pub(super) struct Watch {
    flag: Arc<AtomicBool>,
}

impl Watch {
    /// Begins to watch; `interrupt` stops the statements that run when it is pressed.
    pub fn new(interrupt: impl Fn() + Send + 'static) -> Watch {
        let flag = Arc::new(AtomicBool::new(false));
        let raised = flag.clone();
        let action: Action = Box::new(move || {
            raised.store(true, Ordering::SeqCst);
            interrupt();
        });
        *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = Some(action);
        INSTALLED.call_once(|| {
            // Where the system takes no handler, Ctrl-C ends the program as ever.
            let _ = ctrlc::set_handler(on_ctrl_c);
        });
        Watch { flag }
    }

    /// The flag that Ctrl-C raises.
    pub fn flag(&self) -> Arc<AtomicBool> {
        self.flag.clone()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Interrupts the run until it has ended: what was pressed between two statements must not be lost on the second.
fn on_ctrl_c() {
    if !interrupt_current() {
        // Outside of a run there is nothing to wind up: the code is the shell's for an interrupted program.
        std::process::exit(130);
    }
    while interrupt_current() {
        thread::sleep(AGAIN);
    }
}

/// Interrupts the statements of the run in progress; false if there is none.
fn interrupt_current() -> bool {
    let current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(action) = current.as_ref() {
        action();
    }
    current.is_some()
}
