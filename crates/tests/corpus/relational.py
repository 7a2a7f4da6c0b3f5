#!/usr/bin/env python3
"""Writes the inputs of the corpus cases of the relational operators: group aggregates, regular joins, subqueries, set
operations.

usage: relational.py [AREA...]     writes AREA/CASE/{case.sql,*.json} beside this file; flink.jsonl is recorded separately

Every case has its own seed. Rows of `t` repeat their `id`, so that the last row per id is an updating table.
"""
import json
import random
import sys
import zlib
from pathlib import Path

ROOT = Path(__file__).parent
WANTED = sys.argv[1:]


def ts(ms):
    s = ms // 1000
    return f"2024-03-01 {s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}.{ms % 1000:03d}"


def case(area, name, sql, **files):
    if WANTED and area not in WANTED:
        return
    folder = ROOT / area / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.sql").write_text(sql.strip() + "\n")
    for stem, rows in files.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{stem}.json").write_text(text)


COLUMNS = """id STRING, k STRING, v INT, l BIGINT, sm SMALLINT, ti TINYINT, d DECIMAL(10, 2), f DOUBLE, r FLOAT, s STRING, b BOOLEAN,
  dt DATE, tm TIME(0), tl TIMESTAMP(6), ts TIMESTAMP(3)"""


def source(name="t", columns=COLUMNS):
    return (f"CREATE TABLE {name} ({columns},\n  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)\n"
            f"WITH ('connector' = 'filesystem', 'path' = '{name}.json', 'format' = 'json');\n")


LATEST = """CREATE VIEW u AS SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY ts DESC) AS n FROM t) WHERE n = 1;
"""


def rows(name, count=26, ids=9, nulls=0.15, keys=("a", "b", "c", None)):
    rng = random.Random(zlib.crc32(name.encode()))

    def maybe(value):
        return None if rng.random() < nulls else value

    result = []
    for i in range(count):
        t = i * 1000 + rng.randint(0, 1) * 500
        result.append({
            "id": f"i{rng.randint(0, ids - 1)}", "k": rng.choice(keys), "v": maybe(rng.randint(0, 9)),
            "l": maybe(rng.randint(-5, 5) * 1_000_000_007), "sm": maybe(rng.randint(-30, 30)),
            "ti": maybe(rng.randint(-9, 9)), "d": maybe(rng.randint(-5000, 5000) / 100),
            "f": maybe(rng.randint(-20, 20) / 4), "r": maybe(rng.randint(-20, 20) / 4),
            "s": maybe(rng.choice(["x", "y", "zz", "", "é", "10", "9"])), "b": maybe(rng.random() < 0.5),
            "dt": maybe(f"2024-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}"),
            "tm": maybe(f"0{rng.randint(0, 9)}:30:0{rng.randint(0, 9)}"),
            "tl": maybe(f"2024-03-0{rng.randint(1, 9)} 10:00:00.12345{rng.randint(0, 9)}"), "ts": ts(t)})
    return result


# name -> call with {D} for DISTINCT
AGGREGATES = {
    "count-star": "COUNT(*)", "count": "COUNT({D}v)", "count-text": "COUNT({D}s)",
    "sum-int": "SUM({D}v)", "sum-bigint": "SUM({D}l)", "sum-smallint": "SUM({D}sm)", "sum-tinyint": "SUM({D}ti)",
    "sum-decimal": "SUM({D}d)", "sum-double": "SUM({D}f)", "sum-float": "SUM({D}r)",
    "avg-int": "AVG({D}v)", "avg-bigint": "AVG({D}l)", "avg-decimal": "AVG({D}d)", "avg-double": "AVG({D}f)", "avg-tinyint": "AVG({D}ti)",
    "min-max-int": "MIN({D}v), MAX({D}v)", "min-max-text": "MIN({D}s), MAX({D}s)", "min-max-decimal": "MIN({D}d), MAX({D}d)",
    "min-max-double": "MIN({D}f), MAX({D}f)", "min-max-boolean": "MIN({D}b), MAX({D}b)",
    "min-max-date-time": "MIN({D}dt), MAX({D}dt), MIN({D}tm), MAX({D}tm)", "min-max-timestamp": "MIN({D}tl), MAX({D}tl)",
    "stddev": "STDDEV_POP({D}f), STDDEV_SAMP({D}f)", "variance": "VAR_POP({D}f), VAR_SAMP({D}f), VARIANCE({D}f)",
    "stddev-int": "STDDEV_POP({D}v), VAR_SAMP({D}v)", "variance-decimal": "VAR_POP({D}d), STDDEV_SAMP({D}d)",
    "listagg": "LISTAGG({D}s)", "listagg-separator": "LISTAGG({D}s, '|')", "collect": "COLLECT({D}v)", "collect-text": "COLLECT({D}s)",
    "first-last-int": "FIRST_VALUE({D}v), LAST_VALUE({D}v)", "first-last-text": "FIRST_VALUE({D}s), LAST_VALUE({D}s)",
    "json-arrayagg": "JSON_ARRAYAGG({D}s)", "json-objectagg": "JSON_OBJECTAGG(KEY id VALUE v)",
    "approx-count-distinct": "APPROX_COUNT_DISTINCT(v)",
}
INPUTS = {
    "append": ("", "t"), "retract": (LATEST, "u"),
    "deletes": (LATEST + "CREATE VIEW w AS SELECT * FROM u WHERE v IS NULL OR v < 6;\n", "w"),
}


def named(calls):
    parts, depth, start = [], 0, 0
    for i, c in enumerate(calls):
        depth += c == "("
        depth -= c == ")"
        if c == "," and depth == 0:
            parts.append(calls[start:i]); start = i + 1
    parts.append(calls[start:])
    return [p.strip() for p in parts]


