#!/bin/sh
# Installs the player's locked JavaScript (hls.js), where there is npm.
set -eu
if ! command -v npm >/dev/null; then
    echo "no npm here: playback goes segment by segment (install the package npm for hls.js)"
    exit 0
fi
echo "installing hls.js for the player"
npm ci --prefix dashboards/player --silent --no-audit --no-fund --ignore-scripts
