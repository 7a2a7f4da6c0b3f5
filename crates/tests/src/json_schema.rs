//! Checks values against the part of JSON Schema that our own documents use.

use serde_json::Value;

/// Checks a value against a schema of the document; `$ref` is looked up in it.
///
/// # Panics
/// When the value is not as the schema says, naming the place.
pub fn check(document: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = document.pointer(reference.trim_start_matches('#')).expect("the reference is there");
        return check(document, schema, value, place);
    }
    if value.is_null() {
        assert_eq!(schema["nullable"], true, "{place} is null");
        return;
    }
    if let Some(all) = schema["allOf"].as_array() {
        return all.iter().for_each(|schema| check(document, schema, value, place));
    }
    match schema["type"].as_str().unwrap_or_else(|| panic!("{place}: a schema without a type")) {
        "object" => {
            let object = value.as_object().unwrap_or_else(|| panic!("{place} is no object: {value}"));
            let empty = serde_json::Map::new();
            let properties = schema["properties"].as_object().unwrap_or(&empty);
            for required in schema["required"].as_array().into_iter().flatten() {
                let required = required.as_str().expect("a name");
                assert!(object.contains_key(required), "{place}: {required} is missing");
            }
            for (name, value) in object {
                match properties.get(name) {
                    Some(schema) => check(document, schema, value, &format!("{place}.{name}")),
                    None => {
                        assert_ne!(schema["additionalProperties"], false, "{place}.{name} is not described");
                    }
                }
            }
        }
        "array" => {
            let items = value.as_array().unwrap_or_else(|| panic!("{place} is no array: {value}"));
            if let Some(least) = schema["minItems"].as_u64() {
                assert!(items.len() as u64 >= least, "{place} has {} items", items.len());
            }
            items.iter().for_each(|item| check(document, &schema["items"], item, &format!("{place}[]")));
        }
        "integer" => {
            assert!(value.is_i64() || value.is_u64(), "{place}: {value}");
            if let Some(least) = schema["minimum"].as_i64() {
                assert!(value.as_i64() >= Some(least), "{place}: {value}");
            }
        }
        "number" => assert!(value.is_number(), "{place}: {value}"),
        "boolean" => assert!(value.is_boolean(), "{place}: {value}"),
        "string" => {
            let text = value.as_str().unwrap_or_else(|| panic!("{place} is no text: {value}"));
            if let Some(allowed) = schema["enum"].as_array() {
                assert!(allowed.iter().any(|one| one == text), "{place}: {text}");
            }
        }
        other => panic!("{place}: type {other}"),
    }
}
