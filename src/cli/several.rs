//! Several connections in one run: side by side, each on its own.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::Exit;
use crate::config::Connection;

/// Connections under way at once. With three requests of each token there are never more than the
/// 50 open that Shoptet allows one address.
const SIDE_BY_SIDE: usize = 8;

/// Runs connections, and shows what each of them says as a block, in their order. Those that write
/// to the same Caflou account run one after another. `between` stands between two blocks. `run` gives no exit code where the connection
/// was not begun.
pub(super) fn side_by_side<'a>(
    connections: &[&'a Connection],
    between: &'static str,
    run: impl Fn(&'a Connection, Block) -> Option<Exit> + Sync,
) -> Vec<Exit> {
    let mut accounts: BTreeMap<&str, Vec<(usize, &'a Connection)>> = BTreeMap::new();
    for (number, connection) in connections.iter().enumerate() {
        let account = accounts.entry(connection.account_id()).or_default();
        account.push((number, connection));
    }
    let (queue, shown) = (Mutex::new(accounts), Mutex::new(ShownBlocks::new(between)));
    let next = || lock(&queue).pop_first();
    let work = || {
        let mut exits = Vec::new();
        while let Some((_, account)) = next() {
            for (number, connection) in account {
                let block = Block::default();
                exits.extend(run(connection, block.clone()));
                lock(&shown).show(number, block);
            }
        }
        exits
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..SIDE_BY_SIDE.min(connections.len()))
            .map(|_| scope.spawn(work))
            .collect();
        let exits = threads.into_iter().map(|thread| {
            // A thread that panicked has said why; its connection failed.
            thread.join().unwrap_or_else(|_| vec![Exit::Failed])
        });
        exits.flatten().collect()
    })
}

/// What one connection says to people.
#[derive(Debug, Default, Clone)]
pub(super) struct Block(Arc<Mutex<Vec<u8>>>);

impl Write for Block {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        lock(&self.0).write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Blocks come in the order of their connections, each as soon as those before it are shown.
#[derive(Debug)]
struct ShownBlocks {
    next: usize,
    waiting: BTreeMap<usize, Block>,
    between: &'static str,
    any: bool,
}

impl ShownBlocks {
    fn new(between: &'static str) -> Self {
        Self {
            next: 0,
            waiting: BTreeMap::new(),
            between,
            any: false,
        }
    }

    fn show(&mut self, number: usize, block: Block) {
        self.waiting.insert(number, block);
        while let Some(block) = self.waiting.remove(&self.next) {
            self.next += 1;
            let text = lock(&block.0);
            if text.is_empty() {
                continue;
            }
            // The reader may be gone (`| head`); the runs go on without it.
            let mut out = io::stdout().lock();
            let between = if self.any { self.between } else { "" };
            let _ = out
                .write_all(between.as_bytes())
                .and_then(|()| out.write_all(&text));
            let _ = out.flush();
            self.any = true;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
