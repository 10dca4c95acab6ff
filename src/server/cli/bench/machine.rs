//! What this machine is, and what the process takes of it; read from /proc, so absent elsewhere than on Linux.

use std::{fs, time::Duration};

/// Processor, cores and kind of build.
pub fn described() -> String {
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!(
        "{}, {} cores, load {} at the end, {} build",
        model.map_or("unknown processor", |(_, name)| name),
        cores(),
        load.split(' ').next().unwrap_or("unknown"),
        if cfg!(debug_assertions) { "debug" } else { "release" }
    )
}

pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Time on a processor so far of this process's threads, those named `but` left out.
pub fn cpu_without(but: &str) -> Option<Duration> {
    let mut nanoseconds = 0;
    for task in fs::read_dir("/proc/self/task").ok()?.flatten() {
        let read = |name: &str| fs::read_to_string(task.path().join(name)).ok();
        // A thread may end while the others are read.
        let (Some(name), Some(time)) = (read("comm"), read("schedstat")) else { continue };
        if name.trim_end() != but {
            nanoseconds += time.split(' ').next()?.parse::<u64>().ok()?;
        }
    }
    Some(Duration::from_nanos(nanoseconds))
}

/// Forgets the peak so far.
pub fn forget_peak() {
    // Where it cannot be forgotten the peak is of the whole process, which is still a bound.
    drop(fs::write("/proc/self/clear_refs", "5"));
}

/// Most memory held since, in MB.
pub fn peak_mb() -> Option<f64> {
    kilobytes("VmHWM:").map(|kb| kb / 1024.0)
}

fn kilobytes(name: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.trim().parse().ok())
}
