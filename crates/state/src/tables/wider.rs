//! Rows that a table with more columns, or with the same ones in another order, has stored: a column less in a query does
//! not lose what the others hold.
//!
//! [`StoredRows`] says of a table where its columns come from. [`StoredRows::columns_for`] finds those of one table in
//! another one; [`WiderTable`] then stands before a table while that is restored, reads the segments of the wider one and
//! hands over its rows with the columns that are left. They are written as rows of the first epoch.

use arrow::buffer::Buffer;
use serde::{Deserialize, Serialize};
use streamsql_core::{
    Column, Error, KeyGroupRange, KeyGroups, OrderColumn, PageRange, Restores, Result, SegmentId, StateForm,
    StateLayout, StateTable, StoredRow,
};

use super::pages::Pages;
use super::record::Shape;

/// What must be known of a table's rows to find its columns again, and to read them without knowing their types.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRows {
    pub form: StoredForm,
    pub columns: Vec<StoredColumn>,
    /// Positions of the key's columns, in its order.
    pub key: Vec<usize>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<StoredOrder>,
    /// Whether records hold the time of their last write.
    #[serde(default, skip_serializing_if = "is_false")]
    pub timed: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// `StateForm`, as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoredForm {
    One,
    Ordered,
    Counted,
    Windows,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredColumn {
    /// Where its values come from, and their type: equal ones hold equal values.
    pub origin: String,
    pub slot: StoredSlot,
}

/// Where a value stands in a part (`docs/state-format.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoredSlot {
    Null,
    Boolean,
    /// A fixed width of so many bytes.
    Fixed1,
    Fixed2,
    Fixed4,
    Fixed8,
    Fixed16,
    /// In the variable area.
    Variable,
}

/// An order column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredOrder {
    pub column: usize,
    #[serde(default, skip_serializing_if = "is_false")]
    pub descending: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub nulls_last: bool,
}

impl StoredForm {
    fn of(form: StateForm) -> Self {
        match form {
            StateForm::One => Self::One,
            StateForm::Ordered => Self::Ordered,
            StateForm::Counted => Self::Counted,
            StateForm::Windows => Self::Windows,
        }
    }

    fn form(self) -> StateForm {
        match self {
            Self::One => StateForm::One,
            Self::Ordered => StateForm::Ordered,
            Self::Counted => StateForm::Counted,
            Self::Windows => StateForm::Windows,
        }
    }
}

impl StoredRows {
    /// Of a table whose columns are named by where they come from.
    ///
    /// # Errors
    /// For types that state cannot hold.
    pub fn of(layout: &StateLayout) -> Result<Self> {
        use streamsql_core::LogicalType as Type;
        let part = super::part::PartLayout::new(&layout.columns)?;
        let column = |(at, column): (usize, &Column)| {
            // The window of a key is known by its bare name.
            let origin = match column.name == StateLayout::WINDOW {
                true => column.name.clone(),
                false => format!("{} {}", column.name, column.logical_type),
            };
            let slot = match part.stand_in(at) {
                Type::Null => StoredSlot::Null,
                Type::Boolean => StoredSlot::Boolean,
                Type::TinyInt => StoredSlot::Fixed1,
                Type::SmallInt => StoredSlot::Fixed2,
                Type::Int => StoredSlot::Fixed4,
                Type::BigInt => StoredSlot::Fixed8,
                Type::Decimal { .. } => StoredSlot::Fixed16,
                _ => StoredSlot::Variable,
            };
            StoredColumn { origin, slot }
        };
        let order = |order: &OrderColumn| StoredOrder {
            column: order.column,
            descending: order.descending,
            nulls_last: order.nulls_last,
        };
        Ok(Self {
            form: StoredForm::of(layout.form),
            columns: layout.columns.iter().enumerate().map(column).collect(),
            key: layout.key.clone(),
            order: layout.order.iter().map(order).collect(),
            timed: layout.ttl_ms > 0,
        })
    }

