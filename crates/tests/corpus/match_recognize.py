#!/usr/bin/env python3
"""Writes the inputs of the corpus cases of MATCH_RECOGNIZE; flink.jsonl is recorded separately.

usage: match_recognize.py          writes AREA/CASE/{case.sql,t.json} beside this file

Rows have letters: conditions that share letters make rows that fit several variables. Every case has its own seed.
"""
import json
import random
import zlib
from datetime import datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parent
SOURCE = """CREATE TABLE t (id INT, k STRING, c STRING, p INT, q DOUBLE, d DECIMAL(10, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
"""
LTZ = SOURCE.replace("ts TIMESTAMP(3),", "ts TIMESTAMP_LTZ(3),")
# Letters that a variable takes: `x` fits all, `y` the first two.
DEFINE = "A AS A.c IN ('a', 'x', 'y'), B AS B.c IN ('b', 'x', 'y'), C AS C.c IN ('c', 'x'), D AS D.c IN ('d', 'x')"


def ts(ms):
    s = ms // 1000
    return f"2024-03-01 {s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}.{ms % 1000:03d}"


# Rows that come late matter in these.
LATE = {
    "late-rows": "Rows come late", "proctime": "Rows are taken in as they come",
    "interval-join-of-matches": "Rows come late", "over-union": "Rows come late",
    "select-qualified": "Two rows of one key tie", "pattern-range-range-skip-next": "Two rows of one key tie",
    "ties": "Rows of one time stand in the order of their arrival", "descending-nulls": "Rows that tie stand in the order of their arrival",
}


def punctual(rows):
    """Without the rows that the watermark has passed when they come: MATCH_RECOGNIZE drops them, and how many that are depends
    on how far several shards have got."""
    seen, kept = "", []
    for r in rows:
        passed = datetime.fromisoformat(seen) - timedelta(seconds=2) if seen else datetime.min
        if datetime.fromisoformat(r["ts"]) > passed:
            kept.append(r)
        seen = max(seen, r["ts"])
    return kept


def case(name, sql, rows=None, source=SOURCE, area="match-recognize"):
    folder = ROOT / area / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.sql").write_text((source + sql.strip() + "\n"))
    if rows is None:
        rows = random_rows(name)
    if name in LATE:
        (folder / "one-shard.md").write_text(f"{LATE[name]}: in several shards it is up to them in which order that is.\n")
    else:
        rows = punctual(rows)
    if "ts TIMESTAMP_LTZ" in source:
        rows = [dict(row, ts=row["ts"] + "Z") for row in rows]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "t.json").write_text(text)


def row(i, k, c, ms, rng, nulls=0.0):
    def maybe(value):
        return None if rng.random() < nulls else value

    return {"id": i, "k": k, "c": c, "p": maybe(rng.randint(0, 9)), "q": maybe(rng.randint(-20, 20) / 4),
            "d": maybe(rng.randint(-5000, 5000) / 100), "s": maybe(rng.choice(["u", "v", "", "é"])), "ts": ts(ms)}


def random_rows(name, letters="aabbcxy", count=60, keys=("k1", "k2"), nulls=0.1, jitter=1500, step=700, ties=False):
    rng = random.Random(zlib.crc32(name.encode()))
    rows = []
    for i in range(count):
        ms = 10_000 + i * step + rng.randint(-jitter, jitter)
        if ties:
            ms = ms // 1000 * 1000
        rows.append(row(i, rng.choice(keys), rng.choice(letters), ms, rng, nulls))
    return rows


def spelled(letters, k="k1", step=1000):
    rng = random.Random(zlib.crc32(letters.encode()))
    return [row(i, k, c, 10_000 + i * step, rng) for i, c in enumerate(letters)]


def query(pattern, measures, skip="PAST LAST ROW", define=DEFINE, within="", partition="PARTITION BY k", select="*",
          order="ORDER BY ts", after=None, table="t"):
    after = f"AFTER MATCH SKIP {skip}" if after is None else after
    used = [part for part in define.split("), ")]
    return (f"SELECT {select} FROM {table}\nMATCH_RECOGNIZE (\n  {partition}\n  {order}\n  MEASURES {measures}\n  ONE ROW PER MATCH\n"
            f"  {after}\n  PATTERN ({pattern}) {within}\n  DEFINE {define}\n) AS m;")


def defined(variables):
    parts = {"A": "A AS A.c IN ('a', 'x', 'y')", "B": "B AS B.c IN ('b', 'x', 'y')", "C": "C AS C.c IN ('c', 'x')",
             "D": "D AS D.c IN ('d', 'x')"}
    return ", ".join(parts[v] for v in variables)


