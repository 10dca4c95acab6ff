# Lock files name no registry host, and no committed file a path of one machine.
set -euo pipefail

if git grep -nE '"resolved"' -- '*package-lock.json'; then
    echo "a lock file names where its packages came from; install with tests/web/.npmrc" >&2
    exit 1
fi
if git grep -nE '/(work|root|home)/[a-z]' -- ':!*.lock' ':!tests/legs/hosts.sh'; then
    echo "a committed file names a path of one machine" >&2
    exit 1
fi
