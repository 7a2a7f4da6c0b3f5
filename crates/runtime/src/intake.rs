//! What sources have read and the shards have not taken: which of it comes next, and in pieces of which size.
//!
//! Scans that meet downstream are read in event time: the one that is furthest behind goes first, and one that is ahead
//! waits while the other catches up, so that no join has to keep what one topic is ahead of another. So are scans of one
//! `scan.watermark.alignment.group`, whether they meet or not. Nothing waits for a source that is quiet, idle or at its
//! end. What waits is bounded by the sources' budgets.

use std::collections::VecDeque;
use std::time::Duration;

use streamsql_core::{Error, Result, SourceEvent, Watermark};
use streamsql_plan::{Dataflow, NodeId, NodeKind};

use crate::source_thread::batch_bytes;

/// As far as this, ms of event time, a scan may be ahead of another one, unless its table says
/// `scan.watermark.alignment.max-drift`.
const DRIFT_MS: i64 = 1_000;
/// A source with fewer records left to read keeps up; nobody waits for it.
const CATCHES_UP: u64 = 10_000;
/// How long a source that catches up may be silent before nobody waits for it any more; less where the source does not
/// know what is left to read.
const PATIENCE: Duration = Duration::from_secs(2);
const PATIENCE_UNKNOWN: Duration = Duration::from_millis(100);

/// Where a scan stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    /// Event time told so far; none for a scan without it.
    pub watermark: Option<Watermark>,
    /// Neither idle nor ended.
    pub reads: bool,
    /// Records left to read, where the source knows.
    pub lag: Option<u64>,
}

/// An event of a source that is next.
pub(crate) struct Taken {
    pub scan: usize,
    pub event: SourceEvent,
    /// Bytes to give back to the source's budget when the event has been worked on.
    pub release: usize,
    /// Records of the batch, with those of the pieces that are still here.
    pub records: u64,
}

struct Queued {
    /// Order of arrival over all scans.
    number: u64,
    event: SourceEvent,
    bytes: usize,
}

/// Events of all scans, in order scan by scan.
pub(crate) struct Intake {
    queues: Vec<VecDeque<Queued>>,
    /// Scans of one group meet downstream, or are said to be aligned.
    groups: Vec<usize>,
    /// How far each scan may be ahead of others of its group, ms.
    drifts_ms: Vec<i64>,
    /// When a scan's source last said something.
    heard: Vec<Duration>,
    arrived: u64,
}

impl Intake {
    /// For scans of these groups; `now` is monotonic.
    pub fn new(groups: Vec<usize>, now: Duration) -> Self {
        let queues = groups.iter().map(|_| VecDeque::new()).collect();
        let (heard, drifts_ms) = (vec![now; groups.len()], vec![DRIFT_MS; groups.len()]);
        Self { queues, heard, groups, drifts_ms, arrived: 0 }
    }

    /// With how far each scan may be ahead, ms; none for what is usual.
    pub fn with_drifts(mut self, drifts_ms: Vec<Option<i64>>) -> Self {
        self.drifts_ms = drifts_ms.into_iter().map(|drift| drift.unwrap_or(DRIFT_MS)).collect();
        self
    }

    pub fn push(&mut self, scan: usize, event: SourceEvent, now: Duration) {
        let bytes = match &event {
            SourceEvent::Batch(batch) => batch_bytes(batch),
            _ => 0,
        };
        self.heard[scan] = now;
        self.queues[scan].push_back(Queued { number: self.arrived, event, bytes });
        self.arrived += 1;
    }

    pub fn is_empty(&self) -> bool {
        self.queues.iter().all(VecDeque::is_empty)
    }

    /// The next event, of a batch about `rows` rows; none while nothing is here, or what is here waits for a scan that is
    /// behind it.
    pub fn next(&mut self, standings: &[Standing], rows: usize, now: Duration) -> Option<Taken> {
        let here = (0..self.queues.len()).filter_map(|scan| Some((scan, self.queues[scan].front()?.number)));
        let place = |scan: usize| standings[scan].watermark.unwrap_or(Watermark::MIN);
        let (scan, _) = here
            .filter(|(scan, _)| !self.waits(*scan, standings, now))
            .min_by_key(|(scan, number)| (place(*scan), *number))?;
        let Queued { number, event, bytes } = self.queues[scan].pop_front()?;
        let (event, records, rest) = match event {
            SourceEvent::Batch(batch) => {
                let records = batch.records;
                let (piece, rest) = batch.cut(rows);
                (SourceEvent::Batch(piece), records, rest)
            }
            other => (other, 0, None),
        };
        let Some(rest) = rest else { return Some(Taken { scan, event, release: bytes, records }) };
        self.queues[scan].push_front(Queued { number, event: SourceEvent::Batch(rest), bytes });
        Some(Taken { scan, event, release: 0, records })
    }

