#!/usr/bin/env python3
"""Writes random queries over event time: operators above each other, updating inputs, NULL times, patterns, by a seed.

usage: time_mixes.py FOLDER FROM COUNT [FAMILY...]     writes FOLDER/FAMILY-SEED/{case.sql,*.json}; flink.jsonl is recorded
                                                        separately; the corpus holds some in event-time-mixes/
"""
import json
import random
import sys
import zlib
from datetime import datetime, timedelta, timezone
from pathlib import Path

DAY = datetime(2024, 3, 1, tzinfo=timezone.utc)
FAMILIES = {}


def family(make):
    FAMILIES[make.__name__] = make
    return make


def text(ms):
    return (DAY + timedelta(milliseconds=ms)).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def rows(rng, count=40, late=True, distinct=False, null_time=False, step=1000):
    made, now = [], 20_000
    for number in range(count):
        now += rng.choice([1, 2, 3] if distinct else [0, 0, 1, 1, 2, 3, 5]) * step
        at = now - (rng.choice([0, 0, 0, 0, 1, 2, 4, 9]) * step if late else 0) + rng.choice([0, 0, 0, -1, 1, 500])
        made.append({"id": number, "k": rng.choice(["a", "b", "c", None]), "v": rng.choice([None, -2, -1, 0, 1, 1, 2, 3, 5, 8]),
                     "d": rng.choice([None, 0.5, 1.25, -3.0, 10.75]), "s": rng.choice([None, "x", "y", "zz", ""]),
                     "ts": None if null_time and rng.random() < 0.1 else text(at)})
    return made


def table(name="t", delay=2, key="", proctime=False):
    extra = ", pt AS PROCTIME()" if proctime else ""
    return (f"CREATE TABLE {name} (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3){extra},\n"
            f"  WATERMARK FOR ts AS ts - INTERVAL '{delay}' SECOND{key})\n"
            f"WITH ('connector' = 'filesystem', 'path' = '{name}.json', 'format' = 'json');\n")


CALLS = ["COUNT(*)", "COUNT(v)", "SUM(v)", "AVG(v)", "MIN(v)", "MAX(v)", "MIN(s)", "MAX(s)", "SUM(d)", "AVG(d)", "MAX(d)", "COUNT(DISTINCT v)",
         "SUM(DISTINCT v)", "COUNT(DISTINCT s)", "MAX(id)", "MIN(ts)", "MAX(ts)", "COUNT(*) FILTER (WHERE v > 0)", "SUM(v) FILTER (WHERE s <> 'x')",
         "COUNT(DISTINCT s) FILTER (WHERE v >= 1)", "STDDEV_POP(v)", "VAR_SAMP(v)", "SUM(CASE WHEN v > 1 THEN v ELSE -1 END)", "COUNT(DISTINCT k)"]
APPEND_CALLS = CALLS + ["FIRST_VALUE(id)", "LAST_VALUE(id)", "LISTAGG(s)", "FIRST_VALUE(s)", "LAST_VALUE(v)", "LISTAGG(s, '/')"]


def calls(rng, of=CALLS, least=1, most=4):
    chosen = rng.sample(of, rng.randint(least, most))
    return ", ".join(f"{call} AS c{at}" for at, call in enumerate(chosen))


def tvf(rng, of="TABLE t", time="ts", kinds=("TUMBLE", "HOP", "CUMULATE")):
    kind = rng.choice(kinds)
    # No other offsets: Flink loses rows of windows that end between two multiples of the step.
    offset = rng.choice(["", "", "", ", INTERVAL '0' SECOND"])
    if kind == "TUMBLE":
        return f"TABLE(TUMBLE({of}, DESCRIPTOR({time}), INTERVAL '{rng.choice([1, 4, 5, 10, 30])}' SECOND{offset}))"
    step = rng.choice([1, 2, 5])
    return f"TABLE({kind}({of}, DESCRIPTOR({time}), INTERVAL '{step}' SECOND, INTERVAL '{step * rng.choice([1, 2, 3, 6])}' SECOND{offset}))"