def places(variables):
    return ", ".join(f"FIRST({v}.id) AS f{v}, LAST({v}.id) AS l{v}, COUNT({v}.id) AS n{v}" for v in variables)


SKIPS = {"past": "PAST LAST ROW", "next": "TO NEXT ROW"}
QUANTIFIERS = {"star": "*", "plus": "+", "optional": "?", "exactly": "{2}", "at-least": "{2,}", "range": "{1,3}",
               "up-to": "{0,2}", "two-to-four": "{2,4}", "star-reluctant": "*?", "plus-reluctant": "+?",
               "exactly-reluctant": "{2}?", "at-least-reluctant": "{2,}?", "range-reluctant": "{1,3}?",
               "up-to-reluctant": "{0,2}?"}
for qn, q in QUANTIFIERS.items():
    for sn, s in SKIPS.items():
        case(f"middle-{qn}-skip-{sn}", query(f"A B{q} C", places("ABC"), s, defined("ABC")))
    case(f"first-{qn}", query(f"A{q} B", places("AB"), "TO NEXT ROW", defined("AB")))
    if q.endswith("?") and q != "?" or q in ("{2}",):
        case(f"last-{qn}", query(f"A B{q}", places("AB"), "PAST LAST ROW", defined("AB")))
for name, pattern in {
        "two-plus": "A+ B+ C", "star-star": "A* B* C", "optional-optional": "A B? C? D", "plus-optional-last": "A B+ C?",
        "plus-optional": "A+ B? C", "range-range": "A{1,2} B{1,2} C", "reluctant-reluctant": "A+? B+? C",
        "reluctant-greedy": "A*? B+ C", "greedy-reluctant": "A+ B*? C", "optional-last": "A B?", "optional-first": "A? B C",
        "optional-all-but-one": "A? B? C", "at-least-at-least": "A{2,} B{2,}? C", "star-optional": "A* B? C",
        "one": "A", "four": "A B C D", "exactly-one": "A{1} B{1}", "optional-star": "A? B* C", "star-reluctant-last": "A+ B*?"}.items():
    variables = [v for v in "ABCD" if v in pattern]
    for sn, s in SKIPS.items():
        case(f"pattern-{name}-skip-{sn}", query(pattern, places(variables), s, defined(variables)),
             random_rows(name + sn, letters="aabbccdxy", count=80))

P3 = places("ABC")
case("skip-default", query("A B+ C", P3, define=defined("ABC"), after=""))
case("skip-to-first", query("A B+ C", P3, "TO FIRST B", defined("ABC")))
case("skip-to-last", query("A B+ C", P3, "TO LAST B", defined("ABC")))
case("skip-to-variable", query("A B+ C", P3, "TO B", defined("ABC")))
case("skip-to-last-c", query("A B* C", P3, "TO LAST C", defined("ABC")))
case("skip-to-first-fails", query("A B C", P3, "TO FIRST A", defined("ABC")), spelled("abc"))
case("skip-to-last-of-first-fails", query("A+ B", places("AB"), "TO LAST A", defined("AB")), spelled("ab"))
case("skip-to-last-of-plus", query("A+ B", places("AB"), "TO LAST A", defined("AB")), spelled("aaab"))
case("skip-to-empty-fails", query("A B* C", P3, "TO FIRST B", defined("ABC")), spelled("ac"))
case("skip-to-unknown", query("A B C", P3, "TO FIRST Z", defined("ABC")), spelled("abc"))
case("overlapping-completed-later", query("A B+? C* D", places("ABCD"), "TO NEXT ROW", defined("ABCD")),
     random_rows("later", letters="aabbxyd", count=90))

W = "WITHIN INTERVAL '3' SECOND"
case("within", query("A B+ C", P3, define=defined("ABC"), within=W))
case("within-skip-next", query("A B* C", P3, "TO NEXT ROW", define=defined("ABC"), within=W))
case("within-strict", query("A B", places("AB"), define=defined("AB"), within="WITHIN INTERVAL '2' SECOND"),
     spelled("ab", step=1999) + [dict(r, id=r["id"] + 10, k="k2") for r in spelled("ab", step=2000)])
case("within-minute", query("A B+ C", P3, define=defined("ABC"), within="WITHIN INTERVAL '1' MINUTE"))
case("within-day-to-second", query("A B+ C", P3, define=defined("ABC"), within="WITHIN INTERVAL '0 00:00:03' DAY TO SECOND"))
case("within-reluctant", query("A B+? C", P3, define=defined("ABC"), within=W))

