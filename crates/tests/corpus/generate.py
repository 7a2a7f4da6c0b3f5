#!/usr/bin/env python3
"""Writes the inputs of the generated corpus cases (time, joins, deduplication, union, sinks, the reference job).

usage: generate.py [AREA...]     writes AREA/CASE/{case.sql,*.json} beside this file; flink.jsonl is recorded separately

Every case has its own seed, so a case never changes when others are added. Two sources are read by Flink in no fixed
order; therefore the results of cases with two sources do not depend on it (watermarks far enough behind that no row is
late, no ties between sources). What does depend on it is tested by the operator scripts.
"""
import json
import random
import sys
from pathlib import Path

ROOT = Path(__file__).parent
WANTED = sys.argv[1:]


def case(area, name, sql, **files):
    if WANTED and area not in WANTED:
        return
    folder = ROOT / area / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.sql").write_text(sql.strip() + "\n")
    for stem, rows in files.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{stem}.json").write_text(text)


def ts(ms):
    s = ms // 1000
    return f"2024-03-01 {s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}.{ms % 1000:03d}"


def table(name, columns, delay="INTERVAL '1' DAY", time="ts", kind="TIMESTAMP(3)"):
    watermark = f",\n  WATERMARK FOR {time} AS {time} - {delay}" if delay else ""
    return (f"CREATE TABLE {name} ({columns}, {time} {kind}{watermark})\n"
            f"WITH ('connector' = 'filesystem', 'path' = '{name}.json', 'format' = 'json');\n")


def events(seed, n, prefix, keys=("a", "b", "c", None), span=60_000, step=1000, jitter=6000, nulls=0.0):
    """Rows k, v, id, ts; times mostly rise, out of order by up to `jitter` ms, on a grid of `step` ms so that ties happen."""
    rng = random.Random(seed)
    rows = []
    for i in range(n):
        t = int(span * i / n) + rng.randint(0, jitter)
        t -= t % step
        row = {"id": f"{prefix}{i}", "k": rng.choice(keys), "v": rng.randint(0, 9), "ts": ts(t)}
        if nulls and rng.random() < nulls:
            row["v"] = None
        rows.append(row)
    return rows


COLS = "id STRING, k STRING, v INT"
JOIN_TABLES = table("l", COLS) + table("r", COLS)
PICK = "SELECT l.id AS lid, l.k AS lk, l.v AS lv, l.ts AS lts, r.id AS rid, r.k AS rk, r.v AS rv, r.ts AS rts\n"

BOUNDS = {
    "between-after": "l.ts BETWEEN r.ts AND r.ts + INTERVAL '10' SECOND",
    "between-around": "l.ts BETWEEN r.ts - INTERVAL '5' SECOND AND r.ts + INTERVAL '4' SECOND",
    "strict": "l.ts > r.ts AND l.ts < r.ts + INTERVAL '3' SECOND",
    "equal": "l.ts = r.ts",
    "mirrored": "r.ts BETWEEN l.ts AND l.ts + INTERVAL '7' SECOND",
    "before-only": "l.ts >= r.ts - INTERVAL '1' MINUTE AND l.ts <= r.ts - INTERVAL '1' SECOND",
    "both-sides-moved": "l.ts + INTERVAL '2' SECOND >= r.ts AND l.ts - INTERVAL '2' SECOND < r.ts",
    "never": "l.ts BETWEEN r.ts + INTERVAL '5' SECOND AND r.ts + INTERVAL '1' SECOND",
}
KINDS = {"inner": "JOIN", "left": "LEFT JOIN", "right": "RIGHT OUTER JOIN", "full": "FULL OUTER JOIN"}

seed = 1
for bound, condition in BOUNDS.items():
    for kind, join in KINDS.items():
        seed += 1
        case("interval-join", f"{bound}-{kind}",
             JOIN_TABLES + PICK + f"FROM l {join} r ON l.k = r.k AND {condition};",
             l=events(seed, 24, "l"), r=events(seed + 1000, 24, "r"))

