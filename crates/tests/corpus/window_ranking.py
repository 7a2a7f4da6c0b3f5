#!/usr/bin/env python3
"""Writes the inputs of the corpus cases of Top-N and deduplication by window.

usage: window_ranking.py     writes window-rank/CASE/{case.sql,t.json} beside this file; flink.jsonl is recorded separately
"""
import json
import random
import zlib
from pathlib import Path

ROOT = Path(__file__).parent / "window-rank"


def ts(ms):
    s = ms // 1000
    return f"2024-03-01 {s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}.{ms % 1000:03d}"


SOURCE = """CREATE TABLE t (id STRING, k STRING, v INT, d DECIMAL(10, 2), s STRING, ts TIMESTAMP(3), pt AS PROCTIME(),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
"""
TUMBLE = "TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND))"
HOP = "TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND))"
CUMULATE = "TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND))"
SUMS = f"""CREATE VIEW a AS SELECT window_start, window_end, window_time, k, SUM(v) AS sm, COUNT(*) AS n FROM {TUMBLE} GROUP BY window_start, window_end, window_time, k;
"""


def rows(name, count=36, nulls=0.12, keys=("a", "b", None), jitter=1500, step=1000):
    rng = random.Random(zlib.crc32(name.encode()))

    def maybe(value):
        return None if rng.random() < nulls else value

    return [{"id": f"i{i}", "k": rng.choice(keys), "v": maybe(rng.randint(0, 5)), "d": maybe(rng.randint(-500, 500) / 100),
             "s": maybe(rng.choice(["x", "y", "zz", ""])), "ts": ts(max(0, 10_000 + i * step + rng.randint(-jitter, jitter)))}
            for i in range(count)]


def case(name, sql, views="", **kw):
    folder = ROOT / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.sql").write_text((SOURCE + views + sql).strip() + "\n")
    (folder / "t.json").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows(name, **kw)))


def rank(name, where, order, source=TUMBLE, keys=", k", columns="window_start, window_end, id, k, v", number=True, views="", **kw):
    shown = columns + (", rn" if number else "")
    case(name, f"SELECT {shown} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end{keys} ORDER BY {order}) AS rn FROM {source}) WHERE {where};",
         views, **kw)


for shape, source in (("tumble", TUMBLE), ("hop", HOP), ("cumulate", CUMULATE)):
    rank(f"{shape}-top-2", "rn <= 2", "v DESC", source)
    rank(f"{shape}-top-2-without-number", "rn <= 2", "v DESC", source, number=False)
    rank(f"{shape}-top-1", "rn = 1", "v DESC", source)
    rank(f"{shape}-first-by-rowtime", "rn = 1", "ts", source, columns="window_start, window_end, id, k, ts")
    rank(f"{shape}-last-by-rowtime", "rn = 1", "ts DESC", source, columns="window_start, window_end, id, k, ts")
rank("no-keys", "rn <= 3", "v DESC, id", keys="")
rank("between", "rn BETWEEN 2 AND 3", "v DESC", keys="")
rank("between-without-number", "rn BETWEEN 2 AND 3", "v DESC", keys="", number=False)
rank("equal-two", "rn = 2", "v DESC", keys="")
rank("ascending", "rn <= 2", "v")
rank("nulls-last", "rn <= 2", "v NULLS LAST, d DESC NULLS FIRST", nulls=0.4)
rank("several-columns", "rn <= 2", "s DESC, d, id", columns="window_start, window_end, id, k, s, d")
rank("computed-key", "rn <= 2", "v DESC", keys=", UPPER(k)")
rank("beside-a-condition", "rn <= 2 AND v > 2", "v DESC")
rank("late-rows", "rn <= 3", "v DESC", jitter=8000)
rank("late-rows-hop", "rn <= 2", "v DESC", HOP, jitter=8000)
rank("late-rows-last", "rn = 1", "ts DESC", HOP, columns="window_start, window_end, id, k, ts", jitter=8000)
rank("ties-first", "rn = 1", "ts", columns="window_start, window_end, id, ts", keys="", jitter=0, step=0, count=8)
rank("ties-last", "rn = 1", "ts DESC", columns="window_start, window_end, id, ts", keys="", jitter=0, step=0, count=8)
rank("ties-by-window-time", "rn = 1", "window_time", columns="window_start, window_end, id", keys="")
rank("ties-by-window-time-descending", "rn = 1", "window_time DESC", columns="window_start, window_end, id", keys="")
rank("number-of-first", "rn <= 1", "ts", columns="window_end, id, k, ts")
rank("window-columns-not-shown", "rn <= 2", "v DESC", columns="id, v")
rank("of-an-aggregate-two", "rn <= 2", "n DESC, k", "a", keys="", columns="window_start, window_end, k, sm, n", views=SUMS)
rank("of-an-aggregate-last", "rn = 1", "window_time DESC", "a", columns="window_start, window_end, k, sm, n", views=SUMS)

case("only-window-start", f"SELECT window_start, id, v, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start ORDER BY v DESC) AS rn FROM {TUMBLE}) WHERE rn <= 2;")
case("aggregate-above", f"SELECT window_start, window_end, SUM(v) AS sm, COUNT(*) AS n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY v DESC, id) AS rn FROM {TUMBLE}) WHERE rn <= 2 GROUP BY window_start, window_end;")
case("rank-above", f"SELECT window_start, window_end, id, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY v DESC, id) AS r2 FROM (SELECT window_start, window_end, id, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY v DESC, id) AS rn FROM {TUMBLE}) WHERE rn <= 2)) WHERE r2 <= 3;")
rank("of-updates", "rn <= 2", "v DESC", "TABLE(TUMBLE(TABLE u, DESCRIPTOR(ts), INTERVAL '10' SECOND))",
     views="CREATE VIEW u AS SELECT id, k, v, d, s, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS last FROM t) WHERE last = 1;\n")
rank("by-proctime", "rn <= 2", "v DESC", "TABLE(TUMBLE(TABLE t, DESCRIPTOR(pt), INTERVAL '10' SECOND))", columns="id, k, v")
rank("by-proctime-first", "rn = 1", "pt", "TABLE(TUMBLE(TABLE t, DESCRIPTOR(pt), INTERVAL '10' SECOND))", columns="id, k, v")
case("function-rank", f"SELECT id, v FROM (SELECT *, RANK() OVER (PARTITION BY window_start, window_end ORDER BY v DESC) AS rn FROM {TUMBLE}) WHERE rn <= 2;")
case("view-and-projection", "SELECT w, id, v + 1 AS x FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY ws, w ORDER BY v DESC, id) AS rn FROM p) WHERE rn <= 2;",
     f"CREATE VIEW p AS SELECT window_start AS ws, window_end AS w, id, v FROM {TUMBLE} WHERE v > 1;\n")
