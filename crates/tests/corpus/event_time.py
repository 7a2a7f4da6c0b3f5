#!/usr/bin/env python3
"""Writes the inputs of the corpus cases of event time at its edges: rows exactly at the ends of windows, ties, NULLs, late
rows, times before 1970, days of 23 and 25 hours, operators above each other.

usage: event_time.py [TEXT]     writes event-time-AREA/CASE/{case.sql,*.json} beside this file, of cases whose name
                                contains the text; flink.jsonl is recorded separately
"""
import json
import random
import sys
import zlib
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).parent
TEXT = sys.argv[1] if len(sys.argv) > 1 else ""
DAY = datetime(2024, 3, 1, tzinfo=timezone.utc)


def text(ms, start=DAY):
    return (start + timedelta(milliseconds=ms)).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def case(name, sql, **files):
    if TEXT not in name:
        return
    folder = ROOT / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.sql").write_text(sql.strip() + "\n")
    for stem, rows in files.items():
        (folder / f"{stem}.json").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def edges(seed, count=45, start=DAY, step=1000, back=7, key=("a", "b", None), base=20_000):
    """Rows whose times are at whole steps, one millisecond before and after them, some of them late."""
    rng = random.Random(zlib.crc32(seed.encode()))
    rows, now = [], base
    for number in range(count):
        now += rng.choice([0, 0, 1, 1, 2, 3]) * step
        at = now - rng.choice([0, 0, 0, 0, 1, 2, 3, 5, back]) * step + rng.choice([0, 0, 0, -1, 1])
        rows.append({"id": number, "k": rng.choice(key), "v": rng.choice([None, -1, 0, 1, 1, 2, 3, 5]),
                     "ts": text(at, start)})
    return rows


def table(name="t", delay=2, columns="id INT, k STRING, v INT", time="ts TIMESTAMP(3)", key=""):
    return (f"CREATE TABLE {name} ({columns}, {time},\n  WATERMARK FOR ts AS ts - INTERVAL '{delay}' SECOND{key})\n"
            f"WITH ('connector' = 'filesystem', 'path' = '{name}.json', 'format' = 'json');\n")


WINDOWS = {
    "tumble": "TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND))",
    "hop": "TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '6' SECOND))",
    "cumulate": "TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '6' SECOND))",
}
GROUPED = "GROUP BY k, window_start, window_end"

