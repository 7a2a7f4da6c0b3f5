//! Wrong ways to go on under a changed plan, for tests that must notice them.

use streamsql_core::Result;
use streamsql_state::manifest::Manifest;
use streamsql_state::store::StateStore;

/// A way to lose exactly-once when the plan changes.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReloadMistake {
    /// State and positions are those from before the last epoch of the job before: as if the plan had been switched before
    /// that was committed.
    SwitchedEarly,
    /// Nothing of the state of kept nodes is restored.
    StateLeftOut,
    /// Positions of kept sources are not taken over.
    PositionsLeftOut,
}

impl ReloadMistake {
    /// Before the plans are compared.
    pub(crate) fn spoil_choice(self, store: &mut StateStore, manifest: &mut Manifest) -> Result<()> {
        if self == Self::SwitchedEarly
            && let Some(before) = store.load_before(manifest)?
        {
            *manifest = before;
        }
        Ok(())
    }

    /// After the state was brought to the new plan.
    pub(crate) fn spoil_state(self, manifest: &mut Manifest) {
        match self {
            Self::SwitchedEarly => {}
            Self::StateLeftOut => manifest.segments.clear(),
            Self::PositionsLeftOut => manifest.sources.clear(),
        }
    }
}