for agg, call in AGGREGATES.items():
    for kind, (views, relation) in INPUTS.items():
        plain = named(call.replace("{D}", ""))
        distinct = named(call.replace("{D}", "DISTINCT ")) if "{D}" in call else []
        filtered = [c + " FILTER (WHERE ti > 0 OR b)" for c in plain + distinct]
        calls = plain + distinct + filtered
        select = ", ".join(f"{c} AS x{i}" for i, c in enumerate(calls))
        name = f"{agg}-{kind}"
        case("aggregate-calls", name, source() + views + f"SELECT k, {select} FROM {relation} GROUP BY k;", t=rows(name))


def agg(name, sql, views="", area="group-aggregate", **kw):
    case(area, name, source() + views + sql, t=rows(name, **kw))


# several FILTERs over one DISTINCT, several calls
agg("distinct-with-several-filters", "SELECT k, COUNT(DISTINCT v) FILTER (WHERE b) AS x, COUNT(DISTINCT v) FILTER (WHERE NOT b) AS y, COUNT(DISTINCT v) AS z FROM t GROUP BY k;")
agg("distinct-with-several-filters-retract", "SELECT k, COUNT(DISTINCT v) FILTER (WHERE b) AS x, SUM(DISTINCT v) FILTER (WHERE NOT b) AS y, COUNT(DISTINCT v) AS z FROM u GROUP BY k;", LATEST)
agg("distinct-of-two-columns", "SELECT k, COUNT(DISTINCT v) AS x, COUNT(DISTINCT s) AS y, SUM(v) AS z FROM u GROUP BY k;", LATEST)
agg("many-calls", "SELECT k, COUNT(*) AS c, SUM(v) AS s, MIN(f) AS mn, MAX(f) AS mx, AVG(d) AS a, COUNT(DISTINCT s) AS ds FROM u GROUP BY k;", LATEST)
agg("same-call-twice", "SELECT k, SUM(v) AS a, SUM(v) + 1 AS b, SUM(v + 1) AS c FROM t GROUP BY k;")
agg("global", "SELECT COUNT(*) AS c, SUM(v) AS s, MIN(s) AS m FROM t;")
agg("global-retract", "SELECT COUNT(*) AS c, SUM(v) AS s, MAX(f) AS m FROM u;", LATEST)
agg("global-over-empty", "SELECT COUNT(*) AS c, SUM(v) AS s FROM t WHERE v > 100;")
agg("global-emptied", "SELECT COUNT(*) AS c, SUM(v) AS s FROM u WHERE id = 'i1' AND v > 6;", LATEST)
agg("global-emptied-2", "SELECT COUNT(*) AS c, MAX(v) AS s FROM u WHERE id = 'i2' AND b;", LATEST)
agg("group-emptied", "SELECT k, COUNT(*) AS c, SUM(v) AS s FROM u WHERE v > 6 GROUP BY k;", LATEST)
agg("group-over-empty", "SELECT k, COUNT(*) AS c FROM t WHERE v > 100 GROUP BY k;")
agg("unchanged-result", "SELECT k, MAX(v) AS m FROM t GROUP BY k;", keys=("a", "b"))
agg("having", "SELECT k, SUM(v) AS s FROM t GROUP BY k HAVING SUM(v) > 12;")
agg("having-not-selected", "SELECT k FROM t GROUP BY k HAVING COUNT(*) > 5;")
agg("having-retract", "SELECT k, SUM(v) AS s FROM u GROUP BY k HAVING SUM(v) > 5 AND COUNT(*) < 4;", LATEST)
agg("having-without-group", "SELECT SUM(v) AS s FROM t HAVING COUNT(*) > 3;")
agg("select-distinct", "SELECT DISTINCT k FROM t;")
agg("select-distinct-two", "SELECT DISTINCT k, b FROM t;")
agg("select-distinct-retract", "SELECT DISTINCT k, b FROM u;", LATEST)
agg("select-distinct-expression", "SELECT DISTINCT UPPER(k) AS x, v > 4 AS y FROM t;")
agg("select-distinct-star", "SELECT DISTINCT * FROM (SELECT k, v FROM t);")
agg("count-of-distinct", "SELECT COUNT(*) AS c FROM (SELECT DISTINCT k, b FROM u);", LATEST)
agg("group-without-calls", "SELECT k FROM t GROUP BY k;")
agg("group-by-expression", "SELECT v / 3 AS g, COUNT(*) AS c FROM t GROUP BY v / 3;")
agg("group-by-two", "SELECT k, b, COUNT(*) AS c, SUM(l) AS x FROM t GROUP BY k, b;")
agg("group-by-ordinal-is-a-constant", "SELECT k, COUNT(*) AS c FROM t GROUP BY 1, k;")
agg("group-by-alias", "SELECT UPPER(k) AS g, COUNT(*) AS c FROM t GROUP BY g;")
agg("group-by-constant", "SELECT COUNT(*) AS c, 'x' AS g FROM t GROUP BY 'x';")
agg("group-by-empty", "SELECT COUNT(*) AS c FROM t GROUP BY ();")
agg("column-not-grouped", "SELECT k, v, COUNT(*) AS c FROM t GROUP BY k;")
agg("expression-over-key", "SELECT k || '!' AS g, COUNT(*) * 2 AS c FROM t GROUP BY k;")
for col in ("v", "l", "sm", "ti", "d", "f", "r", "s", "b", "dt", "tl"):
    agg(f"key-{col}", f"SELECT {col}, COUNT(*) AS c FROM u GROUP BY {col};", LATEST)
