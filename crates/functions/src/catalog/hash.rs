//! Digests as lower-case hexadecimal text.

use super::Nulls::Propagate;
use super::{Entry, refused};

const LATER: &str = "not written yet";

pub const ENTRIES: &[Entry] = &[
    refused(&["MD5"], "MD5(s) → CHAR(32)", Propagate, "HashCodeCallGen", LATER),
    refused(&["SHA1"], "SHA1(s) → CHAR(40)", Propagate, "HashCodeCallGen", LATER),
    refused(&["SHA224"], "SHA224(s) → CHAR(56)", Propagate, "HashCodeCallGen", LATER),
    refused(&["SHA256"], "SHA256(s) → CHAR(64)", Propagate, "HashCodeCallGen", LATER),
    refused(&["SHA384"], "SHA384(s) → CHAR(96)", Propagate, "HashCodeCallGen", LATER),
    refused(&["SHA512"], "SHA512(s) → CHAR(128)", Propagate, "HashCodeCallGen", LATER),
    refused(&["SHA2"], "SHA2(s, bits) → VARCHAR(128)", Propagate, "HashCodeCallGen", LATER),
];
