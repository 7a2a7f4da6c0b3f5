//! A filter and a projection.

use super::{Attributes, Describe, Names};
use crate::{Expr, fingerprint};

/// Filter, then projection.
#[derive(Clone, Debug)]
pub struct Calc {
    pub condition: Option<Expr>,
    pub project: Vec<Expr>,
}

impl Describe for Calc {
    fn name(&self) -> &'static str {
        "Calc"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        let mut list = vec![("select", names.select(&self.project, false))];
        list.extend(self.condition.iter().map(|condition| ("where", condition.text.clone())));
        list
    }

    fn fingerprint(&self) -> String {
        let (condition, project) = (&self.condition, &self.project);
        format!(" where=({}) select=({})", fingerprint::option(condition), fingerprint::exprs(project))
    }
}
