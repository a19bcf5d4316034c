//! Any bytes as an answer of Caflou.
#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| caflou_sync_fuzz::caflou(body));