# Prices: what the documentation's examples do.
FALL = "A AS A.p > 3, B AS LAST(B.p, 1) IS NULL OR B.p < LAST(B.p, 1), C AS C.p > LAST(B.p)"
case("falling-and-rising", query("A B+ C", "FIRST(A.p) AS a, LAST(B.p) AS low, C.p AS up, LAST(B.id, 1) AS before", define=FALL))
case("falling-and-rising-next", query("A B+ C", "FIRST(A.p) AS a, LAST(B.p) AS low, C.p AS up, FIRST(B.id, 1) AS b2", "TO NEXT ROW", FALL))
case("average-below", query("A+ B", "FIRST(A.ts) AS start_ts, LAST(A.ts) AS end_ts, AVG(A.p) AS average, B.id AS b",
                            "TO FIRST B", "A AS AVG(A.p) < 5"))
case("sum-in-define", query("A{1,4} B", "SUM(A.p) AS s, COUNT(A.p) AS n, B.id AS b", define="A AS SUM(A.p) < 12"))
case("count-in-define", query("A+? B", "COUNT(A.id) AS n, B.id AS b", define="A AS COUNT(A.id) <= 3, B AS B.c = 'b'"))
case("aggregate-of-other-variable", query("A+ B", "MAX(A.p) AS m, B.p AS p", define="A AS A.p < 7, B AS B.p > MAX(A.p)"))
case("count-of-empty", query("A B* C", "COUNT(B.id) AS n, SUM(B.p) AS s, B.id AS b, MIN(B.p) AS mi, AVG(B.q) AS av", define=defined("ABC")))
for name, call in {"sum": "SUM(A.p) AS x, SUM(A.q) AS y, SUM(A.d) AS z", "avg": "AVG(A.p) AS x, AVG(A.q) AS y, AVG(A.d) AS z",
                   "min-max": "MIN(A.p) AS x, MAX(A.s) AS y, MIN(A.ts) AS z, MAX(A.d) AS w", "count": "COUNT(A.p) AS x, COUNT(A.s) AS y",
                   "count-star": "COUNT(*) AS x", "count-variable-star": "COUNT(A.*) AS x", "of-all": "SUM(p) AS x, COUNT(id) AS y, MAX(q) AS z",
                   "expression": "SUM(A.p * 2 + 1) AS x, AVG(A.q + A.p) AS y", "of-sums": "SUM(A.p) + COUNT(B.id) * 10 AS x",
                   "first-last-value": "FIRST_VALUE(A.s) AS x, LAST_VALUE(A.s) AS y", "listagg": "LISTAGG(A.s) AS x",
                   "stddev": "STDDEV_POP(A.q) AS x", "collect": "COLLECT(A.p) AS x"}.items():
    case(f"aggregate-{name}", query("A+ B", call, define=defined("AB")), random_rows(name, nulls=0.3))

case("first-of-expression", query("A+ B", "FIRST(A.p * 2, 1) AS x, LAST(A.p + A.id, 1) AS y, FIRST(A.s || '!') AS z", define=defined("AB")))
case("offsets-beyond", query("A+ B", "FIRST(A.id, 3) AS x, LAST(A.id, 2) AS y, FIRST(id, 1) AS z, LAST(id, 1) AS w", define=defined("AB")))
case("bare-columns", query("A+ B", "p AS x, id AS y, FIRST(id) AS z, LAST(c) AS w", define="A AS c IN ('a', 'x', 'y'), B AS c IN ('b', 'x')"))
case("bare-columns-with-offset", query("A B+ C", "B.id AS b", define="A AS p >= 0, B AS p > LAST(p, 1), C AS p < FIRST(p) OR LAST(p, 2) = 3"))
case("undefined-variables", query("A B C", P3, define="B AS B.c = 'b'"))
case("undefined-greedy", query("A B+ C", P3, define="C AS C.c = 'c'"))
case("undefined-reluctant", query("A B+? C", P3, define="A AS A.c = 'a', C AS C.c = 'c'"))
case("undefined-reluctant-within", query("A B*? C", P3, define="A AS A.c = 'a', C AS C.c = 'c'", within=W))
case("later-variable-in-define", query("A B", places("AB"), define="A AS B.p IS NULL, B AS B.p > A.p"))
case("null-condition", query("A+ B", places("AB"), define="A AS A.p > 4, B AS B.p <= 4"), random_rows("nullcond", nulls=0.4))
case("previous-zero", query("A+ B", places("AB"), define="A AS PREV(A.p, 0) > 4, B AS B.p <= 4"))
case("without-partition", query("A B+ C", P3, define=defined("ABC"), partition=""))
case("null-partition", query("A B", places("AB"), define=defined("AB")), random_rows("nullkey", keys=("k1", None)))
case("two-partition-columns", query("A B", places("AB"), define=defined("AB"), partition="PARTITION BY k, s"))
case("many-partitions", query("A B+ C", P3, define=defined("ABC")), random_rows("many", count=200, keys=tuple(f"k{i}" for i in range(20)), step=100))
case("partition-expression", query("A B", places("AB"), define=defined("AB"), partition="PARTITION BY UPPER(k)"))
case("ties", query("A B+ C", P3, define=defined("ABC")), random_rows("ties", ties=True, step=300))
case("ties-ordered", query("A B+ C", P3, define=defined("ABC"), order="ORDER BY ts, p, id"), random_rows("ties", ties=True, step=300))
case("ties-descending", query("A B+ C", P3, define=defined("ABC"), order="ORDER BY ts ASC, p DESC, id DESC"), random_rows("ties", ties=True, step=300))
case("late-rows", query("A B+ C", P3, define=defined("ABC")), random_rows("late-rows", jitter=6000))
case("rowtime", query("A B+ C", "A.id AS a, MATCH_ROWTIME() AS rt, LAST(B.ts) AS bt", define=defined("ABC")))
case("rowtime-argument", query("A B+ C", "A.id AS a, MATCH_ROWTIME(ts) AS rt", define=defined("ABC")))
case("rowtime-ltz", query("A B+ C", "A.id AS a, MATCH_ROWTIME(ts) AS rt", define=defined("ABC")), source=LTZ)
case("rowtime-ltz-without-argument", query("A B+ C", "A.id AS a, MATCH_ROWTIME() AS rt", define=defined("ABC")), source=LTZ)
case("rowtime-of-delayed-match", query("A B+? C* D", places("ABCD") + ", MATCH_ROWTIME() AS rt", "TO NEXT ROW", defined("ABCD")),
     random_rows("delayed", letters="aabbxyd", count=90))
