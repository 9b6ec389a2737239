//! YAML as GitHub reads it, with the line of everything that is not what was expected.

use anyhow::{Context as _, Result, anyhow, bail};
use saphyr::{LoadableYamlNode as _, MarkedYamlOwned, ScalarOwned, YamlDataOwned};

/// One node: a mapping, a list or a text.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    /// What it is called where it stands.
    key: &'a str,
    yaml: &'a MarkedYamlOwned,
}

/// Reads the one document of a file.
///
/// # Errors
/// Names the line where it is no YAML, or a key stands twice.
pub(super) fn parse(text: &str) -> Result<MarkedYamlOwned> {
    let mut documents = MarkedYamlOwned::load_from_str(text)
        .map_err(|error| anyhow!("line {}: {}", error.marker().line(), error.info()))?;
    match (documents.pop(), documents.len()) {
        (Some(document), 0) => Ok(document),
        (None, _) => bail!("it is empty"),
        (Some(_), others) => bail!("it holds {} documents, expected one", others + 1),
    }
}

impl<'a> Node<'a> {
    /// The document itself.
    pub(super) fn root(document: &'a MarkedYamlOwned) -> Node<'a> {
        Node { key: "the document", yaml: document }
    }

    /// The line that it begins in, from 1.
    pub(super) fn line(self) -> usize {
        self.yaml.span.start.line()
    }

    /// What stands under a key; `None` where nothing does.
    ///
    /// # Errors
    /// Where this is no mapping.
    pub(super) fn get(self, key: &str) -> Result<Option<Node<'a>>> {
        Ok(self.entries()?.into_iter().find(|node| node.key == key).filter(|node| !node.is_null()))
    }

    /// What stands under a key.
    ///
    /// # Errors
    /// Where this is no mapping, or has no such key.
    pub(super) fn need(self, key: &str) -> Result<Node<'a>> {
        self.get(key)?
            .with_context(|| format!("line {}: `{}` has no `{key}`", self.line(), self.key))
    }

    /// The text under a key; `None` where nothing stands there.
    ///
    /// # Errors
    /// Where this is no mapping, or that is no text.
    pub(super) fn text_of(self, key: &str) -> Result<Option<String>> {
        self.get(key)?.map(Node::text).transpose()
    }

    /// The nodes of a mapping, in the order of the file.
    ///
    /// # Errors
    /// Where it is none, or a key is no text.
    pub(super) fn entries(self) -> Result<Vec<Node<'a>>> {
        let YamlDataOwned::Mapping(mapping) = &self.yaml.data else {
            return Err(self.is_not("a mapping"));
        };
        let entry = |(key, yaml): (&'a MarkedYamlOwned, &'a MarkedYamlOwned)| {
            let key = key.data.as_str().with_context(|| {
                format!("line {}: a key of `{}` is no text", key.span.start.line(), self.key)
            })?;
            Ok(Node { key, yaml })
        };
        mapping.iter().map(entry).collect()
    }

    /// The nodes of a list.
    ///
    /// # Errors
    /// Where it is none.
    pub(super) fn items(self) -> Result<Vec<Node<'a>>> {
        let YamlDataOwned::Sequence(items) = &self.yaml.data else {
            return Err(self.is_not("a list"));
        };
        Ok(items.iter().map(|yaml| Node { key: self.key, yaml }).collect())
    }

    /// The texts of a list, or the only one.
    ///
    /// # Errors
    /// Where it is neither.
    pub(super) fn texts(self) -> Result<Vec<String>> {
        match &self.yaml.data {
            YamlDataOwned::Sequence(_) => self.items()?.into_iter().map(Node::text).collect(),
            _ => Ok(vec![self.text()?]),
        }
    }

    /// A text, a number or a yes or no, as GitHub turns it into text.
    ///
    /// # Errors
    /// Where it is none of these.
    pub(super) fn text(self) -> Result<String> {
        let YamlDataOwned::Value(scalar) = &self.yaml.data else {
            return Err(self.is_not("text"));
        };
        Ok(match scalar {
            ScalarOwned::Null => String::new(),
            ScalarOwned::Boolean(value) => value.to_string(),
            ScalarOwned::Integer(value) => value.to_string(),
            ScalarOwned::FloatingPoint(value) => value.to_string(),
            ScalarOwned::String(value) => value.clone(),
        })
    }

    /// What it is called where it stands.
    pub(super) fn key(self) -> &'a str {
        self.key
    }

    fn is_null(self) -> bool {
        matches!(self.yaml.data, YamlDataOwned::Value(ScalarOwned::Null))
    }

    fn is_not(self, expected: &str) -> anyhow::Error {
        let found = match &self.yaml.data {
            YamlDataOwned::Mapping(_) => "a mapping",
            YamlDataOwned::Sequence(_) => "a list",
            YamlDataOwned::Value(ScalarOwned::Null) => "empty",
            YamlDataOwned::Value(_) => "a value",
            _ => "something else",
        };
        anyhow!("line {}: `{}` is {found}, expected {expected}", self.line(), self.key)
    }
}
