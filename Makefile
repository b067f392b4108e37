# Two commands matter: make demo and make test. Each installs what it lacks.
PYTHON ?= python3
SUITE = command -v $(PYTHON) >/dev/null || { \
	echo "error: there is no $(PYTHON); what to do: apt-get install python3, or name" \
	"an interpreter with PYTHON=..."; exit 1; }; $(PYTHON) -B -m tools.suite

.PHONY: help demo stop test lint format bench render clean
.DEFAULT_GOAL := help

help: ## show the commands
	@sed -n 's/^\([a-z]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | sed 's/|/\t/'
	@echo
	@echo "  ODOO_HOME=/path/to/odoo  use that source checkout; its series decides"
	@echo "  PGHOST, PGPORT, PGUSER   use that PostgreSQL server"
	@echo "  HTTP_PORT=8069           port of the demo;  DEMO_DB=reyder_e2e its database"

demo: ## install what is missing, play the story, serve it on http://localhost:8069
	@$(SUITE) demo

stop: ## stop what demo started; the data stays
	@$(SUITE) stop

test: ## lint, render, install and test everything; ADDON=name for one addon
	@$(SUITE) test

lint: ## the linters of make test alone; ADDON=name for one addon
	@$(SUITE) lint

format: ## format Python and XML, mend what the linters can; ADDON=name for one addon
	@$(SUITE) format

bench: ## run the benchmarks; BENCH=name for one
	@$(SUITE) bench

render: ## render the addons for SERIES=19.0 into .runtime/render
	@$(SUITE) render

clean: ## stop everything and remove .runtime/
	@$(SUITE) clean
