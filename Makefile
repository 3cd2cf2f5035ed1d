# Every chore of the project; `make help` lists them. Each creates and fills .venv first when that has to be done.

BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help venv demo test lint format types layers unit goldens bench clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1 \t\2/p' $(MAKEFILE_LIST) | expand -t 20

venv: ## create .venv and install the package with its tools (nothing to do when prepared)
	@.ci/prepare

demo: venv ## run the main job: three payloads, signed, validated and executed
	@$(BIN)/python examples/demo.py

test: lint types layers unit ## linters, type check, import layers, then the whole test suite

lint: venv ## style and format, without changing anything
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: venv ## format the code and apply safe fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: venv ## mypy --strict on the package
	$(BIN)/mypy

layers: venv ## the direction of imports
	$(BIN)/lint-imports

unit: venv ## the test suite alone
	$(BIN)/python -m pytest

goldens: venv ## rewrite the expected files in tests/golden; read the diff before you commit it
	$(BIN)/python -m pytest tests/golden tests/unit/test_stdlib.py --update-golden

bench: venv ## time the workloads against hand-written Python
	$(BIN)/python benchmarks/run.py

clean: ## remove everything that the other targets made
	rm -rf .venv .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