B = "l.ts BETWEEN r.ts - INTERVAL '4' SECOND AND r.ts + INTERVAL '4' SECOND"
more = {
    "residual-inner": ("JOIN", f"l.k = r.k AND {B} AND l.v < r.v"),
    "residual-left": ("LEFT JOIN", f"l.k = r.k AND {B} AND l.v < r.v"),
    "residual-right": ("RIGHT JOIN", f"l.k = r.k AND {B} AND l.v + 1 < r.v * 2"),
    "residual-full": ("FULL JOIN", f"l.k = r.k AND {B} AND (l.v < r.v OR l.id = 'l3')"),
    "left-side-condition-left": ("LEFT JOIN", f"l.k = r.k AND {B} AND l.v > 4"),
    "right-side-condition-left": ("LEFT JOIN", f"l.k = r.k AND {B} AND r.v > 4"),
    "left-side-condition-full": ("FULL JOIN", f"l.k = r.k AND {B} AND l.v > 4 AND r.v > 2"),
    "no-equal-key-inner": ("JOIN", B),
    "no-equal-key-left": ("LEFT JOIN", f"{B} AND l.v = r.v AND l.v > 6"),
    "two-keys-full": ("FULL JOIN", f"l.k = r.k AND l.v = r.v AND {B}"),
    "key-expression-left": ("LEFT JOIN", f"UPPER(l.k) = UPPER(r.k) AND {B}"),
    "key-constant-inner": ("JOIN", f"l.k = 'a' AND r.k = 'b' AND {B}"),
    "key-is-not-distinct-inner": ("JOIN", f"l.k IS NOT DISTINCT FROM r.k AND {B}"),
    "key-is-not-distinct-full": ("FULL JOIN", f"l.k IS NOT DISTINCT FROM r.k AND {B}"),
    "milliseconds-left": ("LEFT JOIN", "l.k = r.k AND l.ts BETWEEN r.ts - INTERVAL '0.500' SECOND AND r.ts + INTERVAL '0.001' SECOND"),
    "day-and-minute-units-inner": ("JOIN", "l.k = r.k AND l.ts BETWEEN r.ts - INTERVAL '1' MINUTE AND r.ts + INTERVAL '1' DAY"),
    "three-range-conditions-inner": ("JOIN", f"l.k = r.k AND {B} AND l.ts <> r.ts"),
}
for name, (join, condition) in more.items():
    seed += 1
    step = 100 if name.startswith("milli") else 1000
    case("interval-join", name, JOIN_TABLES + PICK + f"FROM l {join} r ON {condition};",
         l=events(seed, 22, "l", nulls=0.1, step=step), r=events(seed + 1000, 22, "r", nulls=0.1, step=step))

data = dict(l=events(71, 20, "l"), r=events(72, 20, "r"))
case("interval-join", "comma-join-with-where", JOIN_TABLES + PICK + f"FROM l, r WHERE l.k = r.k AND {B} AND l.v <> 5;", **data)
case("interval-join", "filtered-views", JOIN_TABLES + f"""
CREATE VIEW lv AS SELECT id, k, ts, v * 2 AS w FROM l WHERE v > 2;
CREATE VIEW rv AS SELECT ts, k, id FROM r WHERE k IS NOT NULL;
SELECT lv.w, lv.id, rv.id AS rid, COALESCE(rv.k, 'none') AS rk FROM lv LEFT JOIN rv
ON lv.k = rv.k AND lv.ts BETWEEN rv.ts AND rv.ts + INTERVAL '6' SECOND WHERE lv.w < 18;""", **data)
case("interval-join", "where-on-the-padded-side", JOIN_TABLES + PICK + f"FROM l LEFT JOIN r ON l.k = r.k AND {B} WHERE r.id IS NULL;", **data)
case("interval-join", "projection-without-times", JOIN_TABLES + f"SELECT r.v + l.v AS s FROM l JOIN r ON l.k = r.k AND {B};", **data)
case("interval-join", "local-time-zone-rowtimes",
     table("l", COLS, kind="TIMESTAMP_LTZ(3)") + table("r", COLS, kind="TIMESTAMP_LTZ(3)") + PICK + f"FROM l FULL JOIN r ON l.k = r.k AND {B};",
     **{s: [dict(row, ts=row["ts"] + "Z") for row in rows] for s, rows in data.items()})