def group_window(rng, time="ts"):
    kind = rng.choice(["TUMBLE", "HOP", "SESSION"])
    if kind == "HOP":
        slide = rng.choice([2, 3, 5])
        rest = f"INTERVAL '{slide}' SECOND, INTERVAL '{slide * rng.choice([1, 2, 3])}' SECOND"
    else:
        rest = f"INTERVAL '{rng.choice([1, 2, 3, 5, 10])}' SECOND"
    return kind, f"({time}, {rest})"


def frame(rng):
    return rng.choice(["ROWS BETWEEN 1 PRECEDING AND CURRENT ROW", "ROWS BETWEEN 3 PRECEDING AND CURRENT ROW", "ROWS UNBOUNDED PRECEDING",
                       "RANGE UNBOUNDED PRECEDING", "", "RANGE BETWEEN INTERVAL '2' SECOND PRECEDING AND CURRENT ROW",
                       "RANGE BETWEEN INTERVAL '10' SECOND PRECEDING AND CURRENT ROW"])


def keys(rng, extra=()):
    return rng.choice([["k"], ["k"], ["k", "s"], ["s"], [], ["v"]]) + list(extra)


def over_sql(rng, source, time="ts", of=APPEND_CALLS, show="id, k"):
    part = keys(rng)
    partition = f"PARTITION BY {', '.join(part)} " if part else ""
    window = f"({partition}ORDER BY {time} {frame(rng)})"
    chosen = rng.sample([call for call in of if "FILTER" not in call] + ["LISTAGG(DISTINCT s)", "COUNT(DISTINCT d)", "MIN(DISTINCT v)"], rng.randint(1, 4))
    return f"SELECT {show}, {', '.join(f'{call} OVER w AS c{at}' for at, call in enumerate(chosen))} FROM {source} WINDOW w AS {window}"


LAST = "CREATE VIEW u AS SELECT id, k, v, d, s, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY ts {way}) AS n FROM t) WHERE n = 1;\n"


@family
def over(rng):
    source = rng.choice(["t", "t", "(SELECT * FROM t WHERE v IS NOT NULL)", tvf(rng), "(SELECT id, k, v + 1 AS v, d, s, ts FROM t)"])
    sql = over_sql(rng, source)
    if rng.random() < 0.4:
        sql = f"SELECT k, COUNT(*) AS n, SUM(id) AS i, MAX(c0) AS m FROM ({sql}) GROUP BY k"
    elif rng.random() < 0.4:
        sql = f"SELECT * FROM ({sql}) WHERE c0 IS NOT NULL AND id > 5"
    return table(delay=rng.choice([0, 2, 5])) + sql + ";", {"t": rows(rng)}


@family
def cascade(rng):
    first = tvf(rng)
    part = keys(rng)
    columns = "".join(f"{key}, " for key in part)
    having = rng.choice(["", "", " HAVING COUNT(*) > 1"])
    sql = (f"CREATE VIEW a AS SELECT {columns}window_time AS rt, window_start AS ws, window_end AS we, COUNT(*) AS n, SUM(v) AS v, MAX(s) AS x "
           f"FROM {first} GROUP BY {columns}window_start, window_end, window_time{having};\n")
    group = "".join(f"{key}, " for key in part if key != "v" and rng.random() < 0.6)
    behind = rng.choice(["tvf", "tvf", "group", "over", "top", "session", "match"])
    if behind == "tvf":
        sql += f"SELECT {group}window_start, window_end, SUM(n) AS s, COUNT(*) AS c, MAX(x) AS x, COUNT(DISTINCT n) AS d FROM {tvf(rng, 'TABLE a', 'rt')} GROUP BY {group}window_start, window_end;"
    elif behind in ("group", "session"):
        kind, rest = group_window(rng, "rt")
        sql += f"SELECT {group}{kind}_START{rest} AS b, {kind}_END{rest} AS e, SUM(n) AS s, COUNT(*) AS c, MIN(x) AS x FROM a GROUP BY {group}{kind}{rest};"
    elif behind == "over":
        sql += f"SELECT rt, n, SUM(n) OVER w AS s, MAX(n) OVER w AS m FROM a WINDOW w AS (PARTITION BY {(group + 'x')} ORDER BY rt {frame(rng)});"
    elif behind == "top":
        sql += f"SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {group}x ORDER BY n DESC, rt, v) AS rn FROM a) WHERE rn <= 2;"
    else:
        sql += ("SELECT * FROM a MATCH_RECOGNIZE (PARTITION BY x ORDER BY rt MEASURES FIRST(A.n) AS f, LAST(A.rt) AS l, B.n AS b, B.ws AS ws "
                "AFTER MATCH SKIP PAST LAST ROW PATTERN (A+ B) DEFINE A AS A.n >= 1, B AS B.n <> LAST(A.n));")
    return table(delay=rng.choice([0, 2, 5])) + sql, {"t": rows(rng)}


