//! Figures and the table they are printed as.

use std::fmt::Write;

/// One measured number beside what it should be.
#[derive(Clone, Debug)]
pub struct Figure {
    pub name: String,
    pub value: f64,
    pub unit: &'static str,
    pub target: Option<Target>,
    /// How it came about: wall time, rows, peak memory.
    pub note: String,
}

/// What a figure should be.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    AtMost(f64),
    AtLeast(f64),
}

impl Figure {
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit, target: None, note: String::new() }
    }

    pub fn at_most(mut self, limit: f64) -> Self {
        self.target = Some(Target::AtMost(limit));
        self
    }

    pub fn at_least(mut self, limit: f64) -> Self {
        self.target = Some(Target::AtLeast(limit));
        self
    }

    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

/// A Markdown table, one line a figure.
pub fn table(figures: &[Figure]) -> String {
    let mut text = String::from("| figure | value | target | | |\n|---|---:|---:|---|---|\n");
    for figure in figures {
        let (target, verdict) = match figure.target {
            None => (String::new(), ""),
            Some(Target::AtMost(limit)) => {
                (format!("≤ {}", number(limit)), if figure.value <= limit { "met" } else { "missed" })
            }
            Some(Target::AtLeast(limit)) => {
                (format!("≥ {}", number(limit)), if figure.value >= limit { "met" } else { "missed" })
            }
        };
        let _ = writeln!(
            text,
            "| {} | {} {} | {target} | {verdict} | {} |",
            figure.name,
            number(figure.value),
            figure.unit,
            figure.note
        );
    }
    text
}

/// Three significant digits where there are decimals, thousands apart where there are not.
fn number(value: f64) -> String {
    if value.abs() < 100.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{:.0}", value);
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_was_met() {
        let figures = [
            Figure::new("clicks", 0.873, "µs").at_most(1.0),
            Figure::new("upserts", 59_999.0, "rows/s").at_least(60_000.0).note("1 run"),
        ];
        let text = table(&figures);
        assert!(text.contains("| clicks | 0.87 µs | ≤ 1.00 | met |  |"), "{text}");
        assert!(text.contains("| upserts | 59,999 rows/s | ≥ 60,000 | missed | 1 run |"), "{text}");
    }
}
