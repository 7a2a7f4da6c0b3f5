//! Conversions between types.

use super::Nulls::{Also, Never, Propagate};
use super::{Entry, form};

pub const ENTRIES: &[Entry] = &[
    form(&["CAST"], "CAST(a AS type) → type", Propagate, "CastRuleProvider"),
    form(&["TRY_CAST"], "TRY_CAST(a AS type) → type", Also("where CAST fails"), "SqlTryCastFunction"),
    form(&["TYPEOF"], "TYPEOF(a) → STRING\nTYPEOF(a, force_serializable) → STRING", Never, "TypeOfFunction"),
];