@family
def updates(rng):
    view = rng.choice([LAST.format(key=rng.choice(["k", "s", "v", "k, s"]), way="DESC"), LAST.format(key="k, v", way="DESC"),
                       LAST.format(key=rng.choice(["k", "v"]), way=""),
                       "CREATE VIEW u AS SELECT MAX(id) AS id, k, SUM(v) AS v, MAX(d) AS d, MIN(s) AS s, MAX(ts) AS ts FROM t GROUP BY k, v;\n",
                       "CREATE VIEW u AS SELECT COUNT(*) AS id, k, COUNT(v) AS v, SUM(d) AS d, s, MAX(ts) AS ts FROM t GROUP BY k, s;\n",
                       "CREATE VIEW u AS SELECT id, k, v, d, s, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC, id) AS n FROM t) WHERE n <= 3;\n"])
    reader = rng.choice(["group", "group", "window", "top", "top", "join", "over", "tvf", "union", "twice", "semi", "distinct", "sort"])
    if reader == "group":
        part = rng.choice(["k", "s", "v", "id"])
        sql = f"SELECT {part}, {calls(rng, least=2)} FROM u GROUP BY {part};"
    elif reader == "window":
        kind, rest = group_window(rng)
        sql = f"SELECT k, {kind}_START{rest} AS b, {calls(rng)} FROM u GROUP BY k, {kind}{rest};"
    elif reader == "top":
        order = rng.choice(["v DESC, id, s, d", "id, v, s, d", "d, id, v, s", "s DESC, id DESC, v, d"])
        part = rng.choice(["PARTITION BY k ", "PARTITION BY s ", ""])
        bound = rng.choice(["rn = 1", "rn <= 2", "rn <= 3", "rn BETWEEN 2 AND 3", "rn = 2"])
        shown = rng.choice(["k, id, v, s, d, rn", "k, id, v, s, d"])
        sql = f"SELECT {shown} FROM (SELECT *, ROW_NUMBER() OVER ({part}ORDER BY {order}) AS rn FROM u) WHERE {bound};"
    elif reader == "join":
        sql = f"SELECT x.id, x.k, x.v, y.id AS i, y.s FROM u x {rng.choice(['JOIN', 'LEFT JOIN', 'FULL JOIN'])} u y ON x.k = y.k AND x.v {rng.choice(['<', '=', '<>'])} y.v;"
    elif reader == "over":
        sql = over_sql(rng, "u") + ";"
    elif reader == "tvf":
        sql = f"SELECT window_start, COUNT(*) AS n FROM {tvf(rng, 'TABLE u')} GROUP BY window_start, window_end;"
    elif reader == "union":
        sql = f"SELECT k, {calls(rng)} FROM (SELECT id, k, v, d, s, ts FROM u UNION ALL SELECT id, k, v, d, s, CAST(ts AS TIMESTAMP(3)) AS ts FROM t WHERE v > 1) GROUP BY k;"
    elif reader == "twice":
        sql = f"SELECT n, {calls(rng, ['COUNT(*)', 'SUM(m)', 'MAX(k)', 'MIN(m)', 'AVG(m)', 'COUNT(DISTINCT m)'])} FROM (SELECT k, COUNT(*) AS n, MAX(v) AS m FROM u GROUP BY k) GROUP BY n;"
    elif reader == "semi":
        sql = f"SELECT id, k, v FROM u WHERE v {rng.choice(['IN', 'NOT IN'])} (SELECT v FROM u WHERE k = 'a' AND v IS NOT NULL);"
    elif reader == "distinct":
        sql = "SELECT DISTINCT k, v FROM u;"
    else:
        sql = f"SELECT id, k, v FROM u ORDER BY v {rng.choice(['DESC', ''])}, id, k LIMIT {rng.choice([1, 3, 5])};"
    return table(delay=rng.choice([0, 2, 60])) + view + sql, {"t": rows(rng, 30)}