case("interval-join", "computed-rowtime",
     "CREATE TABLE l (id STRING, k STRING, v INT, ms BIGINT, ts AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)\n"
     "WITH ('connector' = 'filesystem', 'path' = 'l.json', 'format' = 'json');\n"
     "CREATE TABLE r (id STRING, k STRING, v INT, ms BIGINT, ts AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)\n"
     "WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');\n"
     "SELECT l.id AS lid, r.id AS rid, l.ts AS lts, r.ts AS rts FROM l LEFT JOIN r ON l.k = r.k AND l.ts BETWEEN r.ts AND r.ts + INTERVAL '5' SECOND;",
     l=[dict(row, ms=1709251200000 + i * 1700) for i, row in enumerate(data["l"])],
     r=[dict(row, ms=1709251200000 + i * 1900) for i, row in enumerate(data["r"])])
case("interval-join", "self-join", table("l", COLS) + """
SELECT a.id AS aid, b.id AS bid, a.ts AS ats FROM l a LEFT JOIN l b ON a.k = b.k AND b.ts BETWEEN a.ts + INTERVAL '1' SECOND AND a.ts + INTERVAL '5' SECOND;""", l=events(73, 25, "l"))
case("interval-join", "chain-of-two", JOIN_TABLES + table("m", COLS) + """
SELECT l.id AS lid, r.id AS rid, m.id AS mid FROM l
JOIN r ON l.k = r.k AND l.ts BETWEEN r.ts - INTERVAL '5' SECOND AND r.ts + INTERVAL '5' SECOND
LEFT JOIN m ON l.k = m.k AND l.ts BETWEEN m.ts - INTERVAL '3' SECOND AND m.ts + INTERVAL '3' SECOND;""", m=events(74, 15, "m"), **data)
case("interval-join", "many-types",
     table("l", "k BIGINT, d DECIMAL(6,2), b BOOLEAN, f DOUBLE, dt DATE, tm TIMESTAMP(6), bin BYTES")
     + table("r", "k INT, d DECIMAL(10,4), s SMALLINT")
     + "SELECT l.*, r.* FROM l FULL JOIN r ON l.k = r.k AND l.ts BETWEEN r.ts AND r.ts + INTERVAL '1' MINUTE;",
     l=[{"k": i % 4, "d": i * 1.25, "b": i % 2 == 0, "f": i / 3, "dt": f"2024-01-{i + 1:02d}", "tm": f"2024-01-01 00:00:00.{i:06d}", "bin": "AQID", "ts": ts(i * 5000)} for i in range(8)],
     r=[{"k": i % 5, "d": i / 8, "s": i, "ts": ts(i * 4000)} for i in range(8)])
case("interval-join", "input-with-updates-is-refused", JOIN_TABLES + """
CREATE VIEW d AS SELECT id, k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM l) WHERE n = 1;
SELECT d.id, r.id AS rid FROM d JOIN r ON d.k = r.k AND d.ts BETWEEN r.ts AND r.ts + INTERVAL '1' SECOND;""", **data)

