//! Addresses of nodes stay when the job around them changes.

use std::collections::BTreeSet;

use streamsql_plan::{Dataflow, addresses};
use streamsql_planner::plan_script;
use streamsql_sql::load::load_script;

const TABLES: &str = "
CREATE TABLE t (k STRING, v INT, w INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't', 'format' = 'json');
CREATE TABLE a (k STRING, v INT) WITH ('connector' = 'print');
CREATE TABLE b (v INT, w INT) WITH ('connector' = 'print');
CREATE VIEW firsts AS SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM t) WHERE rn = 1;
";
const FIRST: &str = "INSERT INTO a SELECT k, v FROM firsts;";

fn job(inserts: &str) -> Dataflow {
    job_with("", inserts)
}

fn job_with(settings: &str, inserts: &str) -> Dataflow {
    job_of(&format!("{settings}{TABLES}BEGIN STATEMENT SET;\n{inserts}\nEND;"))
}

fn job_of(sql: &str) -> Dataflow {
    let statements = load_script(sql, "s.sql", None, &[]).unwrap();
    let script =
        plan_script(&statements).unwrap_or_else(|diagnostics| panic!("{}", diagnostics.render(false)));
    script.dataflows().last().unwrap().clone()
}

/// Addresses of the nodes with state.
fn kept(dataflow: &Dataflow) -> BTreeSet<String> {
    let with_state = |(node, _): &(&streamsql_plan::Node, _)| !node.state.is_empty();
    dataflow.nodes.iter().zip(addresses(dataflow)).filter(with_state).map(|(_, a)| a.to_string()).collect()
}

#[test]
fn an_insert_more_changes_no_address() {
    let alone = kept(&job(FIRST));
    assert_eq!(alone.len(), 1);
    // The second one reads other columns of the same source, before and after the first.
    for inserts in [
        format!("{FIRST} INSERT INTO b SELECT v, w FROM t;"),
        format!("INSERT INTO b SELECT v, w FROM t WHERE k <> 'x'; {FIRST}"),
    ] {
        let with_another = job(&inserts);
        assert!(kept(&with_another).is_superset(&alone), "{inserts}");
        let all = addresses(&with_another);
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "two nodes have one address");
    }
}

#[test]
fn another_key_or_bound_is_another_address() {
    let by_other_key = FIRST.replace("firsts", "(SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY v ORDER BY ts) AS rn FROM t) WHERE rn = 1)");
    assert_ne!(kept(&job(FIRST)), kept(&job(&by_other_key)));
}

#[test]
fn what_a_filter_reads_counts_and_not_where_it_stands_among_what_others_read() {
    let filtered = "INSERT INTO a SELECT k, SUM(w) FROM t WHERE w > 3 GROUP BY k;";
    let counted = FIRST.replace("k, v FROM firsts", "k, v FROM firsts WHERE v > 1");
    let alone = kept(&job(filtered));
    let with_another = kept(&job(&format!("{filtered} INSERT INTO b SELECT v, w FROM t;")));
    assert!(with_another.is_superset(&alone), "{alone:?} {with_another:?}");
    let other = filtered.replace("w > 3", "v > 3");
    assert_ne!(alone, kept(&job(&other)), "another column at the same place");
    assert_eq!(kept(&job(FIRST)), kept(&job(&counted)), "a filter above");
}

#[test]
fn a_time_zone_that_expressions_are_evaluated_in_counts() {
    let zoned = |zone: &str| kept(&job_with(&format!("SET 'table.local-time-zone' = '{zone}';"), FIRST));
    assert_eq!(kept(&job(FIRST)), zoned("UTC"));
    assert_ne!(kept(&job(FIRST)), zoned("Europe/Berlin"));
}

#[test]
fn sources_are_known_by_their_table_and_the_place_of_their_records() {
    let sources = |inserts: &str, change: &dyn Fn(String) -> String| -> Vec<String> {
        let dataflow = job_of(&change(format!("{TABLES}BEGIN STATEMENT SET;\n{inserts}\nEND;")));
        let sources = streamsql_plan::source_identities(&dataflow);
        sources.into_iter().flatten().map(|source| source.address.to_string()).collect()
    };
    let same = |sql: String| sql;
    let first = sources(FIRST, &same);
    assert_eq!(first, sources("INSERT INTO b SELECT v, w FROM t WHERE v = 7;", &same));
    assert_eq!(
        first,
        sources(FIRST, &|sql| sql.replace("'json'", "'json', 'json.ignore-parse-errors' = 'true'"))
    );
    assert_ne!(first, sources(FIRST, &|sql| sql.replace("'path' = 't'", "'path' = 'u'")));
    // Two scans of one table keep their places whatever stands first.
    let (hinted, plain) =
        ("INSERT INTO b SELECT v, w FROM t /*+ OPTIONS('source.path.regex-pattern'='x') */;", FIRST);
    let two = sources(&format!("{plain} {hinted}"), &same);
    assert_eq!(two.iter().collect::<BTreeSet<_>>().len(), 2, "{two:?}");
}
