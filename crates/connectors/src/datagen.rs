//! `datagen`: rows made up by rules (Flink `DataGenTableSource`).
//!
//! One split; its position is the number of rows made. A row's random values follow from its number and the table's
//! name, so a restart makes the same rows again; only DATE, TIME and timestamps follow the clock, as in Flink.
//! Rows come second by second, `rows-per-second` at the start of each.

mod generator;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use streamsql_core::{
    ChangeBatch, Cut, Error, Result, Schema, Source, SourceBatch, SourceEvent, Split, SplitStart,
};
use streamsql_formats::builder::RowBuilder;

use self::generator::{Field, Moment, Random};
use crate::SourceSpec;
use crate::options::{check, number};
use crate::registry::Factory;

pub const FACTORY: Factory = Factory {
    name: "datagen",
    source: Some(|spec| Ok(Box::new(DatagenSource::new(spec)?))),
    sink: None,
    lookup: None,
};

/// Rows of one batch.
const BATCH_ROWS: i64 = 8_192;

/// Makes rows.
#[derive(Debug)]
pub struct DatagenSource {
    split: Split,
    seed: u64,
    /// The columns that are read, with their position in the table.
    fields: Vec<(usize, Field)>,
    read: Schema,
    rows_per_second: i64,
    /// Rows until the end; none without one.
    rows: Option<i64>,
    position: i64,
    /// When and where this run began.
    began: Option<(Instant, i64)>,
}

impl DatagenSource {
    pub fn new(spec: &SourceSpec<'_>) -> Result<Self> {
        check(spec.options, &["rows-per-second", "number-of-rows"], &["fields."])?;
        if let Some((key, _)) = spec.metadata.first() {
            return Err(Error::invalid(format!("connector 'datagen' has no metadata column '{key}'")));
        }
        let rows_per_second = number(spec.options, "rows-per-second", 10_000)?;
        if rows_per_second <= 0 {
            return Err(Error::invalid("'rows-per-second' is greater than 0"));
        }
        let mut rows = match spec.options.contains_key("number-of-rows") {
            true => Some(number(spec.options, "number-of-rows", 0)?),
            false => None,
        };
        let mut used = BTreeSet::new();
        let mut fields = Vec::new();
        for (position, column) in spec.physical.columns.iter().enumerate() {
            let field = Field::parse(&column.name, &column.logical_type, spec.options, &mut used)?;
            // The first sequence that is used up ends the table.
            if let Some(length) = field.length() {
                rows = Some(rows.map_or(length, |rows| rows.min(length)));
            }
            if spec.read.contains(&position) {
                fields.push((position, field));
            }
        }
        fields.sort_by_key(|(position, _)| spec.read.iter().position(|read| read == position));
        if let Some(key) = spec.options.keys().find(|key| key.starts_with("fields.") && !used.contains(*key))
        {
            return Err(Error::invalid(format!("option '{key}' fits no column of the table"))
                .hint("fields.COLUMN.kind, min, max, max-past, length, start, end, null-rate and var-len, as the column's type has them"));
        }
        Ok(Self {
            split: Split { topic: Arc::from(spec.table), partition: 0 },
            seed: spec.table.bytes().fold(0, |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(5)
            }),
            read: Schema::new(fields.iter().map(|(i, _)| spec.physical.columns[*i].clone()).collect()),
            fields,
            rows_per_second,
            rows,
            position: 0,
            began: None,
        })
    }

    /// Rows that may be made now.
    fn due(&mut self) -> i64 {
        let (began, from) = *self.began.get_or_insert((Instant::now(), self.position));
        let seconds = i64::try_from(began.elapsed().as_secs()).unwrap_or(i64::MAX);
        let allowed = seconds.saturating_add(1).saturating_mul(self.rows_per_second);
        from.saturating_add(allowed) - self.position
    }
}

/// The places where the rows from this position on may be cut.
fn cuts(from: i64, count: i64) -> Vec<Cut> {
    let cut = |rows: u64| Cut { rows: rows as usize, records: rows, next_position: from + rows as i64 };
    (1..).map(|number| number * Cut::EVERY).take_while(|rows| (*rows as i64) < count).map(cut).collect()
}

