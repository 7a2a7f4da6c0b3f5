//! The columns of a table in their order, found by their names at once: a chain of ALTER TABLE asks for them anew each
//! time.

use std::collections::BTreeMap;
use std::ops::Deref;

use streamsql_core::LogicalType;

use crate::catalog::TableColumn;

/// Columns of different names.
#[derive(Clone, Debug, Default)]
pub struct TableColumns {
    columns: Vec<TableColumn>,
    /// Where the column of a name stands.
    positions: BTreeMap<String, usize>,
}

impl TableColumns {
    pub fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    pub fn named(&self, name: &str) -> Option<&TableColumn> {
        self.position(name).map(|at| &self.columns[at])
    }

    pub fn push(&mut self, column: TableColumn) {
        self.insert(self.columns.len(), column);
    }

    /// Puts a column before the one at `at`; constant effort at the end.
    pub fn insert(&mut self, at: usize, column: TableColumn) {
        let moved = at < self.columns.len();
        self.positions.insert(column.name.clone(), at);
        self.columns.insert(at, column);
        if moved {
            self.renumber();
        }
    }

    /// Puts a column in the place of another.
    pub fn replace(&mut self, at: usize, column: TableColumn) {
        self.positions.remove(&self.columns[at].name);
        self.positions.insert(column.name.clone(), at);
        self.columns[at] = column;
    }

    pub fn remove(&mut self, at: usize) -> TableColumn {
        let column = self.columns.remove(at);
        self.renumber();
        column
    }

    pub fn retain(&mut self, keep: impl FnMut(&TableColumn) -> bool) {
        self.columns.retain(keep);
        self.renumber();
    }

    pub fn set_type(&mut self, at: usize, logical_type: LogicalType, nullable: bool) {
        let column = &mut self.columns[at];
        (column.logical_type, column.nullable) = (logical_type, nullable);
    }

    pub fn set_not_null(&mut self, at: usize) {
        self.columns[at].nullable = false;
    }

    fn renumber(&mut self) {
        self.positions = self.columns.iter().enumerate().map(|(at, c)| (c.name.clone(), at)).collect();
    }
}

impl Deref for TableColumns {
    type Target = [TableColumn];

    fn deref(&self) -> &[TableColumn] {
        &self.columns
    }
}

impl<'c> IntoIterator for &'c TableColumns {
    type Item = &'c TableColumn;
    type IntoIter = std::slice::Iter<'c, TableColumn>;

    fn into_iter(self) -> Self::IntoIter {
        self.columns.iter()
    }
}

impl FromIterator<TableColumn> for TableColumns {
    fn from_iter<I: IntoIterator<Item = TableColumn>>(columns: I) -> Self {
        let mut table = Self { columns: columns.into_iter().collect(), positions: BTreeMap::new() };
        table.renumber();
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::TableColumnKind;

    fn column(name: &str) -> TableColumn {
        TableColumn {
            name: name.to_owned(),
            logical_type: LogicalType::Int,
            nullable: true,
            kind: TableColumnKind::Physical,
            comment: None,
        }
    }

    #[test]
    fn names_lead_to_columns_after_every_change() {
        let check = |columns: &TableColumns, names: &[&str]| {
            let found: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
            assert_eq!(found, names);
            for (at, name) in names.iter().enumerate() {
                assert_eq!(columns.position(name), Some(at));
            }
            assert_eq!(columns.positions.len(), names.len());
        };
        let mut columns: TableColumns = ["a", "b"].into_iter().map(column).collect();
        columns.push(column("c"));
        columns.insert(0, column("d"));
        check(&columns, &["d", "a", "b", "c"]);
        columns.replace(1, column("e"));
        check(&columns, &["d", "e", "b", "c"]);
        columns.remove(2);
        check(&columns, &["d", "e", "c"]);
        columns.retain(|c| c.name != "d");
        check(&columns, &["e", "c"]);
    }
}
