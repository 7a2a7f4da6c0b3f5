#!/usr/bin/env python3
"""Writes the inputs of the corpus cases of temporal joins: FOR SYSTEM_TIME AS OF a rowtime.

usage: temporal_join.py            writes temporal-join/CASE/{case.sql,*.json} beside this file; flink.jsonl is recorded separately

Every case has its own seed. Watermarks of most cases pass nothing before the end, so that the result does not depend on
which of the two files is read first; the cases named `steady` have rows in order and watermarks that follow them.
"""
import json
import random
import zlib
from pathlib import Path

ROOT = Path(__file__).parent / "temporal-join"


def ts(ms):
    s = ms // 1000
    return f"2024-03-01 {s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}.{ms % 1000:03d}"


def case(name, sql, **files):
    folder = ROOT / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.sql").write_text(sql.strip() + "\n")
    for stem, rows in files.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{stem}.json").write_text(text)


def table(name, columns, delay="'1' DAY", key="", rowtime="ts"):
    watermark = f",\n  WATERMARK FOR {rowtime} AS {rowtime} - INTERVAL {delay}" if delay else ""
    key = f",\n  PRIMARY KEY ({key}) NOT ENFORCED" if key else ""
    return (f"CREATE TABLE {name} ({columns}{watermark}{key})\n"
            f"WITH ('connector' = 'filesystem', 'path' = '{name}.json', 'format' = 'json');\n")


ORDERS = "id STRING, k STRING, c STRING, v INT, ts TIMESTAMP(3)"
RATES = "k STRING, c STRING, rate INT, ts TIMESTAMP(3)"
LAST = ("CREATE VIEW {name} AS SELECT {columns} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY ts DESC) AS n "
        "FROM {table}) WHERE {where};\n")


def last(name="latest", columns="k, c, rate, ts", key="k", table="rates", where="n = 1"):
    return LAST.format(name=name, columns=columns, key=key, table=table, where=where)


def orders(name, count=18, steady=False, keys=("a", "b", "c", None), step=1000, nulls=True):
    rng = random.Random(zlib.crc32((name + "orders").encode()))
    rows = []
    for i in range(count):
        t = i * step + (0 if steady else rng.randint(-4, 4) * 700)
        rows.append({"id": f"o{i}", "k": rng.choice(keys), "c": rng.choice(["x", "y"]),
                     "v": None if nulls and rng.random() < 0.15 else rng.randint(0, 9), "ts": ts(10_000 + t)})
    return rows


def rates(name, count=16, steady=False, keys=("a", "b", "c", "d"), step=1100, ties=True):
    rng = random.Random(zlib.crc32((name + "rates").encode()))
    rows, t = [], 6_000
    for i in range(count):
        if not (ties and rng.random() < 0.25):
            t += step if steady else rng.randint(1, 4) * 500
        at = t if steady else t + rng.randint(-3, 3) * 500
        rows.append({"k": rng.choice(keys), "c": rng.choice(["x", "y"]),
                     "rate": None if rng.random() < 0.1 else rng.randint(0, 9), "ts": ts(at)})
    return rows


SELECT = "o.id, o.k, o.v, o.ts, r.k AS rk, r.c AS rc, r.rate, r.ts AS rts"


def join(name, kind="", on="o.k = r.k", select=SELECT, where="", right="rates", key="k", views="", steady=False,
         orders_columns=ORDERS, rates_columns=RATES, orders_rows=None, rates_rows=None, as_of="o.ts", tail="",
         nullable_keys=False):
    delay = "'1' SECOND" if steady else "'1' DAY"
    sql = table("orders", orders_columns, delay) + table("rates", rates_columns, delay, key if right == "rates" else "")
    sql += views
    sql += (f"SELECT {select}\nFROM orders AS o {kind} JOIN {right} FOR SYSTEM_TIME AS OF {as_of} AS r ON {on}"
            f"{' WHERE ' + where if where else ''}{tail};")
    rate_keys = ("a", "b", None) if nullable_keys else ("a", "b", "c", "d")
    case(name, sql, orders=orders_rows or orders(name, steady=steady),
         rates=rates_rows or rates(name, steady=steady, keys=rate_keys))