    /// Whether a scan is ahead of one that it meets, whose next rows are on their way.
    fn waits(&self, scan: usize, standings: &[Standing], now: Duration) -> bool {
        let Some(own) = standings[scan].watermark else { return false };
        (0..standings.len()).any(|other| {
            let Standing { watermark: Some(behind), reads: true, lag } = standings[other] else {
                return false;
            };
            let patience = match lag {
                Some(lag) if lag < CATCHES_UP => Duration::ZERO,
                Some(_) => PATIENCE,
                None => PATIENCE_UNKNOWN,
            };
            self.groups[other] == self.groups[scan]
                && behind.0.saturating_add(self.drifts_ms[scan]) < own.0
                && self.queues[other].is_empty()
                && now.saturating_sub(self.heard[other]) < patience
        })
    }
}

/// How far the table of each of these scans says that it may be ahead, ms.
///
/// # Errors
/// An option that is no duration.
pub(crate) fn drifts(dataflow: &Dataflow, scans: &[NodeId]) -> Result<Vec<Option<i64>>> {
    let drift = |scan: &NodeId| {
        let Some(text) = option(dataflow, *scan, "scan.watermark.alignment.max-drift") else {
            return Ok(None);
        };
        let drift = streamsql_core::units::duration(text).map_err(|what| {
            Error::invalid(format!("'scan.watermark.alignment.max-drift' = '{text}': {what}"))
        })?;
        Ok(Some(i64::try_from(drift.as_millis()).unwrap_or(i64::MAX)))
    };
    scans.iter().map(drift).collect()
}

fn option<'d>(dataflow: &'d Dataflow, scan: NodeId, key: &str) -> Option<&'d str> {
    match &dataflow.node(scan).kind {
        NodeKind::TableSourceScan(scan) => scan.table.option(key),
        _ => None,
    }
}

