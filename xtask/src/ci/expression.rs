//! What can be told of GitHub's expressions without GitHub.
//!
//! Source: "Evaluate expressions in workflows and actions", GitHub Docs.

/// When a step or a job runs, by how what came before it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct When {
    /// Where nothing has failed.
    pub(super) after_success: bool,
    /// Where something has failed.
    pub(super) after_failure: bool,
}

impl When {
    /// What an `if:` says; `None` where only GitHub knows.
    pub(super) fn parse(condition: Option<&str>) -> Option<When> {
        let when = |after_success, after_failure| Some(When { after_success, after_failure });
        let text = condition.unwrap_or_default().trim();
        let inner = text.strip_prefix("${{").and_then(|text| text.strip_suffix("}}"));
        match inner.unwrap_or(text).trim() {
            "" | "true" | "success()" => when(true, false),
            "failure()" => when(false, true),
            // An interrupted run ends at once, here.
            "always()" | "!cancelled()" | "success() || failure()" => when(true, true),
            "false" | "cancelled()" => when(false, false),
            _ => None,
        }
    }
}

/// Whether a text holds an expression.
pub(super) fn is_in(text: &str) -> bool {
    text.contains("${{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_depends_on_the_steps_alone_is_told() {
        for (condition, expected) in [
            ("", (true, false)),
            ("always()", (true, true)),
            ("${{ !cancelled() }}", (true, true)),
            ("${{failure()}}", (false, true)),
            ("false", (false, false)),
        ] {
            let (after_success, after_failure) = expected;
            let expected = Some(When { after_success, after_failure });
            assert_eq!(When::parse(Some(condition)), expected, "{condition}");
        }
        for condition in
            ["runner.os == 'Linux'", "always() && vars.X", "${{ always() }} && ${{ false }}"]
        {
            assert_eq!(When::parse(Some(condition)), None, "{condition}");
        }
    }
}