# Aggregates by window: rows at the ends, NULL keys, DISTINCT and FILTER.
for name, window in WINDOWS.items():
    for what, calls in {
        "count-and-sum": "COUNT(*) AS c, COUNT(v) AS n, SUM(v) AS s",
        "min-and-max": "MIN(v) AS lo, MAX(v) AS hi, MIN(id) AS first_id",
        "distinct-and-filter": "COUNT(DISTINCT v) AS d, COUNT(*) FILTER (WHERE v > 0) AS p, COUNT(DISTINCT v) FILTER (WHERE v > 0) AS q",
        "avg-of-nothing": "AVG(v) FILTER (WHERE v > 100) AS a, SUM(v) FILTER (WHERE v IS NULL) AS s, COUNT(v) FILTER (WHERE k IS NULL) AS n",
    }.items():
        case(f"event-time-windows/{name}-{what}",
             table() + f"SELECT k, window_start, window_end, window_time, {calls} FROM {window} {GROUPED}, window_time;",
             t=edges(name + what))
    case(f"event-time-windows/{name}-without-key", table(delay=0) +
         f"SELECT window_start, window_end, COUNT(*) AS c, SUM(v) AS s, COUNT(DISTINCT k) AS d FROM {window} GROUP BY window_start, window_end;",
         t=edges(name + "global"))
    case(f"event-time-windows/{name}-before-1970", table() +
         f"SELECT k, window_start, window_end, COUNT(*) AS c FROM {window} {GROUPED};",
         t=edges(name + "old", start=datetime(1969, 12, 31, 23, 59, 20, tzinfo=timezone.utc)))
    case(f"event-time-windows/{name}-key-is-the-time", table() +
         f"SELECT ts, window_start, window_end, COUNT(*) AS c FROM {window} GROUP BY ts, window_start, window_end;",
         t=edges(name + "time"))
    case(f"event-time-windows/{name}-where-on-window", table() +
         f"SELECT k, window_start, window_end, COUNT(*) AS c FROM {window} WHERE window_end > TIMESTAMP '2024-03-01 00:00:30' AND v IS NOT NULL {GROUPED} HAVING COUNT(*) > 1;",
         t=edges(name + "where"))
    case(f"event-time-windows/{name}-over-its-aggregate", table() +
         f"""SELECT window_start, window_end, COUNT(*) AS c, SUM(n) AS s, MAX(k) AS m FROM (
  SELECT k, window_start, window_end, COUNT(*) AS n FROM {window} {GROUPED}) GROUP BY window_start, window_end;""",
         t=edges(name + "twice"))
    case(f"event-time-windows/{name}-into-tumble", table() +
         f"""CREATE VIEW w AS SELECT k, window_time AS rt, COUNT(*) AS n FROM {window} {GROUPED}, window_time;
SELECT k, window_start, window_end, SUM(n) AS s, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE w, DESCRIPTOR(rt), INTERVAL '12' SECOND)) {GROUPED};""",
         t=edges(name + "tumble"))
    case(f"event-time-windows/{name}-into-hop", table() +
         f"""CREATE VIEW w AS SELECT window_time AS rt, MAX(v) AS n FROM {window} GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, MIN(n) AS s, COUNT(*) AS c FROM TABLE(HOP(TABLE w, DESCRIPTOR(rt), INTERVAL '4' SECOND, INTERVAL '12' SECOND)) GROUP BY window_start, window_end;""",
         t=edges(name + "hop"))
    case(f"event-time-windows/{name}-into-session", table() +
         f"""CREATE VIEW w AS SELECT k, window_time AS rt, COUNT(*) AS n FROM {window} {GROUPED}, window_time;
SELECT k, SESSION_START(rt, INTERVAL '5' SECOND) AS a, SESSION_END(rt, INTERVAL '5' SECOND) AS z, SUM(n) AS s FROM w GROUP BY k, SESSION(rt, INTERVAL '5' SECOND);""",
         t=edges(name + "session"))
    case(f"event-time-windows/{name}-over-behind", table() +
         f"""CREATE VIEW w AS SELECT k, window_time AS rt, COUNT(*) AS n FROM {window} {GROUPED}, window_time;
SELECT k, rt, n, SUM(n) OVER (PARTITION BY k ORDER BY rt ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM w;""",
         t=edges(name + "over"))
    case(f"event-time-windows/{name}-top-of-aggregate", table() +
         f"""SELECT k, window_start, window_end, n, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY n DESC, k) AS rn FROM (
  SELECT k, window_start, window_end, COUNT(*) AS n FROM {window} {GROUPED})) WHERE rn <= 2;""",
         t=edges(name + "top"))
    case(f"event-time-windows/{name}-first-of-each", table() +
         f"SELECT id, k, v, window_start FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY ts) AS rn FROM {window}) WHERE rn = 1;",
         t=edges(name + "first"))
    case(f"event-time-windows/{name}-last-of-each", table() +
         f"SELECT id, k, v, window_start FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY ts DESC) AS rn FROM {window}) WHERE rn = 1;",
         t=edges(name + "last"))
    case(f"event-time-windows/{name}-ties-in-top", table() +
         f"SELECT id, k, v, window_start, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY v DESC) AS rn FROM {window}) WHERE rn BETWEEN 2 AND 3;",
         t=edges(name + "ties"))

case("event-time-windows/hop-steps-do-not-fit", table() +
     "SELECT COUNT(*) FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '5' SECOND)) GROUP BY window_start, window_end;", t=edges("x"))
case("event-time-windows/cumulate-steps-do-not-fit", table() +
     "SELECT COUNT(*) FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '5' SECOND)) GROUP BY window_start, window_end;", t=edges("x"))
case("event-time-windows/null-time", table() +
     f"SELECT COUNT(*) FROM {WINDOWS['tumble']} GROUP BY window_start, window_end;", t=edges("x")[:5] + [{"id": 9, "k": "a", "v": 1, "ts": None}])
case("event-time-windows/only-late-rows-behind", table(delay=0) +
     f"SELECT k, window_start, COUNT(*) AS c FROM {WINDOWS['tumble']} {GROUPED};",
     t=[{"id": i, "k": "a", "v": 1, "ts": text(ms)} for i, ms in enumerate([4_999, 5_000, 4_999, 0, 9_998, 9_999, 9_999, 10_000, 5_000])])
case("event-time-windows/cumulate-rows-on-every-step", table(delay=1) +
     f"SELECT window_start, window_end, COUNT(*) AS c, COUNT(DISTINCT k) AS d FROM {WINDOWS['cumulate']} GROUP BY window_start, window_end;",
     t=[{"id": i, "k": "ab"[i % 2], "v": i, "ts": text(i * 1_000)} for i in range(20)])

