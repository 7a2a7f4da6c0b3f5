//! The rows of a changelog as they are decoded.

use streamsql_core::{RowKind, Schema};

use super::message::{at, members};
use super::metadata::Metadata;
use crate::builder::{ColumnBuilder, RowBuilder};
use crate::json::convert::{Rules, nested_row, value};
use crate::json::scan::Fault;
use crate::names::Names;

/// The rows so far.
pub struct Changes {
    pub columns: Names,
    /// The same for rows that hold only what was another value before.
    old_columns: Names,
    /// All physical columns.
    pub rows: RowBuilder,
    pub kinds: Vec<RowKind>,
    pub metadata: Metadata,
    old_places: Vec<Option<usize>>,
    new_places: Vec<Option<usize>>,
}

impl Changes {
    pub fn new(physical: &Schema, metadata: Metadata) -> Self {
        let columns = Names::new(physical.names());
        Self {
            old_columns: columns.clone(),
            columns,
            rows: RowBuilder::new(physical),
            kinds: Vec::new(),
            metadata,
            old_places: Vec::new(),
            new_places: Vec::new(),
        }
    }

    /// Converts the object at a place into a row that is not kept yet.
    pub fn convert(&mut self, rules: &Rules, json: &str, place: usize) -> Result<(), Fault> {
        let row = self.rows.num_rows();
        nested_row(rules, &mut at(json, place), &mut self.columns, self.rows.columns_mut(), row)
    }

    /// Appends the row before an update and the one after it. What `old` does not name has not changed.
    pub fn update(
        &mut self,
        rules: &Rules,
        json: &str,
        old: usize,
        new: usize,
        named: &[bool],
    ) -> Result<(), Fault> {
        let Self { columns, old_columns, rows, kinds, old_places, new_places, .. } = self;
        members(&mut at(json, old), old_columns, old_places)?;
        members(&mut at(json, new), columns, new_places)?;
        let row = rows.num_rows();
        let convert = |builder: &mut ColumnBuilder, place: Option<usize>, column: usize, member| match place {
            Some(place) => value(rules, &mut at(json, place), builder)
                .map_err(|fault| fault.inside(columns.name(column)).inside(member)),
            None => {
                builder.append_null();
                Ok(())
            }
        };
        for (column, builder) in rows.columns_mut().iter_mut().enumerate() {
            convert(builder, old_places[column], column, "old")?;
            if builder.is_null(row) && !named.get(column).copied().unwrap_or(false) {
                builder.truncate(row);
                convert(builder, new_places[column], column, "data")?;
            }
        }
        rows.commit();
        kinds.push(RowKind::UpdateBefore);
        for (column, builder) in rows.columns_mut().iter_mut().enumerate() {
            convert(builder, new_places[column], column, "data")?;
        }
        rows.commit();
        kinds.push(RowKind::UpdateAfter);
        Ok(())
    }

    /// Forgets the rows from this one on.
    pub fn truncate(&mut self, rows: usize) {
        self.rows.truncate(rows);
        self.kinds.truncate(rows);
        self.metadata.truncate(rows);
    }
}
