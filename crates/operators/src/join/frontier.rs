//! Which pairs of a batch can be among the first ones of their group.

use std::collections::HashMap;

use arrow::array::ArrayRef;
use arrow::compute::SortOptions;
use arrow::datatypes::Schema;
use arrow::row::{Row, RowConverter, SortField};
use streamsql_core::{OrderColumn, Result};
use streamsql_plan::Frontier as FrontierPlan;

pub struct Frontier {
    rows: usize,
    partition: Vec<usize>,
    groups: RowConverter,
    orders: Vec<(Vec<usize>, RowConverter)>,
}

impl Frontier {
    /// `pairs` are the columns of left ++ right.
    pub fn new(plan: &FrontierPlan, pairs: &Schema) -> Result<Self> {
        let field = |column: usize, descending, nulls_first| {
            let options = SortOptions { descending, nulls_first };
            SortField::new_with_options(pairs.field(column).data_type().clone(), options)
        };
        let groups = plan.partition.iter().map(|column| field(*column, false, true)).collect();
        let order = |order: &Vec<OrderColumn>| {
            let fields = order.iter().map(|key| field(key.column, key.descending, !key.nulls_last)).collect();
            let columns = order.iter().map(|key| key.column).collect();
            Ok((columns, RowConverter::new(fields)?))
        };
        Ok(Self {
            rows: plan.rows,
            partition: plan.partition.clone(),
            groups: RowConverter::new(groups)?,
            orders: plan.orders.iter().map(order).collect::<Result<_>>()?,
        })
    }

    /// For each of so many pairs whether it is among the first ones, by any order, of those before it in its group.
    /// `column` gives a column of the pairs.
    pub fn winners(
        &mut self,
        pairs: usize,
        column: &mut dyn FnMut(usize) -> Result<ArrayRef>,
    ) -> Result<Vec<bool>> {
        let mut columns = |of: &[usize]| of.iter().map(|at| column(*at)).collect::<Result<Vec<ArrayRef>>>();
        let groups = match self.partition.as_slice() {
            [] => None,
            partition => Some(self.groups.convert_columns(&columns(partition)?)?),
        };
        let mut numbers: HashMap<Row<'_>, usize, ahash::RandomState> = HashMap::default();
        let group_of: Vec<usize> = (0..pairs)
            .map(|pair| match &groups {
                None => 0,
                Some(groups) => {
                    let next = numbers.len();
                    *numbers.entry(groups.row(pair)).or_insert(next)
                }
            })
            .collect();
        let count = numbers.len().max(1);
        let mut wins = vec![false; pairs];
        for (of, converter) in &mut self.orders {
            let order = converter.convert_columns(&columns(of)?)?;
            // The first pairs of each group so far, in order.
            let mut first: Vec<Vec<usize>> = vec![Vec::new(); count];
            for pair in 0..pairs {
                let first = &mut first[group_of[pair]];
                let row = order.row(pair);
                let at = first.partition_point(|other| order.row(*other) <= row);
                if at < self.rows {
                    first.insert(at, pair);
                    first.truncate(self.rows);
                    wins[pair] = true;
                }
            }
        }
        Ok(wins)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringArray};
    use arrow::datatypes::{DataType, Field};

    use super::*;

    fn winners(rows: usize, orders: Vec<Vec<OrderColumn>>, partition: Vec<usize>) -> Vec<bool> {
        let columns: [ArrayRef; 3] = [
            Arc::new(StringArray::from(vec!["a", "a", "b", "a", "b", "a", "a"])),
            Arc::new(Int64Array::from(vec![Some(5), Some(3), None, Some(5), Some(1), Some(7), None])),
            Arc::new(Int64Array::from(vec![2, 2, 2, 1, 2, 2, 2])),
        ];
        let field = |name: &str, column: &ArrayRef| Field::new(name, column.data_type().clone(), true);
        let schema = Schema::new(vec![
            field("k", &columns[0]),
            field("v", &columns[1]),
            Field::new("w", DataType::Int64, true),
        ]);
        let plan = FrontierPlan { partition, rows, orders, lasting: None };
        let mut frontier = Frontier::new(&plan, &schema).unwrap();
        frontier.winners(7, &mut |column| Ok(Arc::clone(&columns[column]))).unwrap()
    }

    fn descending(column: usize) -> OrderColumn {
        OrderColumn { column, descending: true, nulls_last: true }
    }

    #[test]
    fn a_pair_that_is_not_better_than_one_before_it_is_left_out() {
        let wins = winners(1, vec![vec![descending(1)]], vec![0]);
        assert_eq!(wins, [true, false, true, false, true, true, false]);
    }

    #[test]
    fn further_columns_decide_among_equal_pairs() {
        let wins = winners(1, vec![vec![descending(1), OrderColumn::ascending(2)]], vec![0]);
        assert_eq!(wins, [true, false, true, true, true, true, false]);
    }

    #[test]
    fn as_many_pairs_as_are_shown_stay() {
        let wins = winners(2, vec![vec![descending(1)]], vec![0]);
        assert_eq!(wins, [true, true, true, true, true, true, false]);
    }

    #[test]
    fn any_of_several_orders_is_enough_and_all_rows_may_be_one_group() {
        let smallest = OrderColumn { column: 1, descending: false, nulls_last: true };
        let wins = winners(1, vec![vec![descending(1)], vec![smallest]], Vec::new());
        assert_eq!(wins, [true, true, false, false, true, true, false]);
    }
}