# Sessions.
for name, gaps in {"touching": [0, 3000, 6000, 9001, 12_001, 12_002, 15_003], "late-row-merges": [0, 5000, 2500, 10_000, 13_000, 7_500, 8_001, 30_000, 11_000],
                   "late-row-is-lost": [0, 20_000, 1000, 17_000, 17_001, 18_000, 40_000, 20_500]}.items():
    rows = [{"id": i, "k": "a", "v": i, "ts": text(ms)} for i, ms in enumerate(gaps)]
    case(f"event-time-windows/session-{name}", table() +
         "SELECT SESSION_START(ts, INTERVAL '3' SECOND) AS a, SESSION_END(ts, INTERVAL '3' SECOND) AS z, COUNT(*) AS c, SUM(v) AS s FROM t GROUP BY SESSION(ts, INTERVAL '3' SECOND);",
         t=rows)
case("event-time-windows/session-null-keys", table() +
     "SELECT k, SESSION_START(ts, INTERVAL '2' SECOND) AS a, SESSION_ROWTIME(ts, INTERVAL '2' SECOND) AS r, COUNT(*) AS c, COUNT(DISTINCT v) AS d FROM t GROUP BY k, SESSION(ts, INTERVAL '2' SECOND);",
     t=edges("session keys"))
LATEST = "CREATE VIEW u AS SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY ts DESC) AS n FROM t) WHERE n = 1;\n"
for name, group in {"tumble": "TUMBLE(ts, INTERVAL '5' SECOND)", "hop": "HOP(ts, INTERVAL '2' SECOND, INTERVAL '6' SECOND)",
                    "session": "SESSION(ts, INTERVAL '3' SECOND)"}.items():
    start = group.replace("(", "_START(", 1)
    case(f"event-time-windows/{name}-of-updates", table() + LATEST.format(key="v") +
         f"SELECT {start} AS a, COUNT(*) AS c, SUM(v) AS s, MAX(id) AS m FROM u GROUP BY {group};", t=edges(name + "updates", back=3))
    case(f"event-time-windows/{name}-before-1970-group", table() +
         f"SELECT k, {start} AS a, COUNT(*) AS c FROM t GROUP BY k, {group};",
         t=edges(name + "oldgroup", start=datetime(1969, 12, 31, 23, 59, 20, tzinfo=timezone.utc)))

# Window functions inside subqueries of expressions.
W = "SELECT k, v, window_start, window_end FROM TABLE(TUMBLE((SELECT k, v, ts FROM t WHERE v > 0), DESCRIPTOR(ts), INTERVAL '5' SECOND))"
case("event-time-subqueries/exists", table() + f"SELECT id, k FROM t AS o WHERE EXISTS (SELECT * FROM ({W}) AS w WHERE w.k = o.k AND w.v = o.v);", t=edges("sub1", 12))
case("event-time-subqueries/in", table() + f"SELECT id, k FROM t AS o WHERE v IN (SELECT v FROM ({W}) AS w);", t=edges("sub2", 12))
case("event-time-subqueries/not-in", table() + f"SELECT id, k FROM t AS o WHERE v NOT IN (SELECT v FROM ({W}) AS w WHERE w.k = 'a');", t=edges("sub3", 12))
case("event-time-subqueries/scalar", table() + f"SELECT id, (SELECT COUNT(*) FROM ({W}) AS w) AS n FROM t;", t=edges("sub4", 12))
case("event-time-subqueries/scalar-of-group-window", table() +
     "SELECT id, (SELECT MAX(a) FROM (SELECT TUMBLE_START(ts, INTERVAL '5' SECOND) AS a FROM t GROUP BY TUMBLE(ts, INTERVAL '5' SECOND)) AS w) AS m FROM t;", t=edges("sub5", 12))
case("event-time-subqueries/in-of-session", table() +
     "SELECT id, ts FROM t WHERE ts IN (SELECT a FROM (SELECT SESSION_START(ts, INTERVAL '2' SECOND) AS a FROM t GROUP BY SESSION(ts, INTERVAL '2' SECOND)) AS w);", t=edges("sub6", 12))
case("event-time-subqueries/window-aggregate-in-exists", table() +
     f"SELECT id, k FROM t AS o WHERE EXISTS (SELECT * FROM (SELECT k, COUNT(*) AS n FROM ({W}) {GROUPED}) AS w WHERE w.k = o.k AND w.n > 1);", t=edges("sub7", 14))
case("event-time-subqueries/two-deep", table() +
     f"SELECT id, k FROM t WHERE k IN (SELECT k FROM t WHERE v IN (SELECT v FROM ({W}) AS w));", t=edges("sub8", 12))

