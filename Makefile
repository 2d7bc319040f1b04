# What a developer types. See CONTRIBUTING.md.
GO ?= go
PKGS = ./...
TESTFLAGS =

.PHONY: release-snapshot build demo test e2e e2e-worker bench-worker lint bench fmt

build: ## the binary, static
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags="-s -w" -o ecsctl .

release-snapshot: ## the files of a release, in dist/: what .goreleaser.yaml says, offline
	$(GO) run ./internal/release

demo: ## the whole product on this machine, with no AWS account, no network and no Python
	CGO_ENABLED=0 $(GO) run . demo

test: ## needs the Go toolchain alone
	$(GO) test $(TESTFLAGS) $(PKGS)

e2e: ## against real Prefect servers, moto and the AWS CLI; makes its own virtual environments
	e2e/venvs.sh
	$(GO) test -tags e2e -count=1 -p 1 -timeout 60m $(TESTFLAGS) ./e2e ./e2e/parity ./e2e/sandbox

e2e-worker: ## our worker beside the official one, scenario by scenario: a quarter of an hour
	e2e/venvs.sh
	$(GO) test -tags e2e -count=1 -p 1 -timeout 60m $(TESTFLAGS) ./e2e/worker

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

fmt:
	gofmt -w .
