# The two commands a newcomer needs are `make demo` and `make test`; both set up what they need, once.
# Everything else: smoke, soak, bench, lint, screens, handbook, sounds.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
APT_READY := $(VENV)/.apt-ready
# Mosquitto is the broker, libzbar0 the second decoder; espeak-ng speaks, alsa-utils play it; Chromium and its fonts open
# the screens in the tests, systemd checks the units; python3-apsw and strace cut the power and kill there,
# iproute2 pulls the cables.
DEBIAN_PACKAGES := mosquitto libzbar0 espeak-ng alsa-utils chromium-headless-shell fonts-noto-cjk systemd python3-apsw strace iproute2

# make smoke N=500 HUB_KILLS=3; make soak ONLY=name SCALE=0.01; make bench ONLY=name; make sounds RECORDINGS=folder
N ?= 500
HUB_KILLS ?= 0
SCALE ?= 1
ONLY ?=
RECORDINGS ?=

# The tests start some hundred processes of ours, and each would compile all of it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test lint unit smoke soak bench screens handbook sounds clean

help:
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

setup: $(READY) ## install what is missing: Debian packages (with sudo where not root) and .venv/

demo: $(READY) ## a compound with two gates and an office, on this machine, until Ctrl-C
	@$(BIN)/python -m tests.rehearsal demo

test: lint unit ## everything that must hold before a change is merged

lint: $(READY) ## ruff, mypy strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(READY) ## the tests alone
	$(BIN)/python -m pytest -n 5 --dist loadfile --no-loadscope-reorder

smoke: $(READY) ## N visits as pixels into the cameras, counted in both databases; HUB_KILLS=3 kills the hub meanwhile
	@$(BIN)/python -m tests.rehearsal smoke --visits $(N) --hub-kills $(HUB_KILLS)

soak: $(READY) ## long campaigns; ONLY=name, SCALE=0.01
	@$(BIN)/python -m tests.rehearsal soak --only "$(ONLY)" --scale $(SCALE)

bench: $(READY) ## how fast, as ratios within one run; ONLY=name, SCALE=0.01
	@$(BIN)/python -m tests.rehearsal bench --only "$(ONLY)" --scale $(SCALE)

screens: $(READY) ## draw the pictures of the screens in docs/screens anew
	@$(BIN)/python -m tests.rehearsal screens

handbook: $(READY) ## print the guard's handbook, one sheet a task, into build/handbook
	@$(BIN)/python -m tests.rehearsal handbook

sounds: $(READY) ## speak every prompt of a gate into build/sounds, for its card; RECORDINGS=folder of your own
	@$(BIN)/python -m firmware_config.sounds build/sounds $(if $(RECORDINGS),--recordings "$(RECORDINGS)")

clean: ## remove .venv and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build *.egg-info

$(APT_READY): Makefile
	@missing=$$(dpkg-query -W -f='$${db:Status-Status} $${Package}\n' $(DEBIAN_PACKAGES) 2>&1 \
	  | awk '$$1 != "installed" {print $$NF}'); \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || missing="$$missing python3-venv"; \
	if [ -n "$${missing// }" ]; then \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  echo "installing Debian packages: $(DEBIAN_PACKAGES)"; \
	  $$sudo apt-get update -qq && \
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    $(DEBIAN_PACKAGES) python3-venv >/dev/null; \
	fi
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@touch $@

$(READY): pyproject.toml firmware_config/constraints.txt $(APT_READY)
	@echo "installing Python packages into $(VENV)/"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c firmware_config/constraints.txt -e '.[station,hub,test]'
	@touch $@
