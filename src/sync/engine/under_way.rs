//! Records under way: what creates them is committed as an intent. A few of them are tasks, as many
//! as keep the lane busy; the rest wait as they are, which takes a fraction of a task's memory.

use std::collections::VecDeque;

use tokio::task::{JoinError, JoinSet};

use super::decide::{Look, Ways, decide};
use crate::caflou::Reader;
use crate::record::Attributes;
use crate::state::Clock;
use crate::sync::outcome::Done;
use crate::sync::sink::{Sink, Step};

/// Tasks at once: more than the lane ever lets through, and those whose confirmations gather.
const TASKS: usize = 32;

/// A record that is to be dealt with.
pub(super) struct Ready {
    /// Its place in the order of telling.
    pub(super) number: u64,
    pub(super) step: Step,
    pub(super) desired: Attributes,
    /// What has to be read in Caflou before.
    pub(super) look: Option<Look>,
}

/// A record that was dealt with.
pub(super) struct Finished {
    pub(super) number: u64,
    pub(super) done: Done,
}

/// All of them.
pub(super) struct UnderWay<S> {
    sink: S,
    reader: Reader,
    ways: Ways,
    clock: Clock,
    tasks: JoinSet<Finished>,
    waiting: VecDeque<Ready>,
}

impl<S: Sink> UnderWay<S> {
    pub(super) fn new(sink: S, reader: Reader, ways: Ways, clock: Clock) -> Self {
        Self {
            sink,
            reader,
            ways,
            clock,
            tasks: JoinSet::new(),
            waiting: VecDeque::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.tasks.len() + self.waiting.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn push(&mut self, ready: Ready) {
        self.waiting.push_back(ready);
        self.set_going();
    }

    fn set_going(&mut self) {
        while self.tasks.len() < TASKS
            && let Some(ready) = self.waiting.pop_front()
        {
            let (sink, reader) = (self.sink.clone(), self.reader.clone());
            let (ways, clock) = (self.ways, self.clock.clone());
            self.tasks.spawn(async move {
                let Ready {
                    number,
                    step,
                    desired,
                    look,
                } = ready;
                let done = match look {
                    None => sink.settle(step).await,
                    Some(look) => {
                        decide((&sink, &reader, &clock), ways, step, &desired, look).await
                    }
                };
                Finished { number, done }
            });
        }
    }

    /// The next that is dealt with; `None` where there are none.
    pub(super) async fn next(&mut self) -> Option<Result<Finished, JoinError>> {
        let finished = self.tasks.join_next().await;
        self.set_going();
        finished
    }

    /// Gives all of them up.
    pub(super) fn abort(&mut self) {
        self.waiting.clear();
        self.tasks.abort_all();
    }
}
