//! How much is fed at once, so that what an epoch gives stays bounded whatever becomes of its rows.
//!
//! A row may become a thousand (UNNEST, a join). How many bytes leave for a row that came is watched all the time; a batch
//! is fed in pieces that should give an eighth of an epoch, beginning with few rows and with more as it is known what
//! becomes of them. Shards on other threads are given no more than should fill the open epoch.

/// Rows of the first piece, when nothing is known.
const FIRST: u64 = 256;
/// A piece is at most so many times as large as the one before.
const GROWTH: u64 = 4;
/// Pieces that fill an epoch.
const PIECES: f64 = 8.0;

/// What was fed, and what became of it.
pub(crate) struct Throttle {
    epoch_bytes: u64,
    /// Rows fed, and rows worked on, since the start.
    fed: u64,
    done: u64,
    /// Bytes for sinks since the start, those of complete epochs, and those that had left when rows were last done.
    out: u64,
    out_complete: u64,
    out_measured: u64,
    /// Bytes out for a row; none before the first is done.
    bytes_a_row: Option<f64>,
    piece: u64,
}

impl Throttle {
    /// `epoch_bytes`: see `RunOptions::epoch_bytes`.
    pub fn new(epoch_bytes: u64) -> Self {
        Self {
            epoch_bytes,
            fed: 0,
            done: 0,
            out: 0,
            out_complete: 0,
            out_measured: 0,
            bytes_a_row: None,
            piece: FIRST,
        }
    }

    /// Takes notice of the rows that were worked on and the bytes that left for sinks, both since the start.
    pub fn observe(&mut self, done: u64, out: u64) {
        self.out = out;
        let rows = done.saturating_sub(self.done);
        if rows == 0 {
            return;
        }
        // With what has left already for rows that are not done: that is too much rather than too little.
        let now = out.saturating_sub(self.out_measured) as f64 / rows as f64;
        // Up at once, down slowly.
        let before = self.bytes_a_row.unwrap_or(now);
        let bytes_a_row = now.max(before + (now - before) / 4.0);
        self.bytes_a_row = Some(bytes_a_row);
        let wanted = self.epoch_bytes as f64 / PIECES / bytes_a_row.max(f64::MIN_POSITIVE);
        self.piece = (wanted as u64).clamp(1, self.piece.saturating_mul(GROWTH));
        (self.done, self.out_measured) = (done, out);
    }

    /// Whether the open epoch has given all it may.
    pub fn is_full(&self) -> bool {
        self.open() >= self.epoch_bytes
    }

    /// Whether more may be fed: what is under way will not fill the open epoch.
    pub fn may_feed(&self) -> bool {
        let under_way = self.fed.saturating_sub(self.done);
        if self.is_full() {
            return false;
        }
        match self.bytes_a_row {
            _ if under_way == 0 => true,
            None => under_way < FIRST,
            Some(bytes) => {
                let open = (self.open()) as f64;
                open + under_way.saturating_add(self.piece) as f64 * bytes <= self.epoch_bytes as f64
            }
        }
    }

    /// Rows that the next piece should have.
    pub fn piece(&self) -> usize {
        usize::try_from(self.piece).unwrap_or(usize::MAX)
    }

    pub fn feed(&mut self, rows: usize) {
        self.fed += rows as u64;
    }

    /// An epoch is complete: so many bytes left in it. Until then they count as if they were those of the open one, for
    /// they are not told apart on their way.
    pub fn complete(&mut self, bytes: u64) {
        self.out_complete += bytes;
    }

    /// Bytes that left since the last complete epoch.
    fn open(&self) -> u64 {
        self.out.saturating_sub(self.out_complete)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_grow_while_little_leaves_and_shrink_at_once() {
        let mut throttle = Throttle::new(64 << 20);
        assert_eq!(throttle.piece(), 256);
        throttle.observe(256, 256 * 10);
        assert_eq!(throttle.piece(), 1_024);
        throttle.observe(1_280, 1_280 * 10);
        assert_eq!(throttle.piece(), 4_096);
        // A thousand rows of 100 bytes for each.
        throttle.observe(1_281, 12_800 + 100_000);
        assert_eq!(throttle.piece(), 83);
        throttle.observe(2_000_000, 112_800 + 20_000_000);
        assert!((84..332).contains(&throttle.piece()), "{}", throttle.piece());
    }

    #[test]
    fn an_epoch_takes_no_more_than_should_fill_it() {
        let mut throttle = Throttle::new(1_000);
        throttle.feed(256);
        assert!(!throttle.may_feed(), "nothing is known of what is under way");
        throttle.observe(100, 500);
        assert!(!throttle.may_feed(), "156 rows are under way and should give 780 bytes");
        throttle.observe(256, 900);
        assert!(throttle.may_feed());
        assert!(!throttle.is_full());
        throttle.observe(256, 1_000);
        assert!(throttle.is_full() && !throttle.may_feed());
        throttle.complete(700);
        assert!(!throttle.is_full() && throttle.may_feed());
        throttle.observe(256, 1_700);
        assert!(throttle.is_full(), "1,000 bytes left since");
    }
}
