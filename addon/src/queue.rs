//! A queue for a few places that is fair between addresses.
//!
//! Addresses take turns, however many wait of each. And an address holds fewer places than it leaves
//! free (the dynamic threshold of Choudhury and Hahne, by which switches share their memory): alone it
//! gets half of them, and whoever comes from elsewhere finds one.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// The queue.
#[derive(Debug)]
pub(crate) struct Queue(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    free: usize,
    held: HashMap<IpAddr, usize>,
    /// Addresses in the order of their turns, each with those that wait: at least one.
    waiting: VecDeque<(IpAddr, VecDeque<oneshot::Sender<Place>>)>,
    most_waiting: usize,
}

/// A place; free again once dropped.
#[derive(Debug)]
pub(crate) struct Place {
    address: IpAddr,
    /// `None` where nobody took it.
    queue: Option<Arc<Mutex<State>>>,
}

impl Queue {
    /// `most_waiting` is how many may wait of one address.
    pub(crate) fn new(places: usize, most_waiting: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            free: places,
            held: HashMap::new(),
            waiting: VecDeque::new(),
            most_waiting,
        })))
    }

    /// A place, when it is this address's turn; `None` at once where too many wait of it already.
    pub(crate) async fn enter(&self, address: IpAddr) -> Option<Place> {
        let (tell, told) = oneshot::channel();
        {
            let mut state = lock(&self.0);
            let most = state.most_waiting;
            let line = state.waiting.iter_mut().find(|(who, _)| *who == address);
            match line {
                Some((_, line)) => {
                    // Who does not wait any longer stands in nobody's way.
                    line.retain(|tell| !tell.is_closed());
                    if line.len() >= most {
                        return None;
                    }
                    line.push_back(tell);
                }
                None => state.waiting.push_back((address, VecDeque::from([tell]))),
            }
            state.hand_out(&self.0);
        }
        told.await.ok()
    }
}

impl State {
    fn may(&self, address: IpAddr) -> bool {
        self.held.get(&address).copied().unwrap_or(0) < self.free
    }

    /// Gives places as long as somebody may have one.
    fn hand_out(&mut self, queue: &Arc<Mutex<Self>>) {
        let turn = |state: &Self| state.waiting.iter().position(|(who, _)| state.may(*who));
        while let Some((address, mut line)) = turn(self).and_then(|at| self.waiting.remove(at)) {
            while let Some(tell) = line.pop_front() {
                let place = Place {
                    address,
                    queue: Some(Arc::clone(queue)),
                };
                match tell.send(place) {
                    Ok(()) => {
                        self.free -= 1;
                        *self.held.entry(address).or_default() += 1;
                        break;
                    }
                    Err(mut place) => place.queue = None,
                }
            }
            if !line.is_empty() {
                self.waiting.push_back((address, line));
            }
        }
    }

    fn give_back(&mut self, address: IpAddr) {
        self.free += 1;
        if let Some(held) = self.held.get_mut(&address) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(&address);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(queue) = self.queue.take() {
            let mut state = lock(&queue);
            state.give_back(self.address);
            state.hand_out(&queue);
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::{Pin, pin};
    use std::task::Poll;

    use proptest::prelude::*;

    use super::*;

    fn address(number: u8) -> IpAddr {
        [10, 0, 0, number].into()
    }

    /// Whether a place is had without waiting longer.
    async fn now<F: Future>(entering: &mut Pin<&mut F>) -> Option<F::Output> {
        poll_fn(|context| {
            Poll::Ready(match entering.as_mut().poll(context) {
                Poll::Ready(done) => Some(done),
                Poll::Pending => None,
            })
        })
        .await
    }

    #[tokio::test]
    async fn an_address_alone_gets_half_and_the_next_one_finds_a_place() {
        let queue = Queue::new(8, 2);
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(queue.enter(address(1)).await.unwrap());
        }
        let mut fifth = pin!(queue.enter(address(1)));
        assert!(now(&mut fifth).await.is_none());
        let mut sixth = pin!(queue.enter(address(1)));
        assert!(now(&mut sixth).await.is_none());
        assert!(queue.enter(address(1)).await.is_none(), "two wait already");
        let other = queue.enter(address(2)).await.unwrap();
        drop(other);
        held.pop();
        assert!(now(&mut fifth).await.is_some(), "its place is free again");
    }

    #[tokio::test]
    async fn addresses_take_turns_however_many_wait_of_one() {
        let queue = Queue::new(1, 9);
        let first = queue.enter(address(1)).await.unwrap();
        let (mut a, mut b) = (pin!(queue.enter(address(1))), pin!(queue.enter(address(1))));
        let mut c = pin!(queue.enter(address(2)));
        assert!(now(&mut a).await.is_none() && now(&mut b).await.is_none());
        assert!(now(&mut c).await.is_none());
        drop(first);
        let second = now(&mut a).await.expect("came first");
        assert!(now(&mut b).await.is_none() && now(&mut c).await.is_none());
        drop(second);
        assert!(now(&mut b).await.is_none());
        let third = now(&mut c).await.expect("the other address's turn");
        drop(third);
        assert!(now(&mut b).await.is_some());
    }

    #[tokio::test]
    async fn who_does_not_wait_any_longer_takes_no_place() {
        let queue = Queue::new(1, 1);
        let first = queue.enter(address(1)).await.unwrap();
        {
            let mut gone = pin!(queue.enter(address(1)));
            assert!(now(&mut gone).await.is_none());
        }
        let mut next = pin!(queue.enter(address(1)));
        assert!(now(&mut next).await.is_none());
        drop(first);
        assert!(now(&mut next).await.is_some());
    }

    proptest! {
        /// Whatever comes and goes, the places stay as many as there are, no address that holds none
        /// waits while one is free, and in the end none is held.
        #[test]
        fn places_are_neither_lost_nor_doubled(steps in prop::collection::vec((0_u8..5, any::<bool>(), 0_usize..8), 0..200)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let queue = Queue::new(6, 3);
            runtime.block_on(async {
                let mut held: Vec<Place> = Vec::new();
                let mut waiting = Vec::new();
                for (who, comes, which) in steps {
                    if comes {
                        waiting.push(Box::pin(queue.enter(address(who))));
                    } else if which < held.len() {
                        drop(held.swap_remove(which));
                    } else if which < waiting.len() {
                        drop(waiting.swap_remove(which));
                    }
                    let mut still = Vec::new();
                    for mut entering in waiting {
                        match now(&mut entering.as_mut()).await {
                            Some(place) => held.extend(place),
                            None => still.push(entering),
                        }
                    }
                    waiting = still;
                    let state = lock(&queue.0);
                    prop_assert_eq!(state.free + held.len(), 6);
                    for (who, line) in &state.waiting {
                        let waits = line.iter().any(|tell| !tell.is_closed());
                        prop_assert!(!waits || !state.may(*who));
                    }
                }
                drop((held, waiting));
                let state = lock(&queue.0);
                prop_assert_eq!(state.free, 6);
                prop_assert!(state.held.is_empty());
                Ok(())
            })?;
        }
    }
}
