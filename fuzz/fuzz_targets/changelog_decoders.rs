//! libFuzzer on `streamsql_fuzz::changelog_decoders`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| streamsql_fuzz::changelog_decoders(data));
