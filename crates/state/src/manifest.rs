//! The manifest: what the state of an epoch consists of, and where reading goes on.
//!
//! File = magic "SSQM" | format version u16 | payload length u64 | xxh3-128 of the payload | payload (JSON).
//! Length and hash are checked before the payload is read.

use serde::{Deserialize, Serialize};
use streamsql_core::{Error, Result, SegmentId};
use xxhash_rust::xxh3::xxh3_128;

use crate::tables::StoredRows;

const MAGIC: &[u8; 4] = b"SSQM";
const VERSION: u16 = 3;
/// The version before named its plan as a whole (`plan_fingerprint`), not its nodes; it is still read.
const WITHOUT_NODES: u16 = 2;
const HEADER: usize = 4 + 2 + 8 + 16;

/// State of one epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub job: String,
    pub generation: u64,
    pub epoch: u64,
    /// Manifest of the epoch before: name and hash (hex), a chain back to the first.
    pub parent: Option<(String, String)>,
    /// Whether this only adds to the parent's manifest: its segments come first, and its plan counts.
    #[serde(default)]
    pub continues: bool,
    /// The plan that wrote the state: `node` below is a position in it.
    #[serde(default)]
    pub plan: StoredPlan,
    /// In place of `plan` where version 2 wrote it: `streamsql_plan::fingerprint` of the plan.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub plan_fingerprint: String,
    /// Processing time at the epoch's end, ms.
    pub now_ms: i64,
    pub sources: Vec<SourceState>,
    /// All segments of the state, or those of this epoch where it continues.
    pub segments: Vec<SegmentRef>,
    /// Where it continues: what earlier segments no longer count for.
    #[serde(default)]
    pub released: Vec<Released>,
    /// What the job's two-phase sinks prepared in this epoch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<TokenRef>,
}

/// Part of a file that holds what a two-phase sink prepared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRef {
    /// The sink's name within the job.
    pub sink: String,
    pub file: String,
    pub offset: u64,
    pub length: u64,
    /// xxh3-128, hex.
    pub hash: String,
}

/// What must be known of a plan to find its state again under another one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPlan {
    pub nodes: Vec<StoredNode>,
}

/// A node of the plan. Hashes are hex: JSON's numbers end at 53 bits in many readers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredNode {
    /// Hash of its sub-plan (`streamsql_plan::addresses`).
    pub address: String,
    /// Hash of the operator alone.
    pub definition: String,
    /// Hash of its sub-plan whatever columns its rows have (`streamsql_plan::lineages`); what builds before this one wrote
    /// does not say it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub lineage: String,
    pub kind: String,
    /// As EXPLAIN shows it.
    pub shown: String,
    /// Where in the user's files it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<usize>,
    /// Its state tables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<StoredTable>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<StoredSource>,
}

/// A state table of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredTable {
    pub name: String,
    /// Hash of everything that decides how its rows are read.
    pub layout: String,
    /// Where its columns come from; what builds before this one wrote does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<StoredRows>,
}

/// What a source is called across plans (`streamsql_plan::source_identities`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSource {
    pub address: String,
    pub watermark: String,
    /// Whether it reads a table, not constant rows.
    pub is_table: bool,
    /// The table's name.
    pub name: String,
}

/// Where a scan stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceState {
    pub node: usize,
    pub table: String,
    pub splits: Vec<SplitState>,
    /// The watermark told so far; above the splits' minimum when one of them was idle for a while.
    #[serde(default)]
    pub watermark_ms: Option<i64>,
}

/// Where one split stands. A split without data is stored too: its watermark takes part from the first moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitState {
    pub topic: String,
    pub partition: i32,
    /// Next record to read.
    pub position: i64,
    pub watermark_ms: Option<i64>,
    pub idle: bool,
}

/// Part of a file that holds one segment of one state table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRef {
    pub node: usize,
    pub table: usize,
    pub epoch: u64,
    pub writer: u16,
    pub file: String,
    pub offset: u64,
    /// Length of its head; the pages follow.
    pub head: u64,
    pub length: u64,
    /// xxh3-128 of the head, hex; the head has the checksums of the pages.
    pub hash: String,
    /// The key groups for which it counts, a bit each.
    #[serde(with = "bits")]
    pub groups: u128,
}

/// Key groups for which a segment no longer counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    pub node: usize,
    pub table: usize,
    pub epoch: u64,
    pub writer: u16,
    #[serde(with = "bits")]
    pub groups: u128,
}

impl SegmentRef {
    pub fn id(&self) -> SegmentId {
        SegmentId { epoch: self.epoch, writer: self.writer }
    }
}

impl Released {
    pub fn id(&self) -> SegmentId {
        SegmentId { epoch: self.epoch, writer: self.writer }
    }
}

/// Key groups as hex: JSON's numbers end at 64 bits.
mod bits {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bits: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{bits:x}"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map_err(D::Error::custom)
    }
}

impl Manifest {
    /// The file's bytes.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let payload = serde_json::to_vec(self).map_err(|e| Error::internal(format!("manifest: {e}")))?;
        let mut bytes = Vec::with_capacity(HEADER + payload.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&(payload.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&xxh3_128(&payload).to_le_bytes());
        bytes.extend_from_slice(&payload);
        Ok(bytes)
    }

