//! MATCH_RECOGNIZE inside DataFusion's plan: a scan whose source holds the input and the clauses.
//!
//! In expressions over a match every variable is a relation with the input's columns; what stands without a variable is of
//! one more relation, that of all rows.

use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion_common::{DFSchema, DataFusionError, Result, TableReference};
use datafusion_expr::planner::{PlannedRelation, RelationPlannerContext, RelationPlanning};
use datafusion_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableSource};
use datafusion_sql::sqlparser::ast::{
    AfterMatchSkip, Expr as SqlExpr, Function, FunctionArguments, Ident, MatchRecognizePattern as Pattern,
    MatchRecognizeSymbol as Symbol, ObjectName, ObjectNamePart, RepetitionQuantifier as Times, Spanned,
    TableFactor, VisitMut, VisitorMut,
};
use datafusion_sql::sqlparser::tokenizer::Span;
use streamsql_plan::{AfterMatch, PatternVariable};
use streamsql_sql::parse::match_recognize::{FIRST, LAST, NEXT, PREV, ROWTIME, WITHIN};

use crate::bind::names::places;
use crate::error::PlanError;

/// The relation of all rows of a match.
pub const ALL: &str = "$all";

/// A MATCH_RECOGNIZE; expressions over a match are over `names`.
#[derive(Debug)]
pub struct Matched {
    pub input: LogicalPlan,
    pub partition: Vec<Expr>,
    pub order: Vec<OrderKey>,
    pub pattern: Vec<PatternVariable>,
    /// For each variable.
    pub definitions: Vec<Option<Expr>>,
    pub measures: Vec<(String, Expr)>,
    pub skip: AfterMatch,
    pub within: Option<Expr>,
    /// The input's columns, once for each variable and once for all rows.
    pub names: DFSchema,
    schema: SchemaRef,
}

/// One key of ORDER BY.
#[derive(Debug)]
pub struct OrderKey {
    pub value: Expr,
    pub ascending: bool,
    pub nulls_first: bool,
}

