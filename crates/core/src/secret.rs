//! A text that must not be printed.

use std::fmt;

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

/// Whether the value of this table option or client property must be hidden in messages and plans.
pub fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["password", "secret", "sasl.jaas.config", "token", "ssl.key", "credential"]
        .iter()
        .any(|part| key.contains(part))
}
