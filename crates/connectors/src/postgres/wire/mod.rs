//! A connection to PostgreSQL as the connector needs it: requests are queued, leave in one flight and are answered in
//! order (PostgreSQL documentation, "Frontend/Backend Protocol", "Pipelining").
//!
//! Calls block. A flight is one write as long as it is small, and the socket does not wait for acknowledgements before it
//! sends (`TCP_NODELAY`): two small writes in a row, as a COPY's data and its end, would otherwise cost the server's
//! delayed acknowledgement, 40 ms. Each request ends with the server's "ready for query", so an error concerns one request;
//! inside a transaction the server refuses those after it, too.

mod answer;
mod start;
mod tls;

use std::collections::{HashMap, VecDeque};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::BytesMut;
use postgres_protocol::IsNull;
use postgres_protocol::message::backend::{Header, Message};
use postgres_protocol::message::frontend::{self, BindError};

use self::tls::Stream;
use super::fault::Fault;

pub use self::answer::Answer;
pub use self::start::Options;
pub use self::tls::Mode;

/// Bytes that are gathered before they are written, unless an answer is waited for.
const FLIGHT: usize = 256 << 10;

/// Largest CopyData message.
const CHUNK: usize = 1 << 20;

/// `pg_type.oid` of text and text[].
const TEXT: u32 = 25;
const TEXTS: u32 = 1009;

