//! How the program is linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // A position-independent program of this size has 150,000 addresses to correct when it starts. In the usual form they are a
    // table of 3.6 MB that every start reads and keeps in memory; as relative relocations (glibc 2.36 and later reads them) a
    // few KiB. A linker that does not know the option says so and goes on.
    let target = |part: &str| std::env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
