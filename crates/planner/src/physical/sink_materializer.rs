//! SinkMaterializer: brings the rows of a sink's key in order where the changes of one come from several shards (Flink
//! `SinkUpsertMaterializer`).

use std::collections::BTreeSet;

use streamsql_plan::{NodeKind, StateRetention, StateTable};
use streamsql_sql::settings::Settings;

use super::{Node, NodeOp, Rules, key_names};
use crate::changelog::Kinds;
use crate::distribute::Distribution;
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::Scalar;
use crate::prune::{Pruned, prune_all};

#[derive(Clone)]
pub struct SinkMaterializer {
    /// The sink's key.
    pub keys: Vec<usize>,
    /// The input's upsert key, when known.
    pub upsert_key: Option<Vec<usize>>,
    /// Whether it needs the row before an update.
    pub needs_update_before: bool,
}

pub fn of(input: Node, materializer: SinkMaterializer) -> Node {
    let columns = super::collect::without_time(&input.columns);
    Node::new(NodeOp::SinkMaterializer(materializer), vec![input], columns)
}

impl Rules for SinkMaterializer {
    fn name(&self) -> &'static str {
        "SinkMaterializer"
    }

    fn describe(&self, _text: &dyn Fn(&Scalar) -> String) -> String {
        format!("key=[{:?}], upsertKey=[{:?}]", self.keys, self.upsert_key)
    }

    fn kinds(&self, _inputs: &[Kinds]) -> Result<Kinds, PlanError> {
        Ok(Kinds::ALL)
    }

    fn makes_updates(&self) -> bool {
        true
    }

    fn settle_update_before(&mut self, _needed: bool, _inputs: &[Node]) -> bool {
        false
    }

    fn needs_update_before(&self, _makes: bool) -> bool {
        self.needs_update_before
    }

    fn upsert_keys(&self, _inputs: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
        vec![self.keys.clone()]
    }

    fn prune(&self, node: &Node, _required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        prune_all(node)
    }

    fn distribution(&self, _port: usize) -> Distribution {
        Distribution::keyed(&self.keys)
    }

    fn passes(&self, _node: &Node, _port: usize, column: usize) -> Option<usize> {
        Some(column)
    }

    fn emit(&self, _node: &Node, emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        Ok(NodeKind::SinkMaterializer(streamsql_plan::SinkMaterializer {
            keys: self.keys.clone(),
            upsert_key: self.upsert_key.clone(),
            ttl_ms: emitter.settings.duration_ms("table.exec.state.ttl"),
        }))
    }

    fn state(&self, node: &Node, settings: &Settings) -> Vec<StateTable> {
        let holds = format!("({}) -> list of rows", key_names(&node.columns, &self.keys));
        vec![StateTable { name: "rows".to_owned(), holds, retention: retention(settings) }]
    }

    fn identity(&self) -> Option<String> {
        None
    }
}

/// How long state is kept that only `table.exec.state.ttl` ends.
pub fn retention(settings: &Settings) -> StateRetention {
    StateRetention::of_ttl(settings.duration_ms("table.exec.state.ttl"))
}