    /// A layout by which the rows are read.
    fn layout(&self) -> StateLayout {
        use streamsql_core::LogicalType as Type;
        let column = |column: &StoredColumn| {
            let stand_in = match column.slot {
                StoredSlot::Null => Type::Null,
                StoredSlot::Boolean => Type::Boolean,
                StoredSlot::Fixed1 => Type::TinyInt,
                StoredSlot::Fixed2 => Type::SmallInt,
                StoredSlot::Fixed4 => Type::Int,
                StoredSlot::Fixed8 => Type::BigInt,
                StoredSlot::Fixed16 => Type::Decimal { precision: 38, scale: 0 },
                StoredSlot::Variable => Type::BYTES,
            };
            Column::new(&column.origin, stand_in, true)
        };
        StateLayout {
            form: self.form.form(),
            columns: self.columns.iter().map(column).collect(),
            key: self.key.clone(),
            order: Vec::new(),
            ttl_ms: i64::from(self.timed),
        }
    }

    fn origin(&self, column: usize) -> Option<&str> {
        self.columns.get(column).map(|column| column.origin.as_str())
    }

    /// For each column of `self` the one of `wider` that holds its values; none where rows of `wider` do not hold what is
    /// needed, or stand under another key or in another order.
    pub fn columns_for(&self, wider: &Self) -> Option<Vec<usize>> {
        let keys = |rows: &Self| -> Vec<Option<String>> {
            rows.key.iter().map(|key| rows.origin(*key).map(str::to_owned)).collect()
        };
        if self.form != wider.form || self.timed != wider.timed || keys(self) != keys(wider) {
            return None;
        }
        // An order by all columns, which tells rows apart, has those that are left.
        let mut rest = wider.order.iter();
        let in_order = self.order.iter().all(|mine| {
            rest.any(|other| {
                self.origin(mine.column) == wider.origin(other.column)
                    && (mine.descending, mine.nulls_last) == (other.descending, other.nulls_last)
            })
        });
        if !in_order {
            return None;
        }
        let found = |(at, column): (usize, &StoredColumn)| match self.key.iter().position(|key| *key == at) {
            Some(key) => wider.key.get(key).copied(),
            None => {
                // Columns of one name that an operator adds are told apart by their order; of one origin any will do.
                let number = self.columns[..at].iter().filter(|other| *other == column).count();
                let mut same = (0..wider.columns.len()).filter(|other| wider.columns[*other] == *column);
                same.nth(number).or_else(|| wider.columns.iter().position(|other| other == column))
            }
        };
        self.columns.iter().enumerate().map(found).collect()
    }
}

/// Reads what a wider table has stored, for a narrower one.
pub struct WiderTable<'t> {
    pages: Pages,
    /// For each column of the narrower table outside of its key where the wider one has it.
    values: Vec<usize>,
    /// The narrower table's part of these.
    part: super::part::PartLayout,
    table: &'t mut dyn StateTable,
}

impl<'t> WiderTable<'t> {
    /// `rows` and `fingerprint` are the wider table's, `columns` as `StoredRows::columns_for` has given them, `range` the
    /// key groups of `table`.
    ///
    /// # Errors
    /// `State` when these do not fit together.
    pub fn new(
        rows: &StoredRows,
        fingerprint: u64,
        columns: &[usize],
        range: KeyGroupRange,
        table: &'t mut dyn StateTable,
    ) -> Result<Self> {
        let declared = table.declared();
        let layout = rows.layout();
        let all_columns = layout.key.iter().chain(columns).all(|column| *column < layout.columns.len());
        if columns.len() != declared.columns.len() || !all_columns {
            return Err(Error::state(format!(
                "the stored rows of state table {} have other columns",
                table.name()
            )));
        }
        let mut shape = Shape::new(&layout)?;
        shape.fingerprint = fingerprint;
        let value = declared.value();
        Ok(Self {
            pages: Pages::new(shape, range),
            values: value.iter().map(|column| columns[*column]).collect(),
            part: super::part::PartLayout::new(value.iter().map(|column| &declared.columns[*column]))?,
            table,
        })
    }
}

