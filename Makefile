# Every target but help and clean first brings .venv up to requirements.lock; the tests have packages of npm besides.

PYTHON ?= $(firstword $(foreach name,python3.11 python3,$(shell $(name) --version >/dev/null 2>&1 && echo $(name))) python3)
PORT ?= 8080
# More than two cores can use: some tests wait.
WORKERS ?= 3

# As they were typed ($(value) keeps a dollar sign a dollar sign), and by way of the environment,
# so that no shell and no `ps` sees what is in them.
GIVEN := GATEWAY CONTRACT TOKEN UPSTREAM REPORT STRICT FUZZ SEED JOBS BUDGET TIME CONFIG MAX_TIME RATE WAIVERS STRENGTH CONFIDENCE RARE ARGS PORT DEFECT MODE SCENARIOS IMAGES RECORDED FORWARD
$(foreach name,$(GIVEN),$(eval override $(name) := $$(value $(name)))$(eval export $(name)))

READY := .venv/.ready
NPM_FOLDERS := examples tests/clients tests/end_to_end/gateways/node
NPM := $(NPM_FOLDERS:%=%/node_modules/.package-lock.json)
RUN := .venv/bin/python -m

# A dozen processes import the same modules: compiled once, they start in half the time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help contract fuzz mock selftest check test coverage lint types lock clean

help:
	@echo 'make contract      both contracts against the bundled mock gateway'
	@echo 'make contract GATEWAY=http://127.0.0.1:3000 CONTRACT=powerbuyin TOKEN=sk-...'
	@echo '                   one contract against a gateway of yours. As you need them:'
	@echo '    GATEWAY="staging canary"  gateways of gateway.yaml by name; CONFIG=file: another configuration'
	@echo '    UPSTREAM=127.0.0.1:9900   listen here as the upstream; the gateway is set to call it'
	@echo '    REPORT=folder             write the reports there'
	@echo '    STRICT=1                  what is only expected fails the run, too'
	@echo '    FUZZ=200                  so many more requests of each kind, made at random'
	@echo '    TIME=10m                  fuzzing goes on for so long'
	@echo '    SEED=1                    the same seed sends the same requests'
	@echo '    JOBS=8                    requests under way at once'
	@echo '    BUDGET=20                 images that the run may cost at most'
	@echo '    MAX_TIME=30m              time that the run may take at most'
	@echo '    RATE=5/s                  requests per second at most'
	@echo '    STRENGTH=3                every valid triple of values, not only every pair'
	@echo '    WAIVERS=file.yaml         failures that are known and accepted until a day'
	@echo '    CONFIDENCE=99             repeat requests until a fault in 5 % of the calls is excluded; RARE=2%: a rarer one'
	@echo '    ARGS="--ca ca.pem"        any other options of check-gateway run'
	@echo '    GATEWAY_TOKEN             in the environment serves for TOKEN, and stays out of `ps`'
	@echo 'make fuzz TIME=10m   the same as make contract, fuzzing for so long'
	@echo 'make mock PORT=8080  the mock gateways, the upstream stub and a console'
	@echo '    MODE=lenient              repair invalid requests and report them; off: send them upstream unchanged'
	@echo '    SCENARIOS=file.yaml       your own scenarios; IMAGES=folder: your own images'
	@echo '    RECORDED=folder           recorded responses for matching requests'
	@echo '    FORWARD=url               forward upstream calls to a real upstream, and record them'
	@echo '    DEFECT=name               serve with a defect; `.venv/bin/python -m mock_server --list-defects` lists them'
	@echo 'make selftest      every known defect against the suite: the kill matrix (CONTRACT, JOBS and DEFECT narrow it)'
	@echo '                   the whole of it is written to build/kill_matrix.json, for pytest tests/test_kill_matrix.py'
	@echo ''
	@echo 'make check         lint, import rules, types and the quick tests: no Node.js, no browser'
	@echo 'make test          all tests of this project, with their coverage'
	@echo 'make coverage      the same as pages to read, in build/coverage'
	@echo 'make lint          ruff and import-linter: rules, format, imports'
	@echo 'make types         mypy'
	@echo 'make lock          write requirements.lock anew (UPGRADE=1: with the newest versions)'
	@echo 'make clean         remove what was made here, .venv included'
	@echo ''
	@echo 'make ends with 2 whatever went wrong. The command behind `make contract` is more exact:'
	@echo '.venv/bin/check-gateway ends with 0 (conforms), 1 (violates), 2 (could not be tested) or 3 (conforms, but'
	@echo 'a demand is not met), and with 129, 130 or 143 after a signal.'

option = if [ -n "$$$(1)" ]; then set -- "$$@" "--$(2)=$$$(1)"; fi;