for kind, suffix in (("", "inner"), ("LEFT", "left")):
    join(f"table-{suffix}", kind)
    join(f"table-steady-{suffix}", kind, steady=True)
    join(f"table-many-rows-{suffix}", kind, orders_rows=orders(f"many-{suffix}", 120, step=300),
         rates_rows=rates(f"many-{suffix}", 90, keys=tuple("abcd")))
    join(f"table-two-keys-{suffix}", kind, key="k, c", on="o.k = r.k AND o.c = r.c")
    join(f"table-two-keys-turned-{suffix}", kind, key="c, k", on="r.c = o.c AND r.k = o.k")
    join(f"table-more-than-the-key-{suffix}", kind, on="o.k = r.k AND o.c = r.c")
    join(f"table-residual-{suffix}", kind, on="o.k = r.k AND r.rate > o.v")
    join(f"table-residual-of-right-{suffix}", kind, on="o.k = r.k AND r.rate > 4")
    join(f"table-residual-of-left-{suffix}", kind, on="o.k = r.k AND o.v > 4")
    join(f"table-residual-with-times-{suffix}", kind, on="o.k = r.k AND r.ts > o.ts - INTERVAL '2' SECOND")
    join(f"table-where-left-{suffix}", kind, where="o.v > 3")
    join(f"table-where-right-{suffix}", kind, where="r.rate > 3")
    join(f"table-where-is-null-{suffix}", kind, where="r.rate IS NULL")
    join(f"view-{suffix}", kind, right="latest", views=last())
    join(f"view-steady-{suffix}", kind, right="latest", views=last(), steady=True)
    join(f"view-null-keys-{suffix}", kind, right="latest", views=last(), nullable_keys=True)
    join(f"view-two-keys-{suffix}", kind, right="latest", views=last(key="k, c"), on="o.k = r.k AND o.c = r.c")
    join(f"view-more-than-the-key-{suffix}", kind, right="latest", views=last(), on="o.k = r.k AND o.c = r.c")
    join(f"view-filtered-below-{suffix}", kind, right="latest", steady=True,
         views="CREATE VIEW good AS SELECT * FROM rates WHERE rate > 2;\n" + last(table="good"))
    join(f"view-filtered-above-{suffix}", kind, right="latest", views=last(where="n = 1 AND rate > 4"), steady=True)
    join(f"view-residual-{suffix}", kind, right="latest", views=last(), on="o.k = r.k AND r.rate > o.v")
    join(f"table-view-filtered-{suffix}", kind, right="rates", steady=True,
         on="o.k = r.k AND r.rate IS NOT NULL AND r.rate <> o.v")
    join(f"left-updating-{suffix}", kind, steady=True, views="CREATE VIEW o_last AS SELECT id, k, c, v, ts FROM (SELECT *, "
         "ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM orders) WHERE n = 1;\n")

# Names, projections, places.
join("star", select="*")
join("star-of-right", select="o.id, r.*")
join("name-behind-an-alias-is-refused", select="o.id, rates.rate", on="o.k = rates.k", tail="")
case("without-alias", table("orders", ORDERS) + table("rates", RATES, key="k") +
     "SELECT o.id, rates.rate FROM orders AS o JOIN rates FOR SYSTEM_TIME AS OF o.ts ON o.k = rates.k;",
     orders=orders("wa"), rates=rates("wa"))
case("comma-join-is-refused", table("orders", ORDERS) + table("rates", RATES, key="k") +
     "SELECT o.id, r.rate FROM orders AS o, rates FOR SYSTEM_TIME AS OF o.ts AS r WHERE o.k = r.k;",
     orders=orders("cj"), rates=rates("cj"))
