use super::*;

fn test(args: &[&str]) -> Result<Test, String> {
    let cli = Cli::try_parse_from(["xtask", "test"].iter().chain(args));
    match cli.map_err(|error| error.to_string())?.command {
        Some(Command::Test(test)) => Ok(test),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_limit_and_a_number_of_samples_are_read() {
    let read = test(&["--aws", "--max-cost", "$0.05", "--samples", "100"]).unwrap();
    assert_eq!((read.max_cost, read.samples), (Some("0.05".parse().unwrap()), Some(100)));
    for (slip, said) in [
        (vec!["--aws", "--max-cost", "-1"], "unexpected argument"),
        (vec!["--aws", "--max-cost=-1"], "not an amount in US dollars"),
        (vec!["--aws", "--max-cost", "five"], "such as `0.05` or `$0.05`"),
        // What the embedded AWS answers is free.
        (vec!["--max-cost", "1"], "--aws"),
        (vec!["--samples", "0"], "0 is not in 1.."),
    ] {
        let error = test(&slip).unwrap_err();
        assert!(error.contains(said), "{slip:?}: {error}");
    }
}
