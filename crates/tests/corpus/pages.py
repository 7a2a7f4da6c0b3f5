#!/usr/bin/env python3
"""Writes the corpus cases of area `pages`: small statements for the constructs of Flink's SQL pages.

usage: pages.py     writes pages/CASE/{case.sql,*.json} beside this file; flink.jsonl is recorded separately

Every case has its own seed. Watermarks are so far behind that no row is late, but for `latebid`.
"""
import json
import random
import zlib
from pathlib import Path

ROOT = Path(__file__).parent / "pages"
START = 8 * 3600_000


def ts(ms):
    s = ms // 1000
    return f"2024-03-01 {s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}.{ms % 1000:03d}"


def table(name, columns, watermark="1' HOUR", more=""):
    watermark = f",\n  WATERMARK FOR ts AS ts - INTERVAL '{watermark}" if watermark else ""
    return (f"CREATE TABLE {name} ({columns}, ts TIMESTAMP(3){more}{watermark})\n"
            f"WITH ('connector' = 'filesystem', 'path' = '{name}.json', 'format' = 'json');\n")


def bids(r, late=0.0):
    now = START
    for i in range(40):
        now += r.choice([0, 1000, 20_000, 40_000, 60_000])
        time = now - (r.randrange(0, 400_000, 1000) if r.random() < late else 0)
        yield {"id": f"b{i}", "item": r.choice(["ink", "pen", "cup", "mat", None]),
               "supplier": r.choice(["s1", "s2", "s3"]), "price": r.choice([1, 2, 3, 4, 5, 7, 9, None]), "ts": ts(time)}


def orders(r):
    now = START
    for i in range(24):
        now += r.choice([0, 1000, 20_000, 40_000, 60_000])
        yield {"id": f"o{i}", "item": r.choice(["ink", "pen", "cup", None]), "amount": r.choice([1, 2, 5, 8, None]),
               "currency": r.choice(["EUR", "USD", "YEN", None]), "ts": ts(now)}


def ships(r):
    now = START
    for i in range(20):
        now += r.choice([0, 1000, 20_000, 60_000])
        yield {"id": f"h{i}", "order_id": f"o{r.randrange(24)}", "place": r.choice(["x", "y", None]), "ts": ts(now)}


def rates(r):
    now = START
    for _ in range(14):
        yield {"currency": r.choice(["EUR", "USD", "GBP"]), "rate": r.randrange(90, 120), "ts": ts(now)}
        now += r.choice([1000, 20_000, 60_000])


def documents(_):
    return [
        {"id": "1", "tags": ["a", "b", None], "scores": {"m": 1, "n": 2},
         "parts": [{"a": 1, "b": "x"}, {"a": None, "b": "y"}], "nest": {"p": 1, "q": {"x": "t", "y": 5}}},
        {"id": "2", "tags": [], "scores": {}, "parts": [], "nest": {"p": 2, "q": None}},
        {"id": "3", "tags": None, "scores": None, "parts": None, "nest": None},
        {"id": "4", "tags": ["a", "a"], "scores": {"m": None}, "parts": [{"a": 4, "b": None}],
         "nest": {"p": None, "q": {"x": None, "y": 7}}},
    ]


BID = "id STRING, item STRING, supplier STRING, price INT"
ORDER = "id STRING, item STRING, amount INT, currency STRING"
RATE = "currency STRING, rate INT"
PROCTIME = ",\n  pt AS PROCTIME()"
VERSIONS = """CREATE VIEW vrates AS SELECT currency, rate, ts
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY currency ORDER BY ts DESC) AS n FROM rates) WHERE n = 1;
"""
DOC = """CREATE TABLE doc (id STRING, tags ARRAY<STRING>, scores MAP<STRING, INT>, parts ARRAY<ROW<a INT, b STRING>>,
  nest ROW<p INT, q ROW<x STRING, y INT>>)
WITH ('connector' = 'filesystem', 'path' = 'doc.json', 'format' = 'json');
"""
# What a case reads: the statements, the file, its rows.
TABLES = {
    "bid": (table("bid", BID), "bid", bids),
    "latebid": (table("bid", BID, "30' SECOND"), "bid", lambda r: bids(r, 0.2)),
    "pbid": (table("bid", BID, None, PROCTIME), "bid", bids),
    "orders": (table("orders", ORDER), "orders", orders),
    "torders": (table("orders", ORDER, more=PROCTIME), "orders", orders),
    "ships": (table("ships", "id STRING, order_id STRING, place STRING"), "ships", ships),
    "rates": (table("rates", RATE), "rates", rates),
    "vrates": (table("rates", RATE) + VERSIONS, "rates", rates),
    "tags": (DOC, "doc", documents),
}


def case(name, tables, sql):
    folder = ROOT / name
    folder.mkdir(parents=True, exist_ok=True)
    statements = ""
    for read in tables.split():
        definition, stem, rows = TABLES[read]
        statements += definition
        rng = random.Random(zlib.crc32(name.encode()))
        (folder / f"{stem}.json").write_text("".join(json.dumps(row) + "\n" for row in rows(rng)))
    (folder / "case.sql").write_text(statements + sql.strip() + ";\n")


TUM = "TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '5' MINUTES))"
HOP = "TABLE(HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '2' MINUTES, INTERVAL '6' MINUTES))"
CUM = "TABLE(CUMULATE(TABLE bid, DESCRIPTOR(ts), INTERVAL '2' MINUTES, INTERVAL '10' MINUTES))"
SES = "TABLE(SESSION(TABLE bid PARTITION BY item, DESCRIPTOR(ts), INTERVAL '1' MINUTES))"

