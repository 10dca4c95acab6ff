# A PostgreSQL of our own for as long as the tests run: `start_postgres` exports UPTAKE_TEST_POSTGRES.
# A server already named by that variable is used as it is.

postgres_folder=

start_postgres() {
    [ -z "${UPTAKE_TEST_POSTGRES:-}" ] || return 0
    local bin port
    bin=$(postgres_bin)
    postgres_folder=$(mktemp -d)
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    [ "$(id -u)" -ne 0 ] || chown postgres: "$postgres_folder"
    as_postgres "$bin/initdb" --pgdata="$postgres_folder/data" --username=uptake --auth=trust --encoding=UTF8 \
        --locale=C.UTF-8 >"$PWD/target/tests/initdb.log"
    # fsync stays on: what is tested is that nothing acknowledged is lost.
    as_postgres "$bin/pg_ctl" --pgdata="$postgres_folder/data" --log="$postgres_folder/log" --wait --silent start \
        --options="-c listen_addresses=127.0.0.1 -c port=$port -c max_connections=300 -c unix_socket_directories=$postgres_folder"
    export UPTAKE_TEST_POSTGRES="postgres://uptake@127.0.0.1:$port/postgres"
    echo "PostgreSQL $("$bin/postgres" --version | grep -oE '[0-9]+\.[0-9]+' | head -1) on port $port"
}

stop_postgres() {
    [ -n "$postgres_folder" ] || return 0
    local pid
    pid=$(head -1 "$postgres_folder/data/postmaster.pid" 2>/dev/null) || true
    if [ -n "$pid" ]; then
        kill -INT "$pid" 2>/dev/null || true
        for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    fi
    rm -rf "$postgres_folder"
    postgres_folder=
}

# The newest installed server; as root on a machine without one, it is installed first.
postgres_bin() {
    local found
    found=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
    if [ -z "$found" ]; then
        source tests/legs/packages.sh
        debian postgresql >&2
        found=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
    fi
    echo "$found"
}

# PostgreSQL refuses to run as root.
as_postgres() {
    if [ "$(id -u)" -eq 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}