contract: $(READY)
	@set -f; set -- run; \
	case "$$GATEWAY" in *[:/]*) set -- "$$@" "--gateway=$$GATEWAY" ;; *) set -- "$$@" $$GATEWAY ;; esac; \
	$(call option,CONFIG,config) \
	$(call option,CONTRACT,contract) \
	$(call option,UPSTREAM,upstream) \
	$(call option,REPORT,report) \
	$(call option,FUZZ,fuzz) \
	$(call option,TIME,fuzz-time) \
	$(call option,SEED,seed) \
	$(call option,JOBS,jobs) \
	$(call option,BUDGET,budget) \
	$(call option,MAX_TIME,max-time) \
	$(call option,RATE,rate) \
	$(call option,WAIVERS,waivers) \
	$(call option,STRENGTH,strength) \
	$(call option,CONFIDENCE,confidence) \
	$(call option,RARE,rare) \
	case "$$STRICT" in ''|0) ;; *) set -- "$$@" --strict ;; esac; \
	if [ -n "$$TOKEN" ]; then export GATEWAY_TOKEN="$$TOKEN" CHECK_GATEWAY_TOKEN="$$TOKEN"; fi; \
	eval "set -- \"\$$@\" $$ARGS"; \
	exec .venv/bin/check-gateway "$$@"

fuzz: $(READY)
	@TIME="$${TIME:-10m}" exec $(MAKE) --no-print-directory contract

mock: $(READY)
	@set -- --port "$$PORT"; \
	$(call option,DEFECT,defect) \
	$(call option,MODE,mode) \
	$(call option,SCENARIOS,scenario-file) \
	$(call option,IMAGES,image-dir) \
	$(call option,RECORDED,recordings) \
	$(call option,FORWARD,proxy-upstream) \
	exec $(RUN) mock_server "$$@"

selftest: $(READY)
	@set -- selftest; \
	$(call option,CONTRACT,contract) \
	$(call option,JOBS,jobs) \
	$(call option,DEFECT,defect) \
	if [ -z "$$CONTRACT$$DEFECT" ]; then set -- "$$@" --json build/kill_matrix.json; fi; \
	exec $(RUN) contract_tests "$$@"

test: $(READY) $(NPM)
	$(RUN) pytest -n $(WORKERS) --dist worksteal --cov --cov-report=
	$(RUN) coverage report --include='gateway_contract/*' --fail-under=98
	$(RUN) coverage report --include='mock_server/*,contract_tests/*' --precision=1 --fail-under=94.0

# What can be checked quickly, without Node.js and without a browser.
check: lint types
	$(RUN) pytest -q -n $(WORKERS) --dist worksteal --ignore=tests/clients --ignore=tests/end_to_end -m 'not slow and not clients'

coverage: $(READY) $(NPM)
	$(RUN) pytest -n $(WORKERS) --dist worksteal --cov --cov-report=html:build/coverage

lint: $(READY)
	$(RUN) ruff check
	$(RUN) ruff format --check
	.venv/bin/lint-imports --no-logo

types: $(READY)
	$(RUN) mypy

# No index, no host and no path of whoever runs this goes into the file, nor this project, which names its own extras.
lock: $(READY)
	$(RUN) piptools compile --quiet --all-extras --generate-hashes --allow-unsafe --no-strip-extras --no-header \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options \
		$(if $(UPGRADE),--upgrade) --output-file=requirements.lock pyproject.toml
	@{ echo '# Made from pyproject.toml by `make lock`, for Python 3.11; not edited by hand.'; \
		sed -e '/^# Made from/d' -e '/^# WARNING: pip install/,/^    # via/d' requirements.lock; } > requirements.new && mv requirements.new requirements.lock

clean:
	rm -rf .venv $(NPM_FOLDERS:%=%/node_modules) tests/end_to_end/gateways/node/next/.next build report .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo 'Python 3.11 or newer is needed, and "$(PYTHON)" is not. Say which: make PYTHON=python3.11' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo '"$(PYTHON)" lacks venv. On Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }
	@echo 'Installing into .venv what requirements.lock names ...' >&2
	@.venv/bin/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@$(RUN) pip install -qq --disable-pip-version-check --no-input --require-hashes --requirement requirements.lock
	@$(RUN) pip install -qq --disable-pip-version-check --no-input --no-deps --no-build-isolation --editable .
	@touch $@

# What the tests drive the mock with, and gateways that they judge. npm writes this file last: it says what is installed.
$(NPM): %/node_modules/.package-lock.json: %/package-lock.json %/package.json
	@npm --version >/dev/null 2>&1 || { \
		echo 'The tests need Node.js and npm. On Debian and Ubuntu: apt-get install nodejs npm' >&2; exit 1; }
	@echo 'Installing into $* what package-lock.json names ...' >&2
	@npm ci --prefix $* --loglevel=error >/dev/null
	@touch $@
