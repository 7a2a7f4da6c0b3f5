//! Functions that give one of the values: MIN and MAX, FIRST_VALUE and LAST_VALUE where no row is taken back, SINGLE_VALUE.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float32Array, Float64Array, make_comparator, new_empty_array};
use arrow::compute::{SortOptions, interleave};
use arrow::datatypes::DataType;
use streamsql_core::{Error, Result};
use streamsql_state::tables::KeyBatch;

use super::count::{add_counts, count_array, load_counts};
use super::{Aggregate, Changes, downcast};

/// Which value a group has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Nothing,
    /// The one that a group had before the batch.
    Loaded(usize),
    /// That of a row.
    Row(usize),
}

/// Which value takes the place of another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    First,
    Last,
    Smallest,
    Largest,
    /// The only one; NULL counts as a value.
    Only,
}

/// One value of each group.
pub struct Pick {
    argument: usize,
    rule: Rule,
    loaded: ArrayRef,
    column: ArrayRef,
    places: Vec<Place>,
    /// Rows of each group; only for SINGLE_VALUE.
    counts: Vec<i64>,
}

impl Pick {
    fn new(argument: usize, rule: Rule) -> Self {
        let nothing = new_empty_array(&DataType::Null);
        Self {
            argument,
            rule,
            loaded: Arc::clone(&nothing),
            column: nothing,
            places: Vec::new(),
            counts: Vec::new(),
        }
    }

    /// MIN or MAX (Flink `MinAggFunction`, `MaxAggFunction`).
    pub fn extreme(argument: usize, largest: bool) -> Self {
        Self::new(argument, if largest { Rule::Largest } else { Rule::Smallest })
    }

    /// FIRST_VALUE or LAST_VALUE (Flink `FirstValueAggFunction`, `LastValueAggFunction`).
    pub fn end(argument: usize, last: bool) -> Self {
        Self::new(argument, if last { Rule::Last } else { Rule::First })
    }

    /// SINGLE_VALUE (Flink `SingleValueAggFunction`).
    pub fn single(argument: usize) -> Self {
        Self::new(argument, Rule::Only)
    }

    /// Takes the values of a column; those of another one that groups have are kept apart first.
    fn read(&mut self, column: &ArrayRef) -> Result<()> {
        if !Arc::ptr_eq(&self.column, column) {
            self.settle()?;
            self.column = Arc::clone(column);
        }
        Ok(())
    }

    /// Makes the values that groups have ones that they had before, so that no row of the batch is needed for them.
    fn settle(&mut self) -> Result<()> {
        if !self.places.iter().any(|place| matches!(place, Place::Row(_))) {
            return Ok(());
        }
        self.loaded = self.value_array()?;
        for (group, place) in self.places.iter_mut().enumerate() {
            if *place != Place::Nothing {
                *place = Place::Loaded(group);
            }
        }
        Ok(())
    }

    fn value_array(&self) -> Result<ArrayRef> {
        let groups = self.places.len();
        // Behind the values before the batch stands a NULL, for groups that have nothing.
        let null = arrow::array::new_null_array(self.loaded.data_type(), 1);
        let places = self.places.iter().map(|place| match place {
            Place::Loaded(group) => (0, *group),
            Place::Row(row) => (1, *row),
            Place::Nothing => (2, 0),
        });
        let places: Vec<_> = places.collect();
        let column = if self.column.data_type() == self.loaded.data_type() { &self.column } else { &null };
        debug_assert_eq!(places.len(), groups);
        Ok(interleave(&[&*self.loaded, &**column, &*null], &places)?)
    }
}

/// Whether `a` is before `b` as Java's `<` has it: no order with NaN, −0.0 equals 0.0.
type Less = Box<dyn Fn(usize, usize) -> bool>;

