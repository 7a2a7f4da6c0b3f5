#!/usr/bin/env python3
"""Writes the cases of cdc_formats, and those that write files (goldens/changelog_sinks): `case.sql` and inputs.

What Flink gives is recorded beside them, in flink.jsonl.
"""
import json
import pathlib
import random

CORPUS = pathlib.Path(__file__).parent
READS = CORPUS / "cdc_formats"
# `query` writes no files: these are run as jobs.
WRITES = CORPUS.parent / "goldens" / "changelog_sinks"
COLUMNS = "id INT, name STRING, weight DECIMAL(10, 3)"


def table(name, fmt, path, columns=COLUMNS, more=""):
    return (
        f"CREATE TABLE {name} ({columns}) WITH ('connector' = 'filesystem', 'path' = '{path}', "
        f"'format' = '{fmt}'{more});\n"
    )


def case(name, sql, **files):
    folder = (WRITES if "INSERT INTO" in sql else READS) / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.sql").write_text(sql)
    for file, lines in files.items():
        path = folder / file
        path.write_text("".join((l if isinstance(l, str) else json.dumps(l)) + "\n" for l in lines))


def row(i, name, weight):
    return {"id": i, "name": name, "weight": weight}


def part(**values):
    return values


def debezium(op, before, after, **more):
    return {"before": before, "after": after, "source": {"version": "1.1", "db": "shop"}, "op": op, "ts_ms": 1589362330904, **more}


def ogg(op, before, after, **more):
    return {"table": "SHOP.T", "op_type": op, "op_ts": "2020-05-13 15:40:06.000000", "before": before, "after": after, **more}


def maxwell(kind, data, old=None, **more):
    message = {"database": "shop", "table": "t", "type": kind, "ts": 1596684883, "data": data, **more}
    return message if old is None else {**message, "old": old}


def canal(kind, data, old=None, **more):
    return {"data": data, "database": "shop", "es": 1589373515000, "id": 3, "isDdl": False, "old": old, "pkNames": ["id"],
            "sql": "", "table": "t", "ts": 1589373515477, "type": kind, **more}


def texts(r):
    return {k: None if v is None else str(v) for k, v in r.items()}


A, B, C = row(1, "a", 1.5), row(2, "b", 22.25), row(3, None, None)
A2, B2 = row(1, "a2", 1.5), row(2, "b", 7)
HISTORY = {
    "debezium-json": [debezium("r", None, A), debezium("c", None, B), debezium("u", A, A2), debezium("c", None, C),
                      debezium("d", C, None), debezium("u", B, B2)],
    "ogg-json": [ogg("I", None, A), ogg("I", None, B), ogg("U", A, A2), ogg("I", None, C), ogg("D", C, None), ogg("U", B, B2)],
    "maxwell-json": [maxwell("insert", A), maxwell("insert", B), maxwell("update", A2, {"name": "a"}), maxwell("insert", C),
                     maxwell("delete", C), maxwell("update", B2, {"weight": 22.25})],
    "canal-json": [canal("INSERT", [texts(A), texts(B), texts(C)]), canal("UPDATE", [texts(A2)], [{"name": "a"}]),
                   canal("DELETE", [texts(C)]), canal("UPDATE", [texts(B2)], [{"weight": "22.25"}])],
}
INPUT = "t.json"
SELECT = "SELECT * FROM t;\n"

