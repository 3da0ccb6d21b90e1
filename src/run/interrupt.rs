//! Ctrl-C: the run in progress stops cleanly, its statements are interrupted, its artifacts are still written. A second
//! Ctrl-C while it does so changes nothing: the first one is on its way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};

type Action = Box<dyn Fn() + Send>;

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

fn on_ctrl_c() {
    match CURRENT.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
        Some(action) => action(),
        // Outside of a run there is nothing to wind up: the code is the shell's for an interrupted program.
        None => std::process::exit(130),
    }
}
