//! Who may ask for what.
//!
//! | listening on | reads | changes |
//! |---|---|---|
//! | loopback, no token | with a Host of this machine | the same, without `Origin`, with the header `X-Streamsql-Request` |
//! | loopback, a token | with a Host of this machine | with the token, and no foreign `Origin` |
//! | anything else | with the token; health without | with the token, and no foreign `Origin` |
//!
//! The Host is looked at because a page from elsewhere may let its name point to 127.0.0.1; it then asks with its own name.
//! There are no CORS headers, so no other page can read an answer.

use axum::body::Body;
use axum::http::header::{
    AUTHORIZATION, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use streamsql_core::secret::Secret;

/// The header that a request for a change has, which no form and no link of another page can send.
pub(crate) const REQUEST_HEADER: &str = "x-streamsql-request";

/// What the server asks of requests.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    pub loopback: bool,
    pub token: Option<Secret>,
}

/// A refusal.
pub(crate) type Refusal = (StatusCode, &'static str);

impl Guard {
    /// Whether a request may be answered.
    pub fn check<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        let headers = request.headers();
        let path = request.uri().path();
        if self.loopback && !names_this_machine(headers) {
            return Err((StatusCode::MISDIRECTED_REQUEST, "the Host of the request is not this machine"));
        }
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
        let is_probe = matches!(path, "/healthz" | "/readyz") && !changes;
        if is_probe {
            return Ok(());
        }
        match &self.token {
            Some(token) if (changes || !self.loopback) && !knows(headers, token) => {
                return Err((StatusCode::UNAUTHORIZED, "the token is missing or wrong"));
            }
            None if changes && headers.contains_key(ORIGIN) => {
                return Err((StatusCode::FORBIDDEN, "pages may change nothing without a token"));
            }
            _ => {}
        }
        if changes && !headers.contains_key(REQUEST_HEADER) {
            return Err((StatusCode::FORBIDDEN, "the header X-Streamsql-Request is missing"));
        }
        if changes && foreign_origin(headers) {
            return Err((StatusCode::FORBIDDEN, "the request comes from a page of another origin"));
        }
        Ok(())
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// A Host such as `localhost:8081`, without its port.
fn host_name(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

fn names_this_machine(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next().and_then(|host| host.to_str().ok()), hosts.next()) else {
        return false;
    };
    let name = host_name(host);
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn foreign_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = text(headers, ORIGIN) else { return headers.contains_key(ORIGIN) };
    let own = text(headers, HOST).unwrap_or_default();
    origin.split_once("://").is_none_or(|(_, from)| !from.eq_ignore_ascii_case(own))
}

/// Whether the token is given, as `Bearer TOKEN` or as the password of `Basic`, for which browsers ask.
fn knows(headers: &HeaderMap, token: &Secret) -> bool {
    let Some(given) = text(headers, AUTHORIZATION) else { return false };
    let Some((scheme, credentials)) = given.split_once(' ') else { return false };
    if scheme.eq_ignore_ascii_case("bearer") {
        return equal(credentials.trim().as_bytes(), token.expose().as_bytes());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return false;
    }
    let Ok(decoded) = STANDARD.decode(credentials.trim()) else { return false };
    let at = decoded.iter().position(|byte| *byte == b':');
    at.is_some_and(|at| equal(&decoded[at + 1..], token.expose().as_bytes()))
}

/// Takes as long wherever the difference is.
fn equal(given: &[u8], wanted: &[u8]) -> bool {
    let difference = given.iter().zip(wanted).fold(0, |difference, (a, b)| difference | (a ^ b));
    given.len() == wanted.len() && difference == 0
}

/// The answer to a refused request.
pub(crate) fn refused((status, message): Refusal) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{{\"error\":\"{message}\"}}\n")));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(
            WWW_AUTHENTICATE,
            HeaderValue::from_static("Basic realm=\"streamsql\", charset=\"UTF-8\""),
        );
    }
    response
}

