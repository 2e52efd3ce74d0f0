# make run | make test | make test-slow | make lint | make bench | make docs | make pictures | make image
PORT ?= 8501
PYTHON ?= python3
BIN := .venv/bin
IMAGE ?= voxelscope
BASE_IMAGE ?= docker.io/library/python:3.12-slim

.PHONY: run env dev-env test test-slow lint bench docs docs-check pictures image clean

run: env  ## Start the app, with what its first visitor would wait for made beforehand
	@echo "Making the first simulated subject and compiling, which takes a minute or two once."
	@$(BIN)/python -m decoding.prepare
	@echo "Starting the app on http://localhost:$(PORT)"
	$(BIN)/streamlit run app.py --server.port $(PORT)

env: .venv/.app
dev-env: .venv/.dev

.venv/.app: requirements.txt
	@echo "Making the Python environment in .venv: packages are downloaded, which takes minutes."
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet -r requirements.txt
	touch $@

.venv/.dev: .venv/.app requirements-dev.txt requirements-cluster.txt
	$(BIN)/pip install --quiet -r requirements-dev.txt
	touch $@

lint: dev-env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint  ## Lint and every test not marked slow
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile $(PYTEST_ARGS)

test-slow: dev-env  ## The statistical, load and visual matrices
	$(BIN)/python -m pytest -m slow -n 2 --dist worksteal --timeout 1800 $(PYTEST_ARGS)

bench: dev-env  ## Each row beside its peer, kept in docs/performance.json
	$(BIN)/python -m benchmarks

docs: dev-env  ## Numbers in README and docs, by the commands named beside them
	$(BIN)/python -m docs.make

docs-check: dev-env
	$(BIN)/python -m docs.make --check

pictures: dev-env  ## Pictures of README, from the running app
	$(BIN)/python -m docs.pictures

image:
	buildah bud --isolation chroot --format docker $(IMAGE_FLAGS) --build-arg BASE_IMAGE=$(BASE_IMAGE) -t $(IMAGE) .

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
