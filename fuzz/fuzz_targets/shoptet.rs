//! Any bytes as an answer of Shoptet.
#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| caflou_sync_fuzz::shoptet(body));
