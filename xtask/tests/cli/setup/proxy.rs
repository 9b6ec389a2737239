//! A server between the binary and the embedded AWS that answers some requests itself: as a server
//! that lacks something, or as AWS where a permission is missing.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// An error that is answered in the place of the embedded AWS.
pub(super) struct Answer {
    /// The HTTP status.
    pub(super) status: u16,
    /// AWS's error code; an empty body where it is empty.
    pub(super) code: &'static str,
}

/// Starts a server on loopback and gives its URL. `answer` is asked about each request by its method
/// and its path with query; what it does not answer goes on to `upstream`. Ends with the process.
pub(super) fn start(
    upstream: &str,
    answer: impl Fn(&str, &str) -> Option<Answer> + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let upstream = upstream.trim_start_matches("http://").to_owned();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (upstream, answer) = (upstream.clone(), Arc::clone(&answer));
            // Either side may hang up whenever it likes.
            thread::spawn(move || drop(serve(client, &upstream, &*answer)));
        }
    });
    endpoint
}

/// Serves one request and closes, which keeps both ends of a connection in step.
fn serve(
    mut client: TcpStream,
    upstream: &str,
    answer: &dyn Fn(&str, &str) -> Option<Answer>,
) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut request_line = String::new();
    reader.read_line(&mut request_line)?;
    let mut head = request_line.clone();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;

    let mut words = request_line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if let Some(Answer { status, code }) = answer(method, target) {
        let xml = match code {
            "" => String::new(),
            _ => format!("<Error><Code>{code}</Code><Message>said the proxy</Message></Error>"),
        };
        return write!(
            client,
            "HTTP/1.1 {status} x\r\nx-amz-request-id: PROXY\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{}",
            xml.len(),
            if method == "HEAD" { "" } else { &xml },
        );
    }
    let mut server = TcpStream::connect(upstream)?;
    write!(server, "{head}connection: close\r\n\r\n")?;
    server.write_all(&body)?;
    io::copy(&mut server, &mut client)?;
    Ok(())
}
