//! Queries of the corpus, mutated, planned and run: nothing a user may write may panic.
//!
//! The last statement of a case is taken apart into tokens; operands (literals, names, calls, groups in brackets) are
//! exchanged, wrapped and dropped. Most mutants are refused by the planner, the others run over the case's own inputs.
//! Panics count wherever they happen, also in threads whose end is reported as an ordinary error.

use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use streamsql_functions::catalog::function_names;

use crate::pipeline::{Pipeline, Run};

/// Operands to put in: bounds, NULLs, and one of every type.
const OPERANDS: &[&str] = &[
    "NULL",
    "TRUE",
    "''",
    "'é😀'",
    "' 12.50 '",
    "'{\"a\":[1,null,\"x\"]}'",
    "'$.a[0]'",
    "'2024-02-29 23:59:59.999999999'",
    "'yyyy-MM-dd HH:mm'",
    "'(a)|[^b]*+'",
    "0",
    "-1",
    "1",
    "2147483647",
    "-2147483648",
    "9223372036854775807",
    "99999999999999999999999999999999999999",
    "0.00000000000000000000000000000000000001",
    "1E308",
    "CAST('NaN' AS DOUBLE)",
    "CAST(NULL AS DECIMAL(38, 38))",
    "CAST(-128 AS TINYINT)",
    "CAST(1.5 AS FLOAT)",
    "X'00ff'",
    "DATE '0001-01-01'",
    "TIME '23:59:59.999'",
    "TIMESTAMP '9999-12-31 23:59:59.999999999'",
    "TO_TIMESTAMP_LTZ(-62135596800000, 3)",
    "INTERVAL '99' DAY",
    "INTERVAL '-9999-11' YEAR TO MONTH",
    "ARRAY[1, NULL]",
    "ARRAY['a', 'b']",
    "MAP['a', 1, 'b', NULL]",
    "ROW(1, 'x', CAST(NULL AS DATE))",
    "CAST(NULL AS ROW<a INT, b ARRAY<STRING>>)",
];

const TYPES: &[&str] = &[
    "BOOLEAN",
    "TINYINT",
    "SMALLINT",
    "INT",
    "BIGINT",
    "FLOAT",
    "DOUBLE",
    "DECIMAL(38, 0)",
    "DECIMAL(38, 38)",
    "DECIMAL(3, 1)",
    "CHAR(3)",
    "VARCHAR(2)",
    "STRING",
    "BINARY(2)",
    "BYTES",
    "DATE",
    "TIME(3)",
    "TIMESTAMP(0)",
    "TIMESTAMP(9)",
    "TIMESTAMP_LTZ(3)",
    "INTERVAL DAY TO SECOND",
    "INTERVAL YEAR TO MONTH",
    "ARRAY<INT>",
    "MAP<STRING, INT>",
    "ROW<a INT, b STRING>",
];

const OPERATORS: &[&str] = &[
    "+",
    "-",
    "*",
    "/",
    "%",
    "||",
    "=",
    "<>",
    "<",
    ">=",
    "AND",
    "OR",
    "IS DISTINCT FROM",
    "LIKE",
    "SIMILAR TO",
    "IN",
    ".",
    "BETWEEN 1 AND",
];

/// Rows after which a mutant is told to stop.
const ROWS: usize = 50;

struct Case {
    folder: PathBuf,
    /// All statements before the last, as they stand.
    head: String,
    last: Vec<String>,
}

static PANICS: AtomicUsize = AtomicUsize::new(0);
static COUNT_PANICS: Once = Once::new();

