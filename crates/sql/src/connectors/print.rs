//! `print` (Flink `PrintTableSinkFactory`).

use super::{Connector, PLAIN, Takes};
use crate::options::Options;
use crate::settings::value::Kind::{Flag, Text};

const OPTIONS: Options = &[("print-identifier", Text), ("standard-error", Flag)];

pub const CONNECTOR: Connector =
    Connector { name: "print", options: OPTIONS, writes: Some(Takes::All), prints: true, ..PLAIN };
