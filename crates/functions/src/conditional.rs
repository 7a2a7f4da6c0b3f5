//! COALESCE, IF, IFNULL, GREATEST, LEAST, IS [NOT] TRUE/FALSE/UNKNOWN: over arguments of one type.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::compute::interleave;
use arrow::compute::kernels::cmp;

use crate::call::{Arg, Eval};

/// Picks, for each row, the argument with the number that `choose` gives; `None` is NULL.
fn pick(args: &[Arg], rows: usize, choose: impl Fn(usize) -> Option<usize>) -> Result<ArrayRef, String> {
    let nothing = arrow::array::new_null_array(args[0].array.data_type(), 1);
    let mut arrays: Vec<&dyn Array> = args.iter().map(|arg| arg.array.as_ref()).collect();
    arrays.push(nothing.as_ref());
    let indices: Vec<(usize, usize)> = (0..rows)
        .map(|row| match choose(row) {
            Some(arg) => (arg, args[arg].index(row)),
            None => (args.len(), 0),
        })
        .collect();
    interleave(&arrays, &indices).map_err(|e| e.to_string())
}

/// The first argument that is not NULL.
pub fn coalesce() -> Arc<Eval> {
    Arc::new(|args, rows| pick(args, rows, |row| (0..args.len()).find(|arg| !args[*arg].is_null(row))))
}

/// `IF(condition, a, b)`; an unknown condition counts as false.
pub fn if_else() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let condition = args[0].array.as_boolean().clone();
        let scalar = args[0].scalar;
        pick(&args[1..], rows, |row| {
            let i = if scalar { 0 } else { row };
            Some(usize::from(condition.is_null(i) || !condition.value(i)))
        })
    })
}

/// GREATEST or LEAST; NULL when any argument is.
pub fn extreme(greatest: bool) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let mut best = args[0].clone();
        for arg in &args[1..] {
            let better = if greatest {
                cmp::gt(arg.datum().as_ref(), best.datum().as_ref())
            } else {
                cmp::lt(arg.datum().as_ref(), best.datum().as_ref())
            }
            .map_err(|e| e.to_string())?;
            let pair = [best.clone(), arg.clone()];
            let single = better.len() == 1 && rows != 1;
            let array = pick(&pair, rows, |row| {
                let i = if single { 0 } else { row };
                (!better.is_null(i)).then(|| usize::from(better.value(i)))
            })?;
            best = Arg { array, scalar: false };
        }
        if best.scalar { pick(&[best], rows, |_| Some(0)) } else { Ok(best.array) }
    })
}

/// `IS TRUE` and its kin: never NULL.
pub fn truth(value: Option<bool>, negated: bool) -> Arc<Eval> {
    Arc::new(move |args, _| {
        let array = args[0].array.as_boolean();
        let result: BooleanArray = array.iter().map(|v| Some((v == value) != negated)).collect();
        Ok(Arc::new(result))
    })
}