join("using", on="", select="o.id, r.rate")
(ROOT / "using" / "case.sql").write_text((ROOT / "using" / "case.sql").read_text().replace(" ON ;", " USING (k);"))
join("only-left-columns", select="o.id, o.v")
join("only-right-columns", select="r.rate, r.c")
join("expressions", select="o.id, o.v * r.rate AS total, COALESCE(r.c, 'none') AS c", kind="LEFT")
join("key-expression-is-refused", on="UPPER(o.k) = r.k", rates_rows=rates("upper", keys=("A", "B", "C")))
join("key-expression-of-right-beside", on="o.k = r.k AND UPPER(r.c) = UPPER(o.c)")
for name, beside in (("left-computed", "UPPER(o.c) = r.c"), ("right-computed", "o.c = LOWER(r.c)"), ("both-computed", "LOWER(o.c) = LOWER(r.c)"),
                     ("left-cast", "o.v = r.wide"), ("right-cast", "o.wide = r.rate"), ("left-added", "o.v + 1 = r.rate"), ("right-added", "o.v = r.rate + 1")):
    rng = random.Random(5)
    join(f"key-beside-{name}", on=f"o.k = r.k AND {beside}", orders_columns=ORDERS + ", wide AS CAST(v AS BIGINT)", rates_columns=RATES + ", wide AS CAST(rate AS BIGINT)",
         orders_rows=[{**r, "v": rng.randint(1, 2), "c": rng.choice("XxYy") if name == "left-computed" else r["c"]} for r in orders("beside", 30, keys=("a", "b"))],
         rates_rows=[{**r, "rate": rng.randint(1, 3)} for r in rates("beside", 24, keys=("a", "b"))])
join("key-both-computed-is-refused", on="UPPER(o.k) = UPPER(r.k)", rates_rows=rates("upper", keys=("A", "B", "C")))
join("key-types-left-narrower-is-refused", orders_columns="id STRING, k INT, c STRING, v INT, ts TIMESTAMP(3)",
     rates_columns="k BIGINT, c STRING, rate INT, ts TIMESTAMP(3)",
     orders_rows=orders("narrow", keys=(1, 2, 3, None)), rates_rows=rates("narrow", keys=(1, 2, 3, 4)))
join("key-types-right-narrower-is-refused", orders_columns="id STRING, k BIGINT, c STRING, v INT, ts TIMESTAMP(3)",
     rates_columns="k INT, c STRING, rate INT, ts TIMESTAMP(3)",
     orders_rows=orders("narrow", keys=(1, 2, 3, None)), rates_rows=rates("narrow", keys=(1, 2, 3, 4)))
join("key-is-not-distinct", right="latest", views=last(), on="o.k IS NOT DISTINCT FROM r.k", nullable_keys=True)
join("local-time-zone", orders_columns="id STRING, k STRING, c STRING, v INT, t TIMESTAMP(3), ts AS CAST(t AS TIMESTAMP_LTZ(3))",
     rates_columns="k STRING, c STRING, rate INT, t TIMESTAMP(3), ts AS CAST(t AS TIMESTAMP_LTZ(3))",
     orders_rows=[{**{k: v for k, v in r.items() if k != "ts"}, "t": r["ts"]} for r in orders("ltz")],
     rates_rows=[{**{k: v for k, v in r.items() if k != "ts"}, "t": r["ts"]} for r in rates("ltz")])
join("unlike-time-types-are-refused", rates_columns="k STRING, c STRING, rate INT, t TIMESTAMP(3), ts AS CAST(t AS TIMESTAMP_LTZ(3))",
     rates_rows=[{**{k: v for k, v in r.items() if k != "ts"}, "t": r["ts"]} for r in rates("ltz")])
