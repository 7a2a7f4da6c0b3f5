//! The one place where names become SQL.

/// A name in double quotes, inner quotes doubled.
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table option such as `shop.Users` as PostgreSQL would read it unquoted: parts folded to lower case, at most
/// `database.schema.table` with the first part ignored. Parts in double quotes keep their case.
pub fn table(option: &str) -> (Option<String>, String) {
    let mut parts: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut quoted = false;
    for c in option.chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(std::mem::take(&mut current)),
            c if quoted => current.push(c),
            c => current.extend(c.to_lowercase()),
        }
    }
    let name = current;
    (parts.pop(), name)
}

/// A column name as PostgreSQL folds it.
pub fn column(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fold_and_quotes_keep() {
        assert_eq!(table("shop.Users"), (Some("shop".into()), "users".into()));
        assert_eq!(table("\"Odd.Name\""), (None, "Odd.Name".into()));
        assert_eq!(quote("a\"b; DROP"), "\"a\"\"b; DROP\"");
    }
}
