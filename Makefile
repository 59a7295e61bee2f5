.DEFAULT_GOAL := help
PY ?= .venv/bin/python

.PHONY: help install test thorough lint types walls notebooks bench fonts build clean

help:  ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install:  ## Make .venv and install the package with everything its development needs
	python3 -m venv .venv
	$(PY) -m pip install -q -c constraints.txt -e '.[dev]'

test:  ## Run the tests (what README's second command runs)
	$(PY) -m pytest -q -n auto --dist worksteal

thorough:  ## Run the long simulations too
	RANKKIT_THOROUGH=1 $(PY) -m pytest -q -n auto --dist worksteal

lint:  ## Check style and format
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types:  ## Check types
	$(PY) -m mypy

walls:  ## Check that imports only go downward
	.venv/bin/lint-imports --no-cache

notebooks:  ## Execute the notebooks in place
	$(PY) notebooks/execute.py --write

bench:  ## Measure speed against peers in one run
	$(PY) benchmarks/run.py

fonts:  ## Rebuild the bundled font subset: make fonts SOURCE=NotoSansCJK-Regular.ttc
	$(PY) docs/build_fonts.py $(SOURCE)

build:  ## Build wheel and sdist
	$(PY) -m build

clean:  ## Remove what the above leave behind
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis rankkit-demo
