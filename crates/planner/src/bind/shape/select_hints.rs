//! The hints LOOKUP and STATE_TTL behind SELECT, handed to the tables that they name.

use datafusion_sql::sqlparser::ast::{Ident, ObjectNamePart, Spanned, TableFactor, TableWithJoins};
use datafusion_sql::sqlparser::tokenizer::Span;
use streamsql_sql::diagnostic::Diagnostic;
use streamsql_sql::hints::{self, TableHints};

use super::{Checked, Shape};
use crate::bind::names::context::name_parts;

impl Shape<'_> {
    /// Hands each hint to its table.
    pub(super) fn select_hints(
        &mut self,
        written: &[datafusion_sql::sqlparser::ast::OptimizerHint],
        from: &mut [TableWithJoins],
        span: Span,
    ) -> Checked {
        for hint in written {
            let fill = |text: &str| self.file.fill(text);
            let parsed = hints::parse(&hint.text, &fill).map_err(|m| self.at(Diagnostic::error(m), span))?;
            for hint in parsed {
                match hint.name.as_str() {
                    "LOOKUP" => {
                        let table =
                            hints::check_lookup(&hint).map_err(|m| self.at(Diagnostic::error(m), span))?;
                        let give = |hints: &mut TableHints| hints.lookup = hint.options.clone();
                        if !from.iter_mut().any(|t| give_hint(t, &table, true, &give)) {
                            let error = Diagnostic::error(format!(
                                "the hint LOOKUP names '{table}', which is no lookup table of this SELECT"
                            ));
                            return Err(self.at(error, span).hint("give the table's alias where it has one"));
                        }
                    }
                    "BROADCAST" | "SHUFFLE_HASH" | "SHUFFLE_MERGE" | "NEST_LOOP" => {
                        let warning = format!("the hint {} is for batch joins and has no effect", hint.name);
                        self.warnings.push(self.at(Diagnostic::warning(warning), span));
                    }
                    "STATE_TTL" => {
                        let sides =
                            hints::check_state_ttl(&hint).map_err(|m| self.at(Diagnostic::error(m), span))?;
                        for (table, ttl_ms) in sides {
                            let give = |hints: &mut TableHints| hints.state_ttl_ms = Some(ttl_ms);
                            let is_cte = self.ctes.iter().any(|(name, ..)| *name == table);
                            if is_cte || !from.iter_mut().any(|t| give_hint(t, &table, false, &give)) {
                                let warning = format!(
                                    "the hint STATE_TTL names '{table}', which is no table or view of this SELECT, and has no effect"
                                );
                                self.warnings.push(self.at(Diagnostic::warning(warning), span));
                            }
                        }
                    }
                    other => {
                        let warning = format!("the hint {other} is unknown and has no effect");
                        self.warnings.push(self.at(Diagnostic::warning(warning), span));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Gives a hint to the table of that alias or name; `versioned` where it stands before FOR SYSTEM_TIME.
fn give_hint(table: &mut TableWithJoins, to: &str, versioned: bool, give: &dyn Fn(&mut TableHints)) -> bool {
    let mut factors =
        std::iter::once(&mut table.relation).chain(table.joins.iter_mut().map(|j| &mut j.relation));
    factors.any(|factor| match factor {
        TableFactor::Table { name, alias, version, args: None, .. } if version.is_some() == versioned => {
            let (parts, mut hints) = TableHints::split(name_parts(name));
            let called = alias.as_ref().map_or_else(|| parts.last().cloned(), |a| Some(a.name.value.clone()));
            if called.as_deref() != Some(to) {
                return false;
            }
            give(&mut hints);
            let span = name.span();
            name.0.truncate(parts.len());
            let part = Ident { span, ..Ident::with_quote('`', hints.encode()) };
            name.0.push(ObjectNamePart::Identifier(part));
            true
        }
        TableFactor::NestedJoin { table_with_joins, .. } => give_hint(table_with_joins, to, versioned, give),
        _ => false,
    })
}
