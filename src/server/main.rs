//! `uptake`, the one binary.

fn main() -> std::process::ExitCode {
    server::cli::main()
}
