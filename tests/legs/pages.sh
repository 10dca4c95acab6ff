# The pages in Chromium, on demo data. Screenshots are kept in tests/web/screenshots for people to look at.
set -euo pipefail
source tests/legs/packages.sh
source tests/legs/count.sh
source tests/legs/server.sh

chromium=$(browser)
node_packages tests/web
build_programs
demo_data "$folder/demo.db"
start_server --at "$today" --database-url "sqlite:$folder/demo.db"

log=$folder/checks
{ node tests/web/pages.mjs "http://$address" "$chromium" tests/web/screenshots || true; } | tee "$log"
count_checks pages "$log"
