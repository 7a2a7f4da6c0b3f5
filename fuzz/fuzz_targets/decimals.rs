//! libFuzzer on `streamsql_fuzz::decimals`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| streamsql_fuzz::decimals(data));
