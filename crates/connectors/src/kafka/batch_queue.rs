//! Many messages with one call of librdkafka; the workspace's only unsafe code.
//!
//! The messages of all partitions are routed into one queue of our own, apart from the client's events: librdkafka
//! ends the process when a batch call meets an event that is no message. Messages are read in place and given back
//! together when a batch is dropped.
#![allow(
    unsafe_code,
    reason = "rdkafka has no safe form of the batch call, which halves the cost of a message"
)]

use std::ffi::{CStr, CString, c_char, c_void};
use std::marker::PhantomData;
use std::ptr::NonNull;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka_sys as sys;

use super::client::ClientLog;

/// A consumer with the queue that its partitions' messages go to.
pub struct BatchQueue {
    // Fields are dropped in this order: the queue must go before its client.
    queue: QueueHandle,
    consumer: BaseConsumer<ClientLog>,
}

/// Room for the messages of one call; empty between calls.
pub struct MessageBuffer {
    raw: Vec<*mut sys::rd_kafka_message_t>,
    capacity: usize,
}

struct QueueHandle(NonNull<sys::rd_kafka_queue_t>);

// SAFETY: librdkafka's handles may be used from any thread.
unsafe impl Send for QueueHandle {}
// SAFETY: it holds messages only while a `Messages` borrows it, which cannot be sent.
unsafe impl Send for MessageBuffer {}

impl MessageBuffer {
    /// Room for this many messages.
    pub fn new(capacity: usize) -> Self {
        Self { raw: Vec::with_capacity(capacity), capacity }
    }
}

impl Drop for QueueHandle {
    fn drop(&mut self) {
        // SAFETY: the handle came from `rd_kafka_queue_new` or `_get_partition`, and this is its only owner.
        unsafe { sys::rd_kafka_queue_destroy(self.0.as_ptr()) }
    }
}

impl BatchQueue {
    /// None when librdkafka is out of memory.
    pub fn new(consumer: BaseConsumer<ClientLog>) -> Option<Self> {
        // SAFETY: the client outlives the queue (drop order above).
        let queue = unsafe { sys::rd_kafka_queue_new(consumer.client().native_ptr()) };
        let queue = QueueHandle(NonNull::new(queue)?);
        Some(Self { queue, consumer })
    }

    pub fn consumer(&self) -> &BaseConsumer<ClientLog> {
        &self.consumer
    }

    /// Routes a partition's messages here. Must precede its assignment. False when librdkafka refuses.
    pub fn route(&self, topic: &str, partition: i32) -> bool {
        let Ok(topic) = CString::new(topic) else { return false };
        let client = self.consumer.client().native_ptr();
        // SAFETY: client and topic are alive; the partition's handle is given back when `source` is dropped, its
        // forwarding stays.
        unsafe {
            let source = sys::rd_kafka_queue_get_partition(client, topic.as_ptr(), partition);
            let Some(source) = NonNull::new(source).map(QueueHandle) else { return false };
            sys::rd_kafka_queue_forward(source.0.as_ptr(), self.queue.0.as_ptr());
        }
        true
    }

    /// Waits up to `timeout_ms` for a message and takes what has arrived by then, as far as the buffer has room.
    pub fn poll<'q>(&'q self, timeout_ms: i32, buffer: &'q mut MessageBuffer) -> Messages<'q> {
        buffer.raw.clear();
        // The batch call waits until its array is full; so one message is waited for, the rest taken as it is.
        if self.take(timeout_ms, 1, &mut buffer.raw) == 1 {
            self.take(0, buffer.capacity - 1, &mut buffer.raw);
        }
        Messages { raw: &mut buffer.raw }
    }

    fn take(&self, timeout_ms: i32, most: usize, raw: &mut Vec<*mut sys::rd_kafka_message_t>) -> usize {
        let room = raw.spare_capacity_mut();
        let most = most.min(room.len());
        // SAFETY: `room` has space for `most` pointers, of which librdkafka writes the number that it returns.
        let taken = unsafe {
            sys::rd_kafka_consume_batch_queue(
                self.queue.0.as_ptr(),
                timeout_ms,
                room.as_mut_ptr().cast(),
                most,
            )
        };
        let taken = usize::try_from(taken).unwrap_or(0);
        // SAFETY: these elements were just written.
        unsafe { raw.set_len(raw.len() + taken) };
        taken
    }
}

/// A batch of messages and error reports, in the order of arrival; given back to librdkafka when dropped.
pub struct Messages<'q> {
    raw: &'q mut Vec<*mut sys::rd_kafka_message_t>,
}

