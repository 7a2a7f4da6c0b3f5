//! Wrong ways to go on under a changed plan, for tests that must notice them.

use streamsql_core::{Error, Result};
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
        if let (Self::SwitchedEarly, Some((name, hash))) = (self, manifest.parent.clone()) {
            let bytes = (0..hash.len() / 2).map(|at| u8::from_str_radix(&hash[2 * at..2 * at + 2], 16));
            let hash: Vec<u8> =
                bytes.collect::<std::result::Result<_, _>>().map_err(|e| Error::internal(e.to_string()))?;
            *manifest = store.load(&name, &hash)?;
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