for fmt, history in HISTORY.items():
    short = fmt.removesuffix("-json")
    files = {INPUT: history}
    plain = table("t", fmt, INPUT)
    keyed = table("t", fmt, INPUT, COLUMNS + ", PRIMARY KEY (id) NOT ENFORCED")
    case(f"{short}-all-kinds", plain + SELECT, **files)
    case(f"{short}-aggregate", plain + "SELECT COUNT(*) AS n, SUM(weight) AS w, MAX(name) AS m FROM t;\n", **files)
    case(f"{short}-filter", plain + "SELECT id, UPPER(name) AS u FROM t WHERE weight > 2;\n", **files)
    case(f"{short}-sink",
         plain + table("s", fmt, "out") +
         "INSERT INTO s SELECT * FROM t;\n"
         "CREATE TABLE r (line STRING) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv', 'csv.disable-quote-character' = 'true', 'csv.field-delimiter' = '|');\n"
         "SELECT * FROM r;\n", **files)
    case(f"{short}-sink-of-an-aggregate",
         plain + table("s", fmt, "out", "name STRING, n BIGINT, w DECIMAL(38, 3)") +
         "INSERT INTO s SELECT name, COUNT(*), SUM(weight) FROM t GROUP BY name;\n" +
         table("r", fmt, "out", "name STRING, n BIGINT, w DECIMAL(38, 3)") + "SELECT * FROM r;\n", **files)
    case(f"{short}-twice-with-duplicates",
         "SET 'table.exec.source.cdc-events-duplicate' = 'true';\n" + keyed + SELECT, **{INPUT: history + history})
    case(f"{short}-unknown-operation", plain + SELECT,
         **{INPUT: [json.dumps(history[0]).replace('"op": "r"', '"op": "x"').replace('"op_type": "I"', '"op_type": "T"')
                    .replace('"INSERT"', '"QUERY"').replace('"insert"', '"bootstrap-start"')]})
    bad = [json.dumps(m) for m in history]
    bad[2:2] = ["{", "", "null", "[1]", '"x"', "{}", bad[0].replace('"id": 1', '"id": "x"').replace('"id": "1"', '"id": "x"'),
                bad[0].replace('"op": "r"', '"op": "x"').replace('"op_type": "I"', '"op_type": 7').replace('"INSERT"', '"QUERY"')
                .replace('"insert"', 'null')]
    case(f"{short}-errors-ignored", table("t", fmt, INPUT, more=f", '{fmt}.ignore-parse-errors' = 'true'") + SELECT, **{INPUT: bad})
    case(f"{short}-corrupt", plain + SELECT, **{INPUT: bad})
    case(f"{short}-bad-value", plain + "SELECT name FROM t;\n", **{INPUT: [history[0], bad[8]]})

J = "SELECT t.id, t.name, u.qty FROM t JOIN u ON t.id = u.id;\n"
ORDERS = [maxwell("insert", {"id": 1, "qty": 5}), maxwell("insert", {"id": 2, "qty": 6}), maxwell("update", {"id": 1, "qty": 9}, {"qty": 5}),
          maxwell("delete", {"id": 2, "qty": 6})]
case("join-of-two", table("t", "debezium-json", INPUT) + table("u", "maxwell-json", "u.json", "id INT, qty INT") + J,
     **{INPUT: HISTORY["debezium-json"], "u.json": ORDERS})
case("join-by-keys",
     table("t", "debezium-json", INPUT, COLUMNS + ", PRIMARY KEY (id) NOT ENFORCED") +
     table("u", "maxwell-json", "u.json", "id INT, qty INT, PRIMARY KEY (id) NOT ENFORCED") + J.replace("JOIN", "LEFT JOIN"),
     **{INPUT: HISTORY["debezium-json"], "u.json": ORDERS})
case("group-of-keys", table("t", "canal-json", INPUT, COLUMNS + ", PRIMARY KEY (id) NOT ENFORCED") +
     "SELECT id, COUNT(*) AS n, MIN(name) AS m, SUM(weight) AS w FROM t GROUP BY id;\n", **{INPUT: HISTORY["canal-json"]})
case("top-of-changes", table("t", "ogg-json", INPUT) +
     "SELECT * FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY weight DESC) AS rn FROM t) WHERE rn <= 1;\n", **{INPUT: HISTORY["ogg-json"]})
case("last-of-each-key", table("t", "ogg-json", INPUT, COLUMNS + ", pt AS PROCTIME()") +
     "SELECT id, name FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY pt DESC) AS rn FROM t) WHERE rn = 1;\n",
     **{INPUT: HISTORY["ogg-json"]})
