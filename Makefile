# Commands for people. `make` lists them.
.DEFAULT_GOAL := help
.PHONY: help test build

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

build: ## the release binary, target/release/streamsql
	bash scripts/install-dependencies
	cargo build --release --locked -p streamsql-cli

test: ## format, lints, all tests
	bash scripts/test
