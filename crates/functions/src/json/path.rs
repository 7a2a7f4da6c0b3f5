//! The grammar of JSON paths: `lax|strict`, then a path of Jayway JsonPath.

use super::Json;
use super::filter::{Filter, literal, parse_filter};

/// Whether missing parts are errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Lax,
    /// Also without a word.
    Strict,
}

impl Mode {
    /// The mode that a path names, whatever follows.
    pub fn of(path: &str) -> Self {
        split_mode(path).0
    }
}

/// A compiled path.
#[derive(Clone, Debug)]
pub struct Path {
    pub mode: Mode,
    pub tokens: Vec<Token>,
    pub function: Option<PathFunction>,
}

/// One step of a path.
#[derive(Clone, Debug)]
pub enum Token {
    /// `.name`, `['name']`, `['a','b']`.
    Properties(Vec<String>),
    /// `[1]`, `[-1]`, `[0,2]`.
    Indices(Vec<i64>),
    /// `[from:to]`.
    Slice(Option<i64>, Option<i64>),
    /// `.*`, `[*]`.
    Wildcard,
    /// `..`: the next token anywhere below.
    Scan,
    /// `[?(…)]`.
    Filter(Filter),
}

impl Token {
    /// Whether it gives one value at most; several properties at the end of a path are one merged object.
    pub fn is_definite(&self, last: bool) -> bool {
        match self {
            Self::Properties(names) => names.len() == 1 || last,
            Self::Indices(indices) => indices.len() == 1,
            _ => false,
        }
    }
}

/// A function at the end of a path, with the literals in its parentheses.
#[derive(Clone, Debug, PartialEq)]
pub struct PathFunction {
    pub kind: FunctionKind,
    pub literals: Vec<Json>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    Length,
    Keys,
    Min,
    Max,
    Sum,
    Average,
    Deviation,
    Concat,
    Append,
    /// Fails on every row where it is reached.
    Failing,
}

/// Why a path cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathError {
    /// Jayway refuses it when a row comes: the row's error behaviour applies.
    Invalid(String),
    Unsupported(String),
}

impl Path {
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let (mode, rest) = split_mode(text);
        let mut chars: Vec<char> = rest.trim().chars().collect();
        if !matches!(chars.first(), Some('$' | '@')) {
            chars.splice(0..0, "$.".chars());
        }
        if chars.last() == Some(&'.') {
            return Err(PathError::Invalid("a path must not end with a '.'".to_owned()));
        }
        let mut parser = PathParser { chars, at: 1 };
        let (tokens, function) = parser.tokens()?;
        if parser.at < parser.chars.len() {
            return Err(parser.invalid());
        }
        if let (Some(Token::Scan), Some(PathFunction { kind: FunctionKind::Length, .. })) =
            (tokens.first(), &function)
        {
            let message = "length() behind '..' in a JSON path is not supported".to_owned();
            return Err(PathError::Unsupported(message));
        }
        Ok(Self { mode, tokens, function })
    }

    pub fn is_definite(&self) -> bool {
        let last = self.tokens.len().saturating_sub(1);
        self.tokens.iter().enumerate().all(|(i, token)| token.is_definite(i == last))
    }
}

/// Refuses when planning what is not supported in a literal path.
pub fn check_path(text: &str) -> Result<(), String> {
    match Path::parse(text) {
        Err(PathError::Unsupported(message)) => Err(message),
        _ => Ok(()),
    }
}

/// `lax` or `strict`, white space, and the path itself.
fn split_mode(text: &str) -> (Mode, &str) {
    let trimmed = text.trim_start();
    for (word, mode) in [("lax", Mode::Lax), ("strict", Mode::Strict)] {
        if let Some(start) = trimmed.get(..word.len())
            && start.eq_ignore_ascii_case(word)
            && trimmed[word.len()..].starts_with(|c: char| c.is_ascii_whitespace())
            && !trimmed[word.len()..].trim().is_empty()
        {
            return (mode, trimmed[word.len()..].trim_start());
        }
    }
    (Mode::Strict, text)
}

/// Parses steps; also those of paths inside filters.
pub(super) struct PathParser {
    pub chars: Vec<char>,
    pub at: usize,
}

