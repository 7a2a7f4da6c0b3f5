//! Asking a running job, for the commands `status`, `top`, `tap` and `stop`.

use std::time::Duration;

use axum::body::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use streamsql_core::secret::Secret;
use streamsql_core::{Error, Result};
use tokio::net::TcpStream;

use crate::guard::REQUEST_HEADER;

/// The longest answer that is taken; a job of a thousand nodes has one of a megabyte.
const LONGEST: usize = 64 << 20;
/// How long a job may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a job is served.
#[derive(Clone, Debug)]
pub struct Client {
    /// `host:port`.
    authority: String,
    token: Option<Secret>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Errors
    /// `Failed` for a refusal, and for what is no JSON.
    pub fn json(&self) -> Result<Value> {
        let value: Option<Value> = serde_json::from_slice(&self.body).ok();
        match (self.status, value) {
            (200..=299, Some(value)) => Ok(value),
            (401, _) => Err(Error::unreachable("the job asks for its token")
                .hint("give it with --token, or in the environment variable STREAMSQL_HTTP_TOKEN")),
            (status, value) => {
                let said = value
                    .as_ref()
                    .and_then(|value| value["error"].as_str())
                    .unwrap_or("no streamsql answers there");
                Err(Error::failed(format!("status {status}: {said}")))
            }
        }
    }
}

impl Client {
    /// For an address such as `http://127.0.0.1:8081`, or without `http://`.
    ///
    /// # Errors
    /// `Invalid` for what is no such address.
    pub fn new(url: &str, token: Option<Secret>) -> Result<Self> {
        let authority = url.strip_prefix("http://").unwrap_or(url).trim_end_matches('/');
        let wrong = |why: &str| Error::invalid(format!("'{url}' is no address of a job: {why}"));
        if authority.contains("://") {
            return Err(wrong("only http is spoken; a proxy may add TLS"));
        }
        if authority.is_empty() || authority.contains(['/', '?', '@', ' ']) {
            return Err(wrong("write it as http://127.0.0.1:8081"));
        }
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let authority = if has_port { authority.to_owned() } else { format!("{authority}:8081") };
        Ok(Self { authority, token })
    }

    /// # Errors
    /// `Unreachable` where nobody answers in time.
    pub fn get(&self, path: &str) -> Result<Answer> {
        self.ask(Method::GET, path)
    }

    /// # Errors
    /// As for [`Self::get`].
    pub fn post(&self, path: &str) -> Result<Answer> {
        self.ask(Method::POST, path)
    }

    fn ask(&self, method: Method, path: &str) -> Result<Answer> {
        runtime()?.block_on(async {
            let answer = async {
                let response = self.send(method, path).await?;
                let status = response.status().as_u16();
                let body = Limited::new(response.into_body(), LONGEST).collect().await;
                let body = body.map_err(|e| Error::failed(format!("the answer breaks off: {e}")))?.to_bytes();
                Ok(Answer { status, body })
            };
            match tokio::time::timeout(PATIENCE, answer).await {
                Ok(answer) => answer,
                Err(_) => Err(Error::unreachable(format!("{} does not answer", self.authority))),
            }
        })
    }

    /// Follows server-sent events, each by its name (empty for the usual one) and data, until the stream ends or `take`
    /// has enough.
    ///
    /// # Errors
    /// As for [`Self::get`], a refusal, and what `take` says.
    pub fn follow(&self, path: &str, mut take: impl FnMut(&str, &str) -> Result<bool>) -> Result<()> {
        runtime()?.block_on(async {
            let mut response = self.send(Method::GET, path).await?;
            if !response.status().is_success() {
                let status = response.status().as_u16();
                let body = Limited::new(response.into_body(), LONGEST).collect().await;
                let body = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
                return Answer { status, body }.json().map(|_| ());
            }
            let mut lines = Vec::new();
            let (mut event, mut data) = (String::new(), String::new());
            while let Some(frame) = response.body_mut().frame().await {
                let frame = frame.map_err(|e| Error::failed(format!("the job is gone: {e}")))?;
                let Some(bytes) = frame.data_ref() else { continue };
                lines.extend_from_slice(bytes);
                while let Some(end) = lines.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = lines.drain(..=end).collect();
                    let line = String::from_utf8_lossy(&line[..end]).into_owned();
                    if let Some(name) = line.strip_prefix("event: ") {
                        name.clone_into(&mut event);
                    } else if let Some(text) = line.strip_prefix("data: ") {
                        data.push_str(text);
                    } else if line.is_empty() && !data.is_empty() {
                        if !take(&event, &data)? {
                            return Ok(());
                        }
                        event.clear();
                        data.clear();
                    }
                }
            }
            Ok(())
        })
    }

    async fn send(&self, method: Method, path: &str) -> Result<hyper::Response<hyper::body::Incoming>> {
        let unreachable = |why: String| {
            Error::unreachable(format!("no job answers on {}: {why}", self.authority))
                .hint("say where it is with --url; `run` and `demo` log the address at their start")
        };
        let stream = tokio::time::timeout(PATIENCE, TcpStream::connect(&self.authority)).await;
        let stream = stream
            .map_err(|_| unreachable("no answer".to_owned()))?
            .map_err(|e| unreachable(e.to_string()))?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|e| unreachable(e.to_string()))?;
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.authority)
            .header(REQUEST_HEADER, "cli");
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {}", token.expose()));
        }
        let request = request
            .body(Empty::<Bytes>::new())
            .map_err(|e| Error::invalid(format!("cannot ask for {path}: {e}")))?;
        sender.send_request(request).await.map_err(|e| unreachable(e.to_string()))
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|e| Error::failed(format!("cannot ask over HTTP: {e}")))
}

/// A text as the value of a query parameter.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte as char),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_jobs() {
        let authority = |url| Client::new(url, None).map(|client| client.authority);
        assert_eq!(authority("http://127.0.0.1:8081/").unwrap(), "127.0.0.1:8081");
        assert_eq!(authority("localhost").unwrap(), "localhost:8081");
        assert!(authority("https://x").unwrap_err().message.contains("only http"));
        assert!(authority("http://").is_err() && authority("a/b").is_err());
        assert_eq!(escaped("a b&c=ü"), "a%20b%26c%3D%C3%BC");
    }
}