# window TVF page
case("tvf-tumble-plain", "latebid", f"SELECT * FROM {TUM}")
case("tvf-tumble-named", "latebid", "SELECT * FROM TABLE(TUMBLE(DATA => TABLE bid, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '5' MINUTES))")
case("tvf-hop-named", "latebid", "SELECT window_start, window_end, SUM(price) AS s FROM TABLE(HOP(DATA => TABLE bid, TIMECOL => DESCRIPTOR(ts), SLIDE => INTERVAL '2' MINUTES, SIZE => INTERVAL '6' MINUTES)) GROUP BY window_start, window_end")
case("tvf-cumulate-named", "latebid", "SELECT window_start, window_end, SUM(price) AS s FROM TABLE(CUMULATE(DATA => TABLE bid, TIMECOL => DESCRIPTOR(ts), STEP => INTERVAL '2' MINUTES, SIZE => INTERVAL '10' MINUTES)) GROUP BY window_start, window_end")
case("tvf-hop-plain", "latebid", f"SELECT id, window_start, window_end, window_time FROM {HOP}")
case("tvf-cumulate-plain", "latebid", f"SELECT id, window_start, window_end, window_time FROM {CUM}")
case("tvf-day", "latebid", "SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' DAY, INTERVAL '8' HOUR)) GROUP BY window_start, window_end")
case("tvf-month", "latebid", "SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' MONTH)) GROUP BY window_start, window_end")
case("tvf-hop-not-multiple", "latebid", "SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '4' MINUTES, INTERVAL '6' MINUTES)) GROUP BY window_start, window_end")
case("tvf-cumulate-not-multiple", "latebid", "SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(CUMULATE(TABLE bid, DESCRIPTOR(ts), INTERVAL '4' MINUTES, INTERVAL '6' MINUTES)) GROUP BY window_start, window_end")
case("tvf-where", "latebid", f"SELECT window_start, item, price FROM {TUM} WHERE price > 3 AND window_start > TIMESTAMP '2024-03-01 08:04:00'")
case("tvf-union", "latebid", f"SELECT window_start, window_end, SUM(price) AS s FROM (SELECT * FROM {TUM} WHERE item = 'ink' UNION ALL SELECT * FROM {TUM} WHERE item = 'pen') GROUP BY window_start, window_end")
case("tvf-alias-columns", "latebid", f"SELECT w.window_start, w.window_end, MAX(w.price) AS m FROM {TUM} AS w GROUP BY w.window_start, w.window_end")
case("tvf-of-view", "latebid", "CREATE VIEW v AS SELECT item, price, ts FROM bid WHERE price IS NOT NULL;\nSELECT window_start, window_end, item, AVG(price) AS a FROM TABLE(TUMBLE(TABLE v, DESCRIPTOR(ts), INTERVAL '5' MINUTES)) GROUP BY window_start, window_end, item")
case("tvf-of-subquery", "latebid", "SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(TUMBLE((SELECT * FROM bid WHERE price > 2), DESCRIPTOR(ts), INTERVAL '5' MINUTES)) GROUP BY window_start, window_end")
case("tvf-of-with", "latebid", "WITH w AS (SELECT * FROM bid WHERE price > 2) SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE w, DESCRIPTOR(ts), INTERVAL '5' MINUTES)) GROUP BY window_start, window_end")
case("tvf-no-time", "latebid", "SELECT * FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(price), INTERVAL '5' MINUTES))")
case("tvf-two-columns", "latebid", "SELECT * FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts, price), INTERVAL '5' MINUTES))")
case("tvf-unknown-column", "latebid", "SELECT * FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(nope), INTERVAL '5' MINUTES))")
# window agg page
case("agg-grouping-sets", "latebid", f"SELECT window_start, window_end, supplier, SUM(price) AS s FROM {TUM} GROUP BY window_start, window_end, GROUPING SETS ((supplier), ())")
case("agg-rollup", "latebid", f"SELECT window_start, window_end, item, supplier, SUM(price) AS s FROM {TUM} GROUP BY window_start, window_end, ROLLUP (item, supplier)")
case("agg-cube", "latebid", f"SELECT window_start, window_end, item, supplier, SUM(price) AS s, GROUPING_ID(item, supplier) AS g FROM {TUM} GROUP BY window_start, window_end, CUBE (supplier, item)")
case("agg-grouping-sets-of-windows", "latebid", f"SELECT window_start, window_end, supplier, SUM(price) AS s FROM {TUM} GROUP BY GROUPING SETS ((window_start, window_end, supplier), (window_start, window_end))")
case("agg-rollup-of-windows", "latebid", f"SELECT window_start, window_end, supplier, SUM(price) AS s FROM {TUM} GROUP BY ROLLUP (window_start, window_end, supplier)")
case("agg-only-start", "latebid", f"SELECT window_start, SUM(price) AS s FROM {TUM} GROUP BY window_start, window_end")
case("agg-cascade", "latebid", f"""CREATE VIEW w1 AS SELECT window_start AS window_5mintumble_start, window_end AS window_5mintumble_end, window_time AS rowtime, SUM(price) AS partial_price
FROM {TUM} GROUP BY supplier, window_start, window_end, window_time;
SELECT window_start, window_end, SUM(partial_price) AS total FROM TABLE(TUMBLE(TABLE w1, DESCRIPTOR(rowtime), INTERVAL '10' MINUTES)) GROUP BY window_start, window_end""")
case("agg-having", "latebid", f"SELECT window_start, window_end, item, COUNT(DISTINCT supplier) AS n FROM {HOP} GROUP BY window_start, window_end, item HAVING COUNT(*) > 1")
case("agg-expression-key", "latebid", f"SELECT window_start, window_end, price > 3 AS high, COUNT(*) AS n FROM {TUM} GROUP BY window_start, window_end, price > 3")
case("agg-window-expression", "latebid", f"SELECT DATE_FORMAT(window_start, 'HH:mm') AS m, COUNT(*) AS n FROM {TUM} GROUP BY window_start, window_end")
case("agg-distinct-windows", "latebid", f"SELECT DISTINCT window_start, window_end, item FROM {TUM}")
case("agg-of-agg", "latebid", f"SELECT window_start, window_end, MAX(n) AS m FROM (SELECT window_start, window_end, item, COUNT(*) AS n FROM {TUM} GROUP BY window_start, window_end, item) GROUP BY window_start, window_end")
case("agg-proctime-plan", "pbid", "SELECT COUNT(*) AS n FROM (SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(pt), INTERVAL '5' DAY)) GROUP BY window_start, window_end)")
case("session-tvf-other-key", "latebid", f"SELECT window_start, window_end, supplier, COUNT(*) AS n FROM {SES} GROUP BY window_start, window_end, supplier")
# legacy group windows
case("group-tumble", "latebid", "SELECT item, TUMBLE_START(ts, INTERVAL '5' MINUTE) AS w, SUM(price) AS s FROM bid GROUP BY item, TUMBLE(ts, INTERVAL '5' MINUTE)")
case("group-all-auxiliary", "latebid", "SELECT TUMBLE_START(ts, INTERVAL '5' MINUTE) AS a, TUMBLE_END(ts, INTERVAL '5' MINUTE) AS b, TUMBLE_ROWTIME(ts, INTERVAL '5' MINUTE) AS c, COUNT(*) AS n FROM bid GROUP BY TUMBLE(ts, INTERVAL '5' MINUTE)")
case("group-hop-auxiliary", "latebid", "SELECT HOP_START(ts, INTERVAL '2' MINUTE, INTERVAL '6' MINUTE) AS a, HOP_END(ts, INTERVAL '2' MINUTE, INTERVAL '6' MINUTE) AS b, HOP_ROWTIME(ts, INTERVAL '2' MINUTE, INTERVAL '6' MINUTE) AS c, COUNT(*) AS n FROM bid GROUP BY HOP(ts, INTERVAL '2' MINUTE, INTERVAL '6' MINUTE)")
case("group-session-auxiliary", "latebid", "SELECT item, SESSION_START(ts, INTERVAL '1' MINUTE) AS a, SESSION_END(ts, INTERVAL '1' MINUTE) AS b, SESSION_ROWTIME(ts, INTERVAL '1' MINUTE) AS c, COUNT(*) AS n FROM bid GROUP BY item, SESSION(ts, INTERVAL '1' MINUTE)")
case("group-auxiliary-in-order", "latebid", "SELECT item, TUMBLE_END(ts, INTERVAL '5' MINUTE) AS w, SUM(price) AS s FROM bid GROUP BY item, TUMBLE(ts, INTERVAL '5' MINUTE) ORDER BY TUMBLE_ROWTIME(ts, INTERVAL '5' MINUTE)")
case("group-start-in-order", "latebid", "SELECT item, TUMBLE_START(ts, INTERVAL '5' MINUTE) AS w, SUM(price) AS s FROM bid GROUP BY item, TUMBLE(ts, INTERVAL '5' MINUTE) ORDER BY TUMBLE_START(ts, INTERVAL '5' MINUTE)")
case("group-start-in-order-limit", "latebid", "SELECT item, TUMBLE_START(ts, INTERVAL '5' MINUTE) AS w, SUM(price) AS s FROM bid GROUP BY item, TUMBLE(ts, INTERVAL '5' MINUTE) ORDER BY TUMBLE_START(ts, INTERVAL '5' MINUTE) DESC, item LIMIT 3")
case("group-auxiliary-in-having", "latebid", "SELECT item, SUM(price) AS s FROM bid GROUP BY item, TUMBLE(ts, INTERVAL '5' MINUTE) HAVING TUMBLE_START(ts, INTERVAL '5' MINUTE) > TIMESTAMP '2024-03-01 08:05:00'")
case("group-auxiliary-in-case", "latebid", "SELECT item, CASE WHEN TUMBLE_END(ts, INTERVAL '5' MINUTE) > TIMESTAMP '2024-03-01 08:10:00' THEN 'late' ELSE 'early' END AS w, COUNT(*) AS n FROM bid GROUP BY item, TUMBLE(ts, INTERVAL '5' MINUTE)")
case("group-rowtime-cascade", "latebid", "SELECT TUMBLE_END(r, INTERVAL '10' MINUTE) AS e, SUM(n) AS n FROM (SELECT TUMBLE_ROWTIME(ts, INTERVAL '5' MINUTE) AS r, COUNT(*) AS n FROM bid GROUP BY TUMBLE(ts, INTERVAL '5' MINUTE)) GROUP BY TUMBLE(r, INTERVAL '10' MINUTE)")
case("group-interval-join-of-windows", "bid", "SELECT a.w, a.n, b.s FROM (SELECT TUMBLE_ROWTIME(ts, INTERVAL '5' MINUTE) AS w, COUNT(*) AS n FROM bid GROUP BY TUMBLE(ts, INTERVAL '5' MINUTE)) a JOIN (SELECT TUMBLE_ROWTIME(ts, INTERVAL '5' MINUTE) AS w, SUM(price) AS s FROM bid GROUP BY TUMBLE(ts, INTERVAL '5' MINUTE)) b ON a.w = b.w")
case("group-tumble-grouping-sets", "latebid", "SELECT item, supplier, TUMBLE_START(ts, INTERVAL '5' MINUTE) AS w, COUNT(*) AS n FROM bid GROUP BY TUMBLE(ts, INTERVAL '5' MINUTE), GROUPING SETS ((item), (supplier))")
case("group-tumble-distinct", "latebid", "SELECT DISTINCT TUMBLE_START(ts, INTERVAL '5' MINUTE) AS w, COUNT(*) AS n FROM bid GROUP BY TUMBLE(ts, INTERVAL '5' MINUTE)")
case("group-tumble-in-union", "latebid", "SELECT TUMBLE_START(ts, INTERVAL '5' MINUTE) AS w, COUNT(*) AS n FROM bid GROUP BY TUMBLE(ts, INTERVAL '5' MINUTE) UNION ALL SELECT HOP_START(ts, INTERVAL '2' MINUTE, INTERVAL '6' MINUTE), COUNT(*) FROM bid GROUP BY HOP(ts, INTERVAL '2' MINUTE, INTERVAL '6' MINUTE)")
# OVER
case("over-range", "latebid", "SELECT id, ts, price, SUM(price) OVER (PARTITION BY item ORDER BY ts RANGE BETWEEN INTERVAL '2' MINUTE PRECEDING AND CURRENT ROW) AS s FROM bid")
case("over-rows", "latebid", "SELECT id, SUM(price) OVER (PARTITION BY item ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS s FROM bid")
case("over-window-clause", "latebid", "SELECT id, SUM(price) OVER w AS s, AVG(price) OVER w AS a FROM bid WINDOW w AS (PARTITION BY item ORDER BY ts RANGE BETWEEN INTERVAL '2' MINUTE PRECEDING AND CURRENT ROW)")
case("over-two-order-keys", "latebid", "SELECT id, SUM(price) OVER (PARTITION BY item ORDER BY ts, price ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS s FROM bid")
case("over-order-by-price", "latebid", "SELECT id, SUM(price) OVER (PARTITION BY item ORDER BY price) AS s FROM bid")
case("over-descending", "latebid", "SELECT id, SUM(price) OVER (PARTITION BY item ORDER BY ts DESC) AS s FROM bid")
case("over-two-windows", "latebid", "SELECT id, SUM(price) OVER (PARTITION BY item ORDER BY ts) AS s, SUM(price) OVER (PARTITION BY supplier ORDER BY ts) AS t FROM bid")
case("over-following", "latebid", "SELECT id, SUM(price) OVER (ORDER BY ts ROWS BETWEEN CURRENT ROW AND 2 FOLLOWING) AS s FROM bid")
case("over-no-order", "latebid", "SELECT id, SUM(price) OVER (PARTITION BY item) AS s FROM bid")
case("over-no-partition", "latebid", "SELECT id, COUNT(*) OVER (ORDER BY ts RANGE UNBOUNDED PRECEDING) AS s FROM bid")
case("over-expression", "latebid", "SELECT id, 1 + SUM(price * 2) OVER (PARTITION BY UPPER(item) ORDER BY ts ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS s FROM bid")
case("over-proctime", "pbid", "SELECT id, COUNT(*) OVER (PARTITION BY item ORDER BY pt ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS n FROM bid")
case("over-lag", "latebid", "SELECT id, LAG(price) OVER (PARTITION BY item ORDER BY ts) AS p, LAG(price, 2, 0) OVER (PARTITION BY item ORDER BY ts) AS q FROM bid")
case("over-lead", "latebid", "SELECT id, LEAD(price) OVER (PARTITION BY item ORDER BY ts) AS p FROM bid")
case("over-first-last", "latebid", "SELECT id, FIRST_VALUE(price) OVER (PARTITION BY item ORDER BY ts) AS p, LAST_VALUE(price) OVER (PARTITION BY item ORDER BY ts) AS q FROM bid")
case("over-distinct", "latebid", "SELECT id, COUNT(DISTINCT supplier) OVER (PARTITION BY item ORDER BY ts RANGE BETWEEN INTERVAL '5' MINUTE PRECEDING AND CURRENT ROW) AS n FROM bid")
case("over-rank-alone", "latebid", "SELECT id, RANK() OVER (PARTITION BY item ORDER BY ts) AS n FROM bid")
case("over-row-number-alone", "latebid", "SELECT id, ROW_NUMBER() OVER (PARTITION BY item ORDER BY ts) AS n FROM bid")
case("over-in-where", "latebid", "SELECT id FROM (SELECT id, SUM(price) OVER (PARTITION BY item ORDER BY ts) AS s FROM bid) WHERE s > 10")
case("over-then-group", "latebid", "SELECT item, MAX(s) AS m FROM (SELECT item, SUM(price) OVER (PARTITION BY item ORDER BY ts) AS s FROM bid) GROUP BY item")
# joins
case("join-inner", "orders ships", "SELECT * FROM orders INNER JOIN ships ON orders.id = ships.order_id")
case("join-full", "orders ships", "SELECT o.id, h.id AS hid FROM orders o FULL OUTER JOIN ships h ON o.id = h.order_id")
case("join-cross", "orders rates", "SELECT o.id, r.rate FROM orders o CROSS JOIN rates r WHERE o.currency = r.currency")
case("join-comma-interval", "orders ships", "SELECT o.id, h.id AS hid FROM orders o, ships h WHERE o.id = h.order_id AND o.ts BETWEEN h.ts - INTERVAL '4' HOUR AND h.ts")
case("join-interval-left", "orders ships", "SELECT o.id, h.id AS hid FROM orders o LEFT JOIN ships h ON o.id = h.order_id AND h.ts >= o.ts AND h.ts < o.ts + INTERVAL '5' MINUTE")
case("join-interval-equal", "orders ships", "SELECT o.id, h.id AS hid FROM orders o JOIN ships h ON o.id = h.order_id AND o.ts = h.ts")
case("join-using", "orders rates", "SELECT id, currency, rate FROM orders JOIN rates USING (currency)")
case("join-natural", "orders", "SELECT a.id FROM orders a NATURAL JOIN (SELECT id, item FROM orders) b")
case("join-temporal", "orders vrates", "SELECT o.id, o.amount, v.rate, o.amount * v.rate AS total FROM orders AS o LEFT JOIN vrates FOR SYSTEM_TIME AS OF o.ts AS v ON o.currency = v.currency")
case("join-temporal-inner-condition", "orders vrates", "SELECT o.id, v.rate FROM orders AS o JOIN vrates FOR SYSTEM_TIME AS OF o.ts AS v ON o.currency = v.currency AND v.rate > 100 WHERE o.amount > 1")
case("join-temporal-no-alias", "orders vrates", "SELECT orders.id, vrates.rate FROM orders LEFT JOIN vrates FOR SYSTEM_TIME AS OF orders.ts ON orders.currency = vrates.currency")
case("join-temporal-right", "orders vrates", "SELECT o.id, v.rate FROM orders AS o RIGHT JOIN vrates FOR SYSTEM_TIME AS OF o.ts AS v ON o.currency = v.currency")
case("join-temporal-no-key", "orders rates", "SELECT o.id, v.rate FROM orders AS o JOIN rates FOR SYSTEM_TIME AS OF o.ts AS v ON o.currency = v.currency")
case("join-temporal-constant-time", "orders vrates", "SELECT o.id, v.rate FROM orders AS o JOIN vrates FOR SYSTEM_TIME AS OF TIMESTAMP '2024-03-01 08:00:00' AS v ON o.currency = v.currency")
case("join-temporal-window", "orders vrates", "SELECT window_start, window_end, SUM(total) AS s FROM TABLE(TUMBLE((SELECT o.ts, o.amount * v.rate AS total FROM orders AS o JOIN vrates FOR SYSTEM_TIME AS OF o.ts AS v ON o.currency = v.currency), DESCRIPTOR(ts), INTERVAL '5' MINUTES)) GROUP BY window_start, window_end")
case("join-temporal-two", "orders vrates", "SELECT o.id, a.rate AS r1, b.rate AS r2 FROM orders AS o LEFT JOIN vrates FOR SYSTEM_TIME AS OF o.ts AS a ON o.currency = a.currency LEFT JOIN vrates FOR SYSTEM_TIME AS OF o.ts AS b ON o.currency = b.currency")
case("join-temporal-proctime", "torders vrates", "SELECT o.id, v.rate FROM orders AS o JOIN vrates FOR SYSTEM_TIME AS OF o.pt AS v ON o.currency = v.currency")
case("join-temporal-of-table", "torders rates", "SELECT o.id, v.rate FROM orders AS o JOIN rates FOR SYSTEM_TIME AS OF o.pt AS v ON o.currency = v.currency")
case("join-unnest", "tags", "SELECT id, tag FROM doc CROSS JOIN UNNEST(tags) AS t (tag)")
case("join-unnest-left", "tags", "SELECT id, tag FROM doc LEFT JOIN UNNEST(tags) AS t (tag) ON TRUE")
case("join-unnest-map", "tags", "SELECT id, k, v FROM doc CROSS JOIN UNNEST(scores) AS t (k, v)")
case("join-unnest-rows", "tags", "SELECT id, a, b FROM doc, UNNEST(parts) AS t")
case("join-unnest-ordinality", "tags", "SELECT id, tag, n FROM doc CROSS JOIN UNNEST(tags) WITH ORDINALITY AS t (tag, n)")
case("join-unnest-constant", "", "SELECT * FROM UNNEST(ARRAY[1, 2, 3]) AS t (x)")
case("join-unnest-where", "tags", "SELECT id, tag FROM doc CROSS JOIN UNNEST(tags) AS t (tag) WHERE tag = 'a' AND id <> '4'")
case("join-unnest-left-condition", "tags", "SELECT id, tag FROM doc LEFT JOIN UNNEST(tags) AS t (tag) ON tag = 'a'")
case("join-table-function", "tags", "SELECT id, w FROM doc, LATERAL TABLE(SplitFunction(id)) AS t (w)")
case("join-table-function-left", "tags", "SELECT id, w FROM doc LEFT JOIN LATERAL TABLE(SplitFunction(id)) AS t (w) ON TRUE")
case("join-lateral-topn", "orders rates", "SELECT c.currency, r.rate FROM (SELECT DISTINCT currency FROM orders) c, LATERAL (SELECT rate, ts FROM rates WHERE rates.currency = c.currency ORDER BY rate DESC LIMIT 2) r")
case("join-lateral-filter", "orders rates", "SELECT o.id, r.rate FROM orders o, LATERAL (SELECT rate FROM rates WHERE rates.currency = o.currency AND rate > 100) r")
case("join-lateral-aggregate", "orders rates", "SELECT o.id, r.m FROM orders o, LATERAL (SELECT MAX(rate) AS m FROM rates WHERE rates.currency = o.currency) r")
case("join-lateral-aggregate-left", "orders rates", "SELECT o.id, r.m FROM orders o LEFT JOIN LATERAL (SELECT MAX(rate) AS m, COUNT(*) AS n FROM rates WHERE rates.currency = o.currency) r ON TRUE")
case("join-lateral-uncorrelated", "orders rates", "SELECT o.id, r.m FROM orders o, LATERAL (SELECT MAX(rate) AS m FROM rates) r")
case("join-lateral-non-equal", "orders rates", "SELECT o.id, r.rate FROM orders o, LATERAL (SELECT rate FROM rates WHERE rates.rate > o.amount * 50 AND rates.currency = o.currency) r")
case("join-lateral-values", "orders", "SELECT o.id, v.x FROM orders o, LATERAL (VALUES (o.amount), (o.amount + 1)) AS v (x)")
case("join-lateral-expression", "orders", "SELECT o.id, v.x FROM orders o, LATERAL (SELECT o.amount * 2 AS x) v")
# window join
WJ = "SELECT L.item AS li, R.item AS ri, L.price AS lp, R.price AS rp, COALESCE(L.window_start, R.window_start) AS ws FROM (SELECT * FROM {}) L {} JOIN (SELECT * FROM {}) R ON L.item = R.item AND L.window_start = R.window_start AND L.window_end = R.window_end"
case("window-join-full", "bid", WJ.format(TUM, "FULL", TUM))
case("window-join-mixed", "bid", WJ.format(TUM, "", HOP))
case("window-join-mixed-sizes", "bid", WJ.format(TUM, "LEFT", TUM.replace("'5'", "'10'")))
case("window-join-semi", "bid", f"SELECT id FROM (SELECT * FROM {TUM}) L WHERE L.item IN (SELECT item FROM (SELECT * FROM {TUM} WHERE price > 5) R WHERE L.window_start = R.window_start AND L.window_end = R.window_end)")
case("window-join-exists", "bid", f"SELECT id FROM (SELECT * FROM {TUM}) L WHERE EXISTS (SELECT * FROM (SELECT * FROM {TUM} WHERE price > 5) R WHERE L.item = R.item AND L.window_start = R.window_start AND L.window_end = R.window_end)")
case("window-join-not-exists", "bid", f"SELECT id FROM (SELECT * FROM {TUM}) L WHERE NOT EXISTS (SELECT * FROM (SELECT * FROM {TUM} WHERE price > 5) R WHERE L.item = R.item AND L.window_start = R.window_start AND L.window_end = R.window_end)")
case("window-join-not-in", "bid", f"SELECT id FROM (SELECT * FROM {TUM}) L WHERE L.supplier NOT IN (SELECT supplier FROM (SELECT * FROM {TUM} WHERE price > 5) R WHERE L.window_start = R.window_start AND L.window_end = R.window_end)")
case("window-join-topn", "bid", f"SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY lp DESC, lid, rid) AS n FROM (SELECT L.id AS lid, R.id AS rid, L.price AS lp, L.window_start, L.window_end FROM (SELECT * FROM {TUM}) L JOIN (SELECT * FROM {TUM}) R ON L.item = R.item AND L.window_start = R.window_start AND L.window_end = R.window_end)) WHERE n <= 2")
case("window-join-using", "bid", f"SELECT item, window_start, L.id FROM (SELECT * FROM {TUM}) L JOIN (SELECT item, window_start, window_end FROM {TUM}) R USING (item, window_start, window_end)")
case("window-join-no-end", "bid", f"SELECT L.id FROM (SELECT * FROM {TUM}) L JOIN (SELECT * FROM {TUM}) R ON L.item = R.item AND L.window_start = R.window_start")
case("window-join-of-aggs", "bid", f"SELECT a.window_start, a.item, a.n, b.m FROM (SELECT window_start, window_end, item, COUNT(*) AS n FROM {TUM} GROUP BY window_start, window_end, item) a JOIN (SELECT window_start, window_end, item, MAX(price) AS m FROM {TUM} GROUP BY window_start, window_end, item) b ON a.item = b.item AND a.window_start = b.window_start AND a.window_end = b.window_end")
case("window-join-where", "bid", f"SELECT L.id, R.id AS rid FROM (SELECT * FROM {TUM}) L, (SELECT * FROM {TUM}) R WHERE L.window_start = R.window_start AND L.window_end = R.window_end AND L.item = R.item AND L.price < R.price")
# top n
case("topn", "latebid", "SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC) AS row_num FROM bid) WHERE row_num <= 3")
case("topn-no-number", "latebid", "SELECT item, supplier, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC) AS row_num FROM bid) WHERE row_num <= 2")
case("topn-global", "latebid", "SELECT id, price FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY price DESC, id) AS n FROM bid) WHERE n <= 3")
case("topn-of-group", "latebid", "SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY n DESC) AS rn FROM (SELECT item, supplier, COUNT(*) AS n FROM bid GROUP BY item, supplier)) WHERE rn <= 2")
case("topn-rank", "latebid", "SELECT * FROM (SELECT *, RANK() OVER (PARTITION BY item ORDER BY price DESC) AS n FROM bid) WHERE n <= 3")
case("topn-dense-rank", "latebid", "SELECT * FROM (SELECT *, DENSE_RANK() OVER (PARTITION BY item ORDER BY price DESC) AS n FROM bid) WHERE n <= 3")
case("topn-no-bound", "latebid", "SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC) AS n FROM bid) WHERE n > 3")
case("topn-window-clause", "latebid", "SELECT * FROM (SELECT id, ROW_NUMBER() OVER w AS n FROM bid WINDOW w AS (PARTITION BY item ORDER BY price DESC)) WHERE n <= 2")
case("topn-with", "latebid", "WITH r AS (SELECT id, item, price, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price) AS n FROM bid) SELECT id, n FROM r WHERE 3 > n")
case("topn-expression", "latebid", "SELECT id FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY CHAR_LENGTH(item) ORDER BY MOD(price, 4), id) AS n FROM bid) WHERE n BETWEEN 2 AND 3")
case("limit-ordered", "latebid", "SELECT * FROM bid ORDER BY price DESC, id LIMIT 4")
case("limit-offset", "latebid", "SELECT id FROM bid ORDER BY id LIMIT 4 OFFSET 3")
case("limit-fetch", "latebid", "SELECT id FROM bid ORDER BY id OFFSET 2 ROWS FETCH NEXT 3 ROWS ONLY")
case("limit-all", "latebid", "SELECT id FROM bid LIMIT ALL")
case("limit-zero", "latebid", "SELECT id FROM bid LIMIT 0")
case("limit-only", "latebid", "SELECT id FROM bid LIMIT 4")
case("order-time", "latebid", "SELECT id, ts FROM bid ORDER BY ts, price DESC")
case("order-time-desc", "latebid", "SELECT id, ts FROM bid ORDER BY ts DESC")
case("order-price", "latebid", "SELECT id FROM bid ORDER BY price")
case("order-proctime", "pbid", "SELECT id FROM bid ORDER BY pt")
case("order-number", "latebid", "SELECT id, price FROM bid ORDER BY 2 DESC, 1 LIMIT 3")
case("order-expression", "latebid", "SELECT id, price FROM bid ORDER BY price * -1, id LIMIT 3")
case("order-not-selected", "latebid", "SELECT id FROM bid ORDER BY price DESC, ts, supplier LIMIT 3")
case("window-topn", "latebid", f"SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY price DESC) AS rownum FROM (SELECT window_start, window_end, supplier, SUM(price) AS price, COUNT(*) AS cnt FROM {TUM} GROUP BY window_start, window_end, supplier)) WHERE rownum <= 2")
case("window-topn-of-tvf", "latebid", f"SELECT * FROM (SELECT id, item, price, ts, window_start, window_end, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY price DESC) AS rownum FROM {TUM}) WHERE rownum <= 2")
case("window-topn-range", "latebid", f"SELECT id, rownum FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY price DESC, id) AS rownum FROM {HOP}) WHERE rownum BETWEEN 2 AND 3")
case("window-topn-only-start", "latebid", f"SELECT id FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY window_start ORDER BY price DESC, id) AS rownum FROM {TUM}) WHERE rownum <= 2")
case("window-dedup", "latebid", f"SELECT id, window_start FROM (SELECT id, window_start, window_end, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, item ORDER BY ts DESC) AS rownum FROM {TUM}) WHERE rownum <= 1")
case("window-dedup-first", "latebid", f"SELECT id, window_start FROM (SELECT id, window_start, window_end, ROW_NUMBER() OVER (PARTITION BY item, window_start, window_end ORDER BY ts) AS rownum FROM {CUM}) WHERE rownum = 1")
case("window-topn-then-agg", "latebid", f"SELECT window_start, window_end, SUM(price) AS s FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY price DESC, id) AS n FROM {TUM}) WHERE n <= 2 GROUP BY window_start, window_end")
case("dedup-first", "latebid", "SELECT id, item FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY ts ASC) AS row_num FROM bid) WHERE row_num = 1")
case("dedup-proctime", "pbid", "SELECT id, item FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY pt ASC) AS row_num FROM bid) WHERE row_num = 1")
case("dedup-proctime-last", "pbid", "SELECT id, item FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY pt DESC) AS row_num FROM bid) WHERE row_num = 1")
# set ops
V1 = "CREATE VIEW t1 (s) AS VALUES ('c'), ('a'), ('b'), ('b'), ('c');\nCREATE VIEW t2 (s) AS VALUES ('d'), ('e'), ('a'), ('b'), ('b');\n"
for op in ["UNION", "UNION ALL", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL"]:
    case("set-" + op.lower().replace(" ", "-"), "", V1 + f"(SELECT s FROM t1) {op} (SELECT s FROM t2)")
case("set-in", "orders rates", "SELECT id, amount FROM orders WHERE currency IN (SELECT currency FROM rates)")
case("set-exists", "orders rates", "SELECT id, amount FROM orders WHERE EXISTS (SELECT currency FROM rates WHERE rates.currency = orders.currency AND rate > 100)")
case("set-not-in", "orders rates", "SELECT id, amount FROM orders WHERE item NOT IN (SELECT currency FROM rates)")
case("set-order-by-limit", "", V1 + "SELECT s FROM t1 UNION ALL SELECT s FROM t2 ORDER BY s LIMIT 3")
case("set-scalar-subquery", "orders rates", "SELECT id, (SELECT MAX(rate) FROM rates) AS m FROM orders")
case("set-scalar-subquery-correlated", "orders rates", "SELECT id, (SELECT MAX(rate) FROM rates WHERE rates.currency = orders.currency) AS m FROM orders")
# match
case("match-doc", "latebid", """SELECT * FROM bid MATCH_RECOGNIZE (PARTITION BY item ORDER BY ts MEASURES START_ROW.ts AS start_tstamp, LAST(PRICE_DOWN.ts) AS bottom_tstamp, LAST(PRICE_UP.ts) AS end_tstamp ONE ROW PER MATCH AFTER MATCH SKIP TO LAST PRICE_UP PATTERN (START_ROW PRICE_DOWN+ PRICE_UP) DEFINE PRICE_DOWN AS (LAST(PRICE_DOWN.price, 1) IS NULL AND PRICE_DOWN.price < START_ROW.price) OR PRICE_DOWN.price < LAST(PRICE_DOWN.price, 1), PRICE_UP AS PRICE_UP.price > LAST(PRICE_DOWN.price, 1)) MR""")
case("match-avg", "latebid", "SELECT * FROM bid MATCH_RECOGNIZE (PARTITION BY item ORDER BY ts MEASURES FIRST(A.ts) AS start_tstamp, LAST(A.ts) AS end_tstamp, AVG(A.price) AS avgPrice ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A+ B) DEFINE A AS AVG(A.price) < 4) MR")
case("match-within", "latebid", "SELECT * FROM bid MATCH_RECOGNIZE (PARTITION BY item ORDER BY ts MEASURES C.ts AS dropTime, A.price - C.price AS dropDiff ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A B* C) WITHIN INTERVAL '1' HOUR DEFINE B AS B.price > A.price - 4, C AS C.price < A.price - 2)")
case("match-rowtime-window", "latebid", "SELECT TUMBLE_START(rt, INTERVAL '5' MINUTE) AS w, COUNT(*) AS n FROM bid MATCH_RECOGNIZE (PARTITION BY item ORDER BY ts MEASURES MATCH_ROWTIME() AS rt, A.price AS p ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A B) DEFINE B AS B.price > A.price) GROUP BY TUMBLE(rt, INTERVAL '5' MINUTE)")
case("match-all-rows", "latebid", "SELECT * FROM bid MATCH_RECOGNIZE (PARTITION BY item ORDER BY ts MEASURES A.price AS p ALL ROWS PER MATCH PATTERN (A B) DEFINE B AS B.price > A.price)")
case("match-skip-first", "latebid", "SELECT * FROM bid MATCH_RECOGNIZE (PARTITION BY item ORDER BY ts MEASURES SUM(A.price) AS sumPrice, FIRST(ts) AS startTime, LAST(ts) AS endTime ONE ROW PER MATCH AFTER MATCH SKIP TO FIRST A PATTERN (A+ C) DEFINE A AS SUM(A.price) < 10)")
# hints, with, select, values
case("hint-options", "latebid", "SELECT id FROM bid /*+ OPTIONS('json.ignore-parse-errors' = 'true') */")
case("hint-options-join", "orders rates", "SELECT o.id, r.rate FROM orders /*+ OPTIONS('json.ignore-parse-errors' = 'true') */ o JOIN rates /*+ OPTIONS('json.ignore-parse-errors' = 'true') */ AS r ON o.currency = r.currency")
case("with-two", "orders", "WITH a AS (SELECT id, amount FROM orders), b (x, y) AS (SELECT id, amount + 1 FROM a) SELECT x, y FROM b")
case("select-values", "", "SELECT order_id, price FROM (VALUES (1, 2.0), (2, 3.1)) AS t (order_id, price)")
case("select-function", "latebid", "SELECT UPPER(item) || '!' AS i, price + 1 FROM bid WHERE price > 3 OR item LIKE 'p%'")
case("select-distinct", "latebid", "SELECT DISTINCT item FROM bid")
case("values-alone", "", "VALUES (1, 'a'), (2, 'b')")
case("group-count-distinct", "latebid", "SELECT COUNT(DISTINCT item) AS n FROM bid")
case("group-grouping-sets", "", "SELECT supplier_id, rating, COUNT(*) AS total FROM (VALUES ('s1', 'p1', 4), ('s1', 'p2', 3), ('s2', 'p3', 3), ('s2', 'p4', 4)) AS p (supplier_id, product_id, rating) GROUP BY GROUPING SETS ((supplier_id, rating), (supplier_id), ())")
case("group-having", "latebid", "SELECT item, SUM(price) AS s FROM bid GROUP BY item HAVING SUM(price) > 15")
case("group-filter-distinct", "latebid", "SELECT item, COUNT(DISTINCT supplier) AS a, COUNT(DISTINCT supplier) FILTER (WHERE price > 3) AS b FROM bid GROUP BY item")
case("time-travel", "latebid", "SELECT * FROM bid FOR SYSTEM_TIME AS OF TIMESTAMP '2024-03-01 00:00:00'")
case("tablesample", "latebid", "SELECT * FROM bid TABLESAMPLE BERNOULLI (10)")
case("select-without-from", "", "SELECT 1 + 1 AS two, 'x' AS t")
case("nested-with-in-subquery", "orders", "SELECT * FROM (WITH a AS (SELECT id FROM orders) SELECT * FROM a)")
case("agg-lateral-window", "bid", f"SELECT w.window_start, x.m FROM (SELECT window_start, window_end, item, COUNT(*) AS n FROM {TUM} GROUP BY window_start, window_end, item) w, LATERAL (SELECT MAX(price) AS m FROM bid b WHERE b.item = w.item) x")
case("cookbook-lateral-limit","bid","SELECT i.item, x.supplier FROM (SELECT DISTINCT item FROM bid) i, LATERAL (SELECT supplier FROM bid WHERE item = i.item LIMIT 2) x")
case("cookbook-lateral-row-number","bid","SELECT i.item, x.supplier, x.price FROM (SELECT DISTINCT item FROM bid) i, LATERAL (SELECT supplier, price FROM (SELECT supplier, price, item, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC, id) AS n FROM bid) WHERE n <= 2 AND item = i.item) x")
case("lateral-distinct","orders rates","SELECT o.id, r.rate FROM orders o, LATERAL (SELECT DISTINCT rate FROM rates WHERE rates.currency = o.currency) r")
case("lateral-group","orders rates","SELECT o.id, r.rate, r.n FROM orders o, LATERAL (SELECT rate, COUNT(*) AS n FROM rates WHERE rates.currency = o.currency GROUP BY rate) r")
case("lateral-union","orders rates","SELECT o.id, r.rate FROM orders o, LATERAL (SELECT rate FROM rates WHERE rates.currency = o.currency AND rate > 100 UNION ALL SELECT rate FROM rates WHERE rates.currency = o.currency AND rate < 95) r")
case("lateral-interval","orders ships","SELECT o.id, r.id AS hid FROM orders o, LATERAL (SELECT id FROM ships h WHERE h.order_id = o.id AND h.ts BETWEEN o.ts AND o.ts + INTERVAL '10' MINUTE) r")
case("lateral-unnest","tags","SELECT d.id, x.tag FROM doc d, LATERAL (SELECT UPPER(tag) AS tag FROM UNNEST(d.tags) AS t (tag)) x")
case("lateral-unnest-where","tags","SELECT d.id, x.tag FROM doc d, LATERAL (SELECT tag FROM UNNEST(d.tags) AS t (tag) WHERE tag = 'a') x")
case("unnest-lateral-keyword","tags","SELECT d.id, tag FROM doc d, LATERAL UNNEST(d.tags) AS t (tag)")
case("unnest-no-alias","tags","SELECT * FROM doc, UNNEST(tags)")
case("unnest-nested-row","tags","SELECT id, x FROM doc CROSS JOIN UNNEST(ARRAY[nest.p, 3]) AS t (x)")
case("inner-unnest-on-true","tags","SELECT id, tag FROM doc INNER JOIN UNNEST(tags) AS t (tag) ON TRUE")
case("match-within-2","bid","SELECT * FROM bid MATCH_RECOGNIZE (PARTITION BY item ORDER BY ts MEASURES A.id AS a, C.id AS c ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A B* C) WITHIN INTERVAL '1' HOUR DEFINE B AS B.price > A.price - 4, C AS C.price < A.price - 2)")
case("match-within-3","bid","SELECT * FROM bid MATCH_RECOGNIZE (PARTITION BY item ORDER BY ts MEASURES A.id AS a, C.id AS c ONE ROW PER MATCH AFTER MATCH SKIP TO NEXT ROW PATTERN (A B* C) WITHIN INTERVAL '1' HOUR DEFINE B AS B.price > A.price - 4, C AS C.price < A.price - 2)")
case("match-within-4","bid","SELECT * FROM bid MATCH_RECOGNIZE (PARTITION BY item ORDER BY ts MEASURES A.id AS a, C.id AS c ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A B* C) WITHIN INTERVAL '4' MINUTE DEFINE B AS B.price > A.price - 4, C AS C.price < A.price - 2)")
case("match-within-5","bid","SELECT * FROM bid MATCH_RECOGNIZE (PARTITION BY supplier ORDER BY ts MEASURES A.id AS a, C.id AS c, COUNT(B.id) AS n ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A B* C) WITHIN INTERVAL '3' MINUTE DEFINE B AS B.price > A.price - 4, C AS C.price < A.price - 2)")
case("match-no-within","bid","SELECT * FROM bid MATCH_RECOGNIZE (PARTITION BY item ORDER BY ts MEASURES A.id AS a, C.id AS c ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A B* C) DEFINE B AS B.price > A.price - 4, C AS C.price < A.price - 2)")
case("over-of-windows2", "latebid", f"SELECT window_start, n, SUM(n) OVER (ORDER BY window_time) AS total FROM (SELECT window_start, window_time, COUNT(*) AS n FROM {TUM} GROUP BY window_start, window_end, window_time)")
case("order-aux-session", "latebid", "SELECT item, SESSION_START(ts, INTERVAL '1' MINUTE) AS a, COUNT(*) AS n FROM bid GROUP BY item, SESSION(ts, INTERVAL '1' MINUTE) ORDER BY SESSION_ROWTIME(ts, INTERVAL '1' MINUTE), item")
case("order-aux-alias", "latebid", "SELECT item, TUMBLE_ROWTIME(ts, INTERVAL '5' MINUTE) AS r, COUNT(*) AS n FROM bid GROUP BY item, TUMBLE(ts, INTERVAL '5' MINUTE) ORDER BY r, item")
case("order-aux-expression-limit", "latebid", "SELECT item, COUNT(*) AS n FROM bid GROUP BY item, TUMBLE(ts, INTERVAL '5' MINUTE) ORDER BY COUNT(*) DESC, TUMBLE_END(ts, INTERVAL '5' MINUTE), item LIMIT 3")
case("order-aggregate-limit", "latebid", "SELECT item FROM bid GROUP BY item ORDER BY SUM(price) DESC, item LIMIT 2")
case("tumble-in-select-without-group", "latebid", "SELECT TUMBLE_START(ts, INTERVAL '5' MINUTE) FROM bid")
case("tumble-subquery-window", "latebid", "SELECT x.e, x.n FROM (SELECT TUMBLE_END(ts, INTERVAL '5' MINUTE) AS e, COUNT(*) AS n FROM bid WHERE price > 1 GROUP BY TUMBLE(ts, INTERVAL '5' MINUTE)) x WHERE x.n > 2")
case("tumble-order-in-subquery", "latebid", "SELECT COUNT(*) AS n FROM (SELECT TUMBLE_END(ts, INTERVAL '5' MINUTE) AS e FROM bid GROUP BY TUMBLE(ts, INTERVAL '5' MINUTE) ORDER BY TUMBLE_ROWTIME(ts, INTERVAL '5' MINUTE))")
case("having-aux-only", "latebid", "SELECT COUNT(*) AS n FROM bid GROUP BY TUMBLE(ts, INTERVAL '5' MINUTE) HAVING COUNT(DISTINCT item) > 2 AND TUMBLE_END(ts, INTERVAL '5' MINUTE) <> TIMESTAMP '2024-03-01 08:10:00'")
case("tvf-three-columns", "latebid", "SELECT * FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts, price), INTERVAL '5' MINUTES))")
case("tvf-two-columns-second", "latebid", "SELECT * FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(price, ts), INTERVAL '5' MINUTES))")
case("tvf-order-by-window-time", "latebid", f"SELECT id, window_end FROM {TUM} ORDER BY window_time, id")
case("agg-order-by-window-time", "latebid", f"SELECT window_end, COUNT(*) AS n FROM {TUM} GROUP BY window_start, window_end, window_time ORDER BY window_time")
case("agg-order-by-window-end", "latebid", f"SELECT window_end, COUNT(*) AS n FROM {TUM} GROUP BY window_start, window_end ORDER BY window_end")
case("window-agg-join-plain", "bid", f"SELECT b.id, w.m FROM bid b JOIN (SELECT window_start, window_end, item, MAX(price) AS m FROM {TUM} GROUP BY window_start, window_end, item) w ON b.price = w.m AND b.item = w.item AND b.ts >= w.window_start AND b.ts < w.window_end")
case("q7-shape", "bid", "SELECT b.id, b.price, b.ts FROM bid b JOIN (SELECT MAX(price) AS m, window_end AS e FROM "+TUM+" GROUP BY window_start, window_end) w ON b.price = w.m WHERE b.ts BETWEEN w.e - INTERVAL '5' MINUTE AND w.e")
case("union-different-windows", "bid", f"SELECT window_start, window_end, COUNT(*) AS n FROM (SELECT * FROM {TUM} UNION ALL SELECT * FROM {HOP}) GROUP BY window_start, window_end")
case("dedup-two-order-keys", "latebid", "SELECT id, item FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY ts DESC, id) AS n FROM bid) WHERE n = 1")
case("dedup-no-partition", "latebid", "SELECT id, item FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY ts DESC) AS n FROM bid) WHERE n = 1")
case("dedup-then-dedup", "latebid", "SELECT id, item, supplier FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY supplier ORDER BY price DESC) AS m FROM (SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY ts DESC) AS n FROM bid) WHERE n = 1)) WHERE m <= 1")
case("window-topn-no-window", "latebid", f"SELECT * FROM (SELECT id, window_start, window_end, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY ts) AS rn FROM {HOP}) WHERE rn > 1 AND rn <= 3")
case("join-three", "orders ships rates", "SELECT o.id, h.id AS hid, r.rate FROM orders o JOIN ships h ON o.id = h.order_id LEFT JOIN rates r ON r.currency = o.currency")
case("in-list-subquery", "orders rates", "SELECT id FROM orders WHERE (currency, amount) IN (SELECT currency, rate - 99 FROM rates)")
case("exists-or", "orders rates", "SELECT id FROM orders o WHERE amount > 5 OR EXISTS (SELECT 1 FROM rates r WHERE r.currency = o.currency)")
case("any-all", "orders rates", "SELECT id FROM orders WHERE amount * 20 > ALL (SELECT rate FROM rates WHERE currency = 'EUR')")
case("case-scalar", "orders rates", "SELECT id, CASE WHEN amount > (SELECT MIN(rate) FROM rates) - 90 THEN 'y' ELSE 'n' END AS c FROM orders")
case("distinct-on-rowtime", "latebid", "SELECT DISTINCT item, price FROM bid")
case("group-by-rowtime", "latebid", "SELECT ts, COUNT(*) AS n FROM bid GROUP BY ts")
case("values-table", "", "SELECT a, b FROM (VALUES (1, CAST(NULL AS STRING)), (2, 'x')) AS v (a, b) WHERE b IS NULL")
case("values-join", "", "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS x (i, s) LEFT JOIN (VALUES (2, 'z')) AS y (i, t) ON x.i = y.i")
case("select-from-table-orders", "orders", "SELECT * FROM TABLE orders")
case("over-with-aux", "latebid", "SELECT w, SUM(n) OVER (ORDER BY w) AS s FROM (SELECT TUMBLE_ROWTIME(ts, INTERVAL '5' MINUTE) AS w, COUNT(*) AS n FROM bid GROUP BY TUMBLE(ts, INTERVAL '5' MINUTE))")
case("over-agg-of-agg", "latebid", "SELECT item, SUM(COUNT(*)) OVER (ORDER BY TUMBLE_ROWTIME(ts, INTERVAL '5' MINUTE)) AS s FROM bid GROUP BY item, TUMBLE(ts, INTERVAL '5' MINUTE)")
case("over-same-window-twice", "latebid", "SELECT id, SUM(price) OVER (PARTITION BY item ORDER BY ts) AS a, COUNT(*) OVER (PARTITION BY item ORDER BY ts RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS b FROM bid")
case("over-row-number-and-sum", "latebid", "SELECT id, SUM(price) OVER (PARTITION BY item ORDER BY ts ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS a, ROW_NUMBER() OVER (PARTITION BY item ORDER BY ts) AS b FROM bid")
# The first rows of a correlated subquery.
TOP = "SELECT i.item, x.id, x.price FROM (SELECT DISTINCT item FROM bid) i, LATERAL (SELECT {} FROM bid WHERE {} ORDER BY {} LIMIT {}) x"
case("lateral-top", "bid", TOP.format("id, price", "item = i.item", "price DESC, id", 2))
case("lateral-top-first", "bid", TOP.format("id, price", "item = i.item", "ts", 1))
case("lateral-top-filtered", "bid", TOP.format("id, price", "item = i.item AND price > 2", "price DESC", 2))
case("lateral-top-not-null", "bid", "CREATE VIEW b AS SELECT * FROM bid WHERE item IS NOT NULL;\n" + TOP.format("id, price", "item = i.item", "price DESC, id", 2).replace("FROM bid", "FROM b"))
case("lateral-top-names", "bid", "SELECT item, id FROM (SELECT DISTINCT item FROM bid) i, LATERAL (SELECT id, price FROM bid WHERE item = i.item ORDER BY price DESC LIMIT 3)")
