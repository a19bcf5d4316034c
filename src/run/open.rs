//! From a connection of the configuration to clients of both services.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::access::{Access, Shared};
use crate::caflou;
use crate::config::{Connection, Values};
use crate::http::{Lane, LaneOptions, Pace, Policy, Stop};
use crate::source::{Opening, Source};
use crate::state::Cache;
use crate::trouble::{Class, Trouble};

/// Lanes by what they share: a token at Shoptet, an account at Caflou.
#[derive(Debug, Default)]
pub(crate) struct Lanes(Mutex<HashMap<String, Arc<Lane>>>);

impl Lanes {
    fn get(&self, name: String, options: LaneOptions) -> Arc<Lane> {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes
            .entry(name)
            .or_insert_with(|| Arc::new(Lane::new(options)));
        Arc::clone(lane)
    }
}

/// One side of a connection with its secrets; where one cannot be had, says which.
fn access(
    connection: &Connection,
    (side, values): (&str, &Values),
    stop: &Stop,
) -> Result<Access, Trouble> {
    Access::of(values, |key, secret| {
        let secret = secret.resolve_unless(&|| stop.reason().is_some());
        secret.map_err(|error| {
            let trouble = Trouble::of(Class::Access, &error);
            trouble.within(&format!("connection `{}`: {side}.{key}", connection.key))
        })
    })
}

impl Lanes {
    fn shared(&self, access: &Access, cache: &Cache, stop: &Stop, options: LaneOptions) -> Shared {
        Shared {
            cache: cache.clone(),
            policy: Policy::default(),
            lane: self.get(access.name(), options),
            stop: stop.clone(),
        }
    }
}

/// The way into the connection's source.
fn of_source(
    connection: &Connection,
    cache: &Cache,
    lanes: &Lanes,
    stop: &Stop,
) -> Result<(Access, Shared), Trouble> {
    let [source, _] = connection.sides();
    let access = access(connection, source, stop)?;
    let options = LaneOptions {
        pace: connection.program.pace,
        ..LaneOptions::default()
    };
    let shared = lanes.shared(&access, cache, stop, options);
    Ok((access, shared))
}

/// The connection's account at its source. A dry run registers nothing there.
pub(crate) fn source(
    connection: &Connection,
    dry_run: bool,
    cache: &Cache,
    lanes: &Lanes,
    stop: &Stop,
    policy: Policy,
) -> Result<Box<dyn Source>, Trouble> {
    let (access, shared) = of_source(connection, cache, lanes, stop)?;
    let opened = (connection.program.open)(Opening {
        access: &access,
        shared: Shared { policy, ..shared },
        mapping: &connection.mapping,
        import: &connection.import,
        dry_run,
    });
    opened.map_err(Trouble::from)
}

/// A client of the connection's Caflou account.
pub(crate) fn caflou(
    connection: &Connection,
    cache: &Cache,
    lanes: &Lanes,
    stop: &Stop,
) -> Result<Arc<caflou::Client>, Trouble> {
    let [_, caflou] = connection.sides();
    let access = access(connection, caflou, stop)?;
    let options = LaneOptions {
        pace: Pace {
            open: access.values.count("max_concurrency").unwrap_or(1),
            ..caflou::PACE
        },
        single_file: cache.single_file(connection.caflou_url()),
    };
    let shared = lanes.shared(&access, cache, stop, options);
    let client = caflou::Client::open(&access, shared);
    let client = client?;
    Ok(Arc::new(client))
}
