//! Log lines on stderr: plain text or JSON.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use crate::commands::{Global, LogFormat};
use crate::progress::LogStream;

/// Installs the logger. `-v` shows more of ours, `-vv` also of the libraries; `-q` only errors.
pub fn start(global: &Global) {
    let level = match (global.quiet, global.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::INFO,
        (false, 1) => LevelFilter::DEBUG,
        (false, _) => LevelFilter::TRACE,
    };
    let libraries = if global.verbose >= 2 { "debug" } else { "warn" };
    // sqlx logs statements and librdkafka its configuration at debug: never below that without being asked.
    let filter = EnvFilter::builder()
        .parse_lossy(format!("{level},sqlx={libraries},rdkafka=warn,librdkafka=warn,tokio={libraries}"));
    let registry = tracing_subscriber::registry().with(filter);
    match global.log_format {
        LogFormat::Json => registry.with(fmt::layer().json().with_writer(|| LogStream)).init(),
        LogFormat::Text => {
            let layer = fmt::layer().with_writer(|| LogStream).with_target(false).with_ansi(global.colored());
            registry.with(layer).init();
        }
    }
}
