#!/usr/bin/env python3
"""Writes the inputs of the corpus cases of SESSION as a table function.

usage: sessions.py     writes session-tvf/CASE/{case.sql,flink.sql,*.json} beside this file

Flink 1.18 has sessions only as group windows. `flink.sql` says the same with them, and flink.jsonl is recorded from it: a
group window by the columns of PARTITION BY collects the numbers of its rows, which are then found in the table again. So
the rows that Flink drops as late are the same ones.
"""
import json
from pathlib import Path

from event_time import edges, instants, DAY

ROOT = Path(__file__).parent / "session-tvf"
GAP = "INTERVAL '3' SECOND"


def table(name="t", delay=2, time="ts TIMESTAMP(3)"):
    return (f"CREATE TABLE {name} (id INT, k STRING, v INT, {time},\n  WATERMARK FOR ts AS ts - INTERVAL '{delay}' SECOND)\n"
            f"WITH ('connector' = 'filesystem', 'path' = '{name}.json', 'format' = 'json');\n")


def function(name, of="t", partition=(), gap=GAP):
    by = f" PARTITION BY {', '.join(partition)}" if len(partition) == 1 else f" PARTITION BY ({', '.join(partition)})" if partition else ""
    return f"CREATE VIEW {name} AS SELECT * FROM TABLE(SESSION(TABLE {of}{by}, DESCRIPTOR(ts), {gap}));\n"


def group_window(name, of="t", partition=(), gap=GAP):
    session = f"SESSION(ts, {gap})"
    start, end, time = (session.replace("(", f"_{what}(", 1) for what in ("START", "END", "ROWTIME"))
    return (f"CREATE VIEW {name}s AS SELECT COLLECT(id) AS ids, {start} AS window_start, {end} AS window_end,\n"
            f"  CAST({time} AS TIMESTAMP(3)) AS window_time FROM {of} GROUP BY {', '.join([*partition, session])};\n"
            f"CREATE VIEW {name} AS SELECT t.*, s.window_start, s.window_end, s.window_time FROM (\n"
            f"  SELECT x.id, window_start, window_end, window_time FROM {name}s CROSS JOIN UNNEST(ids) AS x (id)) AS s JOIN {of} AS t ON s.id = t.id;\n")


def case(name, tables, views, select, select_of_flink=None, **files):
    folder = ROOT / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.sql").write_text(tables + "".join(function(*view) for view in views) + select + ";\n")
    (folder / "flink.sql").write_text(tables + "".join(group_window(*view) for view in views) + (select_of_flink or select) + ";\n")
    for stem, rows in files.items():
        (folder / f"{stem}.json").write_text("".join(json.dumps(row) + "\n" for row in rows))


BY_K, ALONE, BY_V = [("w", "t", ("k",))], [("w", "t")], [("w", "t", ("v",))]
BOUNDS = "window_start, window_end"
ROWS = f"SELECT id, k, v, {BOUNDS} FROM w"
COUNTS = "COUNT(*) AS c, SUM(v) AS s, MIN(id) AS m, COUNT(DISTINCT k) AS d"
for name, views in {"by-key": BY_K, "alone": ALONE, "by-two-keys": [("w", "t", ("v", "k"))]}.items():
    rows = edges("session rows " + name, 60, step=2000)
    case(f"rows-{name}", table(), views, f"SELECT id, k, v, {BOUNDS}, CAST(window_time AS TIMESTAMP(3)) AS r FROM w", t=rows)
    case(f"rows-{name}-where", table(), views, ROWS + " WHERE k = 'a' AND v > 0", t=rows)
    case(f"rows-{name}-no-delay", table(delay=0), views, ROWS, t=rows)
for name, views in {"by-value": BY_V, "alone": ALONE, "by-two-keys": [("w", "t", ("v", "k"))]}.items():
    rows = edges("session groups " + name, 60, step=2000)
    case(f"grouped-by-other-key-{name}", table(), views, f"SELECT k, {BOUNDS}, {COUNTS} FROM w GROUP BY k, {BOUNDS}", t=rows)
    case(f"grouped-by-time-{name}", table(), views,
         f"SELECT k, {BOUNDS}, CAST(window_time AS TIMESTAMP(3)) AS r, {COUNTS} FROM w GROUP BY k, {BOUNDS}, window_time", t=rows)
    case(f"grouped-by-end-{name}", table(), views, f"SELECT k, window_end, {COUNTS} FROM w GROUP BY k, window_end", t=rows)
    case(f"grouped-by-window-{name}", table(), views, f"SELECT {BOUNDS}, {COUNTS} FROM w GROUP BY {BOUNDS}", t=rows)
    case(f"grouped-where-{name}", table(), views,
         f"SELECT k, {BOUNDS}, {COUNTS} FROM w WHERE id > 5 AND k IS NOT NULL GROUP BY k, {BOUNDS} HAVING COUNT(*) > 1", t=rows)
    case(f"grouping-sets-{name}", table(), views,
         f"SELECT k, {BOUNDS}, {COUNTS} FROM w GROUP BY {BOUNDS}, GROUPING SETS ((k), ())", t=rows)
    case(f"grouped-by-computed-key-{name}", table(), views,
         f"SELECT COALESCE(k, 'none') AS n, {BOUNDS}, {COUNTS} FROM w GROUP BY COALESCE(k, 'none'), {BOUNDS}", t=rows)
    case(f"top-two-{name}", table(), views,
         f"SELECT id, k, {BOUNDS}, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {BOUNDS}, k ORDER BY v DESC, id) AS n FROM w) WHERE n <= 2", t=rows)
    case(f"first-of-each-{name}", table(), views,
         f"SELECT id, k, {BOUNDS} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {BOUNDS}, k ORDER BY ts, id) AS n FROM w) WHERE n = 1", t=rows)
    case(f"minutes-of-counts-{name}", table(), views,
         f"SELECT FLOOR(r TO MINUTE) AS a, SUM(c) AS s FROM (SELECT k, window_time AS r, COUNT(*) AS c FROM w GROUP BY k, {BOUNDS}, window_time) AS g GROUP BY FLOOR(r TO MINUTE)",
         t=rows)
PAIR = [("l", "t", ("k",)), ("r", "o", ("v",))]
SAME = "l.window_start = r.window_start AND l.window_end = r.window_end"
for name, join in {"inner": "JOIN", "left": "LEFT JOIN", "full": "FULL JOIN"}.items():
    rows, others = edges("session join", 40, step=3000, key=("a", "b")), edges("session join", 40, step=3000, key=("a", "b"))
    for row in others[::3]:
        row["v"] = 4
    case(f"join-{name}", table(delay=60) + table("o", delay=60), PAIR,
         f"SELECT l.id, r.id AS other, l.window_start AS a, r.window_end AS z FROM l {join} r ON {SAME} AND l.k = r.k", t=rows, o=others)
for zone in ("Europe/Berlin", "America/New_York"):
    rows = instants("session zone", DAY)
    for row in rows:
        row["ms"] = row.pop("ts") + 25 * 86_400_000
    views = [("w", "t", ("v",), "INTERVAL '30' MINUTE")]
    tables = f"SET 'table.local-time-zone' = '{zone}';\n" + table(time="ms BIGINT, ts AS TO_TIMESTAMP_LTZ(ms, 3)")
    case(f"zone-{zone.split('/')[1].lower().replace('_', '-')}", tables, views, ROWS, t=rows)