case("union-with-inserts", table("t", "ogg-json", INPUT) + table("u", "json", "u.json") +
     "SELECT id, name FROM t UNION ALL SELECT id, name FROM u;\n", **{INPUT: HISTORY["ogg-json"], "u.json": [A, C]})
case("distinct-of-changes", table("t", "debezium-json", INPUT) + "SELECT DISTINCT weight > 2 AS heavy FROM t;\n",
     **{INPUT: HISTORY["debezium-json"]})
case("duplicates-need-a-key", "SET 'table.exec.source.cdc-events-duplicate' = 'true';\n" + table("t", "debezium-json", INPUT) + SELECT,
     **{INPUT: HISTORY["debezium-json"]})
case("duplicates-aggregate", "SET 'table.exec.source.cdc-events-duplicate' = 'true';\n" +
     table("t", "debezium-json", INPUT, COLUMNS + ", PRIMARY KEY (id) NOT ENFORCED") + "SELECT SUM(weight) AS w, COUNT(*) AS n FROM t;\n",
     **{INPUT: HISTORY["debezium-json"] * 2})
case("over-is-refused", table("t", "debezium-json", INPUT, COLUMNS + ", pt AS PROCTIME()") +
     "SELECT SUM(weight) OVER (ORDER BY pt) AS s FROM t;\n", **{INPUT: HISTORY["debezium-json"]})
TIMES = "id INT, ts TIMESTAMP(3), v INT, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND"


def timed(i, ts, v):
    return {"id": i, "ts": ts, "v": v}


TIMED = [debezium("c", None, timed(1, "2020-01-01 00:00:01", 1)), debezium("c", None, timed(2, "2020-01-01 00:00:03", 2)),
         debezium("u", timed(1, "2020-01-01 00:00:01", 1), timed(1, "2020-01-01 00:00:02", 5)),
         debezium("c", None, timed(3, "2020-01-01 00:00:14", 3)), debezium("d", timed(3, "2020-01-01 00:00:14", 3), None),
         debezium("c", None, timed(4, "2020-01-01 00:00:40", 4))]
case("watermark", table("t", "debezium-json", INPUT, TIMES) + "SELECT id, ts, v FROM t;\n", **{INPUT: TIMED})
case("watermark-group-window", table("t", "debezium-json", INPUT, TIMES) +
     "SELECT TUMBLE_START(ts, INTERVAL '10' SECOND) AS w, SUM(v) AS s, COUNT(*) AS n FROM t GROUP BY TUMBLE(ts, INTERVAL '10' SECOND);\n",
     **{INPUT: TIMED})
case("watermark-window-tvf-is-refused", table("t", "debezium-json", INPUT, TIMES) +
     "SELECT window_start, SUM(v) AS s FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;\n",
     **{INPUT: TIMED})
case("watermark-interval-join-is-refused", table("t", "debezium-json", INPUT, TIMES) + table("u", "json", "u.json", TIMES) +
     "SELECT t.id FROM t JOIN u ON t.id = u.id AND t.ts BETWEEN u.ts AND u.ts + INTERVAL '5' SECOND;\n",
     **{INPUT: TIMED, "u.json": [timed(1, "2020-01-01 00:00:01", 1)]})
VERSIONS = [debezium("c", None, timed(1, "2020-01-01 00:00:01", 1)), debezium("c", None, timed(3, "2020-01-01 00:00:03", 2)),
            debezium("u", timed(1, "2020-01-01 00:00:01", 1), timed(1, "2020-01-01 00:00:04", 5)),
            debezium("d", timed(3, "2020-01-01 00:00:14", 2), None), debezium("c", None, timed(4, "2020-01-01 00:01:40", 4))]
