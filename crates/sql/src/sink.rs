//! INSERT INTO: implicit casts, constraints, materializer and sink (Flink `DynamicSinkUtils`, `CommonExecSink`).

use std::collections::BTreeSet;

use datafusion_common::DFSchema;
use streamsql_core::Schema;
use streamsql_functions::typing;
use streamsql_plan::{
    Calc, ConstraintEnforcer, Exchange, Input, NodeId, NodeKind, NotNullEnforcer, SinkMaterializer, SinkNode,
    TimeAttribute,
};

use crate::catalog::{Table, TableColumnKind};
use crate::diagnostic::Place;
use crate::emit::{Emitter, forward, table_ref};
use crate::rel::Rel;
use crate::scalar::{Scalar, ScalarKind};
use crate::settings::Settings;
use crate::typer::Typer;

impl Emitter<'_> {
    /// The nodes of an INSERT INTO behind its query: casts, constraints, materializer, sink.
    pub fn sink(
        &mut self,
        query: Rel,
        table: &Table,
        columns: &[String],
        place: &Place,
    ) -> Result<(), String> {
        let sink = table.sink_schema();
        let query = sink_cast(query, &sink, columns, table, self.settings)?;
        let mut input = self.emit(&query, place)?;
        let key: Vec<usize> = table.primary_key.iter().filter_map(|name| sink.index_of(name)).collect();
        let connector = table.options.get("connector").map(String::as_str).unwrap_or_default();
        let insert_only = self.dataflow.node(input).changelog.is_insert_only();
        let updates = Updates::of(connector, &key);
        if !insert_only && updates == Updates::Refused {
            return Err(match connector {
                "jdbc" => format!(
                    "table sink '{}' has no primary key and does not take updates and deletes, which the query makes",
                    table.name
                ),
                _ => format!(
                    "table sink '{}' (connector '{connector}') does not take updates and deletes, which the query makes",
                    table.name
                ),
            });
        }
        let key_columns: BTreeSet<usize> = key.iter().copied().collect();
        let upsert_keys: Vec<BTreeSet<usize>> = {
            let keys = &self.dataflow.node(input).upsert_keys;
            keys.iter().map(|key| key.iter().copied().collect()).collect()
        };
        let upsert_key = self.dataflow.node(input).upsert_keys.first().cloned();
        let materialize = !insert_only
            && !key.is_empty()
            && match self.setting("table.exec.sink.upsert-materialize").as_str() {
                "NONE" => false,
                "FORCE" => true,
                // Rows of one sink key come in order where the key holds all of an upsert key.
                _ => !upsert_keys.iter().any(|upsert_key| upsert_key.is_subset(&key_columns)),
            };
        if updates == Updates::ByKey && (key.is_empty() || upsert_keys.contains(&key_columns)) {
            self.silence_update_before(input);
        }
        let mut schema = sink.clone();
        for column in &key {
            schema.columns[*column].nullable = false;
        }
        if let Some(constraints) = self.constraints(table, &schema) {
            let kind = NodeKind::ConstraintEnforcer(constraints);
            input = self.add(kind, vec![forward(input)], schema.clone(), place);
        }
        let mut exchange = if key.is_empty() { Exchange::Forward } else { Exchange::Hash(key.clone()) };
        if materialize {
            let kind = NodeKind::SinkMaterializer(SinkMaterializer {
                keys: key.clone(),
                upsert_key,
                ttl_ms: self.settings.duration_ms("table.exec.state.ttl"),
            });
            let by_key = std::mem::replace(&mut exchange, Exchange::Forward);
            input = self.add(kind, vec![Input { node: input, exchange: by_key }], schema.clone(), place);
        }
        let kind =
            NodeKind::Sink(SinkNode { table: table_ref(table), columns: sink.names(), primary_key: key });
        self.add(kind, vec![Input { node: input, exchange }], schema, place);
        Ok(())
    }

    /// The value of a setting that is one of several words, in upper case; empty when it is not set.
    fn setting(&self, key: &str) -> String {
        self.settings.get(key).unwrap_or_default().to_ascii_uppercase()
    }

    pub(crate) fn not_null_enforcer(&self) -> NotNullEnforcer {
        match self.setting("table.exec.sink.not-null-enforcer").as_str() {
            "DROP" => NotNullEnforcer::Drop,
            _ => NotNullEnforcer::Error,
        }
    }

    /// What the enforcer has to look at, of the physical columns; none where there is nothing.
    fn constraints(&self, table: &Table, schema: &Schema) -> Option<ConstraintEnforcer> {
        let is_physical = |name: &str| {
            table.columns.iter().any(|c| c.name == name && matches!(c.kind, TableColumnKind::Physical))
        };
        let physical = || schema.columns.iter().enumerate().filter(|(_, c)| is_physical(&c.name));
        let not_null: Vec<usize> = physical().filter(|(_, c)| !c.nullable).map(|(i, _)| i).collect();
        let trim_pad = self.setting("table.exec.sink.type-length-enforcer") == "TRIM_PAD";
        let lengths: Vec<usize> = physical()
            .filter(|(_, c)| trim_pad && ConstraintEnforcer::has_length(&c.logical_type))
            .map(|(i, _)| i)
            .collect();
        let on_null = self.not_null_enforcer();
        (!not_null.is_empty() || !lengths.is_empty()).then(|| ConstraintEnforcer {
            sink: table.name.clone(),
            not_null,
            on_null,
            lengths,
        })
    }

    /// Tells the Deduplicate behind an upsert sink that nobody needs its `-U` rows. They stay where something between
    /// needs them, and delete by key then: a filter that let the old row pass may not let the new one.
    fn silence_update_before(&mut self, mut node: NodeId) {
        let mut path = Vec::new();
        loop {
            path.push(node);
            let current = &mut self.dataflow.nodes[node.0];
            match &mut current.kind {
                NodeKind::Deduplicate(dedup) => {
                    dedup.emit_update_before = false;
                    break;
                }
                NodeKind::Calc(Calc { condition: None, .. }) => node = current.inputs[0].node,
                _ => return,
            }
        }
        for node in path {
            self.dataflow.nodes[node.0].changelog.update_before = false;
        }
    }
}

