//! What must be equal between two plans for the state of one to serve the other.
//!
//! Comments, aliases, option order and parallelism do not count; keys, bounds, types and conditions do.

use std::fmt::Write;

use crate::{Dataflow, Exchange, Expr, Node, NodeKind};

/// A canonical text of the plan, one line a node. Two plans with the same text have the same state.
pub fn fingerprint(dataflow: &Dataflow) -> String {
    let mut text = String::new();
    for (id, node) in dataflow.nodes.iter().enumerate() {
        let _ = write!(text, "{id} {}", node.kind.name());
        for input in &node.inputs {
            let _ = write!(text, " <{}", input.node.0);
            if let Exchange::Hash(keys) = &input.exchange {
                let _ = write!(text, " hash{keys:?}");
            }
        }
        write_kind(&mut text, node);
        let types: Vec<_> = node.schema.columns.iter().map(|c| c.logical_type.to_string()).collect();
        let _ = writeln!(text, " [{}]", types.join(","));
    }
    text
}

fn exprs(list: &[Expr]) -> String {
    list.iter().map(|e| e.canonical.as_str()).collect::<Vec<_>>().join("; ")
}

fn option(expr: &Option<Expr>) -> &str {
    expr.as_ref().map_or("", |e| e.canonical.as_str())
}

/// FNV-1a of 64 bits: the text of many rows is not written into every manifest.
fn digest(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn write_kind(text: &mut String, node: &Node) {
    let _ = match &node.kind {
        NodeKind::TableSourceScan(scan) => write!(
            text,
            " {} read={:?} project=({}) watermark=({})",
            scan.table.option("topic").or(scan.table.option("path")).unwrap_or(&scan.table.path),
            scan.physical,
            exprs(&scan.project),
            scan.watermark.as_ref().map_or("", |w| w.expr.canonical.as_str())
        ),
        NodeKind::Values(values) => {
            write!(text, " rows={} values={:016x}", values.rows.num_rows(), digest(&values.canonical))
        }
        NodeKind::Calc(calc) => {
            write!(text, " where=({}) select=({})", option(&calc.condition), exprs(&calc.project))
        }
        NodeKind::LookupJoin(join) => write!(
            text,
            " {} {} keys=({}) columns={:?} fetched=({}) residual=({})",
            join.table.option("table-name").unwrap_or(&join.table.path),
            join.kind.flink_name(),
            join.keys
                .iter()
                .map(|k| format!("{}={}", k.column, k.value.canonical))
                .collect::<Vec<_>>()
                .join(";"),
            join.columns,
            option(&join.fetched_condition),
            option(&join.residual)
        ),
        NodeKind::Correlate(correlate) => {
            write!(text, " {} collection={}", correlate.kind.flink_name(), correlate.collection)
        }
        NodeKind::IntervalJoin(join) => write!(
            text,
            " {} {:?} {:?} time={},{} bounds={}..{} keys={:?}={:?} residual=({})",
            join.kind.flink_name(),
            join.matches,
            join.domain,
            join.left_time,
            join.right_time,
            join.lower_ms,
            join.upper_ms,
            join.left_keys,
            join.right_keys,
            option(&join.residual)
        ),
        NodeKind::Deduplicate(dedup) => {
            write!(
                text,
                " {:?} {:?} keys={:?} rowtime={}",
                dedup.keep, dedup.domain, dedup.keys, dedup.rowtime
            )
        }
        NodeKind::Expand(expand) => write!(text, " {}", expand.fingerprint()),
        NodeKind::GroupAggregate(aggregate) => write!(text, " {}", aggregate.fingerprint()),
        NodeKind::Join(join) => write!(text, " {}", join.fingerprint()),
        NodeKind::SinkMaterializer(m) => write!(text, " keys={:?} upsert_key={:?}", m.keys, m.upsert_key),
        NodeKind::Sink(sink) => write!(
            text,
            " {} columns={:?} key={:?}",
            sink.table.option("table-name").unwrap_or(&sink.table.path),
            sink.columns,
            sink.primary_key
        ),
        NodeKind::ConstraintEnforcer(c) => {
            write!(text, " not_null={:?} {:?} lengths={:?}", c.not_null, c.on_null, c.lengths)
        }
        NodeKind::Union | NodeKind::Collect(_) => Ok(()),
    };
}
