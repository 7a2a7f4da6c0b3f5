//! Prints operators as a tree, inputs below their readers.

use std::fmt::Write;

use super::Node;
use crate::logical::{RelColumn, Scalar};

/// One line an operator; `modes` adds the changes that it makes.
pub fn print(root: &Node, modes: bool) -> String {
    let mut out = String::new();
    tree(root, modes, "", "", &mut out);
    out
}

/// `Name(attributes)` of a node.
fn describe(node: &Node) -> String {
    let inputs: Vec<&RelColumn> = node.inputs.iter().flat_map(|input| &input.columns).collect();
    let columns = if inputs.is_empty() { node.columns.iter().collect() } else { inputs };
    let name = |index: usize| columns.get(index).map_or_else(|| format!("${index}"), |c| c.name.clone());
    let rules = node.op.rules();
    format!("{}({})", rules.name(), rules.describe(&|scalar: &Scalar| scalar.text(&name)))
}

/// `first` stands before this node's line, `rest` before those of its inputs.
fn tree(node: &Node, modes: bool, first: &str, rest: &str, out: &mut String) {
    let _ = write!(out, "{first}{}", describe(node));
    let own: Vec<&str> = node.columns.iter().map(|c| c.name.as_str()).collect();
    let _ = write!(out, " -> [{}]", own.join(", "));
    if modes {
        let _ = write!(out, " {}", node.mode);
    }
    out.push('\n');
    let count = node.inputs.len();
    for (port, input) in node.inputs.iter().enumerate() {
        let last = port + 1 == count;
        let (line, below) = if last { ("+- ", "   ") } else { (":- ", ":  ") };
        tree(input, modes, &format!("{rest}{line}"), &format!("{rest}{below}"), out);
    }
}
