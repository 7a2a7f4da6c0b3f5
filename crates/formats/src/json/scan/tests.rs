//! Texts and numbers that the scanner must tell from each other.

use super::*;

fn skip(json: &str) -> Result<usize, Fault> {
    let mut scanner = Scanner::new(json);
    scanner.space();
    scanner.skip()?;
    Ok(scanner.at)
}

#[test]
fn values_are_skipped_whole() {
    for good in [
        "{}",
        "[]",
        r#"[{"a":[]},{"b":{}},1.5e-3,"x\u00e9",null,true]"#,
        " {\"a\" : [ 1 , 2 ] }",
        "-0.5",
        "\"tab\there\"",
    ] {
        assert_eq!(skip(good), Ok(good.len()), "{good}");
    }
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert_eq!(skip(&deep), Ok(deep.len()));
}

#[test]
fn short_decimals_are_numbers_that_fit() {
    let read = |text: &str, precision, scale| {
        let mut scanner = Scanner::new(text);
        let units = scanner.short_decimal(precision, scale);
        assert_eq!(scanner.at, if units.is_some() { text.trim_end_matches(',').len() } else { 0 }, "{text}");
        units
    };
    for (text, units) in [
        ("4.5,", Some(450)),
        ("-4.25,", Some(-425)),
        ("0.07", Some(7)),
        ("-0.0", Some(0)),
        ("12", Some(1_200)),
        ("9999.99", Some(999_999)),
        ("10000", None),
        ("1.234", None),
        ("1.2e1", None),
        ("1E2", None),
        ("01.5", None),
        ("00", None),
        ("1.", None),
        ("1.2.3", None),
        (".5", None),
        ("-", None),
        ("-.5", None),
        ("x", None),
        ("", None),
    ] {
        assert_eq!(read(text, 6, 2), units, "{text}");
    }
    assert_eq!(read("123456789012345678", 38, 0), Some(123_456_789_012_345_678));
    assert_eq!(read("1234567890123456789", 38, 0), None);
    assert_eq!(read("1", 38, 18), None);
    assert_eq!(read("0.000000000000000001", 38, 18), None, "nineteen digits");
}

#[test]
fn agrees_with_a_full_parser_on_damaged_values() {
    let good = r#"{"a":"t\"x","b":[1,2.5,{"c":null},[[]]],"x":true}"#;
    for position in 0..good.len() {
        for byte in *b"{}[]\",:0a\\ -.e" {
            let mut bytes = good.as_bytes().to_vec();
            bytes[position] = byte;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            let parsed = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            let whole = skip(&text) == Ok(text.trim_end().len());
            assert_eq!(whole, parsed, "{text}");
        }
    }
}

#[test]
fn the_end_of_a_text_is_found_wherever_it_is() {
    for length in 0..80 {
        for filler in ["a", "\u{1}", "!", "#", "[", "]", "é"] {
            let text: String = filler.repeat(length);
            assert_eq!(quote_or_backslash(text.as_bytes()), None, "{text}");
            for end in ["\"", "\\", "\"\\", "\\\"", "\"#", "\\]"] {
                let ended = format!("{text}{end}{}", filler.repeat(9));
                assert_eq!(quote_or_backslash(ended.as_bytes()), Some(text.len()), "{ended}");
            }
        }
    }
}

#[test]
fn escapes() {
    let unescaped = |raw: &str| {
        let quoted = format!("\"{raw}\"");
        Scanner::new(&quoted).string().map(|text| text.unescaped().into_owned())
    };
    assert_eq!(unescaped(r"a\n\u00e9\ud83d\ude00\/").unwrap(), "a\né😀/");
    assert_eq!(unescaped(r"\ud800x").unwrap(), "?x");
    assert_eq!(unescaped(r"\ud83d\ud83d\ude00").unwrap(), "?😀");
    for bad in [r"\u12", r"\x", r"\u12g4", r"\"] {
        assert!(unescaped(bad).is_err(), "{bad}");
    }
}
