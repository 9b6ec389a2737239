//! The table of needed capabilities, held against the tests that there are.

use std::process::Command;

#[test]
fn each_module_in_the_table_has_tests() {
    let binary = std::env::current_exe().unwrap();
    let list = Command::new(binary).args(["--list", "--format", "terse"]).output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    for need in contract::capability::NEEDS {
        let prefix = format!("{}::", need.module);
        assert!(
            list.lines().any(|test| test.starts_with(&prefix)),
            "`{}` is in the table of needs, but has no test",
            need.module
        );
    }
}
