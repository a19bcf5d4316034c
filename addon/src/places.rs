//! Who may be connected: so many in all and so many of an address. Where there is no place, the one
//! that has been waited for longest is closed: whose next request, or the rest of it, has not come.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// A connection this young is not closed for those of other addresses: its request may be on the way.
const YOUNG: Duration = Duration::from_millis(250);

/// The places for connections.
#[derive(Debug, Clone)]
pub(crate) struct Places(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    most_of_address: usize,
    state: Mutex<State>,
    /// A place is free, or somebody is waited for again.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    open: HashMap<u64, Connection>,
}

#[derive(Debug)]
struct Connection {
    /// `None`: a proxy's, behind which there are many addresses.
    address: Option<IpAddr>,
    /// Since when it is waited for; `None`: it is being answered.
    waited_for: Option<Instant>,
    close: Arc<Notify>,
}

/// A connection's place; free again once dropped.
#[derive(Debug)]
pub(crate) struct Place {
    shared: Arc<Shared>,
    number: u64,
    close: Arc<Notify>,
}

/// A request that is being answered: its connection is not closed meanwhile.
#[derive(Debug)]
pub(crate) struct Answering<'a>(&'a Place);

impl Places {
    pub(crate) fn new(most: usize, most_of_address: usize) -> Self {
        Self(Arc::new(Shared {
            most,
            most_of_address,
            state: Mutex::default(),
            changed: Notify::new(),
        }))
    }

    /// A place for a connection of this address, once there is one; `None` at once where all of the
    /// address's are being answered.
    pub(crate) async fn enter(&self, address: Option<IpAddr>) -> Option<Place> {
        let shared = &self.0;
        loop {
            let changed = shared.changed.notified();
            let room = shared.lock().room(shared, address, Instant::now());
            match room {
                Room::Here(number, close) => {
                    let shared = Arc::clone(shared);
                    return Some(Place {
                        shared,
                        number,
                        close,
                    });
                }
                Room::TooMany => return None,
                Room::From(Some(at)) => drop(timeout_at(at, changed).await),
                Room::From(None) => changed.await,
            }
        }
    }
}

/// Whether there is room for one more.
#[derive(Debug)]
enum Room {
    /// There is: its number, and how it hears that it has to be closed.
    Here(u64, Arc<Notify>),
    /// Not for this address.
    TooMany,
    /// From then on, unless something changes before; `None`: not before.
    From(Option<Instant>),
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn room(&mut self, shared: &Shared, address: Option<IpAddr>, now: Instant) -> Room {
        let of_address = |open: &&Connection| address.is_some() && open.address == address;
        let full = self.open.values().filter(of_address).count() >= shared.most_of_address;
        if full {
            if !self.close_oldest(address, now) {
                return Room::TooMany;
            }
        } else if self.open.len() >= shared.most
            && !now
                .checked_sub(YOUNG)
                .is_some_and(|before| self.close_oldest(None, before))
        {
            return Room::From(self.oldest(None).map(|(_, since)| since + YOUNG));
        }
        let (number, close) = (self.next, Arc::new(Notify::new()));
        self.next += 1;
        let connection = Connection {
            address,
            waited_for: Some(now),
            close: Arc::clone(&close),
        };
        self.open.insert(number, connection);
        Room::Here(number, close)
    }

    /// The connection that has been waited for longest, of this address or of all.
    fn oldest(&self, address: Option<IpAddr>) -> Option<(u64, Instant)> {
        let open = self.open.iter();
        let open = open.filter(|(_, open)| address.is_none() || open.address == address);
        let waited_for = open.filter_map(|(number, open)| Some((*number, open.waited_for?)));
        waited_for.min_by_key(|(number, since)| (*since, *number))
    }

    /// Closes that one, where it has been waited for since `before`; whether it was.
    fn close_oldest(&mut self, address: Option<IpAddr>, before: Instant) -> bool {
        let oldest = self.oldest(address).filter(|(_, since)| *since <= before);
        let closed = oldest.and_then(|(number, _)| self.open.remove(&number));
        closed.is_some_and(|closed| {
            closed.close.notify_one();
            true
        })
    }
}

impl Place {
    /// Returns when the connection has to be closed.
    pub(crate) async fn closed(&self) {
        self.close.notified().await;
    }