case("rowtime-in-two-matches", "SELECT * FROM (" + query("A+ B", "FIRST(A.id) AS id, B.c AS c, MATCH_ROWTIME() AS rt", define=defined("AB"))[:-1]
     + ")\nMATCH_RECOGNIZE (ORDER BY rt MEASURES A.id AS a, B.id AS b, MATCH_ROWTIME() AS rt PATTERN (A B) DEFINE B AS B.c <> 'z') AS n;")
case("deduplicated", "SELECT k, a, rt FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY rt) AS n FROM ("
     + query("A B+ C", "A.id AS a, MATCH_ROWTIME() AS rt", define=defined("ABC"))[:-1] + ")) WHERE n = 1;")
case("grouped", "SELECT k, COUNT(*) AS n, SUM(nB) AS s FROM (" + query("A B+ C", P3, define=defined("ABC"))[:-1] + ") GROUP BY k;")
case("over-view", "CREATE VIEW v AS SELECT id, k, c, p + 1 AS p1, ts FROM t WHERE p > 1;\n"
     + query("A B+ C", "A.id AS a, SUM(B.p1) AS s", define=defined("ABC"), table="v"))
case("over-subquery", query("A B", "A.id AS a, B.id AS b", define=defined("AB"), table="(SELECT id, k, c, ts FROM t WHERE p > 2)"))
case("select-qualified", query("A B", "A.id AS a, B.id AS b", define=defined("AB"), select="m.k, m.a + m.b AS s"))
case("select-filtered", query("A B", "A.id AS a, B.id AS b", define=defined("AB"))[:-1] + " WHERE m.a > 10;")
case("without-alias", "SELECT k, a, b FROM t MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.id AS a, B.id AS b PATTERN (A B) DEFINE "
     + defined("AB") + ");")
case("joined", "SELECT m.k, m.a, t2.id AS id2 FROM (" + query("A B", "A.id AS a, B.id AS b", define=defined("AB"))[:-1]
     + ") AS m JOIN t AS t2 ON m.b = t2.id;")
case("union", query("A B", "A.id AS a", define=defined("AB"))[:-1] + "\nUNION ALL\n"
     + query("A C", "C.id AS a", define=defined("AC")))
case("quoted-names", query("`first row` `second row`", "`first row`.id AS `the id`, `second row`.id AS b",
                           define="`first row` AS `first row`.c = 'a', `second row` AS `second row`.c = 'b'"))
case("lower-case-variables", query("a b", "a.id AS x, b.id AS y", define="a AS a.c = 'a', b AS b.c = 'b'"))
case("case-sensitive-variables", query("a A", "a.id AS x, A.id AS y", define="a AS a.c = 'a', A AS A.c = 'b'"))
case("only-measure-of-constant", query("A B", "1 AS a1, 'x' AS x", define=defined("AB")))
case("functions-in-define", query("A B", "UPPER(A.c) AS a, CASE WHEN A.p > B.p THEN 'down' ELSE 'up' END AS way",
                                  define="A AS UPPER(A.c) IN ('A', 'X'), B AS B.c LIKE 'b%' OR COALESCE(B.p, 0) > 3"))
