//! What a model "says": a fixed function of the model and the prompt.

use sha2::{Digest, Sha256};

use crate::calls::Tokens;

/// How many words of the prompt are said back.
const ECHOED: usize = 8;

/// How much of a word is said back, in characters: what is no prose must not make the answer long.
const WORD: usize = 40;

/// How many words of the model's own follow.
const OWN: usize = 4;

/// The words that a model has.
const VOCABULARY: [&str; 16] = [
    "amber", "brisk", "copper", "dune", "ember", "fjord", "granite", "harbor", "indigo", "juniper",
    "kestrel", "lantern", "meadow", "nimbus", "orchid", "pebble",
];

/// What the model was asked, whatever its family's way of writing it down.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Prompt {
    /// The last thing that the user said.
    pub(crate) text: String,
    /// Everything that the model reads, in tokens.
    pub(crate) input_tokens: usize,
    pub(crate) max_tokens: usize,
    pub(crate) stop_sequences: Vec<String>,
}

/// Why a model stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It had said all.
    EndOfTurn,
    MaxTokens,
    /// At this stop sequence, which is not in the text.
    Sequence(String),
}

/// What the model said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Generation {
    /// One token each; all but the first begin with the space before them.
    pub(crate) tokens: Vec<String>,
    pub(crate) stop: Stop,
    pub(crate) input_tokens: usize,
    /// 24 hexadecimal digits, another for another prompt or model.
    pub(crate) fingerprint: String,
}

impl Generation {
    /// The answer of `model` to `prompt`: `You said:`, the first eight words of the prompt (of each at most 40 characters), and four words chosen by the SHA-256 of the model's id, a zero byte, and the whole prompt.
    ///
    /// A word is a token.
    /// A stop sequence ends the text where it would begin, and the limit on tokens after that many words.
    /// Temperature and the like change nothing.
    pub(crate) fn new(model: &str, prompt: &Prompt) -> Self {
        let digest = Sha256::new()
            .chain_update(model)
            .chain_update([0])
            .chain_update(&prompt.text)
            .finalize();
        let own = digest.iter().take(OWN).map(|byte| VOCABULARY[usize::from(byte % 16)]);
        let echoed = prompt.text.split_whitespace().take(ECHOED).map(shortened);
        let words: Vec<&str> = ["You", "said:"].into_iter().chain(echoed).chain(own).collect();
        let mut said = words.join(" ");
        let mut stop = Stop::EndOfTurn;
        let stopped = prompt
            .stop_sequences
            .iter()
            .filter(|sequence| !sequence.is_empty())
            .filter_map(|sequence| said.find(sequence.as_str()).map(|at| (at, sequence)))
            .min_by_key(|(at, _)| *at);
        if let Some((at, sequence)) = stopped {
            stop = Stop::Sequence(sequence.clone());
            said.truncate(at);
        }
        let mut tokens: Vec<String> = said.split_inclusive(' ').map(str::to_owned).collect();
        // The space belongs to the word that follows it, as in real tokens.
        for index in 1..tokens.len() {
            if let Some(word) = tokens[index - 1].strip_suffix(' ') {
                tokens[index - 1] = word.to_owned();
                tokens[index].insert(0, ' ');
            }
        }
        if tokens.len() > prompt.max_tokens {
            tokens.truncate(prompt.max_tokens);
            stop = Stop::MaxTokens;
        }
        let fingerprint = hex::encode(&digest[..12]);
        Self { tokens, stop, input_tokens: prompt.input_tokens, fingerprint }
    }

    pub(crate) fn text(&self) -> String {
        self.tokens.concat()
    }

    /// Both counts, for the log.
    pub(crate) fn counted(&self) -> Tokens {
        Tokens { input: self.input_tokens as u64, output: self.output_tokens() as u64 }
    }

    pub(crate) fn output_tokens(&self) -> usize {
        self.tokens.len()
    }
}

fn shortened(word: &str) -> &str {
    word.char_indices().nth(WORD).map_or(word, |(end, _)| &word[..end])
}

/// How many tokens a text has: its words.
pub(crate) fn count_tokens(text: &str) -> usize {
    text.split_whitespace().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(text: &str) -> Prompt {
        Prompt { text: text.to_owned(), input_tokens: 0, max_tokens: 100, stop_sequences: vec![] }
    }

    #[test]
    fn it_echoes_the_beginning_and_depends_on_model_and_prompt() {
        let said = Generation::new("m", &prompt("one two three four five six seven eight nine"));
        assert!(said.text().starts_with("You said: one two three four five six seven eight "));
        assert_eq!(said.output_tokens(), 2 + 8 + 4);
        assert_eq!(said.stop, Stop::EndOfTurn);
        assert_eq!(
            said,
            Generation::new("m", &prompt("one two three four five six seven eight nine"))
        );
        assert_ne!(
            said,
            Generation::new("n", &prompt("one two three four five six seven eight nine"))
        );
        assert_ne!(
            said,
            Generation::new("m", &prompt("one two three four five six seven eight ten"))
        );
    }

    #[test]
    fn it_keeps_within_its_tokens() {
        let said = Generation::new("m", &Prompt { max_tokens: 3, ..prompt("one two") });
        assert_eq!((said.text().as_str(), &said.stop), ("You said: one", &Stop::MaxTokens));
    }

    #[test]
    fn it_stops_before_the_first_stop_sequence() {
        let stop_sequences = vec!["three".to_owned(), "two".to_owned()];
        let said = Generation::new("m", &Prompt { stop_sequences, ..prompt("one two three") });
        assert_eq!(said.text(), "You said: one ");
        assert_eq!(said.stop, Stop::Sequence("two".to_owned()));
    }
}
