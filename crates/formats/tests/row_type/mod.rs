//! Row types as text, `a INT, b ARRAY<ROW<x STRING>>`, for tests.

use streamsql_core::types::ElementType;
use streamsql_core::{Column, LogicalType, Schema};

/// Reads a list of columns.
pub fn parse(text: &str) -> Schema {
    let mut reader = Reader { rest: text };
    let columns = reader.columns();
    assert!(reader.rest.is_empty(), "left over in {text:?}: {:?}", reader.rest);
    Schema::new(columns)
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, mark: &str) -> bool {
        self.space();
        let Some(rest) = self.rest.strip_prefix(mark) else { return false };
        self.rest = rest;
        true
    }

    fn word(&mut self) -> &'a str {
        self.space();
        if let Some(quoted) = self.rest.strip_prefix('`') {
            let (name, rest) = quoted.split_once('`').unwrap();
            self.rest = rest;
            return name;
        }
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn columns(&mut self) -> Vec<Column> {
        let mut columns = Vec::new();
        loop {
            let name = self.word();
            let logical_type = self.logical_type();
            let nullable = !self.take("NOT NULL");
            columns.push(Column::new(name, logical_type, nullable));
            if !self.take(",") {
                return columns;
            }
        }
    }

    fn arguments(&mut self) -> Vec<u32> {
        if !self.take("(") {
            return Vec::new();
        }
        let (inside, rest) = self.rest.split_once(')').unwrap();
        self.rest = rest;
        inside.split(',').map(|n| n.trim().parse().unwrap()).collect()
    }

    fn element(&mut self) -> Box<ElementType> {
        ElementType::nullable(self.logical_type())
    }

    fn logical_type(&mut self) -> LogicalType {
        let name = self.word();
        let arguments = self.arguments();
        let argument = |default: u32| arguments.first().copied().unwrap_or(default);
        match name {
            "BOOLEAN" => LogicalType::Boolean,
            "TINYINT" => LogicalType::TinyInt,
            "SMALLINT" => LogicalType::SmallInt,
            "INT" => LogicalType::Int,
            "BIGINT" => LogicalType::BigInt,
            "FLOAT" => LogicalType::Float,
            "DOUBLE" => LogicalType::Double,
            "STRING" => LogicalType::STRING,
            "BYTES" => LogicalType::BYTES,
            "CHAR" => LogicalType::Char(argument(1)),
            "VARCHAR" => LogicalType::Varchar(argument(1)),
            "BINARY" => LogicalType::Binary(argument(1)),
            "VARBINARY" => LogicalType::Varbinary(argument(1)),
            "DECIMAL" => LogicalType::Decimal {
                precision: argument(10) as u8,
                scale: arguments.get(1).copied().unwrap_or(0) as u8,
            },
            "DATE" => LogicalType::Date,
            "TIME" => LogicalType::Time(argument(0) as u8),
            "TIMESTAMP" => LogicalType::Timestamp(argument(6) as u8),
            "TIMESTAMP_LTZ" => LogicalType::TimestampLtz(argument(6) as u8),
            "INTERVAL" => match self.word() {
                "SECOND" => LogicalType::IntervalDayTime,
                _ => LogicalType::IntervalYearMonth,
            },
            "ARRAY" => {
                assert!(self.take("<"));
                let element = self.element();
                assert!(self.take(">"));
                LogicalType::Array(element)
            }
            "MULTISET" => {
                assert!(self.take("<"));
                let element = self.element();
                assert!(self.take(">"));
                LogicalType::Multiset(element)
            }
            "MAP" => {
                assert!(self.take("<"));
                let key = self.element();
                assert!(self.take(","));
                let value = self.element();
                assert!(self.take(">"));
                LogicalType::Map(key, value)
            }
            "ROW" => {
                assert!(self.take("<"));
                let columns = self.columns();
                assert!(self.take(">"));
                LogicalType::Row(columns)
            }
            other => panic!("unknown type {other}"),
        }
    }
}
