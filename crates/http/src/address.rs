//! Where the server listens: addresses as users write them, and the next free port.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use streamsql_core::secret::Secret;
use streamsql_core::{Error, Result};

/// Without being told otherwise.
pub const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8081);

/// Ports that are tried behind one that is taken.
const TRIED: u16 = 100;

/// Where to listen, and what a request must know.
#[derive(Clone, Debug)]
pub struct Listen {
    pub address: SocketAddr,
    pub token: Option<Secret>,
}

impl Default for Listen {
    fn default() -> Self {
        Self { address: DEFAULT_ADDRESS, token: None }
    }
}

/// An address as in `--http`: `127.0.0.1:8081`, `localhost:8081`, `[::1]:8081`, or a port of this machine alone.
///
/// # Errors
/// A message that says what is expected.
pub fn parse_address(text: &str) -> std::result::Result<SocketAddr, String> {
    let text = text.trim();
    if let Ok(port) = text.parse::<u16>() {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    let local = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    local.as_deref().unwrap_or(text).parse().map_err(|_| {
        format!("'{text}' is no address: write it as 127.0.0.1:8081, or 0.0.0.0:8081 for all networks")
    })
}

impl Listen {
    /// Binds the address, or the next free port behind it.
    ///
    /// # Errors
    /// `Invalid` for an address that others can reach without a token, `Unreachable` where the machine refuses it.
    pub(crate) fn bind(&self) -> Result<TcpListener> {
        if !self.address.ip().is_loopback() && self.token.is_none() {
            return Err(Error::invalid(format!("{} can be reached by others and has no token", self.address))
                .hint("set job.http.token in streamsql.yaml, as \"${env:STREAMSQL_HTTP_TOKEN}\", or listen on 127.0.0.1"));
        }
        let mut address = self.address;
        for _ in 0..=TRIED {
            match TcpListener::bind(address) {
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                    match address.port().checked_add(1) {
                        Some(next) => address.set_port(next),
                        None => break,
                    }
                }
                bound => {
                    return bound.map_err(|e| Error::unreachable(format!("cannot listen on {address}: {e}")));
                }
            }
        }
        Err(Error::unreachable(format!(
            "no free port on {} from {} on",
            self.address.ip(),
            self.address.port()
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_users_write_them() {
        for (text, address) in [
            ("127.0.0.1:8081", "127.0.0.1:8081"),
            ("localhost:9", "127.0.0.1:9"),
            ("9000", "127.0.0.1:9000"),
            ("[::1]:80", "[::1]:80"),
            ("0.0.0.0:8081", "0.0.0.0:8081"),
        ] {
            assert_eq!(parse_address(text).unwrap().to_string(), address);
        }
        for wrong in ["", "example.org:80", "127.0.0.1", "70000", "127.0.0.1:x"] {
            assert!(parse_address(wrong).unwrap_err().contains("127.0.0.1:8081"), "{wrong}");
        }
    }

    #[test]
    fn a_taken_port_gives_the_next_free_one() {
        let first = TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = first.local_addr().unwrap();
        let listen = Listen { address: taken, token: None };
        let second = listen.bind().unwrap().local_addr().unwrap();
        assert_eq!(second.ip(), taken.ip());
        assert!(second.port() > taken.port());
    }

    #[test]
    fn others_need_a_token() {
        let address = parse_address("0.0.0.0:0").unwrap();
        let error = Listen { address, token: None }.bind().unwrap_err();
        assert!(error.hint.unwrap().contains("job.http.token"));
        assert!(Listen { address, token: Some(Secret::new("t")) }.bind().is_ok());
    }
}