/// Mutates, plans and runs `executions` queries of the corpus. The same seed gives the same queries.
///
/// # Panics
/// When planning or running one does; the query and the folder of its inputs are printed before. When the process is
/// aborted, the query stands in the file that is named first.
pub fn run(executions: u64, seed: u64) {
    COUNT_PANICS.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.fetch_add(1, Ordering::AcqRel);
            before(info);
        }));
    });
    let cases = cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"));
    let mut random = StdRng::seed_from_u64(seed);
    let last = std::env::temp_dir().join("streamsql-mutate-last.sql");
    println!("the query that runs is in {}", last.display());
    let mut ran = 0;
    for _ in 0..executions {
        let case = &cases[random.random_range(0..cases.len())];
        let mut tokens = case.last.clone();
        thin_out(&mut tokens, &mut random);
        for _ in 0..random.random_range(1..5) {
            mutate(&mut tokens, &cases, &mut random);
        }
        let sql = format!("{}{};\n", case.head, tokens.join(" "));
        if std::env::var_os("SHOW").is_some() {
            eprintln!("RUN {}\n{sql}", case.folder.display());
        }
        // An overflow of the stack ends the process before anything can be said.
        std::fs::write(&last, &sql).expect("the temporary folder can be written");
        let before = PANICS.load(Ordering::Acquire);
        let outcome = std::panic::catch_unwind(|| match Pipeline::of(&sql, &case.folder) {
            Ok(pipeline) => pipeline.run(Run { parallelism: 1, stop_after: Some(ROWS) }).is_ok(),
            Err(e) => {
                if std::env::var_os("SHOW").is_some() {
                    eprintln!("{e}\n{sql}");
                }
                false
            }
        });
        if PANICS.load(Ordering::Acquire) != before || outcome.is_err() {
            eprintln!("in {}:\n{sql}", case.folder.display());
            panic!("a mutated query panicked");
        }
        ran += u64::from(outcome.unwrap_or(false));
    }
    println!("queries: {executions} executions, {ran} ran to an end");
}

/// The cases of `root/AREA/CASE` that need nothing from outside.
fn cases(root: &Path) -> Vec<Case> {
    let folders = |folder: &Path| -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
            .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
            .map(|entry| entry.expect("a folder can be listed").path())
            .filter(|path| path.is_dir())
            .collect();
        found.sort();
        found
    };
    let read = |folder: PathBuf| {
        let sql = std::fs::read_to_string(folder.join("case.sql")).ok()?;
        let foreign = ["'kafka'", "'jdbc'", "{{"].iter().any(|word| sql.contains(word));
        let body = sql.trim_end().trim_end_matches(';');
        let start = body.rfind(";\n").map_or(0, |at| at + 2);
        let last = tokens(&body[start..]);
        (!foreign && !last.is_empty()).then(|| Case { folder, head: body[..start].to_owned(), last })
    };
    folders(root).iter().flat_map(|area| folders(area)).filter_map(read).collect()
}

/// Literals, quoted and plain names, numbers and operators; comments and blanks are left out.
fn tokens(sql: &str) -> Vec<String> {
    let text: Vec<char> = sql.chars().collect();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let rest = &text[at..];
        let length = match rest[0] {
            c if c.is_whitespace() => {
                at += 1;
                continue;
            }
            '-' if rest.get(1) == Some(&'-') => {
                at += rest.iter().position(|c| *c == '\n').unwrap_or(rest.len());
                continue;
            }
            quote @ ('\'' | '`') => quoted(rest, quote),
            'x' | 'X' if rest.get(1) == Some(&'\'') => 1 + quoted(&rest[1..], '\''),
            'u' | 'U' if rest.get(1) == Some(&'&') && rest.get(2) == Some(&'\'') => {
                2 + quoted(&rest[2..], '\'')
            }
            c if c.is_alphanumeric() || c == '_' => {
                let number = c.is_ascii_digit();
                rest.iter()
                    .position(|c| !(c.is_alphanumeric() || *c == '_' || number && *c == '.'))
                    .unwrap_or(rest.len())
            }
            '<' | '>' | '=' | '|' | '!' if matches!(rest.get(1), Some('=' | '>' | '|')) => 2,
            _ => 1,
        };
        found.push(rest[..length].iter().collect());
        at += length;
    }
    found
}

/// The length of a quoted token; doubled quotes belong to it.
fn quoted(text: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < text.len() {
        if text[at] == quote {
            if text.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 1;
        }
        at += 1;
    }
    text.len()
}

/// The tokens of one operand that begins at `at`: a token, a group in brackets, or a call.
fn operand(tokens: &[String], at: usize) -> std::ops::Range<usize> {
    let opens = |at: usize| tokens.get(at).is_some_and(|t| t == "(" || t == "[");
    let mut end = at;
    if !opens(at) {
        end += 1;
        if !opens(end) || !tokens[at].starts_with(char::is_alphabetic) {
            return at..end;
        }
    }
    let mut depth = 0;
    while end < tokens.len() {
        match tokens[end].as_str() {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            _ => {}
        }
        end += 1;
        if depth == 0 {
            break;
        }
    }
    at..end
}

fn choose<'a, T>(from: &'a [T], random: &mut StdRng) -> &'a T {
    &from[random.random_range(0..from.len())]
}