/// How a sink takes changes (Flink `DynamicTableSink.getChangelogMode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Updates {
    /// All kinds.
    All,
    /// `-U` need not come where the key tells which row is meant.
    ByKey,
    Refused,
}

impl Updates {
    fn of(connector: &str, key: &[usize]) -> Self {
        match connector {
            "print" => Self::All,
            "blackhole" => Self::ByKey,
            "jdbc" if !key.is_empty() => Self::ByKey,
            _ => Self::Refused,
        }
    }
}

/// Maps the query to the sink's columns, with the implicit casts that Flink allows.
fn sink_cast(
    query: Rel,
    sink: &Schema,
    columns: &[String],
    table: &Table,
    settings: &Settings,
) -> Result<Rel, String> {
    let targets: Vec<usize> = if columns.is_empty() {
        (0..sink.len()).collect()
    } else {
        let index = |name: &String| {
            sink.index_of(name)
                .ok_or_else(|| format!("table {} has no column '{name}' to insert into", table.name))
        };
        columns.iter().map(index).collect::<Result<_, _>>()?
    };
    let mismatch = |cause: &str| {
        let list = |schema: &Schema| {
            let column = |c: &streamsql_core::Column| {
                format!("{}: {}{}", c.name, c.logical_type, if c.nullable { "" } else { " NOT NULL" })
            };
            schema.columns.iter().map(column).collect::<Vec<_>>().join(", ")
        };
        format!(
            "column types of query result and sink for '{}' do not match:{cause}\n  query schema: [{}]\n  sink \
             schema:  [{}]",
            table.name,
            list(&query.schema()),
            list(sink)
        )
    };
    if targets.len() != query.columns.len() {
        return Err(mismatch(" different number of columns"));
    }
    let session = settings.session();
    let names = DFSchema::empty();
    let typer = Typer { session: &session, names: &names, columns: &[] };
    let references = query.references();
    let mut mismatches = Vec::new();
    let mut project = Vec::with_capacity(sink.len());
    let mut changed = targets.len() != sink.len() || targets.iter().enumerate().any(|(i, t)| i != *t);
    for (i, column) in sink.columns.iter().enumerate() {
        let Some(source) = targets.iter().position(|t| *t == i) else {
            if !column.nullable || table.primary_key.contains(&column.name) {
                return Err(format!(
                    "column '{}' of table '{}' has no default value and does not allow NULLs, so INSERT must name it",
                    column.name, table.name
                ));
            }
            let null = datafusion_common::ScalarValue::try_from(&column.logical_type.to_arrow())
                .map_err(|e| e.strip_backtrace())?;
            project.push(Scalar {
                kind: ScalarKind::Literal(null),
                logical_type: column.logical_type.clone(),
                nullable: true,
            });
            continue;
        };
        let value = references[source].clone();
        if !typing::sink_cast(&value.logical_type, &column.logical_type) {
            mismatches.push(format!(
                "\n  column {} ('{}'): query {}, sink {}",
                i + 1,
                column.name,
                value.logical_type,
                column.logical_type
            ));
            continue;
        }
        changed |= value.logical_type != column.logical_type;
        project.push(typer.cast(value, &column.logical_type)?);
    }
    if !mismatches.is_empty() {
        return Err(format!("{}\nuse CAST in the query", mismatch(&mismatches.concat())));
    }
    let rowtimes = project
        .iter()
        .filter(|s| s.as_column().is_some_and(|c| query.columns[c].time == Some(TimeAttribute::Rowtime)))
        .count();
    let inserter_off = settings
        .get("table.exec.sink.rowtime-inserter")
        .is_some_and(|value| value.eq_ignore_ascii_case("DISABLED"));
    if rowtimes > 1 && !inserter_off {
        return Err(format!(
            "the query contains more than one rowtime attribute column for sink '{}'; cast all but one of them, or \
             set table.exec.sink.rowtime-inserter = DISABLED",
            table.name
        ));
    }
    if !changed {
        return Ok(query);
    }
    let widened = Rel::calc(query, None, project, sink.names());
    crate::prune::prune_query(&widened)
}
