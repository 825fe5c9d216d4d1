#!/bin/sh
# Installs DVR-Scan once, outside the clone and in an environment of its own, since it brings
# another OpenCV than Livecam's. Prints the program's path as its last line.
set -eu
DVR_SCAN_VERSION=1.8.2

place="${XDG_CACHE_HOME:-$HOME/.cache}/livecam/dvr-scan-$DVR_SCAN_VERSION"
if [ ! -e "$place/whole" ]; then
    echo "installing DVR-Scan $DVR_SCAN_VERSION in $place" >&2
    "${VENV_PYTHON:-.venv/bin/python}" -m venv --clear "$place"
    "$place/bin/pip" install --quiet --disable-pip-version-check \
        "dvr-scan==$DVR_SCAN_VERSION" "opencv-python-headless<5" >&2
    touch "$place/whole"
fi
echo "$place/bin/dvr-scan"
