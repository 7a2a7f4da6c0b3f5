//! Prints relations as a tree, inputs below their readers; a relation that several read is printed once.

use std::collections::HashMap;
use std::fmt::{self, Write};
use std::sync::Arc;

use streamsql_plan::{JoinKind, RankRange, TimeAttribute};

use super::{
    Aggregate, AggregateCall, Bound, Frame, Match, Op, Over, Rank, Rel, RelColumn, Relation, Scalar, SetKind,
    SortKey,
};

/// One line a relation: its operator and what its columns are.
pub fn print(root: &Rel) -> String {
    let mut printer = Printer { readers: HashMap::new(), printed: HashMap::new(), out: String::new() };
    printer.count(root);
    printer.tree(root, "", "");
    printer.out
}

struct Printer {
    /// How many read a relation, by its address.
    readers: HashMap<*const Relation, usize>,
    /// The number of a shared relation that was printed.
    printed: HashMap<*const Relation, usize>,
    out: String,
}

impl Printer {
    fn count(&mut self, rel: &Rel) {
        let readers = self.readers.entry(Arc::as_ptr(rel)).or_default();
        *readers += 1;
        if *readers == 1 {
            rel.inputs.iter().for_each(|input| self.count(input));
        }
    }

    /// `first` stands before this relation's line, `rest` before those of its inputs.
    fn tree(&mut self, rel: &Rel, first: &str, rest: &str) {
        let address = Arc::as_ptr(rel);
        if let Some(number) = self.printed.get(&address) {
            let _ = writeln!(self.out, "{first}as ({number})");
            return;
        }
        let _ = write!(self.out, "{first}{}", describe(rel));
        if self.readers.get(&address).is_some_and(|readers| *readers > 1) {
            let number = self.printed.len() + 1;
            self.printed.insert(address, number);
            let _ = write!(self.out, " ({number})");
        }
        self.out.push('\n');
        let inputs = rel.inputs.len();
        for (port, input) in rel.inputs.iter().enumerate() {
            let last = port + 1 == inputs;
            let (line, below) = if last { ("+- ", "   ") } else { (":- ", ":  ") };
            self.tree(input, &format!("{rest}{line}"), &format!("{rest}{below}"));
        }
    }
}