impl Source for DatagenSource {
    fn open(&mut self, restored: &BTreeMap<Split, i64>) -> Result<Vec<SplitStart>> {
        self.position = restored.get(&self.split).copied().unwrap_or(0);
        self.began = None;
        Ok(vec![SplitStart { split: self.split.clone(), position: self.position }])
    }

    fn poll(&mut self, timeout: Duration) -> Result<SourceEvent> {
        let left = self.rows.map_or(i64::MAX, |rows| rows.saturating_sub(self.position));
        if left <= 0 {
            return Ok(SourceEvent::End);
        }
        if self.due() <= 0 {
            let into_second = self.began.map_or(0, |(began, _)| began.elapsed().subsec_nanos());
            let next_second = Duration::from_nanos(u64::from(1_000_000_000 - into_second));
            std::thread::sleep(next_second.min(timeout));
        }
        let count = self.due().min(left).min(BATCH_ROWS);
        if count <= 0 {
            return Ok(SourceEvent::Nothing);
        }
        let mut rows = RowBuilder::new(&self.read);
        let moment = Moment::now();
        for row in self.position..self.position + count {
            for ((column, field), builder) in self.fields.iter().zip(rows.columns_mut()) {
                let mut random = Random::new(self.seed, row, *column);
                field.append(row, &mut random, moment, builder)?;
            }
            rows.commit();
        }
        self.position += count;
        Ok(SourceEvent::Batch(SourceBatch {
            split: self.split.clone(),
            batch: ChangeBatch::inserts(rows.finish()?),
            next_position: self.position,
            records: count as u64,
            skipped: 0,
            bytes: 0,
            dead_letters: Vec::new(),
            origins: None,
            cuts: cuts(self.position - count, count),
        }))
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray, RecordBatch};
    use arrow::datatypes::{Decimal128Type, Float64Type, Int32Type, Int64Type};
    use streamsql_core::types::ElementType;
    use streamsql_core::{Column, LogicalType};

    use super::*;

    fn source(
        types: &[(&str, LogicalType)],
        read: &[usize],
        options: &[(&str, &str)],
    ) -> Result<DatagenSource> {
        let physical = Schema::new(types.iter().map(|(n, t)| Column::new(*n, t.clone(), true)).collect());
        let options: BTreeMap<String, String> = options
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .chain([("connector".to_owned(), "datagen".to_owned())])
            .collect();
        DatagenSource::new(&SourceSpec {
            table: "t",
            options: &options,
            physical: &physical,
            read,
            metadata: &[],
            partition_keys: &[],
        })
    }

    fn read_all(mut source: DatagenSource, from: i64) -> Vec<RecordBatch> {
        source.open(&BTreeMap::from([(source.split.clone(), from)])).unwrap();
        let mut batches = Vec::new();
        loop {
            match source.poll(Duration::ZERO).unwrap() {
                SourceEvent::Batch(batch) => batches.push(batch.batch.rows().clone()),
                SourceEvent::End => return batches,
                _ => {}
            }
        }
    }

    #[test]
    fn the_shortest_sequence_ends_the_table() {
        let types = [
            ("a", LogicalType::Int),
            ("b", LogicalType::STRING),
            ("c", LogicalType::Decimal { precision: 5, scale: 2 }),
            ("d", LogicalType::Double),
            ("e", LogicalType::BYTES),
        ];
        let mut options = Vec::new();
        for (name, start, end) in
            [("a", "3", "7"), ("b", "1", "9"), ("c", "-1", "9"), ("d", "1", "9"), ("e", "1", "9")]
        {
            options.push((format!("fields.{name}.kind"), "sequence".to_owned()));
            options.push((format!("fields.{name}.start"), start.to_owned()));
            options.push((format!("fields.{name}.end"), end.to_owned()));
        }
        let options: Vec<(&str, &str)> = options.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let batch = &read_all(source(&types, &[0, 1, 2, 3, 4], &options).unwrap(), 0)[0];
        assert_eq!(batch.column(0).as_primitive::<Int32Type>().values(), &[3, 4, 5, 6, 7]);
        assert_eq!(batch.column(1).as_string::<i32>().value(4), "5");
        assert_eq!(batch.column(2).as_primitive::<Decimal128Type>().values(), &[-100, 0, 100, 200, 300]);
        assert_eq!(batch.column(3).as_primitive::<Float64Type>().value(4), 5.0);
        assert_eq!(batch.column(4).as_binary::<i32>().value(0), 1i64.to_be_bytes());
        // Not reading the short sequence changes nothing, nor does a restart.
        let only_b = &read_all(source(&types, &[1], &options).unwrap(), 2)[0];
        assert_eq!(only_b.column(0).as_string::<i32>().iter().flatten().collect::<Vec<_>>(), ["3", "4", "5"]);
    }