@family
def pattern(rng):
    names = ["A", "B", "C", "D"][:rng.randint(2, 4)]

    def quantified(name):
        return name + rng.choice(["", "", "", "+", "*", "?", "+?", "*?", "{2}", "{1,3}", "{1,3}?", "{0,2}", "{2,}", "{2,}?", "{,2}"])
    body = " ".join(quantified(name) for name in names[:-1]) + " " + names[-1] + rng.choice(["", "", "", "", "?", "+?", "{2}", "{1,2}?"])
    skip = rng.choice(["SKIP PAST LAST ROW", "SKIP PAST LAST ROW", "SKIP TO NEXT ROW", f"SKIP TO FIRST {names[1]}", f"SKIP TO LAST {names[0]}", f"SKIP TO {names[-1]}"])
    within = rng.choice(["", "", " WITHIN INTERVAL '5' SECOND", " WITHIN INTERVAL '10' SECOND"])

    def condition(at):
        name, before = names[at], names[at - 1] if at else None
        options = [f"{name}.v > 0", f"{name}.v <= 2", f"{name}.s IS NOT NULL", f"{name}.v >= LAST({name}.v, 1) OR LAST({name}.v, 1) IS NULL",
                   f"COUNT({name}.id) <= 3", f"SUM({name}.v) < 6"]
        if before:
            options += [f"{name}.v > {before}.v", f"{name}.v <> LAST({before}.v)", f"{name}.id - FIRST({before}.id) < 6", f"{name}.v < AVG({before}.v)",
                        f"{name}.v >= MAX({before}.v) OR {before}.v IS NULL", f"{name}.k = {before}.k"]
        return f"{name} AS {rng.choice(options)}"
    defines = ", ".join(condition(at) for at in range(len(names)) if rng.random() < 0.85) or "A AS A.v > 0"
    measures = [f"FIRST({rng.choice(names)}.id) AS m0", f"LAST({rng.choice(names)}.id) AS m1"]
    for at in range(rng.randint(0, 3)):
        name = rng.choice(names)
        measures.append(rng.choice([f"COUNT({name}.id)", f"SUM({name}.v)", f"AVG({name}.d)", f"MAX({name}.s)", f"LAST({name}.v, 1)", f"FIRST({name}.v, 1)",
                                    f"MIN({name}.v) + 1", f"{name}.ts", f"COUNT(*)", "MATCH_ROWTIME()"]) + f" AS e{at}")
    partition = rng.choice(["PARTITION BY k ", "PARTITION BY k ", "", "PARTITION BY k, s "])
    order = rng.choice(["ts", "ts", "ts, v DESC", "ts, id"])
    source = rng.choice(["t", "t", "(SELECT * FROM t WHERE v IS NOT NULL)"])
    sql = (f"SELECT * FROM {source} MATCH_RECOGNIZE ({partition}ORDER BY {order} MEASURES {', '.join(measures)} ONE ROW PER MATCH AFTER MATCH {skip} "
           f"PATTERN ({body}){within} DEFINE {defines});")
    return table(delay=rng.choice([0, 2, 5])) + sql, {"t": rows(rng, 40)}