impl Restores for WiderTable<'_> {
    fn restore_head(&mut self, id: SegmentId, head: &[u8], live: KeyGroups) -> Result<()> {
        self.pages.restore_head(id, head, live)
    }

    fn restore_wanted(&mut self) -> Vec<(SegmentId, PageRange)> {
        self.pages.restore_wanted()
    }

    fn restore_page(&mut self, id: SegmentId, page: usize, bytes: Buffer) -> Result<()> {
        let Self { pages, values, part, table } = self;
        let mut read = None;
        pages.restore_page(id, page, bytes, &mut |pages, _, at| {
            let (shape, record) = (&pages.shape, pages.record(at));
            let row = shape.row(record);
            let values: Vec<Option<&[u8]>> = values.iter().map(|column| row.bytes(*column)).collect();
            read = Some(at);
            table.adopt(StoredRow {
                written_ms: shape.written_ms(record),
                number: shape.number(record),
                key: shape.key(record),
                value: &part.of_values(&values)?,
            })
        })?;
        // Its rows stand in the other table now.
        if let Some(row) = read {
            pages.forget(row);
        }
        Ok(())
    }

    fn restored(&mut self) -> Result<()> {
        self.table.restored()
    }
}

#[cfg(test)]
mod tests {
    use streamsql_core::LogicalType;

    use super::*;

    fn rows(columns: &[&str], key: &[usize], order: &[usize]) -> StoredRows {
        let columns = columns.iter().map(|name| Column::new(*name, LogicalType::STRING, true)).collect();
        StoredRows::of(&StateLayout {
            form: StateForm::Ordered,
            columns,
            key: key.to_vec(),
            order: order.iter().map(|column| OrderColumn::ascending(*column)).collect(),
            ttl_ms: 0,
        })
        .unwrap()
    }

    #[test]
    fn columns_are_found_by_where_they_come_from() {
        let wider = rows(&["a", "k", "b", "t"], &[1], &[3]);
        assert_eq!(rows(&["k", "t"], &[0], &[1]).columns_for(&wider), Some(vec![1, 3]));
        assert_eq!(rows(&["t", "b", "a", "k"], &[3], &[0]).columns_for(&wider), Some(vec![3, 2, 0, 1]));
        assert_eq!(wider.columns_for(&wider), Some(vec![0, 1, 2, 3]));
        let twice = rows(&["k", "t", "sum", "sum"], &[0], &[1]);
        assert_eq!(twice.columns_for(&twice), Some(vec![0, 1, 2, 3]));
        // A column more, another key, another order, another form.
        assert_eq!(rows(&["k", "t", "c"], &[0], &[1]).columns_for(&wider), None);
        assert_eq!(rows(&["a", "t"], &[0], &[1]).columns_for(&wider), None);
        assert_eq!(rows(&["k", "b", "t"], &[0], &[1]).columns_for(&wider), None);
        let one = StoredRows { form: StoredForm::One, ..rows(&["k", "t"], &[0], &[1]) };
        assert_eq!(one.columns_for(&wider), None);
        let timed = StoredRows { timed: true, ..rows(&["k", "t"], &[0], &[1]) };
        assert_eq!(timed.columns_for(&wider), None);
    }

    #[test]
    fn an_order_by_all_columns_has_those_that_are_left() {
        let wider = rows(&["k", "a", "b", "c"], &[0], &[1, 2, 3]);
        assert_eq!(rows(&["k", "a", "c"], &[0], &[1, 2]).columns_for(&wider), Some(vec![0, 1, 3]));
        assert_eq!(rows(&["k", "c", "a"], &[0], &[1, 2]).columns_for(&wider), None);
    }
}
