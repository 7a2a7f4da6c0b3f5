//! The manifest: what the state of an epoch consists of, and where reading goes on.
//!
//! File = magic "SSQM" | format version u16 | payload length u64 | xxh3-128 of the payload | payload (JSON).
//! Length and hash are checked before the payload is read.

use serde::{Deserialize, Serialize};
use streamsql_core::{Error, Result, SegmentId};
use xxhash_rust::xxh3::xxh3_128;

const MAGIC: &[u8; 4] = b"SSQM";
const VERSION: u16 = 2;
const HEADER: usize = 4 + 2 + 8 + 16;

/// State of one epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub job: String,
    pub generation: u64,
    pub epoch: u64,
    /// Manifest of the epoch before: name and hash (hex), a chain back to the first.
    pub parent: Option<(String, String)>,
    /// Whether this only adds to the parent's manifest: its segments come first, and its plan's fingerprint counts.
    #[serde(default)]
    pub continues: bool,
    /// `streamsql_plan::fingerprint` of the plan that wrote the state.
    pub plan_fingerprint: String,
    /// Processing time at the epoch's end, ms.
    pub now_ms: i64,
    pub sources: Vec<SourceState>,
    /// All segments of the state, or those of this epoch where it continues.
    pub segments: Vec<SegmentRef>,
    /// Where it continues: what earlier segments no longer count for.
    #[serde(default)]
    pub released: Vec<Released>,
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
        if version != VERSION {
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
        serde_json::from_slice(payload).map_err(|e| damaged(&e.to_string()))
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

    /// What a build before this one wrote is refused, and the message says what to do.
    #[test]
    fn state_of_the_version_before_is_refused() {
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
            plan_fingerprint: "p".into(),
            now_ms: 3,
            sources: vec![],
            segments: vec![],
            released: vec![],
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