@family
def temporal(rng):
    key = rng.choice(["k", "s"])
    right = rng.choice([
        f"CREATE VIEW u AS SELECT id, k, v, d, s, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY ts DESC) AS n FROM r) WHERE n = 1;\n",
        f"CREATE VIEW u AS SELECT id, k, v * 2 AS v, d, UPPER(s) AS s, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY ts DESC) AS n FROM r WHERE s IS NOT NULL) WHERE n = 1;\n",
        f"CREATE VIEW u AS SELECT id, k, v, d, s, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY ts) AS n FROM r) WHERE n = 1;\n"])
    left, time = rng.choice([("t", "ts"), ("t", "ts"), ("(SELECT * FROM t WHERE v > 0)", "ts"),
                             ("(SELECT k, s, MAX(v) AS v, window_time AS ts, COUNT(*) AS id FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY k, s, window_start, window_end, window_time)", "ts")])
    residual = rng.choice(["", "", " AND l.v > u.v", " AND u.v IS NOT NULL", " AND l.v = 1"])
    kind = rng.choice(["JOIN", "LEFT JOIN"])
    join = f"SELECT l.id, l.k, l.v, l.ts, u.id AS i, u.v AS w, u.ts AS uts FROM {left} AS l {kind} u FOR SYSTEM_TIME AS OF l.{time} ON l.{key} = u.{key}{residual}"
    behind = rng.choice(["", "", "", "group", "tumble", "top", "where"])
    if behind == "group":
        join = f"SELECT k, COUNT(*) AS n, SUM(w) AS s, MAX(i) AS m FROM ({join}) GROUP BY k"
    elif behind == "tumble":
        join = (f"SELECT TUMBLE_START(ts, INTERVAL '5' SECOND) AS b, COUNT(i) AS n, SUM(w) AS s FROM ({join}) GROUP BY TUMBLE(ts, INTERVAL '5' SECOND)")
    elif behind == "top":
        join = f"SELECT k, id, i, w FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY id DESC) AS rn FROM ({join})) WHERE rn <= 2"
    elif behind == "where":
        join = f"SELECT * FROM ({join}) WHERE w > 0 OR w IS NULL"
    return table(delay=90) + table("r", delay=90) + right + join + ";", {"t": rows(rng, 30), "r": rows(rng, 20, distinct=True, late=False)}


@family
def nulltime(rng):
    """Times that are NULL: those of the padded side of a join, or of the source itself."""
    if rng.random() < 0.3:
        reader = rng.choice(["SELECT id, ts FROM t;", over_sql(rng, "t") + ";", f"SELECT window_start, COUNT(*) AS n FROM {tvf(rng)} GROUP BY window_start, window_end;",
                             "SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM t) WHERE rn = 1;"])
        return table(delay=2) + reader, {"t": rows(rng, 20, null_time=True)}
    view = ("CREATE VIEW p AS SELECT t.id, t.k, t.v, t.d, t.s, t.ts AS lts, r.ts AS ts, r.id AS rid FROM t LEFT JOIN r ON t.k = r.k AND t.v = r.v "
            "AND r.ts BETWEEN t.ts - INTERVAL '10' SECOND AND t.ts + INTERVAL '10' SECOND;\n")
    kind, rest = group_window(rng)
    part = rng.choice(["k", "s", "v"])
    reader = rng.choice([
        f"SELECT {kind}_START{rest} AS b, COUNT(*) AS n, SUM(v) AS s FROM p GROUP BY {kind}{rest};",
        f"SELECT window_start, COUNT(*) AS n FROM {tvf(rng, 'TABLE p')} GROUP BY window_start, window_end;",
        f"SELECT id, window_start FROM {tvf(rng, 'TABLE p')};",
        f"SELECT id, rid, COUNT(*) OVER w AS c, SUM(v) OVER w AS s FROM p WINDOW w AS (PARTITION BY {part} ORDER BY ts {frame(rng)});",
        f"SELECT id, rid FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {part} ORDER BY ts {rng.choice(['', 'DESC'])}) AS rn FROM p) WHERE rn = 1;",
        f"SELECT id, rid, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {part} ORDER BY ts DESC, id) AS rn FROM p) WHERE rn <= 2;",
        "SELECT * FROM p MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.id AS a, B.id AS b AFTER MATCH SKIP TO NEXT ROW PATTERN (A B) DEFINE B AS B.v > A.v);",
        "SELECT p.id, x.id AS i FROM p JOIN t AS x ON p.k = x.k AND p.ts BETWEEN x.ts - INTERVAL '2' SECOND AND x.ts;",
        "SELECT p.id, x.id AS i FROM p LEFT JOIN t AS x ON p.k = x.k AND x.ts BETWEEN p.ts - INTERVAL '2' SECOND AND p.ts;",
        "SELECT id, rid FROM p ORDER BY ts, id;",
        "SELECT id, rid FROM p ORDER BY lts, id;",
        f"SELECT k, {calls(rng)} FROM p GROUP BY k;"])
    return table(delay=90) + table("r", delay=90) + view + reader, {"t": rows(rng, 20, late=False), "r": rows(rng, 20, late=False)}


