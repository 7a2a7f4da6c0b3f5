//! Places in texts: counted in characters, or in UTF-16 units where Flink works on Java strings.

/// The number of characters.
pub fn char_count(s: &str) -> usize {
    if s.is_ascii() { s.len() } else { s.chars().count() }
}

/// The part of `s` from character `from`, `length` characters long.
pub(super) fn slice(s: &str, from: usize, length: usize) -> &str {
    if s.is_ascii() {
        let from = from.min(s.len());
        return &s[from..from.saturating_add(length).min(s.len())];
    }
    let at = |s: &str, n: usize| s.char_indices().nth(n).map_or(s.len(), |(at, _)| at);
    let rest = &s[at(s, from)..];
    &rest[..at(rest, length)]
}

/// The length in UTF-16, in which Flink counts where it works on Java strings.
pub(super) fn utf16_length(s: &str) -> usize {
    if s.is_ascii() { s.len() } else { s.encode_utf16().count() }
}

/// Appends what stands between the UTF-16 positions of each part, in turn. Java writes half of a surrogate pair as `?`,
/// unless the other half happens to follow.
pub(super) fn push_utf16(parts: &[(&str, usize, usize)], out: &mut String) {
    if parts.iter().all(|(s, ..)| s.is_ascii()) {
        for (s, from, to) in parts {
            let to = (*to).min(s.len());
            out.push_str(&s[(*from).min(to)..to]);
        }
        return;
    }
    let units =
        parts.iter().flat_map(|(s, from, to)| s.encode_utf16().skip(*from).take(to.saturating_sub(*from)));
    out.extend(char::decode_utf16(units).map(|c| c.unwrap_or('?')));
}

/// 1-based place of `needle` in `hay` from the 1-based `start`, 0 where it is not; an empty needle is always at 1.
pub fn position(hay: &str, needle: &str, start: i32) -> i32 {
    if needle.is_empty() {
        return 1;
    }
    // Flink subtracts 1 from the start, which wraps for the least INT.
    let skipped = start.wrapping_sub(1).max(0) as usize;
    let rest = slice(hay, skipped, usize::MAX);
    match rest.find(needle) {
        Some(at) => (skipped + char_count(&rest[..at])) as i32 + 1,
        None => 0,
    }
}

/// INSTR(text, sought, start, n): place of the n-th appearance from `start`, from the end for a negative one.
pub fn instr(hay: &str, needle: &str, start: i32, appearance: i32) -> Result<i32, String> {
    if appearance <= 0 {
        return Err("the number of the appearance must be positive".to_owned());
    }
    if start == 0 {
        return Ok(0);
    }
    if start < 0 {
        let reversed = |s: &str| s.chars().rev().collect::<String>();
        let found = instr(&reversed(hay), &reversed(needle), start.saturating_neg(), appearance)?;
        let back = char_count(hay) as i32 + 2 - found - char_count(needle) as i32;
        return Ok(if found == 0 { 0 } else { back });
    }
    let (mut from, mut found) = (start, 0);
    for _ in 0..appearance {
        found = position(hay, needle, from);
        if found == 0 {
            return Ok(0);
        }
        from = found + 1;
    }
    Ok(found)
}
