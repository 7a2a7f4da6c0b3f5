//! Plans of views, so that views on views are not planned anew for every view above them.

use std::sync::{Arc, Mutex, PoisonError};

use datafusion_expr::LogicalPlan;

/// The plan of a view, kept as long as what it was made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct PlanCache(Arc<Mutex<Option<(PlanMade, ViewPlan)>>>);

/// What a view was planned with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlanMade {
    /// `Catalog::changes`.
    pub catalog: u64,
    pub dynamic_options: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct ViewPlan {
    pub plan: LogicalPlan,
    /// Relations planned for it.
    pub relations: usize,
}

impl PlanCache {
    pub fn get(&self, made: PlanMade) -> Option<ViewPlan> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(with, _)| *with == made).map(|(_, plan)| plan.clone())
    }

    pub fn put(&self, made: PlanMade, plan: ViewPlan) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((made, plan));
    }
}
