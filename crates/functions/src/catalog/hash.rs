//! Digests as lower-case hexadecimal text.

use streamsql_core::LogicalType;

use super::Nulls::Propagate;
use super::{Entry, function};
use crate::hash;
use crate::resolve::{Request, Resolved};

pub const ENTRIES: &[Entry] = &[
    function(&["MD5"], "MD5(s | bytes) → CHAR(32)", Propagate, "HashCodeCallGen", |call| digest(call, 32)),
    function(&["SHA1"], "SHA1(s | bytes) → CHAR(40)", Propagate, "HashCodeCallGen", |call| {
        digest(call, 40)
    }),
    function(&["SHA224"], "SHA224(s | bytes) → CHAR(56)", Propagate, "HashCodeCallGen", |call| {
        digest(call, 56)
    }),
    function(&["SHA256"], "SHA256(s | bytes) → CHAR(64)", Propagate, "HashCodeCallGen", |call| {
        digest(call, 64)
    }),
    function(&["SHA384"], "SHA384(s | bytes) → CHAR(96)", Propagate, "HashCodeCallGen", |call| {
        digest(call, 96)
    }),
    function(&["SHA512"], "SHA512(s | bytes) → CHAR(128)", Propagate, "HashCodeCallGen", |call| {
        digest(call, 128)
    }),
    function(&["SHA2"], "SHA2(s | bytes, bits) → VARCHAR(128)", Propagate, "HashCodeCallGen", |call| {
        if let Some(bits) = call.args.get(1).and_then(|bits| bits.int())
            && ![224, 256, 384, 512].contains(&bits)
        {
            return Err(format!("SHA2 has no digest of {bits} bits; there are 224, 256, 384 and 512"));
        }
        call.simple("XI", 2, LogicalType::Varchar(128), hash::sha2())
    }),
];

fn digest(call: &Request<'_>, length: u32) -> Result<Resolved, String> {
    let eval = hash::named(call.name).ok_or_else(|| format!("no digest {}", call.name))?;
    call.simple("X", 1, LogicalType::Char(length), eval)
}
