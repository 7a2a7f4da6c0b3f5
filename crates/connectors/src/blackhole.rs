//! `blackhole`: takes rows and forgets them, for measuring.

use std::collections::BTreeMap;

use streamsql_core::{ChangeBatch, Epoch, Result, Sink};

use crate::options::check;
use crate::registry::{Factory, MadeSink};

pub const FACTORY: Factory = Factory {
    name: "blackhole",
    source: None,
    sink: Some(|spec| Ok(MadeSink::Direct(Box::new(BlackholeSink::new(spec.options)?)))),
    lookup: None,
};

pub struct BlackholeSink;

impl BlackholeSink {
    pub fn new(options: &BTreeMap<String, String>) -> Result<Self> {
        check(options, &[], &[])?;
        Ok(Self)
    }
}

impl Sink for BlackholeSink {
    fn write(&mut self, _epoch: Epoch, _changes: &[ChangeBatch]) -> Result<()> {
        Ok(())
    }
}
