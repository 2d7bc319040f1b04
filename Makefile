# What a developer types. See CONTRIBUTING.md.
GO ?= go
# What takes longest goes first.
PKGS = ./commands ./provision ./worker ./...
TESTFLAGS =

# One way to compile for everything: build, demo, the tests and the lint find each other's
# packages in the cache. Go compiles all of them again when these differ. -w leaves out what only a
# debugger reads: sixty programs of tests take two thirds of the time to link. Without inlining the
# services of AWS, 1.3 million lines, take two thirds of the time to compile, half of it for the race detector,
# and ecsctl is 5 % smaller.
export CGO_ENABLED ?= 0
COMPILE = -trimpath -ldflags=-w -gcflags=github.com/aws/aws-sdk-go-v2/service/...=-l
export GOFLAGS := $(filter-out $(COMPILE),$(shell $(GO) env GOFLAGS)) $(COMPILE)

# The tools that others wrote are pinned in tools/tools.mod, apart from what ecsctl is made of.
TOOL = $(GO) tool -modfile=tools/tools.mod
GOTEST = $(GO) test

.PHONY: acceptance chaos chaos-ci release-snapshot build man recordings demo test race fuzz e2e e2e-worker e2e-bundles e2e-deploy e2e-engine bench-worker bench-idle bench-wake bench-roundtrips bench-tracking bench-pools bench-flowimage lint vuln \
	bench fmt

build: ## the binary, static
	@test -x ecsctl || echo "building ecsctl: the first time takes minutes, because the AWS SDK is large"
	$(GO) build -buildvcs=false -ldflags="-s -w $$(tools/stamp.sh)" -o ecsctl .

man: build ## the manual page, ecsctl.1: for `man ./ecsctl.1`, or a folder man1 on MANPATH
	./ecsctl man > ecsctl.1

recordings: ## docs/recordings/*.svg: what the real program shows, in a sandbox
	$(GO) run ./tools/recordings

release-snapshot: ## the files of a release, in dist/; offline, once nfpm is there
	e2e/venvs.sh release
	$(GO) run ./tools/release

demo: build ## the whole product on this machine, with no AWS account, no network and no Python
	./ecsctl demo

# The compiler and the linters make much garbage and soon end: a fifth of their CPU time went into collecting it.
# So do the tests and what they start.
build lint vuln test race fuzz chaos chaos-ci e2e: export GOGC ?= 400

test: ## needs the Go toolchain alone; most tests wait for processes, so that more of them than processors run at once
	$(GOTEST) -p 3 -parallel 6 -timeout 30m $(TESTFLAGS) $(PKGS)

RACED = ./worker ./sandbox ./worker/... ./sandbox/...

race: ## the same tests of what runs for weeks and of its far end, with the race detector, which needs a C compiler
	CGO_ENABLED=1 $(GOTEST) -race -p 3 -parallel 6 -timeout 30m $(TESTFLAGS) $(RACED)

FUZZTIME = 1m

fuzz: ## each fuzz target for FUZZTIME; without it, tests run the seeds
	tools/fuzz.sh $(FUZZTIME)

# The package that ends with a few long tests goes first. The one that always runs four at once goes last, when .ci/run
# has nothing else left to run.
e2e: ## against real Prefect servers, moto and the AWS CLI; makes its own virtual environments
	e2e/venvs.sh
	$(GOTEST) -tags e2e -count=1 -p 1 -parallel 4 -timeout 60m $(TESTFLAGS) ./e2e/sandbox ./e2e/parity ./e2e/install ./e2e/acceptance ./e2e/lint ./e2e

export ON DESCRIBE ACCEPTANCE_AWS ACCEPTANCE_REGION ACCEPTANCE_POOL ACCEPTANCE_NEW_KEY ACCEPTANCE_REPORT \
	ACCEPTANCE_PRIVATE_SUBNETS ACCEPTANCE_CAPACITY_PROVIDER

acceptance: ## the whole guide in the sandbox, ON=moto, or a real account: see CONTRIBUTING.md; DESCRIBE=1 only says what
	@$(GO) run -tags e2e ./e2e/acceptance

e2e-worker: ## our worker beside the official one, scenario by scenario: a quarter of an hour
	e2e/venvs.sh
	e2e/venvs.sh prefect39
	$(GO) test -tags e2e -count=1 -p 1 -timeout 60m $(TESTFLAGS) ./e2e/worker

