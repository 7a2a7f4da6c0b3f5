//! The description of `/api/v1` for generators of clients.

/// OpenAPI 3.0.3, as served.
pub(crate) const DOCUMENT: &str = include_str!("openapi.json");

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::routes::API;

    #[test]
    fn every_path_is_described_and_every_description_is_a_path() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        assert_eq!(document["openapi"], "3.0.3");
        let mut described: Vec<&str> =
            document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        let mut served = API.to_vec();
        described.sort_unstable();
        served.sort_unstable();
        assert_eq!(described, served);
        let mut ids: Vec<&str> = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let id = operation["operationId"]
                    .as_str()
                    .unwrap_or_else(|| panic!("{method} {path} has no operationId"));
                assert!(!ids.contains(&id), "{id} twice");
                ids.push(id);
                assert!(operation["responses"].as_object().is_some_and(|responses| !responses.is_empty()));
            }
        }
        // Every reference leads somewhere.
        for reference in DOCUMENT.split("\"$ref\": \"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
