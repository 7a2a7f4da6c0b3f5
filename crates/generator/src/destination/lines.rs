//! Records as lines: of files (one a topic) or of stdout.

use std::io::{BufWriter, Write};
use std::path::Path;

use streamsql_core::{Error, Result};

use super::{Destination, Record};

type Writer = BufWriter<Box<dyn Write>>;

/// Writers of the streams; records of a stream without one are left out.
pub struct LinesDestination {
    writers: Vec<Writer>,
    /// For each stream the writer it goes to.
    of_stream: Vec<Option<usize>>,
    closed: bool,
}

impl LinesDestination {
    /// A file `NAME.json` for each stream that has a name, in a folder that is made when missing.
    ///
    /// # Errors
    /// `Unreachable` when they cannot be created.
    pub fn folder(folder: &Path, names: &[Option<&str>]) -> Result<Self> {
        let open = |name: &str| -> Result<Writer> {
            let path = folder.join(format!("{name}.json"));
            std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::File::create(&path))
                .map(|file| BufWriter::with_capacity(1 << 18, Box::new(file) as Box<dyn Write>))
                .map_err(|e| Error::unreachable(format!("cannot write {}: {e}", path.display())))
        };
        let writers = names.iter().flatten().map(|name| open(name)).collect::<Result<_>>()?;
        let mut next = 0..;
        let of_stream = names.iter().map(|name| name.and_then(|_| next.next())).collect();
        Ok(Self { writers, of_stream, closed: false })
    }

    /// The records of the wanted streams into one writer, in order.
    pub fn writer(out: Box<dyn Write>, wanted: &[bool]) -> Self {
        let of_stream = wanted.iter().map(|wanted| wanted.then_some(0)).collect();
        Self { writers: vec![BufWriter::with_capacity(1 << 16, out)], of_stream, closed: false }
    }

    fn flush(&mut self) -> Result<()> {
        let result = self.writers.iter_mut().try_for_each(Write::flush);
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
    fn send(&mut self, record: &Record) -> Result<()> {
        let Some(writer) = self.of_stream[record.stream] else { return Ok(()) };
        let writer = &mut self.writers[writer];
        let result = writer.write_all(&record.value).and_then(|()| writer.write_all(b"\n"));
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
