//! Values of scripts: short texts to columns and back.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, RecordBatchOptions, StringArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field};
use arrow::util::display::array_value_to_string;
use streamsql_core::{ChangeBatch, RowKind, Schema, text};

const DAY: &str = "1970-01-01";

/// `10:00:00.5` → ms since 1970; `+inf` is the end of the input.
pub fn time_ms(short: &str) -> Option<i64> {
    if short == "+inf" {
        return Some(i64::MAX);
    }
    let (clock, fraction) = short.split_once('.').unwrap_or((short, ""));
    let mut seconds = 0;
    for part in clock.split(':') {
        seconds = seconds * 60 + part.parse::<i64>().ok()?;
    }
    let fraction = format!("{fraction:0<3}");
    Some(seconds * 1000 + fraction.parse::<i64>().ok()?)
}

/// ms since 1970 → `10:00:00.5`.
pub fn short_time(ms: i64) -> String {
    if ms == i64::MAX {
        return "+inf".to_owned();
    }
    let (seconds, fraction) = (ms.div_euclid(1000), ms.rem_euclid(1000));
    let clock =
        format!("{:02}:{:02}:{:02}", seconds.div_euclid(3600), seconds.rem_euclid(3600) / 60, seconds % 60);
    if fraction == 0 { clock } else { format!("{clock}.{fraction:03}").trim_end_matches('0').to_owned() }
}

/// Columns from rows of texts.
pub fn batch(schema: &Schema, rows: &[Vec<String>]) -> Result<RecordBatch, String> {
    let columns = schema
        .columns
        .iter()
        .enumerate()
        .map(|(i, column)| {
            let target = column.logical_type.to_arrow();
            let texts = rows
                .iter()
                .map(|row| match row.get(i).map(String::as_str) {
                    None => Err(format!("row {row:?} has no value for column {}", column.name)),
                    Some("NULL") => Ok(None),
                    Some(text) => Ok(Some(full(text, &target))),
                })
                .collect::<Result<Vec<_>, _>>()?;
            if let DataType::List(element) = &target {
                return lists(&texts, element);
            }
            let texts: ArrayRef = Arc::new(StringArray::from(texts));
            let array = cast(&texts, &target).map_err(|e| e.to_string())?;
            if array.null_count() == texts.null_count() {
                return Ok(array);
            }
            Err(format!("not all of {texts:?} are of type {}", column.logical_type))
        })
        .collect::<Result<Vec<ArrayRef>, String>>()?;
    if let Some(long) = rows.iter().find(|row| row.len() > schema.len()) {
        return Err(format!("row {long:?} has more values than the columns {:?}", schema.names()));
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(schema.to_arrow(), columns, &options).map_err(|e| e.to_string())
}

/// `[a,b]`.
fn lists(texts: &[Option<String>], element: &Arc<Field>) -> Result<ArrayRef, String> {
    let items = |text: &String| -> Vec<String> {
        let inner = text.trim_start_matches('[').trim_end_matches(']');
        inner.split(',').filter(|item| !item.is_empty()).map(str::to_owned).collect()
    };
    let rows: Vec<Option<Vec<String>>> = texts.iter().map(|text| text.as_ref().map(items)).collect();
    let lengths = rows.iter().map(|row| row.as_ref().map_or(0, Vec::len));
    let offsets = OffsetBuffer::from_lengths(lengths);
    let values: ArrayRef =
        Arc::new(StringArray::from(rows.iter().flatten().flatten().map(String::as_str).collect::<Vec<_>>()));
    let values = cast(&values, element.data_type()).map_err(|e| e.to_string())?;
    let nulls = NullBuffer::from_iter(rows.iter().map(Option::is_some));
    let list = ListArray::try_new(Arc::clone(element), offsets, values, Some(nulls));
    Ok(Arc::new(list.map_err(|e| e.to_string())?))
}

fn full(short: &str, target: &DataType) -> String {
    let is_short = short.contains(':') && !short.contains('-');
    match target {
        DataType::Timestamp(_, _) if is_short => format!("{DAY}T{short}"),
        _ => short.to_owned(),
    }
}

/// Changes from rows of texts that start with their kind.
pub fn changes(schema: &Schema, rows: &[Vec<String>]) -> Result<ChangeBatch, String> {
    let mut kinds = Vec::new();
    let mut values = Vec::new();
    for row in rows {
        let (kind, rest) = row.split_first().ok_or("an empty row")?;
        let all = [RowKind::Insert, RowKind::UpdateBefore, RowKind::UpdateAfter, RowKind::Delete];
        let kind = all.into_iter().find(|k| k.short() == kind).ok_or(format!("unknown kind in {row:?}"))?;
        kinds.push(kind);
        values.push(rest.to_vec());
    }
    ChangeBatch::new(batch(schema, &values)?, kinds).map_err(|e| e.to_string())
}

/// Each row as its line: kind and values.
pub fn lines(batch: &ChangeBatch) -> Result<Vec<String>, String> {
    (0..batch.num_rows())
        .map(|row| {
            let mut line = batch.kind(row).short().to_owned();
            for column in batch.rows().columns() {
                line.push_str("  ");
                line.push_str(&value(column.as_ref(), row)?);
            }
            Ok(line)
        })
        .collect()
}

fn value(array: &dyn Array, row: usize) -> Result<String, String> {
    if array.is_null(row) {
        return Ok("NULL".to_owned());
    }
    if let Some(list) = array.as_list_opt::<i32>() {
        let items = list.value(row);
        let items = (0..items.len()).map(|i| value(items.as_ref(), i)).collect::<Result<Vec<_>, _>>()?;
        return Ok(format!("[{}]", items.join(",")));
    }
    if let Some(texts) = array.as_string_opt::<i32>() {
        return Ok(texts.value(row).replace(' ', "_"));
    }
    if !matches!(array.data_type(), DataType::Timestamp(_, _)) {
        return array_value_to_string(array, row).map_err(|e| e.to_string());
    }
    let mut long = String::new();
    text::scalar(array, row, &mut long).map_err(|e| e.to_string())?;
    let short = long.strip_prefix(&format!("{DAY} ")).map(|short| short.trim_end_matches('Z').to_owned());
    Ok(short.unwrap_or_else(|| long.replace(' ', "_")))
}
