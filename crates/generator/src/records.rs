//! What a load makes and a destination takes.

/// A record on its way. One is filled again and again.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Number of the stream (topic, file) among the load's streams.
    pub stream: usize,
    /// When it is sent, ms of event time.
    pub sent_ms: i64,
    /// Kafka key; empty for none.
    pub key: Vec<u8>,
    pub value: Vec<u8>,
}

impl Record {
    pub(crate) fn clear(&mut self) {
        self.key.clear();
        self.value.clear();
    }
}

/// A load: records in the order of sending.
pub trait Records {
    /// Writes the next record into `record`; false at the end.
    fn next(&mut self, record: &mut Record) -> bool;
}
