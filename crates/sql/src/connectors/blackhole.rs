//! `blackhole` (Flink `BlackHoleTableSinkFactory`).

use super::{Connector, PLAIN, Takes};

pub const CONNECTOR: Connector = Connector { name: "blackhole", writes: Some(Takes::Updates), ..PLAIN };