# Days and hours of zones that change their offset.
ZONES = {
    "berlin-spring": ("Europe/Berlin", datetime(2024, 3, 30, 20, 0, tzinfo=timezone.utc)),
    "berlin-autumn": ("Europe/Berlin", datetime(2024, 10, 26, 20, 0, tzinfo=timezone.utc)),
    "new-york-spring": ("America/New_York", datetime(2024, 3, 10, 3, 0, tzinfo=timezone.utc)),
    "lord-howe-autumn": ("Australia/Lord_Howe", datetime(2024, 4, 6, 10, 0, tzinfo=timezone.utc)),
    "sao-paulo-midnight": ("America/Sao_Paulo", datetime(2018, 11, 3, 22, 0, tzinfo=timezone.utc)),
    "kathmandu": ("Asia/Kathmandu", datetime(2024, 5, 1, 15, 0, tzinfo=timezone.utc)),
}


def instants(seed, start, count=60):
    rng = random.Random(zlib.crc32(seed.encode()))
    rows, now = [], 0
    for number in range(count):
        now += rng.choice([0, 5, 15, 15, 30, 45]) * 60_000
        at = start + timedelta(milliseconds=now + rng.choice([0, 0, 0, -1, 1]))
        rows.append({"id": number, "k": rng.choice("ab"), "v": rng.randrange(5), "ts": int(at.timestamp() * 1000 + 0.5)})
    return rows


for name, (zone, start) in ZONES.items():
    ltz = (f"SET 'table.local-time-zone' = '{zone}';\nCREATE TABLE t (id INT, k STRING, v INT, ms BIGINT, ts AS TO_TIMESTAMP_LTZ(ms, 3),\n"
           f"  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)\nWITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');\n")
    for what, select in {
        "hours": f"SELECT k, window_start, window_end, window_time, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR)) {GROUPED}, window_time;",
        "hop": f"SELECT k, window_start, window_end, COUNT(*) AS c FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '30' MINUTE, INTERVAL '2' HOUR)) {GROUPED};",
        "cumulate": f"SELECT k, window_start, window_end, COUNT(*) AS c FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '4' HOUR)) {GROUPED};",
        "rows": "SELECT id, ts, window_start, window_end, window_time FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' DAY));",
        "session": "SELECT k, SESSION_START(ts, INTERVAL '30' MINUTE) AS a, SESSION_END(ts, INTERVAL '30' MINUTE) AS z, SESSION_ROWTIME(ts, INTERVAL '30' MINUTE) AS r, COUNT(*) AS c FROM t GROUP BY k, SESSION(ts, INTERVAL '30' MINUTE);",
    }.items():
        rows = instants(name + what, start)
        for row in rows:
            row["ms"] = row.pop("ts")
        case(f"event-time-zones/{name}-{what}", ltz + select, t=rows)
    if name in ("berlin-spring", "berlin-autumn"):
        rows = instants(name + "more", start)
        for row in rows:
            row["ms"] = row.pop("ts")
        case(f"event-time-zones/{name}-join", ltz +
             "CREATE VIEW w AS SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR));\n"
             "SELECT l.id, r.id AS other, l.window_start, l.window_end FROM w AS l JOIN w AS r ON l.window_start = r.window_start AND l.window_end = r.window_end AND l.k = r.k AND l.v = r.v;", t=rows)
        case(f"event-time-zones/{name}-top", ltz +
             "SELECT id, window_start, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY v DESC, id) AS rn FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR))) WHERE rn <= 2;", t=rows)
        case(f"event-time-zones/{name}-over", ltz +
             "SELECT id, ts, COUNT(*) OVER (PARTITION BY k ORDER BY ts RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS c FROM t;", t=rows)

# OVER.
for what, frame in {"rows": "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW", "range": "RANGE BETWEEN INTERVAL '3' SECOND PRECEDING AND CURRENT ROW",
                    "rows-unbounded": "ROWS UNBOUNDED PRECEDING", "range-unbounded": "RANGE UNBOUNDED PRECEDING"}.items():
    over = f"(PARTITION BY k ORDER BY ts {frame})"
    case(f"event-time-over/{what}-edges", table() +
         f"SELECT id, k, COUNT(*) OVER w AS c, SUM(v) OVER w AS s, COUNT(DISTINCT v) OVER w AS d, MIN(v) OVER w AS lo, FIRST_VALUE(v) OVER w AS f, LAST_VALUE(id) OVER w AS l FROM t WINDOW w AS {over};",
         t=edges(what + "over"))
    case(f"event-time-over/{what}-before-1970", table() + f"SELECT id, k, COUNT(*) OVER {over} AS c FROM t;",
         t=edges(what + "oldover", start=datetime(1969, 12, 31, 23, 59, 20, tzinfo=timezone.utc)))
    case(f"event-time-over/{what}-of-window-rows", table() +
         f"SELECT id, window_start, SUM(v) OVER (PARTITION BY k, window_start ORDER BY ts {frame}) AS s FROM {WINDOWS['hop']};", t=edges(what + "overw", 25))

