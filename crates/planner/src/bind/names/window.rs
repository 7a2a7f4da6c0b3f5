//! `TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), …))` inside DataFusion's plan.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion_common::{DataFusionError, Result, TableReference};
use datafusion_expr::planner::{PlannedRelation, RelationPlannerContext, RelationPlanning};
use datafusion_expr::{LogicalPlan, LogicalPlanBuilder, TableSource};
use datafusion_sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Query, TableAlias, TableFactor, Value,
};
use streamsql_core::LogicalType;
use streamsql_plan::{WindowShape, WindowSpec};
use streamsql_sql::parse::expression::{call, text};

/// The name of the call that a window table function is, once its arguments were checked.
const WINDOW: &str = "$WINDOW";

/// The columns behind those of the input.
pub const WINDOW_COLUMNS: [&str; 3] = ["window_start", "window_end", "window_time"];

/// A window table function whose arguments were checked.
#[derive(Clone, Debug)]
pub struct WindowCall {
    pub input: Query,
    pub time: Ident,
    pub spec: WindowSpec,
    /// Columns of PARTITION BY.
    pub partition: Vec<Ident>,
}

impl WindowCall {
    /// As an expression, which is what FROM holds.
    pub fn into_expr(self) -> Expr {
        let Self { input, time, spec, partition } = self;
        let arguments = [Expr::Subquery(Box::new(input)), Expr::Identifier(time), text(encode(&spec))];
        let partition = partition.into_iter().map(Expr::Identifier);
        call(WINDOW, arguments.into_iter().chain(partition).collect())
    }

    pub fn of(expr: &Expr) -> Option<Self> {
        let Expr::Function(function) = expr else { return None };
        let FunctionArguments::List(list) = &function.args else { return None };
        if function.name.to_string() != WINDOW {
            return None;
        }
        let mut arguments = list.args.iter().map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
            _ => None,
        });
        let mut next = || arguments.next().flatten();
        let (Expr::Subquery(input), Expr::Identifier(time), Expr::Value(spec)) = (next()?, next()?, next()?)
        else {
            return None;
        };
        let Value::SingleQuotedString(spec) = &spec.value else { return None };
        let partition = arguments.filter_map(|column| match column {
            Some(Expr::Identifier(name)) => Some(name.clone()),
            _ => None,
        });
        Some(Self {
            input: input.as_ref().clone(),
            time: time.clone(),
            spec: decode(spec)?,
            partition: partition.collect(),
        })
    }

    /// The input of the call that an expression is, to be checked and changed.
    pub fn input_of(expr: &mut Expr) -> Option<&mut Query> {
        Self::of(expr)?;
        let Expr::Function(function) = expr else { return None };
        let FunctionArguments::List(list) = &mut function.args else { return None };
        match list.args.first_mut() {
            Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Subquery(input)))) => Some(input),
            _ => None,
        }
    }
}

/// Windows as a text, for expressions that hold them.
pub fn encode(spec: &WindowSpec) -> String {
    let (name, lengths) = match spec.shape {
        WindowShape::Tumble { size } => ("TUMBLE", [size, 0]),
        WindowShape::Hop { slide, size } => ("HOP", [slide, size]),
        WindowShape::Cumulate { step, size } => ("CUMULATE", [step, size]),
        WindowShape::Session { gap } => ("SESSION", [gap, 0]),
    };
    format!("{name} {} {} {}", lengths[0], lengths[1], spec.offset)
}

pub fn decode(text: &str) -> Option<WindowSpec> {
    let mut words = text.split(' ');
    let name = words.next()?;
    let mut number = || words.next()?.parse().ok();
    let (first, second, offset) = (number()?, number()?, number()?);
    let shape = match name {
        "TUMBLE" => WindowShape::Tumble { size: first },
        "HOP" => WindowShape::Hop { slide: first, size: second },
        "CUMULATE" => WindowShape::Cumulate { step: first, size: second },
        "SESSION" => WindowShape::Session { gap: first },
        _ => return None,
    };
    Some(WindowSpec { shape, offset })
}

/// A window table function in DataFusion's plan: its input, planned, and its call.
#[derive(Debug)]
pub struct WindowSource {
    pub input: LogicalPlan,
    pub call: WindowCall,
    schema: SchemaRef,
}

impl TableSource for WindowSource {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

/// Plans a window table function as the scan of a [`WindowSource`].
///
/// # Errors
/// Those of its input; columns that have the names of the window's.
pub fn plan(
    call: WindowCall,
    alias: Option<TableAlias>,
    context: &mut dyn RelationPlannerContext,
) -> Result<RelationPlanning> {
    let subquery = Box::new(call.input.clone());
    let input = context.plan(TableFactor::Derived { lateral: false, subquery, alias: None, sample: None })?;
    let mut fields: Vec<Arc<Field>> = input.schema().fields().iter().cloned().collect();
    for name in WINDOW_COLUMNS {
        if fields.iter().any(|field| field.name() == name) {
            return Err(DataFusionError::Plan(format!(
                "column '{name}' is ambiguous: the table of the window function has one of this name; rename it there"
            )));
        }
        fields.push(Arc::new(LogicalType::Timestamp(3).to_field(name, false)));
    }
    let source = Arc::new(WindowSource { input, call, schema: Arc::new(Schema::new(fields)) });
    let plan = LogicalPlanBuilder::scan(TableReference::bare("$window"), source, None)?.build()?;
    Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias))))
}
