//! Results in the form that JUnit's runners write and build servers read.

use std::fmt::Write;
use std::time::Duration;

/// One file's tests: name, duration, and what failed.
pub type Suite<'a> = (&'a str, Vec<(&'a str, Duration, Option<String>)>);

/// The XML of these suites.
pub fn junit(suites: &[Suite<'_>]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (file, tests) in suites {
        let failures = tests.iter().filter(|(_, _, failure)| failure.is_some()).count();
        let time: Duration = tests.iter().map(|(_, time, _)| *time).sum();
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" time=\"{:.3}\">",
            escaped(file),
            tests.len(),
            time.as_secs_f64()
        );
        for (name, time, failure) in tests {
            let head = format!(
                "    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3}\"",
                escaped(file),
                escaped(name),
                time.as_secs_f64()
            );
            match failure {
                None => {
                    let _ = writeln!(out, "{head}/>");
                }
                Some(text) => {
                    let first = text.lines().next().unwrap_or_default();
                    let _ = writeln!(
                        out,
                        "{head}>\n      <failure message=\"{}\">{}</failure>\n    </testcase>",
                        escaped(first),
                        escaped(text)
                    );
                }
            }
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// XML 1.0 has no form for most control characters; they are shown as replacement characters.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        let xml =
            junit(&[("a.yaml", vec![("x < y & \"z\"", Duration::ZERO, Some("one\n\u{1}".to_owned()))])]);
        assert!(xml.contains("name=\"x &lt; y &amp; &quot;z&quot;\""), "{xml}");
        assert!(xml.contains("<failure message=\"one\">one&#10;\u{fffd}</failure>"), "{xml}");
        assert!(xml.contains("tests=\"1\" failures=\"1\""), "{xml}");
    }
}
