#!/usr/bin/env python3
"""Writes the inputs of the corpus cases of Top-N, ORDER BY and LIMIT, and deduplication.

usage: ranking.py [AREA...]     writes AREA/CASE/{case.sql,*.json} beside this file; flink.jsonl is recorded separately

Every case has its own seed. Rows of `t` repeat their `id`, so that the last row per id is an updating table (`u`).
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


SOURCE = """CREATE TABLE t (id STRING, k STRING, v INT, l BIGINT, n SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN, dt DATE,
  top INT, ts TIMESTAMP(3), pt AS PROCTIME(),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
"""
LATEST = """CREATE VIEW u AS SELECT id, k, v, l, n, d, f, s, b, dt, top, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY ts DESC) AS last FROM t)
WHERE last = 1;
"""
DELETES = LATEST + "CREATE VIEW w AS SELECT * FROM u WHERE v IS NULL OR v < 6;\n"
COUNTS = """CREATE VIEW c AS SELECT k, s, COUNT(*) AS n, COUNT(v) AS nv, MAX(v) AS mx, MIN(v) AS mn, SUM(l) AS sm, LAST_VALUE(id) AS x FROM t GROUP BY k, s;
"""


def rows(name, count=30, ids=9, nulls=0.12, keys=("a", "b", "c", None), jitter=1500):
    rng = random.Random(zlib.crc32(name.encode()))

    def maybe(value):
        return None if rng.random() < nulls else value

    result = []
    for i in range(count):
        k = rng.choice(keys)
        result.append({
            "id": f"i{rng.randint(0, ids - 1)}", "k": k, "v": maybe(rng.randint(0, 9)), "l": maybe(rng.randint(-3, 5)),
            "n": maybe(rng.randint(-30, 30)), "d": maybe(rng.randint(-500, 500) / 100), "f": maybe(rng.randint(-20, 20) / 4),
            "s": maybe(rng.choice(["x", "y", "zz", "", "é", "10", "9"])), "b": maybe(rng.random() < 0.5),
            "dt": maybe(f"2024-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}"),
            "top": {"a": 1, "b": 2, "c": 3}.get(k, 2), "ts": ts(10_000 + i * 1000 + rng.randint(-jitter, jitter))})
    return result


ONE_SHARD = """Rows that are equal in the order come from several shards, and which of them comes first is not the same in every run.
"""


def case(area, name, sql, views="", one_shard=None, **kw):
    # Updates of several keys come from several shards.
    one_shard = "GROUP BY" in views or "PARTITION BY" in views or "GROUP BY" in sql if one_shard is None else one_shard
    if WANTED and area not in WANTED:
        return
    folder = ROOT / area / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.sql").write_text((SOURCE + views + sql).strip() + "\n")
    if one_shard:
        (folder / "one-shard.md").write_text(ONE_SHARD)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows(f"{area}/{name}", **kw))
    (folder / "t.json").write_text(text)


def rank(name, where, order, partition="k", columns="id, k, v", source="t", number=True, views="", area="rank", extra="", **kw):
    over = f"PARTITION BY {partition} ORDER BY {order}" if partition else f"ORDER BY {order}"
    shown = columns + (", rn" if number else "")
    case(area, name, f"SELECT {shown} FROM (SELECT *, ROW_NUMBER() OVER ({over}) AS rn FROM {source}) WHERE {where}{extra};", views, **kw)


# the number and the order, over append-only input
for n in (1, 2, 3):
    for number in (True, False):
        rank(f"top-{n}-{'with' if number else 'without'}-number", f"rn <= {n}", "v DESC", number=number)
        rank(f"top-{n}-{'with' if number else 'without'}-number-ascending", f"rn <= {n}", "v", number=number)
for nulls in ("FIRST", "LAST"):
    for direction in ("ASC", "DESC"):
        rank(f"nulls-{nulls.lower()}-{direction.lower()}", "rn <= 3", f"v {direction} NULLS {nulls}", nulls=0.4)
for column in ("id", "l", "n", "d", "f", "s", "b", "dt", "ts"):
    rank(f"order-by-{column}", "rn <= 3", f"{column} DESC", columns=f"id, k, {column}" if column != "id" else "id, k")
    rank(f"order-by-{column}-ascending", "rn <= 2", column, columns=f"k, {column}", number=False)
rank("two-columns", "rn <= 3", "v DESC, l ASC", columns="id, k, v, l")
rank("three-columns", "rn <= 3", "b, s DESC NULLS LAST, v", columns="id, k, b, s, v")
rank("order-by-expression", "rn <= 3", "v + l DESC, CHAR_LENGTH(s)", columns="id, k, v, l, s")
rank("order-by-key", "rn <= 3", "k, v", columns="id, k, v")
rank("order-by-only-the-key", "rn <= 2", "k", columns="id, k, v")
rank("order-by-the-same-twice", "rn <= 2", "v, v DESC", columns="id, k, v")
rank("no-partition", "rn <= 4", "v DESC", partition=None)
rank("no-partition-without-number", "rn <= 4", "v DESC", partition=None, number=False)
rank("two-keys", "rn <= 2", "v DESC", partition="k, b", columns="id, k, b, v")
rank("computed-key", "rn <= 2", "v DESC", partition="UPPER(k), v > 4", columns="id, k, v")
rank("large-n", "rn <= 1000", "v DESC", columns="id, k, v")
rank("key-not-shown", "rn <= 2", "v DESC", columns="id, v")
rank("key-not-shown-without-number", "rn <= 2", "v DESC", columns="id, v", number=False)
rank("only-the-number", "rn <= 2", "v DESC", columns="v IS NULL AS missing")
rank("equal-rows", "rn <= 3", "v DESC", columns="k, v", keys=("a",), nulls=0)
rank("equal-rows-without-number", "rn <= 3", "v DESC", columns="k, v", number=False, keys=("a",), nulls=0)
# ranges
rank("equal-two", "rn = 2", "v DESC")
rank("equal-two-without-number", "rn = 2", "v DESC", number=False)
rank("equal-three-of-updates", "rn = 3", "v DESC", source="u", views=LATEST)
rank("between", "rn BETWEEN 2 AND 3", "v DESC")
rank("between-without-number", "rn BETWEEN 2 AND 3", "v DESC", number=False)
rank("between-of-updates", "rn BETWEEN 2 AND 3", "v DESC", source="u", views=LATEST)
rank("between-of-updates-without-number", "rn BETWEEN 2 AND 4", "v DESC", source="u", views=LATEST, number=False)
rank("between-of-counts", "rn BETWEEN 2 AND 3", "n DESC", columns="k, s, n", source="c", views=COUNTS)
rank("less-than", "rn < 3", "v DESC")
rank("turned", "3 > rn AND 2 <= rn", "v DESC")
rank("beside-a-condition", "rn <= 3 AND v > 4", "v DESC")
rank("beside-a-condition-of-updates", "rn <= 3 AND v > 4", "v DESC", source="u", views=LATEST)
rank("beside-a-condition-on-the-key", "rn <= 2 AND k = 'a'", "v DESC")
rank("two-upper-bounds", "rn <= 3 AND rn <= 2", "v DESC")
rank("constant-expression", "rn <= 1 + 1", "v DESC")
rank("bound-is-bigint", "rn <= CAST(2 AS BIGINT)", "v DESC")
rank("in-list", "rn IN (1, 2)", "v DESC")
rank("in-list-with-a-gap", "rn IN (1, 3)", "v DESC")
rank("or", "rn = 1 OR rn = 2", "v DESC")
rank("empty-range", "rn >= 3 AND rn <= 2", "v DESC")
rank("not-equal", "rn <> 2", "v DESC")
rank("no-end", "rn >= 2", "v DESC")
rank("end-zero", "rn <= 0", "v DESC")
rank("end-less-than-one", "rn < 1", "v DESC")
rank("number-in-expression", "rn <= 2", "v DESC", columns="id, k, rn * 10 AS tens")
rank("number-compared-with-itself", "rn <= 3 AND MOD(rn, 2) = 1", "v DESC")
# a bound from a column; Flink loses its place where columns before it are not read (bound-of-column-of-all)
T = "(SELECT id, k, v, top, l, n, pt FROM t)"
rank("bound-of-column-of-all", "rn <= top", "v DESC", columns="id, k, v, top")
rank("bound-of-column-equal", "rn = top", "v DESC", columns="id, k, v, top", source=T)
rank("bound-of-column-lower", "rn >= top", "v DESC", columns="id, k, v, top", source=T)
rank("bound-of-column-changing", "rn <= v", "l DESC", columns="id, k, v, l", nulls=0)
rank("bound-of-bigint-column", "rn <= l", "v DESC", columns="id, k, v, top, l", nulls=0, source="(SELECT id, k, v, top, l + 4 AS l FROM t)")
rank("bound-of-bigint-column-equal", "rn = l", "v DESC", columns="id, k, v, l", nulls=0, source="(SELECT id, k, v, l + 4 AS l FROM t)")
rank("bound-of-smallint-column", "rn <= n", "v DESC", columns="id, k, v, top, l, n", nulls=0, source=T)
rank("bound-of-column-with-nulls", "rn <= v", "l DESC", columns="id, k, v, l", nulls=0.5)
rank("bound-of-column-of-counts", "rn <= nv", "n DESC", columns="k, s, n, nv", source="(SELECT k, s, n, nv FROM c)", views=COUNTS, count=40)
rank("bound-of-column-beside-constant", "rn <= top AND rn <= 2", "v DESC", columns="id, k, v, top", source=T)
rank("bound-of-column-v-less", "rn < v", "l DESC", columns="id, k, v, l", nulls=0)
rank("bound-of-column-v-turned", "v >= rn", "l DESC", columns="id, k, v, l", nulls=0)
rank("bound-of-column-v-without-number", "rn <= v", "l DESC", columns="id, k, v", nulls=0, number=False)
rank("bound-of-column-v-of-updates", "rn <= v", "l DESC", columns="id, k, v, l", nulls=0, source="u", views=LATEST)
rank("bound-of-column-v-beside-condition", "rn <= v AND l > 0", "l DESC", columns="id, k, v, l", nulls=0)
rank("bound-of-column-v-by-proctime", "rn <= v", "pt", columns="id, k, v", nulls=0)
rank("bound-of-expression", "rn <= top + 1", "v DESC", columns="id, k, v, top", source=T)
# updating input
for n in (1, 2, 3):
    for number in (True, False):
        suffix = "" if number else "-without-number"
        rank(f"updates-top-{n}{suffix}", f"rn <= {n}", "v DESC", source="u", views=LATEST, number=number)
        rank(f"deletes-top-{n}{suffix}", f"rn <= {n}", "v", source="w", views=DELETES, number=number, nulls=0.05)
        rank(f"counts-top-{n}{suffix}", f"rn <= {n}", "n DESC", source="c", views=COUNTS, columns="k, s, n", number=number, count=40)
        rank(f"counts-ascending-top-{n}{suffix}", f"rn <= {n}", "n", source="c", views=COUNTS, columns="k, s, n", number=number, count=40)
        rank(f"counts-with-others-top-{n}{suffix}", f"rn <= {n}", "mx DESC", source="c", views=COUNTS, columns="k, s, mx, n, x", number=number, count=40)
rank("updates-no-partition", "rn <= 4", "v DESC, id", partition=None, source="u", views=LATEST)
rank("updates-by-its-key", "rn <= 1", "v", partition="id", columns="id, v", source="u", views=LATEST)
rank("updates-by-two-columns", "rn <= 3", "b DESC, s", columns="id, k, b, s", source="u", views=LATEST)
rank("counts-max-descending", "rn <= 2", "mx DESC, n DESC", columns="k, s, mx, n", source="c", views=COUNTS, count=40)
rank("counts-min-ascending", "rn <= 2", "mn", columns="k, s, mn, n", source="c", views=COUNTS, count=40)
rank("counts-min-ascending-without-number", "rn <= 2", "mn", columns="k, s, mn, n", source="c", views=COUNTS, count=40, number=False)
rank("counts-sum-descending", "rn <= 2", "sm DESC", columns="k, s, sm", source="c", views=COUNTS, count=40)
rank("counts-by-key-and-count", "rn <= 2", "s, n DESC", columns="k, s, n", source="c", views=COUNTS, count=40)
rank("counts-no-partition", "rn <= 3", "n DESC", partition=None, columns="k, s, n", source="c", views=COUNTS, count=40)
rank("counts-by-another-column", "rn <= 2", "n DESC", partition="mx", columns="k, s, n, mx", source="c", views=COUNTS, count=40)
rank("counts-filtered", "rn <= 2", "n DESC", columns="k, s, n", source="c", views=COUNTS + "CREATE VIEW c2 AS SELECT * FROM c WHERE n > 1;\n", count=40)
rank("counts-filtered-below", "rn <= 2", "n DESC", columns="k, s, n", source="c2", views=COUNTS + "CREATE VIEW c2 AS SELECT * FROM c WHERE n > 1;\n", count=40)
rank("sum-of-positive", "rn <= 2", "sm DESC", columns="k, s, sm, x", source="c2", count=40,
     views="CREATE VIEW c2 AS SELECT k, s, SUM(v) AS sm, LAST_VALUE(id) AS x FROM t WHERE v >= 0 GROUP BY k, s;\n")
# around a rank
rank("of-a-rank", "rn <= 2", "r DESC, v", columns="id, k, v, r", source="p",
     views="CREATE VIEW p AS SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY b ORDER BY v DESC) AS r FROM t) WHERE r <= 4;\n")
rank("of-a-rank-without-number", "rn <= 2", "v DESC", columns="id, k, v", source="p", number=False,
     views="CREATE VIEW p AS SELECT id, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY b ORDER BY v DESC) AS r FROM t) WHERE r <= 4;\n")
TOP2 = "CREATE VIEW p AS SELECT id, k, v, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS rn FROM t) WHERE rn <= 2;\n"
case("rank", "aggregate-of-a-rank", "SELECT k, COUNT(*) AS c, SUM(v) AS sm, MAX(rn) AS m FROM p GROUP BY k;", TOP2)
case("rank", "join-of-a-rank", "SELECT p.id, p.k, p.v, p.rn, u.v AS uv FROM p LEFT JOIN u ON p.id = u.id;", TOP2 + LATEST)
case("rank", "union-of-ranks", "SELECT id, v, rn FROM p UNION ALL SELECT id, l, 0 FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY l) AS rn FROM t) WHERE rn < 3;", TOP2)
case("rank", "filter-of-a-rank", "SELECT id, k, v, rn FROM p WHERE v > 3;", TOP2)
case("rank", "join-below", "SELECT id, v, uv, rn FROM (SELECT t.id, t.v, u.v AS uv, ROW_NUMBER() OVER (PARTITION BY t.k ORDER BY t.v DESC, u.l) AS rn FROM t JOIN u ON t.id = u.id) WHERE rn <= 2;", LATEST)
case("rank", "two-numbers-of-a-view", "SELECT a.id, a.rn, b.rn AS other FROM p AS a JOIN p AS b ON a.k = b.k AND a.rn = b.rn;", TOP2)
case("rank", "function-rank", "SELECT id, k, v, rn FROM (SELECT *, RANK() OVER (PARTITION BY k ORDER BY v DESC) AS rn FROM t) WHERE rn <= 2;")
case("rank", "function-dense-rank", "SELECT id, k, v, rn FROM (SELECT *, DENSE_RANK() OVER (PARTITION BY k ORDER BY v DESC) AS rn FROM t) WHERE rn <= 2;")
case("rank", "two-functions", "SELECT id, k, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS rn, ROW_NUMBER() OVER (PARTITION BY k ORDER BY l) AS r2 FROM t) WHERE rn <= 2;")
case("rank", "no-filter", "SELECT id, k, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS rn FROM t;")
case("rank", "number-in-the-select", "SELECT id, k, v, rn FROM (SELECT id, k, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS rn FROM t WHERE v > 2) AS r WHERE r.rn <= 2;")
case("rank", "with-clause", "WITH r AS (SELECT id, k, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS rn FROM t) SELECT k, id, rn + 1 AS follows FROM r WHERE rn <= 2;")
rank("by-proctime", "rn <= 2", "pt", columns="id, k, v")
rank("by-proctime-without-number", "rn <= 2", "pt", columns="id, k, v", number=False)
rank("by-proctime-between", "rn BETWEEN 2 AND 3", "pt", columns="id, k, v")
rank("by-proctime-equal-two", "rn = 2", "pt", columns="id, k, v")
rank("by-proctime-descending", "rn <= 2", "pt DESC", columns="id, k, v")
rank("by-proctime-then-column", "rn <= 2", "pt, v", columns="id, k, v")
rank("by-rowtime", "rn <= 2", "ts", columns="id, k, v, ts")
rank("by-rowtime-descending", "rn <= 2", "ts DESC", columns="id, k, v, ts")
rank("by-rowtime-then-column", "rn <= 1", "ts, v", columns="id, k, v, ts")
rank("by-proctime-into-insert-only", "rn <= 2", "pt", columns="id, k, v, ts", source="p", views="""CREATE VIEW p AS SELECT id, k, v, ts, pt FROM
  (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY pt) AS r FROM t) WHERE r <= 5;