case("temporal-join", table("t", "json", INPUT, TIMES) +
     table("u", "debezium-json", "u.json", TIMES.replace("id INT", "id INT PRIMARY KEY NOT ENFORCED")) +
     "SELECT t.id, t.ts, u.v FROM t LEFT JOIN u FOR SYSTEM_TIME AS OF t.ts ON t.id = u.id;\n",
     **{INPUT: [timed(1, "2020-01-01 00:00:01", 1), timed(1, "2020-01-01 00:00:05", 1), timed(3, "2020-01-01 00:00:12", 1), timed(3, "2020-01-01 00:00:15", 1),
                timed(9, "2020-01-01 00:01:00", 1)], "u.json": VERSIONS})

# --- debezium
case("debezium-before-is-null", table("t", "debezium-json", INPUT) + SELECT, **{INPUT: [debezium("u", None, A)]})
case("debezium-before-of-a-delete-is-null", table("t", "debezium-json", INPUT) + SELECT, **{INPUT: [debezium("d", None, None)]})
case("debezium-before-is-null-ignored", table("t", "debezium-json", INPUT, more=", 'debezium-json.ignore-parse-errors' = 'true'") + SELECT,
     **{INPUT: [debezium("u", None, A), debezium("d", None, None), debezium("c", None, None), debezium("u", A, None),
                debezium("c", None, B)]})
case("debezium-schema-include", table("t", "debezium-json", INPUT, more=", 'debezium-json.schema-include' = 'true'") + SELECT,
     **{INPUT: [{"schema": {"type": "struct"}, "payload": m} for m in HISTORY["debezium-json"]]})
case("debezium-schema-include-without-payload", table("t", "debezium-json", INPUT, more=", 'debezium-json.schema-include' = 'true'") + SELECT,
     **{INPUT: HISTORY["debezium-json"]})
case("debezium-schema-not-included", table("t", "debezium-json", INPUT) + SELECT,
     **{INPUT: [{"schema": {"type": "struct"}, "payload": HISTORY["debezium-json"][0]}]})
case("debezium-schema-include-of-a-sink", table("t", "debezium-json", INPUT) +
     table("s", "debezium-json", "out", more=", 'debezium-json.schema-include' = 'true'") + "INSERT INTO s SELECT * FROM t;\nSELECT 1 AS done;\n",
     **{INPUT: HISTORY["debezium-json"]})
case("debezium-bad-value-in-the-unused-row", table("t", "debezium-json", INPUT) + SELECT,
     **{INPUT: [debezium("c", {"id": "x"}, A)]})
case("debezium-bad-values-are-null", table("t", "debezium-json", INPUT, more=", 'debezium-json.ignore-parse-errors' = 'true'") + SELECT,
     **{INPUT: [debezium("c", 5, {"id": "x", "name": [1, {"a": 2.50}], "weight": "1e2"}), debezium("u", {"id": {}}, {"name": 1.50}),
                debezium("d", {"id": 1.9, "weight": True}, [])]})
case("debezium-order-and-repeated-members", table("t", "debezium-json", INPUT) + SELECT,
     **{INPUT: ['{"op":"c","after":{"id":1},"x":[1,{"op":"d"}],"after":{"weight":"2.5","id":"x","name":"n","id":2},"op":"r"} trailing',
                '  {"op" : "u", "before":{ } , "after" : {"id" : 3}}', '{"op":"d","before":{"id":null,"name":"\\u00e9\\n"}}']})
case("debezium-iso-times", table("t", "debezium-json", INPUT, "id INT, a TIMESTAMP(3), b TIMESTAMP_LTZ(3), c DATE, d TIME",
                                 ", 'debezium-json.timestamp-format.standard' = 'ISO-8601'") + "SELECT id, a, b, c, CAST(d AS STRING) AS d FROM t;\n",
     **{INPUT: [debezium("c", None, {"id": 1, "a": "2020-01-01T10:11:12.123", "b": "2020-01-01T10:11:12.123Z", "c": "2020-01-02", "d": "10:11:12"})]})
