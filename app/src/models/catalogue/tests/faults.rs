//! What is said of a broken catalogue, and of which place in it.

use super::*;

#[test]
fn faults_are_told_with_line_and_column() {
    let sound = format!("default = \"one\"\n{SOUND}");
    assert!(parse(&sound).is_ok());
    let with = |from: &str, to: &str| {
        assert!(sound.contains(from), "{from}");
        sound.replacen(from, to, 1)
    };
    for (text, expected) in [
        // The file as a whole.
        (String::new(), "c:1:1: missing field `default`"),
        ("default = \"one\"\n".to_owned(), "c:1:1: missing field `models`"),
        (
            "models = []\ndefault = \"one\"\n".to_owned(),
            "c:1:10: there are no models, expected at least one `[[models]]`",
        ),
        (
            with("default = \"one\"", "default = 1"),
            "c:1:11: invalid type: integer `1`, expected a string",
        ),
        (
            with("default = \"one\"", "default = \"ona\""),
            "c:1:11: the default \"ona\" is no model of this catalogue, the nearest is `one`",
        ),
        (
            format!("default = \"one\"\n{SOUND}enabled = false\n{ENDPOINT}"),
            "c:1:11: the default model `one` is disabled",
        ),
        (
            with("default", "colour = 1\ndefault"),
            "c:1:1: unknown field `colour`, expected `default` or `models`",
        ),
        (
            with("default = \"one\"", "default = "),
            "c:1:11: string values must be quoted, expected literal string",
        ),
        (
            format!("{sound}default = \"one\"\n"),
            "c:10:1: unknown field `default`, expected one of `id`, `display_name`, `provider`, `model`, `family`, `endpoint`, `streaming`, `max_input_chars`, `max_output_tokens`, `enabled`",
        ),
        (with("id = \"one\"", "id = \"one\"\nid = \"one\""), "c:4:1: duplicate key"),
        (with("[[models]]", "[models]"), "c:2:1: invalid type: map, expected a sequence"),
        // Names.
        (with("id = \"one\"", "id = \"\""), "c:3:6: a model id is empty"),
        (
            with("id = \"one\"", "id = \"-one\""),
            "c:3:6: a model id starts with '-', expected a lower-case letter or a digit",
        ),
        (
            with("id = \"one\"", "id = \"One\""),
            "c:3:6: a model id has 'O', expected only `a` to `z`, `0` to `9`, `-`, `.` and `_`",
        ),
        (
            with("id = \"one\"", &format!("id = \"{}\"", "x".repeat(65))),
            "c:3:6: a model id has 65 characters, the most is 64",
        ),
        (format!("{sound}{SOUND}"), "c:11:6: model id `one` is used twice, first in line 3"),
        (with("\"One\"", "\" \""), "c:4:16: `display_name` is empty"),
        (
            with("\"One\"", "\"One\\nTwo\""),
            "c:4:16: `display_name` has the control character '\\n'",
        ),
        (
            with("\"One\"", &format!("\"{}\"", "é".repeat(101))),
            "c:4:16: `display_name` has 101 characters, the most is 100",
        ),
        (with("display_name = \"One\"\n", ""), "c:2:1: missing field `display_name`"),
        // Columns are characters, not bytes.
        (
            with(
                "id = \"one\"\ndisplay_name = \"One\"\n",
                "\"id\" = \"one\" # é\ndisplay_name = \"é\" x = 1\n",
            ),
            "c:4:20: unexpected key or value, expected newline, `#`",
        ),
        // Providers.
        (
            with("\"bedrock\"", "\"azure\""),
            "c:5:12: provider \"azure\" is neither `bedrock` nor `sagemaker`",
        ),
        (
            with("model = \"amazon.nova-lite-v1:0\"\n", ""),
            "c:5:12: model `one` of provider `bedrock` needs the field `model`",
        ),
        (
            with("\"bedrock\"", "\"sagemaker\""),
            "c:6:9: `model` is no field of a model of provider `sagemaker`",
        ),
        (
            with(
                "model = \"amazon.nova-lite-v1:0\"",
                "model = \"amazon.nova-lite-v1:0\"\nendpoint = \"e\"",
            ),
            "c:7:12: `endpoint` is no field of a model of provider `bedrock`",
        ),
        (
            with("\"amazon.nova-lite-v1:0\"", "\"\""),
            "c:6:9: `model` has 0 bytes, expected 1 to 2048",
        ),
        (
            with("\"amazon.nova-lite-v1:0\"", "\"amazon nova\""),
            "c:6:9: `model` has ' ', which no model id or ARN has",
        ),
        (
            with("\"amazon.nova-lite-v1:0\"", "\"arn:aws:s3:::bucket\""),
            "c:6:9: `model` is no ARN of a model or inference profile",
        ),
        // Families.
        (
            with("\"amazon.nova-lite-v1:0\"", "\"cohere.command-r-v1:0\""),
            "c:6:9: `cohere.command-r-v1:0` does not tell its family, expected `family` to be `anthropic`, `nova` or `llama`",
        ),
        (
            with("\"amazon.nova-lite-v1:0\"", "\"meta.llama4-scout-17b-instruct-v1:0\""),
            "c:6:9: `meta.llama4-scout-17b-instruct-v1:0` has another chat format than that of Llama 3",
        ),
        (
            with("streaming", "family = \"titan\"\nstreaming"),
            "c:7:10: family \"titan\" is unknown, expected `anthropic`, `nova` or `llama`",
        ),
        (
            with("streaming", "family = \"llama\"\nstreaming"),
            "c:7:10: family `llama` contradicts `amazon.nova-lite-v1:0`, which is `nova`",
        ),
        // Limits.
        (
            with("streaming = true", "streaming = \"yes\""),
            "c:7:13: invalid type: string \"yes\", expected a boolean",
        ),
        (
            with("max_input_chars = 100", "max_input_chars = 0"),
            "c:8:19: `max_input_chars` of model `one` is 0, expected 1 to 25000000",
        ),
        (
            with("max_input_chars = 100", "max_input_chars = -1"),
            "c:8:19: `max_input_chars` of model `one` is -1, expected 1 to 25000000",
        ),
        (
            with("max_output_tokens = 10", "max_output_tokens = 9223372036854775807"),
            "c:9:21: `max_output_tokens` of model `one` is 9223372036854775807, expected 1 to 1000000",
        ),
        (
            with("max_output_tokens = 10", "max_output_tokens = 1.5"),
            "c:9:21: invalid type: floating point `1.5`, expected i64",
        ),
        (with("max_output_tokens = 10\n", ""), "c:2:1: missing field `max_output_tokens`"),
        (format!("{sound}enabled = 1\n"), "c:10:11: invalid type: integer `1`, expected a boolean"),
    ] {
        assert_eq!(fault(&text), expected, "{text}");
    }
}

