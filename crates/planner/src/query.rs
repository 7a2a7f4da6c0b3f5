//! One query through the passes, up to the operators that the emitter takes.

use std::collections::BTreeSet;

use datafusion_sql::sqlparser::ast::{Expr as SqlExpr, Query};
use streamsql_plan::Dataflow;
use streamsql_sql::catalog::{Object, Table};
use streamsql_sql::diagnostic::{Diagnostic, Diagnostics, Place};
use streamsql_sql::options::{self, TableUse};
use streamsql_sql::settings::Settings;
use streamsql_sql::statement::{Insert, Located};

use crate::bind::sink::{narrowed, partitioned, sink_cast};
use crate::changelog;
use crate::distribute;
use crate::emit::{Emitter, TableExpressions};
use crate::error::PlanError;
use crate::logical::{self, Rel};
use crate::normalize::normalize;
use crate::physical::{self, Node, NodeOp, collect, constraint_enforcer, sink};
use crate::prune::prune_query;
use crate::session::Session;
use crate::session::errors::{placed, with_suggestion};
use crate::stage::Stage;

/// A sink, or the result of a SELECT, with all below it.
pub struct Root<'a> {
    node: Node,
    /// Where it is written.
    place: Place,
    located: &'a Located,
    /// What a pass made of it, where that was asked for.
    pub stage: Option<String>,
}

/// What plans queries: the session's names and settings.
pub struct Planning<'a> {
    pub session: &'a Session,
    /// The pass whose result is wanted.
    pub stage: Option<Stage>,
}