NESTED = "id INT, r ROW<a INT, b ARRAY<STRING>>, m MAP<STRING, INT>, b BYTES, f DOUBLE, g BOOLEAN"
case("debezium-nested", table("t", "debezium-json", INPUT, NESTED) + "SELECT id, r.a AS ra, r.b AS rb, m, b, f, g FROM t;\n",
     **{INPUT: [debezium("c", None, {"id": 1, "r": {"a": "5", "b": ["x", None, 1.50]}, "m": {"k": 1, "l": None}, "b": "aGk=", "f": "1e3", "g": "TRUE"}),
                debezium("u", {"id": 1, "r": {"a": 5, "b": []}, "m": {}, "b": None, "f": 1, "g": 0}, {"id": 1, "r": None})]})
case("debezium-sink-types", table("t", "debezium-json", INPUT, NESTED + ", p DECIMAL(10, 2), ts TIMESTAMP(6), z TIMESTAMP_LTZ(3)") +
     table("s", "debezium-json", "out", NESTED + ", p DECIMAL(10, 2), ts TIMESTAMP(6), z TIMESTAMP_LTZ(3)",
           ", 'debezium-json.timestamp-format.standard' = 'ISO-8601', 'debezium-json.encode.decimal-as-plain-number' = 'true'") +
     "INSERT INTO s SELECT * FROM t;\nCREATE TABLE r (line STRING) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv', 'csv.disable-quote-character' = 'true', 'csv.field-delimiter' = '|');\nSELECT * FROM r;\n",
     **{INPUT: [debezium("c", None, {"id": 1, "r": {"a": 5, "b": ["x", None]}, "m": {"k": 1}, "b": "aGk=", "f": 1e30, "g": True, "p": 100,
                                     "ts": "2020-01-01 10:11:12.123456", "z": "2020-01-01 10:11:12.123Z"}), debezium("d", {"id": 2}, None)]})
case("debezium-sink-map-null-keys", table("s", "debezium-json", "out", "m MAP<STRING, INT>",
                                          ", 'debezium-json.map-null-key.mode' = 'LITERAL', 'debezium-json.map-null-key.literal' = 'none'") +
     "INSERT INTO s VALUES (MAP[CAST(NULL AS STRING), 1]);\n"
     "CREATE TABLE r (line STRING) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv', 'csv.disable-quote-character' = 'true', 'csv.field-delimiter' = '|');\nSELECT * FROM r;\n")
# --- canal
case("canal-include", table("t", "canal-json", INPUT, more=", 'canal-json.database.include' = '^sh.*', 'canal-json.table.include' = 't|u'") + SELECT,
     **{INPUT: [canal("INSERT", [texts(A)]), canal("INSERT", [texts(B)], table="tt"), canal("INSERT", [{"id": "bad"}], database="other"),
                canal("INSERT", [texts(C)], table="u"), canal("INSERT", [{"id": "bad"}], database=None)]})
case("canal-include-without-database", table("t", "canal-json", INPUT, more=", 'canal-json.database.include' = 'shop'") + SELECT,
     **{INPUT: [{"data": [texts(A)], "type": "INSERT"}]})
case("canal-include-without-database-ignored",
     table("t", "canal-json", INPUT, more=", 'canal-json.database.include' = 'shop', 'canal-json.ignore-parse-errors' = 'true'") + SELECT,
     **{INPUT: [{"data": [texts(A)], "type": "INSERT"}, canal("INSERT", [texts(B)])]})
case("canal-create", table("t", "canal-json", INPUT) + SELECT,
     **{INPUT: [canal("CREATE", None, isDdl=True), canal("INSERT", []), canal("INSERT", [texts(A)])]})
case("canal-alter", table("t", "canal-json", INPUT) + SELECT, **{INPUT: [canal("ALTER", None, isDdl=True)]})
case("canal-several-rows", table("t", "canal-json", INPUT) + SELECT,
     **{INPUT: [canal("INSERT", [texts(A), texts(B)]), canal("UPDATE", [texts(A2), texts(B2)], [{"name": "a"}, {"weight": "22.25"}])]})
