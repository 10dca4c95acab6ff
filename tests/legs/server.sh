# The real program, started for a leg and stopped with it.

uptake=$PWD/target/debug/uptake
folder=$(mktemp -d)
server_pid=
trap stop_server EXIT

# Both programs with one set of features, as every leg does: else each leg would build its dependencies anew.
build_programs() {
    cargo build --quiet --workspace --features tests/conformance --bin uptake --bin conformance
}

today=2026-11-23T09:00:00Z

# A small demo portfolio, made once per build of the binary, copied to the file given.
demo_data() {
    local made=target/tests/demo
    if [ ! -e "$made/.made" ] || [ "$uptake" -nt "$made/.made" ]; then
        rm -rf "$made"
        "$uptake" demo --size 24 --at "$today" --data-dir "$made" --log error </dev/null
        touch "$made/.made"
    fi
    cp "$made/demo.db" "$1"
}

# Starts `uptake serve` with the arguments given and sets `address` once it is ready.
start_server() {
    local port
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    address=127.0.0.1:$port
    "$uptake" serve --listen "$address" --log error "$@" </dev/null >"$folder/server.out" 2>"$folder/server.err" &
    server_pid=$!
    for _ in $(seq 150); do
        curl --silent --fail --output /dev/null "http://$address/readyz" && return 0
        kill -0 "$server_pid" 2>/dev/null || break
        sleep 0.2
    done
    echo "the server did not become ready:" >&2
    cat "$folder/server.err" >&2
    return 1
}

stop_server() {
    if [ -n "$server_pid" ]; then
        kill "$server_pid" 2>/dev/null || true
        wait "$server_pid" 2>/dev/null || true
        server_pid=
    fi
    rm -rf "$folder"
}

# `check WHAT COMMAND…` prints "ok - WHAT" when the command ends with 0, else its output and "not ok - WHAT".
check() {
    local what=$1 output
    shift
    if output=$("$@" 2>&1 </dev/null); then
        echo "ok - $what"
    else
        echo "$output" | tail -20
        echo "not ok - $what"
    fi
}
