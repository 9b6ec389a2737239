//! Catalogues that tests bring along.

use sandbox::staged::{Family, Staged};

use crate::env::{Server, TestEnv};

/// One model of a catalogue.
pub(super) struct Entry {
    id: String,
    /// The lines that say who runs it.
    provider: String,
    streaming: bool,
    max_input_chars: usize,
    enabled: bool,
}

impl Entry {
    /// A model of Bedrock, whose family its id tells.
    pub(super) fn bedrock(id: &str, model: &str) -> Entry {
        let provider = format!("provider = \"bedrock\"\nmodel = \"{model}\"");
        Entry { id: id.into(), provider, streaming: true, max_input_chars: 10_000, enabled: true }
    }

    /// A staged model of Bedrock.
    pub(super) fn staged(id: &str, staged: Staged, family: Family) -> Entry {
        let mut entry = Entry::bedrock(id, &staged.model_id(family));
        let family = match family {
            Family::Anthropic => "anthropic",
            Family::Amazon => "nova",
            Family::Meta => "llama",
        };
        entry.provider.push_str(&format!("\nfamily = \"{family}\""));
        entry
    }

    /// A model behind an endpoint of SageMaker.
    pub(super) fn sagemaker(id: &str, endpoint: &str) -> Entry {
        let provider = format!("provider = \"sagemaker\"\nendpoint = \"{endpoint}\"");
        Entry { id: id.into(), provider, streaming: false, max_input_chars: 10_000, enabled: true }
    }

    /// The same, not to be chosen or called.
    pub(super) fn disabled(mut self) -> Entry {
        self.enabled = false;
        self
    }

    /// The same, for short prompts.
    pub(super) fn max_input_chars(mut self, chars: usize) -> Entry {
        self.max_input_chars = chars;
        self
    }

    /// What stands for it in a catalogue's file.
    fn lines(&self) -> String {
        let Entry { id, provider, streaming, max_input_chars, enabled } = self;
        format!(
            "\n[[models]]\nid = \"{id}\"\ndisplay_name = \"{id}\"\n{provider}\nstreaming = {streaming}\n\
             max_input_chars = {max_input_chars}\nmax_output_tokens = 64\nenabled = {enabled}\n"
        )
    }
}

/// Serves the app with these models alone; the first is the default.
pub(super) async fn serve(env: &TestEnv, entries: &[Entry]) -> Server {
    let file = write(env, "models.toml", entries);
    env.serve_with(&[("MODEL_CATALOGUE", &file)]).await
}

/// Writes a catalogue whose default is its first model, and says where it is.
pub(super) fn write(env: &TestEnv, name: &str, entries: &[Entry]) -> String {
    let mut text = format!("default = \"{}\"\n", entries[0].id);
    entries.iter().for_each(|entry| text.push_str(&entry.lines()));
    let path = env.file(name);
    std::fs::write(&path, text).unwrap();
    path
}