join("many-types", key="k", rates_columns="k STRING, c STRING, rate INT, d DECIMAL(10, 2), f DOUBLE, b BOOLEAN, dt DATE, "
     "tm TIME(0), l BIGINT, a ARRAY<INT>, m MAP<STRING, INT>, r ROW<x INT, y STRING>, ts TIMESTAMP(3)", kind="LEFT",
     select="o.id, r.d, r.f, r.b, r.dt, r.tm, r.l, r.a, r.m, r.r",
     rates_rows=[{**r, "d": i * 1.25, "f": i / 8, "b": i % 2 == 0, "dt": f"2024-01-{i + 1:02d}", "tm": f"01:02:{i:02d}",
                  "l": i * 10 ** 12, "a": [i, None], "m": {"q": i}, "r": {"x": i, "y": f"y{i}"}}
                 for i, r in enumerate(rates("many-types"))])

# The time of the left side goes on; that of the right side is a plain column.
join("time-goes-on", select="o.id, r.rate, o.ts", steady=True,
     views="", tail="")
case("interval-join-behind", table("orders", ORDERS) + table("rates", RATES, key="k") + table("pays", "id STRING, ts TIMESTAMP(3)") +
     "CREATE VIEW priced AS SELECT o.id, o.ts, r.rate FROM orders AS o JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.k = r.k;\n"
     "SELECT p.id, q.rate FROM priced AS q JOIN pays AS p ON p.id = q.id AND p.ts BETWEEN q.ts AND q.ts + INTERVAL '5' SECOND;",
     orders=orders("ijb"), rates=rates("ijb"), pays=[{"id": r["id"], "ts": r["ts"]} for r in orders("ijb")])
case("deduplicate-behind", table("orders", ORDERS) + table("rates", RATES, key="k") +
     "CREATE VIEW priced AS SELECT o.id, o.k, o.ts, r.rate FROM orders AS o LEFT JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.k = r.k;\n"
     "SELECT id, k, rate FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM priced) WHERE n = 1;",
     orders=orders("dd"), rates=rates("dd"))
case("group-behind", table("orders", ORDERS) + table("rates", RATES, key="k") +
     "SELECT r.c, SUM(o.v * r.rate) AS total, COUNT(*) AS c FROM orders AS o LEFT JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r "
     "ON o.k = r.k GROUP BY r.c;", orders=orders("gb", 40), rates=rates("gb", 30))
case("chain-of-two", table("orders", ORDERS) + table("rates", RATES, key="k") + table("taxes", "c STRING, tax INT, ts TIMESTAMP(3)", key="c") +
     "SELECT o.id, r.rate, t.tax FROM orders AS o LEFT JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.k = r.k "
     "JOIN taxes FOR SYSTEM_TIME AS OF o.ts AS t ON t.c = o.c;",
     orders=orders("c2"), rates=rates("c2"), taxes=[{"c": r["c"], "tax": r["rate"], "ts": r["ts"]} for r in rates("c2t")])
case("chain-on-the-first-right", table("orders", ORDERS) + table("rates", RATES, key="k") + table("taxes", "c STRING, tax INT, ts TIMESTAMP(3)", key="c") +
     "SELECT o.id, r.rate, t.tax FROM orders AS o JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.k = r.k "
     "LEFT JOIN taxes FOR SYSTEM_TIME AS OF o.ts AS t ON t.c = r.c;",
     orders=orders("cr"), rates=rates("cr"), taxes=[{"c": r["c"], "tax": r["rate"], "ts": r["ts"]} for r in rates("crt")])
case("same-table-on-both-sides", table("rates", RATES, key="k") +
     "SELECT o.k, o.rate, o.ts, r.rate AS x, r.ts AS rts FROM rates AS o JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.k = r.k;",
     rates=rates("both"))
