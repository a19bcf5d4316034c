//! Connections: how many, how slow, and how they end.

use std::io;
use std::net::SocketAddr;
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
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tracing::{debug, error, info, warn};

use super::backend::Backend;
use super::routes::routes;
use super::tls::{TlsError, acceptor};
use crate::http::Stop;

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
/// How long requests that are under way may take when the backend is to end.
const GRACE: Duration = Duration::from_secs(30);

/// Why it does not serve.
#[derive(Debug, Error)]
pub enum ServeError {
    /// It cannot listen.
    #[error("cannot listen on {address}: {source}; check `listen` in addon.toml")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Its certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
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
/// address once requests are taken.
///
/// # Errors
/// Where it cannot listen.
pub async fn serve(
    backend: Arc<Backend>,
    stop: Stop,
    listening: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let tls = backend.config.tls.as_ref().map(acceptor).transpose()?;
    let address = backend.config.listen;
    let not_listening = |source| ServeError::Listen { address, source };
    let listener = listen(address).map_err(not_listening)?;
    listening(listener.local_addr().map_err(not_listening)?);
    let places = usize::try_from(backend.config.limits.connections);
    let places = Arc::new(Semaphore::new(places.unwrap_or(Semaphore::MAX_PERMITS)));
    let (working, mut all_done) = mpsc::channel(1);
    let door = Door {
        router: routes(Arc::clone(&backend)),
        tls,
        working,
    };
    let graceful = GracefulShutdown::new();
    while let Some((stream, peer, place)) = next(&listener, &places, &stop).await {
        tokio::spawn(connection(
            door.clone(),
            stream,
            peer,
            graceful.watcher(),
            place,
        ));
    }
    drop((listener, door));
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

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // Restarted, it does not wait for connections of before to be forgotten.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)
}

/// The next connection, once there is a place for it; `None` when it is time to end.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    stop: &Stop,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let connection = async {
        let place = Arc::clone(places).acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return Some((stream, peer, place)),
                Err(reason) => {
                    // A client that was gone already, or no more sockets: then time helps.
                    debug!(%reason, "a connection was not made");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    };
    tokio::select! {
        connection = connection => connection,
        () = stop.wait() => None,
    }
}

async fn connection(
    door: Door,
    stream: TcpStream,
    peer: SocketAddr,
    watcher: Watcher,
    _place: OwnedSemaphorePermit,
) {
    // Answers are short: without it they would wait to be longer.
    let _ = stream.set_nodelay(true);
    match &door.tls {
        None => talk(&door, stream, peer, watcher).await,
        Some(tls) => match timeout(HANDSHAKE_TIME, tls.accept(stream)).await {
            Ok(Ok(stream)) => talk(&door, stream, peer, watcher).await,
            Ok(Err(reason)) => debug!(%reason, "no TLS handshake"),
            Err(_) => debug!("a TLS handshake was too slow"),
        },
    }
}

async fn talk(
    door: &Door,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    watcher: Watcher,
) {
    let service = service_fn(|request| handle(door.clone(), peer, request));
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
    peer: SocketAddr,
    request: Request<Incoming>,
) -> io::Result<Response<Body>> {
    let Door {
        router, working, ..
    } = door;
    let under_way = tokio::spawn(async move {
        let _working = working;
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
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