impl Planning<'_> {
    pub fn select<'l>(
        &self,
        query: &Query,
        statement: usize,
        located: &'l Located,
    ) -> Result<Root<'l>, Diagnostic> {
        let rel = self.session.query(query, located)?;
        let on_null = constraint_enforcer::not_null_enforcer(&self.session.settings);
        let result = |node, _: &Settings| collect::of(node, collect::Collect { statement, on_null });
        self.root(&rel, result, &located.place, located)
    }

    pub fn insert<'l>(&self, insert: &'l Insert, located: &'l Located) -> Result<Root<'l>, Diagnostic> {
        let at = |message: String| Diagnostic::error(message).at(insert.place.clone());
        let Session { catalog, settings, .. } = self.session;
        let shown = insert.target.join(".");
        let Some(table) = catalog.table(&insert.target) else {
            let what = match catalog.object(&insert.target) {
                Some(Object::View(_)) => "is a view and cannot be written to",
                _ => "does not exist",
            };
            return Err(with_suggestion(at(format!("table '{shown}' {what}")), &shown, catalog.names()));
        };
        let table = table.with_hints(&insert.hints, settings.dynamic_options()).map_err(at)?;
        options::check(&table, TableUse::Sink)?;
        let query = self.session.query(&insert.query, located)?;
        let (query, columns) = self.with_partition(query, &table, insert, located)?;
        let narrowed = narrowed(&query, &table, &columns);
        let times = |query: &Rel| {
            let node = physical::choose(&normalize(query))?;
            Ok(node.columns.iter().map(|column| column.time).collect())
        };
        let query = sink_cast(query, &table, &columns, settings, &times)
            .map_err(|error| placed(error, &insert.place, located))?;
        self.root(
            &query,
            |node, settings: &Settings| sink::of(node, &table, narrowed, settings),
            &insert.place,
            located,
        )
    }

    /// Checks the columns that INSERT names and adds the constants of PARTITION; gives the target columns, empty for all.
    fn with_partition(
        &self,
        query: Rel,
        table: &Table,
        insert: &Insert,
        located: &Located,
    ) -> Result<(Rel, Vec<String>), Diagnostic> {
        let at = |message: String| Diagnostic::error(message).at(insert.place.clone());
        let sink = table.sink_schema();
        let mut seen = BTreeSet::new();
        let named = insert.columns.iter().chain(insert.partition.iter().map(|(name, _)| name));
        for name in named {
            if sink.index_of(name).is_none() {
                let what = if table.columns.iter().any(|c| c.name == *name) {
                    "is computed or virtual and cannot be written"
                } else {
                    "does not exist"
                };
                let error = at(format!("column '{name}' of table '{}' {what}", table.name));
                return Err(with_suggestion(error, name, sink.columns.iter().map(|c| c.name.as_str())));
            }
            if !seen.insert(name) {
                return Err(at(format!("INSERT names column '{name}' twice")));
            }
        }
        if insert.partition.is_empty() {
            return Ok((query, insert.columns.clone()));
        }
        let mut columns = if insert.columns.is_empty() {
            let fixed = |name: &String| insert.partition.iter().any(|(n, _)| n == name);
            sink.names().into_iter().filter(|name| !fixed(name)).collect()
        } else {
            insert.columns.clone()
        };
        let mut constants = Vec::with_capacity(insert.partition.len());
        for (name, value) in &insert.partition {
            if !table.partition_keys.contains(name) {
                return Err(at(format!(
                    "PARTITION names '{name}', which is no partition column of '{}'",
                    table.name
                )));
            }
            let SqlExpr::Value(_) = value else {
                return Err(at(format!("the value of PARTITION column '{name}' must be a literal")));
            };
            constants.push((name.clone(), self.session.typed(value, &[]).map_err(at)?));
            columns.push(name.clone());
        }
        let query = partitioned(&query, constants, table, &self.session.settings)
            .map_err(|error| placed(error, &insert.place, located))?;
        Ok((query, columns))
    }

    /// Normalize, physical, changelog and prune; the tables that are read are checked.
    fn root<'l>(
        &self,
        rel: &Rel,
        root: impl FnOnce(Node, &Settings) -> Node,
        place: &Place,
        located: &'l Located,
    ) -> Result<Root<'l>, Diagnostic> {
        let settings = &self.session.settings;
        let at = |error: PlanError| placed(error, place, located);
        let mut shown = None;
        let mut show = |stage: Stage, text: &dyn Fn() -> String| {
            if self.stage == Some(stage) {
                shown = Some(text());
            }
        };
        show(Stage::Bound, &|| logical::print(rel));
        settings.check_mini_batch().map_err(|message| at(message.into()))?;
        let rel = normalize(rel);
        show(Stage::Normalized, &|| logical::print(&rel));
        let node = physical::choose(&rel).map_err(at)?;
        let node = physical::changelog_normalize::of_duplicates(node, settings).map_err(at)?;
        let node = root(node, settings);
        show(Stage::Physical, &|| physical::print(&node, false));
        check_tables(&node)?;
        let node = physical::rank::settle_numbers(node).map_err(at)?;
        let node = changelog::infer(node, settings).map_err(at)?;
        show(Stage::Changelog, &|| physical::print(&node, true));
        let mut node = prune_query(&node).map_err(at)?;
        changelog::determinism::resolve(&mut node, settings).map_err(at)?;
        let mut node = physical::window_extreme_filter::apply(node, settings);
        if settings.broadcasts_single_rows() {
            distribute::broadcast(&mut node);
        }
        Ok(Root { node, place: place.clone(), located, stage: shown })
    }

    /// The dataflow of all roots.
    pub fn emit(&self, roots: &[Root<'_>], diagnostics: &mut Diagnostics) -> Dataflow {
        let nodes = roots.iter().map(|root| &root.node);
        let mut emitter = Emitter::new(&self.session.settings, self.session, nodes);
        for Root { node, place, located, .. } in roots {
            if let Err(error) = emitter.emit(node, place) {
                diagnostics.push(placed(error, place, located));
            }
        }
        emitter.finish().unwrap_or_else(|error| {
            diagnostics.push(Diagnostic::error(error.message));
            Dataflow::default()
        })
    }
}

/// Checks the options of all tables that are read.
fn check_tables(node: &Node) -> Result<(), Diagnostic> {
    match &node.op {
        NodeOp::Source(source) => options::check(&source.table, TableUse::Scan)?,
        NodeOp::LookupJoin(join) => options::check(&join.table, TableUse::Lookup)?,
        _ => {}
    }
    node.inputs.iter().try_for_each(check_tables)
}

/// The dataflow of several roots that must all be planned.
///
/// # Errors
/// The first that is wrong.
pub fn dataflow(planning: &Planning<'_>, roots: &[Root<'_>]) -> Result<Dataflow, Diagnostic> {
    let mut diagnostics = Diagnostics::default();
    let dataflow = planning.emit(roots, &mut diagnostics);
    match diagnostics.0.into_iter().next() {
        Some(diagnostic) => Err(diagnostic),
        None => Ok(dataflow),
    }
}
