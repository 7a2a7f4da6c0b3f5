//! `blackhole`: takes rows and forgets them, for measuring.

use std::collections::BTreeMap;

use streamsql_core::{ChangeBatch, Epoch, Result, Sink};

use crate::options::check;

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