/// A parameter of a statement, `$1` and so on.
#[derive(Clone, Copy, Debug)]
pub enum Parameter<'a> {
    Text(Option<&'a str>),
    Texts(&'a [Option<String>]),
}

/// A connection that has passed authentication. After an I/O error it is of no use any more.
pub struct Connection {
    stream: Stream,
    /// Queued, not yet written.
    out: BytesMut,
    /// Read, not yet decoded.
    read: BytesMut,
    chunk: Vec<u8>,
    /// Names of the prepared statements, by their text.
    statements: HashMap<String, String>,
    prepared: u64,
    /// For each request that was not answered yet: the text of its statement where it is a prepared one.
    waiting: VecDeque<Option<String>>,
    silence: Duration,
    /// How long nothing has come while an answer was waited for.
    quiet: Duration,
    /// How the server is asked to end what it works on: the process and the secret that it named.
    key: Option<(i32, i32)>,
    options: Options,
}

/// How often, while an answer is waited for, it is looked whether the job ends.
const LOOK: Duration = Duration::from_millis(200);

/// Time to ask the server to end a statement.
const CANCEL: Duration = Duration::from_secs(2);

impl Connection {
    /// Connects and authenticates.
    pub fn open(options: &Options) -> Result<Self, Fault> {
        let mut connection = Self {
            stream: options.connect()?,
            out: BytesMut::new(),
            read: BytesMut::new(),
            chunk: vec![0; 16 << 10],
            statements: HashMap::new(),
            prepared: 0,
            waiting: VecDeque::new(),
            silence: options.connect_limit,
            quiet: Duration::ZERO,
            key: None,
            options: options.clone(),
        };
        connection.limit(options.connect_limit)?;
        connection.authenticate(options)?;
        connection.silence = options.silence;
        connection.limit(options.silence)?;
        Ok(connection)
    }

    /// Waits for answers for as long as the connection lives, which the socket's probes tell.
    pub fn be_patient(&mut self) {
        self.silence = Duration::MAX;
    }

    /// Asks the server to end what it works on, over a connection of its own: one that works does not look whether
    /// somebody still listens. Nobody answers.
    fn cancel(&mut self) {
        let Some((process, secret)) = self.key.take() else { return };
        let options = Options { connect_limit: CANCEL, ..self.options.clone() };
        let mut request = BytesMut::new();
        frontend::cancel_request(process, secret, &mut request);
        let sent = options.connect().and_then(|mut stream| {
            let sent = stream.write_all(&request).and_then(|()| stream.flush());
            sent.map_err(|error| self.lost(&error))
        });
        if let Err(fault) = sent {
            tracing::debug!("the database cannot be asked to end a statement: {fault}");
        }
    }

    /// Queues statements without parameters, separated by semicolons, as one request.
    pub fn queue_batch(&mut self, sql: &str) -> Result<(), Fault> {
        frontend::query(sql, &mut self.out).map_err(unsendable)?;
        self.waiting.push_back(None);
        Ok(())
    }

    /// Queues one statement, prepared at its first use; its columns come back as texts.
    pub fn queue_statement(&mut self, sql: &str, parameters: &[Parameter<'_>]) -> Result<(), Fault> {
        let name = match self.statements.get(sql) {
            Some(name) => name.clone(),
            None => self.prepare(sql, parameters)?,
        };
        const BINARY: i16 = 1;
        const AS_TEXT: i16 = 0;
        let bound = frontend::bind("", &name, [BINARY], parameters, encode, [AS_TEXT], &mut self.out)
            .map_err(|e| match e {
                BindError::Conversion(error) => unsendable(error),
                BindError::Serialization(error) => unsendable(error),
            });
        bound?;
        frontend::execute("", 0, &mut self.out).map_err(unsendable)?;
        frontend::sync(&mut self.out);
        self.waiting.push_back(Some(sql.to_owned()));
        self.write_when_full()
    }

    fn prepare(&mut self, sql: &str, parameters: &[Parameter<'_>]) -> Result<String, Fault> {
        self.prepared += 1;
        let name = format!("s{}", self.prepared);
        let types = parameters.iter().map(|parameter| match parameter {
            Parameter::Text(_) => TEXT,
            Parameter::Texts(_) => TEXTS,
        });
        frontend::parse(&name, sql, types, &mut self.out).map_err(unsendable)?;
        self.statements.insert(sql.to_owned(), name.clone());
        Ok(name)
    }

    /// Queues a `COPY … FROM STDIN` with all its data. The server drops the data if it refuses the COPY.
    pub fn queue_copy(&mut self, sql: &str, data: &[u8]) -> Result<(), Fault> {
        frontend::query(sql, &mut self.out).map_err(unsendable)?;
        for chunk in data.chunks(CHUNK) {
            frontend::CopyData::new(chunk).map_err(unsendable)?.write(&mut self.out);
            self.write_when_full()?;
        }
        frontend::copy_done(&mut self.out);
        self.waiting.push_back(None);
        Ok(())
    }

    /// Sends what is queued; the answers may be fetched later.
    pub fn flush(&mut self) -> Result<(), Fault> {
        let written = self.stream.write_all(&self.out).and_then(|()| self.stream.flush());
        self.out.clear();
        written.map_err(|error| self.lost(&error))
    }

    /// Requests that were not answered yet.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The answer to the oldest request that has none; sends what is queued.
    pub fn answer(&mut self) -> Result<Answer, Fault> {
        self.flush()?;
        let mut answer = Answer::default();
        let mut refused = None;
        loop {
            match self.message() {
                Ok(Message::ErrorResponse(body)) => {
                    let fault = Fault::from_fields(body.fields());
                    refused.get_or_insert(fault);
                }
                Ok(Message::ReadyForQuery(_)) => break,
                Ok(message) => answer.add(&message)?,
                // A server that ends the session says why before.
                Err(lost) => return Err(refused.unwrap_or(lost)),
            }
        }
        let statement = self.waiting.pop_front().flatten();
        match refused {
            None => Ok(answer),
            Some(fault) => {
                // It may not have been prepared, or may have to be prepared anew, as after an ALTER TABLE.
                if let Some(sql) = statement {
                    self.statements.remove(&sql);
                }
                Err(fault)
            }
        }
    }

    /// The next message that is not about the session's surroundings.
    fn message(&mut self) -> Result<Message, Fault> {
        loop {
            let header = Header::parse(&self.read).map_err(|error| self.lost(&error))?;
            let needed = header.map_or(5, |header| header.len() as usize + 1);
            if header.is_none() || self.read.len() < needed {
                self.receive()?;
                continue;
            }
            let message = Message::parse(&mut self.read).map_err(|error| self.lost(&error))?;
            match message {
                None | Some(Message::ParameterStatus(_) | Message::NotificationResponse(_)) => {}
                Some(Message::NoticeResponse(body)) => {
                    tracing::debug!("the database says: {}", Fault::from_fields(body.fields()));
                }
                Some(message) => return Ok(message),
            }
        }
    }

    fn receive(&mut self) -> Result<(), Fault> {
        match self.stream.read(&mut self.chunk) {
            Ok(0) => Err(Fault::lost("the server closed the connection")),
            Ok(length) => {
                self.quiet = Duration::ZERO;
                self.read.extend_from_slice(&self.chunk[..length]);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                self.quiet += LOOK;
                match () {
                    () if self.options.halt.is_stopped() => {
                        self.cancel();
                        Err(Fault::lost("the job ends"))
                    }
                    () if self.quiet >= self.silence => Err(self.lost(&error)),
                    () => Ok(()),
                }
            }
            Err(error) => Err(self.lost(&error)),
        }
    }

    fn write_when_full(&mut self) -> Result<(), Fault> {
        if self.out.len() >= FLIGHT { self.flush() } else { Ok(()) }
    }

    fn limit(&self, silence: Duration) -> Result<(), Fault> {
        let socket: &TcpStream = self.stream.socket();
        socket
            .set_read_timeout(Some(LOOK))
            .and_then(|()| socket.set_write_timeout(Some(silence)))
            .map_err(|error| self.lost(&error))
    }

    fn lost(&self, error: &io::Error) -> Fault {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                Fault::lost(format!("no answer within {} s", self.silence.as_secs()))
            }
            _ => Fault::lost(error.to_string()),
        }
    }
}

/// What cannot be said in the protocol at all: U+0000 in a statement, a value of more than a gigabyte.
fn unsendable(error: impl std::fmt::Display) -> Fault {
    Fault::Refused { sqlstate: String::new(), message: error.to_string(), constraint: None, column: None }
}

/// A parameter in binary form.
fn encode(
    parameter: &Parameter<'_>,
    out: &mut BytesMut,
) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
    match parameter {
        Parameter::Text(None) => return Ok(IsNull::Yes),
        Parameter::Text(Some(text)) => out.extend_from_slice(text.as_bytes()),
        Parameter::Texts(texts) => {
            let length = |bytes: usize| i32::try_from(bytes).map(i32::to_be_bytes);
            let has_null = i32::from(texts.iter().any(Option::is_none));
            out.extend_from_slice(&i32::from(!texts.is_empty()).to_be_bytes());
            out.extend_from_slice(&has_null.to_be_bytes());
            out.extend_from_slice(&TEXT.to_be_bytes());
            if !texts.is_empty() {
                out.extend_from_slice(&length(texts.len())?);
                // The lower bound.
                out.extend_from_slice(&1i32.to_be_bytes());
            }
            for text in *texts {
                match text {
                    None => out.extend_from_slice(&(-1i32).to_be_bytes()),
                    Some(text) => {
                        out.extend_from_slice(&length(text.len())?);
                        out.extend_from_slice(text.as_bytes());
                    }
                }
            }
        }
    }
    Ok(IsNull::No)
}

#[cfg(test)]
mod tests;
