# What the README says works: the walk through its examples, and the command that serves the demo portfolio.
set -euo pipefail
source tests/legs/server.sh

build_programs

# The first block under "Five minutes", command by command, in a data folder of its own.
walk=$(awk '/^## Five minutes/ { on = 1 } on && /^```/ { fences++; next } on && fences == 1' README.md | grep '^uptake ')
[ "$(wc -l <<<"$walk")" -ge 8 ]
walked() (
    export UPTAKE_DATA_DIR=$folder/walk UPTAKE_LOG=error
    uptake() { "$program" "$@"; }
    while read -r command; do
        echo "\$ $command"
        eval "$command" </dev/null || { echo "this command of the README fails: $command" >&2; exit 1; }
    done <<<"$walk"
)
program=$uptake
walked >"$folder/walk.log" || { cat "$folder/walk.log"; exit 1; }
echo "the README's walk of $(wc -l <<<"$walk") commands goes through"

grep -qF 'cargo run -- demo --serve' README.md
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
address=127.0.0.1:$port
# The command itself, but for the place: cargo gives its process over to the program it built.
cargo run -- demo --serve --data-dir "$folder/data" --listen "$address" </dev/null >"$folder/server.out" 2>"$folder/server.err" &
server_pid=$!
for _ in $(seq 3000); do
    curl --silent --fail --output /dev/null "http://$address/readyz" && break
    kill -0 "$server_pid" || { cat "$folder/server.err"; exit 1; }
    sleep 0.2
done

curl --silent --fail "http://$address/" | grep -q '<h1'
curl --silent --fail -H 'Content-Type: application/json' "http://$address/rpc" \
    --data '{"jsonrpc":"2.0","id":1,"method":"list_measurements","params":{"limit":1}}' | grep -q '"headline"'
echo "the README's command serves a page and answers a tool"