impl PathParser {
    pub fn invalid(&self) -> PathError {
        let path: String = self.chars.iter().collect();
        PathError::Invalid(format!("'{path}' is not a JSON path"))
    }

    pub fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    pub fn skip_space(&mut self) {
        while self.peek() == Some(' ') {
            self.at += 1;
        }
    }

    /// Steps until something that is none.
    pub fn tokens(&mut self) -> Result<(Vec<Token>, Option<PathFunction>), PathError> {
        let mut tokens = Vec::new();
        loop {
            match self.peek() {
                Some('.') => {
                    self.at += 1;
                    if self.eat('.') {
                        tokens.push(Token::Scan);
                        if self.peek().is_none_or(|c| c == '.') {
                            return Err(self.invalid());
                        }
                    }
                    match self.peek() {
                        Some('[') => {}
                        Some('*') => {
                            self.at += 1;
                            tokens.push(Token::Wildcard);
                        }
                        _ => {
                            let name = self.name()?;
                            if self.peek() == Some('(') {
                                return Ok((tokens, Some(self.function(&name)?)));
                            }
                            tokens.push(Token::Properties(vec![name]));
                            // Jayway does not look at a bracket that ends the path behind a name.
                            if self.peek() == Some('[') && self.at + 1 == self.chars.len() {
                                self.at += 1;
                            }
                        }
                    }
                }
                Some('[') => {
                    self.at += 1;
                    tokens.push(self.bracket()?);
                    // Nor at a single character behind a bracket.
                    self.at += usize::from(self.at + 1 == self.chars.len());
                }
                _ => return Ok((tokens, None)),
            }
        }
    }

    fn name(&mut self) -> Result<String, PathError> {
        let mut name = String::new();
        while let Some(c) = self.peek() {
            if matches!(c, '.' | '[' | '(') || (c == ' ' && !name.is_empty()) {
                break;
            }
            if c == ' '
                || (matches!(c, ')' | ',' | ']' | '=' | '!' | '<' | '>' | '&' | '|') && !name.is_empty())
            {
                if c == ' ' {
                    return Err(self.invalid());
                }
                break;
            }
            name.push(c);
            self.at += 1;
        }
        if name.is_empty() { Err(self.invalid()) } else { Ok(name) }
    }