/// What every answer says to browsers: only what comes from here may run or be shown, nobody may frame it.
pub(crate) fn protect(headers: &mut HeaderMap) {
    let policy = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    if !headers.contains_key("cache-control") {
        headers.insert("cache-control", HeaderValue::from_static("no-store"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_TOKEN: Guard = Guard { loopback: true, token: None };

    fn with_token(loopback: bool) -> Guard {
        Guard { loopback, token: Some(Secret::new("abc")) }
    }

    /// The status that a request gets, 200 where it may pass.
    fn status(guard: &Guard, method: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        guard.check(&request.body(()).unwrap()).map_or_else(|(status, _)| status.as_u16(), |()| 200)
    }

    #[test]
    fn reads_on_loopback_need_a_host_of_this_machine() {
        for host in ["127.0.0.1:8081", "localhost", "LOCALHOST:1", "[::1]:8081", "127.8.9.1"] {
            assert_eq!(status(&NO_TOKEN, "GET", "/api/v1/job", &[("host", host)]), 200, "{host}");
            assert_eq!(status(&with_token(true), "GET", "/", &[("host", host)]), 200, "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8081", "", "10.0.0.1"]
        {
            assert_eq!(status(&NO_TOKEN, "GET", "/healthz", &[("host", host)]), 421, "{host}");
        }
        assert_eq!(status(&NO_TOKEN, "GET", "/", &[]), 421);
        assert_eq!(status(&NO_TOKEN, "GET", "/", &[("host", "localhost"), ("host", "evil")]), 421);
    }

    #[test]
    fn changes_without_a_token_need_the_header_and_no_origin() {
        let own = ("x-streamsql-request", "stop");
        let host = ("host", "localhost:8081");
        assert_eq!(status(&NO_TOKEN, "POST", "/api/v1/stop", &[host, own]), 200);
        assert_eq!(status(&NO_TOKEN, "POST", "/api/v1/stop", &[host]), 403);
        assert_eq!(status(&NO_TOKEN, "POST", "/healthz", &[host]), 403);
        for origin in ["http://localhost:8081", "http://evil.example", "null"] {
            assert_eq!(
                status(&NO_TOKEN, "POST", "/api/v1/stop", &[host, own, ("origin", origin)]),
                403,
                "{origin}"
            );
        }
    }

    #[test]
    fn others_need_the_token_for_all_but_health() {
        let guard = with_token(false);
        let host = ("host", "stream.example:8081");
        assert_eq!(status(&guard, "GET", "/healthz", &[host]), 200);
        assert_eq!(status(&guard, "GET", "/readyz", &[host]), 200);
        assert_eq!(status(&guard, "GET", "/metrics", &[host]), 401);
        for (credentials, wanted) in [
            ("Bearer abc", 200),
            ("bearer abc", 200),
            ("Bearer abd", 401),
            ("Bearer ab", 401),
            ("Bearer abcd", 401),
            // user:abc and user:abd
            ("Basic dXNlcjphYmM=", 200),
            ("Basic dXNlcjphYmQ=", 401),
            ("Basic ???", 401),
            ("abc", 401),
        ] {
            let headers = [host, ("authorization", credentials)];
            assert_eq!(status(&guard, "GET", "/metrics", &headers), wanted, "{credentials}");
        }
    }

    #[test]
    fn changes_with_a_token_come_from_no_other_page() {
        let (host, own) = (("host", "stream.example:8081"), ("x-streamsql-request", "stop"));
        let token = ("authorization", "Bearer abc");
        let guard = with_token(false);
        assert_eq!(status(&guard, "POST", "/api/v1/stop", &[host, own]), 401);
        assert_eq!(status(&guard, "POST", "/api/v1/stop", &[host, own, token]), 200);
        assert_eq!(status(&guard, "POST", "/api/v1/stop", &[host, token]), 403);
        let from = |origin| status(&guard, "POST", "/api/v1/stop", &[host, own, token, ("origin", origin)]);
        assert_eq!(
            (from("http://stream.example:8081"), from("http://evil.example"), from("null")),
            (200, 403, 403)
        );
        // On loopback the token is needed for changes only.
        let guard = with_token(true);
        let host = ("host", "localhost:8081");
        assert_eq!(status(&guard, "POST", "/api/v1/stop", &[host, own]), 401);
        assert_eq!(status(&guard, "POST", "/api/v1/stop", &[host, own, token]), 200);
    }

    #[test]
    fn answers_tell_browsers_to_run_nothing_else() {
        let response = refused((StatusCode::UNAUTHORIZED, "no"));
        assert!(response.headers().contains_key("www-authenticate"));
        let mut headers = HeaderMap::new();
        protect(&mut headers);
        assert!(headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'self'"));
        assert!(!headers.keys().any(|name| name.as_str().starts_with("access-control-")));
    }
}
