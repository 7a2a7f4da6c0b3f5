//! Every row several times.

use super::{Attributes, Describe, Names};
use crate::Expr;

/// Each row of the input once for each list of expressions. Output: the columns of a list.
///
/// Source: Flink `StreamExecExpand`, which GROUPING SETS become.
#[derive(Clone, Debug)]
pub struct Expand {
    pub projects: Vec<Vec<Expr>>,
}

impl Describe for Expand {
    fn name(&self) -> &'static str {
        "Expand"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        let output = &names.output;
        let list = |project: &Vec<Expr>| {
            let texts: Vec<&str> = project.iter().map(|expr| expr.text.as_str()).collect();
            format!("{{{}}}", texts.join(", "))
        };
        let projects: Vec<String> = self.projects.iter().map(list).collect();
        vec![("projects", projects.join(", ")), ("select", output.join(", "))]
    }

    fn fingerprint(&self) -> String {
        let list = |project: &Vec<Expr>| {
            project.iter().map(|expr| expr.canonical.as_str()).collect::<Vec<_>>().join("; ")
        };
        format!(" {}", self.projects.iter().map(list).collect::<Vec<_>>().join(" | "))
    }
}
