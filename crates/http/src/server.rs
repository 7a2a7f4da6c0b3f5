//! The server: its thread, its connections, its end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use streamsql_core::{Error, Result};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::time::{MissedTickBehavior, interval};

use crate::address::Listen;
use crate::api;
use crate::connections::Connections;
use crate::guard::Guard;
use crate::routes::{Hooks, Shared, router};
use crate::timed_stream::TimedStream;
use crate::view::JobView;

/// How long a connection may be without a complete request, and how long a reader may take nothing.
const REQUEST_WITHIN: Duration = Duration::from_secs(30);
const READ_WITHIN: Duration = Duration::from_secs(10);
/// Bytes of a connection's buffers, which also bound a request's head.
const BUFFER: usize = 16 << 10;
/// Between two samples for rates and two messages for those who follow events.
const SAMPLE_EVERY: Duration = Duration::from_secs(1);
/// How long the end of the server is waited for.
const GRACE: Duration = Duration::from_secs(2);

/// A running server; it ends when this is dropped.
pub struct Server {
    address: SocketAddr,
    shared: Shared,
    current: watch::Sender<Current>,
    stop: Arc<Notify>,
    /// Closed when the thread's work is over.
    ended: Receiver<()>,
}

/// The job that is served.
#[derive(Clone)]
struct Current {
    view: Arc<JobView>,
    router: Router,
}

impl Current {
    fn of(shared: &Shared) -> Self {
        Self { view: Arc::clone(&shared.view), router: router(shared.clone()) }
    }
}

impl Server {
    /// Binds, and serves the job on a thread of its own.
    ///
    /// # Errors
    /// What binding says, see [`Listen`].
    pub fn start(listen: &Listen, view: Arc<JobView>, hooks: Hooks) -> Result<Self> {
        let listener = listen.bind()?;
        let cannot = |error: std::io::Error| Error::unreachable(format!("cannot serve HTTP: {error}"));
        listener.set_nonblocking(true).map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(cannot)?;
        let guard = Arc::new(Guard { loopback: address.ip().is_loopback(), token: listen.token.clone() });
        let events = Arc::new(watch::Sender::new(Bytes::new()));
        let streams = Arc::new(AtomicUsize::new(0));
        let shared = Shared { view, guard, hooks, events, streams, board: Arc::default() };
        let current = watch::Sender::new(Current::of(&shared));
        let (seen, events) = (current.subscribe(), Arc::clone(&shared.events));
        let end = Arc::new(Notify::new());
        let (home, ended) = channel::<()>();
        let stop_of_thread = Arc::clone(&end);
        let serve = move || {
            let _home = home;
            runtime.block_on(async move {
                let listener = match TcpListener::from_std(listener) {
                    Ok(listener) => listener,
                    Err(error) => return tracing::warn!("HTTP is not served: {error}"),
                };
                tokio::spawn(watch_job(seen.clone(), events));
                tokio::select! {
                    () = accept(listener, seen) => {}
                    () = stop_of_thread.notified() => {}
                }
            });
            // Connections that are open end with the runtime.
            runtime.shutdown_background();
        };
        std::thread::Builder::new().name("http".to_owned()).spawn(serve).map_err(cannot)?;
        Ok(Self { address, shared, current, stop: end, ended })
    }

    /// Serves another job in the place of the one before: connections stay, taps of the one before end.
    pub fn replace(&self, view: Arc<JobView>, hooks: Hooks) {
        let shared = Shared { view, hooks, board: Arc::default(), ..self.shared.clone() };
        self.current.send_replace(Current::of(&shared)).view.retire();
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.notify_one();
        // Nobody waits for it longer: it ends with the process.
        let _ = self.ended.recv_timeout(GRACE);
    }
}

/// Takes samples, says when output has stopped, and makes the message for those who follow events, if there are any.
async fn watch_job(current: watch::Receiver<Current>, events: Arc<watch::Sender<Bytes>>) {
    let mut every = interval(SAMPLE_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let view = Arc::clone(&current.borrow().view);
        if let Some(line) = view.sample() {
            tracing::warn!("{line}");
        }
        if events.receiver_count() > 0 {
            let _ = events.send(Bytes::from(format!("data: {}\n\n", api::event(&view))));
        }
    }
}

async fn accept(listener: TcpListener, current: watch::Receiver<Current>) {
    let connections = Arc::new(Connections::default());
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let Some(number) = connections.admit() else { continue };
                let task = tokio::spawn(serve(stream, current.clone(), Arc::clone(&connections), number));
                connections.serves(number, task.abort_handle());
            }
            Err(error) => {
                // No more files may be open, or a peer was gone at once: whoever comes next may be served.
                tracing::debug!("HTTP: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(
    stream: TcpStream,
    current: watch::Receiver<Current>,
    connections: Arc<Connections>,
    number: u64,
) {
    let _ = stream.set_nodelay(true);
    let closes = Closes { connections: Arc::clone(&connections), number };
    let service = tower_service(current, connections, number);
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_WITHIN)
        .max_buf_size(BUFFER)
        .keep_alive(true);
    let stream = TokioIo::new(TimedStream::new(stream, READ_WITHIN));
    if let Err(error) = builder.serve_connection(stream, service).await {
        tracing::debug!("HTTP: {error}");
    }
    drop(closes);
}

/// Takes a connection off the list, also where its task is aborted.
struct Closes {
    connections: Arc<Connections>,
    number: u64,
}

impl Drop for Closes {
    fn drop(&mut self) {
        self.connections.closed(self.number);
    }
}

/// The router of the job at hand for the requests of one connection; while one is answered the connection counts as busy.
fn tower_service(
    current: watch::Receiver<Current>,
    connections: Arc<Connections>,
    number: u64,
) -> impl hyper::service::Service<
    hyper::Request<hyper::body::Incoming>,
    Response = hyper::Response<Body>,
    Error = std::convert::Infallible,
    Future: Send,
> {
    hyper::service::service_fn(move |request| {
        let router = TowerToHyperService::new(current.borrow().router.clone());
        let busy = connections.busy(number);
        let answer = hyper::service::Service::call(&router, request);
        async move {
            let response = answer.await?;
            // A stream is busy until its end.
            Ok(response.map(|body| {
                Body::new(body.map_frame(move |frame| {
                    let _busy = &busy;
                    frame
                }))
            }))
        }
    })
}
