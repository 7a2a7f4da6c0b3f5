//! A TCP proxy in front of PostgreSQL that cuts a connection at the COMMIT of an epoch, on order.
//!
//! It knows one thing of the protocol: the simple query `COMMIT` as it stands on the wire.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Message `Query` with the text `COMMIT`.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

/// Where the next COMMIT is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The server never gets it.
    BeforeServer,
    /// The server gets it and answers; the client never gets the answer.
    AfterServer,
    /// The server gets it; both connections end at once, whatever it does.
    InFlight,
}

impl Cut {
    fn code(self) -> u8 {
        match self {
            Self::BeforeServer => 1,
            Self::AfterServer => 2,
            Self::InFlight => 3,
        }
    }
}

/// A running proxy; connections end when it is dropped.
pub struct Proxy {
    port: u16,
    state: Arc<State>,
}

struct State {
    target: SocketAddr,
    armed: AtomicU8,
    commits: AtomicU64,
    cuts: AtomicU64,
    closed: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    pub fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("address").port();
        let state = Arc::new(State {
            target,
            armed: AtomicU8::new(0),
            commits: AtomicU64::new(0),
            cuts: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            open: Mutex::default(),
        });
        let accepting = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if accepting.closed.load(Ordering::Acquire) {
                    return;
                }
                accepting.serve(client);
            }
        });
        Self { port, state }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts the next COMMIT that comes along.
    pub fn arm(&self, cut: Cut) {
        self.state.armed.store(cut.code(), Ordering::Release);
    }

    /// COMMITs seen, cut or not.
    pub fn commits(&self) -> u64 {
        self.state.commits.load(Ordering::Acquire)
    }

    /// COMMITs cut.
    pub fn cuts(&self) -> u64 {
        self.state.cuts.load(Ordering::Acquire)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.closed.store(true, Ordering::Release);
        for stream in self.state.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        // Wakes the accepting thread.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl State {
    fn serve(self: &Arc<Self>, client: TcpStream) {
        // A server that is down: the client's connection ends at once.
        let Ok(server) = TcpStream::connect(self.target) else { return };
        let _ = client.set_nodelay(true);
        let _ = server.set_nodelay(true);
        let (Ok(client_out), Ok(server_out)) = (client.try_clone(), server.try_clone()) else { return };
        {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.extend([client.try_clone(), server.try_clone()].into_iter().flatten());
        }
        let swallow = Arc::new(AtomicBool::new(false));
        let (up, down) = (Arc::clone(self), Arc::clone(&swallow));
        std::thread::spawn(move || up.to_server(client, server, &swallow));
        std::thread::spawn(move || to_client(server_out, client_out, &down));
    }

    fn to_server(&self, mut client: TcpStream, mut server: TcpStream, swallow: &AtomicBool) {
        let mut buffer = vec![0; 64 << 10];
        let mut tail: Vec<u8> = Vec::new();
        while let Ok(length @ 1..) = client.read(&mut buffer) {
            let bytes = &buffer[..length];
            // The pattern may lie across two reads.
            let mut window = std::mem::take(&mut tail);
            window.extend_from_slice(bytes);
            if window.windows(COMMIT.len()).any(|part| part == COMMIT) {
                self.commits.fetch_add(1, Ordering::AcqRel);
                match self.armed.swap(0, Ordering::AcqRel) {
                    0 => {}
                    code => {
                        if code == Cut::AfterServer.code() {
                            swallow.store(true, Ordering::Release);
                        }
                        if code != Cut::BeforeServer.code() {
                            let _ = server.write_all(bytes);
                        }
                        self.cuts.fetch_add(1, Ordering::AcqRel);
                        if code == Cut::AfterServer.code() {
                            // `to_client` ends both when the answer has come.
                            return;
                        }
                        break;
                    }
                }
            } else {
                tail = window.split_off(window.len().saturating_sub(COMMIT.len() - 1));
            }
            if server.write_all(bytes).is_err() {
                break;
            }
        }
        let _ = server.shutdown(Shutdown::Both);
        let _ = client.shutdown(Shutdown::Both);
    }
}

fn to_client(mut server: TcpStream, mut client: TcpStream, swallow: &AtomicBool) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(length @ 1..) = server.read(&mut buffer) {
        if swallow.load(Ordering::Acquire) || client.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
    let _ = client.shutdown(Shutdown::Both);
}