case("canal-null-before", table("t", "canal-json", INPUT) + SELECT,
     **{INPUT: [canal("UPDATE", [texts(A2)], [{"name": None}]), canal("UPDATE", [texts(A), texts(B)], [{"name": None}, {"id": "9"}])]})
case("canal-named-deeper", table("t", "canal-json", INPUT) + SELECT,
     **{INPUT: [canal("UPDATE", [texts(A2)], [{"x": {"name": 1}}]), canal("UPDATE", [texts(A)], [{"x": "name"}])]})
case("canal-update-without-old", table("t", "canal-json", INPUT) + SELECT, **{INPUT: [canal("UPDATE", [texts(A2)])]})
case("canal-too-few-old", table("t", "canal-json", INPUT, more=", 'canal-json.ignore-parse-errors' = 'true'") + SELECT,
     **{INPUT: [canal("UPDATE", [texts(A2), texts(B)], [{"name": "a"}]), canal("INSERT", [texts(A), None, texts(B)]),
                canal("INSERT", [texts(A), 5]), canal("DELETE", None), canal("INSERT", [{"id": "x"}])]})
# --- maxwell
case("maxwell-null-before", table("t", "maxwell-json", INPUT) + SELECT,
     **{INPUT: [maxwell("update", A2, {"name": None, "weight": None}), maxwell("update", A, {})]})
case("maxwell-update-without-old", table("t", "maxwell-json", INPUT) + SELECT, **{INPUT: [maxwell("update", A2)]})
case("maxwell-decimal-overflow-before", table("t", "maxwell-json", INPUT) + SELECT,
     **{INPUT: [maxwell("update", A2, {"weight": 123456789012})]})
# --- ogg
case("ogg-before-is-null", table("t", "ogg-json", INPUT) + SELECT, **{INPUT: [ogg("U", None, A)]})
case("ogg-truncate", table("t", "ogg-json", INPUT) + SELECT, **{INPUT: [ogg("T", None, None)]})
# --- sinks
case("keyed-sink", table("t", "debezium-json", INPUT) +
     table("s", "ogg-json", "out", "name STRING, n BIGINT, PRIMARY KEY (name) NOT ENFORCED") +
     "INSERT INTO s SELECT COALESCE(name, '-'), COUNT(*) FROM t GROUP BY COALESCE(name, '-');\n" +
     table("r", "ogg-json", "out", "name STRING, n BIGINT") + "SELECT * FROM r;\n", **{INPUT: HISTORY["debezium-json"]})
case("append-format-refuses-changes", table("t", "debezium-json", INPUT) + table("s", "json", "out") +
     "INSERT INTO s SELECT * FROM t;\nSELECT 1 AS done;\n", **{INPUT: HISTORY["debezium-json"]})
case("not-null-column", table("t", "debezium-json", INPUT, "id INT NOT NULL, name STRING NOT NULL") + SELECT,
     **{INPUT: [debezium("c", None, {"id": 1, "name": "a"}), debezium("d", {"id": 1, "name": "a"}, None)]})
case("only-some-columns", table("t", "maxwell-json", INPUT) + "SELECT COUNT(*) AS n FROM t;\n", **{INPUT: HISTORY["maxwell-json"]})

# --- random messages: what is ignored, what becomes NULL, what is left out

RANDOM = "id INT, name STRING, w DECIMAL(6, 2), d DATE, ts TIMESTAMP(3), ok BOOLEAN, f DOUBLE, tags ARRAY<STRING>, r ROW<a INT, b STRING>, m MAP<STRING, INT>"
SCALARS = [None, True, False, 0, 1, -7, 2147483647, 2147483648, 1.5, 2.50, 1e3, "", "1", " 2 ", "x", "1.25", "true", "TRUE", "2020-02-29", "2021-02-29",
           "2020-01-02 03:04:05", "2020-01-02 03:04:05.678", "2020-01-02T03:04:05", "é\n", "12345.678", "NaN"]


