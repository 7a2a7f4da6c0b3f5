//! Texts of SHOW and DESCRIBE, in the layout of Flink's client.

use std::borrow::Cow;
use std::fmt::Write;

use datafusion_sql::sqlparser::ast::{
    Expr as SqlExpr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectNamePart, VisitMut,
    VisitorMut,
};
use streamsql_core::LogicalType;
use streamsql_core::secret::{is_secret_key, mask_value};
use streamsql_core::types::MAX_LENGTH;
use streamsql_sql::catalog::{Object, Table, TableColumn, TableColumnKind, View};
use streamsql_sql::diagnostic::Diagnostic;
use streamsql_sql::parse::expression::{BINARY, DATE, INTERVAL_MONTHS, INTERVAL_MS, NUMBER, TIME, TIMESTAMP};
use streamsql_sql::statement::{LikeFilter, Located, Show};

use super::alter::partition_name;
use crate::bind::names::places;
use crate::session::{Session, with_suggestion};

impl Session {
    /// The table that SHOW prints.
    pub fn show(&self, show: &Show, located: &Located) -> Result<String, Diagnostic> {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let (catalog, database) = self.catalog.current();
        Ok(match show {
            Show::Tables { database: of, like } => {
                let (catalog, database) = self.shown_database(of.as_ref(), located)?;
                let visible = self.catalog.visible(&catalog, &database);
                list(
                    "table name",
                    visible.into_iter().map(|(name, _)| name).filter(|n| passes(like.as_ref(), n)),
                )
            }
            Show::Views => {
                let visible = self.catalog.visible(catalog, database);
                let views = visible.into_iter().filter(|(_, object)| matches!(object, Object::View(_)));
                list("view name", views.map(|(name, _)| name))
            }
            Show::Columns { table, like } => self.describe_some(table, like.as_ref(), located)?,
            Show::CreateTable(name) => match self.catalog.object(name) {
                Some(Object::Table(table)) => {
                    let temporary = self.catalog.at(&table.path, true).is_some();
                    tableau(&["result"], &[vec![create_table(table, temporary)]])
                }
                Some(Object::View(_)) => {
                    return Err(at(format!("'{}' is a view", name.join("."))).hint("use SHOW CREATE VIEW"));
                }
                None => return Err(self.no_object("table", name, located)),
            },
            Show::CreateView(name) => match (self.catalog.object(name), self.catalog.resolve(name)) {
                (Some(Object::View(view)), Some(path)) => {
                    tableau(&["result"], &[vec![create_view(view, &path.quoted())]])
                }
                (Some(Object::Table(_)), _) => {
                    return Err(at(format!("'{}' is a table", name.join("."))).hint("use SHOW CREATE TABLE"));
                }
                _ => return Err(self.no_object("view", name, located)),
            },
            Show::Databases => {
                list("database name", self.catalog.databases(catalog).iter().map(String::as_str))
            }
            Show::Catalogs => list("catalog name", self.catalog.catalogs()),
            Show::CurrentCatalog => list("current catalog name", [catalog]),
            Show::CurrentDatabase => list("current database name", [database]),
            Show::Functions { user_only, database: of, like } => {
                let builtin = streamsql_functions::function_names();
                let (catalog, database) = self.shown_database(of.as_ref(), located)?;
                let mut names: Vec<&str> = self.catalog.function_names(&catalog, &database).collect();
                if !user_only {
                    names.extend(builtin.iter().copied());
                }
                names.sort_unstable();
                names.dedup();
                list("function name", names.into_iter().filter(|name| passes(like.as_ref(), name)))
            }
            Show::Modules { full: false } => list("module name", ["core"]),
            Show::Modules { full: true } => {
                tableau(&["module name", "used"], &[vec!["core".to_owned(), "TRUE".to_owned()]])
            }
            Show::Jars => list("jars", []),
            Show::Partitions { table: name, of } => match self.catalog.object(name) {
                Some(Object::Table(table)) => {
                    let wanted = partition_name(table, of, false).map_err(at)?;
                    let is_of = |name: &&str| {
                        wanted
                            .split('/')
                            .filter(|part| !part.is_empty())
                            .all(|part| name.split('/').any(|of| of == part))
                    };
                    list("partition name", table.partitions.iter().map(String::as_str).filter(is_of))
                }
                _ => return Err(self.no_object("table", name, located)),
            },
        })
    }

