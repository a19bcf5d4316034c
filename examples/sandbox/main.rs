//! The sandbox as a program of its own: prints where both services listen and a configuration
//! that connects them, then serves until it is interrupted.
#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a tool for developers"
)]

#[path = "lib.rs"]
mod sandbox;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use sandbox::{Faults, Options, Sandbox};

/// Stand-ins of Shoptet and Caflou on loopback addresses
#[derive(Debug, Parser)]
#[command(name = "sandbox")]
struct Arguments {
    /// How many orders the shop has
    #[arg(long, default_value_t = 120)]
    orders: usize,
    /// How many registered customers the shop has
    #[arg(long, default_value_t = 30)]
    customers: usize,
    /// What the data is made from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// No leaky bucket and no limit of simultaneous requests at Shoptet
    #[arg(long)]
    no_limits: bool,
    /// Caflou takes several requests on one path at once
    #[arg(long)]
    no_single_file: bool,
    /// Searching does nothing on Caflou's incomes
    #[arg(long)]
    no_transfer_search: bool,
    /// Searching does nothing on Caflou's companies
    #[arg(long)]
    no_company_search: bool,
    /// Caflou's descriptions come back as HTML
    #[arg(long)]
    html_descriptions: bool,
    /// An attribute of incomes that Caflou ignores when it is changed (repeatable)
    #[arg(long, value_name = "ATTRIBUTE")]
    ignored_on_patch: Vec<String>,
    /// How long each request to Shoptet takes
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency_shoptet: u64,
    /// How long each request to Caflou takes
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency_caflou: u64,
    /// Each kind of fault in so many of a thousand requests
    #[arg(long, value_name = "PER_MILLE", default_value_t = 0)]
    faults: u32,
    /// Port of Shoptet; any if 0
    #[arg(long, default_value_t = 0)]
    shoptet_port: u16,
    /// Port of Caflou; any if 0
    #[arg(long, default_value_t = 0)]
    caflou_port: u16,
    /// Key of the connection in the configuration
    #[arg(long, default_value = "my-shop")]
    key: String,
    /// Folder for the state file the configuration names
    #[arg(long, value_name = "FOLDER")]
    state_dir: Option<PathBuf>,
    /// Write the configuration to this file, too, readable by its owner only
    #[arg(long, value_name = "FILE")]
    config_out: Option<PathBuf>,
}

impl Arguments {
    fn options(&self) -> Options {
        Options {
            seed: self.seed,
            orders: self.orders,
            customers: self.customers,
            bucket: !self.no_limits,
            connections_limit: !self.no_limits,
            single_file: !self.no_single_file,
            transfer_search: !self.no_transfer_search,
            company_search: !self.no_company_search,
            html_descriptions: self.html_descriptions,
            ignored_on_patch: self.ignored_on_patch.clone(),
            shoptet_latency: Duration::from_millis(self.latency_shoptet),
            caflou_latency: Duration::from_millis(self.latency_caflou),
            faults: Faults::storm(self.seed, self.faults),
            shoptet_port: self.shoptet_port,
            caflou_port: self.caflou_port,
            record: false,
            ..Options::default()
        }
    }
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let sandbox = Sandbox::start(arguments.options());
    let mut config = String::new();
    if let Some(folder) = &arguments.state_dir {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        config = format!("state = \"{}\"\n\n", folder.join("state.db").display());
    }
    config.push_str(&sandbox.connection_toml(&arguments.key, ""));
    println!("# Shoptet: {}", sandbox.shoptet_url());
    println!("# Caflou:  {}", sandbox.caflou_url());
    println!(
        "# tokens of an add-on: {} with {}",
        sandbox.token_url(),
        sandbox.oauth_token()
    );
    let (email, password) = {
        let books = sandbox.books();
        (books.email.clone(), books.password.clone())
    };
    println!("# log-in to Caflou: {email} with password {password:?}\n");
    println!("{config}");
    if let Some(file) = &arguments.config_out {
        write_private(file, &config).with_context(|| file.display().to_string())?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(tokio::signal::ctrl_c())?;
    println!(
        "# {} requests served; faults: {:?}",
        sandbox.requests(),
        sandbox.injected()
    );
    Ok(())
}

/// Writes a file that only its owner can read.
fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    file.write_all(text.as_bytes())
}
