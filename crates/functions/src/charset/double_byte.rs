//! Charsets of one or two bytes a character: tables of the WHATWG with Java's differences.
//!
//! What Java's decoder does with bytes that stand for nothing: `sun.nio.cs.DoubleByte`.

use std::collections::HashMap;
use std::sync::OnceLock;

use encoding_rs::{EncoderResult, Encoding};

/// How Java's charset differs from its table.
struct Definition {
    /// Names and aliases in upper case.
    names: &'static [&'static str],
    table: &'static str,
    /// First and last pair of bytes that stand for nothing.
    absent: &'static [(u16, u16)],
    /// The least second byte of a pair.
    least_trail: u8,
    /// First and last pair and the first of the characters that they stand for.
    others: &'static [(u16, u16, u32)],
    /// Characters that are written as the pair or the byte of another one; what is not written as '?'.
    written: &'static [(char, u16)],
}

const DEFINITIONS: &[Definition] = &[
    Definition {
        names: &["GBK", "CP936", "WINDOWS-936"],
        table: "GBK",
        absent: &[],
        least_trail: 0x00,
        others: &[
            (0xa3a0, 0xa3a0, 0xe5e5),
            (0xa6d9, 0xa6df, 0xe78d),
            (0xa6ec, 0xa6ed, 0xe794),
            (0xa6f3, 0xa6f3, 0xe796),
            (0xa892, 0xa892, 0x2641),
            (0xa8bc, 0xa8bc, 0xe7c7),
            (0xa8bf, 0xa8bf, 0xe7c8),
            (0xa989, 0xa995, 0xe7e7),
            (0xfe50, 0xfe50, 0xe815),
            (0xfe54, 0xfe6b, 0xe819),
            (0xfe6d, 0xfe75, 0xe832),
            (0xfe77, 0xfe7e, 0xe83c),
            (0xfe80, 0xfe90, 0xe844),
            (0xfe92, 0xfea0, 0xe856),
        ],
        written: &[],
    },
    Definition {
        names: &["GB2312", "GB2312-80", "GB2312-1980", "EUC-CN", "EUC_CN", "EUCCN", "X-EUC-CN"],
        table: "GBK",
        absent: &[
            (0x8000, 0xa0ff),
            (0xa2a1, 0xa2b0),
            (0xa2e3, 0xa2e4),
            (0xa2ef, 0xa2f0),
            (0xa2fd, 0xa2fe),
            (0xa4f4, 0xa4fe),
            (0xa5f7, 0xa5fe),
            (0xa6b9, 0xa6c0),
            (0xa6d9, 0xa6fe),
            (0xa7c2, 0xa7d0),
            (0xa7f2, 0xa7fe),
            (0xa8bb, 0xa8c4),
            (0xa8ea, 0xa8fe),
            (0xa9a1, 0xa9a3),
            (0xa9f0, 0xafff),
            (0xd7fa, 0xd7fe),
            (0xf800, 0xffff),
        ],
        least_trail: 0xa1,
        others: &[(0xa1a4, 0xa1a4, 0x30fb), (0xa1aa, 0xa1aa, 0x2015)],
        written: &[],
    },
    Definition {
        names: &["SHIFT_JIS", "SHIFT-JIS", "SJIS", "X-SJIS", "MS_KANJI", "CSSHIFTJIS"],
        table: "Shift_JIS",
        absent: &[(0x8500, 0x87ff), (0xed00, 0xfcff)],
        least_trail: 0x00,
        others: &[
            (0x815c, 0x815c, 0x2014),
            (0x8160, 0x8160, 0x301c),
            (0x8161, 0x8161, 0x2016),
            (0x817c, 0x817c, 0x2212),
            (0x8191, 0x8192, 0xa2),
            (0x81ca, 0x81ca, 0xac),
        ],
        written: &[('¥', 0x5c), ('‾', 0x7e)],
    },
    Definition {
        names: &["WINDOWS-31J", "MS932", "WINDOWS-932", "CSWINDOWS31J"],
        table: "Shift_JIS",
        absent: &[],
        least_trail: 0x00,
        others: &[],
        written: &[
            ('¢', 0x8191),
            ('£', 0x8192),
            ('«', 0x81e1),
            ('¬', 0x81ca),
            ('¯', 0x8150),
            ('µ', 0x83ca),
            ('·', 0x8145),
            ('¸', 0x8143),
            ('»', 0x81e2),
            ('\u{3094}', 0x8394),
            ('\u{2212}', 0x3f),
            ('¥', 0x5c),
            ('‾', 0x7e),
        ],
    },
    Definition {
        names: &[
            "EUC-KR",
            "EUC_KR",
            "EUCKR",
            "CSEUCKR",
            "KSC5601",
            "5601",
            "KSC_5601",
            "KSC5601-1987",
            "KSC5601_1987",
            "KS_C_5601-1987",
        ],
        table: "EUC-KR",
        absent: &[(0x8000, 0xa0ff)],
        least_trail: 0xa1,
        others: &[(0xa2e8, 0xa2e8, 0x327e)],
        written: &[],
    },
    Definition {
        names: &["X-WINDOWS-949", "MS949", "MS_949", "WINDOWS949", "WINDOWS-949"],
        table: "EUC-KR",
        absent: &[],
        least_trail: 0x00,
        others: &[(0xc9a1, 0xc9fe, 0xe000), (0xfea1, 0xfefe, 0xe05e)],
        written: &[],
    },
    Definition {
        names: &["BIG5", "CSBIG5"],
        table: "Big5",
        absent: &[
            (0x8000, 0xa0ff),
            (0xa1c3, 0xa1c3),
            (0xa1c5, 0xa1c5),
            (0xa3c0, 0xa3e1),
            (0xc7fd, 0xc8fe),
            (0xf9d6, 0xffff),
        ],
        least_trail: 0x00,
        others: &[
            (0xa145, 0xa145, 0x2022),
            (0xa14e, 0xa14e, 0xff64),
            (0xa15a, 0xa15a, 0xff3f),
            (0xa1c2, 0xa1c2, 0x203e),
            (0xa1e3, 0xa1e3, 0x223c),
            (0xa1f2, 0xa1f2, 0x2641),
            (0xa1f3, 0xa1f3, 0x2609),
            (0xa1fe, 0xa1fe, 0x2571),
            (0xa240, 0xa240, 0x2572),
            (0xa241, 0xa241, 0xff0f),
            (0xa242, 0xa242, 0xff3c),
            (0xa244, 0xa244, 0xa5),
            (0xa246, 0xa247, 0xa2),
            (0xc6a1, 0xc6a1, 0x30fe),
            (0xc6a2, 0xc6a3, 0x309d),
            (0xc6a4, 0xc6a4, 0x3005),
            (0xc6a5, 0xc6f7, 0x3041),
            (0xc6f8, 0xc6fe, 0x30a1),
            (0xc740, 0xc77e, 0x30a8),
            (0xc7a1, 0xc7b0, 0x30e7),
            (0xc7b1, 0xc7b2, 0x414),
            (0xc7b3, 0xc7b3, 0x401),
            (0xc7b4, 0xc7ba, 0x416),
            (0xc7bb, 0xc7cd, 0x423),
            (0xc7ce, 0xc7ce, 0x451),
            (0xc7cf, 0xc7e8, 0x436),
            (0xc7e9, 0xc7f2, 0x2460),
            (0xc7f3, 0xc7fc, 0x2474),
        ],
        written: &[],
    },
];

