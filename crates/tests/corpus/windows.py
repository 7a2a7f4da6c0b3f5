#!/usr/bin/env python3
"""Writes the inputs of the corpus cases of windows: window table functions, window aggregates, group windows.

usage: windows.py [AREA...]     writes AREA/CASE/{case.sql,*.json} beside this file; flink.jsonl is recorded separately

Every case has its own seed. Times go forward by a few seconds and sometimes back by more than the watermark waits, so
that most cases have late rows; keys and values repeat and are NULL now and then.
"""
import json
import random
import sys
import zlib
from pathlib import Path

ROOT = Path(__file__).parent
WANTED = sys.argv[1:]


def ts(ms, day="2024-03-01"):
    s, days = ms // 1000, 0
    days, s = divmod(s, 86_400)
    year, month, date = day.split("-")
    return f"{year}-{month}-{int(date) + days:02d} {s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}.{ms % 1000:03d}"


def case(area, name, sql, **files):
    if WANTED and area not in WANTED:
        return
    folder = ROOT / area / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.sql").write_text(sql.strip() + "\n")
    for stem, rows in files.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{stem}.json").write_text(text)


COLUMNS = """id STRING, k STRING, j STRING, v INT, l BIGINT, sm SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN"""


def source(name="t", time="ts TIMESTAMP(3)", extra="", delay=2):
    return (f"CREATE TABLE {name} ({COLUMNS}, {time}{extra},\n  WATERMARK FOR ts AS ts - INTERVAL '{delay}' SECOND)\n"
            f"WITH ('connector' = 'filesystem', 'path' = '{name}.json', 'format' = 'json');\n")


LATEST = """CREATE VIEW u AS SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY ts DESC) AS n FROM t) WHERE n = 1;
"""