/// For each of these scans a number that it shares with those whose rows meet its own in some node, or whose tables name
/// the same group.
pub(crate) fn groups(dataflow: &Dataflow, scans: &[NodeId]) -> Vec<usize> {
    let mut groups: Vec<usize> = (0..scans.len()).collect();
    // The scans upstream of each node; inputs come before the nodes that read them.
    let mut upstream: Vec<Vec<usize>> = Vec::with_capacity(dataflow.nodes.len());
    for id in dataflow.ids() {
        let mut above: Vec<usize> = scans.iter().position(|scan| *scan == id).into_iter().collect();
        above.extend(dataflow.node(id).inputs.iter().flat_map(|input| upstream[input.node.0].clone()));
        above.sort_unstable();
        above.dedup();
        if let Some(lowest) = above.iter().map(|scan| groups[*scan]).min() {
            let joined: Vec<usize> = above.iter().map(|scan| groups[*scan]).collect();
            groups.iter_mut().filter(|group| joined.contains(group)).for_each(|group| *group = lowest);
        }
        upstream.push(above);
    }
    let named: Vec<Option<&str>> =
        scans.iter().map(|scan| option(dataflow, *scan, "scan.watermark.alignment.group")).collect();
    for (scan, name) in named.iter().enumerate() {
        let same = (0..scan).find(|other| name.is_some() && named[*other] == *name);
        if let Some(other) = same {
            let (from, to) = (groups[scan], groups[other]);
            groups.iter_mut().filter(|group| **group == from).for_each(|group| *group = to);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    use streamsql_core::{ChangeBatch, Cut, SourceBatch, Split};

    use super::*;

    fn batch(rows: usize, cuts: &[usize]) -> SourceEvent {
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows as i64));
        let cut = |rows: &usize| Cut { rows: *rows, records: *rows as u64, next_position: *rows as i64 };
        SourceEvent::Batch(SourceBatch {
            split: Split { topic: Arc::from("t"), partition: 0 },
            batch: ChangeBatch::inserts(RecordBatch::try_from_iter([("n", column)]).unwrap()),
            next_position: rows as i64,
            records: rows as u64,
            skipped: 0,
            bytes: 0,
            dead_letters: Vec::new(),
            origins: None,
            cuts: cuts.iter().map(cut).collect(),
        })
    }

    fn at(watermark_ms: i64, lag: Option<u64>) -> Standing {
        Standing { watermark: Some(Watermark(watermark_ms)), reads: true, lag }
    }

    const BUSY: Option<u64> = Some(1_000_000);
    const START: Duration = Duration::from_secs(100);

    fn intake(groups: &[usize], waiting: &[usize]) -> Intake {
        let mut intake = Intake::new(groups.to_vec(), START);
        for scan in waiting {
            intake.push(*scan, batch(10, &[]), START);
        }
        intake
    }

    fn next(intake: &mut Intake, standings: &[Standing], now: Duration) -> Option<usize> {
        intake.next(standings, usize::MAX, now).map(|taken| taken.scan)
    }

    #[test]
    fn the_scan_that_is_behind_goes_first() {
        let mut intake = intake(&[0, 0], &[0, 0, 1]);
        assert_eq!(next(&mut intake, &[at(90_000, BUSY), at(30_000, BUSY)], START), Some(1));
        // Nothing of it is here now, but more is on its way.
        assert_eq!(next(&mut intake, &[at(90_000, BUSY), at(60_000, BUSY)], START), None);
        assert_eq!(next(&mut intake, &[at(90_000, BUSY), at(89_500, BUSY)], START), Some(0));
        assert_eq!(next(&mut intake, &[at(90_000, BUSY), at(99_500, BUSY)], START), Some(0));
        assert!(intake.is_empty());
    }

    #[test]
    fn a_scan_may_be_ahead_as_far_as_its_table_says() {
        let (far, near) = ([at(90_000, BUSY), at(60_000, BUSY)], [at(60_200, BUSY), at(60_000, BUSY)]);
        for (drift_ms, standings, taken) in
            [(30_000, far, Some(0)), (29_999, far, None), (100, near, None), (200, near, Some(0))]
        {
            let mut intake = intake(&[0, 0], &[0]).with_drifts(vec![Some(drift_ms), None]);
            assert_eq!(next(&mut intake, &standings, START), taken, "{drift_ms} ms");
        }
    }

    #[test]
    fn scans_of_equal_event_time_go_by_arrival() {
        let mut intake = intake(&[0, 0], &[1, 0, 1]);
        let equal = [at(5, BUSY), at(5, BUSY)];
        let order: Vec<_> = std::iter::from_fn(|| next(&mut intake, &equal, START)).collect();
        assert_eq!(order, [1, 0, 1]);
    }

    #[test]
    fn nobody_waits_for_a_scan_that_is_quiet_idle_ended_or_met_nowhere() {
        let late = START + PATIENCE;
        let cases: [(&str, [usize; 2], Standing, Duration); 5] = [
            ("it keeps up", [0, 0], at(0, Some(3)), START),
            ("it is idle or has ended", [0, 0], Standing { reads: false, ..at(0, BUSY) }, START),
            ("it has no event time", [0, 0], Standing { watermark: None, ..at(0, BUSY) }, START),
            ("it is silent", [0, 0], at(0, BUSY), late),
            ("it is met nowhere", [0, 1], at(0, BUSY), START),
        ];
        for (why, groups, other, now) in cases {
            let mut intake = intake(&groups, &[0]);
            assert_eq!(next(&mut intake, &[at(90_000, BUSY), other], now), Some(0), "{why}");
        }
        let mut unknown = intake(&[0, 0], &[0]);
        assert_eq!(next(&mut unknown, &[at(90_000, None), at(0, None)], START), None);
        assert_eq!(next(&mut unknown, &[at(90_000, None), at(0, None)], START + PATIENCE_UNKNOWN), Some(0));
    }

    #[test]
    fn a_batch_goes_in_pieces_and_its_bytes_are_released_with_the_last() {
        let mut intake = Intake::new(vec![0], START);
        intake.push(0, batch(200, &[64, 128, 192]), START);
        let mut pieces = Vec::new();
        while let Some(taken) = intake.next(&[at(0, None)], 100, START) {
            let SourceEvent::Batch(piece) = &taken.event else { panic!("a batch became something else") };
            pieces.push((piece.batch.num_rows(), piece.records, piece.next_position, taken.release));
        }
        assert_eq!(pieces, [(128, 128, 128, 0), (72, 72, 200, 1_600)]);
    }
}
