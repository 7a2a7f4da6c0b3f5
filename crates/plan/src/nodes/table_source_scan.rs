//! A source and what is made of its records at once.

use streamsql_core::{Column, Schema};

use super::{Attributes, Describe, Names};
use crate::node::TableRef;
use crate::{Expr, fingerprint};

/// Reads a table: the connector yields `read`, the scan computes `project` over it and derives watermarks.
///
/// Evaluated where the source is read, split by split (Flink pushes the watermark into Kafka sources).
#[derive(Clone, Debug)]
pub struct TableSourceScan {
    pub table: TableRef,
    /// Positions in `table.physical` of the columns that the connector must decode.
    pub physical: Vec<usize>,
    /// Metadata columns that the connector must deliver after the physical ones.
    pub metadata: Vec<MetadataColumn>,
    /// Output columns over (physical ++ metadata): plain columns and computed ones.
    pub project: Vec<Expr>,
    pub watermark: Option<WatermarkSpec>,
}

impl TableSourceScan {
    /// The columns that the connector yields.
    pub fn read_schema(&self) -> Schema {
        let physical = self.physical.iter().map(|i| self.table.physical.columns[*i].clone());
        Schema::new(physical.chain(self.metadata.iter().map(|m| m.column.clone())).collect())
    }
}

/// A column that the connector or format knows about a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataColumn {
    /// `offset`, `partition`, `timestamp`, `value.…`.
    pub key: String,
    /// Name and declared type; the connector casts to it.
    pub column: Column,
}

/// `WATERMARK FOR rowtime AS expr`.
#[derive(Clone, Debug)]
pub struct WatermarkSpec {
    /// Output column of the scan that is the rowtime.
    pub rowtime: usize,
    /// The watermark (TIMESTAMP or TIMESTAMP_LTZ) over the scan's output columns.
    pub expr: Expr,
    /// A split that is silent this long stops holding back the others; 0 = never.
    pub idle_timeout_ms: u64,
    /// True where Flink generates per split inside the source (Kafka); false where an operator after the source
    /// does, whose running maximum starts at 0 (`WatermarkAssignerOperator`).
    pub per_split: bool,
}

impl Describe for TableSourceScan {
    fn name(&self) -> &'static str {
        "TableSourceScan"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        let read = crate::explain::unique_names(&self.read_schema());
        let mut list =
            vec![("table", format!("[{}]", self.table.path.replace('.', ", "))), ("fields", read.join(", "))];
        let computed = names.select(&self.project, true);
        if !computed.is_empty() {
            list.push(("computed", computed));
        }
        if let Some(watermark) = &self.watermark {
            list.push(("watermark", format!("{}: {}", names.output[watermark.rowtime], watermark.expr)));
            if watermark.idle_timeout_ms > 0 {
                list.push(("idleTimeout", format!("{} ms", watermark.idle_timeout_ms)));
            }
        }
        list
    }

    fn fingerprint(&self) -> String {
        format!(
            " {} read={:?} project=({}) watermark=({})",
            self.table.option("topic").or(self.table.option("path")).unwrap_or(&self.table.path),
            self.physical,
            fingerprint::exprs(&self.project),
            self.watermark.as_ref().map_or("", |w| w.expr.canonical.as_str())
        )
    }
}