# Deduplicate: one source, so late rows, ties and order are all fixed.
DEDUP = "SELECT id, k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {p} ORDER BY {o}) AS n FROM t) WHERE {w};"
T = table("t", COLS, "INTERVAL '2' SECOND")
shapes = {
    "first": ("k", "ts", "n = 1"), "last": ("k", "ts DESC", "n = 1"),
    "first-at-most-one": ("k", "ts ASC", "n <= 1"), "last-less-than-two": ("k", "ts DESC", "n < 2"),
    "first-one-on-the-left": ("k", "ts", "1 = n"), "two-keys": ("k, v", "ts", "n = 1"),
    "last-two-keys": ("v, k", "ts DESC", "n = 1"), "by-expression": ("UPPER(k)", "ts DESC", "n = 1"),
    "filter-beside-last": ("k", "ts DESC", "n = 1 AND v > 4"), "filter-beside-first": ("k", "ts", "n = 1 AND v < 5"),
    "by-nullable-int": ("v", "ts", "n = 1"), "by-constant": ("1", "ts DESC", "n = 1"),
}
for i, (name, (p, o, w)) in enumerate(shapes.items()):
    case("deduplicate", f"rowtime-{name}", T + DEDUP.format(p=p, o=o, w=w), t=events(200 + i, 60, "e", jitter=15000, nulls=0.1))
for s in range(4):
    for o in ("ts", "ts DESC"):
        name = "last" if "DESC" in o else "first"
        case("deduplicate", f"random-{name}-{s}", T + DEDUP.format(p="k", o=o, w="n = 1"),
             t=events(300 + s, 150, "e", keys=tuple("abcdefgh") + (None,), step=5000, jitter=30000))
case("deduplicate", "without-partition-first", T + "SELECT id, ts FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY ts) AS n FROM t) WHERE n = 1;", t=events(311, 30, "e", jitter=20000))
case("deduplicate", "without-partition-last", T + "SELECT id, ts FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY ts DESC) AS n FROM t) WHERE n = 1;", t=events(312, 30, "e", jitter=20000))
PT = ("CREATE TABLE t (id STRING, k STRING, v INT, ts STRING, p AS PROCTIME())\n"
      "WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');\n")
for name, order in (("first", "p"), ("last", "p DESC")):
    case("deduplicate", f"proctime-{name}", PT + f"SELECT id, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY {order}) AS n FROM t) WHERE n = 1;", t=events(320, 50, "e"))
    case("deduplicate", f"proctime-{name}-equal-rows", PT + f"SELECT k FROM (SELECT k, ROW_NUMBER() OVER (PARTITION BY k ORDER BY {order}) AS n FROM t) WHERE n = 1;", t=events(321, 50, "e"))
case("deduplicate", "over-union", table("t", COLS) + table("u", COLS) + """
SELECT k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS n FROM (SELECT id, k, v, ts FROM t UNION ALL SELECT id, k, v, ts FROM u)) WHERE n = 1;""",
     t=events(330, 30, "t", step=2000), u=[dict(row, ts=row["ts"][:-3] + "500") for row in events(331, 30, "u", step=2000)])
case("deduplicate", "of-first-by-proctime", PT.replace("ts STRING", "ts TIMESTAMP(3), WATERMARK FOR ts AS ts") + """
CREATE VIEW f AS SELECT id, k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY p) AS n FROM t) WHERE n = 1;
SELECT id, k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM f) WHERE n = 1;""",
     t=[dict(row, id=row["id"][:2]) for row in events(332, 60, "e", jitter=10000)])
case("deduplicate", "local-time-zone-rowtime", table("t", COLS, "INTERVAL '1' SECOND", kind="TIMESTAMP_LTZ(3)") + DEDUP.format(p="k", o="ts DESC", w="n = 1"),
     t=[dict(row, ts=row["ts"] + "Z") for row in events(333, 40, "e", jitter=20000)])
