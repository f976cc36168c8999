# The two that do everything: `make run` and `make test`. `make` alone lists all.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CODE := app.py commands.py config.py holdings.py prepare.py serve.py worker.py accounts foundation mandate migrations operations submissions tests tools workflows
CATALOGUES := $(wildcard translations/*/LC_MESSAGES/*.po)

.PHONY: help run test check bench fix code backup restore lock messages css clean

help: ## List what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

run: $(VENV)/ready $(VENV)/catalogues ## Start the whole product with demo data on http://127.0.0.1:8000 (PORT=... for another)
	@DEMO=$${DEMO-1} exec $(BIN)/python serve.py

test: $(VENV)/ready-to-test $(VENV)/catalogues check ## Run all checks and tests; real servers are started by the tests themselves
	$(BIN)/python -m pytest -n 2 tests/unit tests/integration
	$(BIN)/python -m pytest -n 2 --dist loadfile tests/ordeals tests/journeys

check: $(VENV)/ready-to-test ## Style, types, import rules, completeness of translations
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports
	$(BIN)/python -m tools.messages --check

bench: $(VENV)/ready-to-test $(VENV)/catalogues ## Measure speed as ratios within one run
	$(BIN)/python -m tests.bench.run

fix: $(VENV)/ready-to-test ## Let the tools mend what they can
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

code: $(VENV)/ready ## Print the six digits of a demo account now: make code NAME=noor
	@$(BIN)/python -m tools.demo_code $(NAME)

backup: $(VENV)/ready ## Copy database and blobs to TO, and the sealed keys to KEYS_TO (elsewhere), while all runs
	@$(BIN)/flask backup make --to "$(TO)" $(if $(KEYS_TO),--keys-to "$(KEYS_TO)")

restore: $(VENV)/ready ## Put the backup FROM back onto an empty machine and replay the journal (KEYS_FROM, RECOVERY_KEY)
	@$(BIN)/flask backup restore --from "$(FROM)" $(if $(KEYS_FROM),--keys-from "$(KEYS_FROM)" --recovery-key "$(RECOVERY_KEY)")

lock: $(VENV)/ready-to-test ## Pin all packages again
	$(BIN)/pip-compile -q --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements.txt requirements.in
	$(BIN)/pip-compile -q --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements-dev.txt requirements-dev.in

messages: $(VENV)/ready-to-test ## Bring the catalogues of translations up to date with the code
	$(BIN)/python -m tools.messages

css: ## Build the style sheets anew (needs Node; the built ones are in the repository)
	cd frontend && npm ci && npm run build

clean: ## Remove what was made here, but not the instance with its keys and database
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/ready: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/ready-to-test: requirements-dev.txt requirements-oracles.txt $(VENV)/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-oracles.txt
	@touch $@

$(VENV)/catalogues: $(CATALOGUES) | $(VENV)/ready
	@for file in $(CATALOGUES); do $(BIN)/pybabel --quiet compile --input-file=$$file --output-file=$${file%.po}.mo || exit 1; done
	@touch $@
