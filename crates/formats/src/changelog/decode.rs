//! Messages to changes (Flink `DebeziumJsonDeserializationSchema` and its likes).
//!
//! All columns that the decoder is told of are converted, read or not, as Flink does: a bad value makes its message bad. In
//! files those are the columns that are read (`file_decoder`), but for `ogg-json`. A message is taken whole or not at all;
//! only where errors are ignored do the rows of a Canal message stay that stand before a bad one.

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use fancy_regex::Regex;
use streamsql_core::{ChangeBatch, DecodedRecord, Decoder, Error, Result, RowKind, Schema};

use super::changes::Changes;
use super::message::{at, elements, members, named_within};
use super::metadata::Metadata;
use super::{Dialect, Operation};
use crate::DecoderSpec;
use crate::builder::ColumnBuilder;
use crate::json::convert::{Rules, value};
use crate::json::decode::rules;
use crate::json::scan::{Fault, Scanner};
use crate::names::Names;
use crate::options::FormatOptions;

/// Members of a message by their places in `Dialect::members`.
const FIRST: usize = 0;
const SECOND: usize = 1;
const OPERATION: usize = 2;

const NO_ROWS: &str = "the rows of the message are null";
const NO_ROW: &str = "a row of the message is null";

/// Decodes messages into rows of any kind.
pub struct ChangelogDecoder {
    dialect: Dialect,
    rules: Rules,
    /// The message around a Debezium payload: `payload`, `schema`.
    envelope: Option<Names>,
    members: Names,
    /// Where their values stand in the message at hand.
    places: Vec<Option<usize>>,
    /// Canal: which databases and tables are read.
    include: Vec<(usize, Regex)>,
    text: ColumnBuilder,
    changes: Changes,
    read: Vec<usize>,
    schema: SchemaRef,
}

impl ChangelogDecoder {
    /// # Errors
    /// `Invalid`, naming the option, type or metadata key.
    pub fn new(dialect: Dialect, spec: &DecoderSpec<'_>) -> Result<Self> {
        let options = FormatOptions::new(dialect.name(), spec.options, dialect.options())?;
        let rules = rules(&options, spec.physical.columns.iter().map(|c| &c.logical_type))?;
        let schema_include = options.flag("schema-include", false)?;
        let names = |names: &[&str]| Names::new(names.iter().map(|name| (*name).to_owned()).collect());
        let mut include = Vec::new();
        for (option, member) in [("database.include", "database"), ("table.include", "table")] {
            if let Some(pattern) = options.get(option) {
                let regex = Regex::new(&format!(r"\A(?:{pattern})\z")).map_err(|error| {
                    Error::invalid(format!("'{}.{option}' = '{pattern}': {error}", dialect.name()))
                })?;
                include.push((dialect.member(member), regex));
            }
        }
        let read = spec.read_schema().columns.into_iter();
        let schema = Schema::new(read.chain(spec.metadata.iter().map(|(_, c)| c.clone())).collect());
        Ok(Self {
            dialect,
            rules: Rules { tree: true, ..rules },
            envelope: schema_include.then(|| names(&["payload", "schema"])),
            members: names(dialect.members()),
            places: Vec::new(),
            include,
            text: ColumnBuilder::new(&streamsql_core::LogicalType::STRING),
            changes: Changes::new(spec.physical, Metadata::new(dialect, spec.metadata)?),
            read: spec.read.to_vec(),
            schema: schema.to_arrow(),
        })
    }

    /// Appends the changes of a message; `kept` counts the rows that stay whatever comes behind them.
    fn record(&mut self, json: &str, kept: &mut usize) -> Result<(), Fault> {
        self.index(json)?;
        if !self.is_included(json)? {
            return Ok(());
        }
        let operation = self.operation(json)?;
        match self.dialect {
            Dialect::Debezium | Dialect::Ogg => self.images(json, operation),
            Dialect::Canal | Dialect::Maxwell => self.values(json, operation, kept),
        }
    }

