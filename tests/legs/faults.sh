# The real binary under faults: killed, out of disk, deserted by its callers, told to stop.
set -uo pipefail
source tests/legs/count.sh

# What the tests start as a process of its own.
cargo build --quiet --workspace --features tests/conformance --bin uptake --bin conformance || exit 1

log=target/tests/cargo-faults.log
cargo test --workspace --features tests/faults --test faults -- --nocapture --test-threads=1 2>&1 | tee "$log"
status=$?
count_cargo faults "$log"
exit "$status"