case("failing-condition", query("A B", places("AB"), define="A AS CAST(A.c AS INT) > 0"), spelled("ab"))
case("division-guarded", query("A B", places("AB"), define="A AS A.p <> 0, B AS A.p <> 0 AND B.p / A.p > 0"), random_rows("division", nulls=0))
case("empty-input", query("A B", places("AB"), define=defined("AB")), [])
case("no-match", query("A B", places("AB"), define=defined("AB")), spelled("bbbaaaa"))
case("long-run", query("A B+ C", P3, define=defined("ABC")), spelled("a" + "b" * 120 + "c", step=100))
case("long-greedy-next", query("A+ C", places("AC"), "TO NEXT ROW", defined("AC")), spelled("a" * 60 + "c", step=100))
case("proctime", SOURCE.replace("ts TIMESTAMP(3),", "ts TIMESTAMP(3), pt AS PROCTIME(),") and
     query("A B+ C", P3, define=defined("ABC"), order="ORDER BY pt"),
     source=SOURCE.replace("ts TIMESTAMP(3),", "ts TIMESTAMP(3), pt AS PROCTIME(),"))
case("match-proctime", query("A B", "A.id AS a, MATCH_PROCTIME() AS pt", define=defined("AB"), select="k, a, pt IS NOT NULL AS given"))
case("final-measure", query("A+ B", "FINAL LAST(A.id) AS x", define=defined("AB")))
case("nested-last-first", query("A+ B", "LAST(A.id, 1) - FIRST(A.id) AS x", define=defined("AB")))

case("group-without-quantifier", query("(A B)", places("AB"), define=defined("AB")))
case("definition-of-no-variable", query("A B", places("AB"), define=defined("AB") + ", Z AS Z.c = 'z'"))
case("rowtime-in-define", query("A B", places("AB"), define="A AS MATCH_ROWTIME() >= A.ts AND A.c = 'a', B AS B.ts < MATCH_ROWTIME() + INTERVAL '1' SECOND"))
case("greedy-before-up-to", query("A+ B{0,2} C", P3, define=defined("ABC")))
case("average-and-deviation", query("A+ B", "AVG(A.p) AS x, STDDEV_SAMP(A.q) AS y, VAR_POP(A.p) AS z, AVG(A.d) AS w", define=defined("AB")),
     random_rows("deviation", nulls=0.2))
case("sum-of-failing-argument", query("A+ B", "SUM(10 / A.p) AS x", define="A AS A.p <> 0, B AS B.p = 0"), random_rows("failing", nulls=0))


# What stands around it, and in its expressions.
AB2 = "A.id AS a, B.id AS b"
case("over-with", "WITH v AS (SELECT id, k, c, ts FROM t WHERE p > 1) " + query("A B", AB2, define=defined("AB"), table="v"))
case("in-view", "CREATE VIEW v AS " + query("A B+ C", "A.id AS a, COUNT(B.id) AS n", define=defined("ABC")) + "\nSELECT k, n, COUNT(*) AS m FROM v GROUP BY k, n;")
case("over-union", query("A B", AB2, define=defined("AB"), table="(SELECT id, k, c, ts FROM t WHERE p > 5 UNION ALL SELECT id, k, c, ts FROM t WHERE p <= 5)"),
     random_rows("over-union", step=2000))
case("over-interval-join", query("A B", AB2, define=defined("AB"),
     table="(SELECT l.id, l.k, l.c, l.ts FROM t AS l JOIN t AS r ON l.id = r.id AND l.ts BETWEEN r.ts AND r.ts + INTERVAL '1' SECOND)"))
case("over-renamed-columns", query("A B", "A.i AS a, B.i AS b", define="A AS A.l = 'a', B AS B.l = 'b'", partition="PARTITION BY `the key`",
     order="ORDER BY tm", table="(SELECT id AS i, k AS `the key`, c AS l, ts AS tm FROM t)"))
case("time-arithmetic", query("A B+ C", "TIMESTAMPDIFF(SECOND, A.ts, C.ts) AS s, CAST(A.ts AS STRING) AS t1, MATCH_ROWTIME() + INTERVAL '1' SECOND AS r",
     define="A AS A.c = 'a', C AS C.c = 'c' AND C.ts < A.ts + INTERVAL '10' SECOND"))