case("left-is-a-union", table("orders", ORDERS) + table("others", ORDERS) + table("rates", RATES, key="k") +
     "CREATE VIEW all_orders AS SELECT * FROM orders UNION ALL SELECT * FROM others;\n"
     "SELECT o.id, r.rate FROM all_orders AS o LEFT JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.k = r.k;",
     orders=orders("u1"), others=orders("u2"), rates=rates("u"))
case("left-is-an-interval-join", table("orders", ORDERS) + table("pays", "id STRING, paid TIMESTAMP(3)", rowtime="paid") + table("rates", RATES, key="k") +
     "CREATE VIEW paid_orders AS SELECT o.id, o.k, o.ts, p.paid FROM orders AS o JOIN pays AS p ON p.id = o.id AND p.paid BETWEEN o.ts AND o.ts + INTERVAL '5' SECOND;\n"
     "SELECT o.id, r.rate, r.ts FROM paid_orders AS o JOIN rates FOR SYSTEM_TIME AS OF o.paid AS r ON o.k = r.k;",
     orders=orders("ij"), rates=rates("ij"), pays=[{"id": r["id"], "paid": ts(20_000 + 300 * i)} for i, r in enumerate(orders("ij"))])

# Views.
join("view-of-a-table", right="v", key="", views="CREATE VIEW v AS SELECT k, rate * 2 AS rate, c, ts FROM keyed;\n")
text = (ROOT / "view-of-a-table" / "case.sql")
text.write_text(text.read_text().replace("CREATE VIEW v", table("keyed", RATES, key="k").replace("keyed.json", "rates.json") + "CREATE VIEW v"))
join("view-of-a-table-filtered-is-refused", right="v", key="", views="CREATE VIEW v AS SELECT k, rate, c, ts FROM keyed WHERE rate > 3;\n")
text = (ROOT / "view-of-a-table-filtered-is-refused" / "case.sql")
text.write_text(text.read_text().replace("CREATE VIEW v", table("keyed", RATES, key="k").replace("keyed.json", "rates.json") + "CREATE VIEW v"))
join("view-computed", right="latest", views=last(columns="k, c, rate + 1 AS rate, ts"))
join("view-renamed", right="latest", views="CREATE VIEW latest (key_, c, rate, since) AS SELECT k, c, rate, ts FROM (SELECT *, "
     "ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM rates) WHERE n = 1;\n",
     on="o.k = r.key_", select="o.id, r.rate, r.since")
join("view-with-the-number", right="latest", views=last(columns="*"), select="o.id, r.rate, r.n")
join("view-first-inner", right="first_ones", select="o.id, r.rate, r.ts", views="CREATE VIEW first_ones AS SELECT k, c, rate, ts FROM (SELECT *, "
     "ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS n FROM rates) WHERE n = 1;\n", steady=True)
join("view-of-a-view", right="w", views=last() + "CREATE VIEW w AS SELECT ts, k, rate, c FROM latest;\n")
join("view-first-number", right="latest", views=last(where="n <= 1"))
join("view-without-its-key-is-refused", right="latest", views=last(columns="c, rate, ts"), on="o.c = r.c", select="o.id, r.rate")
join("view-without-its-time-is-refused", right="latest", views=last(columns="k, c, rate"), select="o.id, r.rate")
join("view-of-an-aggregate-is-refused", right="latest", views="CREATE VIEW latest AS SELECT k, MAX(rate) AS rate FROM rates GROUP BY k;\n", select="o.id, r.rate")
join("view-of-the-best", right="latest", views="CREATE VIEW latest AS SELECT k, c, rate, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY rate DESC) AS n FROM rates) WHERE n = 1;\n", select="o.id, r.rate, r.ts")
join("view-not-keyed-is-refused", right="v", views="CREATE VIEW v AS SELECT k, rate, ts FROM rates;\n", select="o.id, r.rate")
join("view-cast-time-is-refused", right="latest", views=last(columns="k, c, rate, CAST(ts AS TIMESTAMP(3)) AS ts"))
case("with-clause", table("orders", ORDERS) + table("rates", RATES) +
     "WITH latest AS (SELECT k, c, rate, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM rates) WHERE n = 1)\n"
     "SELECT o.id, r.rate FROM orders AS o JOIN latest FOR SYSTEM_TIME AS OF o.ts AS r ON o.k = r.k;", orders=orders("with"), rates=rates("with"))

