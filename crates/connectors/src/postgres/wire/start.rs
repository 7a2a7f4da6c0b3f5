//! From a host's name to a session: connecting, encryption, authentication.

use std::net::{TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use fallible_iterator::FallibleIterator;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use socket2::{SockRef, TcpKeepalive};
use streamsql_core::{Secret, StopHandle};

use super::super::fault::Fault;
use super::tls::{Mode, Stream};
use super::{Connection, unsendable};

/// Where to connect to, as whom, and how.
#[derive(Clone, Debug)]
pub struct Options {
    pub host: String,
    pub port: u16,
    pub database: String,
    pub user: String,
    pub password: Option<Secret>,
    pub mode: Mode,
    /// A file of certificates that are trusted beside the well-known ones.
    pub root_cert: Option<PathBuf>,
    /// `application_name` of the session.
    pub application: String,
    /// Time for each step of connecting.
    pub connect_limit: Duration,
    /// A server that says nothing for this long is given up.
    pub silence: Duration,
    /// When it is made nothing is waited for any more.
    pub halt: StopHandle,
}

/// A host that is gone is noticed also while it is waited for, as the server notices it.
fn probes() -> TcpKeepalive {
    let probes = TcpKeepalive::new().with_time(Duration::from_secs(30));
    probes.with_interval(Duration::from_secs(10)).with_retries(3)
}

impl Options {
    pub(super) fn connect(&self) -> Result<Stream, Fault> {
        let lost = |error: std::io::Error| Fault::lost(error.to_string());
        let addresses = (self.host.as_str(), self.port).to_socket_addrs().map_err(lost)?;
        let mut fault = Fault::lost(format!("the name {} has no address", self.host));
        for address in addresses {
            match TcpStream::connect_timeout(&address, self.connect_limit) {
                Ok(socket) => {
                    socket.set_nodelay(true).map_err(lost)?;
                    SockRef::from(&socket).set_tcp_keepalive(&probes()).map_err(lost)?;
                    socket.set_read_timeout(Some(self.connect_limit)).map_err(lost)?;
                    socket.set_write_timeout(Some(self.connect_limit)).map_err(lost)?;
                    return Stream::open(socket, &self.host, self.mode, self.root_cert.as_deref());
                }
                Err(error) => fault = lost(error),
            }
        }
        Err(fault)
    }
}

impl Connection {
    pub(super) fn authenticate(&mut self, options: &Options) -> Result<(), Fault> {
        let parameters = [
            ("user", options.user.as_str()),
            ("database", &options.database),
            ("client_encoding", "UTF8"),
            ("application_name", &options.application),
        ];
        frontend::startup_message(parameters, &mut self.out).map_err(unsendable)?;
        self.flush()?;
        let password = || options.password.as_ref().map(|password| password.expose().as_bytes());
        let missing = || Fault::lost("the server asks for a password, and none is given");
        loop {
            match self.message()? {
                Message::AuthenticationOk => break,
                Message::AuthenticationCleartextPassword => {
                    frontend::password_message(password().ok_or_else(missing)?, &mut self.out)
                        .map_err(unsendable)?;
                    self.flush()?;
                }
                Message::AuthenticationMd5Password(body) => {
                    let hash =
                        md5_hash(options.user.as_bytes(), password().ok_or_else(missing)?, body.salt());
                    frontend::password_message(hash.as_bytes(), &mut self.out).map_err(unsendable)?;
                    self.flush()?;
                }
                Message::AuthenticationSasl(body) => {
                    let mechanisms: Vec<String> = body
                        .mechanisms()
                        .map(|name| Ok(name.to_owned()))
                        .collect()
                        .map_err(|error| Fault::lost(error.to_string()))?;
                    if !mechanisms.iter().any(|name| name == SCRAM_SHA_256) {
                        return Err(unknown_method(&mechanisms.join(", ")));
                    }
                    self.scram(password().ok_or_else(missing)?)?;
                }
                Message::ErrorResponse(body) => return Err(Fault::from_fields(body.fields())),
                _ => return Err(unknown_method("neither password, md5 nor scram-sha-256")),
            }
        }
        loop {
            match self.message()? {
                Message::ReadyForQuery(_) => return Ok(()),
                Message::BackendKeyData(body) => self.key = Some((body.process_id(), body.secret_key())),
                Message::ErrorResponse(body) => return Err(Fault::from_fields(body.fields())),
                _ => {}
            }
        }
    }

    fn scram(&mut self, password: &[u8]) -> Result<(), Fault> {
        let refused = |error: std::io::Error| Fault::lost(format!("SCRAM: {error}"));
        let mut scram = ScramSha256::new(password, ChannelBinding::unsupported());
        frontend::sasl_initial_response(SCRAM_SHA_256, scram.message(), &mut self.out).map_err(unsendable)?;
        self.flush()?;
        match self.message()? {
            Message::AuthenticationSaslContinue(body) => scram.update(body.data()).map_err(refused)?,
            Message::ErrorResponse(body) => return Err(Fault::from_fields(body.fields())),
            _ => return Err(Fault::lost("SCRAM: an answer out of turn")),
        }
        frontend::sasl_response(scram.message(), &mut self.out).map_err(unsendable)?;
        self.flush()?;
        match self.message()? {
            // The server proves that it knows the password, too.
            Message::AuthenticationSaslFinal(body) => scram.finish(body.data()).map_err(refused),
            Message::ErrorResponse(body) => Err(Fault::from_fields(body.fields())),
            _ => Err(Fault::lost("SCRAM: an answer out of turn")),
        }
    }
}

fn unknown_method(what: &str) -> Fault {
    Fault::lost(format!("the server asks for an authentication that is not built in: {what}"))
}
