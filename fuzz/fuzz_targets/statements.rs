//! libFuzzer on `streamsql_fuzz::statements`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| streamsql_fuzz::statements(data));
