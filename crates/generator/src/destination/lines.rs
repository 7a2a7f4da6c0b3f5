//! Records as lines: of files (one a topic) or of stdout.

use std::io::{BufWriter, Write};
use std::path::Path;

use streamsql_core::{Error, Result};

use super::Destination;
use crate::{Event, Kind, write_json};

type Writer = BufWriter<Box<dyn Write>>;

/// Writers of clicks and checkouts; an event without a writer is left out.
pub struct LinesDestination {
    clicks: Option<Writer>,
    checkouts: Option<Writer>,
    /// Both kinds into one writer, in order.
    both: Option<Writer>,
    line: Vec<u8>,
    closed: bool,
}

impl LinesDestination {
    /// Files `clicks.json` and `checkouts.json` in a folder that is made when missing.
    ///
    /// # Errors
    /// `Unreachable` when they cannot be created.
    pub fn folder(folder: &Path, clicks: bool, checkouts: bool) -> Result<Self> {
        let open = |name: &str| -> Result<Writer> {
            std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::File::create(folder.join(name)))
                .map(|file| BufWriter::with_capacity(1 << 18, Box::new(file) as Box<dyn Write>))
                .map_err(|e| Error::unreachable(format!("cannot write {}: {e}", folder.join(name).display())))
        };
        Ok(Self {
            clicks: clicks.then(|| open("clicks.json")).transpose()?,
            checkouts: checkouts.then(|| open("checkouts.json")).transpose()?,
            both: None,
            line: Vec::new(),
            closed: false,
        })
    }

    /// All records into one writer; `clicks` and `checkouts` say which.
    pub fn writer(out: Box<dyn Write>, clicks: bool, checkouts: bool) -> Self {
        let out = BufWriter::with_capacity(1 << 16, out);
        let (mut own_clicks, mut own_checkouts, mut both) = (None, None, None);
        match (clicks, checkouts) {
            (true, true) => both = Some(out),
            (true, false) => own_clicks = Some(out),
            (false, true) => own_checkouts = Some(out),
            (false, false) => {}
        }
        Self { clicks: own_clicks, checkouts: own_checkouts, both, line: Vec::new(), closed: false }
    }

    fn flush(&mut self) -> Result<()> {
        let all = [&mut self.clicks, &mut self.checkouts, &mut self.both];
        let result = all.into_iter().flatten().try_for_each(Write::flush);
        self.judge(result)
    }

    fn judge(&mut self, result: std::io::Result<()>) -> Result<()> {
        match result {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            other => other.map_err(|e| Error::failed(format!("cannot write the records: {e}"))),
        }
    }
}

impl Destination for LinesDestination {
    fn send(&mut self, event: &Event) -> Result<()> {
        let own = match event.kind {
            Kind::Click => &mut self.clicks,
            Kind::Checkout => &mut self.checkouts,
        };
        let Some(writer) = own.as_mut().or(self.both.as_mut()) else { return Ok(()) };
        self.line.clear();
        write_json(event, &mut self.line);
        self.line.push(b'\n');
        let result = writer.write_all(&self.line);
        self.judge(result)
    }

    fn is_closed(&self) -> bool {
        self.closed
    }

    fn idle(&mut self) -> Result<()> {
        self.flush()
    }

    fn finish(&mut self) -> Result<()> {
        self.flush()
    }
}
