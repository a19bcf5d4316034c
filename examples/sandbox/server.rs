//! The servers: connections, what is refused at the door, what goes wrong on the way.

use std::io;
use std::net::TcpListener as StdListener;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use chrono::TimeDelta;
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::time::{Sleep, sleep};

use super::clock::http_date;
use super::faults::Fault;
use super::http::{Call, Reply, Service};
use super::world::{Moment, World};
use super::{caflou, shoptet};

/// How long a half answer hangs before the connection breaks: time for the half to leave.
const HALF_HANGS: Duration = Duration::from_millis(10);

/// How a request ends.
enum Outcome {
    Answer(Reply),
    Half(Reply),
    Cut,
}

/// Takes connections to one service until the runtime ends.
pub async fn listen(world: Arc<World>, service: Service, listener: StdListener) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        stream.set_nodelay(true).ok();
        let world = Arc::clone(&world);
        let answer = service_fn(move |request| serve(Arc::clone(&world), service, request));
        tokio::spawn(async move {
            // a client that goes away, or a cut made on purpose
            http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer)
                .await
                .ok();
        });
    }
}

/// One request. It is carried out even if the client does not wait for the answer.
async fn serve(
    world: Arc<World>,
    service: Service,
    request: Request<Incoming>,
) -> io::Result<Response<Payload>> {
    let call = read(service, request).await?;
    let date = Arc::clone(&world);
    let under_way = tokio::spawn(handle(world, call));
    let (reply, half) = match under_way.await {
        Ok(Outcome::Answer(reply)) => (reply, false),
        Ok(Outcome::Half(reply)) => (reply, true),
        Ok(Outcome::Cut) | Err(_) => return Err(cut()),
    };
    let mut response = Response::builder().status(reply.status);
    if !reply.content_type.is_empty() {
        response = response.header("content-type", reply.content_type);
    }
    response = response.header("date", http_date(date.clock_of(service).now()));
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    let payload = if half {
        response = response.header("content-length", reply.body.len());
        Payload::half(reply.body.slice(..reply.body.len() / 2))
    } else {
        Payload::whole(reply.body)
    };
    response.body(payload).map_err(io::Error::other)
}

async fn read(service: Service, request: Request<Incoming>) -> io::Result<Call> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let header = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
        (
            name.as_str().to_owned(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    };
    Ok(Call {
        service,
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers.iter().map(header).collect(),
        body,
    })
}

async fn handle(world: Arc<World>, call: Call) -> Outcome {
    let number = world.note(&call);
    world.tell(Moment::Arrived, &call);
    let outcome = match Pass::ask(&world, &call) {
        Some(pass) => {
            let outcome = under_way(&world, &call).await;
            drop(pass);
            outcome
        }
        None => Outcome::Answer(refused_at_door(&world, &call)),
    };
    if let Outcome::Answer(reply) = &outcome {
        world.note_status(number, reply.status);
    }
    world.tell(Moment::Answered, &call);
    outcome
}

/// A request that was let in.
async fn under_way(world: &Arc<World>, call: &Call) -> Outcome {
    let fault = world.draw(call);
    let latency = {
        let options = world.options();
        match call.service {
            Service::Shoptet => options.shoptet_latency,
            Service::Caflou => options.caflou_latency,
        }
    };
    if !latency.is_zero() {
        sleep(latency).await;
    }
    match fault {
        None => Outcome::Answer(lied(world, call)),
        Some(fault) => with_fault(world, call, fault).await,
    }
}

/// A request that goes wrong.
async fn with_fault(world: &Arc<World>, call: &Call, fault: Fault) -> Outcome {
    match fault {
        Fault::CutBefore => Outcome::Cut,
        Fault::CutAfter => {
            dispatch(world, call);
            Outcome::Cut
        }
        Fault::HalfAnswer => Outcome::Half(dispatch(world, call)),
        Fault::StatusBefore(status) => Outcome::Answer(failure(world, call, status)),
        Fault::StatusAfter(status) => {
            dispatch(world, call);
            Outcome::Answer(failure(world, call, status))
        }
        Fault::TooMany(seconds) => Outcome::Answer(too_many(world, call, seconds)),
        Fault::Locked => Outcome::Answer(failure(world, call, 423)),
        Fault::HtmlBefore(status) => Outcome::Answer(Reply::html(status)),
        Fault::HtmlAfter(status) => {
            dispatch(world, call);
            Outcome::Answer(Reply::html(status))
        }
        Fault::Slow(delay) => {
            let reply = dispatch(world, call);
            sleep(delay).await;
            Outcome::Answer(reply)
        }
        Fault::LateWrite(delay) => {
            let (world, call) = (Arc::clone(world), call.clone());
            tokio::spawn(async move {
                sleep(delay).await;
                dispatch(&world, &call);
            });
            Outcome::Cut
        }
        Fault::ShiftAdd => {
            world.shop().new_order();
            Outcome::Answer(dispatch(world, call))
        }
        Fault::ShiftDelete => {
            delete_some_order(world);
            Outcome::Answer(dispatch(world, call))
        }
        Fault::Answer { status, body } => {
            let mut reply = Reply::empty(status);
            reply.content_type = "application/json; charset=utf-8";
            reply.body = Bytes::from(body);
            Outcome::Answer(reply)
        }
    }
}

