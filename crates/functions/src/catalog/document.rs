//! `docs/functions.md`, written from the table of functions.

use std::fmt::Write;

use super::{FAMILIES, Kind, Nulls};

/// The page, complete.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Functions\n\n\
         Every built-in function of Apache Flink 1.18 and what becomes of it here. This page is written from the table in\n\
         `crates/functions/src/catalog/`; a test compares the two (`UPDATE_DOCS=1 cargo test -p streamsql-functions` writes\n\
         it anew). *N→N* means: NULL when an argument is NULL.\n\n",
    );
    let count = |keep: fn(&Kind) -> bool| {
        FAMILIES.iter().flat_map(|f| f.entries).filter(|entry| keep(&entry.kind)).count()
    };
    let works = count(|kind| matches!(kind, Kind::Call(_) | Kind::Form | Kind::Over(_)));
    let aggregates = count(|kind| matches!(kind, Kind::Aggregate(_)));
    let refused = count(|kind| matches!(kind, Kind::Refused(_)));
    let _ = writeln!(
        page,
        "{works} work, {aggregates} more are aggregate functions of GROUP BY and OVER, {refused} are refused."
    );
    for family in FAMILIES {
        let _ = write!(
            page,
            "\n## {}\n\n| function | NULL | state | Flink source |\n|---|---|---|---|\n",
            family.title
        );
        for entry in family.entries {
            let forms: Vec<String> =
                entry.signature.lines().map(|form| format!("`{}`", form.trim())).collect();
            let mut nulls = match entry.nulls {
                Nulls::Propagate => "N→N".to_owned(),
                Nulls::Also(when) => format!("N→N; {when}"),
                Nulls::Never => "never".to_owned(),
                Nulls::Rule(rule) => rule.to_owned(),
            };
            let state = match entry.kind {
                Kind::Call(_) | Kind::Form | Kind::Over(_) => "works".to_owned(),
                Kind::Aggregate(_) => "works in GROUP BY and OVER".to_owned(),
                Kind::Refused(reason) => format!("refused: {reason}"),
            };
            nulls = nulls.replace('|', "\\|");
            let forms = forms.join("<br>").replace('|', "\\|");
            let _ = writeln!(page, "| {forms} | {nulls} | {state} | {} |", entry.source);
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_docs_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/functions.md");
        let page = markdown();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, &page).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(written == page, "docs/functions.md is stale; UPDATE_DOCS=1 writes it anew");
    }
}
