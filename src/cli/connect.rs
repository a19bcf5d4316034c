//! `connect`: the pairing wizard. `edit` without `--set` is the same with the present answers.

mod flags;
mod named;
mod save;
mod told;

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::shared::find;
use super::signal::{leave, once_stopped};
use super::{Color, Exit, Global, Trouble, word};
use crate::config::{Config, Connection, Editor, cache_dir, config_path, state_path};
use crate::http::Stopper;
use crate::state::{Cache, View};
use crate::text::escaped;
use crate::trouble::Class;
use crate::wizard::{Asker, Connected, Ended, Given, Says, Services, Terminal, Wizard};

pub(super) use flags::{ConnectArgs, program};
use save::Saved;
use told::Told;

/// Makes a new connection.
pub(super) fn connect(global: &Global, args: &ConnectArgs) -> Result<Exit, Trouble> {
    let path = config_path(global.config.clone());
    let config = Editor::open(&path)?.check()?;
    let mut given = args.given(&save::folder(&path))?;
    for (key, value) in &config.shared {
        given.source.entry(key).or_insert_with(|| value.clone());
    }
    let terminal = terminal(global);
    if !terminal.is_there() {
        let missing = given.missing();
        if !missing.is_empty() {
            return Err(Trouble::usage(format!(
                "there is no terminal to ask at; say also: {} (--yes takes the usual answers to \
                 what is imported)",
                missing.join(", ")
            )));
        }
    }
    ConnectCommand {
        global,
        config: &config,
        present: None,
    }
    .run(terminal, given)
}

/// Asks anew what a connection is, with the present answers as the usual ones.
pub(super) fn edit(global: &Global, name: &str) -> Result<Exit, Trouble> {
    let config = Config::load(&config_path(global.config.clone()))?;
    let present = find(&config, name)?;
    let terminal = terminal(global);
    if !terminal.is_there() {
        return Err(Trouble::usage(
            "there is no terminal to ask at; say what to change with --set key=value",
        ));
    }
    ConnectCommand {
        global,
        config: &config,
        present: Some(present),
    }
    .run(terminal, Given::default())
}

fn terminal(global: &Global) -> Terminal {
    Terminal::new(match global.output.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never,
    })
}

struct ConnectCommand<'a> {
    global: &'a Global,
    config: &'a Config,
    present: Option<&'a Connection>,
}

impl ConnectCommand<'_> {
    fn run(&self, mut terminal: Terminal, given: Given) -> Result<Exit, Trouble> {
        // What is changed is the file as it is before the questions; a new connection goes into it
        // as it is after them.
        let before = self
            .present
            .map(|_| Editor::open(&self.config.path))
            .transpose()?;
        let stopper = Stopper::default();
        let cache = Cache::new(cache_dir());
        let services = Services::new(cache, stopper.listener());
        let services = services?;
        let saving = Arc::new(AtomicBool::new(false));
        let asking = Arc::clone(&saving);
        once_stopped(services.runtime(), move || {
            if !asking.load(Ordering::SeqCst) {
                Terminal::leave();
                let _ = writeln!(io::stderr(), "\nerror: {}", Ended::Stopped);
                leave();
            }
        });
        let state = state_path(self.global.state.clone(), self.config);
        let remembered = View::connections(&state)?;
        let all = &self.config.connections;
        let wizard = Wizard::new(&mut terminal, &services, given, self.present, all);
        let connected = wizard.remembering(remembered).run();
        let mut connected = connected.map_err(ended)?;
        saving.store(true, Ordering::SeqCst);
        let editor = match before {
            Some(editor) => editor,
            None => Editor::open(&self.config.path)?,
        };
        let saved = save::save(editor, &mut connected.answers, self.present)?;
        self.tell(&mut terminal, &connected, &saved);
        Ok(Exit::Done)
    }

    fn tell(&self, terminal: &mut Terminal, connected: &Connected, saved: &Saved) {
        let told = Told {
            connected,
            changed: self.present.is_none() || saved.changed,
            config: &self.config.path,
            key: word(&connected.answers.key).into_owned(),
            files: self.global.files(),
        };
        let mut out = io::stdout().lock();
        if self.global.json() {
            let _ = writeln!(out, "{}", escaped(&told.object().to_string()));
            return;
        }
        for kept in &saved.kept {
            terminal.say(Says::Note, &format!("A secret is kept: {kept}."));
        }
        if io::stdout().is_terminal() {
            let _ = writeln!(out);
        }
        let _ = writeln!(out, "{}", told.text(self.global.colours(), Global::width()));
    }
}

fn ended(ended: Ended) -> Trouble {
    let class = match ended {
        Ended::Failed(trouble) => return trouble,
        Ended::Stopped => Class::Stopped,
        Ended::Terminal(_) => Class::Machine,
    };
    Trouble::of(class, &ended)
}
