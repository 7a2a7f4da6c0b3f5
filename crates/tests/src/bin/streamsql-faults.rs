//! The `streamsql` binary as the fault tests run it: the same parts, built with the tests.

fn main() -> std::process::ExitCode {
    streamsql_cli::main()
}
