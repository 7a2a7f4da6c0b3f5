//! Who logs in: a JAAS line's user name and password, and the mechanisms that exist here.

use streamsql_core::{Error, Result};

/// Refuses mechanisms that this client cannot do, where the protocol logs in at all.
pub fn check_mechanism(mechanism: Option<&str>) -> Result<()> {
    const SUPPORTED: &[&str] = &["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];
    let hint = "use PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or TLS client certificates";
    match mechanism.map(str::trim) {
        Some(name) if SUPPORTED.iter().any(|known| known.eq_ignore_ascii_case(name)) => Ok(()),
        Some(name) if name.eq_ignore_ascii_case("GSSAPI") => {
            Err(Error::invalid("'properties.sasl.mechanism': Kerberos (GSSAPI) is not supported").hint(hint))
        }
        Some(name) => {
            Err(Error::invalid(format!("'properties.sasl.mechanism': {name} is not supported")).hint(hint))
        }
        None => Err(Error::invalid(
            "'properties.security.protocol' logs in without 'properties.sasl.mechanism', which means Kerberos; \
             that is not supported",
        )
        .hint(hint)),
    }
}

/// User name and password of a JAAS line: `...PlainLoginModule required username="u" password="p";`.
pub fn login(jaas: &str) -> Result<(String, String)> {
    let module = jaas.split_whitespace().next().unwrap_or_default();
    let known = ["PlainLoginModule", "ScramLoginModule"].iter().any(|name| module.ends_with(name));
    if !known {
        return Err(Error::invalid(
            "'properties.sasl.jaas.config' names a login module that is not supported",
        )
        .hint("PlainLoginModule and ScramLoginModule are"));
    }
    match (quoted(jaas, "username"), quoted(jaas, "password")) {
        (Some(username), Some(password)) => Ok((username, password)),
        _ => Err(Error::invalid("'properties.sasl.jaas.config' lacks username=\"...\" or password=\"...\"")),
    }
}

/// The value of `name="value"` or `name='value'`, with backslash escapes.
fn quoted(text: &str, name: &str) -> Option<String> {
    let at = text.match_indices(name).map(|(at, _)| at + name.len()).find_map(|after| {
        let rest = text[after..].trim_start().strip_prefix('=')?.trim_start();
        rest.starts_with(['"', '\'']).then_some(text.len() - rest.len())
    })?;
    let mut characters = text[at..].chars();
    let quote = characters.next()?;
    let mut value = String::new();
    while let Some(character) = characters.next() {
        match character {
            '\\' => value.push(characters.next()?),
            _ if character == quote => return Some(value),
            _ => value.push(character),
        }
    }
    None
}