@family
def processing(rng):
    view = rng.choice(["", "CREATE VIEW f AS SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, v ORDER BY pt) AS n FROM t) WHERE n = 1;\n",
                       "CREATE VIEW f AS SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, v ORDER BY pt DESC) AS n FROM t) WHERE n = 1;\n"])
    source = "f" if view else "t"
    part = rng.choice(["k", "s", "k, s"])
    over_frame = rng.choice(["ROWS BETWEEN 2 PRECEDING AND CURRENT ROW", "ROWS UNBOUNDED PRECEDING", "RANGE UNBOUNDED PRECEDING", ""])
    chosen = ", ".join(f"{call} OVER w AS c{at}" for at, call in enumerate(rng.sample([c for c in APPEND_CALLS if "FILTER" not in c], rng.randint(1, 3))))
    sql = rng.choice([
        f"SELECT id, {chosen} FROM {source} WINDOW w AS (PARTITION BY {part} ORDER BY pt {over_frame});",
        f"SELECT id, {chosen} FROM {source} WINDOW w AS (ORDER BY pt {over_frame});",
        f"SELECT {part}, {calls(rng)} FROM {source} GROUP BY {part};",
        f"SELECT id, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {part} ORDER BY v DESC, id) AS rn FROM {source}) WHERE rn <= 2;",
        f"SELECT id, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {part} ORDER BY pt {rng.choice(['', 'DESC'])}) AS rn FROM {source}) WHERE rn {rng.choice(['= 1', '<= 2', '<= 3'])};",
        f"SELECT * FROM {source} MATCH_RECOGNIZE (PARTITION BY k ORDER BY pt MEASURES FIRST(A.id) AS a, LAST(A.id) AS z, B.id AS b, COUNT(A.id) AS n AFTER MATCH SKIP "
        f"{rng.choice(['PAST LAST ROW', 'TO NEXT ROW'])} PATTERN (A{rng.choice(['', '+', '*', '{2}', '?'])} B) DEFINE A AS A.v >= 0, B AS B.v {rng.choice(['<', '>'])} 1);"])
    return table(delay=2, proctime=True) + view + sql, {"t": rows(rng, 30)}