    /// Finds the members of the message.
    fn index(&mut self, json: &str) -> Result<(), Fault> {
        let mut scanner = Scanner::new(json);
        scanner.space();
        if scanner.peek() != Some(b'{') {
            return Err(Fault::Syntax("the message is not a JSON object".to_owned()));
        }
        let Some(envelope) = &mut self.envelope else {
            return members(&mut scanner, &mut self.members, &mut self.places);
        };
        let mut around = Vec::new();
        members(&mut scanner, envelope, &mut around)?;
        let payload = around[0].filter(|place| json.as_bytes()[*place] == b'{');
        let payload = payload.ok_or_else(|| {
            Fault::value("the message has no object 'payload', though 'debezium-json.schema-include' is true")
        })?;
        members(&mut at(json, payload), &mut self.members, &mut self.places)?;
        self.places[self.dialect.member("schema")] = around[1];
        Ok(())
    }

    /// Whether the message is of a database and table that are read.
    fn is_included(&mut self, json: &str) -> Result<bool, Fault> {
        for (member, pattern) in &self.include {
            let name = self.members.name(*member);
            let Some(place) = self.places[*member] else {
                return Err(Fault::value("it is missing, and the table is read only of some").inside(name));
            };
            // Jackson's text of a value: that of a container is empty.
            let text = match json.as_bytes()[place] {
                b'{' | b'[' => "".into(),
                b'"' => at(json, place).string()?.unescaped(),
                _ => {
                    let mut scanner = at(json, place);
                    scanner.skip()?;
                    scanner.since(place).into()
                }
            };
            let matches = pattern.is_match(&text);
            if !matches.map_err(|error| Fault::value(error.to_string()).inside(name))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn operation(&mut self, json: &str) -> Result<Operation, Fault> {
        let name = self.members.name(OPERATION);
        self.text.truncate(0);
        let Some(place) = self.places[OPERATION] else {
            return Err(Fault::value("it is missing").inside(name));
        };
        value(&self.rules, &mut at(json, place), &mut self.text)?;
        if self.text.is_null(0) {
            return Err(Fault::value("it is null").inside(name));
        }
        let text = String::from_utf8_lossy(self.text.bytes_at(0));
        self.dialect.operation(&text).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            Fault::value(format!("'{shown}' is no operation of {}", self.dialect.name())).inside(name)
        })
    }