fn less(a: &ArrayRef, b: &ArrayRef) -> Result<Less> {
    macro_rules! floats {
        ($array:ty) => {{
            let (a, b) = (downcast::<$array>(a)?.clone(), downcast::<$array>(b)?.clone());
            Box::new(move |i, j| a.value(i) < b.value(j))
        }};
    }
    Ok(match a.data_type() {
        DataType::Float32 => floats!(Float32Array),
        DataType::Float64 => floats!(Float64Array),
        _ => {
            let compare = make_comparator(a, b, SortOptions::default())?;
            Box::new(move |i, j| compare(i, j) == Ordering::Less)
        }
    })
}

impl Aggregate for Pick {
    fn begin(&mut self, _keys: &KeyBatch, accumulators: &[ArrayRef]) -> Result<()> {
        self.loaded = Arc::clone(&accumulators[0]);
        self.places.clear();
        let place = |group| if self.loaded.is_valid(group) { Place::Loaded(group) } else { Place::Nothing };
        self.places.extend((0..self.loaded.len()).map(place));
        if self.rule == Rule::Only {
            load_counts(&accumulators[1], &mut self.counts)?;
        }
        Ok(())
    }

    fn update(&mut self, _keys: &KeyBatch, changes: &Changes<'_>) -> Result<()> {
        let column = changes.column(self.argument);
        self.read(column)?;
        match self.rule {
            Rule::First | Rule::Last => {
                for (row, group, _) in changes.iter().filter(|(row, ..)| column.is_valid(*row)) {
                    if self.rule == Rule::Last || self.places[group] == Place::Nothing {
                        self.places[group] = Place::Row(row);
                    }
                }
            }
            Rule::Smallest | Rule::Largest => {
                let (rows, loaded, largest) = (
                    less(column, column)?,
                    [less(column, &self.loaded)?, less(&self.loaded, column)?],
                    self.rule == Rule::Largest,
                );
                for (row, group, _) in changes.iter().filter(|(row, ..)| column.is_valid(*row)) {
                    let wins = match (self.places[group], largest) {
                        (Place::Nothing, _) => true,
                        (Place::Loaded(best), false) => loaded[0](row, best),
                        (Place::Loaded(best), true) => loaded[1](best, row),
                        (Place::Row(best), false) => rows(row, best),
                        (Place::Row(best), true) => rows(best, row),
                    };
                    if wins {
                        self.places[group] = Place::Row(row);
                    }
                }
            }
            Rule::Only => {
                for (row, group, sign) in changes.iter() {
                    self.counts[group] += sign;
                    if self.counts[group] > 1 {
                        return Err(Error::failed(
                            "a subquery that stands for one value gave more than one row",
                        )
                        .hint("add a condition, or an aggregate such as MAX, that leaves one row"));
                    }
                    let present = sign == 1 && column.is_valid(row);
                    self.places[group] = if present { Place::Row(row) } else { Place::Nothing };
                }
            }
        }
        Ok(())
    }

    fn merge(&mut self, _keys: &KeyBatch, pairs: &[(u32, u32)]) -> Result<()> {
        self.settle()?;
        let less = match self.rule {
            Rule::Smallest | Rule::Largest => Some(less(&self.loaded, &self.loaded)?),
            _ => None,
        };
        for (from, into) in pairs {
            let (from, into) = (*from as usize, *into as usize);
            let wins = match (self.places[from], self.places[into]) {
                (Place::Nothing, _) => false,
                (_, Place::Nothing) => true,
                (Place::Loaded(new), Place::Loaded(best)) => match (&less, self.rule) {
                    (Some(less), Rule::Smallest) => less(new, best),
                    (Some(less), _) => less(best, new),
                    (None, rule) => rule == Rule::Last,
                },
                _ => return Err(Error::internal("merging values of the batch")),
            };
            if wins {
                self.places[into] = self.places[from];
            }
        }
        if self.rule == Rule::Only {
            add_counts(&mut self.counts, pairs);
        }
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.places[group] = Place::Nothing;
        if let Some(count) = self.counts.get_mut(group) {
            *count = 0;
        }
    }

    fn results(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.value_array()?])
    }

    fn accumulators(&mut self) -> Result<Vec<ArrayRef>> {
        let mut columns = vec![self.value_array()?];
        if self.rule == Rule::Only {
            columns.push(count_array(&self.counts));
        }
        Ok(columns)
    }
}
