# Tepai. `make run` needs Python 3.11 or newer with pip and venv, and make; nothing else.

.DEFAULT_GOAL := help
PY := .venv/bin/python
PORT ?= 8000

.PHONY: help run test check bench storm screenshots lock clean set-up set-up-dev

help: ## Show these lines
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: set-up ## Start Tepai with demo data on http://127.0.0.1:8000 (PORT=9000 make run: elsewhere)
	@PORT=$(PORT) exec $(PY) -m bot run

test: set-up-dev ## Run every test (make test ARGS="tests/flows -x": some of them)
	@scripts/ensure-browser
	@$(PY) -m pytest -n auto --maxprocesses 4 --dist load $(ARGS)

check: set-up-dev ## Format, lint, types, import rules, flows and texts
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	$(PY) -m bot check

bench: set-up-dev ## Measure, and write benchmarks/results.json (make bench ARGS="throughput": one part)
	@$(PY) -m benchmarks $(ARGS)

storm: set-up-dev ## Some minutes of faults on both databases (make storm ARGS="--minutes 30 --seed 7")
	@$(PY) -m tests.storm $(ARGS)

screenshots: set-up-dev ## Make the pictures in docs/images anew
	@scripts/ensure-browser
	@PYTHONPATH=. $(PY) scripts/screenshots

lock: set-up-dev ## Pin requirements/*.in anew, with hashes
	@scripts/lock $(PY)

clean: ## Remove what was built, and the demo's data
	rm -rf .venv var build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

set-up:
	@scripts/set-up run

set-up-dev:
	@scripts/set-up dev
