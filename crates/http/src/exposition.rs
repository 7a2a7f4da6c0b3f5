//! Prometheus' text format, version 0.0.4: families with their help and type, samples with labels.

use std::fmt::Write;

/// The content type that goes with the text.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Builds the text; a family's samples follow its head.
#[derive(Default)]
pub(crate) struct Exposition {
    out: String,
    /// The family that samples belong to.
    family: &'static str,
    /// Labels of every sample.
    common: Vec<(&'static str, String)>,
}

impl Exposition {
    pub fn new(common: &[(&'static str, &str)]) -> Self {
        let common = common.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { common, ..Self::default() }
    }

    pub fn counter(&mut self, name: &'static str, help: &str) {
        self.head(name, "counter", help);
    }

    pub fn gauge(&mut self, name: &'static str, help: &str) {
        self.head(name, "gauge", help);
    }

    fn head(&mut self, name: &'static str, kind: &str, help: &str) {
        self.family = name;
        let _ = writeln!(self.out, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// A sample of the present family.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        self.suffixed("", labels, value);
    }

    /// A sample where there is a value.
    pub fn known(&mut self, labels: &[(&str, &str)], value: Option<impl std::fmt::Display>) {
        if let Some(value) = value {
            self.sample(labels, value);
        }
    }

    pub fn histogram(&mut self, name: &'static str, help: &str) {
        self.head(name, "histogram", help);
    }

    /// A histogram from counts of classes, the last of which has no upper bound; bounds and sum in seconds.
    pub fn classes(&mut self, labels: &[(&str, &str)], bounds: &[f64], classes: &[u64], sum: f64) {
        let mut count = 0;
        for (class, in_class) in classes.iter().enumerate() {
            count += in_class;
            let bound = bounds.get(class).map_or("+Inf".to_owned(), ToString::to_string);
            let with_bound: Vec<_> = labels.iter().copied().chain([("le", bound.as_str())]).collect();
            self.suffixed("_bucket", &with_bound, count);
        }
        self.suffixed("_sum", labels, sum);
        self.suffixed("_count", labels, count);
    }

    fn suffixed(&mut self, suffix: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        self.out.push_str(self.family);
        self.out.push_str(suffix);
        let common = self.common.iter().map(|(name, value)| (*name, value.as_str()));
        let mut separator = '{';
        for (name, value) in common.chain(labels.iter().copied()) {
            self.out.push(separator);
            separator = ',';
            self.out.push_str(name);
            self.out.push_str("=\"");
            for c in value.chars() {
                match c {
                    '\\' => self.out.push_str("\\\\"),
                    '"' => self.out.push_str("\\\""),
                    '\n' => self.out.push_str("\\n"),
                    c => self.out.push(c),
                }
            }
            self.out.push('"');
        }
        if separator == ',' {
            self.out.push('}');
        }
        let _ = writeln!(self.out, " {value}");
    }

    pub fn finish(self) -> String {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_as_prometheus_reads_it() {
        let mut text = Exposition::new(&[("job", "a\"b\\c\nd")]);
        text.counter("x_total", "Things.");
        text.sample(&[("k", "v")], 3);
        text.known(&[("k", "none")], None::<u64>);
        text.histogram("y_seconds", "Durations.");
        text.classes(&[], &[0.001, 0.5], &[1, 2, 4], 7.5);
        let wanted = r#"# HELP x_total Things.
# TYPE x_total counter
x_total{job="a\"b\\c\nd",k="v"} 3
# HELP y_seconds Durations.
# TYPE y_seconds histogram
y_seconds_bucket{job="a\"b\\c\nd",le="0.001"} 1
y_seconds_bucket{job="a\"b\\c\nd",le="0.5"} 3
y_seconds_bucket{job="a\"b\\c\nd",le="+Inf"} 7
y_seconds_sum{job="a\"b\\c\nd"} 7.5
y_seconds_count{job="a\"b\\c\nd"} 7
"#;
        assert_eq!(text.finish(), wanted);
        let mut bare = Exposition::new(&[]);
        bare.gauge("z", "Z.");
        bare.sample(&[], 1);
        assert!(bare.finish().ends_with("\nz 1\n"));
    }
}
