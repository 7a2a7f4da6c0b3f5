//! Key groups: the fixed number of pieces that keyed state is cut into, so that it can move between shards.

/// Key groups of every job; also the largest parallelism (Flink's default `pipeline.max-parallelism`).
pub const MAX_KEY_GROUPS: u16 = 128;

/// One piece of keyed state, `0..MAX_KEY_GROUPS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyGroup(pub u16);

impl KeyGroup {
    /// The group of a key with this hash. The high bits choose the group, so tables may use the low ones.
    pub fn of_hash(hash: u64) -> Self {
        Self(((hash >> 32) % u64::from(MAX_KEY_GROUPS)) as u16)
    }

    /// Which of `shards` owns the group: contiguous ranges, as in Flink's `KeyGroupRangeAssignment`.
    pub fn shard(self, shards: usize) -> usize {
        usize::from(self.0) * shards / usize::from(MAX_KEY_GROUPS)
    }
}

/// The key groups `start..end` that a shard owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyGroupRange {
    pub start: u16,
    pub end: u16,
}

impl KeyGroupRange {
    pub const ALL: Self = Self { start: 0, end: MAX_KEY_GROUPS };

    /// The range of shard `shard` out of `shards`.
    pub fn of_shard(shard: usize, shards: usize) -> Self {
        let groups = usize::from(MAX_KEY_GROUPS);
        let bound = |s: usize| (s * groups).div_ceil(shards) as u16;
        Self { start: bound(shard), end: bound(shard + 1) }
    }

    pub fn contains(self, group: KeyGroup) -> bool {
        (self.start..self.end).contains(&group.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_assignment_agree_for_every_parallelism() {
        for shards in 1..=usize::from(MAX_KEY_GROUPS) {
            for group in 0..MAX_KEY_GROUPS {
                let owner = KeyGroup(group).shard(shards);
                for shard in 0..shards {
                    assert_eq!(
                        KeyGroupRange::of_shard(shard, shards).contains(KeyGroup(group)),
                        shard == owner
                    );
                }
            }
        }
    }
}
