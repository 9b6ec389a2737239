//! The identity-based policies of a principal.

use std::fmt;
use std::sync::Arc;

use super::document::{Document, Malformed};
use super::evaluate::{Evaluation, Request, evaluate};

/// Policies, read; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Policies(Arc<[Document]>);

impl Policies {
    /// # Errors
    /// The first document that is malformed.
    pub(crate) fn parse<T: AsRef<str>>(
        documents: impl IntoIterator<Item = T>,
    ) -> Result<Self, PolicyError> {
        documents
            .into_iter()
            .enumerate()
            .map(|(index, text)| {
                Document::parse(text.as_ref())
                    .map_err(|fault| PolicyError(Kind::Malformed { index, fault }))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// What they say together: an explicit deny in one wins over any allow in another.
    pub(crate) fn evaluate(&self, request: &Request<'_>) -> Evaluation {
        evaluate(self.statements(), request)
    }

    /// All statements, document by document.
    pub(crate) fn statements(&self) -> impl Iterator<Item = &super::Statement> {
        self.0.iter().flat_map(|document| &document.statements)
    }

    /// The documents, each as the number of its statements.
    pub(crate) fn lengths(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|document| document.statements.len())
    }

    /// These and more.
    pub(crate) fn and(&self, more: &Self) -> Self {
        Self(self.0.iter().chain(more.0.iter()).cloned().collect())
    }
}

/// Why policies could not be given to an access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    UnknownKey(String),
    Malformed { index: usize, fault: Malformed },
}

impl PolicyError {
    pub(crate) fn unknown_key(id: &str) -> Self {
        Self(Kind::UnknownKey(id.to_owned()))
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::UnknownKey(id) => write!(f, "the sandbox knows no access key `{id}`"),
            Kind::Malformed { index, fault } => {
                write!(f, "policy document {} is malformed: {fault}", index + 1)
            }
        }
    }
}

impl std::error::Error for PolicyError {}
