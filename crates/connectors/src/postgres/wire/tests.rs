//! Against a server of a few lines: what leaves together, and what a lost or refused request does.

use std::net::{Ipv4Addr, TcpListener};
use std::thread::JoinHandle;

use socket2::SockRef;
use streamsql_core::StopHandle;

use super::*;

/// Answers of PostgreSQL: to a start-up without a password, to a batch, to a COPY that succeeds.
const STARTED: &[u8] = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I";
const BEGAN: &[u8] = b"C\0\0\0\x0aBEGIN\0Z\0\0\0\x05T";
const COPIED: &[u8] = b"G\0\0\0\x07\x01\0\0C\0\0\0\x0bCOPY 1\0Z\0\0\0\x05T";
const REFUSED: &[u8] = b"E\0\0\0\x13SERROR\0C42601\0\0Z\0\0\0\x05I";

fn options(port: u16) -> Options {
    Options {
        host: Ipv4Addr::LOCALHOST.to_string(),
        port,
        database: "d".into(),
        user: "u".into(),
        password: None,
        mode: Mode::Disable,
        root_cert: None,
        application: "a".into(),
        connect_limit: Duration::from_secs(600),
        silence: Duration::from_secs(600),
        halt: StopHandle::default(),
    }
}

/// A server for one session. After the start-up it is silent until it has read `wanted`; then it sends `answers` and ends
/// the session. Returns what it read.
fn server(wanted: &'static [u8], answers: Vec<u8>) -> (u16, JoinHandle<Vec<u8>>) {
    server_that_waits(wanted, answers, || {})
}

/// The same, which calls `wait` before it answers.
fn server_that_waits(
    wanted: &'static [u8],
    answers: Vec<u8>,
    wait: impl FnOnce() + Send + 'static,
) -> (u16, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let session = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut length = [0; 4];
        client.read_exact(&mut length).unwrap();
        let mut parameters = vec![0; u32::from_be_bytes(length) as usize - 4];
        client.read_exact(&mut parameters).unwrap();
        client.write_all(STARTED).unwrap();
        let (mut read, mut buffer) = (Vec::new(), [0; 1024]);
        while !read.ends_with(wanted) {
            match client.read(&mut buffer).unwrap() {
                0 => return read,
                length => read.extend_from_slice(&buffer[..length]),
            }
        }
        wait();
        client.write_all(&answers).unwrap();
        read
    });
    (port, session)
}

#[test]
fn an_answer_is_not_waited_for_when_the_job_ends() {
    let (port, session) = server(b"never", Vec::new());
    // Silence alone would never end the wait.
    let options = Options { silence: Duration::MAX, ..options(port) };
    let mut connection = Connection::open(&options).unwrap();
    connection.queue_batch("BEGIN").unwrap();
    options.halt.stop();
    assert!(connection.answer().is_err());
    drop(connection);
    session.join().unwrap();
}

#[test]
fn a_patient_connection_waits_for_longer_than_others() {
    let short = |port| Options { silence: Duration::from_millis(1), ..options(port) };
    let (go, waits) = std::sync::mpsc::channel::<()>();
    let (port, session) = server_that_waits(b"BEGIN\0", BEGAN.to_vec(), move || waits.recv().unwrap());
    let mut patient = Connection::open(&short(port)).unwrap();
    assert!(SockRef::from(patient.stream.socket()).keepalive().unwrap());
    patient.be_patient();
    patient.queue_batch("BEGIN").unwrap();
    patient.flush().unwrap();
    let answer = std::thread::spawn(move || patient.answer());
    // While others give up, one after the other, it goes on waiting.
    for _ in 0..3 {
        let (port, session) = server(b"never", Vec::new());
        let mut other = Connection::open(&short(port)).unwrap();
        other.queue_batch("BEGIN").unwrap();
        assert!(other.answer().unwrap_err().to_string().contains("no answer within"));
        drop(other);
        session.join().unwrap();
    }
    go.send(()).unwrap();
    answer.join().unwrap().unwrap();
    session.join().unwrap();
}

#[test]
fn small_writes_do_not_wait_for_acknowledgements() {
    let (port, session) = server(b"never", Vec::new());
    let connection = Connection::open(&options(port)).unwrap();
    assert!(connection.stream.socket().nodelay().unwrap());
    drop(connection);
    session.join().unwrap();
}

#[test]
fn a_copy_leaves_with_what_is_before_it_and_waits_for_no_answer() {
    // The server says nothing before it has the end of the COPY: a client that waited for its leave would wait for ever.
    let (port, session) = server(b"c\0\0\0\x04", [BEGAN, COPIED].concat());
    let mut connection = Connection::open(&options(port)).unwrap();
    connection.queue_batch("BEGIN").unwrap();
    connection.queue_copy("COPY t FROM STDIN", b"row").unwrap();
    assert_eq!(connection.waiting(), 2);
    assert_eq!(connection.answer().unwrap().changed, 0);
    assert_eq!(connection.answer().unwrap().changed, 1);
    let sent = session.join().unwrap();
    assert_eq!(sent, b"Q\0\0\0\x0aBEGIN\0Q\0\0\0\x16COPY t FROM STDIN\0d\0\0\0\x07rowc\0\0\0\x04");
}

#[test]
fn a_refused_request_leaves_the_next_one_its_answer() {
    let (port, session) = server(b"c\0\0\0\x04", [REFUSED, COPIED].concat());
    let mut connection = Connection::open(&options(port)).unwrap();
    connection.queue_batch("BEGIM").unwrap();
    connection.queue_copy("COPY t FROM STDIN", b"row").unwrap();
    assert_eq!(connection.answer().unwrap_err().sqlstate(), "42601");
    assert_eq!(connection.answer().unwrap().changed, 1);
    session.join().unwrap();
}

#[test]
fn what_a_server_says_before_it_goes_is_the_reason() {
    let (port, session) = server(b"BEGIN\0", REFUSED[..20].to_vec());
    let mut connection = Connection::open(&options(port)).unwrap();
    connection.queue_batch("BEGIN").unwrap();
    assert_eq!(connection.answer().unwrap_err().sqlstate(), "42601");
    session.join().unwrap();
}

#[test]
fn arrays_in_binary_form() {
    let mut out = BytesMut::new();
    encode(&Parameter::Texts(&[Some("ab".into()), None]), &mut out).unwrap();
    let words: Vec<i32> =
        out[..24].chunks(4).map(|word| i32::from_be_bytes(word.try_into().unwrap())).collect();
    assert_eq!(words, [1, 1, 25, 2, 1, 2]);
    assert_eq!(&out[24..], b"ab\xff\xff\xff\xff");
    let mut empty = BytesMut::new();
    encode(&Parameter::Texts(&[]), &mut empty).unwrap();
    assert_eq!(&empty[..], b"\0\0\0\0\0\0\0\0\0\0\0\x19");
}
