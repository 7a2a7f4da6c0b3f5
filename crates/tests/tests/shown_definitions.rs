//! SHOW and DESCRIBE print definitions as Flink 1.18.1 does, also those that were bound since.

use streamsql_tests::binary;
use tempfile::TempDir;

const TABLES: &str = "
CREATE TABLE t8 (a INT, b AS TO_TIMESTAMP(CAST(a AS STRING)), c AS UPPER(CAST(a + 1 AS STRING)),
  WATERMARK FOR b AS b - INTERVAL '1.5' SECOND) WITH ('connector' = 'blackhole');
CREATE TABLE base (id INT NOT NULL COMMENT 'the id', name STRING, d AS id * 2 COMMENT 'twice',
  ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND,
  CONSTRAINT pk PRIMARY KEY (id) NOT ENFORCED) COMMENT 'base table' PARTITIONED BY (name)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE n LIKE base (EXCLUDING PARTITIONS EXCLUDING CONSTRAINTS);
ALTER TABLE base ADD (y AS id + 1 AFTER id);
";

fn shown(statement: &str) -> String {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("case.sql"), format!("{TABLES}{statement};\n")).unwrap();
    let finished = binary::run(folder.path(), &["query", "case.sql"]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    // The borders of a text of many lines are as long as all of it.
    let lines = finished.stdout.lines().map(str::trim_end);
    let lines =
        lines.filter(|line| !line.starts_with("+--") && !line.trim_end_matches('|').ends_with(" result "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn expressions_are_shown_as_they_were_written() {
    assert_eq!(
        shown("DESCRIBE t8"),
        "\
| name |                   type | null | key |                               extras |                   watermark |
|    a |                    INT | TRUE |     |                                      |                             |
|    b | TIMESTAMP(3) *ROWTIME* | TRUE |     | AS TO_TIMESTAMP(CAST(`a` AS STRING)) | `b` - INTERVAL '1.5' SECOND |
|    c |                 STRING | TRUE |     |    AS UPPER(CAST(`a` + 1 AS STRING)) |                             |
3 rows in set"
    );
}

#[test]
fn a_copy_keeps_the_partitions_that_it_excludes_and_replaces_by_none() {
    let wanted = "\
| CREATE TABLE `default_catalog`.`default_database`.`n` (
  `id` INT NOT NULL COMMENT 'the id',
  `name` VARCHAR(2147483647),
  `d` AS `id` * 2 COMMENT 'twice',
  `ts` TIMESTAMP(3),
  `pt` AS PROCTIME(),
  WATERMARK FOR `ts` AS `ts` - INTERVAL '5' SECOND
) PARTITIONED BY (`name`)
WITH (
  'connector' = 'filesystem',
  'format' = 'json',
  'path' = 't.json'
)
 |
1 row in set";
    assert_eq!(shown("SHOW CREATE TABLE n"), wanted);
    assert!(shown("SHOW CREATE TABLE base").contains("`y` AS `id` + 1"));
}

#[test]
fn lists_are_narrowed_and_added_partitions_are_listed() {
    let added = "ALTER TABLE base ADD PARTITION (name = 'a') WITH ('x' = 'y');
      ALTER TABLE base ADD IF NOT EXISTS PARTITION (name = 'a') PARTITION (name = 'b')";
    let listed = "| partition name |\n|         name=a |\n|         name=b |\n2 rows in set";
    assert_eq!(shown(&format!("{added};\nSHOW PARTITIONS base")), listed);
    let one = "| partition name |\n|         name=b |\n1 row in set";
    assert_eq!(shown(&format!("{added};\nSHOW PARTITIONS base PARTITION (name = 'b')")), one);
    let dropped = "ALTER TABLE base DROP IF EXISTS PARTITION (name = 'zz'), PARTITION (name = 'b')";
    let rest = shown(&format!("{added};\n{dropped};\nSHOW PARTITIONS base;\nQUIT"));
    assert_eq!(rest, "| partition name |\n|         name=a |\n1 row in set");
    let functions = shown("SHOW FUNCTIONS IN default_catalog.default_database ILIKE 'tumbl_'");
    assert_eq!(functions, "| function name |\n|        TUMBLE |\n1 row in set");
    assert!(shown("SHOW FUNCTIONS ILIKE 'upp%'").contains("UPPER"));
}