    /// The database that a list is of, which exists.
    fn shown_database(
        &self,
        of: Option<&Vec<String>>,
        located: &Located,
    ) -> Result<(String, String), Diagnostic> {
        let (catalog, database) = match of {
            Some(name) => self.database_path(name, located)?,
            None => {
                let (catalog, database) = self.catalog.current();
                (catalog.to_owned(), database.to_owned())
            }
        };
        if !self.catalog.databases(&catalog).contains(&database) {
            let message = format!("database '{database}' does not exist in catalog '{catalog}'");
            return Err(Diagnostic::error(message).at(located.place.clone()));
        }
        Ok((catalog, database))
    }

    pub fn describe(&self, name: &[String], located: &Located) -> Result<String, Diagnostic> {
        self.describe_some(name, None, located)
    }

    fn describe_some(
        &self,
        name: &[String],
        like: Option<&LikeFilter>,
        located: &Located,
    ) -> Result<String, Diagnostic> {
        let mut rows: Vec<[String; 7]> = Vec::new();
        match self.catalog.object(name) {
            None => return Err(self.no_object("table or view", name, located)),
            Some(Object::Table(table)) => {
                rows.extend(table.columns.iter().map(|column| column_row(table, column)));
            }
            Some(Object::View(view)) => rows.extend(view.schema.columns.iter().map(|c| {
                let empty = String::new;
                let null = truth(c.nullable);
                [c.name.clone(), c.logical_type.to_string(), null, empty(), empty(), empty(), empty()]
            })),
        }
        rows.retain(|row| passes(like, &row[0]));
        let mut titles = vec!["name", "type", "null", "key", "extras", "watermark"];
        if rows.iter().any(|row| !row[6].is_empty()) {
            titles.push("comment");
        }
        let rows: Vec<Vec<String>> =
            rows.into_iter().map(|row| row.into_iter().take(titles.len()).collect()).collect();
        Ok(tableau(&titles, &rows))
    }

    fn no_object(&self, what: &str, name: &[String], located: &Located) -> Diagnostic {
        let shown = name.join(".");
        let diagnostic =
            Diagnostic::error(format!("{what} '{shown}' does not exist")).at(located.place.clone());
        with_suggestion(diagnostic, &shown, self.catalog.names())
    }

    /// What `SET;` prints; secrets are masked.
    pub fn show_settings(&self) -> String {
        let rows: Vec<Vec<String>> = self
            .settings
            .values()
            .iter()
            .map(|(key, value)| vec![key.clone(), shown_value(key, value).into_owned()])
            .collect();
        tableau(&["key", "value"], &rows)
    }
}

fn truth(value: bool) -> String {
    if value { "TRUE" } else { "FALSE" }.to_owned()
}

fn column_row(table: &Table, column: &TableColumn) -> [String; 7] {
    let watermark = table.watermark.as_ref().filter(|w| w.column == column.name);
    let mut logical_type = column.logical_type.to_string();
    let mut extras = String::new();
    match &column.kind {
        TableColumnKind::Physical => {}
        TableColumnKind::Metadata { .. } => extras = metadata(column),
        TableColumnKind::Computed(expr) => {
            extras = format!("AS {}", quoted_expr(expr));
            if expr.to_string().eq_ignore_ascii_case("PROCTIME()") {
                logical_type.push_str(" *PROCTIME*");
            }
        }
    }
    if watermark.is_some() {
        logical_type.push_str(" *ROWTIME*");
    }
    let key = if table.primary_key.contains(&column.name) {
        format!("PRI({})", table.primary_key.join(", "))
    } else {
        String::new()
    };
    let watermark = watermark.map(|w| quoted_expr(&w.expr)).unwrap_or_default();
    let comment = column.comment.clone().unwrap_or_default();
    [column.name.clone(), logical_type, truth(column.nullable), key, extras, watermark, comment]
}

