# Everything installs into .venv, with the work done kept in .venv/stamps: a second run is free.
SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
ARGS ?=
PYTHON ?=
export PYTHON

PIP := .venv/bin/python -m pip --quiet --disable-pip-version-check --no-input
# --no-deps: the lock is whole, and older pips look past it at packages with extras.
INSTALL := $(PIP) install --no-deps --only-binary :all: --require-hashes
STAMPS := .venv/stamps
RUNTIME := $(STAMPS)/runtime $(STAMPS)/livecam $(STAMPS)/player $(STAMPS)/pi
TESTS := $(RUNTIME) $(STAMPS)/test $(STAMPS)/picamera2

.PHONY: help install minio demo test test-full bench torture lint footage lock clean servers

help: ## lists these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

install: $(RUNTIME) ## installs Livecam into .venv, and nothing else

minio: $(STAMPS)/venv ## builds the MinIO that `livecam up` runs where the store is s3 without an endpoint
	@sh infra/setup/minio.sh

demo: $(RUNTIME) ## installs Livecam and shows a drawn camera from recording to search: ARGS="--exit --json"
	@.venv/bin/livecam demo $(ARGS)

test: $(TESTS) lint servers ## checks formatting, lint and types, then tests on real servers: ARGS="-k name"
	@.venv/bin/python -m pytest -m "not full" $(ARGS)

test-full: $(TESTS) lint servers ## the same and what takes longer: thousands of log-ins, minutes of live view
	@.venv/bin/python -m pytest $(ARGS)

bench: $(TESTS) servers ## measures Livecam beside its peers: ARGS="--json --only record"
	@sh infra/setup/packages.sh ffmpeg
	@.venv/bin/livecam bench $(ARGS)

torture: $(TESTS) servers ## breaks a recorder on purpose, and says which laws held: ARGS="kill --times 1000 --json"
	@.venv/bin/python -m infra.faults $(ARGS)

lint: $(TESTS) ## ruff (format and rules) and mypy --strict
	@.venv/bin/ruff format --check --quiet . || { echo "not formatted: run .venv/bin/ruff format ." >&2; exit 1; }
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy

footage: $(RUNTIME) ## fetches the sample clips into footage/, showing licence and digest
	@.venv/bin/python -m infra.setup.footage

lock: $(STAMPS)/venv ## resolves the requirements*.lock anew: ARGS=--upgrade
	@sh infra/setup/lock.sh $(ARGS)

clean: ## removes what make installed here (.venv, the player's packages, caches)
	rm -rf .venv dashboards/player/node_modules .mypy_cache .ruff_cache .hypothesis

servers: $(STAMPS)/venv
	@sh infra/setup/packages.sh chromium python3-gi gir1.2-gst-rtsp-server-1.0 \
		gstreamer1.0-plugins-base gstreamer1.0-plugins-good \
		gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly
	@sh infra/setup/minio.sh >/dev/null

$(STAMPS)/venv:
	@sh infra/setup/venv.sh
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/runtime: requirements.lock | $(STAMPS)/venv
	@echo "installing the locked Python packages into .venv"
	@$(INSTALL) -r requirements.lock
	@touch $@

$(STAMPS)/livecam: pyproject.toml $(STAMPS)/runtime
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/test: requirements-test.lock $(STAMPS)/runtime
	@echo "installing the locked test tools into .venv"
	@$(INSTALL) -r requirements-test.lock
	@touch $@

$(STAMPS)/pi: requirements-pi.lock $(STAMPS)/runtime
	@sh infra/setup/pi.sh
	@touch $@

# Apart from .venv's own packages, as on a Raspberry Pi, where the distribution has it.
$(STAMPS)/picamera2: requirements-pi.lock | $(STAMPS)/venv
	@echo "installing picamera2 for its tests into .venv/picamera2"
	@rm -rf .venv/picamera2
	@$(INSTALL) --target .venv/picamera2 -r requirements-pi.lock
	@touch $@

$(STAMPS)/player: dashboards/player/package-lock.json | $(STAMPS)/venv
	@sh infra/setup/player.sh
	@touch $@
