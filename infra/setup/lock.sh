#!/bin/sh
# Resolves the locks anew: wheels only, for Linux on x86-64 and arm64, Python 3.11 to 3.13.
# No header and no index address, so that no registry's name stands in the repository.
# What is locked stays where it still fits: `make lock ARGS=--upgrade` moves it.
set -eu
cache="${XDG_CACHE_HOME:-$HOME/.cache}/livecam"
if [ ! -x "$cache/uv/bin/uv" ]; then
    echo "installing uv in $cache/uv"
    .venv/bin/python -m venv "$cache/uv"
    "$cache/uv/bin/pip" install --quiet "uv>=0.13,<0.14"
fi

resolve() {
    "$cache/uv/bin/uv" pip compile --quiet --universal --generate-hashes \
        --python-version 3.11 --only-binary :all: --no-header --no-annotate "$@"
}

resolve pyproject.toml --extra build --output-file requirements.lock "${@}"
resolve pyproject.toml --extra build --extra test --constraints requirements.lock \
    --output-file requirements-test.lock "${@}"
# What tests need of picamera2: the rest of it has no wheels, and no part in recording.
printf '%s\n' "picamera2>=0.3.38" piexif simplejpeg videodev2 |
    resolve - --no-deps --output-file requirements-pi.lock "${@}"
