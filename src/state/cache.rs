//! What may be lost at the cost of a login: tokens obtained on the way, and what was learnt about
//! the services and their lists. In the user's cache folder, shared by all runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::files;

/// A token with its end of life.
#[derive(Debug, Clone)]
pub struct CachedToken {
    /// The token.
    pub token: SecretString,
    /// It is valid before this moment.
    pub expires_at: DateTime<Utc>,
    /// The program can obtain another one by itself; not where a one-time password was needed.
    pub renewable: bool,
}

#[derive(Serialize, Deserialize)]
struct StoredToken {
    token: String,
    expires_at: DateTime<Utc>,
    #[serde(default = "usually")]
    renewable: bool,
}

fn usually() -> bool {
    true
}

/// What was learnt about an account of a service.
#[derive(Default, Serialize, Deserialize)]
struct Learnt {
    #[serde(default)]
    single_file: BTreeSet<String>,
}

/// The cache folder.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// In this folder, made when something is kept.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The name under which a token is kept: the service's address and what the token was obtained
    /// with, as a hash.
    #[must_use]
    pub fn token_name(address: &str, credentials: &SecretString) -> String {
        let short = hex_digest(credentials.expose_secret(), 12);
        format!("{address}#{short}")
    }

    /// Holds the cache while it is changed, and while a token is renewed: two runs do not both ask
    /// for one. Best effort: without a lock only a token more is used.
    #[must_use]
    pub fn lock(&self) -> Option<File> {
        files::make_folder(&self.folder).ok()?;
        let file = files::lock_file(&self.folder.join("tokens.lock")).ok()?;
        file.lock().ok()?;
        Some(file)
    }

    /// A kept token that is still valid at `now`.
    #[must_use]
    pub fn token(&self, name: &str, now: DateTime<Utc>) -> Option<CachedToken> {
        let stored: BTreeMap<String, StoredToken> = self.read("tokens.json");
        let (_, stored) = stored.into_iter().find(|(n, _)| n == name)?;
        (now < stored.expires_at).then(|| CachedToken {
            token: stored.token.into(),
            expires_at: stored.expires_at,
            renewable: stored.renewable,
        })
    }

    /// Keeps a token; expired ones are dropped.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn keep_token(
        &self,
        name: &str,
        token: &CachedToken,
        now: DateTime<Utc>,
    ) -> io::Result<()> {
        let mut stored: BTreeMap<String, StoredToken> = self.read("tokens.json");
        stored.retain(|_, token| now < token.expires_at);
        let (text, expires_at) = (token.token.expose_secret().to_owned(), token.expires_at);
        stored.insert(
            name.to_owned(),
            StoredToken {
                token: text,
                expires_at,
                renewable: token.renewable,
            },
        );
        self.write("tokens.json", &stored)
    }

    /// Drops a token that the service refused.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn drop_token(&self, name: &str) -> io::Result<()> {
        let mut stored: BTreeMap<String, StoredToken> = self.read("tokens.json");
        if stored.remove(name).is_none() {
            return Ok(());
        }
        self.write("tokens.json", &stored)
    }

    /// Paths of an account that its service serves one request at a time.
    #[must_use]
    pub fn single_file(&self, account: &str) -> Vec<String> {
        let mut learnt: BTreeMap<String, Learnt> = self.read("services.json");
        learnt
            .remove(account)
            .unwrap_or_default()
            .single_file
            .into_iter()
            .collect()
    }

    /// Keeps them for the next runs.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn keep_single_file(&self, account: &str, paths: &[String]) -> io::Result<()> {
        let _alone = self.lock();
        let mut learnt: BTreeMap<String, Learnt> = self.read("services.json");
        let known = &mut learnt.entry(account.to_owned()).or_default().single_file;
        let before = known.len();
        known.extend(paths.iter().cloned());
        if known.len() == before {
            return Ok(());
        }
        self.write("services.json", &learnt)
    }

    /// The last run that this user began for a pair.
    #[must_use]
    pub fn last_run(&self, pair: &str) -> Option<String> {
        let mut runs: BTreeMap<String, String> = self.read("runs.json");
        runs.remove(pair)
    }

    /// Keeps it: a state file that does not know it is an older copy, or a new one.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn keep_last_run(&self, pair: &str, run_id: &str) -> io::Result<()> {
        let _alone = self.lock();
        let mut runs: BTreeMap<String, String> = self.read("runs.json");
        runs.insert(pair.to_owned(), run_id.to_owned());
        self.write("runs.json", &runs)
    }

    /// How many rows a list had when a run last believed it.
    #[must_use]
    pub fn rows(&self, list: &str) -> Option<u64> {
        let lists: BTreeMap<String, u64> = self.read("lists.json");
        lists.get(list).copied()
    }

    /// Keeps it: one that has fewer is believed only where it is the same twice.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn keep_rows(&self, list: &str, rows: u64) -> io::Result<()> {
        let _alone = self.lock();
        let mut lists: BTreeMap<String, u64> = self.read("lists.json");
        if lists.insert(list.to_owned(), rows) == Some(rows) {
            return Ok(());
        }
        self.write("lists.json", &lists)
    }

    /// What cannot be read counts as not kept.
    fn read<T: DeserializeOwned + Default>(&self, name: &str) -> T {
        let text = fs::read(self.folder.join(name)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Written beside and renamed: a reader sees the old or the new whole.
    fn write(&self, name: &str, value: &impl Serialize) -> io::Result<()> {
        files::make_folder(&self.folder)?;
        // A fresh name that nobody can know, 0600.
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(&serde_json::to_vec_pretty(value)?)?;
        file.persist(self.folder.join(name))?;
        Ok(())
    }

    /// Where the tokens are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The first bytes of a text's SHA-256, in hexadecimal digits.
#[must_use]
pub fn hex_digest(text: &str, bytes: usize) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest
        .iter()
        .take(bytes)
        .fold(String::new(), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_kept_privately_until_it_expires() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().join("caflou-sync"));
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let name = Cache::token_name("https://shop.cz", &"secret-oauth".into());
        assert!(!name.contains("secret"));
        assert!(cache.token(&name, at(0)).is_none());
        let token = CachedToken {
            token: "123-a-x".into(),
            expires_at: at(1800),
            renewable: false,
        };
        cache.keep_token(&name, &token, at(0)).unwrap();
        assert_eq!(
            cache.token(&name, at(1799)).unwrap().token.expose_secret(),
            "123-a-x"
        );
        assert!(!cache.token(&name, at(1799)).unwrap().renewable);
        assert!(cache.token(&name, at(1800)).is_none());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let file = folder.path().join("caflou-sync/tokens.json");
            assert_eq!(
                fs::metadata(file).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        cache.drop_token(&name).unwrap();
        assert!(cache.token(&name, at(0)).is_none());
    }

    #[test]
    fn single_file_paths_are_remembered_per_account() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned());
        cache.keep_single_file("a", &["/transfers".into()]).unwrap();
        cache.keep_single_file("a", &["/companies".into()]).unwrap();
        assert_eq!(cache.single_file("a"), ["/companies", "/transfers"]);
        assert!(cache.single_file("b").is_empty());
    }
}
