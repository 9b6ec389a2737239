//! A wire between the binary and its server on which a test can listen, hold requests back, and act in
//! between.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A wire on loopback. Its threads end with the process.
pub(crate) struct Wire {
    endpoint: String,
}

impl Wire {
    /// Passes everything on to `upstream`. Before each piece of a request, `hook` is shown the piece and
    /// may block; it sees one piece at a time.
    pub(crate) fn start(upstream: &str, hook: impl FnMut(&str) + Send + 'static) -> Wire {
        let upstream = upstream.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let hook = Arc::new(Mutex::new(hook));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(&upstream)) else {
                    return;
                };
                let (answers, asker) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let hook = Arc::clone(&hook);
                std::thread::spawn(move || {
                    pass(client, server, |piece| {
                        (hook.lock().unwrap())(&String::from_utf8_lossy(piece));
                    });
                });
                std::thread::spawn(move || pass(answers, asker, |_| {}));
            }
        });
        Wire { endpoint }
    }

    /// Where it listens.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The text without the wire's port, which differs from run to run.
    pub(crate) fn hidden(&self, text: String) -> String {
        text.replace(&self.endpoint, "[ENDPOINT]")
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, mut before: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        before(&buffer[..count]);
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
