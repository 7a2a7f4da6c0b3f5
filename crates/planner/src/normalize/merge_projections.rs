//! Neighbouring projections become one where that computes nothing twice (Flink `FlinkProjectMergeRule`).

use streamsql_core::LogicalType;

use super::bottom_up;
use crate::logical::{Op, Rel, Relation, Scalar};

pub fn apply(rel: &Rel) -> Rel {
    bottom_up(rel, merged)
}

fn merged(rel: &Rel) -> Option<Rel> {
    let Op::Project(outer) = &rel.op else { return None };
    let below = &rel.inputs[0];
    let Op::Project(inner) = &below.op else { return None };
    if !may_merge(inner, outer) {
        return None;
    }
    let project = outer.iter().map(|scalar| scalar.replace(&|column| inner[column].clone())).collect();
    Some(Relation::new(Op::Project(project), below.inputs.clone(), rel.columns.clone()))
}

/// Whether expressions over a projection may be put over its input: nothing that it computes is read twice, and all of it
/// gives the same whenever it is computed.
pub fn may_merge<'s>(inner: &[Scalar], outer: impl IntoIterator<Item = &'s Scalar>) -> bool {
    let mut uses = vec![0usize; inner.len()];
    for scalar in outer {
        count_uses(scalar, &mut uses);
    }
    let computed = || inner.iter().zip(&uses).filter(|(scalar, _)| scalar.as_column().is_none());
    computed().all(|(scalar, uses)| *uses <= 1 && scalar.is_deterministic())
}

fn count_uses(scalar: &Scalar, uses: &mut [usize]) {
    // Counting through `replace` visits each occurrence.
    let counted = std::cell::RefCell::new(uses);
    let _ = scalar.replace(&|column| {
        counted.borrow_mut()[column] += 1;
        Scalar::column(column, LogicalType::Null, true)
    });
}