agg("key-rowtime", "SELECT ts, COUNT(*) AS c FROM t GROUP BY ts;")
agg("key-row", "SELECT x, COUNT(*) AS c FROM (SELECT ROW(k, b) AS x FROM t) GROUP BY x;")
agg("key-array", "SELECT x, COUNT(*) AS c FROM (SELECT ARRAY[k, s] AS x FROM t) GROUP BY x;")
agg("key-map", "SELECT x, COUNT(*) AS c FROM (SELECT MAP[k, s] AS x FROM t) GROUP BY x;")
agg("key-bytes", "SELECT x, COUNT(*) AS c FROM (SELECT ENCODE(s, 'UTF-8') AS x FROM t) GROUP BY x;")
agg("min-of-rowtime", "SELECT k, MIN(ts) AS a, MAX(ts) AS z FROM t GROUP BY k;")
agg("of-aggregate", "SELECT c, COUNT(*) AS n FROM (SELECT k, COUNT(*) AS c FROM t GROUP BY k) GROUP BY c;")
agg("of-aggregate-max", "SELECT MAX(c) AS m, MIN(c) AS n, SUM(c) AS s FROM (SELECT k, COUNT(*) AS c FROM t GROUP BY k);")
agg("of-aggregate-three", "SELECT AVG(m) AS a FROM (SELECT b, MAX(c) AS m FROM (SELECT k, b, COUNT(*) AS c FROM t GROUP BY k, b) GROUP BY b);")
agg("of-having", "SELECT COUNT(*) AS n, SUM(c) AS s FROM (SELECT k, COUNT(*) AS c FROM t GROUP BY k HAVING COUNT(*) > 3);")
agg("filter-over-aggregate", "SELECT * FROM (SELECT k, SUM(v) AS s FROM t GROUP BY k) WHERE s > 10;")
agg("projection-over-aggregate", "SELECT s + 1 AS x FROM (SELECT k, SUM(v) AS s FROM t GROUP BY k);")
agg("dedup-over-aggregate-is-a-rank", "SELECT k, c FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY b ORDER BY c DESC) AS n FROM (SELECT k, b, COUNT(*) AS c FROM t GROUP BY k, b)) WHERE n = 1;")
agg("grouping-sets", "SELECT k, b, COUNT(*) AS c FROM t GROUP BY GROUPING SETS ((k, b), (k), ());")
agg("grouping-sets-retract", "SELECT k, b, COUNT(*) AS c, SUM(v) AS s FROM u GROUP BY GROUPING SETS ((k), (b));", LATEST)
agg("grouping-sets-grouping", "SELECT k, b, COUNT(*) AS c, GROUPING(k) AS gk, GROUPING(b) AS gb, GROUPING_ID(k, b) AS g, GROUP_ID() AS gi FROM t GROUP BY GROUPING SETS ((k, b), (k), ());")
agg("grouping-id-other-order", "SELECT k, b, GROUPING_ID(b, k) AS g, COUNT(*) AS c FROM t GROUP BY CUBE (k, b);")
agg("cube", "SELECT k, b, SUM(v) AS s FROM t GROUP BY CUBE (k, b);")
agg("rollup", "SELECT k, b, SUM(v) AS s FROM t GROUP BY ROLLUP (k, b);")
agg("rollup-retract", "SELECT k, b, MAX(v) AS s FROM u GROUP BY ROLLUP (k, b);", LATEST)
agg("rollup-and-key", "SELECT k, b, s, COUNT(*) AS c FROM t GROUP BY k, ROLLUP (b, s);")
agg("grouping-sets-having", "SELECT k, b, COUNT(*) AS c FROM t GROUP BY CUBE (k, b) HAVING GROUPING(k) = 1 OR COUNT(*) > 2;")
agg("grouping-sets-distinct", "SELECT k, COUNT(DISTINCT v) AS c FROM t GROUP BY ROLLUP (k);")
agg("grouping-sets-repeated", "SELECT k, COUNT(*) AS c FROM t GROUP BY GROUPING SETS ((k), (k));")
agg("grouping-sets-empty-input", "SELECT k, COUNT(*) AS c FROM t WHERE v > 100 GROUP BY ROLLUP (k);")
agg("grouping-of-key-aggregated", "SELECT k, SUM(v) AS s, COUNT(k) AS c FROM t GROUP BY ROLLUP (k);")
agg("sum-int-overflow", "SELECT SUM(x) AS s, AVG(x) AS a FROM (SELECT v + 2147483640 AS x FROM t);")
agg("sum-bigint-overflow", "SELECT SUM(x) AS s, AVG(x) AS a FROM (SELECT l + 9223372036854775000 AS x FROM t);")
agg("sum-decimal-overflow", "SELECT SUM(x) AS s FROM (SELECT CAST('99999999999999999999999999999999999999' AS DECIMAL(38, 0)) + v AS x FROM t);")
agg("sum-tinyint-overflow", "SELECT k, SUM(ti) AS s, SUM(CAST(120 AS TINYINT)) AS o FROM t GROUP BY k;")
agg("avg-and-stddev", "SELECT k, AVG(v) AS a, STDDEV_POP(v) AS s FROM t GROUP BY k;")
agg("sum-of-nan", "SELECT SUM(x) AS s, MIN(x) AS mn, MAX(x) AS mx FROM (SELECT CASE WHEN v = 3 THEN CAST('NaN' AS DOUBLE) WHEN v = 4 THEN CAST('Infinity' AS DOUBLE) ELSE f END AS x FROM t);")
agg("stddev-of-one", "SELECT id, STDDEV_SAMP(f) AS a, VAR_SAMP(f) AS b, STDDEV_POP(f) AS c FROM u GROUP BY id;", LATEST)
agg("count-two-columns", "SELECT k, COUNT(v, s) AS c FROM t GROUP BY k;")
agg("count-distinct-two-columns", "SELECT k, COUNT(DISTINCT v, s) AS c FROM t GROUP BY k;")
agg("listagg-null-separator", "SELECT k, LISTAGG(s, CAST(NULL AS STRING)) AS c FROM t GROUP BY k;")
agg("listagg-number", "SELECT k, LISTAGG(v) AS c FROM t GROUP BY k;")
agg("first-value-retract-order", "SELECT k, FIRST_VALUE(v) AS a, LAST_VALUE(v) AS z FROM u GROUP BY k;", LATEST, ids=4)
agg("json-objectagg-absent", "SELECT k, JSON_OBJECTAGG(KEY id VALUE v ABSENT ON NULL) AS o FROM t GROUP BY k;")
agg("json-objectagg-null-on-null", "SELECT k, JSON_OBJECTAGG(KEY id VALUE v NULL ON NULL) AS o FROM u GROUP BY k;", LATEST)
agg("json-arrayagg-null", "SELECT k, JSON_ARRAYAGG(v NULL ON NULL) AS o FROM t GROUP BY k;")
agg("json-arrayagg-absent", "SELECT k, JSON_ARRAYAGG(f ABSENT ON NULL) AS o FROM u GROUP BY k;", LATEST)
agg("json-agg-of-types", "SELECT JSON_ARRAYAGG(d) AS a, JSON_ARRAYAGG(b) AS b, JSON_ARRAYAGG(dt) AS c FROM t;")
agg("collect-map-result", "SELECT k, CARDINALITY(COLLECT(v)) AS n, COLLECT(s) AS m FROM u GROUP BY k;", LATEST)
agg("unnest-of-collect", "SELECT k, x FROM (SELECT k, COLLECT(v) AS m FROM t GROUP BY k) CROSS JOIN UNNEST(m) AS z (x);")
agg("sum-in-case", "SELECT k, SUM(CASE WHEN b THEN v ELSE 0 END) AS s, COUNT(CASE WHEN b THEN 1 END) AS c FROM u GROUP BY k;", LATEST)
agg("aggregate-in-aggregate-is-refused", "SELECT SUM(COUNT(*)) AS s FROM t GROUP BY k;")
agg("aggregate-in-where-is-refused", "SELECT k FROM t WHERE COUNT(*) > 1 GROUP BY k;")
agg("sum-of-text-is-refused", "SELECT SUM(s) AS s FROM t;")
agg("min-of-array-is-refused", "SELECT MIN(ARRAY[v]) AS s FROM t;")
agg("max-of-literal", "SELECT k, MAX('x') AS s, COUNT(1) AS c, SUM(1) AS n, COUNT(NULLIF(v, 3)) AS m FROM t GROUP BY k;")
agg("any-value", "SELECT k, ANY_VALUE(v) AS s FROM t GROUP BY k;")
agg("every-some", "SELECT k, EVERY(b) AS s FROM t GROUP BY k;")
agg("mode-bit-and", "SELECT k, BIT_AND(v) AS s FROM t GROUP BY k;")
agg("single-value", "SELECT SINGLE_VALUE(v) AS s FROM t;")
agg("sum0", "SELECT `$SUM0`(v) AS s FROM t;")
agg("percentile", "SELECT PERCENTILE(v, 0.5) AS s FROM t;")
agg("within-group", "SELECT k, LISTAGG(s, ',') WITHIN GROUP (ORDER BY v) AS s FROM t GROUP BY k;")
agg("filter-unknown", "SELECT COUNT(*) FILTER (WHERE b) AS x, COUNT(*) AS y FROM t;")
agg("filter-first-of-group", "SELECT k, COUNT(*) FILTER (WHERE b) AS x FROM t GROUP BY k;")
agg("mini-batch", "SET 'table.exec.mini-batch.enabled' = 'true';\nSET 'table.exec.mini-batch.allow-latency' = '1 s';\nSET 'table.exec.mini-batch.size' = '5';\nSELECT k, COUNT(*) AS c, SUM(v) AS s FROM t GROUP BY k;")
agg("proctime-in-group-is-refused", "SELECT k, COUNT(*) AS c, MAX(x) IS NULL AS p FROM (SELECT k, PROCTIME() AS x FROM t) GROUP BY k;")
agg("ordinal-having-alias", "SELECT k, COUNT(*) AS c FROM t GROUP BY k HAVING c > 3;")
agg("union-of-aggregates", "SELECT k, COUNT(*) AS c FROM t GROUP BY k UNION ALL SELECT s, COUNT(*) FROM t GROUP BY s;")
agg("lookup-free-cte", "WITH g AS (SELECT k, COUNT(*) AS c FROM t GROUP BY k) SELECT a.k, a.c, b.c AS d FROM g AS a JOIN g AS b ON a.k = b.k;")
agg("aggregate-over-join", "SELECT a.k, COUNT(*) AS n, SUM(b.v) AS s FROM u AS a JOIN u AS b ON a.k = b.k GROUP BY a.k;", LATEST)

