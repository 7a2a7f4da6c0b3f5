//! Chaos: whole jobs over real services while they are killed, cut off and started twice; and the check after each
//! fault that the tables hold exactly the effect of the input before the committed positions.

mod attribution;
pub mod job;
pub mod shop;
pub mod supervisor;
mod totals;
mod windows;

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};

/// What a table has too much and what it lacks.
fn compare<T: Ord + Debug>(table: &str, found: &[T], wanted: &[T]) -> Result<(), String> {
    if found == wanted {
        return Ok(());
    }
    let mut balance: BTreeMap<&T, i64> = BTreeMap::new();
    for row in wanted {
        *balance.entry(row).or_default() += 1;
    }
    for row in found {
        *balance.entry(row).or_default() -= 1;
    }
    let mut text = format!("table {table}: {} rows, {} wanted\n", found.len(), wanted.len());
    for (row, count) in balance.into_iter().filter(|(_, count)| *count != 0).take(20) {
        let what = if count > 0 { "missing" } else { "too much" };
        let _ = writeln!(text, "  {} times {what}: {row:?}", count.abs());
    }
    Err(text)
}
