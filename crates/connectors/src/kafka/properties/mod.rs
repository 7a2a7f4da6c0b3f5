//! `properties.*` of a Kafka table: what a Flink user writes for the Java client, as librdkafka names it.
//!
//! The Java client warns about names that it does not know and goes on; so does this. What it knows is taken, moved into
//! librdkafka's limits, left out with a line in the log where it has no meaning here, or refused where leaving it out
//! would change what is read or who may read it.

mod limits;
mod login;
mod names;

use std::collections::BTreeMap;

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka_sys::types::RDKafkaConfRes;
use streamsql_core::{Error, Result};

pub use limits::agree;
pub use names::{known, leftover, producer_setting};

/// What happened to a property, for a line in the log or a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PropertyNote {
    /// Known, but without a meaning here.
    Ignored(String),
    /// Taken with another value, the nearest that this client can do.
    Moved { name: String, value: i64 },
    /// Known to nobody.
    Unknown(String),
}

/// librdkafka's settings, and what became of the other properties.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Translated {
    pub settings: BTreeMap<String, String>,
    /// The property that each setting comes from.
    pub origins: BTreeMap<String, String>,
    pub notes: Vec<PropertyNote>,
    /// `commit.offsets.on.checkpoint` is false: the group hears nothing of positions.
    pub silent_group: bool,
}

/// What becomes of the properties of a table that are not taken as they are; nothing where they are refused.
pub fn notes(options: &BTreeMap<String, String>) -> Vec<PropertyNote> {
    translate(&of_table(options)).map(|translated| translated.notes).unwrap_or_default()
}

/// The properties of a table, without their prefix.
pub fn of_table(options: &BTreeMap<String, String>) -> BTreeMap<&str, &str> {
    options
        .iter()
        .filter_map(|(key, value)| Some((key.strip_prefix("properties.")?, value.as_str())))
        .collect()
}

/// Translates the properties, given without their prefix `properties.`.
///
/// # Errors
/// `Invalid` for what librdkafka cannot do and what must not be left out: Java key stores, login modules other than PLAIN
/// and SCRAM, interceptors, providers of values, own implementations of TLS and logins.
pub fn translate(properties: &BTreeMap<&str, &str>) -> Result<Translated> {
    let protocol = properties.get("security.protocol").copied().unwrap_or("PLAINTEXT").to_ascii_uppercase();
    let (logs_in, encrypts) = (protocol.starts_with("SASL_"), protocol.ends_with("SSL"));
    if logs_in {
        let mechanism = properties.get("sasl.mechanism").or_else(|| properties.get("sasl.mechanisms"));
        login::check_mechanism(mechanism.copied())?;
    }
    check_providers(properties)?;
    let mut out = Translated::default();
    for (&key, &value) in properties {
        match key {
            // Java looks at neither unless the protocol says so.
            _ if key.starts_with("sasl.") && !logs_in => out.ignored(key),
            _ if (key.starts_with("ssl.") || key == "enable.ssl.certificate.verification") && !encrypts => {
                out.ignored(key)
            }
            "sasl.jaas.config" => {
                let (username, password) = login::login(value)?;
                out.set(key, "sasl.username", username);
                out.set(key, "sasl.password", password);
            }
            "ssl.truststore.location" => {
                require_pem(properties, "ssl.truststore.type", "ssl.truststore.location")?;
                out.set(key, "ssl.ca.location", value);
            }
            "ssl.truststore.certificates" => out.set(key, "ssl.ca.pem", value),
            "ssl.keystore.location" => match properties.get("ssl.keystore.type").copied() {
                Some("PEM") => {
                    out.set(key, "ssl.certificate.location", value);
                    out.set(key, "ssl.key.location", value);
                }
                Some("PKCS12") if properties.contains_key("ssl.keystore.password") => {
                    out.set(key, key, value)
                }
                Some("PKCS12") => {
                    return Err(Error::invalid(
                        "'properties.ssl.keystore.location' needs 'properties.ssl.keystore.password'",
                    ));
                }
                _ => return Err(java_key_store("ssl.keystore.location", "ssl.keystore.type")),
            },
            "ssl.keystore.certificate.chain" => out.set(key, "ssl.certificate.pem", value),
            "ssl.keystore.key" => out.set(key, "ssl.key.pem", value),
            "ssl.endpoint.identification.algorithm" => {
                let algorithm = if value.trim().is_empty() { "none" } else { value };
                out.set(key, key, algorithm.to_ascii_lowercase());
            }
            // Read with what they belong to; PEM files have no password of their own.
            "ssl.truststore.type" | "ssl.keystore.type" | "ssl.truststore.password" => {}
            "ssl.trustmanager.algorithm" => match value {
                "PKIX" | "SunX509" => out.ignored(key),
                _ => return Err(own_class(key)),
            },
            "ssl.engine.factory.class"
            | "sasl.client.callback.handler.class"
            | "sasl.login.callback.handler.class"
            | "sasl.login.class" => return Err(own_class(key)),
            "interceptor.classes" => {
                let mut classes = value.split(',').map(str::trim).filter(|class| !class.is_empty());
                match classes.find(|class| !names::COUNTING_INTERCEPTORS.contains(class)) {
                    None => out.ignored(key),
                    Some(class) => {
                        return Err(Error::invalid(format!(
                            "'properties.interceptor.classes' names {class}, which may change records and cannot \
                             run here"
                        ))
                        .hint("do in the query what it does, and remove the option"));
                    }
                }
            }
            "client.id.prefix" => out.set(key, "client.id", format!("{value}-0")),
            "client.id" if properties.contains_key("client.id.prefix") => {}
            "client.dns.lookup" if value == "default" => out.set(key, key, "use_all_dns_ips"),
            "commit.offsets.on.checkpoint" => out.silent_group = value.trim().eq_ignore_ascii_case("false"),
            // The table's: they are set where its options are read.
            "auto.offset.reset" | "enable.partition.eof" | "group.id" => {}
            _ if names::IGNORED.contains(&key) || names::PRODUCER.contains(&key) => out.ignored(key),
            _ if key.starts_with("sasl.login.") || key.starts_with("sasl.kerberos.") => out.ignored(key),
            _ => out.take(key, value),
        }
    }
    Ok(out)
}

