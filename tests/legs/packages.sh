# Packages the tests need and a machine may lack.

# Installs Debian packages, which only root can.
debian() {
    if [ "$(id -u)" -ne 0 ]; then
        echo "the tests need the Debian package(s) $*; install them or run as root" >&2
        return 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq </dev/null
    apt-get install -y -qq --no-install-recommends "$@" </dev/null >target/tests/apt.log
}

# `npm ci` in a folder, once per lock file.
node_packages() {
    local stamp=$1/node_modules/.installed
    if ! cmp -s "$1/package-lock.json" "$stamp"; then
        (cd "$1" && npm ci --no-fund --no-audit --loglevel=error </dev/null)
        cp "$1/package-lock.json" "$stamp"
    fi
}

# A virtual environment in target/ with what tests/clients/requirements.txt names, once per list.
python_packages() {
    local stamp=target/venv/.installed
    if ! cmp -s tests/clients/requirements.txt "$stamp"; then
        python3 -m venv target/venv || { debian python3-venv && python3 -m venv target/venv; }
        target/venv/bin/pip install --quiet --disable-pip-version-check -r tests/clients/requirements.txt </dev/null
        cp tests/clients/requirements.txt "$stamp"
    fi
}

# The Chromium of the distribution.
browser() {
    command -v chromium || { debian chromium fonts-dejavu-core >&2 && command -v chromium; }
}

# Node 22, from the npm packages: some tools need more than the machine's.
node22() {
    ls -d "$PWD"/tests/clients/node_modules/node-linux-*/bin/node | head -1
}
