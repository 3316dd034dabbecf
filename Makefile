# make build needs Go, gcc, make and git, and nothing else; make test also Node.js with npm, for the consensus client of its Ethereum network. `make help`
# lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

# ledger: hardware keys. Tests use the same tags as the binary, so that one build cache serves both.
BUILD_TAGS ?= ledger
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
VERSION_PKG := github.com/cosmos/cosmos-sdk/version
LDFLAGS := -s -w \
	-X $(VERSION_PKG).Name=stafi \
	-X $(VERSION_PKG).AppName=stafid \
	-X $(VERSION_PKG).Version=$(VERSION) \
	-X $(VERSION_PKG).Commit=$(COMMIT) \
	-X $(VERSION_PKG).BuildTags=$(BUILD_TAGS)

BUILD := build
# End-to-end tests and the demo run these binaries; they are built once and shared.
export STAFID_BIN := $(CURDIR)/$(BUILD)/stafid
export WASMD_BIN := $(CURDIR)/$(BUILD)/wasmd

GOLANGCI_VERSION := v2.15.0

##@ Build

.PHONY: build
build: ## build/stafid
	go build -tags '$(BUILD_TAGS)' -ldflags '$(LDFLAGS)' -o $(BUILD)/ ./cmd/stafid

.PHONY: install
install: ## stafid into GOBIN
	go install -tags '$(BUILD_TAGS)' -ldflags '$(LDFLAGS)' ./cmd/stafid

$(BUILD)/wasmd: scripts/counterparty/go.mod scripts/counterparty/build.sh
	scripts/counterparty/build.sh $(CURDIR)/$(BUILD)
	touch $@

.PHONY: counterparty
counterparty: $(BUILD)/wasmd ## build/wasmd, the original chain of the demo

PEERS := $(BUILD)/lodestar/.complete

.PHONY: ethereum-peers
ethereum-peers: $(PEERS) ## build/geth and build/lodestar, peers of the tests on Ethereum (need Node.js)

$(PEERS): scripts/ethereum/build.sh $(wildcard scripts/ethereum/geth/* scripts/ethereum/lodestar/* scripts/ethereum/lodestar/*/*)
	scripts/ethereum/build.sh $(CURDIR)/$(BUILD)
	touch $@

##@ Run

# The networks' pace is measured; make demo PACE=1.5 gives it. It is printed.
export PACE ?=
DEMO := go run -tags '$(BUILD_TAGS)' ./scripts/e2e/cmd/demo -pace '$(PACE)'

.PHONY: quickstart
quickstart: build counterparty ## a deposit, its rTokens, a redemption and its payout on four validators, in a minute and a half
	$(DEMO) -quickstart

.PHONY: demo
demo: build counterparty ## the system's whole life, on real processes
	$(DEMO)

.PHONY: demo-ethereum
demo-ethereum: build ethereum-peers ## the same with an Ethereum network as original chain (needs Node.js)
	$(DEMO) -ethereum

.PHONY: localnet
localnet: build counterparty ## the same network, left running
	$(DEMO) -leave-running

##@ Test

.PHONY: test
test: test-unit test-e2e test-e2e-ethereum ## every test

.PHONY: test-unit
test-unit: ## tests of one process: unit, property, integration on the whole app
	go test -tags '$(BUILD_TAGS)' -timeout 20m ./...
	cd scripts/protogen && go test ./...
	cd scripts/plots && go test ./...

.PHONY: test-e2e
test-e2e: build counterparty ## the demo's life as a test, on real processes
	go test -tags '$(BUILD_TAGS) e2e' -timeout 4h -v ./scripts/e2e

.PHONY: test-e2e-ethereum
test-e2e-ethereum: build ethereum-peers ## the life on geth and Lodestar as a test (needs Node.js)
	go test -tags '$(BUILD_TAGS) e2e' -timeout 6h -count 1 -v ./scripts/e2e/ethereumlife

.PHONY: test-ethereum
test-ethereum: ethereum-peers ## the Ethereum light client against geth and Lodestar: 5 minutes, not part of test
	go test -tags '$(BUILD_TAGS) ethereum' -timeout 20m -count 1 -v ./scripts/ethereum

.PHONY: adversary
adversary: ## an adversary against the books for 100,000 steps on either kind of chain: about an hour
	STAFID_ADVERSARY_STEPS=500 go test -tags '$(BUILD_TAGS)' -timeout 6h -run 'TestAnAdversary' ./x/stakingcontract/keeper -rapid.checks=200

.PHONY: bench
bench: ## the benchmarks of the README's table
	go test -tags '$(BUILD_TAGS)' -run '^$$' -bench . -benchmem -timeout 30m ./app/... ./lightclient/... ./relayer/... ./x/...

##@ Pictures

.PHONY: plots
plots: ## docs/odds: what an election gives whom, drawn from the real election code
	cd scripts/plots && go run . -out $(CURDIR)/docs/odds

##@ Contracts on Ethereum (need Node.js)

CONTRACTS := contracts/ethereum

# npm ci wants exactly what package-lock.json names, by hash.
$(CONTRACTS)/node_modules/.package-lock.json: $(CONTRACTS)/package.json $(CONTRACTS)/package-lock.json
	@command -v npm >/dev/null || { echo "the contracts' compiler needs Node.js 18 or later, with npm: not found" >&2; exit 1; }
	cd $(CONTRACTS) && npm ci

.PHONY: contracts
contracts: $(CONTRACTS)/node_modules/.package-lock.json ## compile the deposit contract
	cd $(CONTRACTS) && npm run build

.PHONY: contracts-check
contracts-check: $(CONTRACTS)/node_modules/.package-lock.json ## fail if its bytecode, or the Safe's artifacts, are not what their sources give
	cd $(CONTRACTS) && npm run check

##@ Generated code and lint

# scripts/protogen compiles .proto files with protocompile and runs the plugins at the versions of go.mod: it builds in
# seconds and gives the bytes that buf and protoc give. buf takes minutes to build and is used only to lint.
.PHONY: proto-gen
proto-gen: ## Go code and the OpenAPI document from proto/
	scripts/protogen.sh generate

.PHONY: proto-check
proto-check: ## fail if generated code is not what proto/ gives
	scripts/protogen.sh check

.PHONY: proto-lint
proto-lint: ## buf lint (the first run builds buf)
	scripts/protogen.sh vendor
	go tool -modfile=tools/go.mod buf lint

.bin/golangci-lint-$(GOLANGCI_VERSION):
	GOBIN=$(CURDIR)/.bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv .bin/golangci-lint $@

.PHONY: lint
lint: .bin/golangci-lint-$(GOLANGCI_VERSION) ## golangci-lint (the first run builds it: 5 minutes)
	$< run ./...

##@ Other

.PHONY: clean
clean: ## binaries, tools and the local network
	rm -rf $(BUILD) .bin third_party .localnet

.PHONY: help
help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
