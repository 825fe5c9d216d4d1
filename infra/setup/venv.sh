#!/bin/sh
# Makes .venv with the newest of Python 3.13 to 3.11 (or $PYTHON), installing venv where
# Debian and Ubuntu left it out.
set -eu
here=$(dirname "$0")
options=""

# On a Raspberry Pi, libcamera and picamera2 are the distribution's, for its own Python only.
if grep -qs "Raspberry Pi" "${PI_MODEL:-/proc/device-tree/model}"; then
    PYTHON="${PYTHON:-/usr/bin/python3}"
    options=--system-site-packages
fi

supported() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        if supported "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "livecam: no Python 3.11, 3.12 or 3.13 found${PYTHON:+ at $PYTHON}: install the package" \
        "python3, or name one: make PYTHON=/path/to/python3.12" >&2
    return 1
}

python=$(find_python)
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    sh "$here/packages.sh" "python$version-venv"
fi
echo "making .venv with Python $version${options:+, and the distribution's packages}"
# shellcheck disable=SC2086 # an option or none
"$python" -m venv $options .venv
