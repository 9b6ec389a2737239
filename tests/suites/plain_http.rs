//! A plain HTTP client without credentials, as whoever gets a presigned URL would use, or calls the app.

use std::convert::Infallible;

use app::storage::PresignedUrl;
use bytes::Bytes;
use futures::stream;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Body, Frame, Incoming};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::TokioExecutor;
use meter::Counted;

use crate::env;

/// Sends one request and reads the whole answer.
pub(crate) async fn send(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    read(open(method, url, headers, body).await).await
}

/// The same with a body of pieces, whose length is not said beforehand.
pub(crate) async fn send_in_pieces(
    method: Method,
    url: &str,
    pieces: impl Iterator<Item = Bytes> + Send + 'static,
) -> Response<Bytes> {
    let pieces = pieces.map(|piece| Ok::<_, Infallible>(Frame::data(piece)));
    let request = Request::builder().method(method).uri(url);
    let request = request.body(StreamBody::new(stream::iter(pieces))).unwrap();
    read(exchange(request).await).await
}

/// Sends one request; the answer's body comes as it is read, and the connection ends with it.
pub(crate) async fn open(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Response<Counted<Incoming>> {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    exchange(request.body(Full::new(body.into())).unwrap()).await
}

/// Does what a presigned URL allows, exactly as it says.
pub(crate) async fn follow(presigned: &PresignedUrl, body: impl Into<Bytes>) -> Response<Bytes> {
    let method = presigned.method.as_str().parse().unwrap();
    let headers: Vec<_> = presigned.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    send(method, presigned.url.as_str(), &headers, body).await
}

async fn read(answer: Response<Counted<Incoming>>) -> Response<Bytes> {
    let (head, body) = answer.into_parts();
    Response::from_parts(head, body.collect().await.unwrap().to_bytes())
}

/// What goes to a target that does not count itself is counted.
async fn exchange<B>(request: Request<B>) -> Response<Counted<Incoming>>
where
    B: Body<Data = Bytes, Error = Infallible> + Send + Unpin + 'static,
{
    let counted = env::sent(&request);
    Counted::answer(answer(request).await, counted)
}

async fn answer<B>(request: Request<B>) -> Response<Incoming>
where
    B: Body<Data = Bytes, Error = Infallible> + Send + Unpin + 'static,
{
    if request.uri().scheme_str() == Some("http") {
        return exchange_by(HttpConnector::new(), request).await;
    }
    let connector = HttpsConnectorBuilder::new().with_native_roots().unwrap().https_only();
    exchange_by(connector.enable_http1().build(), request).await
}

async fn exchange_by<B>(
    connector: impl Connect + Clone + Send + Sync + 'static,
    request: Request<B>,
) -> Response<Incoming>
where
    B: Body<Data = Bytes, Error = Infallible> + Send + Unpin + 'static,
{
    let client = Client::builder(TokioExecutor::new()).build(connector);
    client.request(request).await.unwrap()
}