    /// Reads a file's bytes.
    ///
    /// # Errors
    /// `State`, naming `file`, when the bytes are not a whole, undamaged manifest of this version.
    pub fn decode(bytes: &[u8], file: &str) -> Result<Self> {
        let damaged = |what: &str| Error::state(format!("state file {file} is damaged: {what}"));
        if bytes.len() < HEADER || &bytes[..4] != MAGIC {
            return Err(damaged("it does not start as a manifest"));
        }
        let version = u16::from_le_bytes([bytes[4], bytes[5]]);
        if version != VERSION && version != WITHOUT_NODES {
            return Err(other_version(file, version));
        }
        let (header, payload) = bytes.split_at(HEADER);
        let length = header[6..14].iter().rev().fold(0u64, |n, b| (n << 8) | u64::from(*b));
        if length != payload.len() as u64 {
            return Err(damaged(&format!("expected {length} bytes, found {}", payload.len())));
        }
        if header[14..] != xxh3_128(payload).to_le_bytes() {
            return Err(damaged("its checksum does not match"));
        }
        let manifest: Self = serde_json::from_slice(payload).map_err(|e| damaged(&e.to_string()))?;
        // Each version has its own word for the plan, and a manifest that continues another one has none.
        let has_fingerprint = !manifest.plan_fingerprint.is_empty();
        let has_nodes = !manifest.plan.nodes.is_empty();
        let fits = match version {
            WITHOUT_NODES => !has_nodes && has_fingerprint != manifest.continues,
            _ => !(has_fingerprint || has_nodes && manifest.continues),
        };
        if fits { Ok(manifest) } else { Err(damaged("what it says of its plan is of another version")) }
    }
}

fn other_version(file: &str, version: u16) -> Error {
    Error::state(format!("state file {file} has format version {version}, this build reads {VERSION}")).hint(
        "run the build that wrote it, or let the job start afresh: give it a new name in streamsql.yaml and empty \
         its target tables",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(version: u16, payload: &str) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&version.to_le_bytes());
        bytes.extend_from_slice(&(payload.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&xxh3_128(payload.as_bytes()).to_le_bytes());
        bytes.extend_from_slice(payload.as_bytes());
        bytes
    }

    /// As builds of version 2 wrote it.
    const OF_VERSION_2: &str = r#"{"job":"j","generation":1,"epoch":2,"parent":null,"continues":false,"plan_fingerprint":"0 TableSourceScan t\n","now_ms":3,"sources":[{"node":0,"table":"t","splits":[],"watermark_ms":null}],"segments":[],"released":[]}"#;

    #[test]
    fn the_version_before_is_read_with_its_fingerprint() {
        let manifest = Manifest::decode(&file(2, OF_VERSION_2), "f").unwrap();
        assert_eq!(manifest.plan_fingerprint, "0 TableSourceScan t\n");
        assert_eq!((manifest.plan.nodes.len(), manifest.sources.len(), manifest.epoch), (0, 1, 2));
        // The same under the number of this version has no plan that counts.
        let error = Manifest::decode(&file(3, OF_VERSION_2), "f").unwrap_err();
        assert!(error.message.contains("of another version"), "{error}");
    }

    /// What an older build wrote is refused, and the message says what to do.
    #[test]
    fn state_of_older_versions_is_refused() {
        let mut bytes = b"SSQM".to_vec();
        bytes.extend_from_slice(&1u16.to_le_bytes());
        bytes.extend_from_slice(&[0; 24]);
        let error = Manifest::decode(&bytes, "epochs/7.manifest").unwrap_err();
        assert_eq!(error.kind.exit_code(), 6);
        assert!(error.message.contains("epochs/7.manifest has format version 1"), "{error}");
        assert!(error.hint.is_some_and(|hint| hint.contains("new name in streamsql.yaml")));
    }

    #[test]
    fn every_flip_and_cut_is_refused() {
        let manifest = Manifest {
            job: "j".into(),
            generation: 1,
            epoch: 2,
            parent: None,
            continues: false,
            plan: StoredPlan {
                nodes: vec![StoredNode {
                    address: "00000000000000ff".into(),
                    definition: "000000000000000a".into(),
                    lineage: String::new(),
                    kind: "TableSourceScan".into(),
                    shown: "TableSourceScan(t)".into(),
                    place: Some("sql/t.sql:1:1".into()),
                    inputs: vec![],
                    tables: vec![StoredTable { name: "rows".into(), layout: "01".into(), rows: None }],
                    source: Some(StoredSource {
                        address: "02".into(),
                        watermark: "03".into(),
                        is_table: true,
                        name: "t".into(),
                    }),
                }],
            },
            plan_fingerprint: String::new(),
            now_ms: 3,
            sources: vec![],
            segments: vec![],
            released: vec![],
            tokens: vec![],
        };
        let bytes = manifest.encode().unwrap();
        assert_eq!(Manifest::decode(&bytes, "f").unwrap(), manifest);
        for length in 0..bytes.len() {
            assert!(Manifest::decode(&bytes[..length], "f").is_err());
        }
        for position in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[position] ^= 1;
            assert!(Manifest::decode(&flipped, "f").is_err(), "flip at {position}");
        }
    }
}
