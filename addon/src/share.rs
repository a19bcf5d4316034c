//! How many requests of one address are under way, also behind a proxy.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Numbers by address.
#[derive(Debug, Default)]
pub(crate) struct Shares(Mutex<HashMap<IpAddr, u32>>);

/// A request that is under way.
#[derive(Debug)]
pub(crate) struct Share<'a> {
    shares: &'a Shares,
    address: IpAddr,
}

impl Shares {
    /// Counts one more, where there are fewer than `most`.
    pub(crate) fn take(&self, address: IpAddr, most: u32) -> Option<Share<'_>> {
        let mut numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = numbers.entry(address).or_default();
        (*number < most).then(|| {
            *number += 1;
            Share {
                shares: self,
                address,
            }
        })
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let mut numbers = self.shares.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = numbers.get_mut(&self.address) {
            *number -= 1;
            if *number == 0 {
                numbers.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_own_and_what_ended_is_forgotten() {
        let shares = Shares::default();
        let (one, other) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let held = (shares.take(one, 2), shares.take(one, 2));
        assert!(held.0.is_some() && held.1.is_some() && shares.take(one, 2).is_none());
        assert!(shares.take(other, 2).is_some());
        drop(held.0);
        assert!(shares.take(one, 2).is_some());
        drop(held.1);
        assert!(shares.0.lock().unwrap().is_empty());
    }
}
