# Set-up, the default study, tests and benchmarks. `make` or `make help` lists the targets.

# nproc would take OMP_NUM_THREADS for the number of cores
CORES ?= $(shell env -u OMP_NUM_THREADS nproc 2>/dev/null || echo 2)
# tests at once: more than cores, as some of them wait for a cluster most of the time
JOBS ?= 3
STUDY ?= studies/embedded.yaml
TASKS ?= 8
# Any Python 3 can start make_venv.py; it picks a supported one (3.11 to 3.13), or takes PYTHON=...
PYTHON ?=
STARTER := $(shell for name in python3 python3.11 python3.12 python3.13 "$(PYTHON)"; do \
	command -v "$$name" && break; done 2>/dev/null)

VENV := .venv
SAMPLER := .venv-second-opinion# of `make second-opinion` alone
GENERATORS := .venv-reasoning-gym# of import_tasks.py alone
WRITER := .venv-docs# of `make docs` alone
BIN := $$PWD/$(VENV)/bin# as the shell sees it: the name of the folder may hold what shells expand
PYTEST = $(RUN) pytest -q --dist loadgroup --no-loadscope-reorder
# a study starts Python some hundred times: each would compile the project where a container forbids to keep that
RUN := PATH="$(BIN):$$PATH" LITELLM_LOCAL_MODEL_COST_MAP=True VLLM_NO_USAGE_STATS=1 PYTHONDONTWRITEBYTECODE=
SNAKEFILES := Snakefile rules
EMBEDDED := results/embedded
# a program for Graphviz: of the rules that make figures, the picture of the rules shows two
UNDRAWN := N[match(label, "make_*") == 0 && label != "make_figure_lift" && label != "make_figure_loss_curves"] \
	{ delete($$G, $$) }

.PHONY: help setup demo study try plan status verify audit summary compare second-opinion sampler generators lint \
	types style check test test-nightly docs validate bench bench-gpu pictures pins clean distclean
.DEFAULT_GOAL := help

help: ## list these targets
	@echo "Targets (options: CORES=$(CORES), STUDY=$(STUDY), PYTHON=...):"
	@sed -n 's/^\([a-z-]*\):.*## /  \1@/p' Makefile | awk -F@ '{printf "%-14s %s\n", $$1, $$2}'

setup: ## make .venv from envs/cpu.txt, once for each set of pins
ifeq ($(STARTER),)
	@echo "error: Python: found none, expected 3.11, 3.12 or 3.13. Install one of them." >&2; exit 1
else
	@"$(STARTER)" envs/make_venv.py $(if $(PYTHON),--python "$(PYTHON)")
endif

demo: setup ## run the embedded study to its report
	@$(RUN) python workflow_scripts/study/run_study.py --cores $(CORES)

study: setup ## run STUDY=studies/other.yaml to its report
	@$(RUN) python workflow_scripts/study/run_study.py --study "$(STUDY)" --cores $(CORES)

try: setup ## run STUDY on a few tasks (TASKS=8), and say what the whole of it would take
	@$(RUN) python workflow_scripts/study/try_study.py --study "$(STUDY)" --tasks $(TASKS) --cores $(CORES)

plan: setup ## say what designs of STUDY would resolve and cost (FROM=results/embedded, EFFECT=0.05)
	@$(RUN) python workflow_scripts/study/plan.py --study "$(STUDY)" $(if $(FROM),--from "$(FROM)") \
		$(if $(EFFECT),--effect $(EFFECT))

audit: setup ## say what a run of STUDY would do again, why, and what it would cost
	@$(RUN) python workflow_scripts/audit/audit.py --cores $(CORES) --study "$(STUDY)"

status: setup ## say what a run of STUDY is at, from another terminal or another machine
	@$(RUN) python workflow_scripts/study/status.py --study "$(STUDY)"

verify: setup ## check that the results of STUDY are what their manifests say
	@$(RUN) python workflow_scripts/study/verify.py --study "$(STUDY)"

summary: setup ## print the results of STUDY as a Markdown table
	@$(RUN) python workflow_scripts/study/summarise.py --study "$(STUDY)"