case("nested-calls-in-measures", query("A+ B", "UPPER(FIRST(A.s)) || '-' || COALESCE(LAST(A.s, 1), 'none') AS x, CASE WHEN COUNT(A.id) > 2 THEN 'long' ELSE 'short' END AS y, SUM(A.p) / COUNT(A.p) AS z",
     define=defined("AB")), random_rows("nested", nulls=0.2))
case("sum-of-case", query("A+ B", "SUM(CASE WHEN A.p > 4 THEN 1 ELSE 0 END) AS x, COUNT(NULLIF(A.p, 3)) AS y", define=defined("AB")))
case("json-aggregates", query("A+ B", "JSON_ARRAYAGG(A.s) AS x, LISTAGG(A.s, '|') AS y", define=defined("AB")), random_rows("jsonagg", nulls=0.2))
case("define-true", query("A B", AB2, define="A AS TRUE, B AS B.c = 'b'"))
case("define-null", query("A B", AB2, define="A AS A.p > CAST(NULL AS INT), B AS B.c = 'b'"))
case("define-between-in-like", query("A B+ C", places("ABC"), define="A AS A.p BETWEEN 2 AND 7, B AS B.s IN ('u', 'v') OR B.s IS NULL, C AS NOT C.p = 5"),
     random_rows("between", nulls=0.3))
case("offsets-zero", query("A+ B", "FIRST(A.id, 0) AS x, LAST(A.id, 0) AS y, LAST(B.id) AS z", define="A AS LAST(A.p, 0) > 3, B AS FIRST(B.p, 0) <= 3"))
case("first-in-define", query("A+ B", "FIRST(A.p) AS x, B.p AS y", define="A AS A.p >= FIRST(A.p), B AS B.p < FIRST(A.p)"))
case("count-all-in-define", query("A+ B", "COUNT(*) AS n, B.id AS b", define="A AS COUNT(*) < 4"))
case("average-in-define", query("A+ B+? C", "AVG(A.p) AS x, AVG(B.q) AS y", define="A AS A.p <= AVG(A.p), B AS B.q > AVG(A.q), C AS C.p > AVG(B.p)"),
     random_rows("avgdef", nulls=0.1, count=90))
case("min-max-of-other-in-define", query("A B+ C", places("ABC"), "TO NEXT ROW", "A AS A.p > 2, B AS B.p BETWEEN MIN(A.p) AND MAX(A.p) + 3, C AS C.p > MAX(B.p)"))
case("filtered-by-partition", query("A B", AB2, define=defined("AB"))[:-1] + " WHERE k = 'k1' AND a > 5;")
case("having", "SELECT k, SUM(n) AS s FROM (" + query("A+ B", "COUNT(A.id) AS n", define=defined("AB"))[:-1] + ") GROUP BY k HAVING SUM(n) > 10;")
case("two-joined", "SELECT x.k, x.a, y.a AS a2 FROM (" + query("A B", "A.id AS a", define=defined("AB"))[:-1] + ") AS x JOIN ("
     + query("B A", "A.id AS a", define=defined("AB"))[:-1] + ") AS y ON x.k = y.k AND x.a = y.a - 1;")
case("interval-join-of-matches", "SELECT x.k, x.a, t.id FROM (" + query("A B", "A.id AS a, MATCH_ROWTIME() AS rt", define=defined("AB"))[:-1]
     + ") AS x JOIN t ON x.k = t.k AND t.ts BETWEEN x.rt AND x.rt + INTERVAL '1' SECOND;")