# ---- joins
SMALL = "id STRING, k STRING, v INT, s STRING, b BOOLEAN, f DOUBLE, ts TIMESTAMP(3)"


def two(area, name, sql, views="", n=12, m=10, **kw):
    def cut(all_rows):
        return [{c: row[c] for c in ("id", "k", "v", "s", "b", "f", "ts")} for row in all_rows]
    case(area, name, source("t", SMALL) + source("t2", SMALL) + views + sql,
         t=cut(rows(name, count=n, ids=6, **kw)), t2=cut(rows(name + "2", count=m, ids=6, **kw)))


BOTH = LATEST + LATEST.replace("VIEW u", "VIEW u2").replace("FROM t)", "FROM t2)")
KINDS = {"inner": "JOIN", "left": "LEFT JOIN", "right": "RIGHT JOIN", "full": "FULL JOIN"}
for kind, word in KINDS.items():
    two("join", f"{kind}-append", f"SELECT a.id, a.k, b.id AS id2, b.v FROM t AS a {word} t2 AS b ON a.k = b.k;")
    two("join", f"{kind}-retract-both", f"SELECT a.id, a.k, b.id AS id2, b.v FROM u AS a {word} u2 AS b ON a.k = b.k;", BOTH)
    two("join", f"{kind}-retract-left", f"SELECT a.id, a.k, b.id AS id2, b.v FROM u AS a {word} t2 AS b ON a.k = b.k;", BOTH)
    two("join", f"{kind}-retract-right", f"SELECT a.id, a.k, b.id AS id2, b.v FROM t AS a {word} u2 AS b ON a.k = b.k;", BOTH)
    two("join", f"{kind}-unique-key", f"SELECT a.id, a.v, b.v AS w FROM u AS a {word} u2 AS b ON a.id = b.id;", BOTH)
    two("join", f"{kind}-unique-key-one-side", f"SELECT a.id, a.v, b.v AS w FROM u AS a {word} t2 AS b ON a.id = b.id;", BOTH)
    two("join", f"{kind}-contains-unique-key", f"SELECT a.id, a.v, b.v AS w FROM u AS a {word} u2 AS b ON a.id = b.id AND a.k = b.k;", BOTH)
    two("join", f"{kind}-non-equi", f"SELECT a.id, b.id AS id2 FROM t AS a {word} t2 AS b ON a.k = b.k AND a.v < b.v;")
    two("join", f"{kind}-non-equi-retract", f"SELECT a.id, b.id AS id2 FROM u AS a {word} u2 AS b ON a.k = b.k AND a.v < b.v;", BOTH)
    two("join", f"{kind}-only-non-equi", f"SELECT a.id, b.id AS id2 FROM u AS a {word} u2 AS b ON a.v < b.v;", BOTH)
    two("join", f"{kind}-condition-of-one-side", f"SELECT a.id, b.id AS id2 FROM t AS a {word} t2 AS b ON a.k = b.k AND a.v > 4 AND b.b;")
    two("join", f"{kind}-where", f"SELECT a.id, b.id AS id2 FROM u AS a {word} u2 AS b ON a.k = b.k WHERE a.v > 3 OR b.v IS NULL;", BOTH)
    two("join", f"{kind}-where-makes-inner", f"SELECT a.id, b.id AS id2 FROM t AS a {word} t2 AS b ON a.k = b.k WHERE a.v > 3 AND b.v > 3;")
    two("join", f"{kind}-null-safe", f"SELECT a.id, b.id AS id2 FROM t AS a {word} t2 AS b ON a.k IS NOT DISTINCT FROM b.k;")
    two("join", f"{kind}-using", f"SELECT * FROM (SELECT id, k FROM t) AS a {word} (SELECT id AS id2, k FROM t2) AS b USING (k);")
    two("join", f"{kind}-natural", f"SELECT * FROM (SELECT id, k FROM t) AS a NATURAL {word} (SELECT v AS w, k FROM t2) AS b;")
    two("join", f"{kind}-two-keys", f"SELECT a.id, b.id AS id2 FROM u AS a {word} u2 AS b ON a.k = b.k AND a.b = b.b;", BOTH)
    two("join", f"{kind}-expression-key", f"SELECT a.id, b.id AS id2 FROM t AS a {word} t2 AS b ON UPPER(a.k) = UPPER(b.k) AND a.v + 1 = b.v;")
    two("join", f"{kind}-of-aggregates", f"SELECT a.k, a.c, b.s FROM (SELECT k, COUNT(*) AS c FROM t GROUP BY k) AS a {word} (SELECT k, SUM(v) AS s FROM t2 GROUP BY k) AS b ON a.k = b.k;")
    two("join", f"{kind}-aggregated", f"SELECT a.k, COUNT(*) AS c, COUNT(b.id) AS d, SUM(b.v) AS s FROM t AS a {word} u2 AS b ON a.k = b.k GROUP BY a.k;", BOTH)
