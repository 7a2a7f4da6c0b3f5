//! `explain sql`: the plan that Flink gives the reference job, in Flink's words, and the state that it keeps.

use streamsql_tests::{binary, shop};

fn explain(arguments: &[&str]) -> String {
    let finished = binary::run(&shop::root(), &[&["explain"], arguments].concat());
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    finished.stdout
}

/// `name=[value]` of an operator's line; brackets nest.
fn attribute<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let start = line.find(&format!("{name}=["))? + name.len() + 2;
    let mut depth = 1;
    for (at, c) in line[start..].char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&line[start..start + at]);
        }
    }
    None
}

/// The operators from the sink down, with depth first on the left input: name and line.
fn operators(plan: &str) -> Vec<(String, String)> {
    let lines =
        plan.lines().skip_while(|line| !line.starts_with("Sink(")).take_while(|line| !line.is_empty());
    lines
        .map(|line| {
            let line = line.trim_start_matches([' ', ':', '+', '-']);
            (line.split('(').next().unwrap().to_owned(), line.to_owned())
        })
        .collect()
}

#[test]
fn the_reference_job_has_flinks_operators() {
    let plan = explain(&["sql"]);
    let operators = operators(&plan);
    let names: Vec<&str> =
        operators.iter().map(|(name, _)| name.as_str()).filter(|name| *name != "Exchange").collect();
    let expected = [
        "Sink",
        "SinkMaterializer",
        "ConstraintEnforcer",
        "Calc",
        "Deduplicate",
        "Calc",
        "IntervalJoin",
        "LookupJoin",
        "LookupJoin",
        "TableSourceScan",
        "TableSourceScan",
    ];
    assert_eq!(names, expected, "{plan}");
    let line = |name: &str, nth: usize| -> &str {
        &operators.iter().filter(|(n, _)| n == name).nth(nth).unwrap_or_else(|| panic!("{name}\n{plan}")).1
    };
    let check =
        |line: &str, name: &str, value: &str| assert_eq!(attribute(line, name), Some(value), "{line}");
    check(line("Sink", 0), "upsertMaterialize", "true");
    check(line("Sink", 0), "changelogMode", "NONE");
    check(line("Deduplicate", 0), "keep", "FirstRow");
    check(line("Deduplicate", 0), "order", "ROWTIME");
    check(line("Deduplicate", 0), "changelogMode", "I,UB,UA");
    check(line("IntervalJoin", 0), "joinType", "LeftOuterJoin");
    check(line("IntervalJoin", 0), "changelogMode", "I");
    let bounds = attribute(line("IntervalJoin", 0), "windowBounds").unwrap();
    assert!(bounds.contains("isRowTime=true, leftLowerBound=0, leftUpperBound=3600000"), "{bounds}");
    check(line("LookupJoin", 0), "lookup", "product_id=product_id");
    check(line("LookupJoin", 1), "lookup", "user_id=user_id");
    for lookup in 0..2 {
        check(line("LookupJoin", lookup), "joinType", "InnerJoin");
    }
    for (scan, column) in [(0, "checkout_timestamp"), (1, "click_timestamp")] {
        let watermark = attribute(line("TableSourceScan", scan), "watermark").unwrap();
        assert!(watermark.starts_with(column) && watermark.contains("15000"), "{watermark}");
    }
    // Columns that nobody asks for are not read.
    let clicks = attribute(line("TableSourceScan", 1), "fields").unwrap();
    assert_eq!(clicks, "user_id, source, click_timestamp");
}

#[test]
fn the_state_of_the_reference_job_is_told() {
    let plan = explain(&["sql"]);
    let state = plan.split("== State ==").nth(1).unwrap_or_else(|| panic!("{plan}"));
    for kept in ["IntervalJoin.left", "IntervalJoin.right", "Deduplicate.rows", "SinkMaterializer.rows"] {
        assert!(state.contains(kept), "{kept}\n{state}");
    }
    assert!(state.contains("3600001 ms"), "clicks leave one hour after their time\n{state}");
}

#[test]
fn every_form_names_every_operator() {
    for form in ["text", "tree", "json", "dot", "mermaid"] {
        let plan = explain(&["sql", "--format", form]);
        for operator in ["Sink", "Deduplicate", "IntervalJoin", "LookupJoin", "TableSourceScan"] {
            assert!(plan.contains(operator), "{form} lacks {operator}");
        }
    }
    serde_json::from_str::<serde_json::Value>(&explain(&["sql", "--format", "json"])).unwrap();
}

#[test]
fn the_variant_keeps_the_last_click_of_every_checkout() {
    let operators = operators(&explain(&["examples/attribution-per-checkout"]));
    let deduplicate = operators.iter().find(|(name, _)| name == "Deduplicate").unwrap();
    assert_eq!(attribute(&deduplicate.1, "keep"), Some("LastRow"));
    assert_eq!(attribute(&deduplicate.1, "key"), Some("checkout_id"));
    // Its key is the sink's: nothing has to be put in order for it.
    assert!(!operators.iter().any(|(name, _)| name == "SinkMaterializer"), "{operators:?}");
}
