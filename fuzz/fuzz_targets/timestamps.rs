//! libFuzzer on `streamsql_fuzz::timestamps`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| streamsql_fuzz::timestamps(data));
