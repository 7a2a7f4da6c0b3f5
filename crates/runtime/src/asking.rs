//! Lookups on threads of their own: while a table is asked for the keys of one batch, the shard works on others.
//!
//! What comes to the node meanwhile waits behind that batch, in the order in which it came: rows, watermarks, idleness,
//! barriers. So rows keep their order, as in Flink's ordered mode, and an epoch holds what the rows before its barrier
//! led to. Batches that follow each other are asked for one after the other without waiting for the first answer.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};

use arrow::array::RecordBatch;
use streamsql_core::{ChangeBatch, Error, Lookup, LookupKeys, LookupRows, Message, Port, Result};

use crate::driver::Links;
use crate::fate::FatedThread;
use crate::records::Records;

/// Most batches that are asked for at once; the shard waits for the first of more.
const MOST_ASKED: usize = 4;
/// Most messages behind them.
const MOST_WAITING: usize = 256;

/// Tells a shard that an answer has come.
pub(crate) type Wake = Arc<dyn Fn() + Send + Sync>;

/// The line of a node that asks.
pub(crate) struct Asking {
    /// Dropped before the thread is waited for, which ends with it.
    requests: Sender<Request>,
    answers: Receiver<Result<LookupRows>>,
    line: VecDeque<Waiting>,
    /// Batches in the line that were asked for, and messages that say when the next may be.
    asked: usize,
    unasked: usize,
    /// Whether the line is being worked off.
    pub advancing: bool,
    _thread: FatedThread,
}

struct Request {
    keys: RecordBatch,
    now_ms: i64,
}

/// What waits in the line of a node.
pub(crate) enum Waiting {
    /// A batch, what was asked for it, and the records that led to it.
    Batch(Port, ChangeBatch, LookupKeys, Option<Records>),
    /// A message as it came on a channel.
    Message(Port, usize, Message),
}

impl Waiting {
    /// Whether batches behind it are not asked for: it is one that is not, or what it does to channels is not known yet.
    fn is_unasked(&self) -> bool {
        matches!(self, Self::Message(_, _, Message::Batch(_) | Message::Barrier(_)))
    }
}

impl Asking {
    /// Starts a thread that asks.
    pub fn start(mut lookup: Box<dyn Lookup>, name: String, links: &Links, wake: Wake) -> Result<Self> {
        let (requests, asked) = channel::<Request>();
        let (answered, answers) = channel();
        let thread = links.spawn(name, move || {
            for Request { keys, now_ms } in asked {
                if answered.send(lookup.lookup(&keys, now_ms)).is_err() {
                    // The shard has ended.
                    break;
                }
                wake();
            }
            Ok(())
        })?;
        Ok(Self {
            requests,
            answers,
            line: VecDeque::new(),
            asked: 0,
            unasked: 0,
            advancing: false,
            _thread: thread,
        })
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.line.is_empty()
    }

    /// Whether so much waits that the shard does, too.
    pub fn is_full(&self) -> bool {
        self.asked > MOST_ASKED || self.line.len() > MOST_WAITING
    }

    /// Whether a batch that comes may be asked for at once: all before it are.
    pub fn may_ask(&self) -> bool {
        self.unasked == 0
    }

    /// Asks for a batch, which waits behind all others, or before them where it was the first of the line.
    pub fn ask(&mut self, waiting: Waiting, now_ms: i64, first: bool) -> Result<()> {
        if let Waiting::Batch(_, _, asked, _) = &waiting {
            self.requests.send(Request { keys: asked.keys.clone(), now_ms }).map_err(|_| ended())?;
        }
        self.asked += 1;
        if first {
            self.line.push_front(waiting)
        } else {
            self.line.push_back(waiting)
        }
        Ok(())
    }

    /// Puts a message behind all others.
    pub fn wait(&mut self, waiting: Waiting) {
        self.unasked += usize::from(waiting.is_unasked());
        self.line.push_back(waiting);
    }

    /// Puts messages before all others, in their order.
    pub fn wait_first(&mut self, messages: Vec<(Port, usize, Message)>) {
        for (port, channel, message) in messages.into_iter().rev() {
            let waiting = Waiting::Message(port, channel, message);
            self.unasked += usize::from(waiting.is_unasked());
            self.line.push_front(waiting);
        }
    }

    /// Takes the first of the line: a batch when its answer is there, or, where `waits`, when it comes.
    pub fn next(&mut self, waits: bool) -> Result<Option<(Waiting, Option<Result<LookupRows>>)>> {
        let answer = match self.line.front() {
            None => return Ok(None),
            Some(Waiting::Message(..)) => None,
            Some(Waiting::Batch(..)) if waits => Some(self.answers.recv().map_err(|_| ended())?),
            Some(Waiting::Batch(..)) => match self.answers.try_recv() {
                Ok(answer) => Some(answer),
                Err(TryRecvError::Empty) => return Ok(None),
                Err(TryRecvError::Disconnected) => return Err(ended()),
            },
        };
        self.asked -= usize::from(answer.is_some());
        let Some(first) = self.line.pop_front() else { return Ok(None) };
        self.unasked -= usize::from(first.is_unasked());
        Ok(Some((first, answer)))
    }
}

/// The thread knows why.
fn ended() -> Error {
    Error::internal("the thread of a lookup ended")
}

/// An answer that is there, to the keys that the operator is told it was asked for.
pub(crate) struct Answered(pub Option<Result<LookupRows>>);

impl Lookup for Answered {
    fn lookup(&mut self, _keys: &RecordBatch, _now_ms: i64) -> Result<LookupRows> {
        self.0.take().unwrap_or_else(|| Err(Error::internal("an operator asks twice for one batch")))
    }
}