fn dispatch(world: &World, call: &Call) -> Reply {
    match call.service {
        Service::Shoptet => shoptet::answer(world, call, None),
        Service::Caflou => caflou::answer(world, call, None),
    }
}

/// A request that is answered in time, but perhaps not truly. A lie counts where it is told to be
/// one.
fn lied(world: &World, call: &Call) -> Reply {
    let honest = dispatch(world, call);
    let Some(lie) = world.lie(call) else {
        return honest;
    };
    let bent = match call.service {
        Service::Shoptet => shoptet::answer(world, call, Some(lie)),
        Service::Caflou => caflou::answer(world, call, Some(lie)),
    };
    if bent.status != honest.status || without_number(&bent) != without_number(&honest) {
        world.count(lie.name());
    }
    bent
}

/// What an answer says, but for its own number.
fn without_number(reply: &Reply) -> serde_json::Value {
    let mut body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    if let Some(body) = body.as_object_mut() {
        body.remove("metadata");
    }
    body
}

fn failure(world: &World, call: &Call, status: u16) -> Reply {
    match call.service {
        Service::Shoptet => shoptet::failure(world, status, "Something went wrong."),
        Service::Caflou => caflou::failure(status, "something went wrong"),
    }
}

fn too_many(world: &World, call: &Call, seconds: u64) -> Reply {
    let again = match call.service {
        Service::Shoptet => http_date(
            world.clock_of(Service::Shoptet).now() + TimeDelta::seconds(seconds.cast_signed()),
        ),
        Service::Caflou => seconds.to_string(),
    };
    failure(world, call, 429).with("retry-after", again)
}

fn refused_at_door(world: &World, call: &Call) -> Reply {
    match call.service {
        Service::Shoptet => shoptet::failure(world, 429, "Too many simultaneous connections."),
        Service::Caflou => caflou::failure(
            429,
            "Rate limit exceeded - same request is processing already",
        ),
    }
}

fn delete_some_order(world: &World) {
    let mut shop = world.shop();
    let code = shop
        .orders
        .get(shop.orders.len() / 2)
        .map(|order| order.code.clone());
    if let Some(code) = code {
        shop.delete(&code);
    }
}

/// A place among the requests under way, given back in the end.
struct Pass {
    world: Arc<World>,
    service: Service,
    key: Option<String>,
}

impl Pass {
    fn ask(world: &Arc<World>, call: &Call) -> Option<Self> {
        let (limited, single_file) = {
            let options = world.options();
            (options.connections_limit, options.single_file)
        };
        let key = match call.service {
            Service::Shoptet => {
                let token = shoptet::token(call).to_owned();
                world
                    .gate()
                    .enter_shop(&token, limited)
                    .then_some(Some(token))?
            }
            Service::Caflou if single_file => world
                .gate()
                .enter_path(&call.path)
                .then(|| Some(call.path.clone()))?,
            Service::Caflou => None,
        };
        Some(Self {
            world: Arc::clone(world),
            service: call.service,
            key,
        })
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        match (&self.key, self.service) {
            (Some(token), Service::Shoptet) => self.world.gate().leave_shop(token),
            (Some(path), Service::Caflou) => self.world.gate().leave_path(path),
            (None, _) => {}
        }
    }
}

fn cut() -> io::Error {
    io::Error::from(io::ErrorKind::ConnectionAborted)
}

/// A body that comes whole, or half and then breaks.
struct Payload {
    data: Option<Bytes>,
    hang: Option<Pin<Box<Sleep>>>,
}

impl Payload {
    fn whole(data: Bytes) -> Self {
        Self {
            data: Some(data).filter(|data| !data.is_empty()),
            hang: None,
        }
    }

    fn half(data: Bytes) -> Self {
        Self {
            data: Some(data),
            hang: Some(Box::pin(sleep(HALF_HANGS))),
        }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(data) = self.data.take() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        match &mut self.hang {
            Some(hang) => hang.as_mut().poll(context).map(|()| Some(Err(cut()))),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && self.hang.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.data, &self.hang) {
            (_, Some(_)) => SizeHint::default(),
            (Some(data), None) => SizeHint::with_exact(data.len() as u64),
            (None, None) => SizeHint::with_exact(0),
        }
    }
}
