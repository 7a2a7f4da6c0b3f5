//! Names of functions that other systems and later versions of Flink have: what stands for them in Flink 1.18.

/// Name, where it is from, and what to write.
const FOREIGN: &[(&str, &str, &str)] = &[
    // Texts.
    ("LENGTH", "Spark, PostgreSQL and MySQL", "use CHAR_LENGTH(s)"),
    ("LEN", "Spark and ksqlDB", "use CHAR_LENGTH(s)"),
    ("OCTET_LENGTH", "PostgreSQL and MySQL", "use CHAR_LENGTH(HEX(s)) / 2"),
    ("UCASE", "MySQL, Spark and ksqlDB", "use UPPER(s)"),
    ("LCASE", "MySQL, Spark and ksqlDB", "use LOWER(s)"),
    ("STRPOS", "PostgreSQL", "use POSITION(part IN s)"),
    ("CHARINDEX", "SQL Server and Spark", "use LOCATE(part, s) or POSITION(part IN s)"),
    ("CONTAINS", "Spark", "use POSITION(part IN s) > 0 or s LIKE '%part%'"),
    ("MID", "MySQL", "use SUBSTRING(s, start, length)"),
    ("SPLIT_PART", "PostgreSQL and Spark", "use SPLIT_INDEX(s, separator, n), which counts from 0"),
    ("SUBSTRING_INDEX", "MySQL and Spark", "use SPLIT_INDEX(s, separator, n), which counts from 0"),
    ("SPLIT_TO_MAP", "ksqlDB", "use STR_TO_MAP(s, separator, key_separator)"),
    (
        "STRING_TO_ARRAY",
        "PostgreSQL",
        "Flink 1.18 splits no text into an array; SPLIT_INDEX(s, separator, n) gives one part",
    ),
    (
        "REGEXP_SPLIT_TO_ARRAY",
        "PostgreSQL and ksqlDB",
        "Flink 1.18 splits no text into an array; use REGEXP_EXTRACT",
    ),
    ("REGEXP_MATCHES", "PostgreSQL", "use REGEXP(s, pattern) or REGEXP_EXTRACT(s, pattern, group)"),
    ("REGEXP_MATCH", "PostgreSQL", "use REGEXP_EXTRACT(s, pattern, group)"),
    ("REGEXP_LIKE", "MySQL, Oracle and Spark", "use REGEXP(s, pattern)"),
    ("RLIKE", "Spark and MySQL", "use REGEXP(s, pattern)"),
    ("FORMAT_STRING", "Spark", "use CONCAT and LPAD"),
    ("FORMAT_NUMBER", "Spark and MySQL", "use CAST(n AS DECIMAL(p, s))"),
    ("FORMAT", "PostgreSQL and MySQL", "use CONCAT, LPAD or DATE_FORMAT"),
    ("CONCATENATE", "Spark", "use CONCAT(a, b) or a || b"),
    ("SPACE", "Spark and MySQL", "use REPEAT(' ', n)"),
    ("REPLICATE", "SQL Server", "use REPEAT(s, n)"),
    ("BASE64", "Spark", "use TO_BASE64(s)"),
    ("UNBASE64", "Spark", "use FROM_BASE64(s)"),
    ("SHA", "Spark and MySQL", "use SHA1(s)"),
    ("CRC32", "Spark and MySQL", "Flink has no CRC; use MD5(s) or SHA256(s)"),
    ("GEN_RANDOM_UUID", "PostgreSQL", "use UUID()"),
    ("NEWID", "SQL Server", "use UUID()"),
    ("TO_HEX", "PostgreSQL", "use HEX(n)"),
    ("CHAR", "MySQL and Spark", "use CHR(n)"),
    ("ORD", "MySQL", "use ASCII(s)"),
    ("QUOTE_LITERAL", "PostgreSQL", "use CONCAT('''', s, '''')"),
    ("MASK", "Spark and ksqlDB", "use REGEXP_REPLACE(s, '[A-Za-z0-9]', 'x')"),
    // NULL and conditions.
    ("NVL", "Oracle and Spark", "use COALESCE(a, b)"),
    ("NVL2", "Oracle and Spark", "use CASE WHEN a IS NOT NULL THEN b ELSE c END"),
    ("ISNULL", "SQL Server, MySQL and Spark", "use a IS NULL, or COALESCE(a, b)"),
    ("ISNOTNULL", "Spark", "use a IS NOT NULL"),
    ("IIF", "SQL Server and Spark", "use IF(condition, a, b)"),
    ("ZEROIFNULL", "Snowflake", "use COALESCE(a, 0)"),
    ("NULLIFZERO", "Snowflake", "use NULLIF(a, 0)"),
    ("DECODE_CASE", "Oracle", "use CASE a WHEN b THEN c END"),
    ("TRY_TO_NUMBER", "Snowflake and Spark", "use TRY_CAST(s AS DECIMAL(p, s))"),
    ("SAFE_CAST", "BigQuery", "use TRY_CAST(a AS type)"),
    // Conversions and times.
    ("TO_CHAR", "PostgreSQL and Oracle", "use DATE_FORMAT(t, 'yyyy-MM-dd HH:mm:ss'), or CAST(n AS STRING)"),
    ("TO_NUMBER", "PostgreSQL and Oracle", "use CAST(s AS DECIMAL(p, s))"),
    ("TO_JSON", "Spark and PostgreSQL", "use JSON_OBJECT or JSON_STRING(a)"),
    ("DATEDIFF", "Spark and MySQL", "use TIMESTAMPDIFF(DAY, earlier, later)"),
    ("DATE_DIFF", "Spark and BigQuery", "use TIMESTAMPDIFF(DAY, earlier, later)"),
    ("TIME_DIFF", "BigQuery", "use TIMESTAMPDIFF(SECOND, earlier, later)"),
    ("MONTHS_BETWEEN", "Oracle and Spark", "use TIMESTAMPDIFF(MONTH, earlier, later)"),
    ("AGE", "PostgreSQL", "use TIMESTAMPDIFF(unit, earlier, later)"),
    ("DATEADD", "SQL Server and Spark", "use TIMESTAMPADD(unit, n, t) or t + INTERVAL '1' DAY"),
    ("DATE_ADD", "Spark and MySQL", "use TIMESTAMPADD(DAY, n, t) or t + INTERVAL '1' DAY"),
    ("DATE_SUB", "Spark and MySQL", "use TIMESTAMPADD(DAY, -n, t) or t - INTERVAL '1' DAY"),
    ("ADD_MONTHS", "Oracle and Spark", "use TIMESTAMPADD(MONTH, n, t)"),
    ("DATE_TRUNC", "PostgreSQL and Spark", "use FLOOR(t TO DAY)"),
    ("TRUNC", "Oracle and Spark", "use FLOOR(t TO DAY), or TRUNCATE(n, digits)"),
    ("DATE_PART", "PostgreSQL and Spark", "use EXTRACT(unit FROM t)"),
    ("DATEPART", "SQL Server", "use EXTRACT(unit FROM t)"),
    ("WEEKOFYEAR", "Spark and MySQL", "use WEEK(t)"),
    ("DAY", "Spark and MySQL", "use DAYOFMONTH(t)"),
    ("LAST_DAY", "Spark and MySQL", "use FLOOR(t TO MONTH) + INTERVAL '1' MONTH - INTERVAL '1' DAY"),
    ("GETDATE", "SQL Server", "use CURRENT_TIMESTAMP"),
    ("SYSDATE", "Oracle", "use CURRENT_TIMESTAMP"),
    ("CURDATE", "MySQL", "use CURRENT_DATE"),
    ("CURTIME", "MySQL", "use CURRENT_TIME"),
    ("CLOCK_TIMESTAMP", "PostgreSQL", "use CURRENT_TIMESTAMP"),
    ("STATEMENT_TIMESTAMP", "PostgreSQL", "use CURRENT_TIMESTAMP"),
    ("STR_TO_DATE", "MySQL", "use TO_TIMESTAMP(s, 'yyyy-MM-dd') or TO_DATE(s)"),
    ("PARSE_TIMESTAMP", "ksqlDB and BigQuery", "use TO_TIMESTAMP(s, 'yyyy-MM-dd HH:mm:ss')"),
    ("FORMAT_TIMESTAMP", "ksqlDB and BigQuery", "use DATE_FORMAT(t, 'yyyy-MM-dd HH:mm:ss')"),
    ("PARSE_DATE", "ksqlDB and BigQuery", "use TO_DATE(s, 'yyyy-MM-dd')"),
    ("FORMAT_DATE", "ksqlDB and BigQuery", "use DATE_FORMAT(CAST(d AS TIMESTAMP), 'yyyy-MM-dd')"),
    ("STRINGTOTIMESTAMP", "ksqlDB", "use UNIX_TIMESTAMP(s, 'yyyy-MM-dd HH:mm:ss') * 1000"),
    ("TIMESTAMPTOSTRING", "ksqlDB", "use DATE_FORMAT(TO_TIMESTAMP_LTZ(ms, 3), 'yyyy-MM-dd HH:mm:ss')"),
    ("FROM_UNIX_TIMESTAMP", "Presto", "use FROM_UNIXTIME(seconds) or TO_TIMESTAMP_LTZ(seconds, 0)"),
    ("TIMESTAMP_MILLIS", "Spark and BigQuery", "use TO_TIMESTAMP_LTZ(ms, 3)"),
    ("TIMESTAMP_SECONDS", "Spark and BigQuery", "use TO_TIMESTAMP_LTZ(seconds, 0)"),
    ("FROM_MILLIS", "ksqlDB", "use TO_TIMESTAMP_LTZ(ms, 3)"),
    ("UNIX_MILLIS", "Spark", "use UNIX_TIMESTAMP(s) * 1000"),
    ("FROM_UTC_TIMESTAMP", "Spark", "use CONVERT_TZ(s, 'UTC', zone)"),
    ("TO_UTC_TIMESTAMP", "Spark", "use CONVERT_TZ(s, zone, 'UTC')"),
    ("MAKE_DATE", "PostgreSQL and Spark", "use TO_DATE(CONCAT(…))"),
    // JSON, collections.
    (
        "GET_JSON_OBJECT",
        "Spark and Hive",
        "use JSON_VALUE(s, '$.path'), or JSON_QUERY for objects and arrays",
    ),
    ("JSON_EXTRACT", "MySQL", "use JSON_VALUE(s, '$.path'), or JSON_QUERY for objects and arrays"),
    ("JSON_EXTRACT_SCALAR", "Presto and BigQuery", "use JSON_VALUE(s, '$.path')"),
    ("JSON_EXTRACT_PATH_TEXT", "PostgreSQL", "use JSON_VALUE(s, '$.path')"),
    ("EXTRACTJSONFIELD", "ksqlDB", "use JSON_VALUE(s, '$.path')"),
    ("JSON_BUILD_OBJECT", "PostgreSQL", "use JSON_OBJECT('key' VALUE a)"),
    ("JSONB_BUILD_OBJECT", "PostgreSQL", "use JSON_OBJECT('key' VALUE a)"),
    (
        "FROM_JSON",
        "Spark",
        "use JSON_VALUE for fields, or declare the column as ROW and let the format read it",
    ),
    (
        "PARSE_JSON",
        "Snowflake and Spark",
        "use JSON_VALUE(s, '$.path'); in Flink it exists since version 2.1",
    ),
    ("JSON_TUPLE", "Spark and Hive", "use JSON_VALUE for each field"),
    ("EXPLODE", "Spark and ksqlDB", "use CROSS JOIN UNNEST(a) AS u(x)"),
    ("SIZE", "Spark", "use CARDINALITY(a)"),
    ("ARRAY_LENGTH", "PostgreSQL and ksqlDB", "use CARDINALITY(a)"),
    ("JSON_ARRAY_LENGTH", "PostgreSQL and Spark", "use CARDINALITY of a column of type ARRAY"),
    ("ELEMENT_AT", "Spark and Presto", "use a[n]"),
    ("ARRAY_TO_STRING", "PostgreSQL", "use ARRAY_JOIN(a, separator)"),
    ("AS_VALUE", "ksqlDB", "leave it out: columns may be selected several times"),
    ("NAMED_STRUCT", "Spark", "use CAST(ROW(a, b) AS ROW<x INT, y INT>)"),
    ("STRUCT", "Spark and ksqlDB", "use ROW(a, b)"),
    ("MAP_FROM_ENTRIES", "Spark", "use MAP[key, value, …] or MAP_FROM_ARRAYS(keys, values)"),
    ("ARRAY_SIZE", "Spark", "use CARDINALITY(a)"),
    // Numbers.
    ("POW", "MySQL, Spark and PostgreSQL", "use POWER(a, b)"),
    ("LOG1P", "Spark", "use LN(1 + a)"),
    ("CEILING_TO", "Spark", "use CEIL(a)"),
    ("RANDOM", "PostgreSQL", "use RAND()"),
    ("PMOD", "Spark", "use MOD(MOD(a, b) + b, b)"),
    ("BITAND", "Oracle", "Flink 1.18 has no operators on bits"),
    ("SIGNUM", "Spark", "use SIGN(a)"),
    ("CBRT", "PostgreSQL and Spark", "use POWER(a, 1.0 / 3)"),
    // Aggregates.
    ("STRING_AGG", "PostgreSQL", "use LISTAGG(s, separator)"),
    ("GROUP_CONCAT", "MySQL", "use LISTAGG(s, separator)"),
    ("COLLECT_LIST", "Spark and ksqlDB", "use COLLECT(a)"),
    ("COLLECT_SET", "Spark and ksqlDB", "use COLLECT(DISTINCT a)"),
    ("LATEST_BY_OFFSET", "ksqlDB", "use LAST_VALUE(a)"),
    ("EARLIEST_BY_OFFSET", "ksqlDB", "use FIRST_VALUE(a)"),
    ("COUNT_IF", "Spark", "use COUNT(*) FILTER (WHERE condition)"),
    ("COUNT_DISTINCT", "ksqlDB", "use COUNT(DISTINCT a)"),
    ("ANY_VALUE", "Spark and BigQuery", "use FIRST_VALUE(a)"),
    ("BOOL_AND", "PostgreSQL", "use MIN(CASE WHEN a THEN 1 ELSE 0 END) = 1"),
    ("BOOL_OR", "PostgreSQL", "use MAX(CASE WHEN a THEN 1 ELSE 0 END) = 1"),
    ("TOPK", "ksqlDB", "use ROW_NUMBER() OVER (…) with a filter on the number"),
];

