//! Limits of both services: simultaneous requests, the leaky bucket, tokens that run out.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

/// Drops that fit into a bucket.
pub const BUCKET: u64 = 200;
const LEAK_PER_SECOND: u64 = 10;
const PER_TOKEN: usize = 3;
const PER_ADDRESS: usize = 50;
const ADDON_TOKENS: usize = 5;

/// Requests under way.
#[derive(Debug, Default)]
pub struct Gate {
    tokens: HashMap<String, usize>,
    shoptet: usize,
    paths: HashSet<String>,
}

impl Gate {
    /// Lets a request to Shoptet in, unless its token or the address has too many already.
    pub fn enter_shop(&mut self, token: &str, limited: bool) -> bool {
        let with_token = self.tokens.entry(token.to_owned()).or_default();
        // Codes are exchanged without a token.
        let full = !token.is_empty() && *with_token >= PER_TOKEN;
        if limited && (full || self.shoptet >= PER_ADDRESS) {
            return false;
        }
        *with_token += 1;
        self.shoptet += 1;
        true
    }

    /// A request to Shoptet is over.
    pub fn leave_shop(&mut self, token: &str) {
        self.shoptet = self.shoptet.saturating_sub(1);
        if let Some(count) = self.tokens.get_mut(token) {
            *count = count.saturating_sub(1);
        }
    }

    /// Lets a request to Caflou in, unless another one is on the same path.
    pub fn enter_path(&mut self, path: &str) -> bool {
        self.paths.insert(path.to_owned())
    }

    /// A request to Caflou is over.
    pub fn leave_path(&mut self, path: &str) {
        self.paths.remove(path);
    }
}

/// A leaky bucket of one add-on (or private token) in the shop.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    micro: u64,
    at: Instant,
}

impl Default for Bucket {
    fn default() -> Self {
        Self {
            micro: 0,
            at: Instant::now(),
        }
    }
}

impl Bucket {
    /// Drops in it now.
    pub fn filling(&mut self) -> u64 {
        let now = Instant::now();
        let elapsed = now.duration_since(self.at).as_micros() as u64;
        self.micro = self.micro.saturating_sub(elapsed * LEAK_PER_SECOND);
        self.at = now;
        self.micro.div_ceil(1_000_000)
    }

    /// Seconds until there is room again, where it is full.
    pub fn full_for(&mut self) -> Option<u64> {
        let filling = self.filling();
        (filling >= BUCKET).then(|| ((filling - BUCKET) / LEAK_PER_SECOND) + 1)
    }

    /// Pours the cost of a request in.
    pub fn pour(&mut self, drops: u64) {
        self.filling();
        self.micro += drops * 1_000_000;
    }
}

/// What a service thinks of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may be used.
    Valid,
    /// It was good once.
    Expired,
    /// Never heard of it.
    Unknown,
}

/// Tokens that run out, and who was given them.
#[derive(Debug, Default)]
pub struct TokenDesk {
    issued: Vec<(String, DateTime<Utc>)>,
    made: u64,
    most: usize,
    denied: u64,
}

impl TokenDesk {
    /// A new add-on token, unless too many are valid still.
    pub fn mint_addon(
        &mut self,
        eshop_id: u64,
        now: DateTime<Utc>,
        life: TimeDelta,
    ) -> Option<String> {
        if self.valid(now) >= ADDON_TOKENS {
            self.denied += 1;
            return None;
        }
        Some(self.mint(&format!("{eshop_id}-a-"), now, life))
    }

    /// A new token.
    pub fn mint(&mut self, prefix: &str, now: DateTime<Utc>, life: TimeDelta) -> String {
        self.made += 1;
        let mut rng = fastrand::Rng::with_seed(self.made);
        let secret: String = (0..32).map(|_| rng.alphanumeric()).collect();
        let token = format!("{prefix}{secret}");
        self.issued.push((token.clone(), now + life));
        self.most = self.most.max(self.valid(now));
        token
    }

    /// No token that was given out is good any more.
    pub fn revoke(&mut self) {
        self.issued.clear();
    }

    /// Whether a token may be used.
    pub fn standing(&self, token: &str, now: DateTime<Utc>) -> Standing {
        match self.issued.iter().find(|(known, _)| known == token) {
            Some((_, until)) if *until > now => Standing::Valid,
            Some(_) => Standing::Expired,
            None => Standing::Unknown,
        }
    }

    /// How many tokens are valid.
    pub fn valid(&self, now: DateTime<Utc>) -> usize {
        self.issued.iter().filter(|(_, until)| *until > now).count()
    }

    /// How many tokens were made so far.
    pub fn made(&self) -> u64 {
        self.made
    }

    /// How many tokens were valid at once, at most.
    pub fn most(&self) -> usize {
        self.most
    }

    /// How many were asked for in vain, as too many were valid.
    pub fn denied(&self) -> u64 {
        self.denied
    }
}