case("deduplicate", "in-a-view-with-projection", T + """
CREATE VIEW d AS SELECT k AS key_, ts AS at_, v + 1 AS w FROM (SELECT k, ts, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rownum FROM t WHERE v IS NOT NULL) WHERE rownum = 1;
SELECT key_, w * 2 AS ww, at_ FROM d WHERE w > 1;""", t=events(334, 40, "e", jitter=20000, nulls=0.2))
case("deduplicate", "input-with-updates-is-refused", T + """
CREATE VIEW d AS SELECT id, k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY ts DESC) AS n FROM t) WHERE n = 1;
SELECT id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS n FROM d) WHERE n = 1;""", t=events(335, 5, "e"))
case("deduplicate", "rank-is-refused", T + "SELECT id FROM (SELECT *, RANK() OVER (PARTITION BY k ORDER BY ts) AS n FROM t) WHERE n = 1;", t=events(336, 5, "e"))
case("deduplicate", "number-without-end-is-refused", T + "SELECT id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v) AS n FROM t) WHERE n > 1;", t=events(337, 5, "e"))

# After an interval join the first rowtime column is compared, whatever ORDER BY names.
J = JOIN_TABLES + "CREATE VIEW j AS SELECT l.id AS lid, l.k AS k, l.ts AS lts, r.id AS rid, r.k AS rk, r.ts AS rts FROM l LEFT JOIN r ON l.k = r.k AND l.ts BETWEEN r.ts AND r.ts + INTERVAL '9' SECOND;\n"


def unique(rows, offset):
    """No two rows at one time, and each side on its own milliseconds: nothing depends on the order of reading."""
    return [dict(row, ts=ts(i * 2000 + offset + (i * 7919) % 1500)) for i, row in enumerate(rows)]


for i, (name, key, order) in enumerate([("order-by-right-time", "rk", "rts"), ("order-by-left-time", "rk", "lts"),
                                        ("order-by-right-time-last", "k", "rts DESC"), ("order-by-left-time-last", "rk", "lts DESC")]):
    pick = "k, rk, lts, lid" if "last" not in name else "k, lts, lid"
    case("reference-job", f"deduplicate-{name}", J + f"SELECT {pick} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY {order}) AS n FROM j) WHERE n = 1;",
         l=unique(events(400 + i, 30, "l"), 1), r=unique(events(450 + i, 30, "r"), 0))

# A rowtime that nothing reads is pruned before the row number, so it is not the first one any more.
for i, (name, pick, order) in enumerate([("right-time-alone", "rk, rid, rts", "rts"), ("right-time-alone-not-shown", "rk, rid", "rts"), ("right-time-alone-last", "rk, rid", "rts DESC")]):
    case("reference-job", f"deduplicate-{name}", J + f"SELECT {pick} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY rk ORDER BY {order}) AS n FROM j) WHERE n = 1;",
         l=unique(events(410 + i, 30, "l"), 1), r=unique(events(460 + i, 30, "r"), 0))


def shop(seed, users=8, clicks=40):
    """Clicks in order of time, out of order by less than the watermark's 15 s; checkouts follow their clicks."""
    rng = random.Random(seed)
    out_clicks, out_checkouts = [], []
    for i in range(clicks):
        at = i * 60_000 + rng.randint(0, 14_000)
        user = f"u{rng.randrange(users)}"
        out_clicks.append((at, {"click_id": f"c{i}", "user_id": user, "source": rng.choice(["Google", "Facebook", "Unknown"]), "user_agent": "x", "ip_address": "::1", "click_timestamp": ts(at)}))
        while rng.random() < 0.5:
            after = at + rng.randint(-5_000, 4_000_000) * 1 + len(out_checkouts)
            if after < 0:
                continue
            failed = rng.random() < 0.2
            out_checkouts.append((after, {"checkout_id": f"k{len(out_checkouts)}", "user_id": rng.choice([user, user, user, "ghost", None]), "product_id": f"p{rng.randrange(5)}",
                "quantity": rng.randint(1, 5), "shipping_cost": round(rng.random() * 20, 2), "discount": round(rng.random(), 2), "payment_method": "Visa",
                "payment_status": "Failed" if failed else "Success", "payment_description": "Card expired" if failed else "None", "shipping_address": "a\nb", "checkout_timestamp": ts(after)}))
    disorder = lambda rows: [row for _, row in sorted(rows, key=lambda r: r[0] + rng.randint(0, 14_000))]
    return disorder(out_clicks), disorder(out_checkouts)


