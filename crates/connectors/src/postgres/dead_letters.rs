//! Records that could not be read: rows of `streamsql.dead_letter`, written in their epoch's transaction.

use streamsql_core::{DeadLetter, Epoch};

use super::copy::CopyData;
use super::fault::Fault;
use super::session::Flight;

const STAGE: &str = "CREATE TEMP TABLE IF NOT EXISTS streamsql_dead_letter (
  job_id text, topic text, partition text, \"offset\" text, key bytea, value bytea, record_ms text, field text, error text,
  epoch text) ON COMMIT DELETE ROWS";

const COPY: &str = "COPY pg_temp.streamsql_dead_letter FROM STDIN (FORMAT BINARY)";

/// Two scans of one topic may both refuse a record: it is one letter.
const INSERT: &str = "INSERT INTO streamsql.dead_letter
  SELECT job_id, topic, partition::int, \"offset\"::bigint, key, value, to_timestamp(record_ms::float8 / 1000), field, error,
  epoch::bigint FROM pg_temp.streamsql_dead_letter ON CONFLICT DO NOTHING";

/// Queues an epoch's letters inside the open transaction.
pub fn write(flight: &mut Flight<'_>, job: &str, epoch: Epoch, letters: &[DeadLetter]) -> Result<(), Fault> {
    if letters.is_empty() {
        return Ok(());
    }
    flight.batch(STAGE)?;
    flight.copy_in(COPY, encoded(job, epoch, letters).finish())?;
    flight.batch(INSERT)
}

fn encoded(job: &str, epoch: Epoch, letters: &[DeadLetter]) -> CopyData {
    let mut data = CopyData::new();
    let epoch = epoch.to_string();
    for letter in letters {
        let (partition, offset) = (letter.split.partition.to_string(), letter.offset.to_string());
        let time = letter.timestamp_ms.map(|ms| ms.to_string());
        // Texts of PostgreSQL hold no U+0000; an error text may quote one.
        let printable = |text: &str| text.replace('\0', "\u{2400}");
        let (field, error) = (letter.field.as_deref().map(printable), printable(&letter.error));
        data.texts(&[
            Some(job.as_bytes()),
            Some(letter.split.topic.as_bytes()),
            Some(partition.as_bytes()),
            Some(offset.as_bytes()),
            letter.key.as_deref(),
            letter.value.as_deref(),
            time.as_deref().map(str::as_bytes),
            field.as_deref().map(str::as_bytes),
            Some(error.as_bytes()),
            Some(epoch.as_bytes()),
        ]);
    }
    data
}