impl TableSource for Matched {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

fn refused(message: impl Into<String>, span: Span) -> DataFusionError {
    let at = (span.start.line > 0).then_some((span.start.line, span.start.column));
    DataFusionError::External(Box::new(PlanError { at, ..PlanError::new(message) }))
}

/// Plans a MATCH_RECOGNIZE as the scan of a [`Matched`].
///
/// # Errors
/// Patterns that Flink does not have, names that mean nothing.
pub fn plan(factor: TableFactor, context: &mut dyn RelationPlannerContext) -> Result<RelationPlanning> {
    let TableFactor::MatchRecognize {
        table,
        partition_by,
        order_by,
        measures,
        after_match_skip,
        pattern,
        symbols,
        alias,
        ..
    } = factor
    else {
        return Ok(RelationPlanning::Original(Box::new(factor)));
    };
    let input = context.plan(*table)?;
    let mut found = Vec::new();
    variables(&pattern, &mut found)?;
    let first = symbols.first().map_or_else(Span::empty, |definition| definition.symbol.span);
    let place = found.first().map_or(first, |(_, span)| *span);
    check(&found, place)?;
    let pattern: Vec<PatternVariable> = found.into_iter().map(|(variable, _)| variable).collect();
    let position = |name: &Ident| {
        pattern.iter().position(|variable| variable.name == name.value).ok_or_else(|| {
            let known: Vec<&str> = pattern.iter().map(|variable| variable.name.as_str()).collect();
            let error = format!("PATTERN has no variable '{}', it has {}", name.value, known.join(", "));
            refused(error, name.span)
        })
    };
    let skip = match &after_match_skip {
        Some(AfterMatchSkip::PastLastRow) => AfterMatch::PastLastRow,
        Some(AfterMatchSkip::ToNextRow) | None => AfterMatch::ToNextRow,
        Some(AfterMatchSkip::ToFirst(name)) => AfterMatch::ToFirst(position(name)?),
        Some(AfterMatchSkip::ToLast(name)) => AfterMatch::ToLast(position(name)?),
    };
    let names = names_of(&input, &pattern)?;
    let mut scope = Scope { input: Arc::clone(input.schema()), pattern: &pattern, measures: false };
    let mut definitions: Vec<Option<Expr>> = vec![None; pattern.len()];
    let mut within = None;
    for definition in symbols {
        if definition.symbol.value == WITHIN {
            within = Some(context.sql_to_expr(definition.definition, &DFSchema::empty())?);
            continue;
        }
        // Flink takes definitions of variables that the pattern does not have, and leaves them.
        let Ok(variable) = position(&definition.symbol) else { continue };
        if definitions[variable].is_some() {
            let error = format!("DEFINE defines '{}' twice", definition.symbol.value);
            return Err(refused(error, definition.symbol.span));
        }
        let expr = scope.resolved(definition.definition)?;
        definitions[variable] = Some(context.sql_to_expr(expr, &names)?);
    }
    scope.measures = true;
    let mut partition = Vec::with_capacity(partition_by.len());
    for key in partition_by {
        let span = key.span();
        if !matches!(key, SqlExpr::Identifier(_) | SqlExpr::CompoundIdentifier(_)) {
            return Err(refused("PARTITION BY of MATCH_RECOGNIZE takes columns, no expressions", span));
        }
        let key = context.sql_to_expr(key, input.schema())?;
        if !partition.contains(&key) {
            partition.push(key);
        }
    }
    let mut order = Vec::with_capacity(order_by.len());
    for key in order_by {
        let ascending = key.options.asc.unwrap_or(true);
        let nulls_first = key.options.nulls_first.unwrap_or(ascending);
        order.push(OrderKey {
            value: context.sql_to_expr(key.expr, input.schema())?,
            ascending,
            nulls_first,
        });
    }
    let mut outputs: Vec<String> = partition.iter().map(|key| key.schema_name().to_string()).collect();
    for (name, key) in outputs.iter_mut().zip(&partition) {
        if let Expr::Column(column) = key {
            column.name.clone_into(name);
        }
    }
    let mut planned = Vec::with_capacity(measures.len());
    for measure in measures {
        let (name, span) = (measure.alias.value, measure.alias.span);
        if outputs.contains(&name) {
            return Err(refused(format!("MATCH_RECOGNIZE has two columns '{name}'"), span));
        }
        let expr = scope.resolved(measure.expr)?;
        outputs.push(name.clone());
        planned.push((name, context.sql_to_expr(expr, &names)?));
    }
    let fields: Vec<Field> = outputs.iter().map(|name| Field::new(name, DataType::Null, true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let source = Matched {
        input,
        partition,
        order,
        pattern,
        definitions,
        measures: planned,
        skip,
        within,
        names,
        schema,
    };
    let name = alias.as_ref().map_or("$match", |alias| alias.name.value.as_str());
    let plan =
        LogicalPlanBuilder::scan(TableReference::bare(name.to_owned()), Arc::new(source), None)?.build()?;
    Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias))))
}

fn names_of(input: &LogicalPlan, pattern: &[PatternVariable]) -> Result<DFSchema> {
    let relations = pattern.iter().map(|variable| variable.name.as_str()).chain([ALL]);
    let fields: Vec<(Option<TableReference>, FieldRef)> = relations
        .flat_map(|relation| {
            let relation = TableReference::bare(relation.to_owned());
            input.schema().fields().iter().map(move |field| (Some(relation.clone()), Arc::clone(field)))
        })
        .collect();
    DFSchema::new_with_metadata(fields, Default::default())
}

