//! Listings of local files: a walk through the folders in the order of keys.

use std::io;

use cap_std::fs::Dir;

use super::super::error::StorageError;
use super::super::key::ObjectKey;
use super::super::listing::{ContinuationToken, ListPage, ListRequest, ObjectEntry};
use super::super::metadata::ObjectMetadata;
use super::super::prefix::{KeyPrefix, Prefix};
use super::encoding::{self, Name};
use super::file_format::{self, FormatError};
use super::{LocalBackend, blocking, failed};

pub(super) async fn list_page(
    backend: &LocalBackend,
    key_prefix: &KeyPrefix,
    whole_prefix: &Prefix,
    request: &ListRequest,
) -> Result<ListPage, StorageError> {
    let query = Query {
        prefix: whole_prefix.as_str().as_bytes().to_vec(),
        by_folder: request.by_folder,
        after: request.continue_from.as_ref().map(last_key).transpose()?,
        limit: usize::from(request.page_size),
    };
    let objects = backend.objects.clone();
    let found = blocking(move || walk(&objects, &query))
        .await
        .map_err(|error| failed("list", "", &backend.place, error))?;
    Ok(page(key_prefix, found))
}

struct Query {
    prefix: Vec<u8>,
    by_folder: bool,
    /// The last key, or common prefix, of the page before.
    after: Option<Vec<u8>>,
    limit: usize,
}

impl Query {
    /// Whether keys that start with `key` can be meant.
    fn meets(&self, key: &[u8]) -> bool {
        key.starts_with(&self.prefix) || self.prefix.starts_with(key)
    }

    /// Whether `key` itself has been on a page before.
    fn is_past(&self, key: &[u8]) -> bool {
        self.after.as_deref().is_some_and(|after| key <= after)
    }

    /// Whether the page before ended below the folder `key`, so that the folder has been read then.
    fn ended_below(&self, key: &[u8]) -> bool {
        self.after.as_deref().is_some_and(|after| after.starts_with(key))
    }

    /// Whether the keys below this folder are rolled up into one common prefix.
    fn rolls_up(&self, key: &[u8]) -> bool {
        self.by_folder && key.len() > self.prefix.len() && key.ends_with(b"/")
    }
}

#[derive(Default)]
struct Found {
    items: Vec<Item>,
    unaddressable: Vec<String>,
    more: bool,
}

enum Item {
    Object(String, ObjectMetadata),
    CommonPrefix(String),
}

impl Item {
    fn name(&self) -> &str {
        match self {
            Self::Object(name, _) | Self::CommonPrefix(name) => name,
        }
    }
}

/// A file or folder that is still to be visited.
struct Node {
    path: String,
    /// What the path stands for: a key, or what all keys below start with.
    key: Vec<u8>,
    is_folder: bool,
}

fn walk(objects: &Dir, query: &Query) -> io::Result<Found> {
    let mut found = Found::default();
    // A stack instead of recursion: keys have up to 512 levels.
    let mut stack = vec![Node { path: String::new(), key: Vec::new(), is_folder: true }];
    while let Some(node) = stack.pop() {
        if !query.meets(&node.key) {
            continue;
        }
        let rolled_up = node.is_folder && query.rolls_up(&node.key);
        if node.is_folder && !rolled_up {
            if query.is_past(&node.key) && !query.ended_below(&node.key) {
                continue;
            }
            let children = children(objects, &node)?;
            if node.key.starts_with(&query.prefix) && !query.ended_below(&node.key) {
                found.unaddressable.extend(children.foreign);
            }
            stack.extend(children.nodes.into_iter().rev());
            continue;
        }
        if query.is_past(&node.key) || !node.key.starts_with(&query.prefix) {
            continue;
        }
        let item = if rolled_up {
            contains_object(objects, &node)?.then_some(Item::CommonPrefix)
        } else {
            None
        };
        let item = match (item, String::from_utf8(node.key)) {
            (Some(item), Ok(name)) => item(name),
            (None, _) if rolled_up => continue,
            (_, Err(_)) => {
                found.unaddressable.push(node.path);
                continue;
            }
            (None, Ok(name)) => match object(objects, &node.path)? {
                Object::Whole(metadata) => Item::Object(name, metadata),
                Object::Gone => continue,
                Object::Damaged => {
                    found.unaddressable.push(name);
                    continue;
                }
            },
        };
        if found.items.len() == query.limit {
            found.more = true;
            break;
        }
        found.items.push(item);
    }
    Ok(found)
}

