//! The `streamsql` binary.

fn main() -> std::process::ExitCode {
    streamsql_cli::main()
}