@family
def windowjoin(rng):
    windows = tvf(rng, "TABLE t")
    other = windows.replace("TABLE t", "TABLE r")
    lkeys = rng.choice(["k", "k", "s"])
    on = "l.window_start = r.window_start AND l.window_end = r.window_end"
    on += rng.choice(["", f" AND l.{lkeys} = r.{lkeys}", f" AND l.{lkeys} = r.{lkeys}", " AND l.k IS NOT DISTINCT FROM r.k"])
    residual = rng.choice(["", "", " AND l.v < r.v", " AND l.v + r.v > 2", " AND l.v = 1"])
    kind = rng.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
    shape = rng.choice(["plain", "plain", "grouped", "top", "dedup", "in", "exists", "aggregates"])
    left, right = f"(SELECT * FROM {windows}) AS l", f"(SELECT * FROM {other}) AS r"
    plain = f"SELECT l.id, r.id AS rid, l.k, r.v AS rv, l.window_start AS ws, r.window_end AS we FROM {left} {kind} {right} ON {on}{residual}"
    if shape == "plain":
        sql = plain
    elif shape == "grouped":
        sql = f"SELECT k, window_start, window_end, COUNT(*) AS n, SUM(rv) AS s FROM (SELECT l.k, r.v AS rv, l.window_start, l.window_end FROM {left} {kind} {right} ON {on}{residual}) GROUP BY k, window_start, window_end"
    elif shape == "top":
        sql = f"SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY rv DESC, id, rid) AS rn FROM (SELECT l.id, r.id AS rid, r.v AS rv, l.window_start, l.window_end FROM {left} {kind} {right} ON {on}{residual})) WHERE rn <= 2"
    elif shape == "dedup":
        sql = f"SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY id DESC, rid DESC) AS rn FROM (SELECT l.id, l.k, r.id AS rid, l.window_start, l.window_end FROM {left} {kind} {right} ON {on}{residual})) WHERE rn = 1"
    elif shape == "in":
        sql = f"SELECT id, k, window_start FROM {left} WHERE k {rng.choice(['IN', 'NOT IN'])} (SELECT k FROM {right} WHERE r.window_start = l.window_start AND r.window_end = l.window_end AND r.v > 0)"
    elif shape == "exists":
        sql = f"SELECT id, k, window_start FROM {left} WHERE {rng.choice(['', 'NOT '])}EXISTS (SELECT 1 FROM {right} WHERE r.window_start = l.window_start AND r.window_end = l.window_end AND r.k = l.k)"
    else:
        one = f"SELECT k, window_start, window_end, COUNT(*) AS id, MAX(v) AS v FROM {windows} GROUP BY k, window_start, window_end"
        two = f"SELECT k, window_start, window_end, COUNT(*) AS id, MAX(v) AS v FROM {other} GROUP BY k, window_start, window_end"
        sql = f"SELECT l.id, r.id AS rid, l.k, r.v AS rv, l.window_start AS ws, r.window_end AS we FROM ({one}) AS l {kind} ({two}) AS r ON l.window_start = r.window_start AND l.window_end = r.window_end AND l.k = r.k{residual}"
    return table(delay=90) + table("r", delay=90) + sql + ";", {"t": rows(rng, 25), "r": rows(rng, 25)}


@family
def windowagg(rng):
    source = tvf(rng, rng.choice(["TABLE t", "TABLE t", "(SELECT * FROM t WHERE v IS NOT NULL OR s = 'x')", "(SELECT id, k, v + 1 AS v, d, COALESCE(s, '-') AS s, ts FROM t)"]))
    shape = rng.choice(["plain", "plain", "sets", "kind", "expression", "distinct", "legacy", "legacy", "nested", "top"])
    if shape in ("plain", "distinct"):
        part = "".join(f"{key}, " for key in keys(rng))
        having = rng.choice(["", "", " HAVING SUM(v) > 0", " HAVING COUNT(*) <> 2"])
        sql = f"SELECT {part}window_start, window_end, {calls(rng, APPEND_CALLS)} FROM {source} GROUP BY {part}window_start, window_end{having}"
    elif shape == "sets":
        sets = rng.choice(["GROUPING SETS ((k), (s), ())", "ROLLUP (k, s)", "CUBE (k, s)", "GROUPING SETS ((k, s), (k))"])
        sql = f"SELECT k, s, GROUPING_ID(k, s) AS g, window_start, window_end, {calls(rng)} FROM {source} GROUP BY window_start, window_end, {sets}"
    elif shape == "kind":
        sql = f"SELECT window_start, window_end, window_time, k, {calls(rng, APPEND_CALLS)} FROM {source} WHERE v > -2 GROUP BY window_time, k, window_end, window_start"
    elif shape == "expression":
        sql = f"SELECT window_end - INTERVAL '1' SECOND AS e, v > 1 AS b, {calls(rng)} FROM {source} GROUP BY window_start, window_end, v > 1"
    elif shape == "legacy":
        kind, rest = group_window(rng)
        part = "".join(f"{key}, " for key in keys(rng))
        sql = f"SELECT {part}{kind}_START{rest} AS b, {kind}_ROWTIME{rest} AS r, {calls(rng, APPEND_CALLS)} FROM t GROUP BY {part}{kind}{rest}{rng.choice(['', ' HAVING COUNT(*) > 1'])}"
    elif shape == "nested":
        sql = f"SELECT window_start, window_end, MAX(n) AS m, COUNT(*) AS c FROM (SELECT k, s, window_start, window_end, COUNT(*) AS n FROM {source} GROUP BY k, s, window_start, window_end) GROUP BY window_start, window_end"
    else:
        sql = f"SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end{rng.choice(['', ', k'])} ORDER BY {rng.choice(['v DESC, id', 'd, id', 's DESC NULLS LAST, id DESC', 'ts', 'ts DESC'])}) AS rn FROM {source}) WHERE rn {rng.choice(['= 1', '<= 2', '<= 3', 'BETWEEN 2 AND 3'])}"
    return table(delay=rng.choice([0, 2, 5])) + sql + ";", {"t": rows(rng, 45)}


