//! Where the files are: the configuration, the state, the caches.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use super::Config;

/// Name of the configuration file where nobody names another.
const CONFIG_FILE: &str = "connections.toml";
/// Name of the state file where nobody names another.
const STATE_FILE: &str = "state.db";

/// The configuration file: the one asked for (by the flag or the environment), else
/// `connections.toml` in the current folder if it is there, else the one in the user's configuration
/// folder for the program. The file need not exist.
#[must_use]
pub fn config_path(explicit: Option<PathBuf>) -> PathBuf {
    let folder = folder_of(ProjectDirs::config_dir);
    explicit.unwrap_or_else(|| config_path_in(Path::new(""), &folder))
}

/// The state file: the one asked for (by the flag or the environment), else the one that the
/// configuration names, else `state.db` in the user's data folder for the program.
#[must_use]
pub fn state_path(explicit: Option<PathBuf>, config: &Config) -> PathBuf {
    explicit
        .or_else(|| config.state.clone())
        .unwrap_or_else(|| folder_of(ProjectDirs::data_dir).join(STATE_FILE))
}

/// The user's cache folder for the program. It need not exist.
#[must_use]
pub fn cache_dir() -> PathBuf {
    folder_of(ProjectDirs::cache_dir)
}

fn config_path_in(here: &Path, user: &Path) -> PathBuf {
    let near = here.join(CONFIG_FILE);
    if near.exists() {
        near
    } else {
        user.join(CONFIG_FILE)
    }
}

/// A folder of the user's, or the current folder where the user has no home.
fn folder_of(folder: fn(&ProjectDirs) -> &Path) -> PathBuf {
    let places = ProjectDirs::from("", "", "caflou-sync");
    places.map_or_else(|| PathBuf::from("."), |places| folder(&places).to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_current_folders_file_comes_before_the_users() {
        let (here, user) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = || config_path_in(here.path(), user.path());
        assert_eq!(path(), user.path().join("connections.toml"));
        std::fs::write(here.path().join("connections.toml"), "").unwrap();
        assert_eq!(path(), here.path().join("connections.toml"));
    }

    #[test]
    fn what_was_asked_for_comes_first_then_the_configuration_then_the_users_folder() {
        let asked = || Some(PathBuf::from("asked"));
        let mut config = Config {
            path: "c".into(),
            state: None,
            keep_runs: 400,
            shared: BTreeMap::new(),
            connections: Vec::new(),
        };
        assert_eq!(config_path(asked()), PathBuf::from("asked"));
        assert!(state_path(None, &config).ends_with("state.db"));
        config.state = Some("configured".into());
        assert_eq!(state_path(None, &config), PathBuf::from("configured"));
        assert_eq!(state_path(asked(), &config), PathBuf::from("asked"));
    }
}
