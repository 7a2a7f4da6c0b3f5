//! `properties.*` of a Kafka table: what a Flink user writes for the Java client, as librdkafka names it.

use std::collections::BTreeMap;

use streamsql_core::{Error, Result};

/// Settings of the Java client that mean nothing here; they are dropped with a warning.
const JAVA_ONLY: &[&str] = &[
    "auto.commit.interval.ms",
    "client.rack.aware.assignor",
    "config.providers",
    "default.api.timeout.ms",
    "exclude.internal.topics",
    "flink.partition-discovery.interval-millis",
    "interceptor.classes",
    "internal.leave.group.on.close",
    "key.deserializer",
    "key.serializer",
    "max.poll.records",
    "metadata.max.idle.ms",
    "metric.reporters",
    "metrics.num.samples",
    "metrics.recording.level",
    "metrics.sample.window.ms",
    "partition.assignment.strategy",
    "partition.discovery.interval.ms",
    "sasl.client.callback.handler.class",
    "sasl.login.callback.handler.class",
    "sasl.login.class",
    "security.providers",
    "ssl.keymanager.algorithm",
    "ssl.secure.random.implementation",
    "ssl.trustmanager.algorithm",
    "value.deserializer",
    "value.serializer",
];

/// Settings that the source decides itself: positions are its own and part of the job's state.
const OURS: &[&str] = &[
    "allow.auto.create.topics",
    "auto.offset.reset",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.partition.eof",
    "group.id",
];

/// Java name and librdkafka's.
const RENAMED: &[(&str, &str)] = &[
    ("fetch.max.wait.ms", "fetch.wait.max.ms"),
    ("receive.buffer.bytes", "socket.receive.buffer.bytes"),
    ("request.timeout.ms", "socket.timeout.ms"),
    ("sasl.kerberos.service.name", "sasl.kerberos.service.name"),
    ("send.buffer.bytes", "socket.send.buffer.bytes"),
    ("ssl.cipher.suites", "ssl.cipher.suites"),
];

/// librdkafka's settings, and what was dropped.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Translated {
    pub settings: BTreeMap<String, String>,
    pub ignored: Vec<String>,
}

/// Translates the properties, given without their prefix `properties.`.
///
/// # Errors
/// `Invalid` for what librdkafka cannot do: Java key stores, login modules other than PLAIN and SCRAM.
pub fn translate(properties: &BTreeMap<&str, &str>) -> Result<Translated> {
    let mut out = Translated::default();
    for (&key, &value) in properties {
        match key {
            "sasl.jaas.config" => {
                let (username, password) = login(value)?;
                out.settings.insert("sasl.username".into(), username);
                out.settings.insert("sasl.password".into(), password);
            }
            "ssl.truststore.location" => {
                require_pem(properties, "ssl.truststore.type", "ssl.truststore.location")?;
                out.settings.insert("ssl.ca.location".into(), value.to_owned());
            }
            "ssl.truststore.certificates" => {
                out.settings.insert("ssl.ca.pem".into(), value.to_owned());
            }
            "ssl.keystore.location" => match properties.get("ssl.keystore.type").copied() {
                Some("PEM") => {
                    out.settings.insert("ssl.certificate.location".into(), value.to_owned());
                    out.settings.insert("ssl.key.location".into(), value.to_owned());
                }
                Some("PKCS12") => {
                    out.settings.insert("ssl.keystore.location".into(), value.to_owned());
                }
                _ => return Err(java_key_store("ssl.keystore.location", "ssl.keystore.type")),
            },
            "ssl.keystore.certificate.chain" => {
                out.settings.insert("ssl.certificate.pem".into(), value.to_owned());
            }
            "ssl.keystore.key" => {
                out.settings.insert("ssl.key.pem".into(), value.to_owned());
            }
            "ssl.endpoint.identification.algorithm" => {
                let algorithm = if value.trim().is_empty() { "none" } else { value };
                out.settings.insert(key.into(), algorithm.to_ascii_lowercase());
            }
            "ssl.truststore.type"
            | "ssl.keystore.type"
            | "ssl.truststore.password"
            | "ssl.protocol"
            | "ssl.enabled.protocols" => {}
            "sasl.mechanism" if value.eq_ignore_ascii_case("GSSAPI") => {
                return Err(Error::invalid("Kerberos (sasl.mechanism GSSAPI) is not supported")
                    .hint("use PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or TLS client certificates"));
            }
            _ if JAVA_ONLY.contains(&key) => out.ignored.push(key.to_owned()),
            _ if OURS.contains(&key) => {}
            _ => {
                let name = RENAMED.iter().find(|(java, _)| *java == key).map_or(key, |(_, name)| name);
                out.settings.insert(name.to_owned(), value.to_owned());
            }
        }
    }
    Ok(out)
}

