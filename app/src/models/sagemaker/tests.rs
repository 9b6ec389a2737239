//! The documents of Hugging Face's containers, literally.

use super::super::request::Prompt;
use super::super::{Catalogue, Model};
use super::*;

fn asked(change: impl FnOnce(&mut Prompt)) -> String {
    let mut prompt = Prompt::new("Say \"hi\".");
    change(&mut prompt);
    let model: Model = Catalogue::shipped().usable("text-generation").unwrap().clone();
    String::from_utf8(request(&prompt.for_model(&model).unwrap())).unwrap()
}

#[test]
fn requests_have_the_form_of_text_generation() {
    assert_eq!(
        asked(|_| {}),
        r#"{"inputs":"Say \"hi\".","parameters":{"max_new_tokens":512,"return_full_text":false}}"#
    );
    assert_eq!(
        asked(|prompt| {
            prompt.system = Some("Be brief.".to_owned());
            prompt.max_tokens = Some(7);
            prompt.temperature = Some(0.1);
        }),
        r#"{"inputs":"Be brief.\n\nSay \"hi\".","parameters":{"max_new_tokens":7,"temperature":0.1,"do_sample":true,"return_full_text":false}}"#
    );
    // Containers refuse a temperature of 0.
    assert_eq!(
        asked(|prompt| prompt.temperature = Some(0.0)),
        r#"{"inputs":"Say \"hi\".","parameters":{"max_new_tokens":512,"do_sample":false,"return_full_text":false}}"#
    );
}

#[test]
fn answers_are_read_alone_and_in_a_list() {
    for (document, stop_reason) in [
        (r#"[{"generated_text":"Hi"}]"#, StopReason::Unknown),
        (r#"{"generated_text":"Hi"}"#, StopReason::Unknown),
        (" \n[{\"generated_text\":\"Hi\"},{\"generated_text\":\"Ho\"}]", StopReason::Unknown),
        (
            r#"{"generated_text":"Hi","details":{"finish_reason":"length","generated_tokens":1}}"#,
            StopReason::MaxTokens,
        ),
        (
            r#"[{"generated_text":"Hi","details":{"finish_reason":"eos_token"}}]"#,
            StopReason::EndTurn,
        ),
    ] {
        let expected = Generation { text: "Hi".to_owned(), stop_reason, usage: None };
        assert_eq!(answer(document.as_bytes()), Ok(expected), "{document}");
    }
}

#[test]
fn broken_answers_are_not_understood() {
    for document in [
        "",
        "[]",
        "{}",
        "null",
        "\"Hi\"",
        "[[{\"generated_text\":\"Hi\"}]]",
        r#"{"generated_text":1}"#,
        r#"[{"text":"Hi"}]"#,
        r#"{"generated_text":"Hi"} {"#,
    ] {
        assert!(answer(document.as_bytes()).is_err(), "{document}");
    }
}
