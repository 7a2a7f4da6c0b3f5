//! Lines and columns of a text. Thousands of places may lie in one long line: none is gone through to find them.

/// Characters between two stops.
const STRIDE: usize = 128;

/// Where the lines of a text start, and where its characters are.
#[derive(Clone, Debug)]
pub struct Lines {
    /// For each line its first byte and the number of characters before it.
    starts: Vec<(usize, usize)>,
    /// The byte offset of every [`STRIDE`]th character; empty where every character is one byte.
    stops: Vec<usize>,
}

impl Lines {
    pub fn of(text: &str) -> Self {
        let mut starts = vec![(0, 0)];
        if text.is_ascii() {
            starts.extend(line_ends(text).map(|end| (end + 1, end + 1)));
            return Self { starts, stops: Vec::new() };
        }
        let mut stops = Vec::with_capacity(text.len() / STRIDE + 1);
        for (count, (at, c)) in text.char_indices().enumerate() {
            if count % STRIDE == 0 {
                stops.push(at);
            }
            if c == '\n' {
                starts.push((at + 1, count + 1));
            }
        }
        Self { starts, stops }
    }

    /// A line (from 0) behind so many characters, without its end; empty for one that is not there.
    pub fn rest_of_line<'t>(&self, text: &'t str, number: usize, skipped: usize) -> &'t str {
        let Some(&(_, before)) = self.starts.get(number) else { return "" };
        let end = self.starts.get(number + 1).map_or(text.len(), |(start, _)| *start);
        let start = self.byte_of(text, before + skipped).min(end);
        text[start..end].trim_end_matches(['\n', '\r'])
    }

    /// The byte of a line (from 0) behind so many characters; `None` for a line that is not there.
    pub fn byte_at(&self, text: &str, number: usize, skipped: usize) -> Option<usize> {
        let &(_, before) = self.starts.get(number)?;
        Some(self.byte_of(text, before + skipped))
    }

    /// The line (from 0) of a byte, and that line's first byte.
    pub fn line_of(&self, byte: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|(start, _)| *start <= byte).max(1) - 1;
        (line, self.starts[line].0)
    }

    fn byte_of(&self, text: &str, character: usize) -> usize {
        if self.stops.is_empty() {
            return character.min(text.len());
        }
        let Some(&stop) = self.stops.get(character / STRIDE) else { return text.len() };
        let behind = text[stop..].char_indices().nth(character % STRIDE);
        behind.map_or(text.len(), |(at, _)| stop + at)
    }
}

fn line_ends(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_found_as_by_counting() {
        let mut text = String::new();
        for i in 0..400 {
            text.push_str(["a", "é", "漢", "😀", "\n", "\r\n"][(i * i + i / 7) % 6]);
        }
        for text in [text.as_str(), "", "\n", "ab\ncd", "ab\r\ncd\n", "é"] {
            let lines = Lines::of(text);
            let naive: Vec<&str> = text.split('\n').collect();
            for (number, line) in naive.iter().enumerate() {
                for skipped in 0..line.chars().count() + 3 {
                    let rest: String = line.chars().skip(skipped).collect();
                    let found = lines.rest_of_line(text, number, skipped);
                    assert_eq!(found, rest.trim_end_matches('\r'), "line {number} behind {skipped}");
                }
            }
            assert_eq!(lines.rest_of_line(text, naive.len(), 0), "");
        }
    }
}