# Top-N and deduplication with ties.
for what, source in {"rows": "t", "latest": "u", "counts": "(SELECT k, v AS id, COUNT(*) AS v FROM t GROUP BY k, v)"}.items():
    for order in ("v", "v DESC", "v DESC, id", "v, id DESC"):
        for bound in ("rn <= 2", "rn BETWEEN 2 AND 3", "rn = 2"):
            if what != "rows" and "id" not in order:
                continue
            name = f"{what}-{order}-{bound}".replace(" ", "-").replace(",", "").replace("<=", "to").replace("=", "is").lower()
            case(f"event-time-ranks/{name}", table() + LATEST.format(key="id") +
                 f"SELECT k, id, v, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY {order}) AS rn FROM {source}) WHERE {bound};",
                 t=[{**row, "id": row["id"] % 11} for row in edges(name)])
case("event-time-ranks/offset-of-updates", table() + LATEST.format(key="id") + "SELECT id, v FROM u ORDER BY v DESC, id LIMIT 3 OFFSET 2;",
     t=[{**row, "id": row["id"] % 11} for row in edges("offset")])
case("event-time-ranks/sort-by-time-ties", table() + "SELECT id, v FROM t ORDER BY ts, v DESC, id;", t=edges("sort"))

# Temporal joins.
VERSIONS = table("r", delay=6, columns="k STRING, x INT", key=",\n  PRIMARY KEY (k) NOT ENFORCED")
VIEW = (table("r", delay=6, columns="k STRING, x INT") +
        "CREATE VIEW versions AS SELECT k, x, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM r) WHERE n = 1;\n")


def versions(seed, count=25, key=("a", "b", "c"), **more):
    return [{"k": row["k"], "x": number, "ts": row["ts"]} for number, row in enumerate(edges(seed, count, key=key, back=1, **more))]


for kind in ("JOIN", "LEFT JOIN"):
    name = kind.split()[0].lower()
    case(f"event-time-temporal/table-edges-{name}", table(delay=6) + VERSIONS +
         f"SELECT t.id, r.x FROM t {kind} r FOR SYSTEM_TIME AS OF t.ts ON t.k = r.k;", t=edges("tj" + name, back=2, key=("a", "b", "d")), r=versions("vj" + name))
    case(f"event-time-temporal/view-edges-{name}", table(delay=6) + VIEW +
         f"SELECT t.id, r.x FROM t {kind} versions FOR SYSTEM_TIME AS OF t.ts AS r ON t.k = r.k;", t=edges("tv" + name, back=2, key=("a", "b", "d")),
         r=sorted(versions("vv" + name), key=lambda row: row["ts"]))
    case(f"event-time-temporal/window-behind-{name}", table(delay=8) + VERSIONS +
         f"""CREATE VIEW j AS SELECT t.k, t.ts, r.x FROM t {kind} r FOR SYSTEM_TIME AS OF t.ts ON t.k = r.k;
SELECT k, window_start, COUNT(*) AS c, SUM(x) AS s FROM TABLE(TUMBLE(TABLE j, DESCRIPTOR(ts), INTERVAL '5' SECOND)) {GROUPED};""",
         t=edges("tw" + name, back=2, key=("a", "b", "d")), r=versions("vw" + name))
    case(f"event-time-temporal/of-windows-{name}", table(delay=8) + VERSIONS +
         f"""CREATE VIEW w AS SELECT k, window_time AS rt, COUNT(*) AS n FROM {WINDOWS['tumble']} {GROUPED}, window_time;
SELECT w.k, w.n, r.x FROM w {kind} r FOR SYSTEM_TIME AS OF w.rt ON w.k = r.k;""", t=edges("tz" + name, back=2, key=("a", "b", "d")), r=versions("vz" + name))
    case(f"event-time-temporal/key-and-condition-{name}", table(delay=6) + VERSIONS +
         f"SELECT t.id, r.x FROM t {kind} r FOR SYSTEM_TIME AS OF t.ts ON t.k = r.k AND (t.v IS NULL OR MOD(r.x, 3) <> t.v);", t=edges("tc" + name, back=2), r=versions("vc" + name))

# Window joins.
PAIR = (table("t", delay=20) + table("o", delay=20) +
        "CREATE VIEW l AS SELECT * FROM {w};\nCREATE VIEW r AS SELECT * FROM {x};\n")
