# Leeboard's tasks. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help venv lock generate generated format lint types layers check verify test test-stories test-resilience test-rollouts test-seeds conformance conformance-peers bench-scale bench-serving bench-drift bench-rollout dashboards demo demo-down cluster cluster-down

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(STAMP): requirements/dev.txt requirements/data.txt pyproject.toml
	@echo "installing the Python packages into $(VENV) (once, some two minutes)"
	@test -x $(BIN)/pip || tools/virtual-environment "$(PYTHON)" $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/data.txt
	@touch $@

venv: $(STAMP) ## make the virtual environment from the lock

lock: venv ## renew requirements/*.txt from pyproject.toml
	@tools/lock

generate: venv ## renew crds/, the reference of the kinds, the chart's copies and roles, what is made for Argo CD, and the messages of gRPC
	@PYTHONPATH=operator $(BIN)/python -m leeboard.api.crd .
	@PYTHONPATH=operator:serving-image $(BIN)/python -m charts.generate
	@PYTHONPATH=operator $(BIN)/python -m leeboard.cli.reference .
	@$(BIN)/python -m gitops.generate
	@PYTHONPATH=operator $(BIN)/python -m tests.support.argocd
	@PYTHONPATH=operator:serving-image $(BIN)/python -m leeboard_serving.server.rpc.protocol.generate

generated: venv ## fail where a generated file is not current
	@PYTHONPATH=operator $(BIN)/python -m leeboard.api.crd --check .
	@PYTHONPATH=operator:serving-image $(BIN)/python -m charts.generate --check
	@PYTHONPATH=operator $(BIN)/python -m leeboard.cli.reference --check .
	@$(BIN)/python -m gitops.generate --check
	@PYTHONPATH=operator $(BIN)/python -m tests.support.argocd --check
	@PYTHONPATH=operator:serving-image $(BIN)/python -m leeboard_serving.server.rpc.protocol.generate --check

format: venv ## format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lint: venv ## ruff
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: venv ## mypy --strict
	@$(BIN)/mypy -p leeboard -p leeboard_serving

layers: venv ## import-linter
	@PYTHONPATH=operator:serving-image $(BIN)/lint-imports

check: lint types layers generated ## everything that needs no cluster and no test run

verify: generate check ## renew what is generated, check everything, and fail where that changed a file
	@git diff --exit-code --stat || { echo "generated files were not current: commit them" >&2; exit 1; }

# API servers come last: they run until the end, and cost while they rest.
TESTS := tests/unit tests/simulation tests/integration

test: check ## every check and every test
	@$(BIN)/python -m e2e.cluster prepare
	@$(BIN)/pytest --numprocesses=2 --dist=loadgroup --no-loadscope-reorder $(TESTS)
	@$(BIN)/pytest -m "not resilience and not rollouts" e2e/scenarios

test-rollouts: venv ## rollouts by a Gateway, on copies and under load, on the real node: some twenty minutes
	@$(BIN)/python -m e2e.cluster prepare
	@$(BIN)/pytest -s -m rollouts e2e/scenarios

test-resilience: venv ## upgrade and disturb the real node under the loop: some ten minutes
	@$(BIN)/pytest -m resilience e2e/scenarios

SEEDS ?= 50-350
test-seeds: venv ## play many more random namespaces than make test does: SEEDS=50-350, some ten minutes
	@$(BIN)/pytest -q --numprocesses=2 tests/simulation/test_random_plays.py --seeds $(SEEDS)

test-stories: venv ## kill the operator at every call of every story, with two workers that take turns: WORKERS=2
	@$(BIN)/pytest -q --numprocesses=2 tests/simulation/test_crashes.py --workers $(or $(WORKERS),2)

# On a cluster of yours: make demo CONTEXT=mine REGISTRY=registry.example/me
DEMO := $(if $(CONTEXT),--context "$(CONTEXT)" $(if $(REGISTRY),--registry "$(REGISTRY)") $(DEMO_OPTIONS))

# A server that metadata does not describe: make conformance URL=… MODEL=m INPUTS="predict:FP32:-1,4"
conformance: venv ## the conformance suite against any server: URL=http://127.0.0.1:8080 [GRPC=127.0.0.1:8082] [MODEL=name]
	@test -n "$(URL)" || { echo "make conformance URL=http://127.0.0.1:8080 [GRPC=host:port] [MODEL=name]" >&2; exit 2; }
	@PYTHONPATH=operator:serving-image $(BIN)/python -m tests.conformance "$(URL)" $(if $(GRPC),--grpc "$(GRPC)") \
		$(if $(MODEL),--model "$(MODEL)") $(foreach input,$(INPUTS),--input "$(input)") $(CONFORMANCE_OPTIONS)

conformance-peers: venv ## the same against our server, MLServer and KServe's, and the page of it: some minutes
	@PYTHONPATH=operator:serving-image $(BIN)/python -m tests.conformance.comparison

bench-scale: venv ## 100, 500 and 2,000 Models on one API server with played nodes: some 35 minutes on two cores
	@PYTHONPATH=operator $(BIN)/python -m tests.bench

bench-serving: venv ## the server beside MLServer, KServe's, BentoML and bare handlers: some 30 minutes on two idle cores
	@PYTHONPATH=operator:serving-image $(BIN)/python -m tests.bench_serving

bench-drift: venv ## drift beside Evidently and whylogs, false alarms and known answers: some 17 minutes on two idle cores
	@PYTHONPATH=operator:serving-image $(BIN)/python -W ignore -m tests.bench_drift

bench-rollout: venv ## 100, 500 and 2,000 rollouts at once beside Argo Rollouts' controller, with played nodes: some 90 minutes on two cores
	@PYTHONPATH=operator $(BIN)/python -m tests.bench_rollout

dashboards: venv ## pictures of the dashboards by Grafana's own components, in build/dashboards; needs npm and chromium
	@PYTHONPATH=operator:serving-image $(BIN)/python -m tests.drawn_dashboards $(DASHBOARDS)

demo: venv ## the whole loop on a real Kubernetes node: train, serve, canary, drift, retrain
	@PYTHONPATH=operator $(BIN)/python -m e2e.demo up $(DEMO)

demo-down: venv ## stop and remove everything that the demo started
	@PYTHONPATH=operator $(BIN)/python -m e2e.demo down $(DEMO)

cluster: venv ## start the real Kubernetes node (kubeconfig: build/cluster/kubeconfig)
	@$(BIN)/python -m e2e.cluster up

cluster-down: venv ## stop it and remove everything it left
	@$(BIN)/python -m e2e.cluster down