    /// Rows before and after a change.
    fn images(&mut self, json: &str, operation: Operation) -> Result<(), Fault> {
        let (before, after) = (self.object(json, FIRST)?, self.object(json, SECOND)?);
        let missing = |name: &'static str, what: &str| {
            Fault::value(match name {
                "before" => format!(
                    "the row before {what} is null; a table of PostgreSQL needs REPLICA IDENTITY FULL"
                ),
                _ => format!("the row after {what} is null"),
            })
            .inside(name)
        };
        match operation {
            Operation::Insert => {
                self.check(json, before, FIRST)?;
                let after = after.ok_or_else(|| missing("after", "an insert"))?;
                self.push(json, after, SECOND, RowKind::Insert)
            }
            Operation::Update => {
                let before = before.ok_or_else(|| missing("before", "an update"))?;
                let after = after.ok_or_else(|| missing("after", "an update"))?;
                self.push(json, before, FIRST, RowKind::UpdateBefore)?;
                self.push(json, after, SECOND, RowKind::UpdateAfter)
            }
            Operation::Delete => {
                self.check(json, after, SECOND)?;
                let before = before.ok_or_else(|| missing("before", "a delete"))?;
                self.push(json, before, FIRST, RowKind::Delete)
            }
            Operation::Nothing => Ok(()),
        }
    }

    /// Rows with, for updates, those of their values that were others before.
    fn values(&mut self, json: &str, operation: Operation, kept: &mut usize) -> Result<(), Fault> {
        let (data, old) = (self.objects(json, FIRST)?, self.objects(json, SECOND)?);
        let is_null = |what: &'static str| Fault::value(what).inside("data");
        if operation != Operation::Update {
            for place in old.iter().flatten().flatten() {
                self.check(json, Some(*place), SECOND)?;
            }
        }
        let kind = match operation {
            Operation::Insert => RowKind::Insert,
            Operation::Delete => RowKind::Delete,
            Operation::Update => {
                let data = data.ok_or_else(|| is_null(NO_ROWS))?;
                return self.updates(json, &data, old, kept);
            }
            Operation::Nothing => {
                let mut rows = data.iter().flatten().flatten();
                return rows.try_for_each(|place| self.check(json, Some(*place), FIRST));
            }
        };
        for place in data.ok_or_else(|| is_null(NO_ROWS))? {
            self.push(json, place.ok_or_else(|| is_null(NO_ROW))?, FIRST, kind)?;
            *kept = self.changes.kinds.len();
        }
        Ok(())
    }

    fn updates(
        &mut self,
        json: &str,
        data: &[Option<usize>],
        old: Option<Vec<Option<usize>>>,
        kept: &mut usize,
    ) -> Result<(), Fault> {
        // Without rows nobody asks for those before them.
        if data.is_empty() {
            return Ok(());
        }
        let is_null = |what: &'static str, name| Fault::value(what).inside(name);
        let old = old.ok_or_else(|| is_null("the values before an update are null", "old"))?;
        // Flink asks of the whole member, not of the row at hand, whether a value is named that is null.
        let named = match self.places[SECOND] {
            Some(place) => named_within(json, place, &self.changes.columns)?,
            None => Vec::new(),
        };
        for (row, after) in data.iter().enumerate() {
            let after = after.ok_or_else(|| is_null(NO_ROW, "data"))?;
            let before = old.get(row).copied().flatten();
            let before =
                before.ok_or_else(|| is_null("there are no values before the update of a row", "old"))?;
            self.changes.update(&self.rules, json, before, after, &named)?;
            for _ in 0..2 {
                self.changes.metadata.append(&self.rules, json, &self.places)?;
            }
            *kept = self.changes.kinds.len();
        }
        Ok(())
    }

    /// Where the object of a member stands; none for NULL, and where errors are ignored for what is no object.
    fn object(&self, json: &str, member: usize) -> Result<Option<usize>, Fault> {
        self.is_object(json, self.places[member], member)
    }

    fn is_object(&self, json: &str, place: Option<usize>, member: usize) -> Result<Option<usize>, Fault> {
        let Some(place) = place else { return Ok(None) };
        match json.as_bytes()[place] {
            b'{' => Ok(Some(place)),
            b'n' => Ok(None),
            _ if self.rules.ignore_errors => Ok(None),
            _ => Err(Fault::value("it is not an object").inside(self.members.name(member))),
        }
    }

    /// The objects of a member, as `object`: Canal has an array of them.
    fn objects(&self, json: &str, member: usize) -> Result<Option<Vec<Option<usize>>>, Fault> {
        if self.dialect != Dialect::Canal {
            return Ok(self.object(json, member)?.map(|place| vec![Some(place)]));
        }
        let Some(place) = self.places[member] else { return Ok(None) };
        match json.as_bytes()[place] {
            b'[' => {
                let places = elements(json, place)?.into_iter();
                places
                    .map(|place| self.is_object(json, Some(place), member))
                    .collect::<Result<_, _>>()
                    .map(Some)
            }
            b'n' => Ok(None),
            _ if self.rules.ignore_errors => Ok(None),
            _ => Err(Fault::value("it is not an array").inside(self.members.name(member))),
        }
    }

    /// Appends the row at a place.
    fn push(&mut self, json: &str, place: usize, member: usize, kind: RowKind) -> Result<(), Fault> {
        let Self { rules, changes, members, places, .. } = self;
        changes.convert(rules, json, place).map_err(|fault| fault.inside(members.name(member)))?;
        changes.rows.commit();
        changes.kinds.push(kind);
        changes.metadata.append(rules, json, places)
    }

    /// Converts a row that is not wanted: it must be good all the same.
    fn check(&mut self, json: &str, place: Option<usize>, member: usize) -> Result<(), Fault> {
        let Some(place) = place else { return Ok(()) };
        let checked = self.changes.convert(&self.rules, json, place);
        self.changes.rows.roll_back();
        checked.map_err(|fault| fault.inside(self.members.name(member)))
    }
}