SAME = "l.window_start = r.window_start AND l.window_end = r.window_end"
for name, window in WINDOWS.items():
    both = PAIR.format(w=window, x=window.replace("TABLE t", "TABLE o"))
    for what, select in {
        "null-keys": f"SELECT l.id, r.id AS other, l.window_start AS s FROM l FULL JOIN r ON {SAME} AND l.k = r.k AND l.v = r.v",
        "not-distinct": f"SELECT l.id, r.id AS other FROM l LEFT JOIN r ON {SAME} AND l.k IS NOT DISTINCT FROM r.k AND l.v < r.v",
        "in": f"SELECT l.id, l.window_start FROM l WHERE l.v IN (SELECT v FROM r WHERE {SAME})",
        "not-in": f"SELECT l.id, l.window_start FROM l WHERE l.v NOT IN (SELECT v FROM r WHERE {SAME} AND v IS NOT NULL)",
        "aggregate-behind": f"SELECT l.window_start AS s, l.window_end AS e, COUNT(*) AS c, SUM(r.v) AS v FROM l JOIN r ON {SAME} AND l.k = r.k GROUP BY l.window_start, l.window_end",
    }.items():
        case(f"event-time-joins/{name}-{what}", both + select + ";", t=edges(name + what, 22), o=edges(name + what + "o", 22))

# Patterns.
MATCH = """SELECT * FROM t MATCH_RECOGNIZE (
  PARTITION BY k ORDER BY ts
  MEASURES FIRST(A.id) AS a, {last} AS z, COUNT(*) AS c
  ONE ROW PER MATCH {skip}
  PATTERN ({pattern}) {within}
  DEFINE {define}) AS m;"""
DEFINE = "A AS A.v >= 0, B AS B.v > 0 OR B.v IS NULL, C AS C.v <= 1"
for number, (pattern, skip, within) in enumerate([
    ("A B+ C", "AFTER MATCH SKIP PAST LAST ROW", ""), ("A B+? C", "AFTER MATCH SKIP PAST LAST ROW", ""),
    ("A B* C", "AFTER MATCH SKIP TO NEXT ROW", ""), ("A B*? C", "AFTER MATCH SKIP TO NEXT ROW", ""),
    ("A B? C", "AFTER MATCH SKIP TO LAST C", ""), ("A B{2} C", "AFTER MATCH SKIP TO NEXT ROW", ""),
    ("A B{1,3} C", "AFTER MATCH SKIP TO LAST B", ""), ("A B{1,3}? C", "AFTER MATCH SKIP PAST LAST ROW", ""),
    ("A{2,} C", "AFTER MATCH SKIP TO NEXT ROW", ""), ("A+ C", "AFTER MATCH SKIP TO FIRST C", ""),
    ("A B+ C", "AFTER MATCH SKIP PAST LAST ROW", "WITHIN INTERVAL '3' SECOND"), ("A B C", "AFTER MATCH SKIP TO NEXT ROW", "WITHIN INTERVAL '2' SECOND"),
    ("A B*? C", "AFTER MATCH SKIP PAST LAST ROW", "WITHIN INTERVAL '5' SECOND"), ("A B{0,2} C", "AFTER MATCH SKIP TO NEXT ROW", "WITHIN INTERVAL '4' SECOND"),
    ("A B{2,4}? C", "AFTER MATCH SKIP TO NEXT ROW", "WITHIN INTERVAL '6' SECOND"), ("A+? C", "AFTER MATCH SKIP PAST LAST ROW", "WITHIN INTERVAL '4' SECOND"),
]):
    define = DEFINE if "B" in pattern else "A AS A.v >= 0, C AS C.v <= 1"
    case(f"event-time-patterns/pattern-{number:02}", table() +
         MATCH.format(last="C.id", skip=skip, pattern=pattern, within=within, define=define), t=edges(pattern + skip + within, 60))

# Interval joins and deduplication at the edges.
for kind in ("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"):
    name = kind.split()[0].lower()
    case(f"event-time-joins/interval-{name}", table(delay=6) + table("o", delay=6) +
         f"SELECT t.id, o.id AS other FROM t {kind} o ON t.k = o.k AND t.ts >= o.ts - INTERVAL '2' SECOND AND t.ts < o.ts + INTERVAL '1' SECOND;",
         t=edges("i" + name, 30, back=2), o=edges("o" + name, 30, back=3))
for what, order in {"first": "ts", "last": "ts DESC"}.items():
    case(f"event-time-ranks/deduplicate-{what}", table() +
         f"SELECT id, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, v ORDER BY {order}) AS rn FROM t) WHERE rn = 1;", t=edges("dd" + what))
    case(f"event-time-ranks/deduplicate-{what}-of-window-rows", table() +
         f"SELECT id, k, window_start FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, window_start ORDER BY {order}) AS rn FROM {WINDOWS['tumble']}) WHERE rn = 1;", t=edges("dw" + what))

