//! What a scenario does: by the app, and the same by raw HTTP.

use std::sync::Arc;

use app::storage::{
    ByteRange, ListRequest, ObjectKey, PartSize, Prefix, Purpose, Storage, UploadOptions, UrlExpiry,
};
use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use http::Method;

use super::load::{Do, Operations};
use super::raw_http::{RawHttp, Signed};
use crate::env::TestEnv;
use crate::payload::Payload;

/// What is done over and over.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Operation {
    /// An object is written.
    Upload { bytes: u64 },
    /// An object is read.
    Download { bytes: u64 },
    /// In turn an object is written and another one read.
    WriteAndRead { bytes: u64 },
    /// An object is written in parts.
    UploadInParts { bytes: u64 },
    /// A part in the middle of a larger object is read.
    DownloadRange { bytes: u64, of_bytes: u64 },
    /// A URL is made by which an object can be read. No request: the baseline is the read.
    PresignGet,
    /// An object is asked for that is there.
    Exists,
    /// All objects are listed, which fit into one page.
    List { objects: usize },
    /// One page of a listing of many objects is read, each in its turn.
    ListPage { of_objects: usize },
    /// Whether it is there, then the upload: what an upload must not become.
    LookThenUpload { bytes: u64 },
}

impl Operation {
    pub(super) fn name(self) -> &'static str {
        match self {
            Operation::Upload { .. } => "upload",
            Operation::Download { .. } => "download",
            Operation::WriteAndRead { .. } => "upload and download in turn",
            Operation::UploadInParts { .. } => "multipart upload",
            Operation::DownloadRange { .. } => "ranged download",
            Operation::PresignGet => "presign",
            Operation::Exists => "exists",
            Operation::List { .. } => "list",
            Operation::ListPage { .. } => "list a page",
            Operation::LookThenUpload { .. } => "exists, then upload",
        }
    }

    pub(super) fn subject(self) -> String {
        match self {
            Operation::DownloadRange { bytes, of_bytes } => {
                format!("{} of {}", size(bytes), size(of_bytes))
            }
            Operation::List { objects } => format!("{objects} objects"),
            Operation::ListPage { of_objects } => format!("{PAGE} of {of_objects} objects"),
            Operation::PresignGet | Operation::Exists => "one object".to_owned(),
            _ => size(self.object_bytes().unwrap_or_default()),
        }
    }

    pub(super) fn object_bytes(self) -> Option<u64> {
        match self {
            Operation::Upload { bytes }
            | Operation::Download { bytes }
            | Operation::WriteAndRead { bytes }
            | Operation::UploadInParts { bytes }
            | Operation::DownloadRange { bytes, .. }
            | Operation::LookThenUpload { bytes } => Some(bytes),
            Operation::PresignGet
            | Operation::Exists
            | Operation::List { .. }
            | Operation::ListPage { .. } => None,
        }
    }

    /// Writes what has to be there, in `slots` places, so that operations at the same time do not meet.
    pub(super) async fn prepare(
        self,
        env: &TestEnv,
        slots: usize,
        with_baseline: bool,
    ) -> Operations {
        let purpose = Purpose::Uploads;
        let place = Place {
            storage: env.storage(purpose),
            bucket: env.bucket(purpose),
            prefix: env.key_prefix().to_owned(),
            slots,
        };
        let raw = if with_baseline { Some(RawHttp::of(env).await) } else { None };
        self.write_objects(&place, raw.as_ref()).await;
        Operations {
            app: self.by_app(&place).await,
            baseline: raw.map(|raw| self.by_raw_http(&place, raw)),
        }
    }

    /// The objects that are read.
    async fn write_objects(self, place: &Place, raw: Option<&RawHttp>) {
        let (objects, bytes) = match self {
            Operation::Upload { .. }
            | Operation::UploadInParts { .. }
            | Operation::LookThenUpload { .. } => return,
            Operation::Download { bytes } | Operation::WriteAndRead { bytes } => {
                (place.slots, bytes)
            }
            Operation::DownloadRange { of_bytes, .. } => (place.slots, of_bytes),
            Operation::PresignGet | Operation::Exists => (place.slots, SMALL),
            Operation::List { objects } | Operation::ListPage { of_objects: objects } => {
                (objects, 1)
            }
        };
        let body = Payload::new().bytes(0..bytes);
        let uploads = stream::iter(0..objects).map(|number| {
            let (key, body) = (object(number), body.clone());
            async move {
                // Thousands of objects are written in a fraction of the time.
                if let Some(raw) = raw {
                    let path = place.path(key.as_str());
                    raw.send(&raw.signed(Method::PUT, &path, body)).await;
                } else {
                    place.storage.upload(&key, body, &UploadOptions::default()).await.unwrap();
                }
            }
        });
        uploads.buffer_unordered(32).collect::<()>().await;
    }

    async fn by_app(self, place: &Place) -> Do {
        if let Operation::ListPage { of_objects } = self {
            return pages(place.storage.clone(), of_objects).await;
        }
        let (storage, slots) = (place.storage.clone(), place.slots);
        let keys: Arc<[ObjectKey]> = (0..slots).map(object).collect();
        let body = Payload::new().bytes(0..self.object_bytes().unwrap_or_default());
        Arc::new(move |number| {
            let (storage, body) = (storage.clone(), body.clone());
            let key = keys[number % slots].clone();
            async move { self.once_by_app(number, &storage, &key, body).await }.boxed()
        })
    }

    /// Answers are looked at as far as it takes to know that they are whole: a wrong one may be fast.
    async fn once_by_app(self, number: usize, storage: &Storage, key: &ObjectKey, body: Bytes) {
        let plainly = UploadOptions::default();
        match self {
            Operation::Upload { .. } => {
                storage.upload(key, body, &plainly).await.unwrap();
            }
            Operation::WriteAndRead { .. } if number.is_multiple_of(2) => {
                storage.upload(key, body, &plainly).await.unwrap();
            }
            Operation::Download { bytes } | Operation::WriteAndRead { bytes } => {
                assert_eq!(storage.download(key).await.unwrap().len() as u64, bytes);
            }
            Operation::UploadInParts { .. } => {
                let in_parts = plainly.part_size(PartSize::MIN);
                storage.upload(key, body, &in_parts).await.unwrap();
            }
            Operation::DownloadRange { bytes, of_bytes } => {
                let (first, last) = middle(bytes, of_bytes);
                let range = ByteRange::closed(first, last).unwrap();
                assert_eq!(storage.download_range(key, range).await.unwrap().len() as u64, bytes);
            }
            Operation::PresignGet => {
                let expiry = UrlExpiry::from_secs(60).unwrap();
                let url = storage.presign_get(key, expiry).await.unwrap();
                assert!(url.url.query().is_some());
            }
            Operation::Exists => assert!(storage.exists(key).await.unwrap()),
            Operation::List { objects } => {
                let listed: Vec<_> = storage.list(&Prefix::all()).try_collect().await.unwrap();
                assert_eq!(listed.len(), objects);
            }
            Operation::ListPage { .. } => unreachable!("pages are read by `pages`"),
            Operation::LookThenUpload { .. } => {
                storage.exists(key).await.unwrap();
                storage.upload(key, body, &plainly).await.unwrap();
            }
        }
    }

    fn by_raw_http(self, place: &Place, raw: RawHttp) -> Do {
        let different = match self {
            Operation::ListPage { of_objects } => of_objects.div_ceil(PAGE),
            // In each slot one is written and one is read.
            Operation::WriteAndRead { .. } => 2 * place.slots,
            _ => place.slots,
        };
        let requests = (0..different).map(|number| self.requests(number, place, &raw));
        let requests: Arc<[Vec<Signed>]> = requests.collect();
        Arc::new(move |number| {
            let (requests, raw) = (requests.clone(), raw.clone());
            async move {
                for request in &requests[number % requests.len()] {
                    raw.send(request).await;
                }
            }
            .boxed()
        })
    }

    /// What the operation comes to on the wire, one request after the other.
    fn requests(self, number: usize, place: &Place, raw: &RawHttp) -> Vec<Signed> {
        let key = object(number % place.slots);
        let get = || raw.signed(Method::GET, &place.path(key.as_str()), Bytes::new());
        let put = |bytes| {
            let path = place.path(&format!("raw-{}", key.as_str()));
            raw.signed(Method::PUT, &path, Payload::new().bytes(0..bytes))
        };
        match self {
            Operation::WriteAndRead { bytes } if number.is_multiple_of(2) => vec![put(bytes)],
            Operation::Download { .. } | Operation::WriteAndRead { .. } | Operation::PresignGet => {
                vec![get()]
            }
            // In parts, too, it is the same bytes.
            Operation::Upload { bytes }
            | Operation::UploadInParts { bytes }
            | Operation::LookThenUpload { bytes } => vec![put(bytes)],
            Operation::DownloadRange { bytes, of_bytes } => {
                let (first, last) = middle(bytes, of_bytes);
                vec![get().range(format!("bytes={first}-{last}"))]
            }
            Operation::Exists => {
                vec![raw.signed(Method::HEAD, &place.path(key.as_str()), Bytes::new())]
            }
            Operation::List { .. } => {
                vec![raw.signed(Method::GET, &place.page_after(0), Bytes::new())]
            }
            Operation::ListPage { of_objects } => {
                let page = number % of_objects.div_ceil(PAGE);
                vec![raw.signed(Method::GET, &place.page_after(page * PAGE), Bytes::new())]
            }
        }
    }
}

