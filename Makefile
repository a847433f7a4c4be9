# Everything here makes what it needs: a .venv from the pinned, hashed lock. Quick the second time.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
# xdist workers; one process when 0. Who is done takes from the others what they have not begun.
JOBS ?= auto
PYTEST := pytest -n $(JOBS) --dist worksteal -m "not soak"
# The tests start a thousand processes, and each would compile the whole package again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint types unit coverage soak bench sbom lock clean

demo: $(READY)
	@$(BIN)/python tools/demo.py

test: lint types unit

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

unit: $(READY)
	$(BIN)/$(PYTEST)

# The same under the coverage tool, which makes it half as long again.
coverage: $(READY)
	rm -f .coverage .coverage.*
	$(BIN)/coverage run -m $(PYTEST)
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

soak: $(READY)
	$(BIN)/pytest -m soak -s

sbom: $(READY)
	@$(BIN)/python tools/sbom.py

bench: $(READY)
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/transport.py
	$(BIN)/python benchmarks/quota.py
	$(BIN)/python benchmarks/backup.py
	$(BIN)/python benchmarks/bulk.py
	$(BIN)/python benchmarks/storage.py
	$(BIN)/python benchmarks/search.py
	$(BIN)/python benchmarks/encryption.py
	$(BIN)/python benchmarks/copying.py
	$(BIN)/python benchmarks/seeding.py
	$(BIN)/python benchmarks/backup_ways.py

# Renew the lock (needs uv, from any package index).
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header --quiet --upgrade --group dev --all-extras \
		pyproject.toml -o requirements.lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "gmailkit needs Python 3.11 or later: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned dependencies into $(VENV); about a minute, once." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
