# The MCP conformance suite: every required scenario against fixture tools on the product's own router, and the
# generic ones against the real program.
set -euo pipefail
source tests/legs/packages.sh
source tests/legs/count.sh
source tests/legs/server.sh

node_packages tests/clients
node=$(node22)
build_programs
results=target/tests/conformance
rm -rf "$results"

suite() {
    "$node" tests/clients/node_modules/@modelcontextprotocol/conformance/dist/index.js server "$@"
}

# "37 of 37 required scenarios": those the revision scores, by the suite's own summary.
required() {
    awk '/^Not scored/ { unscored = 1; next } unscored { skip[$2] = 1; next }
        /^(✓|✗) / { name = $2; sub(/:$/, "", name); mark[name] = $1 }
        END { for (name in mark) if (!(name in skip)) { all++; if (mark[name] == "✓") good++ }
            if (all) printf " (%d of %d required scenarios)", good, all }'
}

# Prints "ok - …" when the suite ends with 0, else its output.
judged() {
    local what=$1 output
    shift
    if output=$(suite "$@" </dev/null 2>&1); then
        echo "ok - $what$(echo "$output" | required)"
    else
        echo "$output" | tail -60
        echo "not ok - $what"
    fi
}

fixture_pid=
trap 'kill $fixture_pid 2>/dev/null || true; stop_server' EXIT
mkdir "$folder/fixture"
target/debug/conformance "$folder/fixture" </dev/null >"$folder/fixture/address" 2>"$folder/fixture/err" &
fixture_pid=$!
for _ in $(seq 100); do [ -s "$folder/fixture/address" ] && break; sleep 0.1; done
fixture=http://$(cat "$folder/fixture/address")/mcp
start_server --data-dir "$folder/data"

run_all() {
    judged "fixture on our router: all requirements of 2026-07-28" \
        --url "$fixture" --requirements 2026-07-28 -o "$results/fixture-2026-07-28"
    judged "fixture on our router: requirements of 2025-11-25, but those that need sessions" \
        --url "$fixture" --requirements 2025-11-25 -o "$results/fixture-2025-11-25" \
        --expected-failures tests/conformance/expected-failures-2025-11-25.yml
    for scenario in server-initialize ping tools-list dns-rebinding-protection server-sse-multiple-streams; do
        judged "the program, 2025-11-25: $scenario" \
            --url "http://$address/mcp" --scenario "$scenario" --spec-version 2025-11-25 -o "$results/program-2025-11-25"
    done
    for scenario in tools-list dns-rebinding-protection server-sse-multiple-streams http-header-validation \
        input-required-result-unsupported-methods server-stateless; do
        judged "the program, 2026-07-28: $scenario" \
            --url "http://$address/mcp" --scenario "$scenario" --spec-version 2026-07-28 -o "$results/program-2026-07-28" \
            --expected-failures tests/conformance/expected-failures-program.yml
    done
}

log=$folder/checks
run_all | tee "$log"
count_checks conformance "$log"