compare: setup ## set an effect of finished studies side by side (STUDIES="studies/a.yaml studies/b.yaml")
	@$(RUN) python workflow_scripts/study/compare_studies.py --studies $(STUDIES) $(if $(CONTRAST),--contrast $(CONTRAST))

second-opinion: setup sampler ## set a Bayesian model's intervals beside those of the finished STUDY
	@$(RUN) python workflow_scripts/second_opinion/second_opinion.py --study "$(STUDY)"

generators: setup ## make .venv-reasoning-gym, for import_tasks.py --from reasoning-gym (needs a C compiler)
	@"$(STARTER)" envs/make_venv.py --venv $(GENERATORS) --pins envs/reasoning-gym.txt --needed-gib 0.5 \
		$(if $(PYTHON),--python "$(PYTHON)")

sampler: setup # what a second opinion needs more, once for each set of pins
	@"$(STARTER)" envs/make_venv.py --venv $(SAMPLER) --pins envs/second-opinion.txt --needed-gib 0.7 \
		$(if $(PYTHON),--python "$(PYTHON)")

lint: setup ## check style, types (mypy), spelling (codespell), and that no imports go round in circles
	@$(MAKE) --no-print-directory -j 2 --output-sync=recurse types style

types: # takes as long as all of style
	@$(RUN) mypy

style:
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) snakefmt --check $(SNAKEFILES)
	@$(RUN) snakemake --lint
	@$(RUN) env PYTHONPATH=workflow_scripts lint-imports --no-cache --no-logo
	@$(RUN) codespell

check: lint ## the quick loop: style, and the tests that load no model and run no study
	@$(PYTEST) -n 2 --quick tests/unit tests/commands

test: lint docs ## check style, build the site, and run all tests
	@$(PYTEST) -n $(JOBS) -m "not nightly"

test-nightly: setup sampler generators ## the long forms of tests: twenty kills, whole second runs, long simulations
	@$(PYTEST) -n 2 -m nightly

docs: ## build the site of the pages in docs/ as site/; a dead link ends it
ifeq ($(STARTER),)
	@echo "error: Python: found none, expected 3.11, 3.12 or 3.13. Install one of them." >&2; exit 1
else
	@"$(STARTER)" envs/make_venv.py --venv $(WRITER) --pins envs/docs.txt --needed-gib 0.3 \
		$(if $(PYTHON),--python "$(PYTHON)")
	@rm -rf site .cache
	@$(WRITER)/bin/zensical build --strict --config-file .zensical.toml
endif

validate: setup ## simulate studies with a known truth; write what the intervals hold to docs/explanation/validation.md
	@$(RUN) python tests/validation/run.py --out docs/explanation/validation.md

bench: setup ## time a study by stage, and the engine and training against bare scripts
	@$(RUN) python tests/bench/run.py --cores $(CORES)

bench-gpu: setup ## measure the rows of docs/explanation/benchmarks.md that want a GPU, in 9 minutes at most
	@$(RUN) python tests/bench/gpu.py --out gpu-rows.md

pictures: setup ## make the pictures of the docs (needs Graphviz, Chromium, and the finished embedded study)
	@$(RUN) snakemake --quiet all --rulegraph dot -- $(EMBEDDED)/figures/lift.svg $(EMBEDDED)/figures/loss_curves.svg \
		$(EMBEDDED)/findings.html $(EMBEDDED)/episodes.html $(EMBEDDED)/cards/models \
		$(EMBEDDED)/cards/corpora/worked.md | sed 's/fontname=sans/fontname="sans-serif"/' \
		| gvpr -c '$(UNDRAWN)' | tred | dot -Gnodesep=0.15 -Granksep=0.25 -Tsvg > docs/rulegraph.svg
	@$(RUN) python tests/helpers/doc_pictures.py

pins: ## resolve envs/direct.txt into the full pinned sets (needs uv)
	@"$(STARTER)" envs/pin.py

clean: ## remove results and everything else made by running, but .venv
	rm -rf results site .cache .skillift .snakemake .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -not -path './$(VENV)*' -prune -exec rm -rf {} +

distclean: clean ## remove the virtual environments too
	rm -rf $(VENV) $(SAMPLER) $(GENERATORS) $(WRITER)
