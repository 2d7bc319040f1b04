# What a developer types. See CONTRIBUTING.md.
GO ?= go
PKGS = ./...
TESTFLAGS =

.PHONY: chaos chaos-ci release-snapshot build man recordings demo test e2e e2e-worker bench-worker bench-tracking bench-flowimage lint bench fmt

build: ## the binary, static
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags="-s -w" -o ecsctl .

man: build ## the manual page, ecsctl.1: for `man ./ecsctl.1`, or a folder man1 on MANPATH
	./ecsctl man > ecsctl.1

recordings: ## docs/recordings/*.svg: what the real program shows, in a sandbox
	$(GO) run ./internal/recordings

release-snapshot: ## the files of a release, in dist/: what .goreleaser.yaml says, offline
	$(GO) run ./internal/release

demo: ## the whole product on this machine, with no AWS account, no network and no Python
	CGO_ENABLED=0 $(GO) run . demo

test: ## needs the Go toolchain alone; most tests wait for processes, so that more of them than processors run at once
	$(GO) test -p 3 -parallel 6 $(TESTFLAGS) $(PKGS)

e2e: ## against real Prefect servers, moto and the AWS CLI; makes its own virtual environments
	e2e/venvs.sh
	$(GO) test -tags e2e -count=1 -p 1 -timeout 60m $(TESTFLAGS) ./e2e ./e2e/parity ./e2e/sandbox ./e2e/lint

e2e-worker: ## our worker beside the official one, scenario by scenario: a quarter of an hour
	e2e/venvs.sh
	$(GO) test -tags e2e -count=1 -p 1 -timeout 60m $(TESTFLAGS) ./e2e/worker

SEED = 1
SEEDS = 10
RUNS = 1000
SCALE = 20

chaos: ## workers under faults, quotas, outages and load, in full: half a minute for a seed of 1,000 runs, half an hour for the rest
	$(GO) test -count=1 -v -timeout 24h -parallel 4 ./chaos -args -seed $(SEED) -seeds $(SEEDS) -runs $(RUNS) -scale $(SCALE) \
		-quota-runs 2000 -outage-tasks 500 -soak-runs 10000 -soak-time 1h

chaos-ci: ## ten seeds of 1,000 runs, four at once
	$(GO) test -count=1 -timeout 60m -parallel 4 $(TESTFLAGS) ./chaos -run TestEveryRunIsExecutedOnce -args -seed 1 -seeds 10 -runs 1000

lint: ## formatting, vet, staticcheck and the house rules
	@out=$$(gofmt -l .); if [ -n "$$out" ]; then echo "gofmt: $$out"; exit 1; fi
	$(GO) vet $(PKGS)
	$(GO) vet -tags e2e ./e2e/... ./bench/...
	$(GO) tool staticcheck $(PKGS)
	$(GO) tool staticcheck -tags e2e ./e2e/... ./bench/...
	$(GO) run ./internal/houserules

bench: ## ecsctl beside its peers, in one run; prints ratios
	e2e/venvs.sh
	$(GO) run -tags e2e ./bench

bench-worker: ## our worker beside the official one: launches a second, memory, calls
	e2e/venvs.sh
	$(GO) run -tags e2e ./bench/worker

bench-tracking: ## our worker beside the official one in the sandbox: what launching, tracking and reporting cost
	e2e/venvs.sh
	$(GO) run -tags e2e ./bench/tracking

bench-flowimage: ## an image of flows beside a Dockerfile's: sizes, seconds, bytes pushed; needs uv
	$(GO) run -tags e2e ./bench/flowimage

fmt:
	gofmt -w .
