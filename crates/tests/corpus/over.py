#!/usr/bin/env python3
"""Writes the inputs of the corpus cases of OVER windows and window joins.

usage: over.py [AREA...]     writes AREA/CASE/{case.sql,*.json} beside this file; flink.jsonl is recorded separately

Every case has its own seed. Times have ties, go back within the watermark's delay and sometimes behind it (late rows).
"""
import random
import zlib

from relational import case, ts

T = """id STRING, k STRING, v INT, l BIGINT, sm SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN, dt DATE,
  n INT NOT NULL, ts TIMESTAMP(3)"""


def source(name="t", columns=T, delay="3", unit="SECOND", watermark=True):
    mark = f",\n  WATERMARK FOR ts AS ts - INTERVAL '{delay}' {unit}" if watermark else ""
    return (f"CREATE TABLE {name} ({columns}{mark})\n"
            f"WITH ('connector' = 'filesystem', 'path' = '{name}.json', 'format' = 'json');\n")


def rows(name, count=28, nulls=0.15, keys=("a", "b", "c", None), start=10, jitter=4000, late=0.08, step=1000):
    rng = random.Random(zlib.crc32(name.encode()))

    def maybe(value):
        return None if rng.random() < nulls else value

    result = []
    for i in range(count):
        t = start * 1000 + i * step
        t = t - rng.randint(0, jitter // 500) * 500 if rng.random() < 0.5 else t // 2000 * 2000
        if rng.random() < late:
            t -= 6000
        result.append({
            "id": f"i{i:02d}", "k": rng.choice(keys), "v": maybe(rng.randint(0, 9)),
            "l": maybe(rng.randint(-5, 5) * 1_000_000_007), "sm": maybe(rng.randint(-30, 30)),
            "d": maybe(rng.randint(-5000, 5000) / 100), "f": maybe(rng.randint(-20, 20) / 4),
            "s": maybe(rng.choice(["x", "y", "zz", "", "é"])), "b": maybe(rng.random() < 0.5),
            "dt": maybe(f"2024-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}"), "n": rng.randint(1, 5),
            "ts": ts(max(t, 0))})
    return result


FRAMES = {
    "default": "", "range-unbounded": " RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
    "rows-unbounded": " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
    "rows-2": " ROWS BETWEEN 2 PRECEDING AND CURRENT ROW", "rows-0": " ROWS BETWEEN 0 PRECEDING AND CURRENT ROW",
    "range-5s": " RANGE BETWEEN INTERVAL '5' SECOND PRECEDING AND CURRENT ROW",
    "range-0s": " RANGE BETWEEN INTERVAL '0' SECOND PRECEDING AND CURRENT ROW",
}
CALLS = {
    "int": ["COUNT(*)", "COUNT(v)", "SUM(v)", "MIN(v)", "MAX(v)"],
    "avg": ["AVG(v)", "AVG(l)", "AVG(d)", "AVG(f)", "AVG(sm)"],
    "decimal": ["SUM(d)", "MIN(d)", "MAX(d)", "SUM(l)", "SUM(sm)"],
    "double": ["SUM(f)", "MIN(f)", "MAX(f)", "SUM(n)", "AVG(n)"],
    "text": ["MIN(s)", "MAX(s)", "FIRST_VALUE(s)", "LAST_VALUE(s)", "MAX(dt)"],
    "first-last": ["FIRST_VALUE(v)", "LAST_VALUE(v)", "FIRST_VALUE(id)", "LAST_VALUE(id)"],
    "distinct": ["COUNT(DISTINCT v)", "SUM(DISTINCT v)", "COUNT(DISTINCT s)", "MAX(DISTINCT v)", "COUNT(*)"],
}


def over(name, calls, window, before="", after="", data=None, setup=None, where=""):
    listed = ",\n  ".join(f"{call} OVER {window} AS c{i}" if "OVER" not in call else f"{call} AS c{i}"
                          for i, call in enumerate(calls))
    sql = f"{setup or source()}{before}SELECT id, {listed}\nFROM t{where}{after};"
    case("over-aggregate", name, sql, t=data if data is not None else rows(name))


def over_cases():
    for frame, text in FRAMES.items():
        for calls, listed in CALLS.items():
            over(f"{frame}-{calls}", listed, f"(PARTITION BY k ORDER BY ts{text})")
    for frame in ("default", "rows-unbounded", "rows-2", "range-5s"):
        over(f"{frame}-no-partition", CALLS["int"], f"(ORDER BY ts{FRAMES[frame]})")
        over(f"{frame}-two-keys", CALLS["int"], f"(PARTITION BY k, b ORDER BY ts{FRAMES[frame]})")
        over(f"{frame}-expression-key", CALLS["int"], f"(PARTITION BY UPPER(k), n + 1 ORDER BY ts{FRAMES[frame]})")
        over(f"{frame}-late", CALLS["int"], f"(PARTITION BY k ORDER BY ts{FRAMES[frame]})",
             data=rows(f"{frame}-late", count=45, late=0.3, keys=("a", "b")))
        over(f"{frame}-ties", CALLS["int"] + ["FIRST_VALUE(id)"], f"(PARTITION BY k ORDER BY ts{FRAMES[frame]})",
             data=rows(f"{frame}-ties", count=40, step=300, jitter=1000, keys=("a", "b")))
        over(f"{frame}-equal-rows", CALLS["int"], f"(PARTITION BY k ORDER BY ts{FRAMES[frame]})",
             data=[r for r in rows(f"{frame}-equal-rows", count=12) for _ in (0, 1)])
        over(f"{frame}-sparse", CALLS["int"], f"(PARTITION BY k ORDER BY ts{FRAMES[frame]})",
             data=rows(f"{frame}-sparse", count=30, step=7000, jitter=9000, late=0.2, keys=("a", "b")))
        over(f"{frame}-expression", [f"SUM(v + n) OVER (PARTITION BY k ORDER BY ts{FRAMES[frame]}) * 2 + n",
                                     f"COALESCE(MAX(UPPER(s)) OVER (PARTITION BY k ORDER BY ts{FRAMES[frame]}), '-')",
                                     f"SUM(1) OVER (PARTITION BY k ORDER BY ts{FRAMES[frame]})",
                                     f"CASE WHEN v > 3 THEN COUNT(*) OVER (PARTITION BY k ORDER BY ts{FRAMES[frame]}) END"], "")
        over(f"{frame}-moments", ["STDDEV_POP(f)", "VAR_SAMP(v)", "STDDEV(v)", "VAR_POP(d)"],
             f"(PARTITION BY k ORDER BY ts{FRAMES[frame]})")
        over(f"{frame}-listagg", ["LISTAGG(s)", "LISTAGG(s, '|')"], f"(PARTITION BY k ORDER BY ts{FRAMES[frame]})")
        over(f"{frame}-collect", ["COLLECT(v)"], f"(PARTITION BY k ORDER BY ts{FRAMES[frame]})")
        over(f"{frame}-filter", ["COUNT(*) FILTER (WHERE v > 3)", "SUM(v) FILTER (WHERE b)"],
             f"(PARTITION BY k ORDER BY ts{FRAMES[frame]})")
        over(f"{frame}-json-agg", ["JSON_ARRAYAGG(v)"], f"(PARTITION BY k ORDER BY ts{FRAMES[frame]})")
        over(f"{frame}-sum-wraps", ["SUM(w)", "AVG(w)", "SUM(x)", "AVG(x)", "SUM(y)"], f"(PARTITION BY k ORDER BY ts{FRAMES[frame]})",
             setup=source(columns="id STRING, k STRING, w INT, x DECIMAL(38, 2), y TINYINT, ts TIMESTAMP(3)"),
             data=[{"id": f"i{i}", "k": "a", "w": 2147483640 if i < 4 else -i, "x": "900000000000000000000000000000000000.25" if i < 3 else "1.1",
                    "y": 100, "ts": ts(1000 * i + 1000)} for i in range(9)])
        for fn, call in {"row-number": "ROW_NUMBER()", "rank": "RANK()", "dense-rank": "DENSE_RANK()", "ntile": "NTILE(2)",
                         "cume-dist": "CUME_DIST()", "percent-rank": "PERCENT_RANK()", "lag": "LAG(v)", "lag-2": "LAG(v, 2)",
                         "lag-default": "LAG(v, 1, -1)", "lag-0": "LAG(v, 0)", "lead": "LEAD(v)", "lag-text": "LAG(s, 1, 'none')",
                         "lag-negative": "LAG(v, -1)", "lag-column": "LAG(v, n)"}.items():
            over(f"{frame}-{fn}", [call], f"(PARTITION BY k ORDER BY ts{FRAMES[frame]})", data=rows("functions", late=0))
    # One window or several.
    w = "(PARTITION BY k ORDER BY ts)"
    rw = "(PARTITION BY k ORDER BY ts ROWS UNBOUNDED PRECEDING)"
    over("two-equal-windows", [f"COUNT(*) OVER {w}", f"SUM(v) OVER {w}"], "")
    over("default-is-range", [f"COUNT(*) OVER {w}", f"SUM(v) OVER (PARTITION BY k ORDER BY ts{FRAMES['range-unbounded']})"], "")
    over("keys-in-another-order", [f"COUNT(*) OVER (PARTITION BY k, b ORDER BY ts)", "SUM(v) OVER (PARTITION BY b, k ORDER BY ts)"], "")
    over("other-partition", [f"COUNT(*) OVER {w}", "SUM(v) OVER (PARTITION BY b ORDER BY ts)"], "")
    over("other-frame", [f"COUNT(*) OVER {w}", f"SUM(v) OVER {rw}"], "")
    over("other-bound", ["COUNT(*) OVER (ORDER BY ts ROWS 1 PRECEDING)", "SUM(v) OVER (ORDER BY ts ROWS 2 PRECEDING)"], "")
    over("row-number-and-range", [f"COUNT(*) OVER {w}", f"ROW_NUMBER() OVER {w}"], "")
    over("row-number-and-rows", [f"COUNT(*) OVER {rw}", f"ROW_NUMBER() OVER {w}"], "")
    over("lag-and-rows", [f"COUNT(*) OVER {rw}", f"LAG(v) OVER {rw}"], "", data=rows("functions"))
    over("lag-and-range", [f"COUNT(*) OVER {w}", f"LAG(v) OVER {w}", f"LAG(s, 2, 'x') OVER {w}"], "", data=rows("functions"))
    over("lag-and-two-rows", ["COUNT(*) OVER (ORDER BY ts ROWS 2 PRECEDING)", "LAG(v) OVER (ORDER BY ts ROWS 2 PRECEDING)"], "")
    over("named", ["COUNT(*) OVER w", "SUM(v) OVER w"], "", after=f"\nWINDOW w AS {w}")
    over("named-two", ["COUNT(*) OVER w", "SUM(v) OVER w2"], "", after=f"\nWINDOW w AS {w}, w2 AS {w}")
    over("named-of-named", ["COUNT(*) OVER w2"], "", after="\nWINDOW w AS (PARTITION BY k), w2 AS (w ORDER BY ts)")
    over("named-and-more", ["COUNT(*) OVER (w ROWS 1 PRECEDING)"], "", after="\nWINDOW w AS (PARTITION BY k ORDER BY ts)")
    over("named-and-order", ["COUNT(*) OVER (w ORDER BY ts)"], "", after="\nWINDOW w AS (PARTITION BY k)")
    over("named-order-twice", ["COUNT(*) OVER (w ORDER BY ts)"], "", after="\nWINDOW w AS (PARTITION BY k ORDER BY ts)")
    over("named-partition-twice", ["COUNT(*) OVER (w PARTITION BY k)"], "", after="\nWINDOW w AS (ORDER BY ts)")
    over("named-frame-twice", ["COUNT(*) OVER (w ROWS 2 PRECEDING)"], "", after="\nWINDOW w AS (ORDER BY ts ROWS 1 PRECEDING)")
    over("named-unknown", ["COUNT(*) OVER x"], "", after=f"\nWINDOW w AS {w}")
    over("named-defined-twice", ["COUNT(*) OVER w"], "", after=f"\nWINDOW w AS {w}, w AS (ORDER BY ts)")
    over("named-unused", ["COUNT(*) OVER w"], "", after=f"\nWINDOW w AS {w}, w3 AS (PARTITION BY b ORDER BY ts)")
    # What Flink refuses.
    over("no-order", ["COUNT(*)"], "(PARTITION BY k)")
    over("empty-window", ["COUNT(*)"], "()")
    over("order-by-value", ["COUNT(*)"], "(PARTITION BY k ORDER BY v)")
    over("order-by-two", ["COUNT(*)"], "(PARTITION BY k ORDER BY ts, v)")
    over("order-descending", ["COUNT(*)"], "(PARTITION BY k ORDER BY ts DESC)")
    over("order-by-expression", ["COUNT(*)"], "(PARTITION BY k ORDER BY ts + INTERVAL '1' SECOND)")
    over("order-nulls-last", ["COUNT(*)"], "(PARTITION BY k ORDER BY ts NULLS LAST)")
    over("order-by-position", ["COUNT(*)"], "(PARTITION BY k ORDER BY 1)")
    over("following-rows", ["COUNT(*)"], "(ORDER BY ts ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)")
    over("following-range", ["COUNT(*)"], "(ORDER BY ts RANGE BETWEEN CURRENT ROW AND INTERVAL '1' SECOND FOLLOWING)")
    over("following-unbounded", ["COUNT(*)"], "(ORDER BY ts ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)")
    over("current-to-current", ["COUNT(*)"], "(ORDER BY ts ROWS BETWEEN CURRENT ROW AND CURRENT ROW)")
    over("current-to-current-range", ["COUNT(*)"], "(ORDER BY ts RANGE CURRENT ROW)")
    over("preceding-to-preceding", ["COUNT(*)"], "(ORDER BY ts ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING)")
    over("range-number", ["COUNT(*)"], "(ORDER BY ts RANGE BETWEEN 1 PRECEDING AND CURRENT ROW)")
    over("rows-interval", ["COUNT(*)"], "(ORDER BY ts ROWS BETWEEN INTERVAL '1' SECOND PRECEDING AND CURRENT ROW)")
    over("rows-decimal", ["COUNT(*)"], "(ORDER BY ts ROWS BETWEEN 1.5 PRECEDING AND CURRENT ROW)")
    over("rows-negative", ["COUNT(*)"], "(ORDER BY ts ROWS BETWEEN -1 PRECEDING AND CURRENT ROW)")
    over("rows-column", ["COUNT(*)"], "(ORDER BY ts ROWS BETWEEN n PRECEDING AND CURRENT ROW)")
    over("rows-expression", ["COUNT(*)"], "(ORDER BY ts ROWS BETWEEN 1 + 1 PRECEDING AND CURRENT ROW)")
    over("rows-text", ["COUNT(*)"], "(ORDER BY ts ROWS BETWEEN '1' PRECEDING AND CURRENT ROW)")
    over("rows-large", ["COUNT(*)"], "(ORDER BY ts ROWS BETWEEN 3000000000 PRECEDING AND CURRENT ROW)")
    over("range-month", ["COUNT(*)"], "(ORDER BY ts RANGE BETWEEN INTERVAL '1' MONTH PRECEDING AND CURRENT ROW)")
    over("range-negative", ["COUNT(*)"], "(ORDER BY ts RANGE BETWEEN INTERVAL -'1' SECOND PRECEDING AND CURRENT ROW)")
    over("range-day-to-second", ["COUNT(*)"], "(ORDER BY ts RANGE BETWEEN INTERVAL '0 00:00:03.5' DAY TO SECOND PRECEDING AND CURRENT ROW)")
    over("groups", ["COUNT(*)"], "(ORDER BY ts GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW)")
    over("reversed", ["COUNT(*)"], "(ORDER BY ts ROWS BETWEEN CURRENT ROW AND 1 PRECEDING)")
    over("upper-only-following", ["COUNT(*)"], "(ORDER BY ts ROWS 1 FOLLOWING)")
    over("frame-without-order", ["COUNT(*)"], "(PARTITION BY k ROWS 1 PRECEDING)")
    over("in-where", ["v"], "", where=f" WHERE COUNT(*) OVER {w} > 1")
    over("in-group-by", ["COUNT(*)"], "(ORDER BY ts)", where=f" GROUP BY id, COUNT(*) OVER {w}")
    over("nested", [f"SUM(COUNT(*) OVER {w}) OVER {w}"], "")
    over("row-number-without-over", ["ROW_NUMBER()"], "", after="")
    over("scalar-over", ["UPPER(s)"], w)
    over("count-two", ["COUNT(v, n)"], w)
    over("ignore-nulls", [f"LAG(v) IGNORE NULLS OVER {w}"], "")
    over("first-value-ignore-nulls", [f"FIRST_VALUE(v) IGNORE NULLS OVER {w}"], "")
    over("first-value-respect-nulls", [f"FIRST_VALUE(v) RESPECT NULLS OVER {w}"], "")
    over("nth-value", ["NTH_VALUE(v, 2)"], w)
    over("min-array", ["MIN(ARRAY[v])"], w)
    over("sum-text", ["SUM(s)"], w)
    over("distinct-row-number", ["ROW_NUMBER(DISTINCT v)"], w)
    over("lag-no-argument", ["LAG()"], w)
    over("lag-four-arguments", ["LAG(v, 1, 2, 3)"], w)
    over("lag-text-offset", ["LAG(v, 'x')"], w)
    over("lag-other-default", ["LAG(v, 1, 'x')"], w)
    over("lag-wider-default", ["LAG(v, 1, 9999999999)"], w)
    over("lag-null-default", ["LAG(v, 1, CAST(NULL AS INT))"], w)
    over("lag-null-offset", ["LAG(v, CAST(NULL AS INT))"], w)
    over("lag-bigint-offset", ["LAG(v, CAST(n AS BIGINT))"], w)
    over("lag-types", ["LAG(d)", "LAG(f)", "LAG(b)", "LAG(dt)", "LAG(ts)", "LAG(l)"], w)
    over("lag-array", ["LAG(ARRAY[v, n])"], w)
    over("lag-char", ["LAG('abc')"], w)
    over("typeof", [f"TYPEOF(SUM(v) OVER {w})", f"TYPEOF(COUNT(*) OVER {w})", f"TYPEOF(AVG(d) OVER {w})", f"TYPEOF(SUM(n) OVER {w})",
                    f"TYPEOF(MAX(n) OVER {w})", f"TYPEOF(FIRST_VALUE(n) OVER {w})", f"TYPEOF(SUM(d) OVER {w})"], "")
    over("lag-not-null", ["LAG(n)"], w)
    over("lag-not-null-default", ["LAG(n, 1, 3)"], w)
    over("lag-nothing-else", ["LAG(l, 1, CAST(7 AS BIGINT))", "LAG(f, 1, CAST(7 AS DOUBLE))", "LAG(b, 1, TRUE)", "LAG(sm, 1, CAST(7 AS SMALLINT))"], w)
    over("lag-nothing-date", ["LAG(dt, 1, DATE '2020-01-01')"], w)
    over("lag-nothing-decimal", ["LAG(d, 1, CAST(7 AS DECIMAL(10, 2)))"], w)
    over("sum-not-null", ["SUM(n)", "AVG(n)", "MIN(n)", "SUM(DISTINCT n)"], "(PARTITION BY k ORDER BY ts ROWS 1 PRECEDING)")
    over("named-and-range", ["COUNT(*) OVER (w RANGE BETWEEN INTERVAL '1' SECOND PRECEDING AND CURRENT ROW)"], "",
         after="\nWINDOW w AS (PARTITION BY k ORDER BY ts)")
    over("typeof-row-number", ["TYPEOF(ROW_NUMBER() OVER (ORDER BY ts))"], "")
    over("order-by-plain-time", ["COUNT(*)"], w, setup=source(watermark=False))
    over("null-time", ["COUNT(*)"], w, data=[dict(r, ts=None if r["id"] == "i05" else r["ts"]) for r in rows("null-time")])
    over("null-time-rows", ["COUNT(*)"], rw, data=[dict(r, ts=None if r["id"] == "i05" else r["ts"]) for r in rows("null-time")])
    old = [dict(r, ts=r["ts"].replace("2024-03-01", "1969-12-31")) for r in rows("before-epoch", count=12)]
    new = [dict(r, ts=r["ts"].replace("2024-03-01", "1970-01-01")) for r in rows("before-epoch", count=12)]
    for frame in ("default", "rows-unbounded", "rows-2", "range-5s"):
        over(f"{frame}-before-epoch", CALLS["int"], f"(PARTITION BY k ORDER BY ts{FRAMES[frame]})", data=old + new)
    over("far-times", CALLS["int"], "(ORDER BY ts RANGE INTERVAL '99' DAY PRECEDING)",
         data=[dict(r, ts=r["ts"].replace("2024-03-01", f"20{20 + i}-03-01")) for i, r in enumerate(rows("far-times", count=10))])
    over("empty", CALLS["int"], w, data=[])
    # Time attributes.
    ltz = T.replace("ts TIMESTAMP(3)", "tx BIGINT, ts AS TO_TIMESTAMP_LTZ(tx, 3)")
    over("ltz", CALLS["int"] + ["MAX(ts)"], "(PARTITION BY k ORDER BY ts RANGE INTERVAL '4' SECOND PRECEDING)", setup=source(columns=ltz),
         data=[dict(r, tx=1_709_251_200_000 + int(r["ts"][17:19]) * 1000 + int(r["ts"][20:])) for r in rows("ltz")])
    case("over-aggregate", "over-of-over", source() + f"""SELECT id, SUM(c) OVER (PARTITION BY k ORDER BY ts ROWS 1 PRECEDING) AS s
FROM (SELECT id, k, ts, COUNT(*) OVER {w} AS c FROM t);""", t=rows("over-of-over"))
    case("over-aggregate", "over-of-over-other-keys", source() + f"""SELECT id, SUM(c) OVER (PARTITION BY b ORDER BY ts) AS s
FROM (SELECT id, b, ts, COUNT(*) OVER {rw} AS c FROM t);""", t=rows("over-of-over-other-keys"))
    case("over-aggregate", "unused-window", source() + f"""SELECT id, c FROM (SELECT id, COUNT(*) OVER {w} AS c, SUM(v) OVER {rw} AS s FROM t);""",
         t=rows("unused-window"))
    case("over-aggregate", "unused-first-window", source() + f"""SELECT id, s FROM (SELECT id, COUNT(*) OVER {w} AS c, SUM(v) OVER {rw} AS s FROM t);""",
         t=rows("unused-window"))
    case("over-aggregate", "unused-call", source() + f"""SELECT id, c FROM (SELECT id, COUNT(*) OVER {w} AS c, SUM(v) OVER {w} AS s FROM t);""",
         t=rows("unused-call"))
    case("over-aggregate", "filtered", source() + f"""SELECT id, c FROM (SELECT id, k, COUNT(*) OVER {rw} AS c FROM t) WHERE c > 2 AND k = 'a';""",
         t=rows("filtered", count=40))
    case("over-aggregate", "filtered-before", source() + f"""SELECT id, COUNT(*) OVER {rw} AS c FROM t WHERE v > 3;""", t=rows("filtered-before", count=40))
    case("over-aggregate", "aggregate-of-over", source() + f"""SELECT k, SUM(c) AS s, COUNT(*) AS n
FROM (SELECT k, COUNT(*) OVER {rw} AS c FROM t) GROUP BY k;""", t=rows("aggregate-of-over"))
    case("over-aggregate", "updating-input", source() + f"""SELECT k, SUM(c) OVER (ORDER BY k) AS s FROM (SELECT k, COUNT(*) AS c FROM t GROUP BY k);""",
         t=rows("updating-input"))
    case("over-aggregate", "updating-input-proctime", source(columns=T + ", pt AS PROCTIME()") +
         "SELECT k, SUM(c) OVER (ORDER BY p) AS s FROM (SELECT k, COUNT(*) AS c, PROCTIME() AS p FROM t GROUP BY k);", t=rows("updating-input"))
    case("over-aggregate", "sum-of-count", source() + "SELECT k, SUM(COUNT(*)) OVER (ORDER BY k) AS s FROM t GROUP BY k;", t=rows("updating-input"))
    case("over-aggregate", "union", source() + f"""SELECT id, COUNT(*) OVER (PARTITION BY k ORDER BY ts) AS c
FROM (SELECT * FROM t UNION ALL SELECT * FROM t WHERE v > 4);""", t=rows("union", late=0))
    case("over-aggregate", "two-views", source() + f"""CREATE VIEW o AS SELECT id, ts, k, COUNT(*) OVER {rw} AS c FROM t;
SELECT id, c FROM o WHERE c > 2 UNION ALL SELECT k, c FROM o WHERE c < 3;""", t=rows("two-views"))
    case("over-aggregate", "alias-of-time", source() + """SELECT id, COUNT(*) OVER (PARTITION BY k ORDER BY tt) AS c FROM (SELECT id, k, ts AS tt FROM t);""",
         t=rows("alias-of-time"))
    case("over-aggregate", "cast-of-time", source() + """SELECT id, COUNT(*) OVER (PARTITION BY k ORDER BY tt) AS c
FROM (SELECT id, k, CAST(ts AS TIMESTAMP(3)) AS tt FROM t);""", t=rows("alias-of-time"))
    case("over-aggregate", "regular-join-input", source() + """SELECT a.id, COUNT(*) OVER (PARTITION BY a.k ORDER BY a.ts) AS c
FROM t AS a JOIN t AS b2 ON a.id = b2.id;""", t=rows("alias-of-time"))
    case("over-aggregate", "interval-join-input", source() + """SELECT a.id, COUNT(*) OVER (PARTITION BY a.k ORDER BY a.ts) AS c
FROM t AS a JOIN t AS b2 ON a.id = b2.id AND a.ts BETWEEN b2.ts AND b2.ts + INTERVAL '1' SECOND;""", t=rows("interval-join-input", late=0))
    case("over-aggregate", "deduplicate-of-over", source() + f"""SELECT id, k, c FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS r FROM (SELECT id, k, ts, SUM(v) OVER {rw} AS c FROM t)) WHERE r = 1;""",
         t=rows("deduplicate-of-over", late=0))
    case("over-aggregate", "distinct-select", source() + f"""SELECT DISTINCT k, COUNT(*) OVER {w} AS c FROM t;""", t=rows("distinct-select"))
    case("over-aggregate", "star-and-over", source() + f"""SELECT *, COUNT(*) OVER {w} AS c FROM t;""", t=rows("star-and-over"))
    case("over-aggregate", "unnamed", source() + f"""SELECT id, COUNT(*) OVER {w}, SUM(v) OVER {w} FROM t;""", t=rows("unnamed"))
    case("over-aggregate", "with-clause", source() + f"""WITH o AS (SELECT id, COUNT(*) OVER {w} AS c FROM t) SELECT * FROM o WHERE c = 2;""", t=rows("unnamed"))
    case("over-aggregate", "in-subquery-of-in", source() + f"""SELECT id FROM t WHERE v IN (SELECT c FROM (SELECT CAST(COUNT(*) OVER {w} AS INT) AS c FROM t));""",
         t=rows("unnamed", count=12))
    for frame in ("default", "rows-unbounded", "rows-2", "range-5s"):
        proc = source(columns=T + ", pt AS PROCTIME()", watermark=False)
        if frame == "range-5s":
            continue
        over(f"proctime-{frame}", CALLS["int"], f"(PARTITION BY k ORDER BY pt{FRAMES[frame]})", setup=proc)
        over(f"proctime-{frame}-no-partition", CALLS["int"] + ["FIRST_VALUE(id)", "LAST_VALUE(s)"], f"(ORDER BY pt{FRAMES[frame]})", setup=proc)
        over(f"proctime-{frame}-row-number", ["ROW_NUMBER()"], "(PARTITION BY k ORDER BY pt)", setup=proc)
        over(f"proctime-{frame}-distinct", CALLS["distinct"], f"(PARTITION BY k ORDER BY pt{FRAMES[frame]})", setup=proc)
        over(f"proctime-{frame}-lag", ["LAG(v)", "LAG(s, 2, 'none')"], f"(PARTITION BY k ORDER BY pt)", setup=proc)
    over("proctime-call", ["COUNT(*)"], "(PARTITION BY k ORDER BY PROCTIME())", setup=source(watermark=False))


JOINED = """id STRING, k STRING, v INT, b BOOLEAN, ts TIMESTAMP(3)"""
WINDOWS = {
    "tumble": "TUMBLE(TABLE {t}, DESCRIPTOR(ts), INTERVAL '5' SECOND)",
    "hop": "HOP(TABLE {t}, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '6' SECOND)",
    "cumulate": "CUMULATE(TABLE {t}, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '6' SECOND)",
    "offset": "TUMBLE(TABLE {t}, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '1' SECOND)",
}
KINDS = {"inner": "JOIN", "left": "LEFT JOIN", "right": "RIGHT JOIN", "full": "FULL JOIN"}


def pair(name, count=16, late=0.0, keys=("a", "b", None), jitter=2500):
    """The rows of both sides. They are read one side after the other, so without late rows a delay as long as they are
    tells nothing of the order."""
    result = []
    for side in ("l", "r"):
        rng = random.Random(zlib.crc32((name + side).encode()))
        listed = []
        for i in range(count):
            t = 10_000 + i * 700 - rng.randint(0, jitter // 500) * 500
            if rng.random() < late:
                t -= 7000
            listed.append({"id": f"{side}{i:02d}", "k": rng.choice(keys), "v": rng.choice([1, 2, 3, 4, None]),
                           "b": rng.choice([True, False, None]), "ts": ts(max(t, 0))})
        result.append(listed)
    return result


def windowed(name, sql, left=None, right=None, columns=JOINED):
    if left is None:
        left, right = pair(name)
    case("window-join", name, source("l", columns, "1", "HOUR") + source("r", columns, "1", "HOUR") + sql, l=left, r=right)


def join_cases():
    listed = """SELECT L.id AS lid, L.k AS lk, L.v AS lv, L.window_start AS ls, L.window_end AS le, L.window_time AS lt,
  R.id AS rid, R.k AS rk, R.v AS rv, R.window_start AS rs, R.window_end AS re"""
    on = "L.window_start = R.window_start AND L.window_end = R.window_end"
    for window, call in WINDOWS.items():
        left, right = (f"(SELECT * FROM TABLE({call.format(t=t)})) {alias}" for t, alias in (("l", "L"), ("r", "R")))
        for kind, word in KINDS.items():
            windowed(f"{window}-{kind}", f"{listed}\nFROM {left}\n{word} {right}\nON L.k = R.k AND {on};")
        windowed(f"{window}-semi", f"SELECT id, k, window_start, window_end FROM {left}\nWHERE L.k IN (SELECT k FROM {right}\n"
                 f"WHERE {on});")
        windowed(f"{window}-anti", f"SELECT id, k, window_start, window_end FROM {left}\nWHERE NOT EXISTS (SELECT * FROM {right}\n"
                 f"WHERE L.k = R.k AND {on});")
    left, right = (f"(SELECT * FROM TABLE({WINDOWS['tumble'].format(t=t)})) {alias}" for t, alias in (("l", "L"), ("r", "R")))
    for kind, word in KINDS.items():
        windowed(f"residual-{kind}", f"{listed}\nFROM {left}\n{word} {right}\nON L.k = R.k AND {on} AND L.v < R.v;")
        windowed(f"two-keys-{kind}", f"{listed}\nFROM {left}\n{word} {right}\nON L.k = R.k AND L.b = R.b AND {on};")
        windowed(f"no-key-{kind}", f"{listed}\nFROM {left}\n{word} {right}\nON {on};", *pair(f"no-key-{kind}", count=8))
        windowed(f"expression-key-{kind}", f"{listed}\nFROM {left}\n{word} {right}\nON UPPER(L.k) = R.k || '' AND {on};")
        windowed(f"one-side-condition-{kind}", f"{listed}\nFROM {left}\n{word} {right}\nON L.k = R.k AND {on} AND L.v > 2 AND R.v > 1;")
        windowed(f"empty-right-{kind}", f"{listed}\nFROM {left}\n{word} {right}\nON L.k = R.k AND {on};",
                 pair(f"empty-right-{kind}")[0], [])
        windowed(f"duplicates-{kind}", f"{listed}\nFROM {left}\n{word} {right}\nON L.k = R.k AND {on};",
                 *[[row for row in side for _ in (0, 1)] for side in pair(f"duplicates-{kind}", count=6, keys=("a",))])
        aggregated = (f"(SELECT k, SUM(v) AS v, COUNT(*) AS n, window_start, window_end, window_time FROM TABLE("
                      f"{WINDOWS['tumble']}) GROUP BY k, window_start, window_end, window_time) ")
        windowed(f"of-aggregates-{kind}", f"SELECT L.k AS lk, L.v AS lv, L.n AS lc, R.k AS rk, R.v AS rv, R.n AS rc\nFROM "
                 f"{aggregated.format(t='l')}L\n{word} {aggregated.format(t='r')}R\nON L.k = R.k AND {on};")
    windowed("semi-residual", f"SELECT id, k, window_start FROM {left}\nWHERE EXISTS (SELECT * FROM {right}\nWHERE L.k = R.k AND L.v < R.v AND {on});")
    windowed("anti-residual", f"SELECT id, k, window_start FROM {left}\nWHERE NOT EXISTS (SELECT * FROM {right}\nWHERE L.k = R.k AND L.v < R.v AND {on});")
    windowed("aggregate-of-join", f"""SELECT window_start, window_end, COUNT(*) AS n, SUM(rv) AS s
FROM (SELECT L.window_start AS window_start, L.window_end AS window_end, R.v AS rv FROM {left}\nJOIN {right}\nON L.k = R.k AND {on})
GROUP BY window_start, window_end;""")
    windowed("aggregate-of-left-join", f"""SELECT window_start, window_end, k, COUNT(*) AS n, SUM(rv) AS s
FROM (SELECT L.k AS k, L.window_start AS window_start, L.window_end AS window_end, R.v AS rv FROM {left}\nLEFT JOIN {right}\nON L.k = R.k AND {on})
GROUP BY window_start, window_end, k;""")
    windowed("three-sides", f"""SELECT L.id AS lid, R.id AS rid, S.id AS sid FROM {left}\nJOIN {right}\nON L.k = R.k AND {on}
JOIN (SELECT * FROM TABLE({WINDOWS['tumble'].format(t='l')})) S ON S.k = L.k AND S.window_start = L.window_start AND S.window_end = L.window_end;""",
             *pair("three-sides", count=8, keys=("a", "b")))
    windowed("over-of-join", f"""SELECT id, rid, COUNT(*) OVER (PARTITION BY k ORDER BY t) AS n
FROM (SELECT L.id AS id, R.id AS rid, L.k AS k, L.window_time AS t FROM {left}\nJOIN {right}\nON L.k = R.k AND {on});""")
    windowed("using", f"SELECT id, rid FROM (SELECT k, id, window_start, window_end FROM {left})\nJOIN (SELECT k, id AS rid, window_start, window_end FROM {right}) USING (k, window_start, window_end);")
    windowed("where", f"{listed}\nFROM {left},\n{right}\nWHERE L.k = R.k AND {on};")
    windowed("only-start", f"SELECT L.id AS lid, R.id AS rid\nFROM {left}\nJOIN {right}\nON L.k = R.k AND L.window_start = R.window_start;")
    windowed("only-end", f"SELECT L.id AS lid, R.id AS rid\nFROM {left}\nLEFT JOIN {right}\nON L.k = R.k AND L.window_end = R.window_end;")
    other = f"(SELECT * FROM TABLE({WINDOWS['hop'].format(t='r')})) R"
    windowed("other-windows", f"SELECT L.id AS lid, R.id AS rid\nFROM {left}\nJOIN {other}\nON L.k = R.k AND {on};")
    windowed("view-twice", f"CREATE VIEW w AS SELECT * FROM TABLE({WINDOWS['tumble'].format(t='l')});\nSELECT L.id AS lid, R.id AS rid FROM w L JOIN w R "
             f"ON L.k = R.k AND {on} WHERE L.v < R.v;")
    ltz = JOINED.replace("ts TIMESTAMP(3)", "tx BIGINT, ts AS TO_TIMESTAMP_LTZ(tx, 3)")
    def stamped(side):
        return [dict(r, tx=1_709_251_200_000 + int(r["ts"][17:19]) * 1000 + int(r["ts"][20:])) for r in side]
    left_rows, right_rows = pair("ltz")
    windowed("ltz", f"{listed}\nFROM {left}\nFULL JOIN {right}\nON L.k = R.k AND {on};", stamped(left_rows), stamped(right_rows), columns=ltz)
    case("window-join", "zone", "SET 'table.local-time-zone' = 'Asia/Shanghai';\n" + source("l", ltz, "1", "HOUR") + source("r", ltz, "1", "HOUR")
         + f"{listed}\nFROM {left}\nFULL JOIN {right}\nON L.k = R.k AND {on};", l=stamped(left_rows), r=stamped(right_rows))
    proc = JOINED + ", p AS PROCTIME()"
    proc_left, proc_right = (f"(SELECT * FROM TABLE(TUMBLE(TABLE {t}, DESCRIPTOR(p), INTERVAL '5' SECOND))) {a}" for t, a in (("l", "L"), ("r", "R")))
    windowed("processing-time", f"SELECT L.id AS lid, R.id AS rid\nFROM {proc_left}\nJOIN {proc_right}\nON L.k = R.k AND {on};", columns=proc)


over_cases()
join_cases()