impl Translated {
    fn set(&mut self, key: &str, name: &str, value: impl Into<String>) {
        self.settings.insert(name.to_owned(), value.into());
        self.origins.insert(name.to_owned(), key.to_owned());
    }

    fn ignored(&mut self, key: &str) {
        self.notes.push(PropertyNote::Ignored(key.to_owned()));
    }

    /// A property that is librdkafka's, or nobody's.
    fn take(&mut self, key: &str, value: &str) {
        let name = names::RENAMED.iter().find(|(java, _)| *java == key).map_or(key, |(_, name)| name);
        if !is_setting(name, value) {
            self.notes.push(PropertyNote::Unknown(key.to_owned()));
        } else if let Some(near) = limits::moved(name, value) {
            self.notes.push(PropertyNote::Moved { name: key.to_owned(), value: near });
            self.set(key, name, near.to_string());
        } else {
            self.set(key, name, if limits::is_ranged(name) { value.trim() } else { value });
        }
    }
}

/// Whether librdkafka has a setting of that name, whatever it says of the value.
fn is_setting(name: &str, value: &str) -> bool {
    let tried = ClientConfig::new().set(name, value).create_native_config();
    !matches!(tried, Err(KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..)))
}

/// Values such as `${file:/secrets:password}` are filled in by classes of Java.
fn check_providers(properties: &BTreeMap<&str, &str>) -> Result<()> {
    let providers = properties.get("config.providers").copied().unwrap_or_default();
    for provider in providers.split(',').map(str::trim).filter(|provider| !provider.is_empty()) {
        let mark = format!("${{{provider}:");
        if let Some((key, _)) = properties.iter().find(|(_, value)| value.contains(&mark)) {
            return Err(Error::invalid(format!(
                "'properties.{key}' takes its value from the provider '{provider}' of 'config.providers', which \
                 cannot run here"
            ))
            .hint("write {{ name }} in its place and give the value in streamsql.yaml or with --var"));
        }
    }
    Ok(())
}

