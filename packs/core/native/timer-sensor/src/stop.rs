//! Stopping when asked to. The standard library has no signals, so these two functions of libc are declared here; it is
//! linked anyway.

use std::os::raw::c_int;

extern "C" {
    fn signal(signal: c_int, handler: extern "C" fn(c_int)) -> usize;
    fn _exit(status: c_int) -> !;
}

/// The same on every Linux.
const SIGINT: c_int = 2;
const SIGTERM: c_int = 15;

/// From now on SIGTERM and SIGINT end the program at once, with 0. As PID 1 of a container it would not even notice them
/// otherwise.
pub fn on_signal() {
    // SAFETY: `end` does nothing but call `_exit`, which a signal handler may do (signal-safety(7)).
    unsafe {
        signal(SIGTERM, end);
        signal(SIGINT, end);
    }
}

/// There is nothing to clean up: each event is one write, whole or not begun.
extern "C" fn end(_: c_int) {
    // SAFETY: it takes any number, and does not come back.
    unsafe { _exit(0) }
}