fn metadata(column: &TableColumn) -> String {
    let TableColumnKind::Metadata { key, is_virtual } = &column.kind else { return String::new() };
    let from = key.as_ref().map(|key| format!(" FROM '{}'", key.replace('\'', "''"))).unwrap_or_default();
    format!("METADATA{from}{}", if *is_virtual { " VIRTUAL" } else { "" })
}

/// The constraint's name; a made-up one holds Java's hash of the list of columns, as in Flink.
pub(crate) fn constraint_name(table: &Table) -> String {
    let mix = |hash: i32, next: i32| hash.wrapping_mul(31).wrapping_add(next);
    let of_text = |text: &str| text.encode_utf16().fold(0, |hash, unit| mix(hash, i32::from(unit)));
    let made_up = || table.primary_key.iter().fold(1, |hash, column| mix(hash, of_text(column)));
    table.constraint.clone().unwrap_or_else(|| format!("PK_{}", made_up()))
}

fn create_table(table: &Table, temporary: bool) -> String {
    let quote = |name: &str| format!("`{}`", name.replace('`', "``"));
    let list = |names: &[String]| names.iter().map(|n| quote(n)).collect::<Vec<_>>().join(", ");
    let text = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mut lines = Vec::new();
    for column in &table.columns {
        let mut line = format!("  {} ", quote(&column.name));
        match &column.kind {
            TableColumnKind::Computed(expr) => {
                let _ = write!(line, "AS {}", quoted_expr(expr));
            }
            kind => {
                line.push_str(&serializable(&column.logical_type));
                if !column.nullable {
                    line.push_str(" NOT NULL");
                }
                if matches!(kind, TableColumnKind::Metadata { .. }) {
                    let _ = write!(line, " {}", metadata(column));
                }
            }
        }
        if let Some(comment) = &column.comment {
            let _ = write!(line, " COMMENT {}", text(comment));
        }
        lines.push(line);
    }
    if let Some(watermark) = &table.watermark {
        lines.push(format!(
            "  WATERMARK FOR {} AS {}",
            quote(&watermark.column),
            quoted_expr(&watermark.expr)
        ));
    }
    if !table.primary_key.is_empty() {
        let name = quote(&constraint_name(table));
        lines.push(format!("  CONSTRAINT {name} PRIMARY KEY ({}) NOT ENFORCED", list(&table.primary_key)));
    }
    let temporary = if temporary { "TEMPORARY " } else { "" };
    let mut out = format!("CREATE {temporary}TABLE {} (\n{}\n) ", table.path.quoted(), lines.join(",\n"));
    if let Some(comment) = &table.comment {
        let _ = writeln!(out, "COMMENT {}", text(comment));
    }
    if !table.partition_keys.is_empty() {
        let _ = writeln!(out, "PARTITIONED BY ({})", list(&table.partition_keys));
    }
    let options: Vec<String> = table
        .options
        .iter()
        .map(|(key, value)| format!("  {} = {}", text(key), text(&shown_value(key, value))))
        .collect();
    let _ = write!(out, "WITH (\n{}\n)\n", options.join(",\n"));
    out
}

fn create_view(view: &View, path: &str) -> String {
    let names: Vec<String> =
        view.schema.columns.iter().map(|c| format!("`{}`", c.name.replace('`', "``"))).collect();
    let temporary = if view.temporary { "TEMPORARY " } else { "" };
    let comment =
        view.comment.as_ref().map(|c| format!(" COMMENT '{}'", c.replace('\'', "''"))).unwrap_or_default();
    format!("CREATE {temporary}VIEW {path}({}){comment} as\n{}\n", names.join(", "), view.text)
}

