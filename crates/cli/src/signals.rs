//! SIGINT and SIGTERM: the first asks for an orderly end, the second ends at once with 130.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use streamsql_core::{Error, Result};
use streamsql_runtime::StopHandle;

/// Connects the process's signals with the job for as long as the process lives.
pub fn stop_on_signals(stop: &StopHandle) -> Result<()> {
    let stop = stop.clone();
    on_signals(
        move || {
            tracing::info!("stopping: committing what was read (once more to end at once)");
            stop_soon(&stop);
        },
        // The committed state is untouched by leaving at any instant.
        || {},
    )
}

/// Asks the job to end well, within a bounded time.
pub fn stop_soon(stop: &StopHandle) {
    if !stop.is_stopped() {
        stop.stop();
        end_after(SHUTDOWN);
    }
}

/// Longest time from the first signal to the end; a database that is away must not keep the process for ever.
const SHUTDOWN: Duration = Duration::from_secs(30);

/// Ends the process with 1 if it is still there by then: nothing is lost, the committed state stands.
fn end_after(limit: Duration) {
    let watch = std::thread::Builder::new().name("shutdown".to_owned()).spawn(move || {
        std::thread::sleep(limit);
        eprintln!(
            "error: the last epoch could not be committed within {} s; nothing is lost, the next start goes on from \
             the last commit",
            limit.as_secs()
        );
        std::process::exit(1);
    });
    if let Err(error) = watch {
        tracing::warn!("cannot watch the shutdown: {error}");
    }
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
