# Every target works on a fresh machine with make and Python 3.11 or newer: tools/setup.sh makes
# .venv and installs what the target needs. Further arguments: make run ARGS="--cli --json --all"
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test lint model bench demo icon app install-desktop uninstall-desktop release \
	clean setup-run setup-window setup-train setup-app setup-test

IN_VENV := .venv/bin/python
ARGS :=

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s%s\n", $$1, $$2 }' Makefile

run: ## open the window (without a screen, or with ARGS="--cli": print the words)
	@sh tools/run.sh $(ARGS)

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

icon: setup-window ## draw the pictures of assets/icon.svg anew
	$(IN_VENV) tools/make_icon.py

app: setup-app ## freeze the program into dist/recognizer, for machines without Python
	$(IN_VENV) -m PyInstaller --noconfirm --log-level ERROR --distpath dist --workpath build \
		packaging/recognizer.spec
	$(IN_VENV) tools/smoke_test.py dist/recognizer/recognizer

install-desktop: setup-window ## put the program into your menu of applications (Linux)
	@sh tools/desktop_entry.sh install

uninstall-desktop: ## take it out of the menu
	@sh tools/desktop_entry.sh uninstall

release: setup-run ## build wheel and source, try both in clean environments, say what changed
	@$(IN_VENV) tools/release.py $(ARGS)

clean: ## remove .venv and all caches (not the model, and not what training has prepared)
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find recognizer train tests tools -name __pycache__ -prune -exec rm -rf {} +

setup-run setup-window setup-train setup-app setup-test: setup-%:
	@sh tools/setup.sh $*