/// Reads the pages of a listing in turn, over and over.
async fn pages(storage: Storage, objects: usize) -> Do {
    let mut requests = vec![ListRequest::new(Prefix::all())];
    while let Some(next) = storage.list_page(&requests[requests.len() - 1]).await.unwrap().next {
        requests.push(ListRequest::new(Prefix::all()).continue_from(next));
    }
    assert_eq!(requests.len(), objects.div_ceil(PAGE));
    let requests: Arc<[ListRequest]> = requests.into();
    Arc::new(move |number| {
        let (storage, requests) = (storage.clone(), requests.clone());
        async move {
            let page = storage.list_page(&requests[number % requests.len()]).await.unwrap();
            assert_eq!(page.entries.len(), PAGE);
        }
        .boxed()
    })
}

/// Where the objects are.
struct Place {
    storage: Storage,
    bucket: String,
    prefix: String,
    slots: usize,
}

impl Place {
    /// The path of an object. Neither the prefix nor the names have anything to encode.
    fn path(&self, name: &str) -> String {
        format!("/{}/{}{name}", self.bucket, self.prefix)
    }

    /// The path of the page of a listing that begins with the object of this number.
    fn page_after(&self, number: usize) -> String {
        let encoded = self.prefix.replace('/', "%2F");
        let page = format!("/{}?list-type=2&prefix={encoded}", self.bucket);
        match number.checked_sub(1) {
            Some(last) => format!("{page}&start-after={encoded}{}", object(last).as_str()),
            None => page,
        }
    }
}

/// So many keys fill a page.
const PAGE: usize = ListRequest::MAX_PAGE_SIZE as usize;

/// The bytes of an object where its size does not matter.
const SMALL: u64 = 1_000;

/// The names are in the order of their numbers.
fn object(number: usize) -> ObjectKey {
    ObjectKey::new(format!("object-{number:05}")).unwrap()
}

/// The first and the last byte of a part in the middle.
fn middle(bytes: u64, of_bytes: u64) -> (u64, u64) {
    let first = (of_bytes - bytes) / 2;
    (first, first + bytes - 1)
}

fn size(bytes: u64) -> String {
    match bytes {
        bytes if bytes >= 1_000_000 => format!("{} MB", bytes / 1_000_000),
        bytes => format!("{} KB", bytes / 1_000),
    }
}
