//! Figures of these tests, for `--nocapture`.

/// Tells what a test saw.
#[allow(
    clippy::print_stdout,
    reason = "these tests are asked for their figures"
)]
pub fn tell(title: &str, rows: &[(String, u64)]) {
    let row = |(name, number): &(String, u64)| format!("  {name:<26} {number:>9}");
    let lines: Vec<_> = rows.iter().map(row).collect();
    println!("\n{title}\n{}", lines.join("\n"));
}
