//! Subqueries in subqueries: each is bound once, so what a query of them costs grows with their number, not with two to the
//! power of it. Were one bound twice at each level, 62 levels would never end.

use streamsql_planner::plan_script;
use streamsql_sql::load::load_script;

const TABLES: &str = "
CREATE TABLE t (a INT, b INT, c INT NOT NULL) WITH ('connector' = 'filesystem', 'path' = 't', 'format' = 'json');
CREATE TABLE o (a INT) WITH ('connector' = 'print');
";

/// Queries around a query `{}`, which they read once.
const ONCE: &[&str] = &[
    "SELECT a FROM t WHERE a IN ({})",
    "SELECT a FROM t WHERE NOT NOT a IN ({})",
    "SELECT a FROM t WHERE a NOT IN ({})",
    "SELECT a FROM t WHERE EXISTS ({})",
    "SELECT a FROM t WHERE NOT EXISTS ({})",
    "SELECT a FROM t WHERE EXISTS (SELECT b FROM t WHERE b IN ({}) LIMIT 1)",
    "SELECT a FROM t WHERE a = ANY ({})",
    "SELECT a FROM t WHERE a <> ALL ({})",
    "SELECT a FROM t WHERE a > ANY ({})",
    "SELECT a FROM t WHERE a > ALL ({})",
    "SELECT a FROM t WHERE NOT a > ALL ({})",
    "SELECT a FROM t WHERE a = ({})",
    "SELECT a FROM t WHERE ({}) IN (SELECT b FROM t)",
    "SELECT a FROM t WHERE a IN (SELECT b FROM t) AND c IN ({})",
    "SELECT a FROM t WHERE b = 1 OR a IN ({})",
    "SELECT a FROM t WHERE b = 1 OR EXISTS ({})",
    "SELECT a FROM t WHERE CASE WHEN EXISTS ({}) THEN b = 1 ELSE b = 2 END",
    "SELECT a FROM t WHERE CASE WHEN b = 1 THEN ({}) ELSE 2 END = 1",
    "SELECT ({}) AS a FROM t",
    "SELECT CASE WHEN a > ALL ({}) THEN 1 ELSE 2 END AS a FROM t",
    "SELECT t.a FROM t JOIN t AS u ON t.a = u.a AND EXISTS ({})",
    "SELECT t.a FROM t JOIN t AS u ON t.a = u.a AND t.b = ({})",
    "SELECT SUM(a + ({})) AS a FROM t",
    "SELECT SUM(a) FILTER (WHERE EXISTS ({})) AS a FROM t",
    "SELECT a FROM t GROUP BY a HAVING a IN ({})",
    "SELECT t.a FROM t CROSS JOIN LATERAL ({}) AS l (x)",
];

/// Those that become two readers of `{}` each, its rows and the number of its NULLs.
const TWICE: &[&str] = &[
    "SELECT a FROM t WHERE b = 1 OR a NOT IN ({})",
    "SELECT a FROM t WHERE CASE WHEN a IN ({}) THEN b = 1 ELSE b = 2 END",
    "SELECT CASE WHEN a IN ({}) THEN 1 ELSE 2 END AS a FROM t",
    "SELECT CASE WHEN a = ANY ({}) THEN 1 ELSE 2 END AS a FROM t",
    "SELECT SUM(CASE WHEN a IN ({}) THEN 1 ELSE 0 END) AS a FROM t",
    "SELECT SUM(a) FILTER (WHERE a IN ({})) AS a FROM t",
];

/// Conditions of `{s}` on a query `{}` that reads `{s}.b`.
const CORRELATED: &[&str] = &[
    "{s}.a IN ({})",
    "NOT EXISTS ({})",
    "{s}.a NOT IN ({})",
    "{s}.a = ({})",
    "{s}.a = ANY ({})",
    "{s}.a > ANY ({})",
    "{s}.a > ALL ({})",
    "({s}.c = 1 OR {s}.a IN ({}))",
    "CASE WHEN EXISTS ({}) THEN {s}.c = 1 ELSE {s}.c = 2 END",
];

