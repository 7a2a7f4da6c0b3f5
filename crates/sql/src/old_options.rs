//! Options of Flink's old connectors (`connector.type`, until Flink 1.13) and what replaced them.

/// Old key and the key of today.
const REPLACED: &[(&str, &str)] = &[
    ("connector.type", "connector"),
    ("connector.topic", "topic"),
    ("connector.startup-mode", "scan.startup.mode"),
    ("connector.specific-offsets", "scan.startup.specific-offsets"),
    ("connector.startup-timestamp-millis", "scan.startup.timestamp-millis"),
    ("connector.sink-partitioner", "sink.partitioner"),
    ("connector.path", "path"),
    ("connector.url", "url"),
    ("connector.table", "table-name"),
    ("connector.driver", "driver"),
    ("connector.username", "username"),
    ("connector.password", "password"),
    ("connector.read.partition.column", "scan.partition.column"),
    ("connector.read.partition.num", "scan.partition.num"),
    ("connector.read.partition.lower-bound", "scan.partition.lower-bound"),
    ("connector.read.partition.upper-bound", "scan.partition.upper-bound"),
    ("connector.read.fetch-size", "scan.fetch-size"),
    ("connector.lookup.cache.max-rows", "lookup.partial-cache.max-rows"),
    ("connector.lookup.cache.ttl", "lookup.partial-cache.expire-after-write"),
    ("connector.lookup.max-retries", "lookup.max-retries"),
    ("connector.write.flush.max-rows", "sink.buffer-flush.max-rows"),
    ("connector.write.flush.interval", "sink.buffer-flush.interval"),
    ("connector.write.max-retries", "sink.max-retries"),
    ("format.type", "format"),
    ("format.fail-on-missing-field", "json.fail-on-missing-field"),
    ("format.ignore-parse-errors", "json.ignore-parse-errors"),
    ("format.field-delimiter", "csv.field-delimiter"),
    ("format.quote-character", "csv.quote-character"),
    ("format.escape-character", "csv.escape-character"),
    ("format.null-literal", "csv.null-literal"),
    ("format.allow-comments", "csv.allow-comments"),
];

/// Keys that say nothing any more, or their beginnings.
const GONE: &[(&str, &str)] = &[
    ("connector.version", "one connector reads all versions"),
    ("connector.property-version", "there is one version"),
    ("format.property-version", "there is one version"),
    ("format.derive-schema", "the columns of the table always are the fields"),
    ("format.schema", "the columns of the table are the fields"),
    ("format.json-schema", "the columns of the table are the fields"),
    ("format.line-delimiter", "records end with the line"),
    ("update-mode", "the query and the primary key tell how a table changes"),
    ("schema.", "columns and WATERMARK stand in the statement"),
];

/// What to do with an option of the old connectors; `None` for any other key.
pub(crate) fn instead(key: &str) -> Option<String> {
    if let Some((_, new)) = REPLACED.iter().find(|(old, _)| *old == key) {
        return Some(format!("write '{new}' instead of '{key}'"));
    }
    // `connector.properties.bootstrap.servers`, and `connector.properties.0.key`, which gave key and value apart.
    if let Some(property) = key.strip_prefix("connector.properties.") {
        return Some(match property.starts_with(|c: char| c.is_ascii_digit()) {
            true => format!("write 'properties.KEY' = 'VALUE' instead of '{key}'"),
            false => format!("write 'properties.{property}' instead of '{key}'"),
        });
    }
    let gone = GONE.iter().find(|(old, _)| key == *old || (old.ends_with('.') && key.starts_with(old)));
    gone.map(|(_, why)| format!("leave '{key}' out: {why}"))
}
