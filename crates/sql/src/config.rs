//! `streamsql.yaml`: job settings and the values of template variables.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use streamsql_core::units::{duration, memory_size};

use crate::diagnostic::{Diagnostic, Diagnostics, Place};

/// A job's configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub job: JobConfig,
    /// Variables of every table.
    pub defaults: BTreeMap<String, Scalar>,
    /// Variables by file stem, over `defaults`.
    pub tables: BTreeMap<String, BTreeMap<String, Scalar>>,
    /// Flink's own keys, as SET would.
    pub settings: BTreeMap<String, Scalar>,
    /// What has no effect.
    #[serde(skip)]
    pub warnings: Vec<Diagnostic>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JobConfig {
    /// Identity for recovery, `[A-Za-z0-9_.-]+`.
    pub name: Option<String>,
    pub parallelism: Option<u16>,
    pub checkpoint: IntervalConfig,
    pub commit: IntervalConfig,
    /// Folder or URL of the state.
    pub state: Option<String>,
    /// What the state may take of memory, as `512mb`; without it there is no limit.
    pub memory: Option<Scalar>,
    /// Where the page, metrics and REST are served.
    pub http: HttpConfig,
}

/// `http: 127.0.0.1:8081`, `http: off`, or `http: { address: 0.0.0.0:8081, token: "${env:TOKEN}" }`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpConfig {
    /// None for the default, `off` for none at all.
    pub address: Option<Scalar>,
    /// What requests from other machines must know.
    pub token: Option<Scalar>,
}

impl HttpConfig {
    /// Whether nothing is to be served.
    pub fn is_off(&self) -> bool {
        self.address.as_ref().is_some_and(|address| matches!(address.0.as_str(), "off" | "false" | "no"))
    }
}

impl<'de> Deserialize<'de> for HttpConfig {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            address: Option<Scalar>,
            token: Option<Scalar>,
        }
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = HttpConfig;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an address such as 127.0.0.1:8081, off, or { address, token }")
            }

            fn visit_str<E>(self, value: &str) -> Result<HttpConfig, E> {
                Ok(HttpConfig { address: Some(Scalar(value.to_owned())), token: None })
            }

            fn visit_bool<E>(self, value: bool) -> Result<HttpConfig, E> {
                let address = (!value).then(|| Scalar("off".to_owned()));
                Ok(HttpConfig { address, token: None })
            }

            fn visit_u64<E>(self, value: u64) -> Result<HttpConfig, E> {
                Ok(HttpConfig { address: Some(Scalar(value.to_string())), token: None })
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<HttpConfig, A::Error> {
                let Fields { address, token } =
                    Fields::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(HttpConfig { address, token })
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IntervalConfig {
    /// `10ms`, `10s`, `5min`, `1h`.
    pub interval: Option<String>,
}

/// A YAML scalar as text, as it was written.
#[derive(Clone, PartialEq, Eq)]
pub struct Scalar(pub String);

/// Values may be passwords: they are not printed.
impl std::fmt::Debug for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Scalar;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text, number or boolean")
            }

            fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
                Ok(Scalar(value.to_owned()))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl Config {
    /// Reads a configuration's text; `file` is for messages.
    pub fn parse(file: &str, text: &str) -> Result<Self, Diagnostics> {
        let mut config: Self = if text.trim().is_empty() {
            Self::default()
        } else {
            serde_saphyr::from_str(text)
                .map_err(|error| Diagnostics::from(yaml_diagnostic(file, text, &error)))?
        };
        let folder = Path::new(file).parent().map(Path::to_path_buf).unwrap_or_default();
        let mut diagnostics = Diagnostics::default();
        let error = |key: &str, message: String| Diagnostic::error(message).at(place_of_key(file, text, key));
        let tables = config.tables.values_mut().flatten();
        let values = config.defaults.iter_mut().chain(tables).chain(config.settings.iter_mut());
        let values = values.map(|(key, value)| (key.as_str(), value));
        let http = [("address", config.job.http.address.as_mut()), ("token", config.job.http.token.as_mut())];
        for (key, value) in values.chain(http.into_iter().filter_map(|(key, value)| Some((key, value?)))) {
            match expand(&value.0, &folder) {
                Ok(expanded) => value.0 = expanded,
                Err(message) => diagnostics.push(error(key, message)),
            }
        }
        if config.job.http.token.as_ref().is_some_and(|token| token.0.trim().is_empty()) {
            diagnostics.push(error("token", "job.http.token is empty".to_owned()));
        }
        if let Some(name) = &config.job.name
            && (name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c)))
        {
            diagnostics
                .push(error("name", format!("job.name '{name}' may hold only letters, digits, _ . -")));
        }
        for (key, interval) in
            [("checkpoint", &config.job.checkpoint.interval), ("commit", &config.job.commit.interval)]
        {
            if let Some(Err(message)) = interval.as_ref().map(|interval| duration(interval)) {
                diagnostics.push(error(key, format!("job.{key}.interval: {message}")));
            }
        }
        if config.job.checkpoint.interval.is_some() {
            let warning = "job.checkpoint.interval has no effect: what changed of the state is made durable with every \
                           commit; job.commit.interval is the least time between two";
            let place = place_of_key(file, text, "checkpoint");
            config.warnings.push(Diagnostic::warning(warning).at(place).hint("remove it"));
        }
        match config.job.memory.as_ref().map(|memory| memory_size(&memory.0)) {
            Some(Err(message)) => diagnostics.push(error("memory", format!("job.memory: {message}"))),
            Some(Ok(0)) => diagnostics.push(error("memory", "job.memory is more than 0".to_owned())),
            Some(Ok(_)) | None => {}
        }
        if config.job.parallelism.is_some_and(|p| !(1..=128).contains(&p)) {
            diagnostics.push(error("parallelism", "job.parallelism is 1 to 128".to_owned()));
        }
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        Ok(config)
    }

    /// The variables of a file by its stem.
    pub fn variables(&self, stem: &str) -> BTreeMap<String, String> {
        let own = self.tables.get(stem).into_iter().flatten();
        self.defaults.iter().chain(own).map(|(name, value)| (name.clone(), value.0.clone())).collect()
    }

    /// Applies `--var table.name=value`.
    pub fn set_variable(&mut self, assignment: &str) -> Result<(), Diagnostic> {
        let parsed =
            assignment.split_once('=').and_then(|(path, value)| Some((path.split_once('.')?, value)));
        let Some(((table, name), value)) = parsed else {
            return Err(Diagnostic::error(format!("--var '{assignment}' is not table.name=value")));
        };
        self.tables.entry(table.to_owned()).or_default().insert(name.to_owned(), Scalar(value.to_owned()));
        Ok(())
    }
}

