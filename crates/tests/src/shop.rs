//! The shop's database, made by the project's own `postgres/init.sql` from `data/`.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::services::postgres::Postgres;

/// The project's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the project's root")
}

/// Makes a database of its own with schema `shop`; returns its name.
pub fn create_database(server: &Postgres) -> String {
    let database = server.create_database("shop");
    // The server's user may not be allowed to read our files where they are.
    let data = tempfile::tempdir().expect("temporary folder");
    let open = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("permissions");
    };
    open(data.path(), 0o755);
    for file in ["users.csv", "products.csv"] {
        let to = data.path().join(file);
        std::fs::copy(root().join("data").join(file), &to).expect("data file");
        open(&to, 0o644);
    }
    let init = std::fs::read_to_string(root().join("postgres/init.sql")).expect("postgres/init.sql");
    let script = format!("SET shop.data = '{}';\n{init}", data.path().display());
    // The role belongs to the whole server: two scripts at once would get into each other's way.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    server.execute(&database, &script);
    // A second run changes nothing.
    server.execute(&database, &script);
    database
}
