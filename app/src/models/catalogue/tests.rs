//! What a catalogue may be, and what is said of one that is broken.

use super::super::model::{Family, Provider};
use super::*;

mod faults;

/// A model that is sound.
const SOUND: &str = r#"[[models]]
id = "one"
display_name = "One"
provider = "bedrock"
model = "amazon.nova-lite-v1:0"
streaming = true
max_input_chars = 100
max_output_tokens = 10
"#;

const ENDPOINT: &str = r#"[[models]]
id = "two"
display_name = "Two"
provider = "sagemaker"
endpoint = "two"
streaming = false
max_input_chars = 100
max_output_tokens = 10
"#;

fn parse(text: &str) -> Result<Catalogue, CatalogueError> {
    Catalogue::parse("c", text)
}

fn fault(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

fn catalogue(ids: &[(&str, bool)]) -> Catalogue {
    let models = ids.iter().map(|(id, enabled)| {
        SOUND.replace("\"one\"", &format!("{id:?}")) + &format!("enabled = {enabled}\n")
    });
    let default = ids.iter().find(|(_, enabled)| *enabled).unwrap().0;
    parse(&format!("default = {default:?}\n{}", models.collect::<String>())).unwrap()
}

#[test]
fn the_shipped_catalogue_is_sound() {
    let catalogue = Catalogue::shipped();
    let default = catalogue.default_model();
    assert!(default.enabled);
    assert_eq!(catalogue.usable(default.id.as_str()).unwrap(), default);
    let bedrock = |wanted: &str| {
        catalogue.models().iter().find_map(|model| match &model.provider {
            Provider::Bedrock { model, family } if model == wanted => Some(*family),
            _ => None,
        })
    };
    for (model, family) in [
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", Family::Anthropic),
        ("amazon.nova-lite-v1:0", Family::Nova),
        ("amazon.nova-micro-v1:0", Family::Nova),
        ("global.amazon.nova-2-lite-v1:0", Family::Nova),
        ("meta.llama3-8b-instruct-v1:0", Family::Llama),
    ] {
        assert_eq!(bedrock(model), Some(family), "{model}");
    }
    let endpoint = Provider::SageMaker { endpoint: "text-generation".to_owned() };
    assert!(catalogue.models().iter().any(|model| model.provider == endpoint));
    assert!(catalogue.models().iter().any(|model| !model.enabled));
}

#[test]
fn every_field_is_read() {
    let text = format!("default = \"two\"\n{SOUND}enabled = false\n{ENDPOINT}");
    let catalogue = parse(&text).unwrap();
    let [one, two] = catalogue.models() else { panic!("{catalogue:?}") };
    assert_eq!((one.id.as_str(), one.display_name.as_str()), ("one", "One"));
    assert_eq!(
        one.provider,
        Provider::Bedrock { model: "amazon.nova-lite-v1:0".to_owned(), family: Family::Nova }
    );
    assert!(one.streaming && !one.enabled && two.enabled && !two.streaming);
    assert_eq!((one.limits.max_input_chars, one.limits.max_output_tokens), (100, 10));
    assert_eq!(two.provider, Provider::SageMaker { endpoint: "two".to_owned() });
    assert_eq!(catalogue.default_model(), two);
}

#[test]
fn windows_files_are_read_and_counted_alike() {
    let sound = format!("\u{feff}default = \"one\"\n{SOUND}").replace('\n', "\r\n");
    assert!(parse(&sound).is_ok());
    let broken = sound.replace("max_input_chars = 100", "max_input_chars = 0");
    assert!(fault(&broken).starts_with("c:8:19: "), "{}", fault(&broken));
    let first_line = sound.replace("default = \"one\"", "default = \"none\"");
    assert!(fault(&first_line).starts_with("c:1:11: "), "{}", fault(&first_line));
}

#[test]
fn hostile_texts_are_refused_quickly() {
    let nested = format!("default = \"one\"\nx = {}", "[".repeat(100_000));
    assert_eq!(fault(&nested), "c:2:85: cannot recurse further; max recursion depth met");
    let dotted = format!("{} = 1\n", vec!["a"; 50_000].join("."));
    assert!(fault(&dotted).starts_with("c:1:"), "{}", fault(&dotted));
    let many = format!("default = \"one\"\n{}", "[[models]]\n".repeat(20_000));
    assert_eq!(fault(&many), "c:2:1: missing field `id`");
    let long = format!("default = \"{}\"", "x".repeat(MAX_BYTES));
    assert_eq!(fault(&long), "c:1:1: the file is too large, the most is 262144 bytes");
}

#[test]
fn files_are_read_whatever_is_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.toml");
    let load = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Catalogue::load(Some(&path))
    };
    let sound = format!("default = \"one\"\n{SOUND}");
    assert_eq!(load(sound.as_bytes()).unwrap().default_model().id.as_str(), "one");

    let name = path.display();
    let latin =
        [b"\xef\xbb\xbfdefault = \"one\"\n# caf\xc3\xa9 caf".as_slice(), b"\xe9\n"].concat();
    let error = load(&latin).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{name}:2:11: byte 0xe9 is not UTF-8: save the file as UTF-8")
    );
    let error = load(&[b'x'; MAX_BYTES + 1]).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{name}:1:1: the file is too large, the most is 262144 bytes")
    );
    let error = load(&[0xff; MAX_BYTES + 1]).unwrap_err();
    assert!(error.to_string().contains("too large"), "{error}");

    let folder = folder.path().to_owned();
    for path in [folder.clone(), folder.join("missing")] {
        let error = Catalogue::load(Some(&path)).unwrap_err();
        assert!(matches!(error, CatalogueError::Read { .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            format!("could not read the model catalogue `{}`", path.display())
        );
        assert!(error.hint().unwrap().contains("MODEL_CATALOGUE"));
    }
    assert_eq!(
        Catalogue::load(None).unwrap().default_model(),
        Catalogue::shipped().default_model()
    );
}

#[test]
fn ids_tell_their_families() {
    use family::{Told, told_by};
    let anthropic = Told::Family(Family::Anthropic);
    let nova = Told::Family(Family::Nova);
    let llama = Told::Family(Family::Llama);
    for (id, told) in [
        ("anthropic.claude-3-haiku-20240307-v1:0", anthropic),
        ("anthropic.claude-v2.1", anthropic),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", anthropic),
        ("us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0", anthropic),
        ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2.1", anthropic),
        ("arn:aws:bedrock:us-east-1:1:inference-profile/us.amazon.nova-pro-v1:0", nova),
        ("global.amazon.nova-2-lite-v1:0", nova),
        ("amazon.nova-premier-v1:0:8k", nova),
        ("amazon.nova-canvas-v1:0", Told::Nothing),
        ("amazon.nova-sonic-v1:0", Told::Nothing),
        ("amazon.titan-text-express-v1", Told::Nothing),
        ("meta.llama3-8b-instruct-v1:0", llama),
        ("us.meta.llama3-3-70b-instruct-v1:0", llama),
        ("meta.llama2-13b-chat-v1", Told::OtherLlama),
        ("us.meta.llama4-maverick-17b-instruct-v1:0", Told::OtherLlama),
        ("arn:aws:bedrock:us-east-1:1:application-inference-profile/abc123", Told::Nothing),
        ("arn:aws:bedrock:us-east-1:1:imported-model/abc123", Told::Nothing),
        ("", Told::Nothing),
    ] {
        assert_eq!(told_by(id), told, "{id}");
    }
}

#[test]
fn a_family_can_be_said_where_the_id_does_not_tell_it() {
    let arn = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123";
    let model = SOUND.replace("amazon.nova-lite-v1:0", arn) + "family = \"anthropic\"\n";
    let catalogue = parse(&format!("default = \"one\"\n{model}")).unwrap();
    let provider = Provider::Bedrock { model: arn.to_owned(), family: Family::Anthropic };
    assert_eq!(catalogue.default_model().provider, provider);
}

#[test]
fn unknown_and_disabled_models_are_answered_with_the_nearest() {
    let catalogue = catalogue(&[
        ("llama-3-8b", true),
        ("nova-lite", true),
        ("nova-micro", true),
        ("nova-pro", false),
    ]);
    let names = |valid: &[ModelId]| valid.iter().map(ToString::to_string).collect::<Vec<_>>();

    assert_eq!(catalogue.usable("nova-micro").unwrap().id.as_str(), "nova-micro");
    let error = catalogue.usable("Nova-Micr").unwrap_err();
    assert_eq!(error.to_string(), "no model `Nova-Micr`");
    assert_eq!(error.hint().unwrap(), "choose `nova-micro`, `nova-lite`, `llama-3-8b`");
    let ModelError::Unknown { valid, .. } = error else { panic!("{error:?}") };
    assert_eq!(names(&valid), ["nova-micro", "nova-lite", "llama-3-8b"]);
    // The case alone is not enough to be the same.
    assert!(matches!(catalogue.usable("NOVA-MICRO"), Err(ModelError::Unknown { .. })));

    let error = catalogue.usable("nova-pro").unwrap_err();
    assert_eq!(error.to_string(), "model `nova-pro` is disabled");
    let ModelError::Disabled { valid, .. } = error else { panic!("{error:?}") };
    assert_eq!(names(&valid), ["nova-micro", "nova-lite", "llama-3-8b"]);

    let ModelError::Unknown { valid, .. } = catalogue.usable("LLAMA").unwrap_err() else {
        panic!()
    };
    assert_eq!(names(&valid)[0], "llama-3-8b");
    // Nothing is near: the order of the file.
    let ModelError::Unknown { valid, .. } = catalogue.usable("").unwrap_err() else { panic!() };
    assert_eq!(names(&valid), ["llama-3-8b", "nova-lite", "nova-micro"]);
}

#[test]
fn a_long_wrong_id_is_cut_between_characters() {
    let catalogue = catalogue(&[("one", true)]);
    let ModelError::Unknown { id, .. } = catalogue.usable(&"é".repeat(1_000_000)).unwrap_err()
    else {
        panic!()
    };
    assert_eq!(id, "é".repeat(64));
}
