#!/bin/sh
# packages.sh PACKAGE...: installs those Debian packages that are missing, silently when none is.
set -eu

missing=""
for package in "$@"; do
    status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

give_up() {
    echo "livecam: missing Debian packages:$missing ($1)" >&2
    echo "livecam: install them with: sudo apt-get install --no-install-recommends$missing" >&2
    exit 1
}

command -v apt-get >/dev/null || give_up "there is no apt-get here"
if [ "$(id -u)" -eq 0 ]; then
    as_root=env
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root="sudo -n env"
else
    give_up "neither root nor sudo without a password"
fi

apt() {
    $as_root DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@"
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "installing Debian packages:$missing"
# shellcheck disable=SC2086 # a list of words
if ! { apt update && apt install -y --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    give_up "apt-get failed, see above"
fi