two("join", "cross", "SELECT a.id, b.id AS id2 FROM t AS a CROSS JOIN t2 AS b;", n=5, m=4)
two("join", "cross-comma", "SELECT a.id, b.id AS id2 FROM u AS a, u2 AS b;", BOTH, n=6, m=5)
two("join", "comma-where", "SELECT a.id, b.id AS id2 FROM t AS a, t2 AS b WHERE a.k = b.k AND a.v <> b.v;")
two("join", "on-true", "SELECT a.id, b.id AS id2 FROM t AS a LEFT JOIN t2 AS b ON TRUE;", n=5, m=4)
two("join", "on-false", "SELECT a.id, b.id AS id2 FROM t AS a LEFT JOIN t2 AS b ON FALSE;", n=5, m=4)
two("join", "three", "SELECT a.id, b.id AS id2, c.id AS id3 FROM u AS a JOIN u2 AS b ON a.k = b.k LEFT JOIN t AS c ON b.v = c.v;", BOTH)
two("join", "three-same-key", "SELECT a.id, b.id AS id2, c.id AS id3 FROM t AS a LEFT JOIN t2 AS b ON a.k = b.k LEFT JOIN u AS c ON a.k = c.k;", BOTH, n=8, m=6)
two("join", "four", "SELECT a.id, d.id AS id4 FROM u AS a JOIN u2 AS b ON a.id = b.id JOIN u AS c ON b.id = c.id JOIN u2 AS d ON c.id = d.id;", BOTH)
two("join", "self", "SELECT a.id, b.id AS id2 FROM u AS a JOIN u AS b ON a.k = b.k AND a.id < b.id;", BOTH)
two("join", "left-of-left", "SELECT a.id, b.id AS id2, c.s FROM u AS a LEFT JOIN (u2 AS b LEFT JOIN u AS c ON b.id = c.id) ON a.k = b.k;", BOTH)
two("join", "star-renames", "SELECT * FROM (SELECT id, k FROM t) AS a JOIN (SELECT id, k FROM t2) AS b ON a.k = b.k;")
two("join", "empty-right", "SELECT a.id, b.id AS id2 FROM t AS a LEFT JOIN (SELECT * FROM t2 WHERE v > 100) AS b ON a.k = b.k;")
two("join", "key-types-differ", "SELECT a.id, b.id AS id2 FROM t AS a JOIN (SELECT id, CAST(v AS BIGINT) AS w FROM t2) AS b ON a.v = b.w;")
two("join", "key-int-double", "SELECT a.id, b.id AS id2 FROM t AS a JOIN t2 AS b ON a.v = b.f;")
two("join", "key-int-text-is-refused", "SELECT a.id, b.id AS id2 FROM t AS a JOIN t2 AS b ON a.v = b.s;")
two("join", "boolean-key", "SELECT a.id, b.id AS id2 FROM u AS a JOIN u2 AS b ON a.b = b.b;", BOTH)
two("join", "or-condition", "SELECT a.id, b.id AS id2 FROM u AS a LEFT JOIN u2 AS b ON a.k = b.k OR a.v = b.v;", BOTH)
two("join", "with-single-row", "SELECT a.id, b.m FROM t AS a CROSS JOIN (SELECT MAX(v) AS m FROM t2) AS b;")
two("join", "with-single-row-condition", "SELECT a.id, b.m FROM u AS a JOIN (SELECT AVG(v) AS m FROM t2) AS b ON a.v > b.m;", BOTH)
# One side has at most one row, which goes to every shard.
R = {
    "where-greater": "SELECT id, v FROM t WHERE v > (SELECT AVG(v) FROM t);",
    "where-greater-updating": "SELECT id, v FROM u WHERE v > (SELECT AVG(v) FROM u);",
    "where-of-another-table": "SELECT id, v FROM u WHERE v >= (SELECT MIN(v) FROM u2) AND k IS NOT NULL;",
    "in-select": "SELECT id, v - (SELECT MAX(v) FROM u2) AS d, (SELECT COUNT(*) FROM t2) AS c FROM u;",
    "left": "SELECT a.id, a.v, b.m FROM u AS a LEFT JOIN (SELECT AVG(v) AS m FROM u2) AS b ON a.v < b.m;",
    "right": "SELECT a.id, a.v, b.m FROM (SELECT AVG(v) AS m FROM u2) AS b RIGHT JOIN u AS a ON a.v < b.m;",
    "single-row-left": "SELECT b.m, a.id FROM (SELECT SUM(v) AS m FROM u2) AS b CROSS JOIN t AS a;",
    "single-row-kept": "SELECT b.m, a.id FROM (SELECT SUM(v) AS m FROM u2) AS b LEFT JOIN u AS a ON a.v > b.m;",
    "full": "SELECT b.m, a.id FROM (SELECT AVG(v) AS m FROM u2) AS b FULL JOIN u AS a ON a.v > b.m;",
    "exists": "SELECT id, v FROM u WHERE EXISTS (SELECT 1 FROM (SELECT AVG(v) AS m FROM u2) AS b WHERE u.v > b.m);",
    "not-exists": "SELECT id, v FROM u WHERE NOT EXISTS (SELECT 1 FROM (SELECT AVG(v) AS m FROM u2) AS b WHERE u.v > b.m);",
    "two": "SELECT a.id, b.m, c.n FROM u AS a CROSS JOIN (SELECT MAX(v) AS m FROM t2) AS b CROSS JOIN (SELECT COUNT(*) AS n FROM u2) AS c WHERE a.v <= b.m;",
    "both-single": "SELECT b.m, c.n FROM (SELECT MAX(v) AS m FROM u) AS b CROSS JOIN (SELECT COUNT(*) AS n FROM u2) AS c;",
    "grouped-below": "SELECT a.k, a.n, b.m FROM (SELECT k, COUNT(*) AS n FROM u GROUP BY k) AS a CROSS JOIN (SELECT SUM(v) AS m FROM u2) AS b;",
    "grouped-above": "SELECT k, COUNT(*) AS n, SUM(v) AS s FROM u WHERE v > (SELECT AVG(v) FROM u2) GROUP BY k;",
    "global-above": "SELECT COUNT(*) AS n, SUM(v) AS s, MAX(id) AS i FROM u WHERE v > (SELECT AVG(v) FROM u2);",
    "having": "SELECT k, SUM(v) AS s FROM u GROUP BY k HAVING SUM(v) > (SELECT AVG(v) FROM u2);",
    "joined-above": "SELECT a.id, a.m, c.id AS id2 FROM (SELECT u.id, u.k, b.m FROM u CROSS JOIN (SELECT MAX(v) AS m FROM u2) AS b) AS a JOIN u2 AS c ON a.k = c.k;",
    "union": "SELECT id, v FROM u WHERE v > (SELECT AVG(v) FROM u2) UNION ALL SELECT id, v FROM u2 WHERE v < (SELECT AVG(v) FROM u);",
    "union-below": "SELECT id, v FROM (SELECT id, v FROM u UNION ALL SELECT id, v FROM u2) WHERE v > (SELECT AVG(v) FROM u2);",
    "not-in": "SELECT id, v FROM u WHERE v NOT IN (SELECT v FROM u2 WHERE v > 2);",
    "first-row": "SELECT a.id, b.id AS id2 FROM u AS a CROSS JOIN (SELECT id FROM t2 LIMIT 1) AS b;",
    "rows-alike": "SELECT a.k, b.m FROM (SELECT k FROM u) AS a CROSS JOIN (SELECT COUNT(v) AS m FROM u2) AS b;",
    "without-columns": "SELECT b.m FROM u CROSS JOIN (SELECT COUNT(v) AS m FROM u2) AS b;",
    "unread": "SELECT a.id FROM u AS a CROSS JOIN (SELECT COUNT(v) AS m FROM u2) AS b;",
    "listagg-above": "SELECT LISTAGG(id) AS ids FROM (SELECT id FROM t WHERE id = 'i1') AS a CROSS JOIN (SELECT COUNT(v) AS m FROM t2) AS b WHERE b.m > 0;",
    "emptied": "SELECT a.id, b.m FROM u AS a CROSS JOIN (SELECT MAX(v) AS m FROM u2 WHERE v > 4) AS b;",
}
for name, sql in R.items():
    two("join", f"broadcast-{name}", sql, BOTH)
