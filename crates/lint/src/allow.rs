//! Comments that allow what a rule finds: `-- streamsql: allow(L001, L007)`.

use std::collections::HashMap;

/// What the comments of the files allow.
pub struct Allowed<'a> {
    read: &'a dyn Fn(&str) -> Option<String>,
    files: HashMap<String, Comments>,
}

/// Codes by the line for which they count; 0 is the whole file.
#[derive(Default)]
struct Comments(HashMap<usize, Vec<String>>);

impl<'a> Allowed<'a> {
    pub fn new(read: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { read, files: HashMap::new() }
    }

    pub fn allows(&mut self, code: &str, file: &str, line: usize) -> bool {
        let read = self.read;
        let comments = self
            .files
            .entry(file.to_owned())
            .or_insert_with(|| read(file).map_or_else(Comments::default, |text| Comments::of(&text)));
        [0, line].iter().filter_map(|line| comments.0.get(line)).flatten().any(|allowed| allowed == code)
    }
}

impl Comments {
    fn of(text: &str) -> Self {
        let mut found: HashMap<usize, Vec<String>> = HashMap::new();
        let mut waiting: Vec<String> = Vec::new();
        // Before the first statement comments count for the file; they then do not wait for a line.
        let mut head = true;
        for (number, line) in text.lines().enumerate() {
            let number = number + 1;
            let codes = codes_of(line);
            let bare = line.trim();
            let is_comment = bare.is_empty() || bare.starts_with("--");
            if !is_comment {
                head = false;
                found.entry(number).or_default().append(&mut waiting);
                found.entry(number).or_default().extend(codes);
            } else if head {
                found.entry(0).or_default().extend(codes);
            } else {
                waiting.extend(codes);
            }
        }
        Self(found)
    }
}

fn codes_of(line: &str) -> Vec<String> {
    let Some((_, comment)) = line.split_once("--") else { return Vec::new() };
    let Some(rest) = comment.trim_start().strip_prefix("streamsql:") else { return Vec::new() };
    let Some(list) = rest.trim_start().strip_prefix("allow(") else { return Vec::new() };
    let list = list.split(')').next().unwrap_or_default();
    list.split(',').map(|code| code.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_count_for_their_line_the_next_or_the_file() {
        let text = "-- streamsql: allow(L009)\nSELECT 1, -- streamsql: allow(L001)\n\n-- streamsql: allow(L002, L003): why\n2";
        let read = |_: &str| Some(text.to_owned());
        let mut allowed = Allowed::new(&read);
        for (code, line, expected) in [
            ("L009", 5, true),
            ("L001", 2, true),
            ("L001", 3, false),
            ("L002", 5, true),
            ("L003", 5, true),
            ("L002", 2, false),
        ] {
            assert_eq!(allowed.allows(code, "f", line), expected, "{code} in {line}");
        }
    }
}