struct Children {
    /// Ordered by key.
    nodes: Vec<Node>,
    /// Paths of what this app has not put there.
    foreign: Vec<String>,
}

fn children(objects: &Dir, folder: &Node) -> io::Result<Children> {
    let mut nodes = Vec::new();
    let mut foreign = Vec::new();
    let here = if folder.path.is_empty() { "." } else { &folder.path };
    let entries = match objects.read_dir(here) {
        // Emptied and removed meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        entries => Some(entries?),
    };
    for entry in entries.into_iter().flatten() {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let path = match folder.path.as_str() {
            "" => name.to_string(),
            folder => format!("{folder}/{name}"),
        };
        // Of the entry itself: a symlink is neither file nor folder.
        let kind = entry.file_type()?;
        let (bytes, is_folder) = match encoding::decode(&name) {
            Some(Name::File(bytes)) if kind.is_file() => (bytes, false),
            Some(Name::Folder(bytes)) if kind.is_dir() => (bytes, true),
            _ => {
                foreign.push(path);
                continue;
            }
        };
        nodes.push(Node { path, key: [folder.key.as_slice(), &bytes].concat(), is_folder });
    }
    nodes.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    Ok(Children { nodes, foreign })
}

/// Whether there is any object below a folder; deletions may be about to remove an empty one.
fn contains_object(objects: &Dir, folder: &Node) -> io::Result<bool> {
    let mut stack = children(objects, folder)?.nodes;
    while let Some(node) = stack.pop() {
        if !node.is_folder {
            return Ok(true);
        }
        stack.extend(children(objects, &node)?.nodes);
    }
    Ok(false)
}

enum Object {
    Whole(ObjectMetadata),
    Damaged,
    Gone,
}

fn object(objects: &Dir, path: &str) -> io::Result<Object> {
    let file = match objects.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Object::Gone),
        file => file?,
    };
    match file_format::open(file.into_std()) {
        Ok(opened) => Ok(Object::Whole(opened.metadata)),
        Err(FormatError::Damaged(_)) => Ok(Object::Damaged),
        Err(FormatError::Io(error)) => Err(error),
    }
}

fn page(key_prefix: &KeyPrefix, found: Found) -> ListPage {
    let last = found.items.last().filter(|_| found.more);
    let mut page = ListPage {
        unaddressable: found.unaddressable,
        next: last.map(|item| ContinuationToken(hex::encode(item.name()))),
        ..ListPage::default()
    };
    for item in found.items {
        let relative = key_prefix.strip(item.name()).unwrap_or_default();
        match &item {
            Item::Object(name, metadata) => match ObjectKey::new(relative) {
                Ok(key) => page.entries.push(ObjectEntry {
                    key,
                    size_bytes: metadata.size_bytes,
                    etag: metadata.etag.clone(),
                    last_modified: metadata.last_modified,
                }),
                Err(_) => page.unaddressable.push(name.clone()),
            },
            Item::CommonPrefix(name) => match Prefix::new(relative) {
                Ok(prefix) => page.common_prefixes.push(prefix),
                Err(_) => page.unaddressable.push(name.clone()),
            },
        }
    }
    page
}

/// The last key of a page, from its token.
fn last_key(token: &ContinuationToken) -> Result<Vec<u8>, StorageError> {
    hex::decode(token.to_string()).map_err(|_| StorageError::ContinuationToken)
}
