//! `uptake`, the one binary.

/// A call is many small allocations: the SQL driver copies every cell of every row.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    server::cli::main()
}
