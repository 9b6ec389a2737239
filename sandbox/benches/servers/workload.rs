//! What every server is asked to do, and how fast it does it.

use std::cell::Cell;
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use http::Method;

use crate::Result;
use crate::client::Connection;
use crate::process::{Kind, Process};
use crate::signing::{Payload, Signed, signed};

const KB: usize = 1024;
pub(crate) const MB: usize = 1024 * KB;

/// All requests, signed.
pub(crate) struct Workload {
    small: Objects,
    large: Objects,
    /// Page lengths and their requests, in a bucket that nothing else is written to.
    listings: [(&'static str, usize, Signed); 2],
}

/// Objects of one size: the same keys are put, got and deleted.
struct Objects {
    operations: [&'static str; 3],
    payload: Payload,
    puts: Vec<Signed>,
    gets: Vec<Signed>,
    deletes: Vec<Signed>,
}

/// Requests to send, and what each answer must be.
struct Load<'a> {
    requests: &'a [Signed],
    /// Begin again after the last one.
    again: bool,
    status: u16,
    length: Option<usize>,
}

impl Workload {
    pub(crate) fn sign() -> Result<Self> {
        let listing = |keys| {
            signed(
                Method::GET,
                &format!("/listed?list-type=2&prefix={keys}%2F&max-keys=1000"),
                None,
            )
        };
        Ok(Self {
            small: Objects::sign(["PUT 1 KB", "GET 1 KB", "DELETE 1 KB"], KB, 4_000)?,
            large: Objects::sign(["PUT 1 MB", "GET 1 MB", "DELETE 1 MB"], MB, 100)?,
            listings: [
                ("LIST 50 keys", 50, listing(50)?),
                ("LIST 1,000 keys", 1_000, listing(1_000)?),
            ],
        })
    }

    /// Makes the buckets, and the objects that are listed.
    pub(crate) async fn prepare(&self, server: &mut Process) -> Result<()> {
        if server.kind == Kind::Limit {
            return Ok(());
        }
        for bucket in ["/objects", "/listed"] {
            let bucket = signed(Method::PUT, bucket, None)?;
            server.connections(1)[0].send(bucket).await?.check(200, None)?;
        }
        let payload = Payload::of_length(KB);
        for (_, keys, _) in &self.listings {
            let puts: Vec<_> = (0..*keys)
                .map(|index| {
                    let path = format!("/listed/{keys}/a/key/of/usual/length/{index:06}");
                    signed(Method::PUT, &path, Some(&payload))
                })
                .collect::<Result<_>>()?;
            let load = Load { requests: &puts, again: false, status: 200, length: None };
            load.send(server.connections(4), Duration::MAX).await?;
        }
        Ok(())
    }

    /// Operations and how many of them were answered in a second.
    pub(crate) async fn run(
        &self,
        server: &mut Process,
        in_flight: usize,
        window: Duration,
    ) -> Result<Vec<(&'static str, f64)>> {
        let mut rates = Vec::new();
        let kind = server.kind;
        let connections = server.connections(in_flight);
        for objects in [&self.small, &self.large] {
            rates.extend(objects.run(connections, window).await?);
        }
        if kind == Kind::Limit {
            return Ok(rates);
        }
        for (operation, keys, request) in &self.listings {
            let answer = connections[0].send(request.clone()).await?;
            answer.check(200, None)?;
            // A line with such a key takes a hundred bytes and more in any of the servers.
            if answer.len() < keys * 100 {
                return Err(format!("{} bytes are no listing of {keys} keys", answer.len()).into());
            }
            let requests = std::slice::from_ref(request);
            let load = Load { requests, again: true, status: 200, length: Some(answer.len()) };
            rates.push((*operation, load.send(connections, window).await?.1));
        }
        Ok(rates)
    }
}

/// How many bytes the answer to a request for an object has: GETs tell it in their path.
pub(crate) fn answer_length(method: &Method, path: &str) -> usize {
    let size = path.rsplit('/').nth(1).and_then(|size| size.parse().ok());
    size.filter(|size| *method == Method::GET && *size <= MB).unwrap_or(0)
}

impl Objects {
    fn sign(operations: [&'static str; 3], size: usize, keys: usize) -> Result<Self> {
        let payload = Payload::of_length(size);
        let requests = |method: Method, payload: Option<&Payload>| -> Result<Vec<Signed>> {
            (0..keys)
                .map(|index| {
                    let path = format!("/objects/a/key/of/usual/length/{size}/{index:06}");
                    signed(method.clone(), &path, payload)
                })
                .collect()
        };
        Ok(Self {
            operations,
            puts: requests(Method::PUT, Some(&payload))?,
            gets: requests(Method::GET, None)?,
            deletes: requests(Method::DELETE, None)?,
            payload,
        })
    }

    async fn run(
        &self,
        connections: &mut [Connection],
        window: Duration,
    ) -> Result<Vec<(&'static str, f64)>> {
        let load = |requests, again, status, length| Load { requests, again, status, length };
        let [put, get, delete] = self.operations;
        let (sent, puts) = load(&self.puts, true, 200, None).send(connections, window).await?;
        let there = sent.min(self.puts.len());
        let length = Some(self.payload.len());
        let (_, gets) =
            load(&self.gets[..there], true, 200, length).send(connections, window).await?;
        // Only what is there is deleted in time; what is left then goes without a clock.
        let there = &self.deletes[..there];
        let (gone, deletes) = load(there, false, 204, None).send(connections, window).await?;
        load(&there[gone..], false, 204, None).send(connections, Duration::MAX).await?;
        Ok(vec![(put, puts), (get, gets), (delete, deletes)])
    }
}

impl Load<'_> {
    /// Sends until the time is over or nothing is left: how many, and how many in a second.
    async fn send(&self, connections: &mut [Connection], time: Duration) -> Result<(usize, f64)> {
        let sent = Cell::new(0);
        let started = Instant::now();
        try_join_all(connections.iter_mut().map(|connection| async {
            while started.elapsed() < time && (self.again || sent.get() < self.requests.len()) {
                let request = self.requests[sent.get() % self.requests.len()].clone();
                sent.set(sent.get() + 1);
                connection.send(request).await?.check(self.status, self.length)?;
            }
            Result::Ok(())
        }))
        .await?;
        Ok((sent.get(), sent.get() as f64 / started.elapsed().as_secs_f64()))
    }
}