SHOP = """
CREATE TABLE clicks (click_id STRING, user_id STRING, source STRING, user_agent STRING, ip_address STRING, click_timestamp TIMESTAMP(3),
  processing_timestamp AS PROCTIME(), WATERMARK FOR click_timestamp AS click_timestamp - INTERVAL '15' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'clicks.json', 'format' = 'json');
CREATE TABLE checkouts (checkout_id STRING, user_id STRING, product_id STRING, quantity INT, shipping_cost DECIMAL(6,2), discount DECIMAL(6,2),
  payment_method STRING, payment_status STRING, payment_description STRING, shipping_address STRING, checkout_timestamp TIMESTAMP(3),
  processing_timestamp AS PROCTIME(), WATERMARK FOR checkout_timestamp AS checkout_timestamp - INTERVAL '15' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'checkouts.json', 'format' = 'json');
CREATE VIEW joined AS SELECT co.*, cl.click_id, cl.user_id AS cl_user, cl.source, cl.click_timestamp,
  CAST(12.34 AS DECIMAL(6,2)) * co.quantity * co.discount AS total
FROM checkouts co LEFT JOIN clicks cl ON co.user_id = cl.user_id
AND co.checkout_timestamp BETWEEN cl.click_timestamp AND cl.click_timestamp + INTERVAL '1' HOUR;
"""
for s in range(6):
    clicks, checkouts = shop(500 + s)
    case("reference-job", f"attribution-{s}", SHOP + """
SELECT checkout_id, cl_user, total, (total - shipping_cost) * CAST(0.15 AS DECIMAL(6,2)) AS profit, payment_description, checkout_timestamp
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY cl_user ORDER BY click_timestamp) AS rn FROM joined) WHERE rn = 1;""", clicks=clicks, checkouts=checkouts)
    case("reference-job", f"joined-{s}", SHOP + "SELECT checkout_id, click_id, user_id, cl_user, source, total, checkout_timestamp, click_timestamp FROM joined;", clicks=clicks, checkouts=checkouts)

# Watermarks: one source; CURRENT_WATERMARK shows what the operator knows when the row comes.
W = "SELECT id, ts, CURRENT_WATERMARK(ts) AS w FROM t;"
disorder = events(601, 40, "e", jitter=20000)
case("watermark", "current-watermark", T + W, t=disorder)
case("watermark", "zero-delay", table("t", COLS, "INTERVAL '0' SECOND") + W, t=disorder)
case("watermark", "local-time-zone", table("t", COLS, "INTERVAL '3' SECOND", kind="TIMESTAMP_LTZ(3)") + W, t=[dict(r, ts=r["ts"] + "Z") for r in disorder])
case("watermark", "expression", "CREATE TABLE t (id STRING, ts TIMESTAMP(3), v INT, WATERMARK FOR ts AS CASE WHEN v > 5 THEN ts ELSE ts - INTERVAL '1' MINUTE END)\nWITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');\n" + W, t=disorder)
case("watermark", "null-expression", "CREATE TABLE t (id STRING, ts TIMESTAMP(3), v INT, WATERMARK FOR ts AS CASE WHEN v > 5 THEN ts ELSE CAST(NULL AS TIMESTAMP(3)) END)\nWITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');\n" + W, t=disorder)
case("watermark", "computed-rowtime", "CREATE TABLE t (id STRING, s STRING, ts AS TO_TIMESTAMP(s), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)\nWITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');\n" + W,
     t=[{"id": r["id"], "s": r["ts"]} for r in disorder])