/// Functions of later versions of Flink, and the version that brought them.
const LATER: &[(&str, &str)] = &[
    ("ARRAY_AGG", "1.20"),
    ("ARRAY_APPEND", "1.19"),
    ("ARRAY_EXCEPT", "1.20"),
    ("ARRAY_INTERSECT", "1.20"),
    ("ARRAY_MIN", "1.19"),
    ("ARRAY_PREPEND", "1.19"),
    ("ARRAY_SORT", "1.19"),
    ("BTRIM", "2.0"),
    ("ELT", "2.0"),
    ("ENDSWITH", "2.0"),
    ("JSON", "2.0"),
    ("JSON_QUOTE", "1.20"),
    ("JSON_UNQUOTE", "1.20"),
    ("MAP_UNION", "1.19"),
    ("PERCENTILE", "2.0"),
    ("PRINTF", "2.0"),
    ("REGEXP_COUNT", "2.0"),
    ("REGEXP_EXTRACT_ALL", "2.0"),
    ("REGEXP_INSTR", "2.0"),
    ("REGEXP_SUBSTR", "2.0"),
    ("SPLIT", "2.0"),
    ("STARTSWITH", "2.0"),
    ("TRANSLATE", "2.0"),
    ("TRY_PARSE_JSON", "2.1"),
    ("TRY_URL_DECODE", "2.0"),
    ("UNHEX", "2.0"),
    ("URL_DECODE", "1.20"),
    ("URL_ENCODE", "1.20"),
];

/// What is said of a function that Flink 1.18 does not have: where it is from, and what to write in its place.
pub(crate) fn explained(upper: &str) -> Option<(String, Option<String>)> {
    let later = LATER.iter().find(|(name, _)| *name == upper).map(|(name, version)| {
        (format!("function {name} does not exist in Flink 1.18: Flink has it since {version}"), None)
    });
    later.or_else(|| {
        let (name, system, instead) = FOREIGN.iter().find(|(name, ..)| *name == upper)?;
        let message = format!("function {name} does not exist in Flink 1.18; it is known from {system}");
        Some((message, Some((*instead).to_owned())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_function_of_flink_is_called_foreign() {
        let names = streamsql_functions::function_names();
        let aggregates = streamsql_functions::aggregate_names();
        for name in FOREIGN.iter().map(|(name, ..)| *name).chain(LATER.iter().map(|(name, _)| *name)) {
            assert!(!names.contains(&name) && !aggregates.contains(&name), "{name}");
        }
    }
}