two("join", "duplicate-rows", "SELECT a.k, b.k AS k2 FROM (SELECT k FROM t) AS a JOIN (SELECT k FROM t2) AS b ON a.k = b.k;")
two("join", "duplicate-rows-retract", "SELECT a.k, b.k AS k2 FROM (SELECT k FROM u) AS a FULL JOIN (SELECT k FROM u2) AS b ON a.k = b.k;", BOTH)
two("join", "rowtime-is-materialised", "SELECT a.id, a.ts, b.ts AS ts2 FROM t AS a JOIN t2 AS b ON a.k = b.k;")
two("join", "aggregate-by-rowtime-of-join", "SELECT a.ts, COUNT(*) AS c FROM t AS a JOIN t2 AS b ON a.k = b.k GROUP BY a.ts;")
two("join", "state-ttl-hint", "SELECT /*+ STATE_TTL('a' = '1d', 'b' = '12h') */ a.id, b.id AS id2 FROM t AS a JOIN t2 AS b ON a.k = b.k;")
two("join", "ttl-setting", "SET 'table.exec.state.ttl' = '1 d';\nSELECT a.id, b.id AS id2 FROM u AS a JOIN u2 AS b ON a.k = b.k;", BOTH)

# ---- subqueries
S = {
    "in": "SELECT id, k FROM t WHERE k IN (SELECT k FROM t2);",
    "in-retract": "SELECT id, k FROM u WHERE k IN (SELECT k FROM u2 WHERE v > 4);",
    "in-two-columns": "SELECT id, k FROM u WHERE (k, v) IN (SELECT k, v FROM u2);",
    "in-with-condition": "SELECT id, k FROM t WHERE v > 3 AND k IN (SELECT k FROM t2 WHERE b) AND s <> 'x';",
    "in-correlated": "SELECT id, k FROM t WHERE v IN (SELECT v FROM t2 WHERE t2.k = t.k);",
    "in-or": "SELECT id, k FROM t WHERE v > 5 OR k IN (SELECT k FROM t2);",
    "in-distinct": "SELECT id, k FROM t WHERE k IN (SELECT DISTINCT k FROM t2);",
    "in-aggregate": "SELECT id, v FROM t WHERE v IN (SELECT MAX(v) FROM t2 GROUP BY k);",
    "in-in-select": "SELECT id, k IN (SELECT k FROM t2) AS x FROM t;",
    "in-empty": "SELECT id FROM t WHERE k IN (SELECT k FROM t2 WHERE v > 100);",
    "in-null-left": "SELECT id FROM t WHERE k IN (SELECT k FROM t2 WHERE k IS NOT NULL);",
    "in-types-differ": "SELECT id FROM t WHERE v IN (SELECT CAST(v AS BIGINT) FROM t2);",
    "not-in": "SELECT id, k FROM t WHERE k NOT IN (SELECT k FROM t2 WHERE k <> 'b');",
    "not-in-with-nulls": "SELECT id, k FROM t WHERE k NOT IN (SELECT k FROM t2 WHERE v < 3);",
    "not-in-empty": "SELECT id, k FROM t WHERE k NOT IN (SELECT k FROM t2 WHERE v > 100);",
    "not-in-retract": "SELECT id, k FROM u WHERE v NOT IN (SELECT v FROM u2 WHERE v > 4);",
    "not-in-not-null": "SELECT id FROM u WHERE id NOT IN (SELECT id FROM u2 WHERE v > 4 AND id IS NOT NULL);",
    "not-in-correlated": "SELECT id, k FROM t WHERE v NOT IN (SELECT v FROM t2 WHERE t2.k = t.k AND t2.v IS NOT NULL);",
    "exists": "SELECT id, k FROM t WHERE EXISTS (SELECT 1 FROM t2 WHERE t2.k = t.k AND t2.v > 3);",
    "exists-retract": "SELECT id, k FROM u WHERE EXISTS (SELECT * FROM u2 WHERE u2.k = u.k AND u2.v > 3);",
    "exists-non-equi": "SELECT id, k FROM u WHERE EXISTS (SELECT * FROM u2 WHERE u2.k = u.k AND u2.v > u.v);",
    "exists-uncorrelated": "SELECT id FROM t WHERE EXISTS (SELECT 1 FROM t2 WHERE v > 8);",
    "exists-uncorrelated-empty": "SELECT id FROM t WHERE EXISTS (SELECT 1 FROM t2 WHERE v > 100);",
    "not-exists": "SELECT id, k FROM t WHERE NOT EXISTS (SELECT 1 FROM t2 WHERE t2.k = t.k);",
    "not-exists-retract": "SELECT id, k FROM u WHERE NOT EXISTS (SELECT 1 FROM u2 WHERE u2.id = u.id AND u2.v > 3);",
    "not-exists-uncorrelated": "SELECT id FROM t WHERE NOT EXISTS (SELECT 1 FROM t2 WHERE v > 100);",
    "exists-two": "SELECT id FROM t WHERE EXISTS (SELECT 1 FROM t2 WHERE t2.k = t.k) AND NOT EXISTS (SELECT 1 FROM t2 WHERE t2.v = t.v);",
    "exists-or": "SELECT id FROM t WHERE v > 7 OR EXISTS (SELECT 1 FROM t2 WHERE t2.k = t.k AND t2.b);",
    "exists-aggregate": "SELECT id FROM t WHERE EXISTS (SELECT k FROM t2 WHERE t2.k = t.k GROUP BY k HAVING COUNT(*) > 1);",
    "scalar": "SELECT id, v FROM t WHERE v > (SELECT AVG(v) FROM t2);",
    "scalar-in-select": "SELECT id, (SELECT MAX(v) FROM t2) AS m FROM t;",
    "scalar-retract": "SELECT id, v, (SELECT COUNT(*) FROM u2 WHERE v > 4) AS c FROM u;",
    "scalar-correlated": "SELECT id, (SELECT MAX(v) FROM t2 WHERE t2.k = t.k) AS m FROM t;",
    "scalar-correlated-count": "SELECT id, (SELECT COUNT(*) FROM t2 WHERE t2.k = t.k) AS c FROM t;",
    "scalar-correlated-where": "SELECT id, v FROM u WHERE v >= (SELECT AVG(v) FROM u2 WHERE u2.k = u.k);",
    "scalar-no-aggregate": "SELECT id, (SELECT v FROM t2 WHERE id = 'i0' AND k = 'q') AS m FROM t;",
    "scalar-many-rows-fails": "SELECT id, (SELECT v FROM t2) AS m FROM t;",
    "scalar-empty": "SELECT id, (SELECT SUM(v) FROM t2 WHERE v > 100) AS m FROM t;",
    "scalar-two-columns-is-refused": "SELECT id, (SELECT v, k FROM t2) AS m FROM t;",
    "scalar-correlated-non-equi": "SELECT id, (SELECT COUNT(*) FROM t2 WHERE t2.v < t.v) AS c FROM t;",
    "nested": "SELECT id FROM t WHERE k IN (SELECT k FROM t2 WHERE v IN (SELECT MAX(v) FROM t GROUP BY k));",
    "in-of-union": "SELECT id FROM t WHERE k IN (SELECT k FROM t2 UNION ALL SELECT s FROM t2);",
    "quantified-any": "SELECT id FROM t WHERE v > ANY (SELECT v FROM t2);",
    "quantified-all": "SELECT id FROM t WHERE v >= ALL (SELECT v FROM t2);",
    "quantified-eq-some": "SELECT id FROM t WHERE k = SOME (SELECT k FROM t2);",
    "semi-then-aggregate": "SELECT k, COUNT(*) AS c FROM u WHERE k IN (SELECT k FROM u2 WHERE v > 3) GROUP BY k;",
    "anti-then-join": "SELECT a.id, c.id AS id2 FROM u AS a JOIN u2 AS c ON a.k = c.k WHERE NOT EXISTS (SELECT 1 FROM t WHERE t.v = c.v);",
    "in-having": "SELECT k, SUM(v) AS s FROM t GROUP BY k HAVING SUM(v) > (SELECT MIN(v) FROM t2);",
    "lateral-aggregate": "SELECT t.id, x.m FROM t, LATERAL (SELECT MAX(v) AS m FROM t2 WHERE t2.k = t.k) AS x;",
    "left-lateral-aggregate": "SELECT t.id, x.m FROM t LEFT JOIN LATERAL (SELECT MAX(v) AS m FROM t2 WHERE t2.k = t.k) AS x ON TRUE;",
    "lateral-join": "SELECT t.id, x.v AS w FROM t, LATERAL (SELECT v FROM t2 WHERE t2.k = t.k) AS x;",
    "in-list-of-nulls": "SELECT id FROM t WHERE NOT (k IN (SELECT k FROM t2 WHERE v = 2));",
}
for name, sql in S.items():
    two("subquery", name, sql, BOTH)

