//! How the connector gets into a real PostgreSQL: what it checks of the server's certificate, and each way to prove who it is.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use streamsql_connectors::postgres::{Database, PostgresCommitter};
use streamsql_core::{EpochCommitter, Error};
use streamsql_tests::patience::wait_until;
use streamsql_tests::services::postgres::{Postgres, USER};

/// Connects as a job would; whether the session is encrypted.
fn connect(
    server: &Postgres,
    host: &str,
    parameters: &str,
    user: &str,
    password: &str,
) -> Result<bool, String> {
    let told = |error: Error| error.to_string();
    let job = format!("login-{:08x}", rand::random::<u32>());
    let options: BTreeMap<String, String> = [
        ("connector", "jdbc".to_owned()),
        ("url", format!("jdbc:postgresql://{host}:{}/postgres{parameters}", server.port())),
        ("username", user.to_owned()),
        ("password", password.to_owned()),
        ("table-name", "t".to_owned()),
        ("connection.max-retry-timeout", "1 ms".to_owned()),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    let committer = PostgresCommitter::new(&Database::from_options(&options).map_err(told)?, &job, vec![]);
    let mut committer = committer.map_err(told)?;
    committer.peek().map_err(told)?;
    let sql = format!(
        "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'streamsql:{job}'"
    );
    Ok(server.value("postgres", &sql).as_deref() == Some("t"))
}

fn refusal(connected: Result<bool, String>) -> String {
    connected.expect_err("refused")
}

fn data_folder(server: &Postgres) -> PathBuf {
    server.value("postgres", "SHOW data_directory").expect("a folder").into()
}

/// Makes a file the server's own.
fn give(file: &Path) {
    let owner = std::fs::metadata(file.parent().expect("folder")).expect("folder");
    chown(file, Some(owner.uid()), Some(owner.gid())).expect("chown");
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).expect("permissions");
}

/// A server with a certificate for `localhost` that nobody else vouches for, and that certificate's file.
fn encrypted() -> (Postgres, PathBuf) {
    let server = Postgres::start();
    let data = data_folder(&server);
    let (key, certificate) = (data.join("server.key"), data.join("server.crt"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .expect("openssl");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    give(&key);
    give(&certificate);
    server.execute("postgres", "ALTER SYSTEM SET ssl = on");
    server.execute("postgres", "SELECT pg_reload_conf()");
    assert!(wait_until(|| server.value("postgres", "SHOW ssl").as_deref() == Some("on")), "{}", server.log());
    (server, certificate)
}

#[test]
fn each_sslmode_checks_what_it_promises() {
    let (server, certificate) = encrypted();
    let root = format!("&sslrootcert={}", certificate.display());
    let connect = |host: &str, parameters: &str| connect(&server, host, parameters, USER, server.password());
    for (host, parameters, is_encrypted) in [
        ("127.0.0.1", "", true),
        ("127.0.0.1", "?sslmode=prefer", true),
        ("127.0.0.1", "?sslmode=require", true),
        ("127.0.0.1", "?sslmode=disable", false),
        ("127.0.0.1", &format!("?sslmode=verify-ca{root}"), true),
        ("localhost", &format!("?sslmode=verify-ca{root}"), true),
        ("localhost", &format!("?sslmode=verify-full{root}"), true),
    ] {
        assert_eq!(connect(host, parameters), Ok(is_encrypted), "{host} {parameters}");
    }
    // Nobody we know vouches for the certificate; or it is made out to another name.
    for (host, parameters) in [
        ("127.0.0.1", "?sslmode=verify-ca"),
        ("localhost", "?sslmode=verify-full"),
        ("127.0.0.1", &format!("?sslmode=verify-full{root}")),
    ] {
        let refusal = refusal(connect(host, parameters));
        assert!(refusal.contains("TLS: invalid peer certificate"), "{host} {parameters}: {refusal}");
    }
    let refusal = refusal(connect("localhost", "?sslmode=verify-full&sslrootcert=/nowhere"));
    assert!(refusal.contains("sslrootcert /nowhere"), "{refusal}");
}

#[test]
fn a_server_without_encryption_is_refused_where_it_is_asked_for() {
    let server = Postgres::shared();
    let refusal = refusal(connect(&server, "127.0.0.1", "?sslmode=require", USER, server.password()));
    assert!(refusal.contains("the server offers no encryption"), "{refusal}");
    assert_eq!(connect(&server, "127.0.0.1", "", USER, server.password()), Ok(false));
}

#[test]
fn every_way_to_give_a_password() {
    let server = Postgres::start();
    server.execute("postgres", "SET password_encryption = 'md5'; CREATE ROLE hashed LOGIN PASSWORD 'geheim'");
    server.execute("postgres", "CREATE ROLE plain LOGIN PASSWORD 'geheim'; CREATE ROLE trusted LOGIN");
    server.execute("postgres", "CREATE ROLE scrambled LOGIN PASSWORD 'Gehëim ½'");
    let file = data_folder(&server).join("pg_hba.conf");
    let rules: String = [("hashed", "md5"), ("plain", "password"), ("trusted", "trust")]
        .map(|(role, method)| format!("host all {role} 127.0.0.1/32 {method}\n"))
        .concat();
    let others = std::fs::read_to_string(&file).expect("pg_hba.conf");
    std::fs::write(&file, rules + &others).expect("pg_hba.conf");
    server.execute("postgres", "SELECT pg_reload_conf()");
    let connect = |user: &str, password: &str| connect(&server, "127.0.0.1", "", user, password);
    assert!(wait_until(|| connect("trusted", "x").is_ok()), "{}", server.log());
    for (user, password) in [("hashed", "geheim"), ("plain", "geheim"), ("scrambled", "Gehëim ½")] {
        assert_eq!(connect(user, password), Ok(false), "{user}");
        let refusal = refusal(connect(user, "falsch"));
        assert!(refusal.contains("password authentication failed"), "{user}: {refusal}");
        assert!(!refusal.contains("falsch"), "{refusal}");
    }
}