fn own_class(key: &str) -> Error {
    Error::invalid(format!(
        "'properties.{key}' names a class of Java that decides who may connect; it cannot run here"
    ))
    .hint("PLAIN, SCRAM and TLS with PEM files need no class of their own; remove the option to use one of them")
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

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(pairs: &[(&str, &str)]) -> Result<Translated> {
        translate(&pairs.iter().copied().collect())
    }

    #[test]
    fn java_settings_become_librdkafka_settings() {
        let out = translated(&[
            ("security.protocol", "SSL"),
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
                ("security.protocol", "SSL"),
                ("ssl.endpoint.identification.algorithm", "none"),
            ]
        );
        assert_eq!(out.notes, [PropertyNote::Ignored("key.deserializer".into())]);
    }

    #[test]
    fn logins_are_taken_from_jaas_lines() {
        let jaas = "org.apache.kafka.common.security.scram.ScramLoginModule required \
                    username=\"u\" password=\"p\\\"w\";";
        let out = translated(&[
            ("security.protocol", "SASL_SSL"),
            ("sasl.mechanism", "SCRAM-SHA-256"),
            ("sasl.jaas.config", jaas),
        ])
        .unwrap();
        assert_eq!(out.settings["sasl.username"], "u");
        assert_eq!(out.settings["sasl.password"], "p\"w");
        let plain = |jaas| {
            translated(&[
                ("security.protocol", "SASL_PLAINTEXT"),
                ("sasl.mechanism", "PLAIN"),
                ("sasl.jaas.config", jaas),
            ])
        };
        let kerberos = plain("com.sun.security.auth.module.Krb5LoginModule x");
        assert!(kerberos.unwrap_err().message.contains("login module"));
        let half = plain("PlainLoginModule required username=\"secret-user\";");
        assert!(!half.unwrap_err().to_string().contains("secret-user"));
    }

    #[test]
    fn java_key_stores_are_refused_and_pem_is_taken() {
        let tls = |more: &[(&str, &str)]| translated(&[&[("security.protocol", "SSL")], more].concat());
        assert!(tls(&[("ssl.truststore.location", "/t.jks")]).is_err());
        let pem = tls(&[("ssl.truststore.location", "/t.pem"), ("ssl.truststore.type", "PEM")]).unwrap();
        assert_eq!(pem.settings["ssl.ca.location"], "/t.pem");
        let store = &[("ssl.keystore.location", "/k.p12"), ("ssl.keystore.type", "PKCS12")];
        assert!(tls(store).unwrap_err().message.contains("ssl.keystore.password"));
        // Nothing is encrypted: Java does not look for the file either.
        assert!(translated(&[("ssl.truststore.location", "/t.jks")]).unwrap().settings.is_empty());
    }

    #[test]
    fn unknown_names_are_noted_and_left_out() {
        let out = translated(&[
            ("zookeeper.connect", "z:2181"),
            ("commit.offsets.on.checkpoint", "false"),
            ("register.consumer.metrics", "true"),
            ("client.id.prefix", "shop"),
            ("team", "checkout"),
            ("fetch.min.bytes", "0"),
        ])
        .unwrap();
        let settings: Vec<_> = out.settings.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(settings, [("client.id", "shop-0"), ("fetch.min.bytes", "1")]);
        assert!(out.silent_group);
        assert_eq!(
            out.notes,
            [
                PropertyNote::Moved { name: "fetch.min.bytes".into(), value: 1 },
                PropertyNote::Ignored("register.consumer.metrics".into()),
                PropertyNote::Unknown("team".into()),
                PropertyNote::Unknown("zookeeper.connect".into()),
            ]
        );
    }

    #[test]
    fn what_would_change_records_or_rights_is_refused() {
        let cases: &[&[(&str, &str)]] = &[
            &[("interceptor.classes", "com.example.Decrypt")],
            &[("config.providers", "file"), ("client.id", "${file:/secrets:id}")],
            &[("security.protocol", "SASL_SSL")],
            &[("security.protocol", "SASL_SSL"), ("sasl.mechanism", "AWS_MSK_IAM")],
            &[
                ("security.protocol", "SASL_SSL"),
                ("sasl.mechanism", "PLAIN"),
                ("sasl.client.callback.handler.class", "com.example.Login"),
            ],
            &[("security.protocol", "SSL"), ("ssl.engine.factory.class", "com.example.Engine")],
            &[("security.protocol", "SSL"), ("ssl.trustmanager.algorithm", "TrustAll")],
        ];
        for pairs in cases {
            assert!(translated(pairs).is_err(), "{pairs:?}");
        }
        let counting = "io.confluent.monitoring.clients.interceptor.MonitoringConsumerInterceptor";
        assert!(translated(&[("interceptor.classes", counting), ("config.providers", "file")]).is_ok());
    }
}
