# Two commands: `make demo` shows the month, `make test` passes the tests. Both set up what they need.
.PHONY: demo test test-spark check format schemas lock clean

demo:
	@.ci/system-packages demo
	@.ci/environment requirements.lock
	@.venv/bin/palayesh demo --out demo-out

test:
	@.ci/system-packages test
	@.ci/environment requirements-dev.lock
	@.venv/bin/python -m pytest -q -n 2 --dist loadgroup

# The same pairs on Spark: half a gigabyte of libraries and Java, which nothing else needs, in a folder of their own
# (Great Expectations would import them wherever it finds them).
test-spark:
	@.ci/system-packages spark
	@.ci/environment requirements-dev.lock
	@test -d .tools/spark/pyspark || .venv/bin/pip install -q --disable-pip-version-check --require-hashes --no-deps \
	  --target .tools/spark -r requirements-spark.lock
	@PYTHONPATH=.tools/spark .venv/bin/python -m pytest -q tests/linkage/test_spark.py

# Formatting, lint, import contracts, types, declarations: under a minute.
check:
	@.ci/environment requirements-dev.lock
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/lint-imports
	.venv/bin/mypy
	.venv/bin/yamllint -s expectations reports_templates

format:
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

# JSON schemas of the files in expectations/, from the models that read them.
schemas:
	.venv/bin/python -m palayesh.adapters.schemas

# The lock files name versions and hashes, and no index or download host.
lock:
	.venv/bin/pip-compile -q --no-header --no-annotate --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	  --strip-extras --allow-unsafe --generate-hashes --extra dev -o requirements-dev.lock pyproject.toml
	.venv/bin/pip-compile -q --no-header --no-annotate --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	  --strip-extras --allow-unsafe --generate-hashes -c requirements-dev.lock -o requirements.lock pyproject.toml
	echo 'pyspark~=4.1' | .venv/bin/pip-compile -q --no-header --no-annotate --no-emit-index-url --no-emit-trusted-host \
	  --no-emit-find-links --strip-extras --allow-unsafe --generate-hashes -o requirements-spark.lock -

clean:
	rm -rf .venv .tools demo-out var