e2e-bundles: ## @ecs flows of real Prefect 3.8.8 and 3.9.1 through our worker, bundles in moto's S3 and the sandbox's
	e2e/venvs.sh
	e2e/venvs.sh prefect39
	$(GO) test -tags "e2e bundles" -count=1 -timeout 60m $(TESTFLAGS) -run TestBundles ./e2e/sandbox

e2e-deploy: ## ecsctl deploy in full with each of Prefect 3.9.1, 3.8.8 and 2.20.26: some minutes of CPU
	e2e/venvs.sh
	e2e/venvs.sh prefect39
	$(GO) test -tags "e2e full" -count=1 -v -timeout 60m $(TESTFLAGS) -run TestDeployInFull ./e2e/sandbox

e2e-engine: ## real engines of Prefect 3.9.1, 3.8.8 and 2.20.26 under retries, cancellation and a container that dies: 2 minutes of CPU
	e2e/venvs.sh
	e2e/venvs.sh prefect39
	$(GO) test -tags "e2e full" -count=1 -v -timeout 60m $(TESTFLAGS) -run TestEngine ./e2e/sandbox

SEED = 1
SEEDS = 10
RUNS = 1000
SCALE = 20

chaos: ## workers under faults, quotas, outages and load, in full: half a minute for a seed of 1,000 runs, half an hour for the rest
	$(GO) test -count=1 -v -timeout 24h -parallel 4 ./chaos -args -seed $(SEED) -seeds $(SEEDS) -runs $(RUNS) -scale $(SCALE) \
		-quota-runs 2000 -outage-tasks 500 -soak-runs 10000 -soak-time 1h

chaos-ci: ## ten seeds of 1,000 runs, four at once
	$(GOTEST) -count=1 -timeout 60m -parallel 4 $(TESTFLAGS) ./chaos -run TestEveryRunIsExecutedOnce -args -seed 1 -seeds 10 -runs 1000

lint: ## formatting, vet, staticcheck and the house rules
	@out=$$(gofmt -l .); if [ -n "$$out" ]; then echo "gofmt: $$out"; exit 1; fi
	$(GO) vet -tags e2e,bundles,full $(PKGS)
	$(TOOL) staticcheck -tags e2e,bundles,full $(PKGS)
	$(GO) run ./tools/houserules

# The database comes from the Go module proxy, so that a result never depends on the day;
# `make vuln VULNDB=latest` asks the newest one.
VULNDB = v0.0.0-20261105234957-e22db6528018

vuln: ## known vulnerabilities in what ecsctl calls; those in Go itself are only named
	@mkdir -p .cache
	$(GO) build -o .cache/ecsctl-symbols .
	db=$$(tools/vulndb.sh $(VULNDB)) && \
		$(TOOL) govulncheck -mode binary -json -db "file://$$db" .cache/ecsctl-symbols | $(GO) run ./tools/vulnerable

bench: ## ecsctl beside its peers, in one run; prints ratios
	e2e/venvs.sh
	$(GO) run -tags e2e ./bench

bench-worker: ## our worker beside the official one: launches a second, memory, calls
	e2e/venvs.sh
	$(GO) run -tags e2e ./bench/worker

bench-idle: ## what an idle worker, a health check and a launch cost, with both servers; BEFORE=PATH: an earlier ecsctl too
	e2e/venvs.sh
	for venv in prefect3 prefect2; do \
		$(GO) run -tags e2e ./bench/worker -prefect $$venv -runs 20 -idle 3m -before "$(BEFORE)" || exit 1; done

bench-wake: ## how long a run that is due waits for its RunTask, with our worker and the official one
	e2e/venvs.sh
	$(GO) run -tags e2e ./bench/wake

bench-roundtrips: ## how many round trips to AWS and Prefect each command waits for; fails beyond its goal
	$(GO) test -count=1 -v ./bench/roundtrips | grep -v '^ *roundtrips_test.go:[0-9]*: *[0-9.]* s:'

bench-tracking: ## our worker beside the official one in the sandbox: what launching, tracking and reporting cost
	e2e/venvs.sh
	$(GO) run -tags e2e ./bench/tracking

bench-pools: ## one worker of 10 pools with 1,000 runs each, and two: launches a second, memory, fairness; nothing lost or doubled
	$(GO) run -tags e2e ./bench/pools

bench-flowimage: ## an image of flows beside a Dockerfile's: sizes, seconds, bytes pushed; needs uv
	$(GO) run -tags e2e ./bench/flowimage

fmt:
	gofmt -w .