case("watermark", "before-1970", T + W, t=[{"id": "a", "ts": "1960-01-01 00:00:00"}, {"id": "b", "ts": "1970-01-01 00:00:01"}, {"id": "c", "ts": "1970-01-01 00:00:05.5"}, {"id": "d", "ts": "1969-12-31 23:59:59.999"}])
case("watermark", "null-rowtime-is-refused", T + W, t=[{"id": "a", "ts": "2024-01-01 00:00:00"}, {"id": "b", "ts": None}])
case("watermark", "text-rowtime-is-refused", table("t", COLS, "INTERVAL '1' SECOND", kind="STRING") + "SELECT id FROM t;", t=disorder[:1])
case("watermark", "microsecond-rowtime-is-refused", table("t", COLS, "INTERVAL '1' SECOND", kind="TIMESTAMP(6)") + "SELECT id FROM t;", t=disorder[:1])
case("watermark", "unknown-rowtime-is-refused", "CREATE TABLE t (id STRING, WATERMARK FOR ts AS ts)\nWITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');\nSELECT id FROM t;", t=disorder[:1])
case("watermark", "second-watermark-is-refused", "CREATE TABLE t (ts TIMESTAMP(3), WATERMARK FOR ts AS ts, WATERMARK FOR ts AS ts)\nWITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');\nSELECT ts FROM t;", t=disorder[:1])

# Union
U = table("t", COLS) + table("u", COLS)
two = dict(t=events(701, 12, "t", nulls=0.3), u=events(702, 12, "u", nulls=0.3))
case("union", "three-inputs", U + "SELECT id, v FROM t UNION ALL SELECT id, v FROM u UNION ALL SELECT id, v + 100 FROM t;", **two)
case("union", "wider-types", U + "SELECT v AS x, CAST(v AS DECIMAL(5,2)) AS d, 'ab' AS s FROM t UNION ALL SELECT CAST(v AS BIGINT), CAST(v AS DECIMAL(10,4)), 'c' FROM u;", **two)
case("union", "with-constants", U + "SELECT k, 'left' AS side FROM t UNION ALL SELECT CAST(NULL AS STRING), 'right' FROM u WHERE v > 3;", **two)
case("union", "of-filtered-views", U + "CREATE VIEW a AS SELECT id, k FROM t WHERE v > 3;\nCREATE VIEW b AS SELECT id, k FROM u WHERE v < 7;\nSELECT * FROM (SELECT * FROM a UNION ALL SELECT * FROM b) WHERE k IS NOT NULL;", **two)
case("union", "rowtime-stays", U + "CREATE VIEW a AS SELECT id, k, ts FROM t UNION ALL SELECT id, k, ts FROM u;\nSELECT a.id, t.id AS tid FROM a JOIN t ON a.k = t.k AND a.ts BETWEEN t.ts - INTERVAL '3' SECOND AND t.ts + INTERVAL '3' SECOND;", **two)
case("union", "different-width-is-refused", U + "SELECT id, v FROM t UNION ALL SELECT id FROM u;", **two)
case("union", "different-types-are-refused", U + "SELECT id FROM t UNION ALL SELECT v FROM u;", **two)

# Sinks: what INSERT INTO refuses, at planning or while running; the SELECT at the end is only there to be recorded.
def sink(name, ddl, insert, head="", t=None):
    case("sink", name, head + table("t", COLS) + f"CREATE TABLE s ({ddl}) WITH ('connector' = 'blackhole');\nINSERT INTO s {insert};\nSELECT 1 AS done;", t=t or events(801, 6, "e"))


