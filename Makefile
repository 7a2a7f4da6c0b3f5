# Commands for people. `make` lists them.
.DEFAULT_GOAL := help
.PHONY: help demo build run test bench bench-nexmark data up down

STREAMSQL := target/release/streamsql

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: ## the reference job with all it needs in one process: installs, builds, runs (Ctrl-C ends it)
	bash scripts/install-dependencies demo
	cargo build --release --locked -p streamsql-cli
	$(STREAMSQL) demo

build: ## the release binary, target/release/streamsql
	bash scripts/install-dependencies build
	cargo build --release --locked -p streamsql-cli

run: build ## the job of sql/ against the Kafka and Postgres that sql/streamsql.yaml names
	$(STREAMSQL) run sql

test: ## format, lints, all tests
	bash scripts/install-dependencies test
	bash scripts/test

bench: build ## CPU time per event; figures and what they mean: docs/performance.md
	bash scripts/install-dependencies test
	cargo run --release --locked -p streamsql-bench
	cargo bench --locked -p streamsql-formats --bench decode

bench-nexmark: build ## CPU time per event of the queries of benches/nexmark, from Kafka
	bash scripts/install-dependencies test
	cargo run --release --locked -p streamsql-bench -- nexmark

data: build ## writes data/users.csv and data/products.csv anew (they come out the same)
	$(STREAMSQL) gen users products --to data

up: ## Kafka, Postgres, Grafana, generator and the job in containers: http://127.0.0.1:3000
	docker compose up -d --build

down: ## ends the containers; `docker compose down --volumes` also forgets their data
	docker compose down