/// The first line that gives a value to a key, as far as the text shows it.
fn place_of_key(file: &str, text: &str, key: &str) -> Place {
    let found = text.lines().enumerate().find_map(|(i, line)| {
        let at = line.match_indices(key).map(|(at, _)| at).find(|at| {
            let before = line[..*at].chars().next_back();
            let after = line[at + key.len()..].trim_start_matches(['"', '\'']).trim_start();
            after.starts_with(':') && before.is_none_or(|c| c.is_whitespace() || "{,\"'".contains(c))
        })?;
        Some(Place::in_line(file, i + 1, line[..at].chars().count() + 1, line))
    });
    found.unwrap_or_else(|| Place::in_line(file, 1, 1, text.lines().next().unwrap_or("")))
}

fn yaml_diagnostic(file: &str, text: &str, error: &serde_saphyr::Error) -> Diagnostic {
    let whole = error.to_string();
    let message = whole.lines().next().unwrap_or("not valid YAML").trim_start_matches("error: ").to_owned();
    let message = match message.strip_suffix("invalid u16") {
        Some(place) => format!("{place}a whole number is expected here"),
        None => message,
    };
    let unknown = message.split("unknown field `").nth(1).and_then(|rest| rest.split('`').next());
    let known = [
        "job",
        "defaults",
        "tables",
        "settings",
        "name",
        "parallelism",
        "checkpoint",
        "commit",
        "state",
        "memory",
        "interval",
        "http",
        "address",
        "token",
    ];
    let hint = unknown.and_then(|name| crate::diagnostic::suggestion(name, known));
    let mut diagnostic = Diagnostic::error(message);
    if let Some(location) = error.location() {
        let (line, column) = (location.line() as usize, location.column() as usize);
        let source = text.lines().nth(line.saturating_sub(1)).unwrap_or("");
        diagnostic = diagnostic.at(Place::in_line(file, line, column, source));
    }
    match hint {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}

/// `${env:NAME}` and `${file:PATH}`; nothing else is expanded.
fn expand(value: &str, folder: &Path) -> Result<String, String> {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(start) = rest.find("${") {
        out.push_str(&rest[..start]);
        let after = &rest[start + 2..];
        let end = after.find('}').ok_or_else(|| "'${' without '}' in a value".to_owned())?;
        let reference = &after[..end];
        if let Some(name) = reference.strip_prefix("env:") {
            out.push_str(
                &std::env::var(name).map_err(|_| format!("the environment variable {name} is not set"))?,
            );
        } else if let Some(path) = reference.strip_prefix("file:") {
            let path: PathBuf = folder.join(path);
            let text =
                std::fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
            out.push_str(text.trim_end_matches(['\n', '\r']));
        } else {
            return Err(format!("'${{{reference}}}' is neither ${{env:NAME}} nor ${{file:PATH}}"));
        }
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_and_its_variables() {
        let text = "job: { name: a-b, parallelism: 2, commit: { interval: 10s } }\ndefaults: { x: 1 }\n\
                    tables:\n  clicks: { topic: clicks, x: 2 }\nsettings: { table.local-time-zone: UTC }\n";
        let mut config = Config::parse("streamsql.yaml", text).unwrap();
        assert_eq!(config.variables("clicks")["x"], "2");
        assert_eq!(config.variables("other")["x"], "1");
        config.set_variable("clicks.topic=t=1").unwrap();
        assert_eq!(config.variables("clicks")["topic"], "t=1");
        assert!(config.warnings.is_empty());
    }

    #[test]
    fn what_has_no_effect_warns() {
        let config = Config::parse("streamsql.yaml", "job:\n  checkpoint: { interval: 10s }\n").unwrap();
        let [warning] = config.warnings.as_slice() else { panic!("{:?}", config.warnings) };
        assert!(warning.warning && warning.message.starts_with("job.checkpoint.interval has no effect"));
        assert_eq!(warning.place.as_ref().map(|place| (place.line, place.column)), Some((2, 3)));
    }

    #[test]
    fn unknown_keys_are_errors_with_a_suggestion() {
        let error = Config::parse("streamsql.yaml", "job: { nam: x }\n").unwrap_err().0.remove(0);
        assert!(error.message.contains("nam"), "{}", error.message);
        assert_eq!(error.hint.unwrap(), "did you mean 'name'?");
    }

    #[test]
    fn where_http_is_served() {
        let http = |text: &str| Config::parse("streamsql.yaml", text).map(|config| config.job.http);
        let address = |text: &str| http(text).unwrap().address.map(|address| address.0);
        assert_eq!(address("job: { name: a }\n"), None);
        assert_eq!(address("job: { http: 127.0.0.1:9000 }\n").as_deref(), Some("127.0.0.1:9000"));
        assert_eq!(address("job: { http: 9000 }\n").as_deref(), Some("9000"));
        for off in ["off", "false", "\"off\""] {
            assert!(http(&format!("job: {{ http: {off} }}\n")).unwrap().is_off(), "{off}");
        }
        assert_eq!(address("job: { http: true }\n"), None);
        let whole = http("job:\n  http: { address: \"0.0.0.0:8081\", token: secret }\n").unwrap();
        assert_eq!(whole.token.as_ref().map(|token| token.0.as_str()), Some("secret"));
        assert!(!format!("{whole:?}").contains("secret"));
        let refused = |text: &str| http(text).unwrap_err().0.remove(0);
        assert_eq!(
            refused("job: { http: { adress: x } }\n").hint.as_deref(),
            Some("did you mean 'address'?")
        );
        assert!(
            refused("job: { http: { token: \"${env:STREAMSQL_SURELY_UNSET}\" } }\n")
                .message
                .contains("not set")
        );
        assert!(refused("job: { http: { token: \"\" } }\n").message.contains("empty"));
    }

    #[test]
    fn only_env_and_file_are_expanded() {
        assert!(expand("${env:STREAMSQL_SURELY_UNSET}", Path::new("")).is_err());
        assert!(expand("${cmd:ls}", Path::new("")).is_err());
        assert_eq!(expand("a$b", Path::new("")).unwrap(), "a$b");
    }
}
