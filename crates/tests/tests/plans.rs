//! What `explain` prints for each job of `goldens/plans`, word by word, in the form that the golden's extension names.
//!
//! `NAME.sql` is the job; `NAME.text` (and `.tree`, `.json`, `.dot`, `.mermaid` where they stand beside it) is the output;
//! `.bound`, `.normalized`, `.physical` and `.changelog` are what the passes of planning made.
//! With `WRITE_PLANS=1` the goldens are replaced by what comes out, to be looked through.

use std::path::{Path, PathBuf};

use streamsql_tests::binary;

const FORMATS: &[&str] = &["text", "tree", "json", "dot", "mermaid"];
/// What each pass of planning made, where a golden of that extension stands beside the job.
const STAGES: &[&str] = &["bound", "normalized", "physical", "changelog"];

fn explain(folder: &Path, job: &str, format: &str) -> Result<String, String> {
    let option = if STAGES.contains(&format) { "--stage" } else { "--format" };
    let finished = binary::run(folder, &["explain", job, option, format]);
    if finished.code == Some(0) { Ok(finished.stdout) } else { Err(finished.stderr) }
}

#[test]
fn plans_are_printed_as_ever() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens/plans");
    let write = std::env::var_os("WRITE_PLANS").is_some();
    let mut jobs: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    jobs.sort();
    assert!(jobs.len() >= 15, "only {} plans", jobs.len());
    let mut wrong = Vec::new();
    let mut seen = Vec::new();
    for job in &jobs {
        let name = job.file_name().unwrap().to_string_lossy().into_owned();
        for format in FORMATS.iter().chain(STAGES) {
            let golden = job.with_extension(format);
            if !golden.exists() && *format != "text" {
                continue;
            }
            seen.push(*format);
            match explain(&folder, &name, format) {
                Err(error) => wrong.push(format!("{name}: {error}")),
                Ok(plan) if write => std::fs::write(&golden, plan).unwrap(),
                Ok(plan) => {
                    let wanted = std::fs::read_to_string(&golden).unwrap_or_default();
                    if plan != wanted {
                        wrong.push(format!("{name} as {format}: wanted\n{wanted}\nbut got\n{plan}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n---\n"));
    assert!(
        FORMATS.iter().chain(STAGES).all(|format| seen.contains(format)),
        "a form has no golden: {seen:?}"
    );
}

#[test]
fn the_reference_job_is_one_that_a_flink_user_knows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let plan = explain(&root, "sql", "text").unwrap();
    // The operators of Flink's own plan, from the sink down.
    let parts = [
        "Sink(table=[default_catalog.default_database.checkout_attribution]",
        "upsertMaterialize=[true]",
        "Calc(select=[",
        "Deduplicate(keep=[FirstRow], key=[user_id0], order=[ROWTIME]",
        "Exchange(distribution=[hash[user_id0]])",
        "IntervalJoin(joinType=[LeftOuterJoin], windowBounds=[isRowTime=true, leftLowerBound=0, leftUpperBound=3600000,",
        "LookupJoin(table=[default_catalog.default_database.products], joinType=[InnerJoin], lookup=[product_id=product_id]",
        "LookupJoin(table=[default_catalog.default_database.users], joinType=[InnerJoin], lookup=[user_id=user_id]",
        "TableSourceScan(table=[[default_catalog, default_database, checkouts]]",
        "TableSourceScan(table=[[default_catalog, default_database, clicks]]",
    ];
    let mut from = 0;
    for part in parts {
        let at =
            plan[from..].find(part).unwrap_or_else(|| panic!("no '{part}' behind byte {from} in\n{plan}"));
        from += at;
    }
}

#[test]
fn secrets_are_in_no_form() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens/plans");
    for job in ["lookup_inner.sql", "kafka_metadata_and_idleness.sql", "materializer_for_another_key.sql"] {
        let sql = std::fs::read_to_string(folder.join(job)).unwrap();
        assert!(sql.contains("never shown"), "{job} has no secret");
        for format in FORMATS {
            assert!(!explain(&folder, job, format).unwrap().contains("never shown"), "{job} as {format}");
        }
    }
}

#[test]
fn the_statement_explain_shows_the_details_asked_for() {
    let shown = |details: &str| {
        let sql = format!(
            "CREATE TABLE t (a INT) WITH ('connector' = 'datagen');\nEXPLAIN {details} SELECT a + 1 AS b FROM t"
        );
        let arguments = ["query", "-e", &sql, "--output", "table"];
        let finished = binary::run(Path::new("."), &arguments);
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        finished.stdout
    };
    for details in ["", "PLAN FOR"] {
        let plain = shown(details);
        assert!(plain.contains("+- Calc(select=[a + 1 AS b]) [1]"), "{plain}");
        assert!(!plain.contains("changelogMode") && !plain.contains('{'), "{plain}");
    }
    let with_modes = shown("CHANGELOG_MODE");
    assert!(with_modes.contains("+- Calc(select=[a + 1 AS b], changelogMode=[I])"), "{with_modes}");
    let with_json = shown("JSON_EXECUTION_PLAN");
    assert!(!with_json.contains("changelogMode"), "{with_json}");
    let (_, json) = with_json.split_once("== Physical Execution Plan ==\n").expect("the section");
    let json: serde_json::Value = serde_json::from_str(json).expect("JSON");
    let types: Vec<_> = json["nodes"].as_array().unwrap().iter().map(|node| node["type"].as_str()).collect();
    assert_eq!(types, [Some("TableSourceScan"), Some("Calc"), Some("Collect")]);
}

#[test]
fn the_statement_explain_advises() {
    let advised = |query: &str| {
        let sql = format!(
            "CREATE TABLE t (k STRING, v INT, pt AS PROCTIME()) WITH ('connector' = 'datagen');
             CREATE TABLE d (k STRING, n STRING) WITH ('connector' = 'jdbc', 'table-name' = 'd',
               'url' = 'jdbc:postgresql://127.0.0.1:1/d');
             EXPLAIN PLAN_ADVICE {query}"
        );
        let finished = binary::run(Path::new("."), &["query", "-e", &sql, "--output", "table"]);
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        finished.stdout
    };
    let nothing = advised("SELECT v + 1 AS w FROM t");
    assert!(nothing.starts_with("== Optimized Physical Plan With Advice ==\n"), "{nothing}");
    assert!(nothing.contains("No available advice."), "{nothing}");

    let grouped = advised("SELECT k, COUNT(*) AS n FROM t GROUP BY k");
    assert!(grouped.contains("GroupAggregate(advice=[1], groupBy=[k]"), "{grouped}");
    assert!(
        grouped.contains("advice[1]: [ADVICE] keeps for ever: accumulators ((k) -> accumulators)"),
        "{grouped}"
    );

    let random = advised("SELECT n + RAND() AS r FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k)");
    assert!(random.contains("Calc(advice=[2], select=["), "{random}");
    assert!(random.contains("advice[2]: [WARNING] ") && random.contains("RAND()"), "{random}");

    // A lookup of a row that is never taken back needs no warning; one behind an aggregate does.
    let of = |from: &str| {
        format!("SELECT d.n FROM {from} AS a JOIN d FOR SYSTEM_TIME AS OF a.pt AS d ON a.k = d.k")
    };
    let looked_up = advised(&of("t"));
    assert!(looked_up.contains("No available advice."), "{looked_up}");
    let updated =
        advised(&of("(SELECT k, PROCTIME() AS pt FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k))"));
    assert!(updated.contains("[WARNING] table d may have changed"), "{updated}");
}

#[test]
fn constants_count_in_the_fingerprint_by_how_they_are_written() {
    let fingerprint = |sql: &str| {
        let statements = streamsql_sql::load::load_script(sql, "t.sql", None, &[]).unwrap();
        let planned = streamsql_planner::plan_script(&statements).unwrap();
        streamsql_plan::fingerprint::fingerprint(planned.dataflows().last().unwrap())
    };
    let of = |rows: &str| fingerprint(&format!("SELECT * FROM (VALUES {rows}) AS t (a, b)"));
    assert_eq!(of("(1, 'x'), (2, 'y')"), of("(1,'x'),  (2,'y')"));
    for other in
        ["(1, 'x'), (3, 'y')", "(1, 'x'), (2, 'z')", "(2, 'y'), (1, 'x')", "(1, 'x'), (2, NULLIF('y', 'y'))"]
    {
        assert_ne!(of("(1, 'x'), (2, 'y')"), of(other), "{other}");
    }
    // The clock is no part of the plan.
    assert_eq!(fingerprint("SELECT NOW() AS n"), fingerprint("SELECT NOW() AS n"));
    assert_ne!(fingerprint("SELECT 1 AS n"), fingerprint("SELECT 2 AS n"));
}
