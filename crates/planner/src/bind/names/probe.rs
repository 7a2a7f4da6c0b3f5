//! The columns of a query inside a statement, told while the statement's shape is still being checked.

use datafusion_expr::LogicalPlan;
use datafusion_sql::sqlparser::ast::Query;
use streamsql_sql::diagnostic::Diagnostic;
use streamsql_sql::statement::Located;

use crate::bind::bind;
use crate::bind::shape::{QueryColumns, Relations};
use crate::session::Session;
use crate::session::errors::placed;

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
        let rel = bind(plan, &session.settings.session(), None)
            .map_err(|error| placed(error, &located.place, located))?;
        let types = rel.columns.iter().map(|column| column.logical_type.clone()).collect();
        Ok(QueryColumns { names: plan.schema().as_ref().clone(), types })
    }
}

/// As [`Probe`], while fields are written out: what does not resolve as it stands is not written out once more.
pub(crate) struct Written<'a>(pub(crate) Probe<'a>);

impl Relations for Written<'_> {
    fn columns(&self, query: &Query) -> Result<QueryColumns, Diagnostic> {
        let Probe { session, located } = self.0;
        let plan = session.plan_of(query).map_err(|error| session.reword(&error, Some(query), located))?;
        self.0.columns_of(&plan)
    }
}