/// The variables of a pattern in order, with their places.
fn variables(pattern: &Pattern, out: &mut Vec<(PatternVariable, Span)>) -> Result<()> {
    let last = out.last().map_or_else(Span::empty, |(_, span): &(PatternVariable, Span)| *span);
    let once = |name: &Ident| {
        let variable = PatternVariable { name: name.value.clone(), least: 1, most: Some(1), greedy: true };
        (variable, name.span)
    };
    let no = |what: &str| {
        Err(refused(
            format!("{what} in PATTERN: Flink 1.18 has variables with quantifiers, one after the other"),
            last,
        ))
    };
    match pattern {
        Pattern::Symbol(Symbol::Named(name)) if name.value == "$" && name.quote_style.is_none() => {
            no("the anchor $")
        }
        Pattern::Symbol(Symbol::Named(name)) => {
            if out.iter().any(|(variable, _)| variable.name == name.value) {
                let error =
                    format!("PATTERN has the variable '{}' twice, which Flink does not have yet", name.value);
                return Err(refused(error, name.span));
            }
            out.push(once(name));
            Ok(())
        }
        Pattern::Symbol(Symbol::Start) => no("the anchor ^"),
        Pattern::Symbol(Symbol::End) => no("the anchor $"),
        Pattern::Concat(parts) => parts.iter().try_for_each(|part| variables(part, out)),
        Pattern::Repetition(inner, times) => {
            let (inner, times, reluctant) = match (inner.as_ref(), times) {
                (Pattern::Repetition(inner, of), Times::AtMostOne) => (inner.as_ref(), of, true),
                (inner, times) => (inner, times, false),
            };
            let mut inner = inner;
            while let Pattern::Group(of) = inner {
                inner = of;
            }
            if !matches!(inner, Pattern::Symbol(Symbol::Named(_))) {
                return no("a quantifier behind something else than a variable");
            }
            let after_greedy = out.last().is_some_and(|(before, _)| is_greedy(before));
            variables(inner, out)?;
            let Some((variable, span)) = out.last_mut() else { return Ok(()) };
            let span = *span;
            (variable.least, variable.most) = match times {
                Times::ZeroOrMore => (0, None),
                Times::OneOrMore => (1, None),
                Times::AtMostOne => (0, Some(1)),
                Times::Exactly(n) => (*n, Some(*n)),
                Times::AtLeast(n) => (*n, None),
                Times::Range(least, most) => (*least, Some(*most)),
                Times::AtMost(n) => {
                    let error = format!("{{,{n}}} does not run in Flink 1.18; write {{0,{n}}}");
                    return Err(refused(error, span));
                }
            };
            variable.greedy = !reluctant;
            let name = &variable.name;
            match (variable.least, variable.most) {
                (_, Some(0)) => Err(refused(format!("the variable '{name}' takes no row at all"), span)),
                (least, Some(most)) if least > most => Err(refused(
                    format!("{name}{{{least},{most}}}: the bounds are the wrong way round"),
                    span,
                )),
                (0, None | Some(1)) if after_greedy => {
                    let error = format!(
                        "the optional '{name}' stands behind a greedy variable whose number of rows varies, which does \
                         not run in Flink 1.18"
                    );
                    Err(refused(error, span))
                }
                (0, Some(1)) if reluctant => {
                    let error = format!("{name}??: reluctant optional variables do not run in Flink 1.18");
                    Err(refused(error, span))
                }
                _ => Ok(()),
            }
        }
        Pattern::Group(inner) => variables(inner, out),
        Pattern::Alternation(_) => no("an alternation"),
        Pattern::Permute(_) => no("PERMUTE"),
        Pattern::Exclude(_) => no("an exclusion"),
    }
}

/// Whether a variable is greedy in the sense of Flink's `Quantifier.GREEDY`: `?` and fixed numbers are not.
fn is_greedy(variable: &PatternVariable) -> bool {
    let PatternVariable { least, most, greedy, .. } = variable;
    *greedy && Some(*least) != *most && (*least, *most) != (0, Some(1))
}

/// What Flink asks of a whole pattern.
fn check(found: &[(PatternVariable, Span)], place: Span) -> Result<()> {
    if found.iter().all(|(variable, _)| variable.least == 0) {
        let error =
            "PATTERN may match nothing at all: at least one variable must need a row, as in Flink 1.18";
        return Err(refused(error, place));
    }
    if let Some((variable, span)) = found.last()
        && is_greedy(variable)
    {
        let error = format!(
            "PATTERN ends with the greedy {variable}, which does not run in Flink 1.18: a match would end only with the \
             first row behind it"
        );
        let hint = format!("make it reluctant, {variable}?, or write a variable behind it");
        let at = (span.start.line > 0).then_some((span.start.line, span.start.column));
        return Err(DataFusionError::External(Box::new(PlanError {
            at,
            ..PlanError::new(error).hint(hint)
        })));
    }
    Ok(())
}

