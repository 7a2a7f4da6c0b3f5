//! From a function's name and argument types to its evaluation, through the table in [`crate::catalog`].

use datafusion_common::ScalarValue;
use streamsql_core::LogicalType;

use crate::SessionSettings;
use crate::body::Body;
use crate::catalog::{self, AggregateType, Kind};

/// What is known of an argument when planning.
#[derive(Clone, Debug)]
pub struct Argument {
    pub logical_type: LogicalType,
    pub nullable: bool,
    /// The value, when it is a literal.
    pub literal: Option<ScalarValue>,
}

impl Argument {
    /// The text of a text literal.
    pub fn text(&self) -> Option<&str> {
        match &self.literal {
            Some(ScalarValue::Utf8(Some(text))) => Some(text),
            _ => None,
        }
    }

    /// The number of an INT literal.
    pub fn int(&self) -> Option<i32> {
        match &self.literal {
            Some(ScalarValue::Int32(Some(number))) => Some(*number),
            _ => None,
        }
    }
}

/// A function ready to be called.
pub struct Resolved {
    /// Type that each argument must be cast to first; `None` leaves it.
    pub casts: Vec<Option<LogicalType>>,
    pub result: LogicalType,
    pub nullable: bool,
    pub volatile: bool,
    /// See `Function::total`.
    pub total: bool,
    pub body: Body,
}

/// Finds the function; the error says what is wrong with the name or the arguments.
pub fn resolve(name: &str, args: &[Argument], session: &SessionSettings) -> Result<Resolved, String> {
    let upper = name.to_ascii_uppercase();
    let call = Request { name: &upper, args, session };
    match catalog::find(&upper).map(|entry| &entry.kind) {
        Some(Kind::Call(resolve)) => resolve(&call),
        Some(Kind::Form) => Err(call.wrong("the form of the documentation")),
        Some(Kind::Aggregate(_)) => Err(format!("{upper} is an aggregate function; it has no place here")),
        Some(Kind::Over(_)) => Err(format!("{upper} needs a window behind it: {upper}(…) OVER (…)")),
        Some(Kind::Refused(reason)) => Err(format!("function {upper} is not supported: {reason}")),
        None => Err(format!("function {upper} does not exist in Flink 1.18")),
    }
}

/// Types an aggregate function.
pub fn resolve_aggregate(
    name: &str,
    args: &[Argument],
    session: &SessionSettings,
) -> Result<AggregateType, String> {
    let upper = name.to_ascii_uppercase();
    match catalog::find(&upper).map(|entry| &entry.kind) {
        Some(Kind::Aggregate(resolve)) => resolve(&Request { name: &upper, args, session }),
        Some(Kind::Refused(reason)) => Err(format!("function {upper} is not supported: {reason}")),
        _ => Err(format!("{upper} is not an aggregate function")),
    }
}

/// Types a function that stands before OVER.
pub fn resolve_over(
    name: &str,
    args: &[Argument],
    session: &SessionSettings,
) -> Result<AggregateType, String> {
    let upper = name.to_ascii_uppercase();
    match catalog::find(&upper).map(|entry| &entry.kind) {
        Some(Kind::Over(resolve)) => resolve(&Request { name: &upper, args, session }),
        _ => resolve_aggregate(name, args, session),
    }
}

/// A call to be typed.
pub struct Request<'a> {
    /// Upper-case name as the user called it.
    pub name: &'a str,
    pub args: &'a [Argument],
    pub session: &'a SessionSettings,
}

