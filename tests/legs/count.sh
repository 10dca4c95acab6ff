# Closing lines: how many checks passed, for `tests/run` to add up.

# Adds up the "test result:" lines cargo prints.
count_cargo() {
    local leg=$1 log=$2
    awk -v leg="$leg" '/^test result:/ { for (i = 1; i < NF; i++) { if ($(i + 1) ~ /^passed/) p += $i; if ($(i + 1) ~ /^failed/) f += $i } }
        END { printf "%s: %d passed, %d failed\n", leg, p, f }' "$log"
}

# Adds up lines "ok - WHAT" and "not ok - WHAT".
count_checks() {
    local leg=$1 log=$2 ok not_ok
    ok=$(grep -c '^ok - ' "$log" || true)
    not_ok=$(grep -c '^not ok - ' "$log" || true)
    [ "$ok" -gt 0 ] || not_ok=$((not_ok + 1))
    echo "$leg: $ok passed, $not_ok failed"
}