/// Resolves the names of an expression over a match.
struct Scope<'a> {
    input: Arc<DFSchema>,
    pattern: &'a [PatternVariable],
    /// Whether the expression is one of MEASURES.
    measures: bool,
}

impl Scope<'_> {
    fn resolved(&mut self, mut expr: SqlExpr) -> Result<SqlExpr> {
        match expr.visit(self) {
            ControlFlow::Break(error) => Err(error),
            ControlFlow::Continue(()) => Ok(expr),
        }
    }

    fn has_column(&self, name: &str) -> bool {
        self.input.fields().iter().any(|field| field.name() == name)
    }

    fn function(&self, function: &mut Function) -> Result<()> {
        let span = function.name.span();
        let [ObjectNamePart::Identifier(name)] = function.name.0.as_slice() else { return Ok(()) };
        let name = places::split(&name.value).0.to_ascii_uppercase();
        let arguments = match &function.args {
            FunctionArguments::List(list) => list.args.len(),
            _ => 0,
        };
        let form = match (name.as_str(), arguments) {
            ("FIRST", 1 | 2) => FIRST,
            ("LAST", 1 | 2) => LAST,
            ("PREV" | "NEXT", 1 | 2) if self.measures => {
                return Err(refused(format!("{name} does not stand in MEASURES"), span));
            }
            ("PREV", 1 | 2) => PREV,
            ("NEXT", 1 | 2) => NEXT,
            ("MATCH_ROWTIME", 0 | 1) => ROWTIME,
            ("MATCH_PROCTIME", 0) => "PROCTIME",
            ("FIRST" | "LAST" | "PREV" | "NEXT", _) => {
                return Err(refused(format!("{name} takes a value and how many rows away from it"), span));
            }
            ("MATCH_ROWTIME" | "MATCH_PROCTIME", _) => {
                return Err(refused(format!("{name} has too many arguments"), span));
            }
            ("CLASSIFIER" | "MATCH_NUMBER", _) => {
                return Err(refused(format!("{name} does not run in Flink 1.18"), span));
            }
            _ => return Ok(()),
        };
        function.name = ObjectName::from(vec![Ident { span, ..Ident::new(form) }]);
        Ok(())
    }

    fn names(&self, names: &[Ident]) -> Result<Option<Vec<Ident>>> {
        let Some(first) = names.first() else { return Ok(None) };
        let is_variable = self.pattern.iter().any(|variable| variable.name == first.value);
        if is_variable && names.len() > 1 {
            return Ok(None);
        }
        if names.len() > 1 && !self.has_column(&first.value) {
            let known: Vec<&str> = self.pattern.iter().map(|variable| variable.name.as_str()).collect();
            let error = format!("PATTERN has no variable '{}', it has {}", first.value, known.join(", "));
            return Err(refused(error, first.span));
        }
        let all = Ident { span: first.span, ..Ident::with_quote('`', ALL) };
        Ok(Some(std::iter::once(all).chain(names.iter().cloned()).collect()))
    }
}

impl VisitorMut for Scope<'_> {
    type Break = DataFusionError;

    fn pre_visit_expr(&mut self, expr: &mut SqlExpr) -> ControlFlow<DataFusionError> {
        let resolved = match expr {
            SqlExpr::Identifier(name) => self.names(std::slice::from_ref(name)),
            SqlExpr::CompoundIdentifier(names) => self.names(names),
            SqlExpr::Function(function) => self.function(function).map(|()| None),
            _ => Ok(None),
        };
        match resolved {
            Ok(Some(names)) => *expr = SqlExpr::CompoundIdentifier(names),
            Ok(None) => {}
            Err(error) => return ControlFlow::Break(error),
        }
        ControlFlow::Continue(())
    }
}