/// The operator with its expressions, which name the columns of the inputs, then its columns.
pub fn describe(rel: &Relation) -> String {
    let inputs: Vec<&RelColumn> = rel.inputs.iter().flat_map(|input| &input.columns).collect();
    let name = |index: usize| inputs.get(index).map_or_else(|| format!("${index}"), |c| c.name.clone());
    let text = |scalar: &Scalar| scalar.text(&name);
    let list = |scalars: &[Scalar]| scalars.iter().map(text).collect::<Vec<_>>().join(", ");
    let keys = |keys: &[SortKey]| {
        let key = |key: &SortKey| {
            let direction = if key.ascending { "ASC" } else { "DESC" };
            let nulls = if key.nulls_first == key.ascending { "" } else { ", NULLS the other way" };
            format!("{} {direction}{nulls}", text(&key.value))
        };
        keys.iter().map(key).collect::<Vec<_>>().join(", ")
    };
    let call = |call: &AggregateCall| {
        let distinct = if call.distinct { "DISTINCT " } else { "" };
        let arguments = match call.arguments.is_empty() {
            true if call.function == "COUNT" => "*".to_owned(),
            _ => list(&call.arguments),
        };
        let filter = call.filter.as_ref().map_or(String::new(), |f| format!(" FILTER (WHERE {})", text(f)));
        format!("{}({distinct}{arguments}){filter}", call.function)
    };
    let operator = match &rel.op {
        Op::Scan(table) => format!("Scan(table=[{}])", table.path()),
        Op::Values(rows) => format!("Values(rows=[{}])", rows.len()),
        Op::Project(project) => format!("Project(select=[{}])", list(project)),
        Op::Filter(condition) => format!("Filter(where=[{}])", text(condition)),
        Op::Join(join) => {
            let on = join.on.iter().map(text).collect::<Vec<_>>().join(" AND ");
            let as_of =
                join.as_of.as_ref().map_or(String::new(), |at| format!(", asOf=[{}]", name(at.column)));
            format!("Join(type=[{}], on=[{on}]{as_of})", kind(join.kind))
        }
        Op::Expand(projects) => {
            let projects: Vec<String> =
                projects.iter().map(|project| format!("{{{}}}", list(project))).collect();
            format!("Expand(projects=[{}])", projects.join(", "))
        }
        Op::Correlate(correlate) => {
            format!("Correlate(type=[{}], unnest=[{}])", kind(correlate.kind), text(&correlate.collection))
        }
        Op::Over(Over { partition, order, frame, calls, .. }) => {
            let calls: Vec<String> = calls.iter().map(call).collect();
            let (partition, order) = (list(partition), keys(order));
            let calls = calls.join(", ");
            format!("Over(partitionBy=[{partition}], orderBy=[{order}], window=[{frame}], calls=[{calls}])")
        }
        Op::WindowTableFunction(window) => {
            let over = format!("time_col=[{}]", name(window.time));
            format!("WindowTableFunction(window=[{}])", window.spec.describe(&over))
        }
        Op::Rank(Rank { partition, order, range, .. }) => {
            let range = match range {
                RankRange::Constant { from, to } => format!("{from}..{to}"),
                RankRange::Variable(column) => format!("1..{}", name(*column)),
            };
            format!("Rank(partitionBy=[{}], orderBy=[{}], range=[{range}])", list(partition), keys(order))
        }
        Op::Aggregate(Aggregate { keys, calls, .. }) => {
            let calls: Vec<String> = calls.iter().map(call).collect();
            format!("Aggregate(groupBy=[{}], calls=[{}])", list(keys), calls.join(", "))
        }
        Op::SetOp(set) => {
            let word = match set.kind {
                SetKind::Union => "Union",
                SetKind::Intersect => "Intersect",
                SetKind::Except => "Except",
            };
            format!("{word}(all=[{}])", set.all)
        }
        Op::Match(Match { partition, order, pattern, skip, .. }) => {
            let partition: Vec<String> = partition.iter().map(|column| name(*column)).collect();
            let pattern: Vec<String> = pattern.iter().map(ToString::to_string).collect();
            format!(
                "Match(partitionBy=[{}], orderBy=[{}], pattern=[{}], after=[{skip:?}])",
                partition.join(", "),
                keys(order),
                pattern.join(" ")
            )
        }
        Op::Sort(order) => format!("Sort(orderBy=[{}])", keys(order)),
        Op::Limit(limit) => match limit.fetch {
            Some(fetch) => format!("Limit(offset=[{}], fetch=[{fetch}])", limit.offset),
            None => format!("Limit(offset=[{}])", limit.offset),
        },
    };
    let columns: Vec<String> = rel.columns.iter().map(column).collect();
    format!("{operator} -> [{}]", columns.join(", "))
}

fn column(column: &RelColumn) -> String {
    let time = match column.time {
        Some(TimeAttribute::Rowtime) => " *ROWTIME*",
        Some(TimeAttribute::Proctime) => " *PROCTIME*",
        None => "",
    };
    let null = if column.nullable { "" } else { " NOT NULL" };
    format!("{} {}{time}{null}", column.name, column.logical_type)
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.is_rows { "ROWS" } else { "RANGE" };
        write!(f, "{unit} BETWEEN {} AND {}", self.lower, self.upper)
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnboundedPreceding => f.write_str("UNBOUNDED PRECEDING"),
            Self::Preceding(value) => write!(f, "{value} PRECEDING"),
            Self::CurrentRow => f.write_str("CURRENT ROW"),
            Self::Following(value) => write!(f, "{value} FOLLOWING"),
            Self::UnboundedFollowing => f.write_str("UNBOUNDED FOLLOWING"),
        }
    }
}

fn kind(kind: JoinKind) -> &'static str {
    match kind {
        JoinKind::Inner => "inner",
        JoinKind::Left => "left",
        JoinKind::Right => "right",
        JoinKind::Full => "full",
        JoinKind::Semi => "semi",
        JoinKind::Anti => "anti",
    }
}
