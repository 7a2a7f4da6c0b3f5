//! Rows in the order of time.

use streamsql_core::{Column, LogicalType, OrderColumn, Schema, StateForm, StateLayout};

use super::{Attributes, Describe, Names, TimeDomain};

/// ORDER BY a time attribute, ascending, and more columns behind it. Output: the input's columns.
///
/// Source: Flink `StreamExecTemporalSort`.
#[derive(Clone, Debug)]
pub struct TemporalSort {
    /// By event time the time attribute first; by processing time the columns behind it.
    pub order: Vec<OrderColumn>,
    pub domain: TimeDomain,
}

impl TemporalSort {
    /// Column of the input by whose time rows are held back.
    pub fn time(&self) -> usize {
        self.order.first().map_or(0, |order| order.column)
    }

    /// The rows that wait, in order.
    pub fn rows(&self, input: &Schema) -> StateLayout {
        let mut columns = input.columns.clone();
        if self.domain == TimeDomain::EventTime {
            // Rows up to a time are asked for; one without a time is the first.
            columns[self.time()].nullable = false;
        }
        StateLayout {
            form: StateForm::Ordered,
            columns,
            key: Vec::new(),
            order: self.order.clone(),
            ttl_ms: 0,
        }
    }

    /// The time of the last row that was sent, and the watermark, ms.
    pub fn last(&self) -> StateLayout {
        StateLayout {
            form: StateForm::One,
            columns: vec![
                Column::new("time", LogicalType::BigInt, true),
                Column::new("watermark", LogicalType::BigInt, true),
            ],
            key: Vec::new(),
            order: Vec::new(),
            ttl_ms: 0,
        }
    }
}

impl Describe for TemporalSort {
    fn name(&self) -> &'static str {
        "TemporalSort"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        let time = (self.domain == TimeDomain::ProcessingTime).then(|| "PROCTIME, ".to_owned());
        vec![("orderBy", time.unwrap_or_default() + &super::rank::order_by(&self.order, &names.inputs[0]))]
    }

    fn fingerprint(&self) -> String {
        format!(" order={:?} {:?}", self.order, self.domain)
    }
}
