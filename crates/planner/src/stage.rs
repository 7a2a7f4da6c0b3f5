//! What each pass made of a query, for `streamsql explain --stage`.

use std::fmt;
use std::str::FromStr;

/// A pass whose result can be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Bound,
    Normalized,
    Physical,
    Changelog,
}

impl Stage {
    pub const ALL: [Self; 4] = [Self::Bound, Self::Normalized, Self::Physical, Self::Changelog];
}

impl FromStr for Stage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|stage| stage.to_string() == text)
            .ok_or_else(|| format!("'{text}' is not one of bound, normalized, physical, changelog"))
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bound => "bound",
            Self::Normalized => "normalized",
            Self::Physical => "physical",
            Self::Changelog => "changelog",
        })
    }
}
