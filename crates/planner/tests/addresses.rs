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
    let sql = format!("{TABLES}BEGIN STATEMENT SET;\n{inserts}\nEND;");
    let statements = load_script(&sql, "s.sql", None, &[]).unwrap();
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
