//! Large files pass through in pieces: no body is ever held as a whole.

use std::time::Duration;

use axum::body::HttpBody as _;
use bytes::Bytes;
use futures::{StreamExt, stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::*;
use crate::api::serve;

const PIECE_BYTES: usize = 64 * 1024;
const PIECES: usize = 320;

/// Of 20 MiB, each piece another one.
fn piece(index: usize) -> Bytes {
    vec![u8::try_from(index % 251).unwrap(); PIECE_BYTES].into()
}

fn size_of_the_only_file(app: &TestApp) -> u64 {
    app.stored().first().map_or(0, |file| fs::metadata(file).unwrap().len())
}

#[tokio::test]
async fn an_upload_is_on_the_disk_before_its_end_has_come() {
    let app = TestApp::new().await;
    let (sender, receiver) = mpsc::channel(1);
    let pieces = stream::unfold(receiver, async |mut receiver| {
        let piece: Bytes = receiver.recv().await?;
        Some((Ok::<_, std::io::Error>(piece), receiver))
    });
    let upload = app.put(FILE, Body::from_stream(pieces.boxed()));
    let feed = async {
        for index in 0..PIECES {
            if index == PIECES / 2 {
                // What is not on the disk yet is in memory: a few pieces.
                let least = ((PIECES / 2 - 8) * PIECE_BYTES) as u64;
                let there = async {
                    while size_of_the_only_file(&app) < least {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                };
                tokio::time::timeout(Duration::from_secs(10), there).await.unwrap();
            }
            sender.send(piece(index)).await.unwrap();
        }
        drop(sender);
    };
    let (written, ()) = tokio::join!(upload, feed);
    assert_eq!(written.ok()["size_bytes"], PIECES * PIECE_BYTES);
    let read = app.get(FILE).await.body;
    assert_eq!(read.len(), PIECES * PIECE_BYTES);
    assert!((0..PIECES).all(|i| read[i * PIECE_BYTES..(i + 1) * PIECE_BYTES] == piece(i)));
}

#[tokio::test]
async fn a_download_is_read_while_it_goes_and_never_ends_early() {
    let app = TestApp::new().await;
    let pieces = stream::iter((0..PIECES).map(|index| Ok::<_, std::io::Error>(piece(index))));
    app.put(FILE, Body::from_stream(pieces)).await.ok();
    let response = app.router().oneshot(request(Method::GET, FILE, Body::empty())).await.unwrap();
    assert_eq!(response.headers()["content-length"], (PIECES * PIECE_BYTES).to_string());
    let mut body = response.into_body();
    assert_eq!(body.size_hint().upper(), None);
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(first.len() <= 2 * PIECE_BYTES && first[0] == 0, "{}", first.len());
    // Whoever had read all of it before would not notice.
    let file = fs::File::options().write(true).open(app.stored().remove(0)).unwrap();
    file.set_len(10 * PIECE_BYTES as u64).unwrap();
    let (mut read, mut broken) = (first.len(), false);
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => read += frame.into_data().unwrap().len(),
            Err(_) => broken = true,
        }
    }
    assert!(broken && read < PIECES * PIECE_BYTES, "{read} bytes");
}

#[tokio::test]
async fn the_answer_to_head_has_a_length_and_no_body_on_the_wire() {
    let app = TestApp::new().await;
    app.put(FILE, "hello").await.ok();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(serve(app.state.clone(), listener, std::future::pending()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head =
        |method: &str, last: &str| format!("{method} {FILE} HTTP/1.1\r\nhost: x\r\n{last}\r\n");
    stream.write_all(head("HEAD", "").as_bytes()).await.unwrap();
    stream.write_all(head("GET", "connection: close\r\n").as_bytes()).await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    let parts: Vec<_> = answers.split("\r\n\r\n").collect();
    assert_eq!(parts.len(), 3, "{answers}");
    assert!(parts[0].contains("content-length: 5\r\n"), "{answers}");
    assert!(parts[1].starts_with("HTTP/1.1 200"), "{answers}");
    assert_eq!(parts[2], "hello");
    server.abort();
}