# Calls OVER a window that nobody reads: whether the window is one, and rows late for it are lost, depends on what reads it.
UNREAD = "CREATE VIEW o AS SELECT id, k, v, ts, SUM(v) OVER (PARTITION BY k ORDER BY ts) AS s FROM t;\n"
for name, select in {
    "aggregate": "SELECT k, COUNT(*) AS c, SUM(v) AS x FROM o GROUP BY k",
    "aggregate-filter": "SELECT k, COUNT(*) FILTER (WHERE v > 0) AS c FROM o GROUP BY k",
    "aggregate-where": "SELECT k, COUNT(*) AS c FROM o WHERE v > 0 GROUP BY k",
    "aggregate-without-key": "SELECT COUNT(*) AS c FROM o",
    "aggregate-of-star": "SELECT k, COUNT(*) AS c FROM (SELECT * FROM o) GROUP BY k",
    "count-distinct": "SELECT COUNT(DISTINCT v) AS c, COUNT(*) AS n FROM o",
    "grouping-sets": "SELECT k, v, COUNT(*) AS c FROM o GROUP BY GROUPING SETS ((k), (v), ())",
    "group-window": "SELECT k, TUMBLE_START(ts, INTERVAL '5' SECOND) AS a, COUNT(*) AS c FROM o GROUP BY k, TUMBLE(ts, INTERVAL '5' SECOND)",
    "session": "SELECT k, SESSION_START(ts, INTERVAL '1' SECOND) AS a, COUNT(*) AS c FROM o GROUP BY k, SESSION(ts, INTERVAL '1' SECOND)",
    "tumble": f"SELECT k, window_start, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ts), INTERVAL '5' SECOND)) {GROUPED}",
    "tumble-of-subquery": f"SELECT k, window_start, COUNT(*) AS c FROM TABLE(TUMBLE((SELECT k, ts FROM o), DESCRIPTOR(ts), INTERVAL '5' SECOND)) {GROUPED}",
    "distinct": "SELECT DISTINCT v, k FROM o",
    "where": "SELECT id, k FROM o WHERE v > 0",
    "top": "SELECT id, k FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC, id) AS n FROM o) WHERE n <= 8",
    "union-of-stars": "SELECT id FROM (SELECT * FROM o UNION ALL SELECT * FROM o)",
    "join": "SELECT o.id, t.id AS other FROM o JOIN t ON o.k = t.k AND o.v = t.v AND t.id < 5",
    "in": "SELECT id FROM t WHERE id IN (SELECT id FROM o)",
    "exists": "SELECT id FROM t WHERE EXISTS (SELECT * FROM o WHERE o.id = t.id)",
    "not-exists": "SELECT id FROM t WHERE NOT EXISTS (SELECT * FROM o WHERE o.id = t.id)",
    "scalar": "SELECT id, (SELECT COUNT(*) FROM o) AS n FROM t WHERE id < 2",
    "over": "SELECT id, COUNT(*) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS c FROM o",
    "one-of-two": "SELECT k, MAX(s) AS m, COUNT(*) AS c FROM (SELECT *, COUNT(*) OVER (PARTITION BY v ORDER BY ts) AS c2 FROM o) GROUP BY k",
    "match": """SELECT x, y FROM o MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.id AS x, B.id AS y
  ONE ROW PER MATCH AFTER MATCH SKIP TO NEXT ROW PATTERN (A B) DEFINE A AS A.v >= 0, B AS B.v >= A.v)""",
}.items():
    case(f"event-time-over/unread-{name}", table(delay=0) + UNREAD + select + ";", t=edges("unread", 40))

# Rows with their elements have the windows of the rows (Flink `FlinkRelMdWindowProperties`).
for name, window in WINDOWS.items():
    for kind in ("CROSS", "LEFT"):
        rows = f"{window} AS w {kind} JOIN UNNEST(ARRAY[1, w.v]) AS u (x)" + ("" if kind == "CROSS" else " ON TRUE")
        for what, select in {
            "grouped": f"SELECT window_start, window_end, x, COUNT(*) AS c FROM {rows} GROUP BY window_start, window_end, x",
            "grouped-by-key": f"SELECT k, window_start, window_end, SUM(x) AS s, COUNT(DISTINCT x) AS d FROM {rows} GROUP BY k, window_start, window_end",
            "where": f"SELECT k, window_start, window_end, SUM(x) AS s FROM {rows} WHERE x > 0 AND v < 4 GROUP BY k, window_start, window_end",
            "top": f"SELECT id, x, window_start, n FROM (SELECT id, x, window_start, window_end, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY x DESC, id) AS n FROM {rows}) WHERE n <= 2",
        }.items():
            case(f"event-time-windows/{name}-{kind.lower()}-unnest-{what}", table() + select + ";", t=edges("unnest" + name, 40))
