//! The servers: how each is installed, started and stopped.

use std::convert::Infallible;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sandbox::{AccessKey, Config, Sandbox};

use crate::Result;
use crate::client::Connection;
use crate::signing::{KEY, SECRET, list_buckets};
use crate::workload;

/// The version whose s3s the sandbox stands on.
const S3S_FS: &str = "0.14.1";

/// No server takes that long to start.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Reads requests and answers what is expected, whatever they ask.
    Limit,
    Sandbox,
    S3sFs,
    Moto,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Limit, Self::Sandbox, Self::S3sFs, Self::Moto];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Sandbox => "sandbox",
            Self::S3sFs => "s3s-fs",
            Self::Moto => "moto",
        }
    }

    /// # Errors
    /// No server has that name.
    pub(crate) fn named(name: &str) -> Result<Self> {
        let kind = Self::ALL.into_iter().find(|kind| kind.name() == name);
        kind.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("no server is named `{name}`, but: {names}").into()
        })
    }

    fn command(self, port: u16) -> Result<Command> {
        let text = port.to_string();
        let at = ["--host", "127.0.0.1", "--port", &text];
        let mut command;
        match self {
            Self::Limit | Self::Sandbox => {
                command = Command::new(std::env::current_exe()?);
                command.args(["--serve", self.name(), &text]);
            }
            Self::S3sFs => {
                let data = data();
                // What an earlier start left.
                let _ = std::fs::remove_dir_all(&data);
                std::fs::create_dir_all(&data)?;
                command = Command::new(s3s_fs());
                command.args(at).args(["--access-key", KEY, "--secret-key", SECRET]).arg(data);
            }
            Self::Moto => {
                command = Command::new(python());
                command.args(["-m", "moto.server"]).args(at);
            }
        }
        Ok(command)
    }
}

/// A server that runs; dropped, it is gone, with its data.
pub(crate) struct Process {
    pub(crate) kind: Kind,
    /// From its start to its first answer to a signed request.
    pub(crate) first_answer: Duration,
    child: Child,
    connections: Vec<Connection>,
    port: u16,
}

impl Process {
    pub(crate) async fn start(kind: Kind) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut command = kind.command(port)?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let request = list_buckets()?;
        let started = Instant::now();
        let child = command.spawn()?;
        let connections = Vec::new();
        let mut process = Self { kind, first_answer: Duration::ZERO, child, connections, port };
        loop {
            if let Ok(answer) = Connection::to(port).send(request.clone()).await {
                answer.check(200, None)?;
                process.first_answer = started.elapsed();
                return Ok(process);
            }
            if let Some(status) = process.child.try_wait()? {
                return Err(format!("{} ended with {status}", kind.name()).into());
            }
            if started.elapsed() > PATIENCE {
                return Err(format!("{} does not answer", kind.name()).into());
            }
            // Tokio's own sleep is never shorter than a millisecond.
            std::thread::sleep(Duration::from_micros(100));
        }
    }

    /// So many connections to it.
    pub(crate) fn connections(&mut self, count: usize) -> &mut [Connection] {
        while self.connections.len() < count {
            self.connections.push(Connection::to(self.port));
        }
        &mut self.connections[..count]
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended by itself is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if self.kind == Kind::S3sFs {
            let _ = std::fs::remove_dir_all(data());
        }
    }
}

/// Serves in this process until it is killed.
pub(crate) fn serve(kind: &str, port: &str) -> Result<()> {
    let port = port.parse()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        if kind == Kind::Limit.name() {
            return serve_limit(port).await;
        }
        let sandbox = Sandbox::start(Config { port, ..Config::default() }).await?;
        sandbox.add_access_key(AccessKey::user("111122223333", "bench", KEY, SECRET));
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            // As every long-lived sandbox does.
            sandbox.take_calls();
        }
    })
}

async fn serve_limit(port: u16) -> Result<()> {
    let bytes = Bytes::from(vec![0; workload::MB]);
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let bytes = bytes.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let length = workload::answer_length(request.method(), request.uri().path());
            let mut response = Response::new(Full::new(bytes.slice(..length)));
            if request.method() == Method::DELETE {
                *response.status_mut() = StatusCode::NO_CONTENT;
            }
            async move {
                // A body that ends early is the client's business.
                let _ = request.into_body().collect().await;
                Ok::<_, Infallible>(response)
            }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

/// Installs what is missing, where nothing else is touched.
pub(crate) fn install() -> Result<()> {
    let requirements = workspace().join(".ci/requirements.txt");
    let installed = target().join("ci/venv/requirements.txt");
    if std::fs::read(&requirements)? != std::fs::read(&installed).unwrap_or_default() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(target().join("ci/venv")))?;
        let pip = ["-m", "pip", "install", "--quiet", "--requirement"];
        run(Command::new(python()).args(pip).arg(&requirements))?;
        std::fs::copy(&requirements, &installed)?;
    }
    if !s3s_fs().exists() {
        let install =
            ["install", "s3s-fs", "--version", S3S_FS, "--features", "binary", "--locked"];
        run(Command::new(env!("CARGO")).args(install).arg("--root").arg(target().join("s3s-fs")))?;
    }
    Ok(())
}

fn run(command: &mut Command) -> Result<()> {
    eprintln!("{command:?}");
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("it ended with {status}").into()) }
}

fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Where everything is that is built or installed.
fn target() -> &'static Path {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    temporary.parent().unwrap_or(temporary)
}

fn python() -> PathBuf {
    target().join("ci/venv/bin/python")
}

fn s3s_fs() -> PathBuf {
    target().join("s3s-fs/bin/s3s-fs")
}

/// What s3s-fs keeps.
fn data() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("s3s-fs")
}
