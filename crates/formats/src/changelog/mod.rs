//! Changelogs of databases as JSON messages: Debezium, Canal, Maxwell and Oracle GoldenGate (flink-docs
//! `connectors/table/formats/{debezium,canal,maxwell,ogg}`).
//!
//! A message tells what became of a row: its state before and after it, or its values and those that were others before.
//! Rows inside are read and written as by `json`, by Flink's tree of it (`JsonRowDataDeserializationSchema`).
//!
//! | format | message | rows |
//! |---|---|---|
//! | debezium-json | `{"before": row, "after": row, "op": "c", "r", "u" or "d"}`, in `payload` where the schema stands beside it | `+I`; `-U`, `+U`; `-D` |
//! | ogg-json | `{"before": row, "after": row, "op_type": "I", "U" or "D"}` | the same |
//! | maxwell-json | `{"data": row, "old": part of a row, "type": "insert", "update" or "delete"}` | the same |
//! | canal-json | `{"data": [row, …], "old": [part of a row, …], "type": "INSERT", "UPDATE", "DELETE" or "CREATE"}` | the same for each row; none of CREATE |

mod changes;
mod decode;
mod encode;
mod message;
mod metadata;
mod ogg_time;

pub use decode::ChangelogDecoder;
pub use encode::ChangelogEncoder;

/// Whose messages they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Debezium,
    Canal,
    Maxwell,
    Ogg,
}

impl Dialect {
    const ALL: [Self; 4] = [Self::Debezium, Self::Canal, Self::Maxwell, Self::Ogg];

    /// That of a format; none for a format that is no changelog.
    pub fn of(format: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == format)
    }

    /// Name of the format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debezium => "debezium-json",
            Self::Canal => "canal-json",
            Self::Maxwell => "maxwell-json",
            Self::Ogg => "ogg-json",
        }
    }

    /// Options behind the name.
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Debezium => &[
                "schema-include",
                "ignore-parse-errors",
                "timestamp-format.standard",
                "map-null-key.mode",
                "map-null-key.literal",
                "encode.decimal-as-plain-number",
            ],
            Self::Canal => &[
                "database.include",
                "table.include",
                "ignore-parse-errors",
                "timestamp-format.standard",
                "map-null-key.mode",
                "map-null-key.literal",
                "encode.decimal-as-plain-number",
            ],
            Self::Maxwell | Self::Ogg => &[
                "ignore-parse-errors",
                "timestamp-format.standard",
                "map-null-key.mode",
                "map-null-key.literal",
                "encode.decimal-as-plain-number",
            ],
        }
    }

    /// Members of a message that are looked at: those of the first three places say what became of which row.
    fn members(self) -> &'static [&'static str] {
        match self {
            Self::Debezium => &["before", "after", "op", "ts_ms", "source", "schema"],
            Self::Ogg => &["before", "after", "op_type", "table", "primary_keys", "current_ts", "op_ts"],
            Self::Canal => &["data", "old", "type", "database", "table", "sqlType", "pkNames", "ts", "es"],
            Self::Maxwell => &["data", "old", "type", "database", "table", "primary_key_columns", "ts"],
        }
    }

    /// Place of a member among them.
    fn member(self, name: &str) -> usize {
        self.members().iter().position(|member| *member == name).unwrap_or(usize::MAX)
    }

    fn operation(self, text: &str) -> Option<Operation> {
        use Operation::{Delete, Insert, Nothing, Update};
        Some(match (self, text) {
            (Self::Debezium, "c" | "r") | (Self::Ogg, "I") => Insert,
            (Self::Debezium, "u") | (Self::Ogg, "U") => Update,
            (Self::Debezium, "d") | (Self::Ogg, "D") => Delete,
            (Self::Canal, "INSERT") | (Self::Maxwell, "insert") => Insert,
            (Self::Canal, "UPDATE") | (Self::Maxwell, "update") => Update,
            (Self::Canal, "DELETE") | (Self::Maxwell, "delete") => Delete,
            (Self::Canal, "CREATE") => Nothing,
            _ => return None,
        })
    }
}

/// What became of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Insert,
    Update,
    Delete,
    /// The message is about a table.
    Nothing,
}
