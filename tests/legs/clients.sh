# Clients that others wrote, against the real program on demo data.
set -euo pipefail
source tests/legs/packages.sh
source tests/legs/count.sh
source tests/legs/server.sh

python_packages
node_packages tests/clients
node=$(node22)
build_programs
demo_data "$folder/http.db"
cp "$folder/http.db" "$folder/stdio.db"
start_server --at "$today" --database-url "sqlite:$folder/http.db"

inspector() {
    "$node" tests/clients/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js --cli "$@"
}

rpc() {
    curl --silent --fail-with-body --max-time 20 -H 'Content-Type: application/json' "http://$address/rpc" --data "$1" | grep -F -e "$2"
}

upgraded() {
    { curl --silent --max-time 2 --include --no-buffer --http1.1 "http://$address/rpc" -H 'Connection: Upgrade' -H 'Upgrade: websocket' \
        -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' || true; } | head -1 | grep -F ' 101 '
}

run_all() {
    target/venv/bin/python tests/clients/python_clients.py "http://$address/mcp" "$uptake" "sqlite:$folder/stdio.db" || true
    "$node" tests/clients/typescript_client.mjs "http://$address/mcp" "$uptake" "sqlite:$folder/stdio.db" || true
    for era in legacy modern auto; do
        check "Inspector lists tools strictly over HTTP, era $era" \
            inspector "http://$address/mcp" --transport http --protocol-era "$era" --method tools/list --strict --format json
    done
    check "Inspector lists tools strictly over stdio" \
        inspector --method tools/list --strict --format json -- "$uptake" mcp --database-url "sqlite:$folder/stdio.db"
    check "Inspector calls a tool" \
        inspector "http://$address/mcp" --transport http --method tools/call --tool-name list_measurements --tool-args-json '{"limit":2}'
    check "curl calls a tool on /rpc" \
        rpc '{"jsonrpc":"2.0","id":1,"method":"list_measurements","params":{"limit":1}}' '"headline"'
    check "curl gets a batch answered on /rpc" \
        rpc '[{"jsonrpc":"2.0","id":1,"method":"list_measurements","params":{}},{"jsonrpc":"2.0","id":2,"method":"nothing"}]' '-32601'
    check "curl reads rpc.discover" rpc '{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}' '"openrpc"'
    check "curl is upgraded to a WebSocket on /rpc" upgraded
    check "node's own WebSocket calls a tool on /rpc" "$node" tests/clients/websocket.mjs "ws://$address/rpc"
}

log=$folder/checks
run_all | tee "$log"
count_checks clients "$log"