sink("by-position", "a STRING, b STRING, c INT", "SELECT id, k, v FROM t")
sink("wider-numbers", "a BIGINT, b DOUBLE, c DECIMAL(10,2)", "SELECT v, v, v FROM t")
sink("column-list", "a STRING, b INT, c STRING", "(b, a) SELECT v, id FROM t")
sink("too-few-columns-is-refused", "a STRING, b STRING", "SELECT id FROM t")
sink("too-many-columns-is-refused", "a STRING", "SELECT id, k FROM t")
sink("text-into-number-is-refused", "a INT", "SELECT id FROM t")
sink("number-into-text-is-refused", "a STRING", "SELECT v FROM t")
sink("narrower-integer-is-refused", "a SMALLINT", "SELECT v FROM t")
sink("boolean-into-number-is-refused", "a INT", "SELECT v > 1 FROM t")
sink("null-in-not-null-is-refused", "a STRING NOT NULL", "SELECT k FROM t", t=[{"id": "a", "k": None, "v": 1, "ts": ts(0)}])
sink("null-in-not-null-dropped", "a STRING NOT NULL", "SELECT k FROM t", head="SET 'table.exec.sink.not-null-enforcer' = 'DROP';\n", t=[{"id": "a", "k": None, "v": 1, "ts": ts(0)}])
sink("null-in-primary-key-is-refused", "a STRING, PRIMARY KEY (a) NOT ENFORCED", "SELECT k FROM t", t=[{"id": "a", "k": None, "v": 1, "ts": ts(0)}])
sink("two-rowtimes-are-refused", "a TIMESTAMP(3), b TIMESTAMP(3)", "SELECT x.ts, y.ts FROM t x JOIN t y ON x.k = y.k AND x.ts BETWEEN y.ts AND y.ts + INTERVAL '1' SECOND")
sink("two-rowtimes-one-cast", "a TIMESTAMP(3), b TIMESTAMP(3)", "SELECT x.ts, CAST(y.ts AS TIMESTAMP(3)) FROM t x JOIN t y ON x.k = y.k AND x.ts BETWEEN y.ts AND y.ts + INTERVAL '1' SECOND")
sink("two-rowtimes-inserter-off", "a TIMESTAMP(3), b TIMESTAMP(3)", "SELECT x.ts, y.ts FROM t x JOIN t y ON x.k = y.k AND x.ts BETWEEN y.ts AND y.ts + INTERVAL '1' SECOND", head="SET 'table.exec.sink.rowtime-inserter' = 'DISABLED';\n")
sink("updates-into-blackhole", "a STRING, b TIMESTAMP(3)", "SELECT id, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM t) WHERE n = 1")
sink("unknown-column-in-list-is-refused", "a STRING", "(b) SELECT id FROM t")
case("sink", "updates-into-files-are-refused", table("t", COLS) + "CREATE TABLE s (a STRING, b TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = '/tmp/never-written', 'format' = 'json');\n"
     "INSERT INTO s SELECT id, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM t) WHERE n = 1;\nSELECT 1 AS done;", t=events(802, 6, "e"))

# Lookup joins need a table that can be looked up; only what is refused before that can be recorded here.
L = table("t", COLS + ", p AS PROCTIME()") + "CREATE TABLE d (k STRING, name STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 'd.json', 'format' = 'json');\n"
dims = [{"k": "a", "name": "A"}]
case("lookup", "files-cannot-be-looked-up", L + "SELECT t.id, d.name FROM t JOIN d FOR SYSTEM_TIME AS OF t.p ON t.k = d.k;", t=events(901, 4, "e"), d=dims)
case("lookup", "right-join-is-refused", L + "SELECT t.id, d.name FROM t RIGHT JOIN d FOR SYSTEM_TIME AS OF t.p ON t.k = d.k;", t=events(902, 4, "e"), d=dims)
case("lookup", "without-equality-is-refused", L + "SELECT t.id, d.name FROM t JOIN d FOR SYSTEM_TIME AS OF t.p ON t.k > d.k;", t=events(903, 4, "e"), d=dims)
case("lookup", "time-of-another-type-is-refused", L + "SELECT t.id, d.name FROM t JOIN d FOR SYSTEM_TIME AS OF t.v ON t.k = d.k;", t=events(904, 4, "e"), d=dims)