    #[test]
    fn random_values_keep_their_bounds_and_repeat_after_a_restart() {
        let element = ElementType::nullable;
        let types = [
            ("i", LogicalType::Int),
            ("l", LogicalType::BigInt),
            ("s", LogicalType::Varchar(10)),
            ("d", LogicalType::Decimal { precision: 4, scale: 1 }),
            ("a", LogicalType::Array(element(LogicalType::TinyInt))),
            ("m", LogicalType::Map(element(LogicalType::Int), element(LogicalType::STRING))),
            ("r", LogicalType::Row(vec![Column::new("x", LogicalType::Int, true)])),
            ("n", LogicalType::Boolean),
        ];
        let options = [
            ("number-of-rows", "2000"),
            ("fields.i.min", "5"),
            ("fields.i.max", "7"),
            ("fields.s.length", "4"),
            ("fields.d.min", "-1"),
            ("fields.d.max", "1000000"),
            ("fields.a.length", "2"),
            ("fields.a.element.min", "1"),
            ("fields.a.element.max", "1"),
            ("fields.m.value.length", "1"),
            ("fields.r.x.min", "9"),
            ("fields.r.x.max", "9"),
            ("fields.n.null-rate", "0.5"),
        ];
        let make = || source(&types, &[0, 1, 2, 3, 4, 5, 6, 7], &options).unwrap();
        let batch = &read_all(make(), 0)[0];
        let ints = batch.column(0).as_primitive::<Int32Type>();
        assert!(ints.values().iter().all(|v| (5..=7).contains(v)));
        assert!([5, 6, 7].iter().all(|v| ints.values().contains(v)));
        assert!(batch.column(1).as_primitive::<Int64Type>().values().iter().any(|v| *v < i64::MIN / 4));
        assert!(batch.column(2).as_string::<i32>().iter().flatten().all(|s| s.len() == 4));
        let decimals = batch.column(3).as_primitive::<Decimal128Type>();
        assert!(decimals.values().iter().all(|v| (-10..=9999).contains(v)));
        assert_eq!(batch.column(4).as_list::<i32>().value(0).len(), 2);
        assert!(batch.column(5).as_map().value(0).num_columns() == 2);
        let nulls = batch.column(7).null_count();
        assert!((800..1200).contains(&nulls), "{nulls} of 2000");
        let rest = &read_all(make(), 1_500)[0];
        assert_eq!(rest.column(1).as_ref(), batch.column(1).slice(1_500, 500).as_ref());
        assert_eq!(rest.column(2).as_ref(), batch.column(2).slice(1_500, 500).as_ref());
    }

    #[test]
    fn options_are_checked() {
        let types = [("a", LogicalType::Int), ("s", LogicalType::STRING), ("b", LogicalType::Boolean)];
        let refused = |options: &[(&str, &str)]| source(&types, &[0], options).unwrap_err().message;
        assert!(refused(&[("fields.a.kind", "serial")]).contains("serial"));
        assert!(refused(&[("fields.a.kind", "sequence")]).contains("fields.a.start"));
        assert!(refused(&[("fields.x.min", "1")]).contains("fields.x.min"));
        assert!(refused(&[("fields.s.min", "1")]).contains("fields.s.min"));
        assert!(refused(&[("fields.a.min", "8"), ("fields.a.max", "7")]).contains("fields.a"));
        assert!(refused(&[("fields.a.null-rate", "2")]).contains("null-rate"));
        assert!(refused(&[("rows-per-second", "0")]).contains("rows-per-second"));
        assert!(refused(&[("fields.a.min", "x")]).contains("fields.a.min"));
    }
}
