# Every target works on a fresh machine with make and Python 3.11 or newer: tools/setup.sh makes
# .venv and installs what the target needs. Further arguments: make run ARGS="--json --all"
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test lint model bench demo clean setup-run setup-train setup-test

IN_VENV := .venv/bin/python
ARGS :=

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s%s\n", $$1, $$2 }' Makefile

run: setup-run ## listen to the microphone (without one: to the demo recording)
	@$(IN_VENV) -m recognizer --cli --demo-without-microphone $(ARGS)

test: setup-test ## run the tests
	$(IN_VENV) -m pytest $(ARGS)

lint: setup-test ## check style and types
	$(IN_VENV) -m ruff check .
	$(IN_VENV) -m ruff format --check .
	$(IN_VENV) -m mypy

model: setup-train ## train assets/digits.tflite anew
	$(IN_VENV) -m train model $(ARGS)

bench: setup-test ## print the tables of the benchmarks
	$(IN_VENV) -m tests.benchmarks $(ARGS)

demo: setup-run ## generate assets/demo.flac anew
	@command -v espeak-ng >/dev/null || sh tools/system_packages.sh "The demo's voices" espeak-ng
	$(IN_VENV) tools/make_demo.py

clean: ## remove .venv and all caches (not the model, and not what training has prepared)
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find recognizer train tests tools -name __pycache__ -prune -exec rm -rf {} +

setup-run setup-train setup-test: setup-%:
	@sh tools/setup.sh $*
