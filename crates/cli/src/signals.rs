//! SIGINT and SIGTERM: the first asks for an orderly end, the second ends at once with 130.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use streamsql_core::{Error, Result};
use streamsql_runtime::StopHandle;

/// Connects the process's signals with the job for as long as the process lives.
pub fn stop_on_signals(stop: &StopHandle) -> Result<()> {
    let stop = stop.clone();
    on_signals(
        move || {
            tracing::info!("stopping: committing what was read (once more to end at once)");
            stop.stop();
        },
        // The committed state is untouched by leaving at any instant.
        || {},
    )
}

/// Sets the flag on the first signal.
pub fn set_on_signals(flag: &Arc<AtomicBool>) -> Result<()> {
    let flag = Arc::clone(flag);
    on_signals(move || flag.store(true, Ordering::Relaxed), || {})
}

/// Runs `first` on the first signal; on the second runs `second` and ends the process with 130.
pub fn on_signals(
    first: impl FnOnce() + Send + 'static,
    second: impl FnOnce() + Send + 'static,
) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::failed(format!("cannot listen for signals: {e}")))?;
    // Registered before this returns: a signal that comes at once must not end the process by default.
    let (mut interrupt, mut terminate) = {
        use tokio::signal::unix::{SignalKind, signal};
        let _inside = runtime.enter();
        let listen =
            |kind| signal(kind).map_err(|e| Error::failed(format!("cannot listen for signals: {e}")));
        (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?)
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                let mut first = Some(first);
                loop {
                    tokio::select! {
                        _ = interrupt.recv() => {}
                        _ = terminate.recv() => {}
                    }
                    match first.take() {
                        Some(first) => first(),
                        None => break,
                    }
                }
            });
            second();
            std::process::exit(130);
        })
        .map_err(|e| Error::failed(format!("cannot listen for signals: {e}")))?;
    Ok(())
}