case("skip-to-first-of-plus", query("A B+ C+? D", places("ABCD"), "TO FIRST C", defined("ABCD")), random_rows("skipfirst", letters="aabbccdxy", count=90))
case("skip-to-last-next-match", query("A+ B C", places("ABC"), "TO LAST B", defined("ABC")), random_rows("skiplast", letters="aabbcxxy", count=90))
case("within-and-next", query("A+? B*? C", "FIRST(A.id) AS a, C.id AS c", "TO NEXT ROW", "A AS A.c <> 'c', C AS C.c = 'c'", within="WITHIN INTERVAL '4' SECOND"))
case("within-zero", query("A B", AB2, define=defined("AB"), within="WITHIN INTERVAL '0' SECOND"))
case("hundred", query("A{3} B{0,100}? C", places("ABC"), "TO NEXT ROW", defined("ABC")), random_rows("hundred", letters="aaaabbx", count=120))
case("ties-many-matches", query("A? B? C? D", places("ABCD"), "TO NEXT ROW", defined("ABCD")), random_rows("anyof", letters="xxxyd", count=90))
case("ties-reluctant", query("A*? B{0,2}? C{1,2}? D", places("ABCD"), "TO NEXT ROW", defined("ABCD")), random_rows("anyof2", letters="xxxyd", count=90))
case("ties-past-last", query("A{1,2}? B{1,2}? C{1,2}? D", places("ABCD"), "PAST LAST ROW", defined("ABCD")), random_rows("anyof3", letters="xxxyd", count=120))
case("ties-skip-first", query("A B{0,2}? C{1,2}? D", places("ABCD"), "TO FIRST C", defined("ABCD")), random_rows("anyof4", letters="xxyyd", count=120))
case("descending-nulls", query("A B+ C", P3, define=defined("ABC"), order="ORDER BY ts, p DESC, q"), random_rows("descnull", ties=True, step=300, nulls=0.4))
case("text-order", query("A B", AB2, define=defined("AB"), order="ORDER BY ts, s, id DESC"), random_rows("textorder", ties=True, step=300, nulls=0.3))
case("order-by-partition", query("A B", AB2, define=defined("AB"), order="ORDER BY ts, k, id"), random_rows("orderkey", ties=True, step=300))
case("one-variable-aggregate", query("A{3}", "SUM(A.p) AS s, FIRST(A.id) AS f", "TO NEXT ROW", "A AS A.p IS NOT NULL"))
case("overlapping-sums", query("A{2,4}? B", "SUM(p) AS s, COUNT(*) AS n, MIN(A.p) AS m", "TO NEXT ROW", "A AS A.p < 8, B AS B.p >= 8"))
case("array-and-row", query("A+ B", "ARRAY[FIRST(A.id), B.id] AS x, ROW(A.c, B.c).EXPR$0 AS y", define=defined("AB")))
case("partition-by-number", query("A B", "A.id AS a", define=defined("AB"), partition="PARTITION BY p"))
case("no-reads", query("A B", "PROCTIME() IS NOT NULL AS x", define=defined("AB")))

R = "match-recognize-refused"


def refused(name, sql):
    case(name, sql, spelled("abc"), area=R)


AB = "A.id AS a, B.id AS b"
for name, pattern in {
        "greedy-plus-last": "A B+", "greedy-star-last": "A B*", "greedy-range-last": "A B{1,3}", "greedy-at-least-last": "A B{2,}",
        "empty-optional": "A? B?", "empty-star": "A*? B*?", "empty-up-to": "A{0,2}?", "reluctant-optional": "A B??", "alternation": "A | B",
        "group-repeated": "(A B)+ C", "permute": "PERMUTE(A, B)", "exclusion": "A {- B -}", 
         "variable-twice": "A B A", "up-to-without-from": "A{,2} B", "zero-times": "A{0} B", "range-backwards": "A{3,1} B",
        "zero-to-zero": "A{0,0} B", "empty": "", "reluctant-zero-one": "A{0,1}? B", "alternation-inside": "A (B | C)"}.items():
    refused(f"pattern-{name}", query(pattern, AB, define="A AS A.c = 'a', B AS B.c = 'b'"))
