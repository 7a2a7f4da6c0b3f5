//! What a source is called across plans: its position belongs to whatever reads the same records.
//!
//! A table that one scan reads is known by its path, its connector and the place of its records (topic, path, table of a
//! database with the range that is read of it); options that say how it is reached or where a first start begins do not
//! count. Scans of one table with different options are told apart by those of their options that say what they read.

use std::collections::HashMap;

use streamsql_core::digest;

use crate::address::Address;
use crate::nodes::Describe;
use crate::{Dataflow, Node, NodeKind, TableSourceScan};

/// A source, whatever is read of it and whatever is made of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceIdentity {
    pub address: Address,
    /// Hash of how its watermark is made: event time that was told by another rule says nothing.
    pub watermark: u64,
    /// Constant rows have a position, too, but nothing is lost with it.
    pub is_table: bool,
}

/// Of each node that is a source.
pub fn source_identities(dataflow: &Dataflow) -> Vec<Option<SourceIdentity>> {
    let places: Vec<Option<String>> = dataflow.nodes.iter().map(place).collect();
    let mut scans: HashMap<&str, usize> = HashMap::new();
    for place in places.iter().flatten() {
        *scans.entry(place).or_default() += 1;
    }
    let mut seen: HashMap<String, usize> = HashMap::new();
    let identity = |(node, place): (&Node, &Option<String>)| {
        let place = place.as_ref()?;
        let mut text = place.clone();
        if scans.get(place.as_str()).is_some_and(|scans| *scans > 1) {
            text.push_str(&reading_options(node));
            let number = seen.entry(text.clone()).or_default();
            *number += 1;
            text.push_str(&format!(" number {number}"));
        }
        let watermark = match &node.kind {
            NodeKind::TableSourceScan(scan) => watermark_text(node, scan),
            _ => String::new(),
        };
        let is_table = matches!(node.kind, NodeKind::TableSourceScan(_));
        Some(SourceIdentity { address: Address(digest(&text)), watermark: digest(&watermark), is_table })
    };
    dataflow.nodes.iter().zip(&places).map(identity).collect()
}

/// Options that say which rows of which table of a database are read.
const RANGE: &[&str] =
    &["table-name", "scan.partition.column", "scan.partition.lower-bound", "scan.partition.upper-bound"];

fn place(node: &Node) -> Option<String> {
    match &node.kind {
        NodeKind::TableSourceScan(scan) => {
            let table = &scan.table;
            let records = ["topic", "topic-pattern", "path"].iter().find_map(|key| table.option(key));
            let mut text =
                format!("source {} {} {}", table.path, table.connector(), records.unwrap_or_default());
            // Where one range was read to, another one was not.
            for key in RANGE {
                if let Some(value) = table.option(key) {
                    text.push_str(&format!(" {key}={value:?}"));
                }
            }
            Some(text)
        }
        NodeKind::Values(values) => Some(format!("values{}", values.fingerprint())),
        _ => None,
    }
}

fn reading_options(node: &Node) -> String {
    let NodeKind::TableSourceScan(scan) = &node.kind else { return String::new() };
    let reading = scan.table.options.iter().filter(|(key, _)| key.starts_with("scan."));
    reading.map(|(key, value)| format!(" {key}={value:?}")).collect()
}

/// How a scan's watermark is made, with the columns that it reads by their names.
pub(crate) fn watermark_text(node: &Node, scan: &TableSourceScan) -> String {
    let Some(watermark) = &scan.watermark else { return String::new() };
    let names: Vec<String> = node.schema.columns.iter().map(|column| column.name.clone()).collect();
    let rowtime = names.get(watermark.rowtime).map_or("", String::as_str);
    format!("{rowtime} {}", with_names(&watermark.expr.canonical, &names))
}

/// What a scan computes for a column of its output, with the columns that it reads by their names and types.
pub(crate) fn computed_text(scan: &TableSourceScan, output: usize) -> String {
    let physical = scan.physical.iter().filter_map(|column| scan.table.physical.columns.get(*column));
    let metadata = scan.metadata.iter().map(|metadata| format!("metadata {}", metadata.key));
    let names: Vec<String> =
        physical.map(|column| format!("{} {}", column.name, column.logical_type)).chain(metadata).collect();
    scan.project.get(output).map_or_else(String::new, |expr| with_names(&expr.canonical, &names))
}

/// A canonical text with names in place of the positions of columns, which depend on what else is read.
pub(crate) fn with_names(canonical: &str, names: &[String]) -> String {
    let mut out = String::with_capacity(canonical.len());
    let mut quoted = false;
    let mut rest = canonical.chars().peekable();
    while let Some(c) = rest.next() {
        quoted ^= c == '\'';
        if c != '$' || quoted {
            out.push(c);
            continue;
        }
        let mut digits = String::new();
        while let Some(digit) = rest.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        match digits.parse::<usize>().ok().and_then(|position| names.get(position)) {
            Some(name) => out.push_str(&format!("`{name}`")),
            None => out.push_str(&format!("${digits}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::with_names;

    #[test]
    fn columns_are_named_and_texts_are_left_alone() {
        let names = ["k".to_owned(), "v".to_owned()];
        assert_eq!(
            with_names("CONCAT($1, '$0''$1', $0) STRING", &names),
            "CONCAT(`v`, '$0''$1', `k`) STRING"
        );
        assert_eq!(with_names("$7 + $", &names), "$7 + $");
    }
}
