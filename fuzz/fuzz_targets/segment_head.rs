//! libFuzzer on `streamsql_fuzz::segment_head`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| streamsql_fuzz::segment_head(data));
