//! A small mutation fuzzer over the targets of `fuzz/src/lib.rs`: no special toolchain, reproducible by its seed.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use streamsql_core::{Column, Epoch, KeyGroupRange, LogicalType, Schema, StateForm, StateLayout, StateTable};
use streamsql_state::manifest::{Manifest, StoredPlan};
use streamsql_state::tables::{KeyBatch, KeyCodec, OneTable};

#[path = "../../../fuzz/src/lib.rs"]
pub mod targets;

/// Inputs to start from: what the build itself writes, or the texts of [`texts`].
fn seeds(target: &str) -> Vec<Vec<u8>> {
    match target {
        "segment_head" => vec![segment_head()],
        "manifest" => {
            let manifest = Manifest {
                job: "shop".to_owned(),
                generation: 1,
                epoch: 2,
                parent: Some(("epochs/1.log#7+200".to_owned(), "ab".to_owned())),
                continues: true,
                plan: StoredPlan::default(),
                plan_fingerprint: String::new(),
                now_ms: 3,
                sources: Vec::new(),
                segments: Vec::new(),
                released: Vec::new(),
                tokens: Vec::new(),
            };
            vec![manifest.encode().expect("a manifest has a JSON form")]
        }
        _ => texts(target).iter().map(|text| text.as_bytes().to_vec()).collect(),
    }
}

/// The head of a segment that tells of a gone row and has a page.
fn segment_head() -> Vec<u8> {
    let text = Column::new("k", LogicalType::STRING, true);
    let layout = StateLayout {
        form: StateForm::One,
        columns: vec![text.clone()],
        key: vec![0],
        order: Vec::new(),
        ttl_ms: 0,
    };
    let head = || -> streamsql_core::Result<Vec<u8>> {
        let mut table = OneTable::new("t", 0, &layout, KeyGroupRange::ALL)?;
        let mut codec = KeyCodec::new(&Schema::new(vec![text.clone()]).to_arrow(), &[0])?;
        let (mut keys, mut slots) = (KeyBatch::default(), Vec::new());
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
        codec.encode_columns(&[texts], 2, &mut keys)?;
        table.probe(&keys, &mut slots)?;
        table.edit(&keys, 0, &mut slots[0])?;
        table.edit(&keys, 1, &mut slots[1])?;
        table.barrier(Epoch(1), 0)?;
        table.probe(&keys, &mut slots)?;
        table.remove(&mut slots[0]);
        table.edit(&keys, 1, &mut slots[1])?;
        let delta = table.barrier(Epoch(2), 0)?;
        Ok(delta.and_then(|delta| delta.parts.first().map(|head| head.to_vec())).unwrap_or_default())
    };
    head().expect("two keys are written")
}

fn texts(target: &str) -> &'static [&'static str] {
    match target {
        "template" => &[
            "CREATE TABLE t (a INT) WITH ('connector' = '{{ name }}', 'topic' = '{{ topic }}');",
            "{% if name %}SELECT '{{ name }}'{% endif %} -- {{ topic }}\n;",
            "{# c #}{% set x = 1 %}{{ x + 1 }} {{ name | upper }} {% for i in [1,2] %}{{ i }}{% endfor %}",
        ],
        "statements" => &[
            "CREATE TEMPORARY TABLE t (a INT NOT NULL, b AS a + 1, m STRING METADATA FROM 'x' VIRTUAL, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '15' SECOND, PRIMARY KEY (a) NOT ENFORCED) PARTITIONED BY (a) WITH ('connector'='kafka');",
            "INSERT INTO s (a, b) SELECT a, CAST(b AS DECIMAL(6,2)) FROM t AS x LEFT JOIN u FOR SYSTEM_TIME AS OF x.p AS d ON x.k = d.k WHERE x.a BETWEEN 1 AND 2;",
            "SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS rn FROM t) WHERE rn = 1 /* c */;",
            "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b VALUES (1, 'x''y'), (2, U&'\\0041'); END;",
            "SET 'table.local-time-zone' = 'UTC'; CREATE VIEW v (x) AS SELECT ARRAY[1, 2][1], MAP['a', 1], ROW(1, 'x'), t.r.f FROM t;",
        ],
        "json_decoder" => &[
            "\0{\"a\":1,\"b\":\"x\\u00e9\\n\",\"c\":12.345,\"d\":\"2020-01-02 03:04:05.678\",\"e\":[1,null,\"2\"],\"f\":{\"x\":1,\"y\":\"z\"},\"g\":\"aGk=\",\"h\":1e5,\"i\":\"2020-01-02 03:04:05Z\",\"j\":\"2020-01-02\",\"k\":{\"p\":{\"x\":1}},\"l\":{\"q\":2}}\n{\"b\":{\"n\":[1,2.50,{}]},\"a\":\"7\"}",
            "\x02{ \"b\" : [ 1 , { \"a\" : 1, \"a\" : 2 } ] , \"a\" : -0 }\n{}\nnull\n[]",
            "\x0d{\"a\":2147483648,\"h\":\"0x1p3\",\"d\":\"2020-02-31 24:00:00\"}",
        ],
        "csv_decoder" => &[
            "\x001,x,1.5,2020-01-02 03:04:05,1;2,3;q,aGk=,1e5,2020-01-02 03:04:05Z,2020-1-2\n2,\"a\"\"b\",,,,,,,,",
            "\x07# c\n1,\"x\ny\",2,\\n,\"\",;\r\n3;4;5\r6",
            "\x08\"q\\\"r\" ,x\n\n,,,,,,,,,,",
        ],
        "changelog_decoders" => &[
            " {\"before\":{\"a\":1,\"b\":\"x\"},\"after\":{\"a\":\"2\",\"f\":{\"x\":1}},\"source\":{\"ts_ms\":1,\"table\":\"t\"},\"op\":\"u\",\"ts_ms\":5,\"schema\":{\"k\":1.50}}\n{\"after\":{\"a\":1},\"op\":\"c\"}",
            "(\x7b\"payload\":{\"after\":{\"e\":[1]},\"op\":\"r\"},\"schema\":null}",
            "!{\"data\":[{\"a\":\"1\",\"b\":\"y\"},{\"a\":2}],\"old\":[{\"b\":null},{\"x\":{\"a\":1}}],\"type\":\"UPDATE\",\"database\":\"abc\",\"es\":7}\n{\"data\":[],\"type\":\"INSERT\"}",
            "5{\"data\":[{\"a\":1},null],\"type\":\"DELETE\",\"database\":\"c\"}",
            "\"{\"type\":\"update\",\"data\":{\"a\":1,\"b\":\"z\"},\"old\":{\"b\":\"w\",\"k\":{\"p\":{}}},\"ts\":9,\"table\":\"t\"}",
            "#{\"op_type\":\"U\",\"before\":{\"c\":1.5},\"after\":{\"j\":\"2020-01-02\"},\"op_ts\":\"2020-05-13 15:40:06.1\",\"current_ts\":\"2020-05-13T15:40:06.123456\"}",
        ],
        "raw_decoder" => &["\0hé😀", "\x041234", "\x1b\u{feff}ab"],
        "timestamps" => {
            &["2020-02-31 24:00:00.123456789", "+10000-01-01T00:00Z", "-0001-12-31", "10:11:12.5", "2020-1-2"]
        }
        "decimals" => &[
            "-12345678901234567890.123456789e-3",
            "0.005",
            "1e400",
            "+.5",
            "99999999999999999999999999999999999999",
        ],
        _ => &[],
    }
}

