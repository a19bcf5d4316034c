//! The text of systemd's units: systemd.service(5), systemd.timer(5), systemd.exec(5).

use super::{Needs, TimerJob, When};

/// Both units begin with this line: nothing without it is replaced or removed.
pub(super) const MARK: &str = "# Made by `caflou-sync schedule install`.";

/// Whose systemd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitScope {
    /// The user's: runs while the user is logged in, or always where lingering is enabled.
    User,
    /// The computer's.
    System,
}

/// What the units say. All paths are absolute, and text of one line.
#[derive(Debug, Clone)]
pub struct Units {
    /// What is started.
    pub job: TimerJob,
    /// When.
    pub when: When,
    /// Whose systemd.
    pub scope: UnitScope,
    /// Whose rights the run has; for the computer's systemd.
    pub user: Option<String>,
    /// What secrets and messages need.
    pub needs: Needs,
    /// The folder of the state file, its locks beside it.
    pub state_folder: String,
    /// The cache's folder; the computer's systemd makes its own.
    pub cache_folder: Option<String>,
    /// Where environment variables of secrets may be set.
    pub environment_file: Option<String>,
    /// Variables that decide where the program's files are.
    pub variables: Vec<(String, String)>,
}

/// What a run never needs.
const CONFINED: &str = "\
NoNewPrivileges=yes
PrivateTmp=yes
PrivateUsers=yes
ProtectControlGroups=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM";

/// What only the computer's systemd can take away: it needs root's rights.
const CONFINED_BY_SYSTEM: &str = "\
CapabilityBoundingSet=
PrivateDevices=yes
DevicePolicy=closed
ProcSubset=pid
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectProc=invisible
RemoveIPC=yes";

impl Units {
    /// `caflou-sync.service`.
    #[must_use]
    pub fn service(&self) -> String {
        let mut lines = self.head("service");
        let mut add = |line: &str| lines.push(line.to_owned());
        add("[Unit]");
        add("Description=Customers and orders of the e-shop into Caflou");
        if self.scope == UnitScope::System {
            add("Wants=network-online.target");
            add("After=network-online.target");
        }
        add("\n[Service]\nType=oneshot");
        add(&format!("ExecStart={}", self.command()));
        if let Some(user) = &self.user {
            add(&format!("User={user}"));
        }
        for (name, value) in &self.variables {
            add(&format!("Environment={}", word(&format!("{name}={value}"))));
        }
        if let Some(path) = &self.environment_file {
            add(&format!("EnvironmentFile=-{}", path.replace('%', "%%")));
        }
        add("# A first import of a big shop takes hours. Stopped, it ends in order.");
        add("TimeoutStartSec=6h\nTimeoutStopSec=2min\nUMask=0077\n");
        self.files(&mut lines);
        lines.push(CONFINED.to_owned());
        if self.scope == UnitScope::System {
            lines.push(CONFINED_BY_SYSTEM.to_owned());
        }
        lines.join("\n") + "\n"
    }

    /// `caflou-sync.timer`.
    #[must_use]
    pub fn timer(&self) -> String {
        let mut lines = self.head("timer");
        let mut add = |line: &str| lines.push(line.to_owned());
        add("[Unit]");
        add(&format!("Description=caflou-sync {}", self.when));
        add("\n[Timer]");
        for times in self.when.calendar() {
            add(&format!("OnCalendar={times}"));
        }
        add("# What was missed while the computer was off is made up for.");
        add("Persistent=true");
        add(&format!("RandomizedDelaySec={}", self.when.spread()));
        add("FixedRandomDelay=true");
        add("\n[Install]\nWantedBy=timers.target");
        lines.join("\n") + "\n"
    }

    fn head(&self, kind: &str) -> Vec<String> {
        let user = match self.scope {
            UnitScope::User => " --user",
            UnitScope::System => "",
        };
        let safe =
            format!("changes of yours are safe in `systemctl{user} edit caflou-sync.{kind}`");
        vec![
            MARK.to_owned(),
            format!("# Installing again replaces it; {safe}."),
        ]
    }

    /// The value of `ExecStart=`.
    fn command(&self) -> String {
        let mut words = vec![word(&self.job.program)];
        words.extend(self.job.arguments().into_iter().map(argument));
        words.join(" ")
    }

    /// Which files the run sees, and which it may write.
    fn files(&self, lines: &mut Vec<String>) {
        let mut add = |line: &str| lines.push(line.to_owned());
        if self.scope == UnitScope::System {
            add("CacheDirectory=caflou-sync\nCacheDirectoryMode=0700");
            add("Environment=XDG_CACHE_HOME=%C");
        }
        if self.needs.programs() {
            add("# A program that the configuration names may need the home folder.");
            add("ProtectSystem=full");
            return;
        }
        add("ProtectSystem=strict\nProtectHome=tmpfs");
        let files = [&self.job.program, &self.job.config].into_iter();
        for path in files.chain(&self.needs.files) {
            // A missing one is the program's to explain.
            if may_be_hidden(path) {
                add(&format!("BindReadOnlyPaths={}", bound("-", path)));
            }
        }
        // No minus sign: a state that is written beside the real one would be lost.
        add(&format!("BindPaths={}", bound("", &self.state_folder)));
        if let Some(path) = &self.cache_folder {
            add(&format!("BindPaths={}", bound("-", path)));
        }
        add("MemoryDenyWriteExecute=yes");
    }
}

/// Whether a path may lie in what `ProtectHome=` and `PrivateTmp=` hide: it does not in the system's
/// own folders.
fn may_be_hidden(path: &str) -> bool {
    let open = ["/usr/", "/etc/", "/opt/", "/var/lib/"];
    !open.iter().any(|folder| path.starts_with(folder))
}

/// A word of `ExecStart=` behind the first: there a dollar sign begins a variable.
pub(super) fn argument(text: &str) -> String {
    word(&text.replace('$', "$$"))
}

/// A word of a unit: quoted where needed, percent signs doubled (they begin a specifier).
fn word(text: &str) -> String {
    let text = text.replace('%', "%%");
    let plain = |c: char| c.is_alphanumeric() || "/._-+:@,=%$~".contains(c);
    if text.chars().all(plain) {
        return text;
    }
    let text = text.replace('\\', r"\\").replace('"', "\\\"");
    format!("\"{text}\"")
}

/// A path of `BindPaths=`, where a colon outside quotes ends the source.
fn bound(prefix: &str, path: &str) -> String {
    let text = word(&format!("{prefix}{path}"));
    if text.contains(':') && !text.starts_with('"') {
        return format!("\"{text}\"");
    }
    text
}

#[cfg(test)]
mod tests;
