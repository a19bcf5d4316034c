//! `caflou-sync`: parse, dispatch, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    caflou_sync::cli::main()
}
