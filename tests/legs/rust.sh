# Every Rust test of the workspace, the store's contract on both databases.
set -uo pipefail
source tests/legs/count.sh

log=target/tests/cargo.log
cargo test --workspace --features tests/conformance --no-fail-fast 2>&1 | tee "$log"
status=$?
echo "contract tests: $(grep -cE '^test contract::.*sqlite::.* \.\.\. ok' "$log") on SQLite, $(grep -cE '^test contract::.*postgres::.* \.\.\. ok' "$log") on PostgreSQL"
count_cargo rust "$log"
exit "$status"