impl Decoder for ChangelogDecoder {
    fn decode(&mut self, record: Option<&[u8]>) -> Result<DecodedRecord> {
        let Some(record) = record.filter(|record| !record.is_empty()) else {
            return Ok(DecodedRecord::Skipped);
        };
        let record = record.strip_prefix(b"\xef\xbb\xbf").unwrap_or(record);
        let before = self.num_rows();
        let mut kept = before;
        let decoded = match std::str::from_utf8(record) {
            Ok(json) => self.record(json, &mut kept),
            Err(_) => Err(Fault::Syntax("the message is not valid UTF-8".to_owned())),
        };
        let fault = match decoded {
            Ok(()) if self.num_rows() == before => return Ok(DecodedRecord::Skipped),
            Ok(()) => return Ok(DecodedRecord::Rows(self.num_rows() - before)),
            Err(fault) => fault,
        };
        if self.rules.ignore_errors {
            self.changes.truncate(kept);
            return Ok(match kept - before {
                0 => DecodedRecord::Skipped,
                rows => DecodedRecord::Rows(rows),
            });
        }
        self.changes.truncate(before);
        Ok(match fault {
            Fault::Syntax(error) => DecodedRecord::Bad { field: None, error },
            Fault::Value { path, reason } => DecodedRecord::Bad { field: path, error: reason.into_owned() },
        })
    }

    fn num_rows(&self) -> usize {
        self.changes.rows.num_rows()
    }