# ---- set operations
O = {}
for kind, (a, b) in {"append": ("t", "t2"), "retract": ("u", "u2")}.items():
    for op in ("UNION", "UNION ALL", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL"):
        word = op.lower().replace(" ", "-")
        O[f"{word}-{kind}"] = f"SELECT k, b FROM {a} {op} SELECT k, b FROM {b};"
        O[f"{word}-{kind}-one-column"] = f"SELECT k FROM {a} WHERE v > 2 {op} SELECT k FROM {b} WHERE v < 8;"
O["union-types"] = "SELECT k, v FROM t UNION SELECT s, CAST(v AS BIGINT) FROM t2;"
O["union-all-types"] = "SELECT k, v FROM t UNION ALL SELECT s, f FROM t2;"
O["union-three"] = "SELECT k FROM t UNION SELECT k FROM t2 UNION SELECT s FROM t;"
O["mixed"] = "SELECT k FROM t UNION ALL SELECT k FROM t2 EXCEPT SELECT s FROM t;"
O["mixed-parentheses"] = "SELECT k FROM t EXCEPT (SELECT k FROM t2 INTERSECT SELECT k FROM t WHERE v > 4);"
O["intersect-precedence"] = "SELECT k FROM t UNION SELECT k FROM t2 INTERSECT SELECT k FROM t WHERE b;"
O["columns-differ-is-refused"] = "SELECT k, v FROM t UNION SELECT k FROM t2;"
O["types-differ-is-refused"] = "SELECT k FROM t UNION SELECT v FROM t2;"
O["aggregate-of-union"] = "SELECT k, COUNT(*) AS c FROM (SELECT k, v FROM t UNION ALL SELECT k, v FROM u2) GROUP BY k;"
O["union-of-literals"] = "SELECT 'a' AS x, 1 AS y UNION SELECT 'a', 1 UNION SELECT 'bc', 2;"
O["intersect-nulls"] = "SELECT v FROM t INTERSECT SELECT v FROM t2;"
O["except-nulls"] = "SELECT v FROM t EXCEPT SELECT v FROM t2 WHERE v IS NOT NULL;"
O["join-of-union"] = "SELECT a.id, b.id AS id2 FROM (SELECT id, k FROM t UNION SELECT id, k FROM t2) AS a JOIN u2 AS b ON a.k = b.k;"
O["except-of-aggregate"] = "SELECT k, COUNT(*) AS c FROM t GROUP BY k EXCEPT SELECT k, COUNT(*) FROM t2 GROUP BY k;"
for name, sql in O.items():
    two("set-operation", name, sql, BOTH)
