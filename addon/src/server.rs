//! Connections: how many, how slow, and how they end.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tracing::{debug, error, info, warn};

use super::address::{is_trusted, line};
use super::backend::Backend;
use super::places::{Place, Places};
use super::routes::{Caller, metrics_routes, routes};
use super::tls::{TlsError, acceptor};
use caflou_sync::http::Stop;

/// How long the head of a request may take to arrive, and an idle connection stays open.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a TLS handshake may take.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// What the head of a request may take of the memory.
const LARGEST_HEAD: usize = 16 * 1024;
/// Headers of a request.
const MOST_HEADERS: usize = 64;
/// Connections that the system keeps until they are taken. Timers of many programs strike in the same
/// minute; with the usual 128, some would have to knock again after a second.
const WAITING: u32 = 4096;
/// Connections open at once to the address of the metrics.
const SCRAPES: usize = 16;
/// How long requests that are under way may take when the backend is to end.
const GRACE: Duration = Duration::from_secs(30);

/// Why it does not serve.
#[derive(Debug, Error)]
pub enum ServeError {
    /// It cannot listen.
    #[error("cannot listen on {address}: {source}; check `{key}` in addon.toml")]
    Listen {
        /// The setting.
        key: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Its certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Where it listens.
#[derive(Debug, Clone, Copy)]
pub struct Listening {
    /// For everybody.
    pub requests: SocketAddr,
    /// For who collects metrics.
    pub metrics: Option<SocketAddr>,
}

/// What each connection needs.
#[derive(Clone)]
struct Door {
    router: Router,
    tls: Option<TlsAcceptor>,
    /// Held by each request that is under way.
    working: mpsc::Sender<()>,
}

/// Serves until it is to end; then what is under way is brought to its end. `listening` hears of the
/// addresses once requests are taken.
///
/// # Errors
/// Where it cannot listen.
pub async fn serve(
    backend: Arc<Backend>,
    stop: Stop,
    listening: impl FnOnce(Listening),
) -> Result<(), ServeError> {
    let config = &backend.config;
    let tls = config.tls.as_ref().map(acceptor).transpose()?;
    let (public, requests) = listen(config.listen, "listen")?;
    let metrics = config.metrics_listen;
    let metrics = metrics.map(|address| listen(address, "metrics_listen"));
    let metrics = metrics.transpose()?;
    listening(Listening {
        requests,
        metrics: metrics.as_ref().map(|(_, address)| *address),
    });
    let (working, mut all_done) = mpsc::channel(1);
    let graceful = GracefulShutdown::new();
    let door = Door {
        router: routes(Arc::clone(&backend)),
        tls,
        working: working.clone(),
    };
    let limits = config.limits;
    let places = Places::new(
        many(limits.connections),
        many(limits.connections_per_address),
    );
    let address_of = |peer: IpAddr| {
        let is_proxy = is_trusted(peer, &config.trusted_proxies);
        (!is_proxy).then(|| line(peer))
    };
    let for_all = take(public, door, places, address_of, &graceful, &stop);
    let for_metrics = async {
        if let Some((listener, _)) = metrics {
            let door = Door {
                router: metrics_routes(Arc::clone(&backend)),
                tls: None,
                working,
            };
            let places = Places::new(SCRAPES, SCRAPES);
            take(listener, door, places, |_| None, &graceful, &stop).await;
        } else {
            drop(working);
        }
    };
    tokio::join!(for_all, for_metrics);
    info!("no more requests are taken; those under way come to their end");
    let end = async {
        graceful.shutdown().await;
        // A request goes on where its client is gone; the last one drops the last sender.
        all_done.recv().await;
    };
    if timeout(GRACE, end).await.is_err() {
        warn!("some requests were still under way and are broken off");
    }
    Ok(())
}

fn many(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn listen(address: SocketAddr, key: &'static str) -> Result<(TcpListener, SocketAddr), ServeError> {
    let listener = || {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        }?;
        // Restarted, it does not wait for connections of before to be forgotten.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let listener = socket.listen(WAITING)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    listener().map_err(|source| ServeError::Listen {
        key,
        address,
        source,
    })
}

/// Takes connections until it is time to end. `address_of` says by which address a peer's count, if
/// by any.
async fn take(
    listener: TcpListener,
    door: Door,
    places: Places,
    address_of: impl Fn(IpAddr) -> Option<IpAddr>,
    graceful: &GracefulShutdown,
    stop: &Stop,
) {
    let taking = async {
        loop {
            let (stream, peer) = match listener.accept().await {
                Ok(taken) => taken,
                Err(reason) => {
                    // A client that was gone already, or no more sockets: then time helps.
                    debug!(%reason, "a connection was not made");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let Some(place) = places.enter(address_of(peer.ip())).await else {
                debug!("a connection too many of one address");
                continue;
            };
            let watcher = graceful.watcher();
            tokio::spawn(connection(door.clone(), stream, peer, watcher, place));
        }
    };
    tokio::select! {
        () = taking => {}
        () = stop.wait() => {}
    }
}

async fn connection(
    door: Door,
    stream: TcpStream,
    peer: SocketAddr,
    watcher: Watcher,
    place: Place,
) {
    let place = Arc::new(place);
    let talking = async {
        // Answers are short: without it they would wait to be longer.
        let _ = stream.set_nodelay(true);
        match &door.tls {
            None => talk(&door, stream, peer, watcher, &place).await,
            Some(tls) => match timeout(HANDSHAKE_TIME, tls.accept(stream)).await {
                Ok(Ok(stream)) => talk(&door, stream, peer, watcher, &place).await,
                Ok(Err(reason)) => debug!(%reason, "no TLS handshake"),
                Err(_) => debug!("a TLS handshake was too slow"),
            },
        }
    };
    tokio::select! {
        () = talking => {}
        () = place.closed() => debug!("a connection was closed to make room"),
    }
}

async fn talk(
    door: &Door,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    watcher: Watcher,
    place: &Arc<Place>,
) {
    let service = service_fn(|request| {
        let caller = Caller {
            peer: peer.ip(),
            place: Arc::clone(place),
        };
        handle(door.clone(), caller, request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_headers(MOST_HEADERS)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(reason) = watcher.watch(connection).await {
        debug!(%reason, "a connection ended early");
    }
}

/// One request. It is carried out even where the client does not wait for the answer: an installation
/// that was begun has to be stored, a token that was asked for has to be kept.
async fn handle(
    door: Door,
    caller: Caller,
    request: Request<Incoming>,
) -> io::Result<Response<Body>> {
    let Door {
        router, working, ..
    } = door;
    let under_way = tokio::spawn(async move {
        let _working = working;
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(caller);
        TowerToHyperService::new(router).call(request).await
    });
    match under_way.await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(never)) => match never {},
        Err(reason) => {
            error!(%reason, "a request broke off");
            Err(io::Error::other(reason))
        }
    }
}