impl Request<'_> {
    pub fn types(&self) -> Vec<LogicalType> {
        self.args.iter().map(|a| a.logical_type.clone()).collect()
    }

    pub fn any_nullable(&self) -> bool {
        self.args.iter().any(|a| a.nullable)
    }

    /// The error for arguments that do not fit.
    pub fn wrong(&self, expected: &str) -> String {
        let found: Vec<String> = self.args.iter().map(|a| a.logical_type.to_string()).collect();
        format!("{}({}) does not exist; expected {expected}", self.name, found.join(", "))
    }

    /// The error for a NULL without a type.
    pub fn untyped_null(&self) -> String {
        format!("{}: illegal use of NULL; write CAST(NULL AS type)", self.name)
    }

    /// Refuses NULLs without a type.
    pub fn all_typed(&self) -> Result<(), String> {
        if self.args.iter().any(|arg| arg.logical_type == LogicalType::Null) {
            return Err(self.untyped_null());
        }
        Ok(())
    }

    /// Checks the number of arguments.
    pub fn count(&self, least: usize, most: usize) -> Result<(), String> {
        let given = self.args.len();
        if (least..=most).contains(&given) {
            return Ok(());
        }
        let expected = match (least, most) {
            (least, usize::MAX) => format!("at least {least}"),
            (least, most) if least == most => least.to_string(),
            (least, most) => format!("{least} to {most}"),
        };
        Err(format!("{} takes {expected} arguments, found {given}", self.name))
    }

    /// The only argument.
    pub fn only(&self) -> Result<&crate::resolve::Argument, String> {
        self.count(1, 1)?;
        Ok(&self.args[0])
    }

    /// Arguments as in `pattern`, a letter each: S text, I INT, L BIGINT, D DOUBLE, Y bytes, X text or bytes, B BOOLEAN; `least` of them
    /// are needed. Gives the casts.
    pub fn accept(&self, pattern: &str, least: usize) -> Result<Vec<Option<LogicalType>>, String> {
        let describe = || {
            let names: Vec<&str> = pattern
                .chars()
                .map(|c| match c {
                    'S' => "STRING",
                    'I' => "INT",
                    'L' => "BIGINT",
                    'D' => "DOUBLE",
                    'Y' => "BYTES",
                    'X' => "STRING or BYTES",
                    _ => "BOOLEAN",
                })
                .collect();
            self.wrong(&format!("{}({})", self.name, names.join(", ")))
        };
        if self.args.len() < least || self.args.len() > pattern.len() {
            return Err(describe());
        }
        self.args
            .iter()
            .zip(pattern.chars())
            .map(|(arg, wanted)| {
                let given = &arg.logical_type;
                let (fits, target) = match wanted {
                    'S' => (given.is_character(), LogicalType::STRING),
                    'I' => (given.is_integer(), LogicalType::Int),
                    'L' => (given.is_integer(), LogicalType::BigInt),
                    'D' => (given.is_numeric(), LogicalType::Double),
                    'Y' => (given.is_binary(), LogicalType::BYTES),
                    'X' if given.is_binary() => (true, LogicalType::BYTES),
                    'X' => (given.is_character(), LogicalType::STRING),
                    _ => (*given == LogicalType::Boolean, LogicalType::Boolean),
                };
                if *given == LogicalType::Null {
                    return Err(format!("{}: illegal use of NULL; write CAST(NULL AS {target})", self.name));
                }
                if !fits {
                    return Err(describe());
                }
                Ok((given.to_arrow() != target.to_arrow()).then_some(target))
            })
            .collect()
    }

    /// A function that is NULL when an argument is.
    pub fn simple(
        &self,
        pattern: &str,
        least: usize,
        result: LogicalType,
        body: impl Into<Body>,
    ) -> Result<Resolved, String> {
        let casts = self.accept(pattern, least)?;
        Ok(Resolved {
            casts,
            result,
            nullable: self.any_nullable(),
            volatile: false,
            total: false,
            body: body.into(),
        })
    }

    /// As `simple`, with a text result.
    pub fn text(&self, pattern: &str, least: usize, body: impl Into<Body>) -> Result<Resolved, String> {
        self.simple(pattern, least, LogicalType::STRING, body)
    }

    /// As `text`, NULL in other cases too.
    pub fn nullable_text(
        &self,
        pattern: &str,
        least: usize,
        body: impl Into<Body>,
    ) -> Result<Resolved, String> {
        Ok(Resolved { nullable: true, ..self.text(pattern, least, body)? })
    }
}