fn require_pem(properties: &BTreeMap<&str, &str>, type_key: &str, key: &str) -> Result<()> {
    let is_pem = properties.get(type_key).is_some_and(|kind| kind.eq_ignore_ascii_case("PEM"));
    if is_pem { Ok(()) } else { Err(java_key_store(key, type_key)) }
}

fn java_key_store(key: &str, type_key: &str) -> Error {
    Error::invalid(format!("'properties.{key}' names a Java key store, which cannot be read")).hint(format!(
        "convert it (keytool -exportcert -rfc, openssl pkcs12) and set 'properties.{type_key}' = 'PEM'"
    ))
}

/// User name and password of a JAAS line: `...PlainLoginModule required username="u" password="p";`.
fn login(jaas: &str) -> Result<(String, String)> {
    let module = jaas.split_whitespace().next().unwrap_or_default();
    let known = ["PlainLoginModule", "ScramLoginModule"].iter().any(|name| module.ends_with(name));
    if !known {
        return Err(Error::invalid(
            "'properties.sasl.jaas.config' names a login module that is not supported",
        )
        .hint("PlainLoginModule and ScramLoginModule are"));
    }
    match (quoted(jaas, "username"), quoted(jaas, "password")) {
        (Some(username), Some(password)) => Ok((username, password)),
        _ => Err(Error::invalid("'properties.sasl.jaas.config' lacks username=\"...\" or password=\"...\"")),
    }
}

/// The value of `name="value"` or `name='value'`, with backslash escapes.
fn quoted(text: &str, name: &str) -> Option<String> {
    let at = text.match_indices(name).map(|(at, _)| at + name.len()).find_map(|after| {
        let rest = text[after..].trim_start().strip_prefix('=')?.trim_start();
        rest.starts_with(['"', '\'']).then_some(text.len() - rest.len())
    })?;
    let mut characters = text[at..].chars();
    let quote = characters.next()?;
    let mut value = String::new();
    while let Some(character) = characters.next() {
        match character {
            '\\' => value.push(characters.next()?),
            _ if character == quote => return Some(value),
            _ => value.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(pairs: &[(&str, &str)]) -> Result<Translated> {
        translate(&pairs.iter().copied().collect())
    }

    #[test]
    fn java_settings_become_librdkafka_settings() {
        let out = translated(&[
            ("bootstrap.servers", "b:9092"),
            ("fetch.max.wait.ms", "10"),
            ("key.deserializer", "x.Y"),
            ("auto.offset.reset", "earliest"),
            ("ssl.endpoint.identification.algorithm", ""),
        ])
        .unwrap();
        let settings: Vec<_> = out.settings.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(
            settings,
            [
                ("bootstrap.servers", "b:9092"),
                ("fetch.wait.max.ms", "10"),
                ("ssl.endpoint.identification.algorithm", "none"),
            ]
        );
        assert_eq!(out.ignored, ["key.deserializer"]);
    }

    #[test]
    fn logins_are_taken_from_jaas_lines() {
        let jaas = "org.apache.kafka.common.security.scram.ScramLoginModule required \
                    username=\"u\" password=\"p\\\"w\";";
        let out = translated(&[("sasl.mechanism", "SCRAM-SHA-256"), ("sasl.jaas.config", jaas)]).unwrap();
        assert_eq!(out.settings["sasl.username"], "u");
        assert_eq!(out.settings["sasl.password"], "p\"w");
        let kerberos = translated(&[("sasl.jaas.config", "com.sun.security.auth.module.Krb5LoginModule x")]);
        assert!(kerberos.unwrap_err().message.contains("login module"));
        let half = translated(&[("sasl.jaas.config", "PlainLoginModule required username=\"secret-user\";")]);
        assert!(!half.unwrap_err().to_string().contains("secret-user"));
    }

    #[test]
    fn java_key_stores_are_refused_and_pem_is_taken() {
        assert!(translated(&[("ssl.truststore.location", "/t.jks")]).is_err());
        let pem =
            translated(&[("ssl.truststore.location", "/t.pem"), ("ssl.truststore.type", "PEM")]).unwrap();
        assert_eq!(pem.settings["ssl.ca.location"], "/t.pem");
    }
}