/// The value of an option or setting, with stars where it is or holds a secret.
pub(crate) fn shown_value<'v>(key: &str, value: &'v str) -> Cow<'v, str> {
    if is_secret_key(key) { Cow::Borrowed("******") } else { mask_value(value) }
}

/// An expression with its names in backticks.
fn quoted_expr(expr: &SqlExpr) -> String {
    struct Quote;
    impl VisitorMut for Quote {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &mut SqlExpr) -> std::ops::ControlFlow<()> {
            // What was bound since holds the places of its calls.
            while let Some(inner) = inner_of_a_place(expr) {
                *expr = inner;
            }
            if let Some(written) = written_literal(expr) {
                *expr = SqlExpr::Identifier(Ident::new(written));
                return std::ops::ControlFlow::Continue(());
            }
            match expr {
                SqlExpr::Identifier(name) => name.quote_style = Some('`'),
                SqlExpr::CompoundIdentifier(parts) => {
                    parts.iter_mut().for_each(|p| p.quote_style = Some('`'))
                }
                SqlExpr::Function(function) => {
                    let names = function.name.0.iter_mut().filter_map(|part| match part {
                        ObjectNamePart::Identifier(name) => Some(name),
                        ObjectNamePart::Function(_) => None,
                    });
                    for name in names.filter(|name| places::split(&name.value).1.is_some()) {
                        *name = Ident::new(places::split(&name.value).0);
                    }
                }
                _ => {}
            }
            std::ops::ControlFlow::Continue(())
        }
    }
    let mut expr = expr.clone();
    let _ = expr.visit(&mut Quote);
    places::without_places(&expr.to_string()).into_owned()
}

/// What stands in the function that only holds a place.
fn inner_of_a_place(expr: &SqlExpr) -> Option<SqlExpr> {
    let SqlExpr::Function(function) = expr else { return None };
    let [ObjectNamePart::Identifier(name)] = function.name.0.as_slice() else { return None };
    let FunctionArguments::List(list) = &function.args else { return None };
    match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(inner))]
            if places::split(&name.value).0 == places::AT =>
        {
            Some(inner.clone())
        }
        _ => None,
    }
}

/// A literal as a user writes it; an interval in the largest unit that it has a whole number of.
fn written_literal(expr: &SqlExpr) -> Option<String> {
    let SqlExpr::Function(function) = expr else { return None };
    let text = function.to_string();
    let first = |name: &str| text.strip_prefix(name)?.strip_prefix("('")?.split('\'').next();
    if let Some(number) = first(NUMBER) {
        return Some(number.to_owned());
    }
    let words = [(DATE, "DATE "), (TIME, "TIME "), (TIMESTAMP, "TIMESTAMP "), (BINARY, "X")];
    if let Some((word, value)) = words.iter().find_map(|(form, word)| Some((word, first(form)?))) {
        return Some(format!("{word}'{value}'"));
    }
    let of = |name: &str| first(name)?.parse::<i64>().ok();
    let units: &[(i64, &str)] =
        &[(86_400_000, "DAY"), (3_600_000, "HOUR"), (60_000, "MINUTE"), (1_000, "SECOND")];
    if let Some(months) = of(INTERVAL_MONTHS) {
        let (count, unit) = if months % 12 == 0 { (months / 12, "YEAR") } else { (months, "MONTH") };
        return Some(format!("INTERVAL '{count}' {unit}"));
    }
    let ms = of(INTERVAL_MS)?;
    let (length, unit) = units.iter().find(|(length, _)| ms % length == 0).copied().unwrap_or((1, ""));
    if unit.is_empty() {
        let fraction = format!("{:03}", (ms % 1_000).abs());
        let (sign, seconds) = (if ms < 0 { "-" } else { "" }, (ms / 1_000).abs());
        return Some(format!("INTERVAL '{sign}{seconds}.{}' SECOND", fraction.trim_end_matches('0')));
    }
    Some(format!("INTERVAL '{}' {unit}", ms / length))
}

