//! Texts that must not be printed.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// A password or key. It has no `Display`, its `Debug` hides it, and it is not serialisable.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, to be handed to the service it is for and to nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("******")
    }
}

/// Parts of the names of options, settings and parameters whose values are secrets.
const WORDS: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "sasl.jaas.config",
    "token",
    "ssl.key",
    "credential",
    "private-key",
    "private.key",
    "apikey",
    "api-key",
    "access.key",
    "user-info",
];

/// Whether the value of this table option, setting or client property must be hidden in messages and plans.
pub fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    WORDS.iter().any(|part| key.contains(part))
}

/// A text of a user's file with every secret in it as stars, one for each character, so that columns stay: values
/// behind `'password' =`, `"password":` and, in YAML, `password:`, and what [`mask_value`] hides. A value that only
/// names a variable stays.
pub fn mask_source(text: &str, yaml: bool) -> Cow<'_, str> {
    masked(text, |bytes, key| value_behind(bytes, key, yaml))
}

/// The value of an option with secrets in it as stars: passwords in `scheme://user:password@host` and in parameters
/// (`?password=…`, `;sslpassword=…`).
pub fn mask_value(text: &str) -> Cow<'_, str> {
    masked(text, parameter)
}

fn masked<'t>(text: &'t str, value: impl Fn(&[u8], Range<usize>) -> Option<Range<usize>>) -> Cow<'t, str> {
    let lower = text.to_ascii_lowercase();
    let bytes = lower.as_bytes();
    let mut out = String::new();
    let (mut done, mut at) = (0, 0);
    while at < bytes.len() {
        let found = match bytes[at] {
            b':' if bytes[at..].starts_with(b"://") => user_password(bytes, at + 3),
            b'p' | b's' | b't' | b'c' | b'a' | b'u' => {
                let word = WORDS.iter().find(|word| bytes[at..].starts_with(word.as_bytes()));
                word.and_then(|word| {
                    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
                    let before = bytes[..at].iter().rev().take_while(is_part).count();
                    let behind = bytes[at + word.len()..].iter().take_while(is_part).count();
                    value(bytes, at - before..at + word.len() + behind)
                })
            }
            _ => None,
        };
        match found {
            Some(secret) if secret.start >= done && secret.end > secret.start => {
                out.push_str(&text[done..secret.start]);
                let stars = text[secret.clone()].chars().map(|c| if c == '\n' { c } else { '*' });
                out.extend(stars);
                done = secret.end;
                at = secret.end;
            }
            _ => at += 1,
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

fn until(bytes: &[u8], from: usize, ends: impl Fn(u8) -> bool) -> usize {
    bytes[from..].iter().position(|byte| ends(*byte)).map_or(bytes.len(), |length| from + length)
}

/// The password of `user:password@` at the start of an authority.
fn user_password(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let end = until(bytes, from, |b| b"/?#'\"`<> \t\r\n".contains(&b));
    let at = bytes[from..end].iter().rposition(|b| *b == b'@')? + from;
    let colon = bytes[from..at].iter().position(|b| *b == b':')? + from;
    Some(colon + 1..at)
}

/// The value of a parameter in a longer text: `…;key=value`.
fn parameter(bytes: &[u8], key: Range<usize>) -> Option<Range<usize>> {
    let opens = |byte: &u8| b"?&;'\"".contains(byte) || byte.is_ascii_whitespace();
    if bytes.get(key.end) != Some(&b'=') || !bytes[..key.start].last().is_none_or(opens) {
        return None;
    }
    let start = key.end + 1;
    match bytes.get(start)? {
        quote @ (b'"' | b'\'') => quoted(bytes, start + 1, *quote),
        _ => Some(start..until(bytes, start, |b| b"&;'\",)} \t\r\n".contains(&b))),
    }
}

/// The value of a key in a file.
fn value_behind(bytes: &[u8], key: Range<usize>, yaml: bool) -> Option<Range<usize>> {
    if let Some(found) = parameter(bytes, key.clone()) {
        return Some(found);
    }
    let blanks = |from: usize| until(bytes, from, |b| !b.is_ascii_whitespace());
    let is_quoted = matches!(bytes.get(key.end), Some(b'\'' | b'"' | b'`'));
    let mut at = blanks(key.end + usize::from(is_quoted));
    let sign = bytes.get(at).copied().filter(|b| matches!(b, b'=' | b':'));
    at = blanks(at + usize::from(sign.is_some()));
    match (bytes.get(at)?, sign) {
        (_, None) if !is_quoted => None,
        (quote @ (b'\'' | b'"'), _) => quoted(bytes, at + 1, *quote),
        (_, Some(b':')) if yaml => {
            let line = bytes[..key.start].iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
            let in_braces = bytes[line..key.start].contains(&b'{');
            let end = until(bytes, at, |b| b == b'\n' || (in_braces && b",}".contains(&b)));
            // On the next line stands another key.
            let same_line = !bytes[key.end..at].contains(&b'\n');
            (same_line && !is_variable(&bytes[at..end])).then_some(at..end)
        }
        _ => None,
    }
}

/// A text up to its closing quote, or up to the line's end where there is none.
fn quoted(bytes: &[u8], from: usize, quote: u8) -> Option<Range<usize>> {
    let mut end = from;
    loop {
        end = until(bytes, end, |b| b == quote);
        if bytes.get(end + 1) != Some(&quote) {
            break;
        }
        end += 2;
    }
    if end == bytes.len() {
        end = until(bytes, from, |b| b == b'\n');
    }
    (!is_variable(&bytes[from..end])).then_some(from..end)
}

/// `{{ name }}`, `${env:NAME}`.
fn is_variable(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    let enclosed = |open: &[u8], close: &[u8]| {
        value.starts_with(open)
            && value.ends_with(close)
            && value.iter().filter(|b| **b == b'}').count() == close.len()
    };
    enclosed(b"{{", b"}}") || enclosed(b"${", b"}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_a_file_become_stars_of_the_same_length() {
        for (text, shown) in [
            ("'password' = 'geheim', 'x' = 'y'", "'password' = '******', 'x' = 'y'"),
            ("'password'='it''s',", "'password'='*****',"),
            ("'password' 'abc'", "'password' '***'"),
            ("'password' = 'ab", "'password' = '**"),
            (
                "'url' = 'jdbc:p://h/d?user=u&password=a%20b&ssl=true'",
                "'url' = 'jdbc:p://h/d?user=u&password=*****&ssl=true'",
            ),
            (
                "'url' = 'jdbc:p://u:p@ss@h:1/d', 'topik' = 'x'",
                "'url' = 'jdbc:p://u:****@h:1/d', 'topik' = 'x'",
            ),
            ("'url' = 'jdbc:p://h:5432/d'", "'url' = 'jdbc:p://h:5432/d'"),
            (
                "'properties.sasl.jaas.config' = 'X required username=\"a\" password=\"b\";'",
                "'properties.sasl.jaas.config' = '*************************************'",
            ),
            ("'ssl.keystore.password' = 'ключ'", "'ssl.keystore.password' = '****'"),
            (
                "SET 'fs.s3a.secret.key' = 'a'; SELECT token FROM t",
                "SET 'fs.s3a.secret.key' = '*'; SELECT token FROM t",
            ),
            ("ON a.token = b.token", "ON a.token = b.token"),
            ("password STRING, token INT", "password STRING, token INT"),
            ("'password' = '{{ password }}'", "'password' = '{{ password }}'"),
            ("'{\"password\":\"x\"}'", "'{\"password\":\"*\"}'"),
        ] {
            assert_eq!(mask_source(text, false), shown);
        }
        for (text, shown) in [
            ("  password: a b,c", "  password: *****"),
            ("  u: {username: a, password: b, driver: d}", "  u: {username: a, password: *, driver: d}"),
            ("  password: \"${env:PW}\"", "  password: \"${env:PW}\""),
            ("  url: \"p://u:pw@h/d\"", "  url: \"p://u:**@h/d\""),
        ] {
            assert_eq!(mask_source(text, true), shown);
        }
    }

    #[test]
    fn values_lose_passwords_only() {
        assert_eq!(
            mask_value("jdbc:postgresql://h/d?sslpassword=x&user=y"),
            "jdbc:postgresql://h/d?sslpassword=*&user=y"
        );
        assert_eq!(mask_value("option 'password' needs 'username'"), "option 'password' needs 'username'");
        assert_eq!(
            mask_value("unknown option 'passwd': did you mean 'password'?"),
            "unknown option 'passwd': did you mean 'password'?"
        );
    }
}
