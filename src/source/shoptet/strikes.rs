//! Single records refused one after another: whether it is them, or the service.

use super::client::Client;

/// After so many in a row the service is asked something that it surely has.
const STRIKES: u32 = 5;
/// So many in a row are no longer the records' fault, whatever else it answers.
const DOWN: u32 = 50;

/// Records refused in a row.
#[derive(Debug, Default)]
pub(super) struct Strikes {
    since_asked: u32,
    in_a_row: u32,
}

impl Strikes {
    /// A record came.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// One more was refused; whether it failed alone.
    pub(super) async fn is_alone(&mut self, client: &Client) -> bool {
        self.since_asked += 1;
        self.in_a_row += 1;
        if self.since_asked < STRIKES {
            return true;
        }
        self.since_asked = 0;
        self.in_a_row < DOWN && client.whose().await.is_ok()
    }
}