    /// The whole request is there; `None` where the connection is being closed, and nobody would hear
    /// the answer.
    pub(crate) fn answering(&self) -> Option<Answering<'_>> {
        let mut state = self.shared.lock();
        state.open.get_mut(&self.number)?.waited_for = None;
        Some(Answering(self))
    }
}

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        let Place { shared, number, .. } = self.0;
        if let Some(open) = shared.lock().open.get_mut(number) {
            open.waited_for = Some(Instant::now());
        }
        shared.changed.notify_one();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.lock().open.remove(&self.number);
        self.shared.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// Connections, and a clock that goes on by a millisecond with each.
    struct Tested {
        places: Places,
        now: Instant,
    }

    impl Tested {
        fn new(most: usize, most_of_address: usize) -> Self {
            Self {
                places: Places::new(most, most_of_address),
                now: Instant::now() + YOUNG,
            }
        }

        fn room(&mut self, address: u8) -> Room {
            self.now += MILLISECOND;
            let address = (address > 0).then(|| [10, 0, 0, address].into());
            let shared = &self.places.0;
            shared.lock().room(shared, address, self.now)
        }

        #[track_caller]
        fn enter(&mut self, address: u8) -> u64 {
            match self.room(address) {
                Room::Here(number, _) => number,
                other @ (Room::TooMany | Room::From(_)) => panic!("{other:?}"),
            }
        }

        fn answers(&mut self, number: u64, answers: bool) {
            self.now += MILLISECOND;
            let since = (!answers).then_some(self.now);
            let mut state = self.places.0.lock();
            state.open.get_mut(&number).unwrap().waited_for = since;
        }

        fn open(&self) -> Vec<u64> {
            let mut open: Vec<_> = self.places.0.lock().open.keys().copied().collect();
            open.sort_unstable();
            open
        }
    }

    #[test]
    fn an_address_at_its_limit_loses_the_connection_that_was_waited_for_longest() {
        let mut tested = Tested::new(9, 2);
        let (other, first) = (tested.enter(2), tested.enter(1));
        let second = tested.enter(1);
        tested.answers(first, true);
        let third = tested.enter(1);
        assert_eq!(tested.open(), [other, first, third]);
        tested.answers(first, false);
        let fourth = tested.enter(1);
        assert_eq!(tested.open(), [other, first, fourth]);
        assert!(second < fourth);
    }

    #[test]
    fn what_is_answered_is_not_closed_for_another() {
        let mut tested = Tested::new(9, 2);
        let both = [tested.enter(1), tested.enter(1)];
        for number in both {
            tested.answers(number, true);
        }
        assert!(matches!(tested.room(1), Room::TooMany));
        for _ in 0..3 {
            // A proxy's have no such limit.
            tested.enter(0);
        }
        tested.answers(both[1], false);
        tested.enter(1);
        assert_eq!(tested.open(), [0, 2, 3, 4, 5]);
    }

    #[test]
    fn where_all_are_taken_the_oldest_goes_unless_it_just_came() {
        let mut tested = Tested::new(2, 2);
        let (answered, idle) = (tested.enter(1), tested.enter(2));
        let since = tested.now;
        tested.answers(answered, true);
        let room = tested.room(3);
        assert!(
            matches!(room, Room::From(Some(at)) if at == since + YOUNG),
            "{room:?}"
        );
        tested.now = since + YOUNG - MILLISECOND;
        let new = tested.enter(3);
        assert_eq!(tested.open(), [answered, new]);
        assert!(idle < new);
        tested.answers(new, true);
        tested.now += YOUNG;
        assert!(matches!(tested.room(4), Room::From(None)));
    }

    #[tokio::test]
    async fn whoever_is_closed_hears_it_and_begins_nothing() {
        let places = Places::new(9, 1);
        let address = Some([10, 0, 0, 1].into());
        let first = places.enter(address).await.unwrap();
        let second = places.enter(address).await.unwrap();
        first.closed().await;
        assert!(first.answering().is_none());
        let answering = second.answering();
        assert!(answering.is_some() && places.enter(address).await.is_none());
        drop(answering);
        drop((first, second));
        assert!(places.enter(address).await.is_some());
    }
}
