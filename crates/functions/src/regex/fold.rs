//! Java's case folding under the flags `iu`: a character stands for all whose upper case has the same lower case.

use std::sync::OnceLock;

/// A character with its upper case and that one's lower case, where they are not all the same.
type Folded = (char, char, char);

/// The last character that has cases.
const LAST: char = '\u{1E943}';

/// `Character.toUpperCase`: what becomes several characters stays.
fn upper(c: char) -> char {
    single(c, c.to_uppercase())
}

/// `Character.toLowerCase`.
fn lower(c: char) -> char {
    if c == 'İ' { 'i' } else { single(c, c.to_lowercase()) }
}

fn single(c: char, mut cased: impl ExactSizeIterator<Item = char>) -> char {
    if cased.len() == 1 { cased.next().unwrap_or(c) } else { c }
}

fn all_folded() -> &'static [Folded] {
    static ALL: OnceLock<Vec<Folded>> = OnceLock::new();
    ALL.get_or_init(|| {
        let folded = |c| (c, upper(c), lower(upper(c)));
        ('A'..=LAST).map(folded).filter(|(c, up, low)| c != up || c != low).collect()
    })
}

/// The other characters that match `c`.
pub fn alike(c: char) -> impl Iterator<Item = char> {
    let low = lower(upper(c));
    let others = all_folded().iter().filter(move |folded| folded.2 == low).map(|folded| folded.0);
    others.chain(std::iter::once(low)).filter(move |other| *other != c)
}

/// The characters outside of a range that match one in it.
pub fn alike_range(low: char, high: char) -> impl Iterator<Item = char> {
    let range = low..=high;
    let folded = all_folded().iter();
    folded
        .filter(move |(c, up, lower)| !range.contains(c) && (range.contains(up) || range.contains(lower)))
        .map(|folded| folded.0)
}