/// What the bytes of a charset stand for, and what its characters are written as.
pub(super) struct DoubleByte {
    /// A character that one byte stands for; 0xFFFD for none.
    singles: [char; 256],
    pairs: HashMap<u16, char>,
    leads: [bool; 256],
    written: HashMap<char, u16>,
}

impl DoubleByte {
    /// The charset of an upper-case name or alias of Java.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        static BUILT: [OnceLock<Option<DoubleByte>>; DEFINITIONS.len()] =
            [const { OnceLock::new() }; DEFINITIONS.len()];
        let index = DEFINITIONS.iter().position(|definition| definition.names.contains(&name))?;
        BUILT[index].get_or_init(|| Self::build(&DEFINITIONS[index])).as_ref()
    }

    fn build(definition: &Definition) -> Option<Self> {
        let table = Encoding::for_label(definition.table.as_bytes())?;
        let mut built = Self {
            singles: ['\u{fffd}'; 256],
            pairs: HashMap::new(),
            leads: [false; 256],
            written: HashMap::new(),
        };
        for byte in 0..=u8::MAX {
            // The table has controls for bytes that Java leaves out.
            match only_char(table, &[byte]) {
                Some(c) if byte.is_ascii() || !c.is_control() && c != '€' => {
                    built.singles[usize::from(byte)] = c
                }
                _ => {}
            }
        }
        for pair in 0x8000..=u16::MAX {
            let [lead, trail] = pair.to_be_bytes();
            let absent = built.singles[usize::from(lead)] != '\u{fffd}'
                || trail < definition.least_trail
                || definition.absent.iter().any(|(first, last)| (*first..=*last).contains(&pair));
            if let Some(c) = only_char(table, &[lead, trail]).filter(|_| !absent) {
                built.pairs.insert(pair, c);
            }
        }
        for (first, last, c) in definition.others {
            let pairs = (*first..=*last).filter(|pair| pair & 0xff != 0x7f);
            built.pairs.extend(pairs.zip(*c..).filter_map(|(pair, c)| Some((pair, char::from_u32(c)?))));
        }
        for (pair, c) in &built.pairs {
            built.leads[usize::from(pair >> 8)] = true;
            // Of several pairs for a character the table tells the one to write.
            let preferred = written_pair(table, *c).filter(|pair| built.pairs.get(pair) == Some(c));
            let written = built.written.entry(*c).or_insert(*pair);
            *written = preferred.unwrap_or(*pair.min(written));
        }
        built.written.extend(definition.written.iter().copied());
        Some(built)
    }

    /// Appends the text that the bytes stand for.
    pub(super) fn decode(&self, bytes: &[u8], out: &mut String) {
        let mut rest = bytes;
        while let [first, behind @ ..] = rest {
            rest = behind;
            let single = self.singles[usize::from(*first)];
            let [second, behind @ ..] = rest else {
                out.push(single);
                break;
            };
            if single != '\u{fffd}' {
                out.push(single);
                continue;
            }
            match self.pairs.get(&u16::from_be_bytes([*first, *second])) {
                Some(c) => {
                    out.push(*c);
                    rest = behind;
                }
                None => {
                    out.push('\u{fffd}');
                    // A byte that can stand alone or start a pair is not lost with the one before it.
                    let starts =
                        self.leads[usize::from(*second)] || self.singles[usize::from(*second)] != '\u{fffd}';
                    if self.leads[usize::from(*first)] && !starts {
                        rest = behind;
                    }
                }
            }
        }
    }

    /// Appends the bytes of a text; `?` for what the charset has not.
    pub(super) fn encode(&self, s: &str, out: &mut Vec<u8>) {
        for c in s.chars() {
            if c.is_ascii() {
                out.push(c as u8);
                continue;
            }
            match self.written.get(&c) {
                Some(pair @ 0x100..) => out.extend(pair.to_be_bytes()),
                Some(byte) => out.push(*byte as u8),
                None => {
                    let single = self.singles.iter().position(|single| *single == c && c != '\u{fffd}');
                    out.push(single.and_then(|byte| u8::try_from(byte).ok()).unwrap_or(b'?'));
                }
            }
        }
    }
}

/// The character that the bytes stand for as a whole.
fn only_char(table: &'static Encoding, bytes: &[u8]) -> Option<char> {
    let text = table.decode_without_bom_handling_and_without_replacement(bytes)?;
    let mut chars = text.chars();
    let c = chars.next()?;
    chars.next().is_none().then_some(c)
}

/// The pair of bytes that the table writes a character as.
fn written_pair(table: &'static Encoding, c: char) -> Option<u16> {
    let mut bytes = [0; 4];
    let mut buffer = [0; 4];
    let text = c.encode_utf8(&mut buffer);
    let (result, _, written) =
        table.new_encoder().encode_from_utf8_without_replacement(text, &mut bytes, true);
    (result == EncoderResult::InputEmpty && written == 2).then_some(u16::from_be_bytes([bytes[0], bytes[1]]))
}
