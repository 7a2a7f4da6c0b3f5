//! SIGINT and SIGTERM: the first asks for a last commit, the second ends at once with 130.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use streamsql_core::{Error, Result};
use streamsql_runtime::StopHandle;

/// Connects the process's signals with the job for as long as the process lives.
pub fn stop_on_signals(stop: &StopHandle) -> Result<Arc<AtomicBool>> {
    let stopped = Arc::new(AtomicBool::new(false));
    let (stop, flag) = (stop.clone(), Arc::clone(&stopped));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::failed(format!("cannot listen for signals: {e}")))?;
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                use tokio::signal::unix::{SignalKind, signal};
                let (Ok(mut interrupt), Ok(mut terminate)) =
                    (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
                else {
                    return;
                };
                loop {
                    tokio::select! {
                        _ = interrupt.recv() => {}
                        _ = terminate.recv() => {}
                    }
                    if flag.swap(true, Ordering::AcqRel) {
                        // The committed state is untouched by leaving at any instant.
                        std::process::exit(130);
                    }
                    tracing::info!("stopping: committing what was read (once more to end at once)");
                    stop.stop();
                }
            });
        })
        .map_err(|e| Error::failed(format!("cannot listen for signals: {e}")))?;
    Ok(stopped)
}
