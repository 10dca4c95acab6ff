# The README's first command: the demo portfolio is served, and its tools answer.
set -euo pipefail
source tests/legs/count.sh
source tests/legs/server.sh

grep -qF 'cargo run -- demo --serve' README.md
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
address=127.0.0.1:$port
cargo build --quiet
"$uptake" demo --serve --data-dir "$folder/data" --listen "$address" </dev/null >"$folder/server.out" 2>"$folder/server.err" &
server_pid=$!
for _ in $(seq 600); do
    curl --silent --fail --output /dev/null "http://$address/readyz" && break
    kill -0 "$server_pid" || { cat "$folder/server.err"; exit 1; }
    sleep 0.2
done

curl --silent --fail "http://$address/" | grep -q '<h1'
curl --silent --fail -H 'Content-Type: application/json' "http://$address/rpc" \
    --data '{"jsonrpc":"2.0","id":1,"method":"list_measurements","params":{"limit":1}}' | grep -q '"headline"'
echo "the README's command serves a page and answers a tool"