def any_value(rng, depth=2):
    pick = rng.random()
    if depth and pick < 0.08:
        return [any_value(rng, depth - 1) for _ in range(rng.randint(0, 3))]
    if depth and pick < 0.18:
        return {rng.choice(["a", "b", "c", "name", "id"]): any_value(rng, depth - 1) for _ in range(rng.randint(0, 3))}
    return rng.choice(SCALARS)


def good_value(rng, name):
    return {
        "id": lambda: rng.randint(1, 5), "name": lambda: rng.choice(["a", "b", None]), "w": lambda: rng.choice([1.5, "2.25", 100]),
        "d": lambda: "2020-02-29", "ts": lambda: "2020-01-02 03:04:05.678", "ok": lambda: rng.random() < 0.5, "f": lambda: rng.choice([1, 2.5, "3"]),
        "tags": lambda: ["x", None, 1.50][: rng.randint(0, 3)], "r": lambda: {"a": rng.randint(0, 3), "b": "z"}, "m": lambda: {"k": 1, "l": None},
    }[name]()


NAMES = ["id", "name", "w", "d", "ts", "ok", "f", "tags", "r", "m"]


def any_row(rng, wild, keep=0.8):
    if rng.random() < wild / 4:
        return any_value(rng)
    names = [n for n in NAMES if rng.random() < keep]
    if rng.random() < 0.2:
        rng.shuffle(names)
    row = {n: any_value(rng) if rng.random() < wild else good_value(rng, n) for n in names}
    if rng.random() < 0.1:
        row["other"] = any_value(rng)
    return row


def any_message(rng, fmt, wild):
    operations = {"debezium-json": ["c", "r", "u", "u", "d"], "ogg-json": ["I", "U", "U", "D"],
                  "maxwell-json": ["insert", "update", "update", "delete"], "canal-json": ["INSERT", "UPDATE", "UPDATE", "DELETE", "CREATE"]}[fmt]
    operation = any_value(rng) if rng.random() < wild / 3 else rng.choice(operations)
    rows = lambda keep=0.8: any_row(rng, wild, keep)
    if fmt in ("debezium-json", "ogg-json"):
        message = {"before": None if rng.random() < 0.15 else rows(), "after": None if rng.random() < 0.1 else rows(),
                   "op" if fmt == "debezium-json" else "op_type": operation}
    elif fmt == "maxwell-json":
        message = {"data": None if rng.random() < 0.1 else rows(), "old": None if rng.random() < 0.1 else rows(0.3), "type": operation}
    else:
        count = rng.randint(0, 3)
        several = lambda keep: any_value(rng) if rng.random() < wild / 3 else [rows(keep) for _ in range(count if rng.random() < 0.9 else 1)]
        message = {"data": several(0.8), "old": None if rng.random() < 0.1 else several(0.3), "type": operation,
                   "database": rng.choice(["shop", "other", 5, None]), "table": "t"}
    members = list(message.items())
    rng.shuffle(members)
    members = [m for m in members if rng.random() > wild / 6]
    text = ", ".join(f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=rng.random() < 0.5)}" for k, v in members)
    if members and rng.random() < 0.1:
        name, _ = rng.choice(members)
        text += f", {json.dumps(name)}: {json.dumps(any_row(rng, wild))}"
    text = "{" + text + "}"
    if rng.random() < wild / 8:
        text = text[: rng.randint(0, len(text))]
    return text


for fmt in HISTORY:
    short = fmt.removesuffix("-json")
    for wild in (0.08, 0.4):
        rng = random.Random(f"{fmt} {wild}")
        more = f", '{fmt}.ignore-parse-errors' = 'true'"
        if fmt == "canal-json" and wild > 0.2:
            more += ", 'canal-json.database.include' = 'shop|5|null'"
        case(f"{short}-random-{'wild' if wild > 0.2 else 'mild'}", table("t", fmt, INPUT, RANDOM, more) +
             "SELECT id, name, w, d, ts, ok, f, tags, r.a AS ra, r.b AS rb, m FROM t;\n",
             **{INPUT: [any_message(rng, fmt, wild) for _ in range(150)]})