/// A type as Flink writes it into statements (`LogicalType.asSerializableString`).
fn serializable(logical_type: &LogicalType) -> String {
    let element = |e: &streamsql_core::types::ElementType| {
        format!("{}{}", serializable(&e.logical_type), if e.nullable { "" } else { " NOT NULL" })
    };
    match logical_type {
        LogicalType::Varchar(MAX_LENGTH) => format!("VARCHAR({MAX_LENGTH})"),
        LogicalType::Varbinary(MAX_LENGTH) => format!("VARBINARY({MAX_LENGTH})"),
        LogicalType::TimestampLtz(precision) => format!("TIMESTAMP({precision}) WITH LOCAL TIME ZONE"),
        LogicalType::Array(of) => format!("ARRAY<{}>", element(of)),
        LogicalType::Multiset(of) => format!("MULTISET<{}>", element(of)),
        LogicalType::Map(key, value) => format!("MAP<{}, {}>", element(key), element(value)),
        LogicalType::Row(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|f| {
                    let null = if f.nullable { "" } else { " NOT NULL" };
                    format!("`{}` {}{null}", f.name.replace('`', "``"), serializable(&f.logical_type))
                })
                .collect();
            format!("ROW<{}>", fields.join(", "))
        }
        other => other.to_string(),
    }
}

/// SQL LIKE; `%` and `_`, without escapes.
fn passes(like: Option<&LikeFilter>, text: &str) -> bool {
    fn matches(pattern: &[char], text: &[char]) -> bool {
        // Two pointers with the last `%` to go back to: linear in practice, never exponential.
        let (mut p, mut t, mut star) = (0, 0, None);
        while t < text.len() {
            match pattern.get(p) {
                Some('%') => {
                    star = Some((p, t));
                    p += 1;
                }
                Some(c) if *c == '_' || *c == text[t] => {
                    p += 1;
                    t += 1;
                }
                _ => match star {
                    Some((at, from)) => {
                        p = at + 1;
                        t = from + 1;
                        star = Some((at, from + 1));
                    }
                    None => return false,
                },
            }
        }
        pattern[p..].iter().all(|c| *c == '%')
    }
    let Some(like) = like else { return true };
    let characters = |text: &str| -> Vec<char> {
        if like.ignores_case { text.to_lowercase().chars().collect() } else { text.chars().collect() }
    };
    matches(&characters(&like.pattern), &characters(text)) != like.negated
}

fn list<'n>(title: &str, names: impl IntoIterator<Item = &'n str>) -> String {
    let rows: Vec<Vec<String>> = names.into_iter().map(|name| vec![name.to_owned()]).collect();
    tableau(&[title], &rows)
}

/// Right-aligned cells between bars, then the number of rows (Flink `TableauStyle`).
fn tableau(titles: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return "Empty set".to_owned();
    }
    let width = |text: &str| text.chars().count();
    let widths: Vec<usize> = (0..titles.len())
        .map(|i| rows.iter().map(|row| width(&row[i])).chain([width(titles[i])]).max().unwrap_or(0))
        .collect();
    let mut border = String::from("+");
    for w in &widths {
        border.push_str(&"-".repeat(w + 2));
        border.push('+');
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = String::from("|");
        for (cell, w) in cells.zip(&widths) {
            let _ = write!(line, " {}{cell} |", " ".repeat(w - width(cell)));
        }
        line
    };
    let mut out = format!("{border}\n{}\n{border}\n", line(&mut titles.iter().copied()));
    for row in rows {
        let _ = writeln!(out, "{}", line(&mut row.iter().map(String::as_str)));
    }
    let plural = if rows.len() == 1 { "row" } else { "rows" };
    let _ = write!(out, "{border}\n{} {plural} in set", rows.len());
    out
}
