//! PARSE_URL: the parts of a URL as `java.net.URL` takes it apart.

/// A URL in parts.
#[derive(Debug, Default, PartialEq)]
pub struct Url<'a> {
    protocol: String,
    authority: Option<&'a str>,
    user_info: Option<&'a str>,
    host: &'a str,
    path: String,
    query: Option<&'a str>,
    reference: Option<&'a str>,
}

/// Protocols for which Java has a handler; any other makes the URL malformed.
const PROTOCOLS: &[&str] = &["http", "https", "ftp", "file", "jar", "mailto", "jmod", "jrt"];

impl<'a> Url<'a> {
    /// `None` where Java says that the URL is malformed.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut rest = text.trim_matches(|c: char| c <= ' ');
        if rest.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("url:")) {
            rest = &rest[4..];
        }
        let end = rest.find([':', '/']).filter(|at| rest.as_bytes()[*at] == b':')?;
        let protocol = rest[..end].to_ascii_lowercase();
        if !PROTOCOLS.contains(&protocol.as_str()) {
            return None;
        }
        rest = &rest[end + 1..];
        let mut url = Self { protocol, ..Self::default() };
        if let Some(at) = rest.find('#') {
            url.reference = Some(&rest[at + 1..]);
            rest = &rest[..at];
        }
        if url.protocol == "mailto" {
            url.path = rest.to_owned();
            return Some(url);
        }
        if let Some(at) = rest.find('?') {
            url.query = Some(&rest[at + 1..]);
            rest = &rest[..at];
        }
        if let Some(behind) = rest.strip_prefix("//").filter(|behind| !behind.starts_with("//")) {
            let end = behind.find('/').unwrap_or(behind.len());
            let authority = &behind[..end];
            rest = &behind[end..];
            url.authority = Some(authority);
            let mut host = authority;
            if let Some(at) = authority.find('@') {
                if authority.rfind('@') == Some(at) {
                    url.user_info = Some(&authority[..at]);
                    host = &authority[at + 1..];
                } else {
                    // More than one @: no host.
                    host = "";
                }
            }
            if let Some(inner) = host.strip_prefix('[') {
                let close = inner.find(']')?;
                port(&inner[close + 1..])?;
                host = &host[..close + 2];
            } else if let Some(at) = host.find(':') {
                port(&host[at..])?;
                host = &host[..at];
            }
            url.host = host;
        }
        url.path = rest.to_owned();
        Some(url)
    }

    /// A part by its name in upper case; `None` where it is absent.
    pub fn part(&self, name: &str) -> Option<String> {
        match name {
            "HOST" => Some(self.host.to_owned()),
            "PATH" => Some(self.path.clone()),
            "QUERY" => self.query.map(str::to_owned),
            "REF" => self.reference.map(str::to_owned),
            "PROTOCOL" => Some(self.protocol.clone()),
            "FILE" => Some(match self.query {
                Some(query) => format!("{}?{query}", self.path),
                None => self.path.clone(),
            }),
            "AUTHORITY" => self.authority.map(str::to_owned),
            "USERINFO" => self.user_info.map(str::to_owned),
            _ => None,
        }
    }

    /// The first value of a key in the query.
    pub fn parameter(&self, key: &str) -> Option<&'a str> {
        self.query?.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))
    }
}

/// Checks what stands behind the host: nothing, `:` or `:port`.
fn port(text: &str) -> Option<()> {
    match text.strip_prefix(':') {
        None => text.is_empty().then_some(()),
        Some("") => Some(()),
        Some(number) => number.parse::<i32>().ok().filter(|port| *port >= -1).map(|_| ()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_urls() {
        let url = Url::parse("http://u:p@host.example:8080/a/./b/../c?q=1&r=2#top").unwrap();
        let part = |name| url.part(name);
        assert_eq!(part("HOST").as_deref(), Some("host.example"));
        assert_eq!(part("PATH").as_deref(), Some("/a/./b/../c"));
        assert_eq!(part("AUTHORITY").as_deref(), Some("u:p@host.example:8080"));
        assert_eq!(part("USERINFO").as_deref(), Some("u:p"));
        assert_eq!(part("REF").as_deref(), Some("top"));
        assert_eq!(url.parameter("r"), Some("2"));
        assert_eq!(url.parameter("x"), None);
        assert!(Url::parse("foo://x").is_none() && Url::parse("no url").is_none());
    }
}
