//! Named, typed columns of a stream or table, and their Arrow form.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema as ArrowSchema, SchemaRef};

use crate::{Error, LogicalType, Result};

/// One column: a name, a Flink type, and whether it may be NULL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Column {
    pub name: String,
    pub logical_type: LogicalType,
    pub nullable: bool,
}

impl Column {
    pub fn new(name: impl Into<String>, logical_type: LogicalType, nullable: bool) -> Self {
        Self { name: name.into(), logical_type, nullable }
    }

    /// The Arrow field. It is always nullable: Flink lets NULLs of decoders reach NOT NULL columns.
    pub fn to_field(&self) -> Field {
        self.logical_type.to_field(&self.name, self.nullable)
    }
}

/// Columns in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Schema {
    pub columns: Vec<Column>,
}

impl Schema {
    pub fn new(columns: Vec<Column>) -> Self {
        Self { columns }
    }

    pub fn len(&self) -> usize {
        self.columns.len()
    }

    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Position of the column of this name; names are case-sensitive.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }

    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|c| c.name.clone()).collect()
    }

    pub fn to_arrow(&self) -> SchemaRef {
        Arc::new(ArrowSchema::new(self.columns.iter().map(Column::to_field).collect::<Vec<_>>()))
    }

    /// Reads the Flink types back from the fields' metadata, or chooses the natural type of an Arrow type.
    pub fn from_arrow(schema: &ArrowSchema) -> Result<Self> {
        schema
            .fields()
            .iter()
            .map(|field| {
                let (logical_type, nullable) = LogicalType::from_field(field).ok_or_else(|| {
                    Error::internal(format!(
                        "no Flink type for column '{}' of {}",
                        field.name(),
                        field.data_type()
                    ))
                })?;
                Ok(Column::new(field.name(), logical_type, nullable))
            })
            .collect::<Result<Vec<_>>>()
            .map(Self::new)
    }
}