case("event-time-windows/tumble-unnest-into-tumble", table() +
     f"""CREATE VIEW w AS SELECT x, window_time AS rt, COUNT(*) AS n FROM {WINDOWS['tumble']} AS w CROSS JOIN UNNEST(ARRAY[1, w.v]) AS u (x) GROUP BY x, window_start, window_end, window_time;
SELECT window_start, window_end, SUM(n) AS s, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE w, DESCRIPTOR(rt), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;""",
     t=edges("unnest twice", 40))
case("event-time-windows/tumble-unnest-joined", table() +
     f"""CREATE VIEW w AS SELECT * FROM {WINDOWS['tumble']} AS w CROSS JOIN UNNEST(ARRAY[1, w.v]) AS u (x);
CREATE VIEW c AS SELECT window_start, window_end, COUNT(*) AS n FROM {WINDOWS['tumble']} GROUP BY window_start, window_end;
SELECT w.id, w.x, c.n FROM w JOIN c ON w.window_start = c.window_start AND w.window_end = c.window_end;""",
     t=edges("unnest joined", 20, back=2))
case("event-time-windows/tumble-over-then-grouped", table() +
     f"""CREATE VIEW w AS SELECT k, v, window_start, window_end, SUM(v) OVER (PARTITION BY k ORDER BY ts) AS s FROM {WINDOWS['tumble']};
SELECT window_start, window_end, MAX(s) AS m, COUNT(*) AS c FROM w GROUP BY window_start, window_end;""",
     t=edges("over grouped", 40))
case("event-time-temporal/tumble-joined-then-grouped", table(delay=2) + VERSIONS +
     f"""CREATE VIEW w AS SELECT * FROM {WINDOWS['tumble']};
CREATE VIEW j AS SELECT w.k, w.window_start, w.window_end, r.x FROM w JOIN r FOR SYSTEM_TIME AS OF w.ts ON w.k = r.k;
SELECT k, window_start, window_end, COUNT(*) AS c, SUM(x) AS s FROM j GROUP BY k, window_start, window_end;""",
     t=edges("temporal grouped", 40, key=("a", "b", "d")), r=versions("temporal grouped"))

# An interval before or after a rowtime is one for group windows alone, also where a subquery computes it.
SHIFTED = "(SELECT ts + INTERVAL '1' SECOND AS ts, k, id, v FROM t)"
for name, select in {
    "tumble": f"SELECT k, TUMBLE_ROWTIME(ts, INTERVAL '5' SECOND) AS r, COUNT(*) AS c FROM {SHIFTED} GROUP BY k, TUMBLE(ts, INTERVAL '5' SECOND)",
    "tumble-where": f"SELECT TUMBLE_START(ts, INTERVAL '5' SECOND) AS a, COUNT(*) AS c FROM {SHIFTED} WHERE v > 0 GROUP BY TUMBLE(ts, INTERVAL '5' SECOND)",
    "session": f"SELECT SESSION_START(ts, INTERVAL '1' SECOND) AS a, COUNT(*) AS c FROM {SHIFTED} GROUP BY SESSION(ts, INTERVAL '1' SECOND)",
    "hop-before": "SELECT HOP_START(x, INTERVAL '2' SECOND, INTERVAL '4' SECOND) AS a, COUNT(*) AS c FROM (SELECT ts - INTERVAL '2' SECOND AS x FROM t) GROUP BY HOP(x, INTERVAL '2' SECOND, INTERVAL '4' SECOND)",
    "table-function": f"SELECT k, window_start, COUNT(*) AS c FROM TABLE(TUMBLE({SHIFTED}, DESCRIPTOR(ts), INTERVAL '5' SECOND)) {GROUPED}",
    "over": f"SELECT id, SUM(v) OVER (PARTITION BY k ORDER BY ts) AS s FROM {SHIFTED}",
}.items():
    case(f"event-time-windows/shifted-{name}", table() + select + ";", t=edges("shifted", 40))
# Rows without a rowtime, which an outer join makes, are in no group window.
for name, window in {"tumble": "TUMBLE(t.ts, INTERVAL '5' SECOND)", "hop": "HOP(t.ts, INTERVAL '2' SECOND, INTERVAL '6' SECOND)",
                     "session": "SESSION(t.ts, INTERVAL '2' SECOND)"}.items():
    case(f"event-time-windows/no-rowtime-{name}", table(delay=50) + table("o", delay=50) +
         f"""SELECT t.k, {window.replace('(', '_START(', 1)} AS a, COUNT(*) AS c, COUNT(o.id) AS n FROM t FULL JOIN o
  ON t.k = o.k AND t.ts BETWEEN o.ts - INTERVAL '2' SECOND AND o.ts GROUP BY t.k, {window};""",
         t=edges("no rowtime", 30, back=2), o=edges("no rowtime o", 30, back=2))