# Ties and order.
TIES = [{"k": "a", "c": c, "rate": n, "ts": ts(t)} for n, (c, t) in enumerate(
    [("x", 10_000), ("y", 10_000), ("x", 12_000), ("y", 11_000), ("z", 12_000), ("w", 10_000)])]
AT = [{"id": f"o{i}", "k": "a", "c": "x", "v": i, "ts": ts(9_000 + 500 * i)} for i in range(9)]
for kind, suffix in (("", "inner"), ("LEFT", "left")):
    join(f"ties-table-{suffix}", kind, orders_rows=AT, rates_rows=TIES)
    join(f"ties-view-{suffix}", kind, right="latest", views=last(), orders_rows=AT, rates_rows=TIES)
join("empty-right", "LEFT", rates_rows=[{"k": "zz", "c": "x", "rate": 1, "ts": ts(1)}])
join("versions-only-later", "LEFT", rates_rows=[{"k": k, "c": "x", "rate": 1, "ts": ts(90_000)} for k in "abc"])
join("versions-long-before", "LEFT", rates_rows=[{"k": k, "c": "x", "rate": 1, "ts": "1970-01-01 00:00:00.001"} for k in "abc"])
join("before-1970", "LEFT", orders_rows=[{"id": f"o{i}", "k": "a", "c": "x", "v": i, "ts": f"19{60 + i}-01-01 00:00:00"} for i in range(9)],
     rates_rows=[{"k": "a", "c": "x", "rate": i, "ts": f"19{60 + i}-06-01 00:00:00"} for i in range(9)])

# What Flink refuses.
join("no-key-of-table-is-refused", key="")
join("key-not-in-condition-is-refused", on="o.c = r.c")
join("half-of-the-key-is-refused", key="k, c")
join("constant-for-half-of-the-key-is-refused", key="k, c", on="o.k = r.k AND r.c = 'x'")
join("no-equality-is-refused", on="o.v > r.rate")
join("true-is-refused", on="TRUE")
join("right-join-is-refused", kind="RIGHT")
join("full-join-is-refused", kind="FULL")
join("time-of-right-is-refused", as_of="r.ts")
join("time-expression-is-refused", as_of="o.ts - INTERVAL '1' SECOND")
join("constant-time-is-refused", as_of="TIMESTAMP '2024-03-01 00:00:10'")
join("time-not-an-attribute-is-refused", orders_columns=ORDERS + ", other TIMESTAMP(3)", as_of="o.other")
case("right-without-watermark-is-refused", table("orders", ORDERS) + table("rates", RATES, delay="", key="k") +
     "SELECT o.id, r.rate FROM orders AS o JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.k = r.k;", orders=orders("w"), rates=rates("w"))
case("left-without-watermark-is-refused", table("orders", ORDERS, delay="") + table("rates", RATES, key="k") +
     "SELECT o.id, r.rate FROM orders AS o JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.k = r.k;", orders=orders("w"), rates=rates("w"))
join("processing-time-table-is-refused", orders_columns=ORDERS + ", p AS PROCTIME()", as_of="o.p")
join("processing-time-view-is-refused", orders_columns=ORDERS + ", p AS PROCTIME()", as_of="o.p", right="latest", views=last())
join("temporal-table-function-is-refused", tail="")
text = ROOT / "temporal-table-function-is-refused" / "case.sql"
text.write_text(table("orders", ORDERS) + table("rates", RATES, key="k") +
                "SELECT o.id, r.rate FROM orders AS o, LATERAL TABLE(rates(o.ts)) AS r WHERE o.k = r.k;\n")
