//! libFuzzer on `streamsql_fuzz::csv_decoder`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| streamsql_fuzz::csv_decoder(data));
