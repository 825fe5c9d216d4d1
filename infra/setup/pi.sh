#!/bin/sh
# On a Raspberry Pi: what the distribution's picamera2 needs beside the numpy of .venv.
# Its own simplejpeg was built for the distribution's numpy, and does not load beside a newer one
# (raspberrypi/picamera2#1211); the rest of it does.
set -eu
grep -qs "Raspberry Pi" "${PI_MODEL:-/proc/device-tree/model}" || exit 0

lock=$(mktemp)
trap 'rm -f "$lock"' EXIT
sed -n '/^simplejpeg==/,/[^\\]$/p' requirements-pi.lock >"$lock"
echo "installing simplejpeg for picamera2"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
    --no-deps --only-binary :all: --require-hashes -r "$lock"
