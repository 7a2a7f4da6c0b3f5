//! One node in Flink's words: `Name(attribute=[value], ...)`.

use streamsql_core::Schema;

use crate::{
    Dataflow, Exchange, Expr, Keep, Matches, Node, NodeId, NodeKind, NotNullEnforcer, TableRef, TimeDomain,
};

/// `Name(attributes)` of a node. Option values never appear, so neither do secrets.
pub fn describe(dataflow: &Dataflow, id: NodeId) -> String {
    let node = dataflow.node(id);
    let attributes = attributes(dataflow, node);
    let list: Vec<String> = attributes.into_iter().map(|(name, value)| format!("{name}=[{value}]")).collect();
    format!("{}({})", node.kind.name(), list.join(", "))
}

/// `Exchange(distribution=[...])` of an edge that moves rows between shards.
pub fn describe_exchange(exchange: &Exchange, from: &Schema) -> Option<String> {
    match exchange {
        Exchange::Forward => None,
        Exchange::Single => Some("Exchange(distribution=[single])".to_owned()),
        Exchange::Hash(keys) => Some(format!("Exchange(distribution=[hash[{}]])", names(from, keys))),
    }
}

/// Column names at these positions.
pub fn names(schema: &Schema, columns: &[usize]) -> String {
    let unique = unique_names(schema);
    columns.iter().filter_map(|i| unique.get(*i)).map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Names of the columns, told apart by a number behind a name that was there before, as in Flink (`k`, `k0`, `k1`).
fn unique_names(schema: &Schema) -> Vec<String> {
    let mut unique: Vec<String> = Vec::with_capacity(schema.len());
    for column in &schema.columns {
        let mut name = column.name.clone();
        let mut number = 0;
        while unique.contains(&name) {
            name = format!("{}{number}", column.name);
            number += 1;
        }
        unique.push(name);
    }
    unique
}

fn attributes(dataflow: &Dataflow, node: &Node) -> Vec<(&'static str, String)> {
    let input = |port: usize| &dataflow.node(node.inputs[port].node).schema;
    let all = |schema: &Schema| unique_names(schema).join(", ");
    match &node.kind {
        NodeKind::TableSourceScan(scan) => {
            let mut list = vec![("table", format!("[{}]", scan.table.path.replace('.', ", ")))];
            list.push(("fields", all(&scan.read_schema())));
            let computed = select(&scan.project, &node.schema, true);
            if !computed.is_empty() {
                list.push(("computed", computed));
            }
            if let Some(watermark) = &scan.watermark {
                let rowtime = &node.schema.columns[watermark.rowtime].name;
                list.push(("watermark", format!("{rowtime}: {}", watermark.expr)));
                if watermark.idle_timeout_ms > 0 {
                    list.push(("idleTimeout", format!("{} ms", watermark.idle_timeout_ms)));
                }
            }
            list
        }
        NodeKind::Values(values) => {
            vec![("tuples", format!("{} rows", values.rows.num_rows())), ("fields", all(&node.schema))]
        }
        NodeKind::Calc(calc) => {
            let mut list = vec![("select", select(&calc.project, &node.schema, false))];
            list.extend(calc.condition.iter().map(|condition| ("where", condition.text.clone())));
            list
        }
        NodeKind::Correlate(correlate) => {
            let collection = &input(0).columns[correlate.collection].name;
            vec![
                ("invocation", format!("UNNEST({collection})")),
                ("select", all(&node.schema)),
                ("joinType", if correlate.kind.keeps_left() { "LEFT" } else { "INNER" }.to_owned()),
            ]
        }
        NodeKind::LookupJoin(join) => {
            let keys: Vec<String> = join
                .keys
                .iter()
                .map(|key| format!("{}={}", join.table.physical.columns[key.column].name, key.value))
                .collect();
            let mut list = vec![
                ("table", table_path(&join.table)),
                ("joinType", join.kind.flink_name().to_owned()),
                ("lookup", keys.join(", ")),
            ];
            list.extend(join.fetched_condition.iter().map(|c| ("filter", c.text.clone())));
            list.extend(join.residual.iter().map(|c| ("joinCondition", c.text.clone())));
            list.push(("select", all(&node.schema)));
            list
        }
        NodeKind::IntervalJoin(join) => {
            let bounds = format!(
                "isRowTime={}, leftLowerBound={}, leftUpperBound={}, leftTimeIndex={}, rightTimeIndex={}",
                join.domain == TimeDomain::EventTime,
                join.lower_ms,
                join.upper_ms,
                join.left_time,
                join.right_time
            );
            let unique = unique_names(&node.schema);
            let mut conditions: Vec<String> = join
                .left_keys
                .iter()
                .zip(&join.right_keys)
                .map(|(l, r)| format!("{} = {}", unique[*l], unique[input(0).len() + *r]))
                .collect();
            conditions.extend(join.residual.iter().map(|c| c.text.clone()));
            let mut list = vec![
                ("joinType", join.kind.flink_name().to_owned()),
                ("windowBounds", bounds),
                ("where", conditions.join(" AND ")),
                ("select", all(&node.schema)),
            ];
            match join.matches {
                Matches::All => {}
                Matches::FirstOfLeftRow => list.push(("matches", "first of each left row".to_owned())),
                Matches::EarliestOfKey => list.push(("matches", "earliest left row of each key".to_owned())),
            }
            list
        }
        NodeKind::Deduplicate(dedup) => vec![
            ("keep", if dedup.keep == Keep::First { "FirstRow" } else { "LastRow" }.to_owned()),
            ("key", names(input(0), &dedup.keys)),
            ("order", if dedup.domain == TimeDomain::EventTime { "ROWTIME" } else { "PROCTIME" }.to_owned()),
        ],
        NodeKind::Expand(expand) => expand.attributes(&unique_names(&node.schema)),
        NodeKind::GroupAggregate(aggregate) => {
            aggregate.attributes(&unique_names(input(0)), &unique_names(&node.schema))
        }
        NodeKind::Join(join) => {
            join.attributes(&unique_names(input(0)), &unique_names(input(1)), &unique_names(&node.schema))
        }
        NodeKind::Union => vec![("all", "true".to_owned()), ("union", all(&node.schema))],
        NodeKind::ConstraintEnforcer(constraints) => {
            let mut list = Vec::new();
            if !constraints.not_null.is_empty() {
                list.push(("notNull", names(&node.schema, &constraints.not_null)));
                let on_null = if constraints.on_null == NotNullEnforcer::Drop { "DROP" } else { "ERROR" };
                list.push(("onNull", on_null.to_owned()));
            }
            if !constraints.lengths.is_empty() {
                list.push(("trimPad", names(&node.schema, &constraints.lengths)));
            }
            list
        }
        NodeKind::SinkMaterializer(materializer) => {
            let mut list = vec![("key", names(&node.schema, &materializer.keys))];
            list.extend(materializer.upsert_key.iter().map(|key| ("upsertKey", names(&node.schema, key))));
            list
        }
        NodeKind::Sink(sink) => {
            let mut list = vec![("table", table_path(&sink.table)), ("fields", sink.columns.join(", "))];
            let materialized = node
                .inputs
                .iter()
                .any(|input| matches!(dataflow.node(input.node).kind, NodeKind::SinkMaterializer(_)));
            if materialized {
                list.push(("upsertMaterialize", "true".to_owned()));
            }
            list
        }
        NodeKind::Collect(_) => vec![("fields", all(&node.schema))],
    }
}

fn table_path(table: &TableRef) -> String {
    table.path.clone()
}

/// `expr AS name` for each column; `computed_only` leaves out bare references.
fn select(project: &[Expr], output: &Schema, computed_only: bool) -> String {
    project
        .iter()
        .zip(unique_names(output))
        .filter(|(expr, _)| !computed_only || expr.column.is_none())
        .map(|(expr, name)| if expr.text == name { name } else { format!("{expr} AS {name}") })
        .collect::<Vec<_>>()
        .join(", ")
}
