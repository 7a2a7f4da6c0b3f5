//! Findings for programs.

use serde_json::{Value, json as value};

use crate::{Finding, RULES};

/// One object a line.
pub fn json(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let place = finding.place.as_ref();
        let object = value!({
            "code": finding.code,
            "rule": finding.name,
            "message": finding.message,
            "hint": finding.hint,
            "file": place.map(|place| place.file.clone()),
            "line": place.map(|place| place.line),
            "column": place.map(|place| place.column),
        });
        format!("{object}\n")
    };
    findings.iter().map(line).collect()
}

/// SARIF 2.1.0, as code hosts read it.
pub fn sarif(findings: &[Finding]) -> String {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|rule| value!({"id": rule.code, "name": rule.name, "shortDescription": {"text": rule.about}}))
        .collect();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let locations: Vec<Value> = finding
                .place
                .iter()
                .map(|place| {
                    value!({"physicalLocation": {
                        "artifactLocation": {"uri": place.file},
                        "region": {"startLine": place.line, "startColumn": place.column},
                    }})
                })
                .collect();
            value!({
                "ruleId": finding.code,
                "level": "warning",
                "message": {"text": format!("{}. {}", finding.message, finding.hint)},
                "locations": locations,
            })
        })
        .collect();
    let report = value!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": "streamsql lint", "rules": rules}}, "results": results}],
    });
    format!("{report:#}\n")
}