/// Runs a target `executions` times on mutated inputs. The same seed gives the same inputs.
///
/// # Panics
/// When the target does; the input is printed before.
pub fn run(target: &str, function: targets::Target, executions: u64, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut pool = seeds(target);
    let originals = pool.len();
    for _ in 0..executions {
        let mut input = pool[random.random_range(0..pool.len())].clone();
        for _ in 0..random.random_range(1..6) {
            mutate(&mut input, &pool, &mut random);
        }
        let caught = std::panic::catch_unwind(|| function(&input));
        if caught.is_err() {
            eprintln!("target {target}, input {:?}", String::from_utf8_lossy(&input));
            eprintln!("bytes {input:?}");
        }
        assert!(caught.is_ok(), "target {target} panicked");
        // Some mutants live on, so that faults may need several steps.
        if input.len() < 4_096 && random.random_ratio(1, 16) {
            if pool.len() < originals + 512 {
                pool.push(input);
            } else {
                let replaced = random.random_range(originals..pool.len());
                pool[replaced] = input;
            }
        }
    }
}

fn mutate(input: &mut Vec<u8>, pool: &[Vec<u8>], random: &mut StdRng) {
    const TOKENS: &[&str] = &[
        "\"",
        "\\",
        "\\u",
        "\\ud800",
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        ";",
        "\n",
        "\r",
        "null",
        "true",
        "-",
        "e",
        ".",
        "0",
        "99999999999",
        "'",
        "`",
        "--",
        "/*",
        "*/",
        "(",
        ")",
        "{{",
        "}}",
        "{%",
        "%}",
        " ",
        "\0",
        "é",
        "😀",
        "\u{feff}",
        "SELECT",
        "FROM",
        "AS",
        "JOIN",
        "CAST(",
        "INTERVAL '1' DAY",
        "ROW<",
        "#",
        "Z",
        "T",
        "+",
    ];
    let at = random.random_range(0..=input.len());
    match random.random_range(0..9) {
        0 if !input.is_empty() => {
            let at = at.min(input.len() - 1);
            input[at] ^= 1 << random.random_range(0..8);
        }
        1 if !input.is_empty() => {
            let at = at.min(input.len() - 1);
            input[at] = random.random();
        }
        2 => {
            let end = (at + random.random_range(1..9)).min(input.len());
            input.drain(at..end);
        }
        3 | 4 => {
            let token = TOKENS[random.random_range(0..TOKENS.len())].as_bytes();
            input.splice(at..at, token.iter().copied());
        }
        5 => {
            let end = (at + random.random_range(1..33)).min(input.len());
            let copied = input[at..end].to_vec();
            let times = random.random_range(1..5);
            for _ in 0..times {
                input.splice(at..at, copied.iter().copied());
            }
        }
        6 => {
            let other = &pool[random.random_range(0..pool.len())];
            let from = random.random_range(0..=other.len());
            input.truncate(at);
            input.extend_from_slice(&other[from..]);
        }
        7 => {
            let digits = random.random::<i64>().to_string();
            input.splice(at..at, digits.bytes());
        }
        _ => input.truncate(at.max(1)),
    }
}