    fn finish(&mut self) -> Result<ChangeBatch> {
        let rows = self.changes.rows.finish()?;
        let mut columns: Vec<_> = self.read.iter().map(|column| rows.column(*column).clone()).collect();
        columns.extend(self.changes.metadata.finish()?);
        let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
        let rows = RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?;
        ChangeBatch::new(rows, std::mem::take(&mut self.changes.kinds))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use arrow::array::AsArray;
    use arrow::datatypes::Int32Type;
    use streamsql_core::{Column, LogicalType};

    use super::*;

    fn decoder(format: &str, options: &[(&str, &str)], metadata: &[(&str, LogicalType)]) -> ChangelogDecoder {
        let physical = Schema::new(vec![
            Column::new("id", LogicalType::Int, true),
            Column::new("name", LogicalType::STRING, true),
        ]);
        let options: BTreeMap<String, String> =
            options.iter().map(|(k, v)| (format!("{format}.{k}"), (*v).to_owned())).collect();
        let metadata: Vec<(String, Column)> =
            metadata.iter().map(|(key, t)| ((*key).to_owned(), Column::new(*key, t.clone(), true))).collect();
        let spec = DecoderSpec {
            format,
            options: &options,
            physical: &physical,
            read: &[0, 1],
            metadata: &metadata,
        };
        ChangelogDecoder::new(Dialect::of(format).unwrap(), &spec).unwrap()
    }

    fn rows(decoder: &mut ChangelogDecoder) -> Vec<String> {
        let batch = decoder.finish().unwrap();
        let ids = batch.rows().column(0).as_primitive::<Int32Type>();
        let names = batch.rows().column(1).as_string::<i32>();
        let row = |row: usize| {
            let (id, name) = (ids.iter().nth(row).unwrap(), names.iter().nth(row).unwrap());
            format!("{} {:?} {:?}", batch.kind(row), id, name)
        };
        (0..batch.num_rows()).map(row).collect()
    }

    #[test]
    fn bad_messages_leave_nothing_behind() {
        let mut decoder =
            decoder("debezium-json", &[], &[("source.timestamp", LogicalType::TimestampLtz(3))]);
        for (message, field) in [
            (r#"{"before":{"id":1},"after":{"id":"x"},"op":"u"}"#, Some("after.id")),
            (r#"{"before":{"id":1},"after":null,"op":"u"}"#, Some("after")),
            (r#"{"before":null,"after":{"id":1},"op":"u"}"#, Some("before")),
            (r#"{"before":{"id":"x"},"after":{"id":1},"op":"c"}"#, Some("before.id")),
            (r#"{"before":5,"after":{"id":1},"op":"c"}"#, Some("before")),
            (r#"{"after":{"id":1},"op":"q"}"#, Some("op")),
            (r#"{"after":{"id":1}}"#, Some("op")),
            (r#"{"after":{"id":1},"op":"c","source":{"ts_ms":"x"}}"#, None),
            (r#"{"after":{"id":1},"op":"c""#, None),
            ("null", None),
            ("  ", None),
        ] {
            let decoded = decoder.decode(Some(message.as_bytes())).unwrap();
            let DecodedRecord::Bad { field: found, .. } = decoded else { panic!("{message} was accepted") };
            assert_eq!(found.as_deref(), field, "{message}");
            assert_eq!(decoder.num_rows(), 0);
        }
        assert_eq!(decoder.decode(None).unwrap(), DecodedRecord::Skipped);
        assert_eq!(decoder.decode(Some(b"")).unwrap(), DecodedRecord::Skipped);
        let good = br#"{"op":"u","after":{"name":"b","id":2},"before":{"id":1,"name":"a"}}"#;
        assert_eq!(decoder.decode(Some(good)).unwrap(), DecodedRecord::Rows(2));
        assert_eq!(rows(&mut decoder), [r#"-U Some(1) Some("a")"#, r#"+U Some(2) Some("b")"#]);
    }

    #[test]
    fn what_old_does_not_name_has_not_changed() {
        let mut maxwell = decoder("maxwell-json", &[], &[]);
        for message in [
            r#"{"type":"update","data":{"id":1,"name":"b"},"old":{"name":"a"}}"#,
            r#"{"type":"update","data":{"id":1,"name":"c"},"old":{"name":null}}"#,
        ] {
            assert_eq!(maxwell.decode(Some(message.as_bytes())).unwrap(), DecodedRecord::Rows(2));
        }
        assert_eq!(
            rows(&mut maxwell),
            [
                r#"-U Some(1) Some("a")"#,
                r#"+U Some(1) Some("b")"#,
                "-U Some(1) None",
                r#"+U Some(1) Some("c")"#
            ]
        );
    }

    #[test]
    fn rows_before_a_bad_one_stay_where_errors_are_ignored() {
        let message = br#"{"type":"INSERT","data":[{"id":"1","name":"a"},5,{"id":"2"}],"database":"d"}"#;
        let mut strict = decoder("canal-json", &[], &[]);
        assert!(matches!(strict.decode(Some(message)).unwrap(), DecodedRecord::Bad { .. }));
        assert_eq!(strict.num_rows(), 0);
        let mut lenient = decoder("canal-json", &[("ignore-parse-errors", "true")], &[]);
        assert_eq!(lenient.decode(Some(message)).unwrap(), DecodedRecord::Rows(1));
        assert_eq!(rows(&mut lenient), [r#"+I Some(1) Some("a")"#]);
        let mut other = decoder("canal-json", &[("database.include", "e|dd")], &[]);
        assert_eq!(other.decode(Some(message)).unwrap(), DecodedRecord::Skipped);
    }
}
