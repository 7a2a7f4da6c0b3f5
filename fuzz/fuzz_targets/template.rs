//! libFuzzer on `streamsql_fuzz::template`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| streamsql_fuzz::template(data));
