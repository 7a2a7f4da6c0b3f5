//! libFuzzer on `streamsql_fuzz::json_decoder`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| streamsql_fuzz::json_decoder(data));
