//! A state plan for people.

use std::fmt::Write;

use super::{Fate, StatePlan, Subject};

/// Characters of an operator that are shown.
const SHOWN: usize = 100;

impl StatePlan {
    /// One line a node and source, with its reason below it; ended by a newline.
    pub fn text(&self) -> String {
        let of = |subject, fate| {
            let entries = self.entries.iter();
            entries.filter(|entry| entry.subject == subject && entry.fate == fate).count()
        };
        let fates = [Fate::Kept, Fate::New, Fate::Rebuilt, Fate::Dropped];
        let counts: Vec<String> = fates
            .into_iter()
            .map(|fate| (fate, of(Subject::State, fate)))
            .filter(|(_, count)| *count > 0)
            .map(|(fate, count)| format!("{count} {}", words(fate)))
            .collect();
        let mut out = match counts[..] {
            [] => "state: no operator keeps any\n".to_owned(),
            _ => format!("state of operators: {}\n", counts.join(", ")),
        };
        for subject in [Subject::State, Subject::Position] {
            for entry in self.entries.iter().filter(|entry| entry.subject == subject) {
                let what = match subject {
                    Subject::State => clipped(&entry.shown),
                    Subject::Position => format!("position of {}", entry.shown),
                };
                let place = entry.place.as_ref().map_or_else(String::new, |place| format!("  at {place}"));
                let fate = match entry.narrowed.is_empty() {
                    true => entry.fate.name().to_owned(),
                    false => format!("{} (rows narrowed)", entry.fate.name()),
                };
                let _ = writeln!(out, "  {fate:<8} {} {what}{place}", entry.address);
                if let Some(reason) = &entry.reason {
                    let _ = writeln!(out, "           {}", reason_line(reason));
                }
            }
        }
        out
    }
}

fn words(fate: Fate) -> &'static str {
    match fate {
        Fate::Rebuilt => "rebuilt (starts empty)",
        other => other.name(),
    }
}

fn reason_line(reason: &str) -> String {
    let mut line = reason.replace('\n', " ");
    if line.chars().count() > 3 * SHOWN {
        line = line.chars().take(3 * SHOWN).collect();
        line.push('…');
    }
    line
}

fn clipped(text: &str) -> String {
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    let mut clipped: String = text.chars().take(SHOWN).collect();
    clipped.push('…');
    clipped
}