impl Messages<'_> {
    pub fn len(&self) -> usize {
        self.raw.len()
    }

    pub fn get(&self, index: usize) -> MessageRef<'_> {
        MessageRef { raw: self.raw[index], owner: PhantomData }
    }
}

impl Drop for Messages<'_> {
    fn drop(&mut self) {
        for message in self.raw.drain(..) {
            // SAFETY: the pointer came from the batch call and is given back once.
            unsafe { sys::rd_kafka_message_destroy(message) }
        }
    }
}

/// A message in librdkafka's memory.
#[derive(Clone, Copy)]
pub struct MessageRef<'a> {
    raw: *mut sys::rd_kafka_message_t,
    owner: PhantomData<&'a ()>,
}

/// Which clock a message's timestamp is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampType {
    None,
    Create,
    LogAppend,
}

impl<'a> MessageRef<'a> {
    fn fields(&self) -> &'a sys::rd_kafka_message_t {
        // SAFETY: alive and unmoved as long as the `Messages` that `'a` borrows.
        unsafe { &*self.raw }
    }

    pub fn error(&self) -> Option<RDKafkaErrorCode> {
        let error = self.fields().err;
        (error != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR).then(|| error.into())
    }

    pub fn offset(&self) -> i64 {
        self.fields().offset
    }

    pub fn partition(&self) -> i32 {
        self.fields().partition
    }

    /// Equal for messages of one topic; for telling topics apart without comparing names.
    pub fn topic_handle(&self) -> usize {
        self.fields().rkt as usize
    }

    /// Empty for errors that belong to no topic.
    pub fn topic(&self) -> &'a str {
        let topic = self.fields().rkt;
        if topic.is_null() {
            return "";
        }
        // SAFETY: the topic's handle is held by the message; its name ends with a NUL.
        let name = unsafe { CStr::from_ptr(sys::rd_kafka_topic_name(topic)) };
        name.to_str().unwrap_or_default()
    }

    /// The value; none for a tombstone. Of an error its text.
    pub fn value(&self) -> Option<&'a [u8]> {
        let fields = self.fields();
        // SAFETY: pointer and length belong together.
        unsafe { bytes(fields.payload, fields.len) }
    }

    pub fn key(&self) -> Option<&'a [u8]> {
        let fields = self.fields();
        // SAFETY: as above.
        unsafe { bytes(fields.key, fields.key_len) }
    }

    /// Milliseconds since 1970; -1 where there is none.
    pub fn timestamp(&self) -> (i64, TimestampType) {
        let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message is alive; `kind` is written.
        let timestamp = unsafe { sys::rd_kafka_message_timestamp(self.raw, &mut kind) };
        let kind = match kind {
            sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_CREATE_TIME => TimestampType::Create,
            sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME => TimestampType::LogAppend,
            sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE => TimestampType::None,
        };
        (timestamp, kind)
    }

    /// None where the log does not know it.
    pub fn leader_epoch(&self) -> Option<i32> {
        // SAFETY: the message is alive.
        let epoch = unsafe { sys::rd_kafka_message_leader_epoch(self.raw) };
        (epoch >= 0).then_some(epoch)
    }

    /// Calls `each` with name and value of every header, in order.
    pub fn for_each_header(&self, mut each: impl FnMut(&'a str, Option<&'a [u8]>)) {
        let mut headers = std::ptr::null_mut();
        // SAFETY: the message is alive and owns the headers, which are parsed on the first call.
        let found = unsafe { sys::rd_kafka_message_headers(self.raw, &mut headers) };
        if found != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
            return;
        }
        for index in 0.. {
            let mut name: *const c_char = std::ptr::null();
            let mut value: *const c_void = std::ptr::null();
            let mut length = 0;
            // SAFETY: `headers` is alive; the three places are written when there is such a header.
            let found =
                unsafe { sys::rd_kafka_header_get_all(headers, index, &mut name, &mut value, &mut length) };
            if found != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                return;
            }
            // SAFETY: the name ends with a NUL, the value has this length, both live as long as the message.
            let (name, value) = unsafe { (CStr::from_ptr(name), bytes(value, length)) };
            each(name.to_str().unwrap_or_default(), value);
        }
    }
}

/// # Safety
/// `start` is null or the start of `length` bytes that live as long as the message.
unsafe fn bytes<'a>(start: *const c_void, length: usize) -> Option<&'a [u8]> {
    if start.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    Some(unsafe { std::slice::from_raw_parts(start.cast::<u8>(), length) })
}
