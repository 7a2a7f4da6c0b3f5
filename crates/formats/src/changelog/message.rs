//! Where the parts of a message stand. A message is checked once to be JSON and its members are remembered by their
//! places; values are converted from there. Of a name that comes twice the last value counts, as in a tree.

use crate::json::convert;
use crate::json::scan::{Fault, Scanner};
use crate::names::Names;

/// A scanner at a place of a text.
pub fn at(json: &str, place: usize) -> Scanner<'_> {
    let mut scanner = Scanner::new(json);
    scanner.at = place;
    scanner
}

/// Passes the object at the scanner; `places` tells where the value of each name stands.
pub fn members(
    scanner: &mut Scanner<'_>,
    names: &mut Names,
    places: &mut Vec<Option<usize>>,
) -> Result<(), Fault> {
    places.clear();
    places.resize(names.len(), None);
    scanner.expect(b'{')?;
    let mut expected = 0;
    for ordinal in 0.. {
        let Some(position) = convert::key(scanner, names, ordinal, expected)? else { break };
        if let Some(position) = position {
            places[position] = Some(scanner.at);
            expected = position + 1;
        }
        scanner.skip()?;
        scanner.space();
        if scanner.take(b'}') {
            break;
        }
        if !scanner.take(b',') {
            return Err(scanner.unexpected("',' or '}'"));
        }
    }
    Ok(())
}

/// Where the elements of an array stand.
pub fn elements(json: &str, place: usize) -> Result<Vec<usize>, Fault> {
    let mut scanner = at(json, place);
    let mut places = Vec::new();
    scanner.expect(b'[')?;
    scanner.space();
    if scanner.take(b']') {
        return Ok(places);
    }
    loop {
        scanner.space();
        places.push(scanner.at);
        scanner.skip()?;
        scanner.space();
        if scanner.take(b']') {
            return Ok(places);
        }
        if !scanner.take(b',') {
            return Err(scanner.unexpected("',' or ']'"));
        }
    }
}

/// Which names are keys of the value at a place, at any depth (Jackson `JsonNode.findValue`). The value was passed before.
pub fn named_within(json: &str, place: usize, names: &Names) -> Result<Vec<bool>, Fault> {
    let mut found = vec![false; names.len()];
    let mut scanner = at(json, place);
    scanner.skip()?;
    let end = scanner.at;
    scanner.at = place;
    while scanner.at < end {
        if scanner.peek() != Some(b'"') {
            scanner.at += 1;
            continue;
        }
        let text = scanner.string()?;
        scanner.space();
        if scanner.peek() == Some(b':')
            && let Some(position) = names.position(&text.unescaped(), usize::MAX)
        {
            found[position] = true;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_where_they_stand() {
        let json = r#" {"a" : [1, {"b":2}, "x:"], "c":{}, "a":[ ],"d":null}"#;
        let mut names = Names::new(["a", "c", "d", "e"].map(str::to_owned).to_vec());
        let mut places = Vec::new();
        for _ in 0..2 {
            members(&mut at(json, 1), &mut names, &mut places).unwrap();
            let texts: Vec<Option<&str>> = places.iter().map(|p| p.map(|p| &json[p..p + 2])).collect();
            assert_eq!(texts, [Some("[ "), Some("{}"), Some("nu"), None]);
        }
        assert_eq!(elements("[ ]", 0).unwrap(), Vec::<usize>::new());
        assert_eq!(elements(r#"[ 1 ,[2,3],"]"]"#, 0).unwrap(), [2, 5, 11]);
        let names = Names::new(["a", "b", "x"].map(str::to_owned).to_vec());
        let within = |json: &str| named_within(json, 0, &names).unwrap();
        assert_eq!(within(r#"[{"c":{"\u0062" :null}},"a"]"#), [false, true, false]);
        assert_eq!(within(r#"{"y":"x:","z":["x"]} , "a":1"#), [false, false, false]);
    }
}