/// Where an operand may begin: literals and names, neither reserved words nor what follows `AS`.
fn places(tokens: &[String]) -> Vec<usize> {
    const WORDS: &[&str] = &[
        "AND", "AS", "BETWEEN", "BY", "CASE", "CROSS", "DISTINCT", "ELSE", "END", "ESCAPE", "FALSE", "FOR",
        "FROM", "GROUP", "IN", "INTERVAL", "IS", "JOIN", "LEFT", "LIKE", "NOT", "NULL", "ON", "OR", "ORDER",
        "SELECT", "SIMILAR", "THEN", "TO", "TRUE", "UNION", "UNKNOWN", "USING", "VALUES", "WHEN", "WHERE",
        "WITH",
    ];
    let begins = |token: &str| {
        token.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '\'' | '`'))
            && !WORDS.iter().any(|word| token.eq_ignore_ascii_case(word))
    };
    let follows_as = |at: usize| at > 0 && tokens[at - 1].eq_ignore_ascii_case("AS");
    (0..tokens.len()).filter(|at| begins(&tokens[*at]) && !follows_as(*at)).collect()
}

/// Leaves at most three of many expressions of a SELECT, without their aliases: one that is refused refuses all.
fn thin_out(query: &mut Vec<String>, random: &mut StdRng) {
    if !query[0].eq_ignore_ascii_case("SELECT") {
        return;
    }
    let (mut depth, mut items, mut begin, mut end) = (0, Vec::new(), 1, query.len());
    for (at, token) in query.iter().enumerate().skip(1) {
        match token.to_uppercase().as_str() {
            "(" | "[" | "CASE" => depth += 1,
            ")" | "]" | "END" => depth -= 1,
            "," if depth == 0 => {
                items.push(begin..at);
                begin = at + 1;
            }
            "FROM" if depth == 0 => {
                end = at;
                break;
            }
            _ => {}
        }
    }
    items.push(begin..end);
    let mut list = Vec::new();
    for _ in 0..random.random_range(1..4) {
        let mut item = query[choose(&items, random).clone()].to_vec();
        if item.len() > 2 && item[item.len() - 2].eq_ignore_ascii_case("AS") {
            item.truncate(item.len() - 2);
        }
        if !list.is_empty() {
            list.push(",".to_owned());
        }
        list.extend(item);
    }
    query.splice(1..end, list);
}

/// An operand of this query or of another, or one of [`OPERANDS`].
fn another(own: &[String], cases: &[Case], random: &mut StdRng) -> Vec<String> {
    let from = match random.random_range(0..4) {
        0 | 1 => own,
        2 => &choose(cases, random).last,
        _ => return tokens(choose::<&str>(OPERANDS, random)),
    };
    match places(from).as_slice() {
        [] => vec!["NULL".to_owned()],
        places => from[operand(from, *choose(places, random))].to_vec(),
    }
}

fn mutate(query: &mut Vec<String>, cases: &[Case], random: &mut StdRng) {
    let places = places(query);
    if places.is_empty() {
        return;
    }
    let place = operand(query, *choose(&places, random));
    match random.random_range(0..16) {
        0..=4 => {
            let new = another(query, cases, random);
            query.splice(place, new);
        }
        5..=7 => {
            let mut call = vec![choose::<&str>(function_names(), random).to_string(), "(".to_owned()];
            call.extend_from_slice(&query[place.clone()]);
            for _ in 0..random.random_range(0..3) {
                call.push(",".to_owned());
                call.extend(another(query, cases, random));
            }
            call.push(")".to_owned());
            query.splice(place, call);
        }
        8 | 9 => {
            let name = if random.random_bool(0.5) { "CAST" } else { "TRY_CAST" };
            let mut cast = vec![name.to_owned(), "(".to_owned()];
            cast.extend_from_slice(&query[place.clone()]);
            cast.extend(["AS".to_owned(), choose::<&str>(TYPES, random).to_string(), ")".to_owned()]);
            query.splice(place, cast);
        }
        10 | 11 => {
            let mut operation = vec!["(".to_owned()];
            operation.extend_from_slice(&query[place.clone()]);
            operation.push(choose::<&str>(OPERATORS, random).to_string());
            operation.extend(another(query, cases, random));
            operation.push(")".to_owned());
            query.splice(place, operation);
        }
        12..=14 => {
            // Another function in place of a called one.
            let calls: Vec<usize> = (1..query.len())
                .filter(|i| query[*i] == "(" && query[i - 1].starts_with(char::is_alphabetic))
                .collect();
            if !calls.is_empty() {
                query[choose(&calls, random) - 1] = choose::<&str>(function_names(), random).to_string();
            }
        }
        _ => {
            query.drain(place);
        }
    }
}