def rows(name, count=40, ids=9, nulls=0.12, keys=("a", "b", "c", None), step=3000, back=9000, late=0.2, start=0,
         day="2024-03-01", suffix=""):
    rng = random.Random(zlib.crc32(name.encode()))

    def maybe(value):
        return None if rng.random() < nulls else value

    result, now = [], start + 10_000
    for _ in range(count):
        now += rng.choice([0, 0, step // 3, step, step, step * 2])
        t = now - rng.randrange(0, back, 500) if rng.random() < late else now
        result.append({
            "id": f"i{rng.randint(0, ids - 1)}", "k": rng.choice(keys), "j": rng.choice(["p", "q"]), "v": maybe(rng.randint(0, 9)),
            "l": maybe(rng.randint(-5, 5) * 1_000_000_007), "sm": maybe(rng.randint(-30, 30)),
            "d": maybe(rng.randint(-5000, 5000) / 100), "f": maybe(rng.randint(-20, 20) / 4),
            "s": maybe(rng.choice(["x", "y", "zz", "", "é", "10", "9"])), "b": maybe(rng.random() < 0.5),
            "ts": ts(max(t, 0), day) + suffix})
    return result


TUMBLE = "TUMBLE(TABLE {t}, DESCRIPTOR({c}), INTERVAL '10' SECOND)"
HOP = "HOP(TABLE {t}, DESCRIPTOR({c}), INTERVAL '5' SECOND, INTERVAL '15' SECOND)"
CUMULATE = "CUMULATE(TABLE {t}, DESCRIPTOR({c}), INTERVAL '5' SECOND, INTERVAL '20' SECOND)"
KINDS = {"tumble": TUMBLE, "hop": HOP, "cumulate": CUMULATE}


def tvf(kind, t="t", c="ts"):
    return f"TABLE({KINDS[kind].format(t=t, c=c)})"


# ---- window table functions alone ----
def alone(name, sql, head=None, **kw):
    case("window-tvf", name, (head if head is not None else source()) + sql, t=rows(name, **kw))


for kind in KINDS:
    alone(f"{kind}-star", f"SELECT * FROM {tvf(kind)};", count=12)
    alone(f"{kind}-columns", f"SELECT k, v, window_start, window_end, window_time FROM {tvf(kind)};")
    alone(f"{kind}-filter", f"SELECT k, v, window_end FROM {tvf(kind)} WHERE v > 3 AND window_start < TIMESTAMP '2024-03-01 00:01:00';")
    alone(f"{kind}-alias", f"SELECT w.k, w.window_start AS s FROM {tvf(kind)} AS w;")
    alone(f"{kind}-group-by-end-only", f"SELECT window_end, COUNT(*) AS c, SUM(v) AS s FROM {tvf(kind)} GROUP BY window_end;")
    alone(f"{kind}-group-by-start-only", f"SELECT window_start, k, COUNT(*) AS c FROM {tvf(kind)} GROUP BY window_start, k;")
    alone(f"{kind}-types", f"SELECT TYPEOF(window_start) AS a, TYPEOF(window_end) AS b, TYPEOF(window_time) AS c, TYPEOF(ts) AS d FROM {tvf(kind)};", count=3)
alone("named-tumble", "SELECT k, window_start, window_end FROM TABLE(TUMBLE(DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '10' SECOND));")
alone("named-tumble-offset", "SELECT k, window_start, window_end FROM TABLE(TUMBLE(DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '10' SECOND, `OFFSET` => INTERVAL '3' SECOND));")
alone("named-hop", "SELECT k, window_start, window_end FROM TABLE(HOP(DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), SLIDE => INTERVAL '5' SECOND, SIZE => INTERVAL '10' SECOND));")
alone("named-cumulate", "SELECT k, window_start, window_end FROM TABLE(CUMULATE(DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), STEP => INTERVAL '5' SECOND, SIZE => INTERVAL '10' SECOND));")
alone("tumble-offset", "SELECT k, window_start, window_end, window_time FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '4' SECOND));")
alone("tumble-negative-offset", "SELECT k, window_start, window_end FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '-4' SECOND));")
alone("hop-offset", "SELECT k, window_start, window_end FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND, INTERVAL '2' SECOND));")
alone("cumulate-offset", "SELECT k, window_start, window_end FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND, INTERVAL '2' SECOND));")
alone("hop-not-a-multiple", "SELECT k, window_start, window_end FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '4' SECOND, INTERVAL '10' SECOND));")
alone("hop-slide-above-size", "SELECT k, window_start, window_end FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '4' SECOND));")
alone("subquery", "SELECT x, window_start FROM TABLE(TUMBLE((SELECT k || 'x' AS x, ts FROM t WHERE v > 2), DESCRIPTOR(ts), INTERVAL '10' SECOND));")
alone("cte", "WITH q AS (SELECT k, ts, v + 1 AS w FROM t) SELECT k, w, window_start FROM TABLE(TUMBLE(TABLE q, DESCRIPTOR(ts), INTERVAL '10' SECOND));")
alone("view", "CREATE VIEW q AS SELECT k, ts AS time_of, v FROM t;\nSELECT k, v, window_start FROM TABLE(TUMBLE(TABLE q, DESCRIPTOR(time_of), INTERVAL '10' SECOND));")
alone("view-of-windows", f"CREATE VIEW w AS SELECT k, v, window_start AS a, window_end AS z FROM {tvf('tumble')};\nSELECT a, z, k, SUM(v) AS s FROM w GROUP BY a, z, k;")
alone("window-of-window", f"SELECT k, s1, window_start FROM TABLE(TUMBLE((SELECT k, window_start AS s1, window_time AS wt FROM {tvf('tumble')}), DESCRIPTOR(wt), INTERVAL '20' SECOND));")
alone("window-of-window-same-names", f"CREATE VIEW w AS SELECT k, window_start, window_end, window_time FROM {tvf('tumble')};\nSELECT * FROM TABLE(TUMBLE(TABLE w, DESCRIPTOR(window_time), INTERVAL '20' SECOND));", count=8)
alone("old-time-is-still-an-attribute", f"SELECT k, window_start FROM TABLE(TUMBLE((SELECT k, ts FROM {tvf('tumble')}), DESCRIPTOR(ts), INTERVAL '20' SECOND));", count=4)
alone("minutes-plural", "SELECT k, window_start FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTES));")
alone("day-to-second", "SELECT k, window_start FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '0 00:00:10' DAY TO SECOND));")
alone("before-1970", "SELECT k, window_start, window_end FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '7' SECOND));", day="1969-07-01", count=10)
alone("hop-before-1970", "SELECT k, window_start, window_end FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND));", day="1969-07-01", count=6)
alone("offset-above-size", "SELECT k FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '10' SECOND));", count=4)
alone("updating-input", LATEST + "SELECT k, window_start FROM TABLE(TUMBLE(TABLE u, DESCRIPTOR(ts), INTERVAL '10' SECOND));", count=4)
for name, sql in {
    "months": "SELECT k FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MONTH))",
    "zero-size": "SELECT k FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '0' SECOND))",
    "cumulate-not-a-multiple": "SELECT k FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '4' SECOND, INTERVAL '10' SECOND))",
    "no-time-attribute": "SELECT k FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(v), INTERVAL '10' SECOND))",
    "unknown-column": "SELECT k FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(nix), INTERVAL '10' SECOND))",
    "plain-timestamp": "SELECT k FROM TABLE(TUMBLE((SELECT k, ts + INTERVAL '1' SECOND AS x FROM t), DESCRIPTOR(x), INTERVAL '10' SECOND))",
    "too-few-arguments": "SELECT k FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts)))",
    "hop-too-few-arguments": "SELECT k FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND))",
    "size-no-literal": "SELECT k FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND * 2))",
    "unknown-table": "SELECT k FROM TABLE(TUMBLE(TABLE nix, DESCRIPTOR(ts), INTERVAL '10' SECOND))",
}.items():
    alone(f"refused-{name}", sql + ";", count=4)
LTZ = source(time="ts TIMESTAMP_LTZ(3)")
BERLIN = "SET 'table.local-time-zone' = 'Europe/Berlin';\n"
for kind in KINDS:
    alone(f"{kind}-instants", f"SELECT k, ts, window_start, window_end, window_time FROM {tvf(kind)};", head=BERLIN + LTZ, count=10, suffix="Z")
alone("instants-types", f"SELECT TYPEOF(window_start) AS a, TYPEOF(window_time) AS c FROM {tvf('tumble')};", head=BERLIN + LTZ, count=2, suffix="Z")
DAY = "TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' DAY))"
HOUR = "TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR))"
for name, day in {"spring": "2024-03-30", "autumn": "2024-10-26"}.items():
    slow = dict(head=BERLIN + LTZ, count=40, step=3_600_000, back=7_200_000, day=day, suffix="Z")
    alone(f"days-in-{name}", f"SELECT k, ts, window_start, window_end, window_time FROM {DAY};", **slow)
    alone(f"hours-in-{name}", f"SELECT k, ts, window_start, window_end, window_time FROM {HOUR};", **slow)

# ---- window aggregates ----
def agg(name, sql, head=None, area="window-aggregate", **kw):
    case(area, name, (head if head is not None else source()) + sql, t=rows(name, **kw))


AGGREGATES = {
    "count": "COUNT(*), COUNT({D}v), COUNT({D}s)", "sum": "SUM({D}v), SUM({D}l), SUM({D}sm), SUM({D}d), SUM({D}f)",
    "avg": "AVG({D}v), AVG({D}l), AVG({D}d), AVG({D}f)", "min-max": "MIN({D}v), MAX({D}v), MIN({D}s), MAX({D}s), MIN({D}d), MAX({D}f), MIN({D}b)",
    "stddev": "STDDEV_POP({D}f), VAR_SAMP({D}f), STDDEV_SAMP({D}v)",
    "listagg": "LISTAGG({D}s)", "listagg-separator": "LISTAGG({D}s, '|')", "collect": "COLLECT({D}v), COLLECT({D}s)",
    "first-last": "FIRST_VALUE({D}v), LAST_VALUE({D}s)", "json-arrayagg": "JSON_ARRAYAGG({D}s)", "json-objectagg": "JSON_OBJECTAGG(KEY id VALUE v)",
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


for kind in KINDS:
    for name, call in AGGREGATES.items():
        plain = named(call.replace("{D}", ""))
        distinct = named(call.replace("{D}", "DISTINCT ")) if "{D}" in call else []
        # Flink takes no FILTER behind JSON functions, and is wrong where it puts filtered sums of squares, or filtered lists
        # with a separator, together from slices.
        filtered = [c + " FILTER (WHERE sm > 0 OR b)" for c in plain if name not in ("stddev", "listagg-separator") and "json" not in name]
        # Flink cannot put these together from slices, or does so in the order of a hash table.
        if kind != "tumble" and name in ("first-last", "json-arrayagg"):
            continue
        if "json" in name or kind == "hop" and name in ("stddev", "sum") or kind != "tumble" and "listagg" in name:
            distinct = []
        variants = {"": plain + filtered, "-distinct": [c for c in distinct if "(*)" not in c]}
        for suffix, calls in variants.items():
            if calls:
                select = ", ".join(f"{c} AS x{i}" for i, c in enumerate(calls))
                ids = 40 if name == "json-objectagg" else 9
                case_name = f"{kind}-{name}{suffix}"
                agg(case_name, f"SELECT k, window_start, window_end, {select} FROM {tvf(kind)} GROUP BY k, window_start, window_end;", ids=ids,
                    count=60 if name != "json-objectagg" else 30)
    G = f"FROM {tvf(kind)} GROUP BY window_start, window_end"
    agg(f"{kind}-global", f"SELECT window_start, window_end, COUNT(*) AS c, SUM(v) AS s {G};")
    agg(f"{kind}-no-calls", f"SELECT window_start, window_end, k {G}, k;")
    agg(f"{kind}-time", f"SELECT window_time, k, COUNT(*) AS c {G}, window_time, k;")
    agg(f"{kind}-two-keys", f"SELECT k, j, window_end, COUNT(*) AS c, MAX(v) AS m {G}, k, j;")
    agg(f"{kind}-expression-key", f"SELECT UPPER(k) AS u, window_end, COUNT(*) AS c {G}, UPPER(k);")
    agg(f"{kind}-having", f"SELECT k, window_end, SUM(v) AS s {G}, k HAVING SUM(v) > 6;")
    agg(f"{kind}-where", f"SELECT k, window_end, COUNT(*) AS c FROM {tvf(kind)} WHERE v > 2 GROUP BY window_start, window_end, k;")
    agg(f"{kind}-where-window", f"SELECT k, window_end, COUNT(*) AS c FROM {tvf(kind)} WHERE window_start >= TIMESTAMP '2024-03-01 00:00:20' GROUP BY window_start, window_end, k;")
    agg(f"{kind}-having-window", f"SELECT k, window_end, COUNT(*) AS c {G}, k HAVING window_start >= TIMESTAMP '2024-03-01 00:00:20';")
    agg(f"{kind}-filter-before", f"SELECT k, window_end, COUNT(*) AS c FROM TABLE({KINDS[kind].format(t='q', c='ts')}) GROUP BY window_start, window_end, k;",
        head=source() + "CREATE VIEW q AS SELECT k, ts FROM t WHERE b;\n")
    agg(f"{kind}-call-on-window", f"SELECT k, window_end, MAX(window_start) AS m, COUNT(DISTINCT window_time) AS c {G}, k;")
    agg(f"{kind}-very-late", f"SELECT k, window_start, window_end, COUNT(*) AS c {G}, k;", back=40_000, late=0.5)
    agg(f"{kind}-gaps", f"SELECT k, window_start, window_end, COUNT(*) AS c, SUM(v) AS s {G}, k;", step=30_000, late=0.1, count=20)
    agg(f"{kind}-ties", f"SELECT k, window_start, window_end, COUNT(*) AS c {G}, k;", step=6, late=0, count=20)
    agg(f"{kind}-grouping-sets", f"SELECT window_start, window_end, k, j, COUNT(*) AS c, GROUPING(k) AS g FROM {tvf(kind)} GROUP BY GROUPING SETS ((window_start, window_end, k), (window_start, window_end, j), (window_start, window_end));")
    agg(f"{kind}-rollup", f"SELECT window_start, window_end, k, j, SUM(v) AS c FROM {tvf(kind)} GROUP BY window_start, window_end, ROLLUP (k, j);")
    agg(f"{kind}-cube", f"SELECT window_start, window_end, k, j, SUM(v) AS c FROM {tvf(kind)} GROUP BY window_start, window_end, CUBE (k, j);")
    agg(f"{kind}-in-a-window", f"CREATE VIEW w AS SELECT k, SUM(v) AS s, window_time AS wt {G}, window_time, k;\nSELECT window_start, window_end, SUM(s) AS t, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE w, DESCRIPTOR(wt), INTERVAL '20' SECOND)) GROUP BY window_start, window_end;")
    agg(f"{kind}-again", f"SELECT window_start, window_end, MAX(c) AS m, COUNT(*) AS n FROM (SELECT window_start, window_end, k, COUNT(*) AS c {G}, k) GROUP BY window_start, window_end;")
    agg(f"{kind}-again-renamed", f"CREATE VIEW w AS SELECT window_start AS a, window_end AS z, k, j, COUNT(*) AS c {G}, k, j;\nSELECT a, z, k, SUM(c) AS s FROM w GROUP BY a, z, k;")
    agg(f"{kind}-instants", f"SELECT k, window_start, window_end, window_time, COUNT(*) AS c {G}, window_time, k;", head=BERLIN + LTZ, suffix="Z")
    agg(f"{kind}-union", f"SELECT window_start, window_end, COUNT(*) AS c FROM (SELECT window_start, window_end, k FROM {tvf(kind)} UNION ALL SELECT window_start, window_end, j FROM {tvf(kind)}) GROUP BY window_start, window_end;", late=0)
    agg(f"{kind}-distinct-with-filters", f"SELECT k, window_end, COUNT(DISTINCT v) FILTER (WHERE b) AS x, COUNT(DISTINCT v) FILTER (WHERE NOT b) AS y, COUNT(DISTINCT v) AS z, SUM(v) AS s {G}, k;")
    agg(f"{kind}-select-distinct", f"SELECT DISTINCT window_start, window_end, k FROM {tvf(kind)};")
    agg(f"{kind}-computed-in-calc", f"SELECT window_start, window_end, x, COUNT(*) AS c FROM (SELECT window_start, window_end, v + 1 AS x FROM {tvf(kind)} WHERE s IS NOT NULL) GROUP BY window_start, window_end, x;")
    agg(f"{kind}-computed-on-window", f"SELECT window_start, window_end, x, COUNT(*) AS c FROM (SELECT window_start, window_end, CAST(window_start AS STRING) || k AS x FROM {tvf(kind)}) GROUP BY window_start, window_end, x;")
    agg(f"{kind}-delay-zero", f"SELECT k, window_start, window_end, COUNT(*) AS c {G}, k;", head=source(delay=0))
    agg(f"{kind}-updating-input-refused", f"SELECT k, window_end, COUNT(*) AS c FROM TABLE({KINDS[kind].format(t='u', c='ts')}) GROUP BY window_start, window_end, k;", head=source() + LATEST, count=4)
agg("hop-many-slices", "SELECT k, window_start, window_end, COUNT(*) AS c, SUM(v) AS s, COUNT(DISTINCT j) AS d FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '30' SECOND)) GROUP BY window_start, window_end, k;", count=20)
agg("hop-size-is-slide", "SELECT k, window_start, window_end, COUNT(*) AS c FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end, k;")
agg("hop-not-a-multiple-refused", "SELECT k, COUNT(*) AS c FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '4' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end, k;", count=4)
agg("cumulate-step-is-size", "SELECT k, window_start, window_end, COUNT(*) AS c FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end, k;")
agg("cumulate-many-steps", "SELECT k, window_start, window_end, COUNT(*) AS c, SUM(v) AS s, COUNT(DISTINCT j) AS d FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '30' SECOND)) GROUP BY window_start, window_end, k;", count=20)
agg("early-fire-refused", f"SELECT k, COUNT(*) AS c FROM {tvf('tumble')} GROUP BY window_start, window_end, k;", head="SET 'table.exec.emit.early-fire.enabled' = 'true';\nSET 'table.exec.emit.early-fire.delay' = '1 s';\n" + source(), count=4)
agg("late-fire-refused", f"SELECT k, COUNT(*) AS c FROM {tvf('tumble')} GROUP BY window_start, window_end, k;", head="SET 'table.exec.emit.late-fire.enabled' = 'true';\nSET 'table.exec.emit.late-fire.delay' = '1 s';\nSET 'table.exec.emit.allow-lateness' = '10 s';\n" + source(), count=4)
for name, day in {"spring": "2024-03-30", "autumn": "2024-10-26"}.items():
    slow = dict(head=BERLIN + LTZ, count=60, step=3_600_000, back=7_200_000, day=day, suffix="Z")
    agg(f"hours-in-{name}", f"SELECT k, window_start, window_end, COUNT(*) AS c FROM {HOUR} GROUP BY window_start, window_end, k;", **slow)
    agg(f"days-in-{name}", f"SELECT window_start, window_end, window_time, COUNT(*) AS c FROM {DAY} GROUP BY window_start, window_end, window_time;", **slow)
    agg(f"hop-hours-in-{name}", "SELECT k, window_start, window_end, COUNT(*) AS c FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '3' HOUR)) GROUP BY window_start, window_end, k;", **slow)

# ---- group windows ----
def group(name, sql, head=None, **kw):
    agg(name, sql, head, area="group-window", **kw)


GROUPS = {"tumble": ("TUMBLE", "ts, INTERVAL '10' SECOND"), "hop": ("HOP", "ts, INTERVAL '5' SECOND, INTERVAL '15' SECOND"),
          "session": ("SESSION", "ts, INTERVAL '4' SECOND")}
for kind, (function, arguments) in GROUPS.items():
    W = f"{function}({arguments})"
    START, END, ROWTIME = (f"{function}_{what}({arguments})" for what in ("START", "END", "ROWTIME"))
    for name, call in AGGREGATES.items():
        if name == "first-last" and kind != "tumble":
            continue
        plain = named(call.replace("{D}", ""))
        filtered = [plain[0] + " FILTER (WHERE b)"] if "json" not in name and name not in ("listagg-separator", "stddev") else []
        # Flink cannot put JSON together from panes and sessions, and quotes no texts in it.
        if "json-arrayagg" in name or kind == "hop" and "json" in name:
            continue
        select = ", ".join(f"{c} AS x{i}" for i, c in enumerate(plain + filtered))
        group(f"{kind}-{name}", f"SELECT k, {START} AS a, {END} AS z, {select} FROM t GROUP BY k, {W};", count=50, ids=40 if name == "json-objectagg" else 9)
    group(f"{kind}-distinct", f"SELECT k, {END} AS z, COUNT(DISTINCT v) AS x, COUNT(DISTINCT s) FILTER (WHERE b) AS y FROM t GROUP BY k, {W};", count=60)
    group(f"{kind}-global", f"SELECT {START} AS a, {END} AS z, COUNT(*) AS c FROM t GROUP BY {W};")
    group(f"{kind}-time", f"SELECT {ROWTIME} AS r, k, COUNT(*) AS c FROM t GROUP BY {W}, k;")
    group(f"{kind}-no-start", f"SELECT k, COUNT(*) AS c FROM t GROUP BY k, {W};")
    group(f"{kind}-expression", f"SELECT k, CAST({START} AS STRING) || '-' AS a, COUNT(*) + 1 AS c FROM t GROUP BY k, {W};")
    group(f"{kind}-having", f"SELECT k, {END} AS z, SUM(v) AS s FROM t GROUP BY k, {W} HAVING SUM(v) > 4 AND {START} > TIMESTAMP '2024-03-01 00:00:15';")
    group(f"{kind}-where", f"SELECT k, {END} AS z, SUM(v) AS s FROM t WHERE b GROUP BY k, {W};")
    group(f"{kind}-very-late", f"SELECT k, {START} AS a, {END} AS z, COUNT(*) AS c FROM t GROUP BY k, {W};", back=40_000, late=0.5)
    group(f"{kind}-gaps", f"SELECT k, {START} AS a, {END} AS z, COUNT(*) AS c FROM t GROUP BY k, {W};", step=30_000, late=0.1, count=20)
    group(f"{kind}-updating-input", f"SELECT k, {START} AS a, {END} AS z, COUNT(*) AS c, SUM(v) AS s, MAX(v) AS m FROM u GROUP BY k, {W};", head=source() + LATEST, count=60)
    group(f"{kind}-instants", f"SELECT k, {START} AS a, {END} AS z, {ROWTIME} AS r, COUNT(*) AS c FROM t GROUP BY k, {W};", head=BERLIN + LTZ, suffix="Z")
    group(f"{kind}-cascade", f"SELECT TUMBLE_END(r, INTERVAL '30' SECOND) AS z, SUM(c) AS s FROM (SELECT {ROWTIME} AS r, COUNT(*) AS c FROM t GROUP BY k, {W}) GROUP BY TUMBLE(r, INTERVAL '30' SECOND);")
    group(f"{kind}-mixed-case", f"select k, {function.lower()}_start({arguments}) as a, count(*) as c from t group by k, {function.capitalize()}({arguments});")
    group(f"{kind}-wrong-auxiliary", f"SELECT k, {function}_START({arguments.replace('INTERVAL', 'INTERVAL', 1).replace(chr(39) + '10' + chr(39), chr(39) + '11' + chr(39)).replace(chr(39) + '15' + chr(39), chr(39) + '20' + chr(39)).replace(chr(39) + '4' + chr(39), chr(39) + '5' + chr(39))}) AS a FROM t GROUP BY k, {W};", count=4)
    group(f"{kind}-auxiliary-without-group", f"SELECT {START} AS a FROM t;", count=4)
group("hop-not-a-multiple", "SELECT k, HOP_START(ts, INTERVAL '4' SECOND, INTERVAL '10' SECOND) AS a, HOP_END(ts, INTERVAL '4' SECOND, INTERVAL '10' SECOND) AS z, COUNT(*) AS c FROM t GROUP BY k, HOP(ts, INTERVAL '4' SECOND, INTERVAL '10' SECOND);")
group("hop-slide-above-size", "SELECT k, HOP_START(ts, INTERVAL '10' SECOND, INTERVAL '4' SECOND) AS a, COUNT(*) AS c FROM t GROUP BY k, HOP(ts, INTERVAL '10' SECOND, INTERVAL '4' SECOND);")
group("session-touching", "SELECT k, SESSION_START(ts, INTERVAL '3' SECOND) AS a, SESSION_END(ts, INTERVAL '3' SECOND) AS z, COUNT(*) AS c FROM t GROUP BY k, SESSION(ts, INTERVAL '3' SECOND);", keys=("a", "b"), step=3000, late=0, count=60)
group("session-merging", "SELECT k, SESSION_START(ts, INTERVAL '3' SECOND) AS a, SESSION_END(ts, INTERVAL '3' SECOND) AS z, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS m, COLLECT(j) AS l FROM t GROUP BY k, SESSION(ts, INTERVAL '3' SECOND);", head=source(delay=30), keys=("a",), step=4000, back=20_000, late=0.6, count=60)
group("two-windows-refused", "SELECT COUNT(*) AS c FROM t GROUP BY TUMBLE(ts, INTERVAL '10' SECOND), TUMBLE(ts, INTERVAL '20' SECOND);", count=4)
group("tumble-of-no-time-refused", "SELECT COUNT(*) AS c FROM t GROUP BY TUMBLE(v, INTERVAL '10' SECOND);", count=4)
group("tumble-of-computed-time", "SELECT COUNT(*) AS c FROM t GROUP BY TUMBLE(ts + INTERVAL '1' SECOND, INTERVAL '10' SECOND);", count=4)
group("tumble-months-refused", "SELECT COUNT(*) AS c FROM t GROUP BY TUMBLE(ts, INTERVAL '1' MONTH);", count=4)
group("tumble-offset", "SELECT TUMBLE_START(ts, INTERVAL '10' SECOND, TIME '00:00:03') AS a, COUNT(*) AS c FROM t GROUP BY TUMBLE(ts, INTERVAL '10' SECOND, TIME '00:00:03');", count=10)
group("tumble-of-join", "SELECT TUMBLE_START(ts, INTERVAL '10' SECOND) AS a, COUNT(*) AS c FROM (SELECT x.ts, y.v FROM t AS x JOIN t AS y ON x.id = y.id AND x.ts BETWEEN y.ts - INTERVAL '3' SECOND AND y.ts) GROUP BY TUMBLE(ts, INTERVAL '10' SECOND);", count=30, late=0)
group("rowtime-twice", "SELECT TUMBLE_ROWTIME(ts, INTERVAL '10' SECOND) AS a, TUMBLE_ROWTIME(ts, INTERVAL '10' SECOND) AS z FROM t GROUP BY TUMBLE(ts, INTERVAL '10' SECOND);", count=10)
for name, day in {"spring": "2024-03-30", "autumn": "2024-10-26"}.items():
    slow = dict(head=BERLIN + LTZ, count=60, step=3_600_000, back=7_200_000, day=day, suffix="Z")
    group(f"days-in-{name}", "SELECT TUMBLE_START(ts, INTERVAL '1' DAY) AS a, TUMBLE_END(ts, INTERVAL '1' DAY) AS z, TUMBLE_ROWTIME(ts, INTERVAL '1' DAY) AS r, COUNT(*) AS c FROM t GROUP BY TUMBLE(ts, INTERVAL '1' DAY);", **slow)
    group(f"sessions-in-{name}", "SELECT k, SESSION_START(ts, INTERVAL '2' HOUR) AS a, SESSION_END(ts, INTERVAL '2' HOUR) AS z, COUNT(*) AS c FROM t GROUP BY k, SESSION(ts, INTERVAL '2' HOUR);", **slow)