""")

# ORDER BY and LIMIT
def sort(name, sql, views="", **kw):
    case("sort-limit", name, sql, views, **kw)


sort("ascending", "SELECT id, v FROM t ORDER BY v LIMIT 4;")
sort("descending", "SELECT id, v FROM t ORDER BY v DESC LIMIT 4;")
sort("one", "SELECT id, v FROM t ORDER BY v DESC LIMIT 1;")
sort("nulls-last", "SELECT id, v FROM t ORDER BY v NULLS LAST, l DESC NULLS FIRST LIMIT 6;", nulls=0.3)
sort("two-columns", "SELECT id, v, l FROM t ORDER BY v DESC, l LIMIT 5;")
sort("column-not-shown", "SELECT id, v FROM t ORDER BY l DESC, id LIMIT 5;")
sort("by-position", "SELECT id, v FROM t ORDER BY 2 DESC, 1 LIMIT 5;")
sort("by-alias", "SELECT id, v + 1 AS w FROM t ORDER BY w DESC, id LIMIT 5;")
sort("by-expression", "SELECT id, v FROM t ORDER BY v * l DESC, id LIMIT 5;")
sort("offset", "SELECT id, v FROM t ORDER BY v DESC LIMIT 3 OFFSET 2;")
sort("offset-before-fetch", "SELECT id, v FROM t ORDER BY v DESC OFFSET 2 ROWS FETCH NEXT 3 ROWS ONLY;")
sort("fetch", "SELECT id, v FROM t ORDER BY v DESC FETCH FIRST 3 ROWS ONLY;")
sort("fetch-one", "SELECT id, v FROM t ORDER BY v DESC FETCH FIRST ROW ONLY;")
sort("limit-comma", "SELECT id, v FROM t ORDER BY v DESC LIMIT 2, 3;")
sort("limit-zero", "SELECT id, v FROM t ORDER BY v DESC LIMIT 0;")
sort("limit-zero-without-order", "SELECT id, v FROM t LIMIT 0;")
sort("limit-all", "SELECT id, v FROM t LIMIT ALL;")
sort("offset-without-limit", "SELECT id, v FROM t ORDER BY v OFFSET 2;")
sort("offset-without-limit-and-order", "SELECT id, v FROM t OFFSET 2;")
sort("order-without-limit", "SELECT id, v FROM t ORDER BY v;")
sort("limit", "SELECT id, v FROM t LIMIT 5;")
sort("limit-offset", "SELECT id, v FROM t LIMIT 5 OFFSET 3;")
sort("limit-of-updates", "SELECT id, v FROM u LIMIT 4;", LATEST)
sort("limit-offset-of-updates", "SELECT id, v FROM u LIMIT 4 OFFSET 2;", LATEST)
sort("limit-of-counts", "SELECT k, s, n FROM c LIMIT 4;", COUNTS)
sort("order-of-updates", "SELECT id, v FROM u ORDER BY v DESC, id LIMIT 4;", LATEST)
sort("order-of-updates-with-ties", "SELECT id, v FROM u ORDER BY v DESC LIMIT 4;", LATEST)
sort("order-offset-of-updates", "SELECT id, v FROM u ORDER BY v DESC LIMIT 3 OFFSET 2;", LATEST)
sort("order-of-deletes", "SELECT id, v FROM w ORDER BY v, id LIMIT 4;", DELETES, nulls=0.05)
sort("order-of-counts", "SELECT k, s, n FROM c ORDER BY n DESC LIMIT 4;", COUNTS, count=40)
sort("order-of-counts-ascending", "SELECT k, s, n FROM c ORDER BY n LIMIT 4;", COUNTS, count=40)
sort("order-of-counts-one", "SELECT k, s, n, x FROM c ORDER BY n DESC LIMIT 1;", COUNTS, count=40)
sort("order-of-max-one", "SELECT k, s, mx, x FROM c ORDER BY mx DESC LIMIT 1;", COUNTS, count=40)
sort("order-of-max", "SELECT k, s, mx, x FROM c ORDER BY mx DESC LIMIT 3;", COUNTS, count=40)
sort("order-of-max-offset", "SELECT k, s, mx, x FROM c ORDER BY mx DESC LIMIT 3 OFFSET 1;", COUNTS, count=40)
sort("group-by", "SELECT k, SUM(v) AS sm FROM t GROUP BY k ORDER BY sm DESC LIMIT 2;")
sort("group-by-call-not-shown", "SELECT k FROM t GROUP BY k ORDER BY SUM(v) DESC LIMIT 2;")
sort("distinct", "SELECT DISTINCT v FROM t ORDER BY v DESC LIMIT 3;")
sort("in-a-view", "SELECT id, v + 1 AS w FROM p;", "CREATE VIEW p AS SELECT id, v FROM t ORDER BY v DESC LIMIT 3;\n")
sort("in-a-subquery", "SELECT COUNT(*) AS c, SUM(v) AS sm FROM (SELECT v FROM t ORDER BY v DESC LIMIT 5);")
sort("limit-in-a-subquery", "SELECT COUNT(*) AS c, SUM(v) AS sm FROM (SELECT v FROM t LIMIT 5);")
sort("order-in-a-subquery", "SELECT COUNT(*) AS c, SUM(v) AS sm FROM (SELECT v FROM t ORDER BY v);")
sort("order-in-a-view", "SELECT id, v FROM p;", "CREATE VIEW p AS SELECT id, v FROM t ORDER BY v;\n")
sort("limit-of-limit", "SELECT id, v FROM (SELECT id, v FROM t ORDER BY v DESC LIMIT 6) ORDER BY id LIMIT 3;")
sort("filter-of-limit", "SELECT id, v FROM (SELECT id, v FROM t ORDER BY v DESC LIMIT 6) WHERE id <> 'i1';")
sort("union-of-limits", "(SELECT id, v FROM t ORDER BY v DESC LIMIT 2) UNION ALL (SELECT id, v FROM t ORDER BY v LIMIT 2);")
sort("limit-of-union", "SELECT id, v FROM t UNION ALL SELECT id, v + 20 FROM t ORDER BY v DESC LIMIT 3;")
sort("join-of-limit", "SELECT a.id, a.v, u.l FROM (SELECT id, v FROM t ORDER BY v DESC LIMIT 4) AS a JOIN u ON a.id = u.id;", LATEST)
sort("in-with-limit", "SELECT id, v FROM u WHERE id IN (SELECT id FROM t ORDER BY v DESC LIMIT 2);", LATEST)
sort("scalar-with-limit", "SELECT id, v FROM u WHERE v = (SELECT v FROM t ORDER BY v DESC LIMIT 1);", LATEST)
sort("rank-of-limit", "SELECT id, k, v, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS rn FROM (SELECT id, k, v FROM t ORDER BY l LIMIT 10)) WHERE rn <= 2;")
sort("values", "SELECT x, y FROM (VALUES (3, 'c'), (1, 'a'), (2, 'b'), (1, 'd')) AS r(x, y) ORDER BY x LIMIT 2;")
sort("by-rowtime-limit", "SELECT id, ts FROM t ORDER BY ts LIMIT 3;")
sort("by-rowtime-descending-limit", "SELECT id, ts FROM t ORDER BY ts DESC LIMIT 3;")
sort("by-proctime-limit", "SELECT id, v FROM t ORDER BY pt LIMIT 3;")
sort("by-rowtime", "SELECT id, v, ts FROM t ORDER BY ts;")
sort("by-rowtime-late-rows", "SELECT id, v, ts FROM t ORDER BY ts;", jitter=6000)
sort("by-rowtime-then-column", "SELECT id, v, ts FROM t ORDER BY ts, v DESC;")
sort("by-rowtime-not-first", "SELECT id, v, ts FROM t ORDER BY v, ts;")
sort("by-rowtime-descending", "SELECT id, v, ts FROM t ORDER BY ts DESC;")
sort("by-rowtime-of-updates", "SELECT id, v, ts FROM u ORDER BY ts;", LATEST)
sort("by-rowtime-cast", "SELECT id, v, CAST(ts AS TIMESTAMP(6)) AS x FROM t ORDER BY x;")
sort("by-rowtime-in-a-subquery", "SELECT k, COUNT(*) AS c FROM (SELECT k, ts FROM t ORDER BY ts) GROUP BY k;", jitter=6000)
sort("by-rowtime-in-a-view", "SELECT id, v FROM p;", "CREATE VIEW p AS SELECT id, v, ts FROM t ORDER BY ts;\n", jitter=6000)
sort("by-proctime", "SELECT id, v FROM t ORDER BY pt;")
sort("by-proctime-descending", "SELECT id, v FROM t ORDER BY pt DESC;")

# deduplication
def dedup(name, where, order, **kw):
    rank(name, where, order, area="deduplicate-more", **kw)


dedup("first-by-rowtime-late-rows", "rn = 1", "ts", columns="id, k, v, ts", number=False, jitter=6000)
dedup("last-by-rowtime-late-rows", "rn = 1", "ts DESC", columns="id, k, v, ts", number=False, jitter=6000)
dedup("first-by-rowtime-ties", "rn = 1", "ts", columns="id, k, v, ts", number=False, jitter=0, count=8)
dedup("first-by-rowtime-and-more", "rn = 1", "ts, id", columns="id, k, v, ts", number=False)
dedup("last-by-rowtime-and-more", "rn = 1", "ts DESC, v DESC", columns="id, k, v, ts", number=False)
dedup("first-with-number", "rn <= 1", "ts", columns="id, k, v, ts")
dedup("last-with-number", "rn = 1", "ts DESC", columns="id, k, v, ts")
dedup("first-by-proctime", "rn = 1", "pt", columns="id, k, v")
dedup("last-by-proctime", "rn = 1", "pt DESC", columns="id, k, v")
dedup("first-by-proctime-beside-a-condition", "rn = 1 AND v > 4", "pt", columns="id, k, v")
dedup("last-beside-a-condition", "rn = 1 AND v > 4", "ts DESC", columns="id, k, v")
dedup("last-of-two-keys", "rn = 1", "ts DESC", partition="k, b", columns="id, k, b, v")
dedup("no-partition", "rn = 1", "ts DESC", partition=None, columns="id, k, v")
dedup("of-updates-by-rowtime", "rn = 1", "ts DESC", source="u", views=LATEST, columns="id, k, v, ts")
dedup("of-updates-by-a-plain-time", "rn = 1", "x DESC", source="(SELECT id, k, v, CAST(ts AS TIMESTAMP(6)) AS x FROM u)", views=LATEST, columns="id, k, v, x")
dedup("of-updates-two-by-rowtime", "rn <= 2", "ts DESC", source="u", views=LATEST, columns="id, k, v, ts")
dedup("of-updates-by-proctime", "rn = 1", "PROCTIME()", source="u", views=LATEST, columns="id, k, v")
dedup("mini-batch", "rn = 1", "ts DESC", columns="id, k, v, ts",
      views="SET 'table.exec.mini-batch.enabled' = 'true';\nSET 'table.exec.mini-batch.allow-latency' = '1 s';\nSET 'table.exec.mini-batch.size' = '5';\n")
dedup("rank-with-mini-batch", "rn <= 2", "v DESC", columns="id, k, v, ts",
      views="SET 'table.exec.mini-batch.enabled' = 'true';\nSET 'table.exec.mini-batch.allow-latency' = '1 s';\nSET 'table.exec.mini-batch.size' = '5';\n")
dedup("of-deduplicated", "rn = 1", "ts", partition="v", columns="id, k, v, ts", source="p",
      views="CREATE VIEW p AS SELECT id, k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY pt) AS r FROM t) WHERE r = 1;\n")
