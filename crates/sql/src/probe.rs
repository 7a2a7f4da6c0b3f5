//! The columns of a query inside a statement, told while the statement's shape is still being checked.

use datafusion_expr::LogicalPlan;
use datafusion_sql::sqlparser::ast::Query;

use crate::diagnostic::Diagnostic;
use crate::planner::Session;
use crate::rel::Lowering;
use crate::shape::{QueryColumns, Relations};
use crate::statement::Located;

/// Tells the columns of a statement's subqueries while its shape is checked.
pub(crate) struct Probe<'a> {
    pub(crate) session: &'a Session,
    pub(crate) located: &'a Located,
}

impl Relations for Probe<'_> {
    fn columns(&self, query: &Query) -> Result<QueryColumns, Diagnostic> {
        let plan = self.session.logical_plan(&mut query.clone(), self.located)?;
        self.columns_of(&plan)
    }
}

impl Probe<'_> {
    fn columns_of(&self, plan: &LogicalPlan) -> Result<QueryColumns, Diagnostic> {
        let Self { session, located } = self;
        let settings = session.settings.session();
        let rel = Lowering { session: &settings, columns_only: true }
            .lower(plan)
            .map_err(|message| session.expression_error(message, located.place.clone(), located))?;
        let types = rel.columns.into_iter().map(|column| column.logical_type).collect();
        Ok(QueryColumns { names: plan.schema().as_ref().clone(), types })
    }
}

/// As [`Probe`], while fields are written out: what does not resolve as it stands is not written out once more.
pub(crate) struct Written<'a>(pub(crate) Probe<'a>);

impl Relations for Written<'_> {
    fn columns(&self, query: &Query) -> Result<QueryColumns, Diagnostic> {
        let Probe { session, located } = self.0;
        let plan = session.plan_of(query).map_err(|error| session.reword(&error, located))?;
        self.0.columns_of(&plan)
    }
}