    fn function(&mut self, name: &str) -> Result<PathFunction, PathError> {
        let mut kind = match name {
            "length" | "size" => FunctionKind::Length,
            "keys" => FunctionKind::Keys,
            "min" => FunctionKind::Min,
            "max" => FunctionKind::Max,
            "sum" => FunctionKind::Sum,
            "avg" => FunctionKind::Average,
            "stddev" => FunctionKind::Deviation,
            "concat" => FunctionKind::Concat,
            "append" => FunctionKind::Append,
            // Flink's version of Jayway knows `first()`, `last()`, `index(n)` and fails in them.
            _ => FunctionKind::Failing,
        };
        self.at += 1;
        let mut literals = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                Some(')') if literals.is_empty() => break,
                Some('"' | '-' | '0'..='9') => literals.push(literal(self)?),
                Some(_) if kind == FunctionKind::Failing => return Err(self.invalid()),
                Some(_) => {
                    return Err(PathError::Unsupported(format!(
                        "what stands in the parentheses of {name}() in a JSON path is not supported; numbers and texts in \
                         double quotes are"
                    )));
                }
                None => return Err(self.invalid()),
            }
            self.skip_space();
            if !self.eat(',') {
                break;
            }
        }
        if !self.eat(')') {
            return Err(self.invalid());
        }
        // Nothing can follow a function: reading such a path fails where the function is reached.
        if matches!(self.peek(), Some('.' | '[')) {
            self.tokens()?;
            kind = FunctionKind::Failing;
        }
        Ok(PathFunction { kind, literals })
    }

    /// Behind `[`, up to and with `]`.
    fn bracket(&mut self) -> Result<Token, PathError> {
        self.skip_space();
        let token = match self.peek() {
            Some('*') => {
                self.at += 1;
                Token::Wildcard
            }
            Some('\'' | '"') => {
                let mut names = Vec::new();
                loop {
                    self.skip_space();
                    names.push(self.quoted()?);
                    self.skip_space();
                    if !self.eat(',') {
                        break Token::Properties(names);
                    }
                }
            }
            Some('?') => {
                self.at += 1;
                Token::Filter(parse_filter(self)?)
            }
            _ => self.positions()?,
        };
        self.skip_space();
        if self.eat(']') { Ok(token) } else { Err(self.invalid()) }
    }

    /// A quoted text; a backslash takes the next character as it is.
    pub fn quoted(&mut self) -> Result<String, PathError> {
        let Some(quote) = self.peek().filter(|c| matches!(c, '\'' | '"')) else { return Err(self.invalid()) };
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                c if c == quote => return Ok(text),
                '\\' => match self.peek() {
                    Some(escaped) => {
                        text.push(match escaped {
                            'n' => '\n',
                            't' => '\t',
                            'r' => '\r',
                            'b' => '\u{8}',
                            'f' => '\u{c}',
                            other => other,
                        });
                        self.at += 1;
                    }
                    None => return Err(self.invalid()),
                },
                c => text.push(c),
            }
        }
        Err(self.invalid())
    }

    fn positions(&mut self) -> Result<Token, PathError> {
        let first = self.integer()?;
        self.skip_space();
        if self.eat(':') {
            self.skip_space();
            let second = self.integer()?;
            return if first.is_none() && second.is_none() {
                Err(self.invalid())
            } else {
                Ok(Token::Slice(first, second))
            };
        }
        let Some(first) = first else { return Err(self.invalid()) };
        let mut indices = vec![first];
        while self.eat(',') {
            self.skip_space();
            match self.integer()? {
                Some(index) => indices.push(index),
                None => return Err(self.invalid()),
            }
            self.skip_space();
        }
        Ok(Token::Indices(indices))
    }

    fn integer(&mut self) -> Result<Option<i64>, PathError> {
        let start = self.at;
        let _ = self.eat('-');
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start {
            return Ok(None);
        }
        let digits: String = self.chars[start..self.at].iter().collect();
        digits.parse::<i32>().map(|n| Some(n.into())).map_err(|_| self.invalid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let path = Path::parse("lax $.a['b','c'][0]").unwrap();
        assert_eq!((path.mode, path.tokens.len(), path.is_definite()), (Mode::Lax, 3, false));
        assert!(Path::parse("strict $['x.y'].z").unwrap().is_definite());
        assert!(!Path::parse("$..b").unwrap().is_definite());
        let function = |text: &str| Path::parse(text).unwrap().function.unwrap();
        assert_eq!(function("$.a.length()").kind, FunctionKind::Length);
        assert_eq!(function("$.a.append(1, \"x\")").literals, [Json::Int(1), Json::Text("x".into())]);
        assert!(Path::parse("nonsense").unwrap().is_definite());
        for bad in ["$[", "$.", "$.a[x]", "$[?(@.a >)]", "$..", "$a"] {
            assert!(matches!(Path::parse(bad), Err(PathError::Invalid(_))), "{bad}");
        }
        assert!(matches!(Path::parse("$.a.sum($.b)"), Err(PathError::Unsupported(_))));
    }

    #[test]
    fn no_path_panics() {
        const PIECES: &[&str] = &[
            "$", "@", ".", "..", "[", "]", "*", "a", "0", "-1", ":", ",", "'", "\"", "?(", ")", "==", ">",
            "&&", "||", "!", " ", "lax ", "strict ", "length()", "\\", "é", "in", "[1,2]", "(",
        ];
        let document = crate::json::Json::parse(r#"{"a":[{"a":1},[2,3]],"é":"x"}"#).unwrap();
        let mut random = crate::random::JavaRandom::new(7);
        for _ in 0..20_000 {
            let length = 1 + random.next_int(9);
            let path: String =
                (0..length).map(|_| PIECES[random.next_int(PIECES.len() as i32) as usize]).collect();
            for path in [path.clone(), format!("$.a{path}"), format!("lax $[?(@.a{path})]")] {
                if let Ok(path) = Path::parse(&path) {
                    let _ = crate::json::walk::read(&path, &document);
                }
            }
        }
    }
}