@family
def interval(rng):
    low, high = rng.choice([(-5, 0), (0, 5), (-3, 3), (-10, -2), (1, 4), (0, 0), (-1, 20)])
    kind = rng.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
    residual = rng.choice(["", "", " AND l.v < r.v", " AND r.v IS NOT NULL", " AND l.v > 0"])

    def bound(seconds):
        return f"l.ts {'-' if seconds < 0 else '+'} INTERVAL '{abs(seconds)}' SECOND"
    left = rng.choice(["t", "(SELECT * FROM t WHERE s IS NOT NULL)"])
    join = (f"SELECT l.id, l.k, l.v, l.ts AS lts, r.id AS rid, r.v AS rv, r.ts AS rts FROM {left} AS l {kind} r ON l.k = r.k AND r.ts "
            f"{rng.choice(['BETWEEN ' + bound(low) + ' AND ' + bound(high), '>= ' + bound(low) + ' AND r.ts < ' + bound(high)])}{residual}")
    behind = rng.choice(["", "", "group", "window", "top", "dedup", "over", "tvf", "distinct"])
    time = rng.choice(["lts", "rts"])
    if behind == "group":
        join = f"SELECT k, COUNT(*) AS n, SUM(rv) AS s, COUNT(DISTINCT rid) AS d FROM ({join}) GROUP BY k"
    elif behind == "window":
        name, rest = group_window(rng, time)
        join = f"SELECT {name}_START{rest} AS b, COUNT(*) AS n, SUM(id) AS s FROM ({join}) GROUP BY {name}{rest}"
    elif behind == "top":
        join = f"SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY rv DESC, id, rid) AS rn FROM ({join})) WHERE rn <= 2"
    elif behind == "dedup":
        join = f"SELECT k, lts, rts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY {time}) AS rn FROM ({join})) WHERE rn = 1"
    elif behind == "over":
        join = f"SELECT id, rid, COUNT(*) OVER w AS c, SUM(rv) OVER w AS s FROM ({join}) WINDOW w AS (PARTITION BY k, id, rid ORDER BY {time} ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)"
    elif behind == "tvf":
        return table(delay=90) + table("r", delay=90) + f"CREATE VIEW j AS {join};\nSELECT window_start, window_end, COUNT(*) AS n, SUM(rv) AS s FROM {tvf(rng, 'TABLE j', time)} GROUP BY window_start, window_end;", \
            {"t": rows(rng, 25), "r": rows(rng, 25)}
    elif behind == "distinct":
        join = f"SELECT DISTINCT k, rv FROM ({join})"
    return table(delay=90) + table("r", delay=90) + join + ";", {"t": rows(rng, 25), "r": rows(rng, 25)}


def main():
    folder, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    for name in sys.argv[4:] or FAMILIES:
        for seed in range(first, first + count):
            sql, files = FAMILIES[name](random.Random(zlib.crc32(f"{name}{seed}".encode())))
            case = folder / f"{name}-{seed}"
            case.mkdir(parents=True, exist_ok=True)
            (case / "case.sql").write_text(sql.strip() + "\n")
            for stem, made in files.items():
                (case / f"{stem}.json").write_text("".join(json.dumps(row) + "\n" for row in made))


main()
