//! `caflou-sync-addon`: parse, dispatch, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    caflou_sync_addon::cli::main()
}
