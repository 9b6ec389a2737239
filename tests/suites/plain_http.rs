//! A plain HTTP client without credentials, as whoever gets a presigned URL would use, or calls the app.

use app::storage::PresignedUrl;
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::TokioExecutor;

/// Sends one request and reads the whole answer.
pub(crate) async fn send(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    let (head, body) = open(method, url, headers, body).await.into_parts();
    Response::from_parts(head, body.collect().await.unwrap().to_bytes())
}

/// Sends one request; the answer's body comes as it is read, and the connection ends with it.
pub(crate) async fn open(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Response<Incoming> {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).unwrap();
    if url.starts_with("http://") {
        return exchange(HttpConnector::new(), request).await;
    }
    let connector = HttpsConnectorBuilder::new().with_native_roots().unwrap().https_only();
    exchange(connector.enable_http1().build(), request).await
}

/// Does what a presigned URL allows, exactly as it says.
pub(crate) async fn follow(presigned: &PresignedUrl, body: impl Into<Bytes>) -> Response<Bytes> {
    let method = presigned.method.as_str().parse().unwrap();
    let headers: Vec<_> = presigned.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    send(method, presigned.url.as_str(), &headers, body).await
}

async fn exchange(
    connector: impl Connect + Clone + Send + Sync + 'static,
    request: Request<Full<Bytes>>,
) -> Response<Incoming> {
    let client = Client::builder(TokioExecutor::new()).build(connector);
    client.request(request).await.unwrap()
}