refused("all-rows", query("A B", AB, define=defined("AB")).replace("ONE ROW PER MATCH", "ALL ROWS PER MATCH"))
refused("prev", query("A B", AB, define="A AS A.p > 1, B AS B.p > PREV(B.p)"))
refused("prev-with-offset", query("A B", AB, define="B AS B.p > PREV(B.p, 2)"))
refused("next", query("A B", AB, define="B AS B.p > NEXT(B.p)"))
refused("prev-in-measures", query("A B", "PREV(A.id) AS a", define=defined("AB")))
refused("distinct-aggregate", query("A+ B", "COUNT(DISTINCT A.p) AS n", define=defined("AB")))
refused("aggregate-of-two-variables", query("A+ B", "SUM(A.p + B.p) AS n", define=defined("AB")))
refused("aggregate-of-constant", query("A+ B", "SUM(1) AS n", define=defined("AB")))
refused("aggregate-filter", query("A+ B", "COUNT(A.p) FILTER (WHERE A.p > 1) AS n", define=defined("AB")))
refused("first-of-two-variables", query("A+ B", "FIRST(A.p + B.p) AS n", define=defined("AB")))
refused("first-of-aggregate", query("A+ B", "FIRST(SUM(A.p)) AS n", define=defined("AB")))
refused("first-of-constant", query("A+ B", "FIRST(1) AS n", define=defined("AB")))
refused("first-negative-offset", query("A+ B", "FIRST(A.p, -1) AS n", define=defined("AB")))
refused("first-computed-offset", query("A+ B", "FIRST(A.p, A.id) AS n", define=defined("AB")))
refused("first-nested-in-last", query("A+ B", "LAST(FIRST(A.p)) AS n", define=defined("AB")))
refused("unknown-variable-in-measures", query("A B", "Z.id AS z", define=defined("AB")))
refused("unknown-column", query("A B", "A.nothing AS z", define=defined("AB")))
refused("defined-twice", query("A B", AB, define="A AS A.c = 'a', A AS A.c = 'b'"))
refused("define-no-boolean", query("A B", AB, define="A AS A.p"))
refused("order-missing", query("A B", AB, define=defined("AB"), order=""))
refused("order-by-other", query("A B", AB, define=defined("AB"), order="ORDER BY p"))
refused("order-by-other-first", query("A B", AB, define=defined("AB"), order="ORDER BY p, ts"))
refused("order-descending", query("A B", AB, define=defined("AB"), order="ORDER BY ts DESC"))
refused("within-months", query("A B", AB, define=defined("AB"), within="WITHIN INTERVAL '1' MONTH"))
refused("within-computed", query("A B", AB, define=defined("AB"), within="WITHIN INTERVAL '1' SECOND * 2"))
refused("within-negative", query("A B", AB, define=defined("AB"), within="WITHIN INTERVAL -'1' SECOND"))
refused("define-missing", "SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.id AS a PATTERN (A B));")
refused("measures-missing", "SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts PATTERN (A B) DEFINE A AS A.c = 'a');")
refused("classifier", query("A B", "CLASSIFIER() AS x", define=defined("AB")))
refused("match-number", query("A B", "MATCH_NUMBER() AS x", define=defined("AB")))
refused("running", query("A B", "RUNNING LAST(A.id) AS x", define=defined("AB")))
refused("final-in-define", query("A B", AB, define="A AS FINAL LAST(A.id) > 1"))
refused("ambiguous-output", query("A B", "A.id AS k", define=defined("AB")))
refused("measures-twice", query("A B", "A.id AS x, B.id AS x", define=defined("AB")))
refused("rowtime-outside", "SELECT MATCH_ROWTIME() AS x FROM t;")
refused("first-outside", "SELECT FIRST(id) AS x FROM t;")
refused("over-updates", query("A B", AB, define=defined("AB"),
        table="(SELECT id, k, c, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY ts DESC) AS n FROM t) WHERE n = 1)"))
refused("over-window-in-define", query("A B", AB, define="A AS ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) = 1"))
refused("subquery-in-define", query("A B", AB, define="A AS A.id IN (SELECT id FROM t)"))
refused("alias-before", query("A B", AB, define=defined("AB"), table="t AS x"))
refused("after-to-same", query("A B", AB, "TO NEXT", define=defined("AB")))
refused("user-table-function", query("A B", AB, define=defined("AB"), partition="PARTITION BY nothing"))
refused("over-regular-join", query("A B", AB, define=defined("AB"), table="(SELECT l.id, l.k, l.c, l.ts FROM t AS l JOIN t AS r ON l.id = r.id)"))
refused("over-casted-time", query("A B", AB, define=defined("AB"), table="(SELECT id, k, c, CAST(ts AS TIMESTAMP(3)) AS ts FROM t)"))
refused("optional-behind-greedy", query("A+ B? C", AB, define=defined("ABC")))
refused("aggregate-in-aggregate", query("A+ B", "SUM(MAX(A.p)) AS n", define=defined("AB")))
refused("prev-of-measure-zero", query("A+ B", "PREV(A.id, 0) AS n", define=defined("AB")))
refused("untyped-null", query("A+ B", "NULL AS n", define=defined("AB")))
refused("unknown-function", query("A+ B", "NO_SUCH(A.id) AS n", define=defined("AB")))
refused("insert-into-too-few-columns", "SELECT k, a FROM (" + query("A B", "A.id AS a", define="A AS A.id = 'x' + 1")[:-1] + ");")

# Flink takes these and does not act on them; we refuse them.
for name, sql, why in (
        ("anchors", query("^ A B", AB, define=defined("AB")), "Flink takes the anchors ^ and $ and finds the matches that there are without them."),
        ("subset", query("A B", "U.id AS u", define=defined("AB"), within="SUBSET U = (A, B)"), "In Flink columns of a SUBSET are NULL, whatever its variables matched."),
        ("table-name-in-measures", query("A B", "t.id AS z", define=defined("AB")), "In Flink a column of the table, without a variable, is NULL when the table's name stands before it.")):
    case(name, sql, spelled("abc"), area="match-recognize-more-refused")
    (ROOT / "match-recognize-more-refused" / name / "deviation.md").write_text(why + " The query asks for something else, so it is refused.\n")
    (ROOT / "match-recognize-more-refused" / name / "expected.jsonl").write_text('{"error": "refused"}\n')