#[test]
fn endpoints_are_told_what_is_wrong_with_them() {
    let sound = format!("default = \"two\"\n{ENDPOINT}");
    assert!(parse(&sound).is_ok());
    let name = "c:6:12: `endpoint` is no name of an endpoint, expected 1 to 63 letters, digits and inner hyphens";
    let long = format!("endpoint = \"{}\"", "e".repeat(64));
    for (from, to, expected) in [
        ("endpoint = \"two\"", "endpoint = \"\"", name),
        ("endpoint = \"two\"", "endpoint = \"-a\"", name),
        ("endpoint = \"two\"", "endpoint = \"a_b\"", name),
        ("endpoint = \"two\"", long.as_str(), name),
        (
            "endpoint = \"two\"\n",
            "",
            "c:5:12: model `two` of provider `sagemaker` needs the field `endpoint`",
        ),
        (
            "endpoint = \"two\"",
            "endpoint = \"two\"\nfamily = \"llama\"",
            "c:7:10: `family` is no field of a model of provider `sagemaker`",
        ),
        (
            "streaming = false",
            "streaming = true",
            "c:7:13: `streaming` of model `two` must be false: its endpoint answers in one piece",
        ),
    ] {
        assert!(sound.contains(from), "{from}");
        assert_eq!(fault(&sound.replace(from, to)), expected);
    }
    let longest =
        sound.replace("endpoint = \"two\"", &format!("endpoint = \"{}\"", "e".repeat(63)));
    assert!(parse(&longest).is_ok());
}