fn nested(around: &str, depth: usize) -> String {
    (0..depth).fold("SELECT a FROM t".to_owned(), |inner, _| around.replace("{}", &inner))
}

fn correlated(condition: &str, depth: usize) -> String {
    let reads_outer = |level: usize| match level {
        0 => "TRUE".to_owned(),
        _ => format!("t{level}.b = t{}.b", level - 1),
    };
    let innermost = format!("SELECT a FROM t AS t{depth} WHERE {}", reads_outer(depth));
    (0..depth).rev().fold(innermost, |inner, level| {
        let asked = condition.replace("{s}", &format!("t{level}")).replace("{}", &inner);
        format!("SELECT t{level}.a FROM t AS t{level} WHERE {asked} AND {}", reads_outer(level))
    })
}

/// Number of the dataflow's nodes, or what is wrong.
fn planned(query: String) -> Result<usize, String> {
    let sql = format!("{TABLES}INSERT INTO o {query};");
    // As deep as the program's own stack lets it plan.
    let planning = std::thread::Builder::new().stack_size(256 << 20).spawn(move || {
        let statements = load_script(&sql, "s.sql", None, &[]).map_err(|error| error.render(false))?;
        let script = plan_script(&statements).map_err(|error| error.render(false))?;
        Ok(script.dataflows().last().map_or(0, |dataflow| dataflow.nodes.len()))
    });
    planning.unwrap().join().unwrap()
}

/// Whether a refusal is one of depth or size. The parser that may not go deeper reads `NOT` or `CASE` as a name at times, and
/// does not expect what follows.
fn is_limit(error: &str) -> bool {
    ["nests deeper than", "more than 20000 operators", "expected the end of the statement"]
        .iter()
        .any(|limit| error.contains(limit))
}

#[test]
fn what_is_read_once_grows_with_its_depth() {
    for around in ONCE {
        let nodes =
            |depth| planned(nested(around, depth)).unwrap_or_else(|error| panic!("{around}: {error}"));
        let [few, more, most] = [4, 8, 16].map(nodes);
        // As many nodes for each further level.
        assert_eq!((most - more), 2 * (more - few), "{around}: {few}, {more}, {most}");
        for depth in [32, 40, 60] {
            match planned(nested(around, depth)) {
                Ok(nodes) => assert_eq!(nodes, few + (more - few) / 4 * (depth - 4), "{around}"),
                Err(error) => assert!(is_limit(&error), "{around}, {depth} deep: {error}"),
            }
        }
    }
    assert!(planned(nested(ONCE[0], 40)).is_ok(), "40 levels of IN are few enough");
}

#[test]
fn what_is_read_twice_is_planned_or_refused() {
    for around in TWICE {
        assert!(planned(nested(around, 4)).is_ok(), "{around}");
        let error = planned(nested(around, 16)).unwrap_err();
        assert!(error.contains("more than 20000 operators"), "{around}: {error}");
        for depth in [32, 60] {
            let error = planned(nested(around, depth)).unwrap_err();
            assert!(is_limit(&error), "{around}, {depth} deep: {error}");
        }
    }
}

#[test]
fn correlated_ones_are_planned_or_refused() {
    for condition in CORRELATED {
        assert!(planned(correlated(condition, 4)).is_ok(), "{condition}");
        for depth in [8, 16, 32, 60] {
            if let Err(error) = planned(correlated(condition, depth)) {
                assert!(is_limit(&error), "{condition}, {depth} deep: {error}");
            }
        }
    }
}

/// Each of these joins its subquery with the values of all that stands left of it.
#[test]
fn many_subqueries_of_one_query_are_planned_or_refused() {
    for condition in [
        "(c = 1 OR a IN (SELECT a FROM t AS u WHERE u.b > t.b))",
        "a NOT IN (SELECT a FROM t AS u WHERE u.b > t.b)",
    ] {
        let all = |number| format!("SELECT a FROM t WHERE {}", vec![condition; number].join(" AND "));
        assert!(planned(all(3)).is_ok(), "{condition}");
        if let Err(error) = planned(all(40)) {
            assert!(is_limit(&error), "{condition}: {error}");
        }
    }
}
