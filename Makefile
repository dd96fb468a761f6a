# Rubric. `make` alone lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:

# The notebooks use the local AWS unless ENV is set.
ENV ?= $(if $(filter notebooks,$(MAKECMDGOALS)),local,dev)
STACKS ?= --all
DATASET ?=
SINCE ?= HEAD
BASE_MODEL ?=
ARGS ?=
PREFLIGHT ?= on
PORT ?=
ENVS ?= dev prod
DIGEST ?=
PLAN ?=
FORCE ?=
ACCOUNT ?= delivery/delivery.yaml
ADVISORIES ?=

# Settings reach commands through the environment, as typed: a quote, a semicolon or a dollar in a file's name is part of
# the name, not of a shell line and not a variable of make's. tools/words.py splits those that are several words.
SETTINGS := ENV STACKS DATASET BASE_MODEL ARGS PREFLIGHT PORT SINCE ENVS DIGEST FORCE ACCOUNT ADVISORIES PLAN
$(foreach name,$(SETTINGS),$(if $(filter command environment,$(origin $(name))),$(eval override $(name) := $$(value $(name)))))
# cdk.json's build step is `make -s build`: for the local AWS it builds only what the local environment needs.
ifneq ($(filter demo local-up local-destroy,$(MAKECMDGOALS)),)
override ENV := local
endif
export $(SETTINGS)
ifneq ($(PORT),)
export RUBRIC_LOCAL_PORT := $(PORT)
endif

PYTHON := .venv/bin/python
LOCAL := $(PYTHON) -m local
WORDS := $(PYTHON) -m tools.words

# The pinned CDK command line, run by .venv's own Node; the app it starts is found on the same PATH.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
CDK := node_modules/.bin/cdk
IS_LOCAL := $(filter local,$(ENV))
ON_LOCAL := $(if $(IS_LOCAL),endpoint="$$($(LOCAL) env)" || exit 1; set -a; eval "$$endpoint"; set +a;)
define cdk
	@$(ON_LOCAL) $(WORDS) $(2) ARGS -- $(CDK) $(1) -c "env=$$ENV"
endef
define account
	@$(ON_LOCAL) $(WORDS) ARGS -- $(CDK) --app "$(PYTHON) -m delivery" --output build/delivery/account $(1) -c "delivery=$$ACCOUNT"
endef
# On a real account, check the credentials and, for a deploy, what AWS would refuse, before anything is built.
# PREFLIGHT=off skips this.
RUBRIC := $(PYTHON) -m ops --env "$$ENV"
IS_CHECKED := $(if $(IS_LOCAL)$(filter off,$(PREFLIGHT)),,yes)
CHECKED_FIRST := $(if $(IS_CHECKED),$(if $(filter diff destroy bootstrap acceptance,$(MAKECMDGOALS)),credentials,$(if $(filter deploy,$(MAKECMDGOALS)),preflight)))
# Deleting from, or granting permissions on, one's own machine needs no confirmation.
UNASKED_DEPLOY := $(if $(IS_LOCAL),--require-approval never)
UNASKED_DESTROY := $(if $(IS_LOCAL),--force)

# The way of a change (docs/delivery.md), as a pipeline or a person calls it.
DELIVER := $(PYTHON) -m tools.delivery

# Setup runs on whichever Python a new machine has; everything after it on the one in .venv.
SYSTEM_PYTHON := python="$$(command -v python3 || command -v python)" || \
	{ echo 'setup: no python3 found: install Python 3.11 or newer (Debian: sudo apt install python3 python3-venv)' >&2; exit 1; }

# What `ready` sets up; some environments have packages that few targets need.
SETUP := all
test test-all test-unit test-long coverage: SETUP := all notebooks huggingface mongodb
test-e2e test-notebooks notebooks: SETUP := all notebooks
# The console is tested in a real browser; if none can be installed, those tests are skipped with the reason.
test test-all test-e2e: browser-if-any
test-contract: SETUP := all mongodb
bench-serving: SETUP := all bench
bench-features: SETUP := all mongodb
# The steps of a delivery need neither training's packages nor the local AWS; all that is deployed is in the assembly.
preflight sbom advisories advisories-check assembly-check delivery-comment delivery delivery-changes \
	delivery-prepare delivery-show delivery-execute delivery-smoke delivery-finish delivery-rollback \
	delivery-unlock account-bootstrap delivery-plan stack-drift: SETUP := app

.PHONY: help setup ready browser browser-if-any console-pictures eda-picture build assets demo demo-loop \
	local-up local-status local-env local-destroy local-down synth cost prices preflight credentials deploy diff \
	destroy bootstrap acceptance account-synth account-diff account-deploy account-destroy assembly assembly-check \
	sbom advisories advisories-check delivery delivery-changes delivery-prepare delivery-show delivery-execute \
	delivery-smoke delivery-finish delivery-rollback delivery-unlock delivery-comment delivery-guard notebooks \
	test-notebooks check test test-unit test-stacks test-contract test-e2e test-model test-published test-long \
	coverage bench-training bench-serving bench-soak bench-batch bench-lambda bench-api bench-security bench-drift \
	bench-ab-tests bench-features lint format clean account-bootstrap delivery-plan stack-drift test-all

help:
	@printf '%s\n' \
	'Rubric: labelled short texts in, a production classification API on AWS out.' '' \
	'Try it on this machine (no AWS account, no Docker):' \
	'  make demo                      set up, start a local AWS, deploy everything, train, classify' \
	'  make demo DATASET=my.csv       the same on your data (a text and a label column)' \
	'  make demo BASE_MODEL=distilbert-base-uncased   fine-tune a pretrained model (hub id or folder)' \
	'  make demo-loop                 on the running demo: topics shift, a better model is trained, tested and served' \
	'  make local-status              show whether it is running, and where (JSON)' \
	'  make local-env                 print shell lines that point AWS tools at it: eval "$$(make -s local-env)"' \
	'  make local-destroy             delete the stacks and count what is left' \
	'  make local-down                stop it and delete its state' '' \
	'Deploy to an AWS account (uses your AWS credentials; environments/*.yaml hold the settings):' \
	'  make preflight ENV=dev         check what AWS would refuse; `make deploy` runs it first (PREFLIGHT=off skips it)' \
	'  make bootstrap ENV=dev         once per account and region' \
	'  make diff ENV=dev              show what a deploy would change' \
	'  make deploy ENV=dev            deploy every stack (STACKS=Rubric-dev-Api for one)' \
	'  make destroy ENV=dev           delete every stack' \
	'  make cost ENV=dev              show what it would cost in a month; prices: renew the list prices' \
	'  make acceptance ENV=dev        deploy under a throw-away name, use everything, destroy, count what is left' \
	'  make synth ENV=dev             only write the CloudFormation templates' '' \
	'Let workflows deploy into an account (docs/delivery-accounts.md; ACCOUNT=delivery/delivery.yaml):' \
	'  make account-synth | account-diff | account-deploy | account-bootstrap | account-destroy' '' \
	'Deliver a change, step by step (docs/delivery.md):' \
	'  make assembly ENVS="dev prod"  synthesise once: build/assembly, build/assembly.tar and its digest' \
	'  make sbom                      write the bills of materials of functions and images: build/sbom' \
	'  make advisories                download what OSV knows of PyPI packages (some 35 MB)' \
	'  make advisories-check          refuse packages with a known hole (ADVISORIES=file.json; docs/supply.md)' \
	'  make assembly-check DIGEST=... check, and unpack, the assembly' \
	'  make delivery-changes ENV=dev  show what it would change; delivery-comment: on a pull request' \
	'  make delivery-plan ENV=prod    show the change sets that somebody approves; PLAN=<its digest> takes them' \
	'  make delivery ENV=dev          lock, change sets, deploy, smoke test; rolled back if that fails' \
	'  make delivery-prepare | -show | -execute | -smoke | -finish    the same in steps' \
	'  make delivery-rollback | -unlock ENV=dev FORCE=yes             after a run that was killed' '' \
	'Operate what is deployed:' \
	'  .venv/bin/rubric --help        preflight, status, classify, batch, eda, keys, train, models, load, recommend' \
	'  make notebooks                 explore, train and call the endpoint in Jupyter (ENV=dev: on AWS)' '' \
	'Work on it:' \
	'  make setup                     bring the environments up to date' \
	'  make build                     build the assets (build/)' \
	'  make check                     lint, and the unit tests of what changed (SINCE=main: since that commit)' \
	'  make test                      lint and every test but the long ones' \
	'  make test-long                 slow tests of what rarely breaks: rehearsals, notebooks [ARGS="-k word"]' \
	'  make test-all                  both in one run: sooner than one after the other' \
	'  make coverage                  the share of lines that the tests run; takes half as long again' \
	'  make test-unit | test-model | test-stacks | test-published | test-contract | test-e2e [ARGS="-k word"]' \
	'  make console-pictures          take docs/images/console-*.png anew (needs a running demo)' \
	'  make eda-picture               take docs/images/eda.png anew' \
	'  make test-notebooks            deploy to a local AWS and execute the notebooks' \
	'  make bench-training            training speed and memory against the usual tutorial (DATASET=my.csv, ARGS=...)' \
	'  make bench-serving             both containers against other model servers (DATASET=my.csv, ARGS=--quick)' \
	'  make bench-soak                ten minutes at 80 % of what the lean server can do (ARGS="--minutes 2")' \
	'  make bench-batch               a million headlines through rubric batch (needs a running demo)' \
	'  make bench-lambda              import, size and warm overhead of the functions (needs a running demo for the last)' \
	'  make bench-api                 five minutes at what the local API can take: nothing may fail, everything is logged' \
	'  make bench-security            costly bodies against ordinary ones: per byte, and at twice the size' \
	'  make bench-drift               false alarms and delay of the search for drift (DATASET=my.csv, ARGS=--quick)' \
	'  make bench-features            the feature store on a MongoDB server against plain pymongo (ARGS=--quick)' \
	'  make bench-ab-tests            labels until an A/B test decides, beside other rules (DATASET=my.csv, ARGS=--quick)' \
	'  make lint | format             run ruff and mypy; format code and pages' \
	'  make clean                     delete everything that setup and build created'

# Everything below needs the environments; if they are up to date, this takes a third of a second and prints nothing.
ready:
	@$(SYSTEM_PYTHON); "$$python" tools/setup_env.py --quiet $(SETUP)

setup:
	@$(SYSTEM_PYTHON); "$$python" tools/setup_env.py all

browser: ready
	@$(PYTHON) -m tools.browser.chromium --quiet

browser-if-any: ready
	@$(PYTHON) -m tools.browser.chromium --quiet || true

console-pictures: browser
	@$(PYTHON) -m tools.browser.console_pictures

eda-picture: browser
	@$(PYTHON) -m tools.browser.eda_picture

# Also builds what ENV's container needs; the Hugging Face one downloads some 60 MB.
build: ready $(CHECKED_FIRST)
	@$(PYTHON) tools/bundle.py --env "$$ENV"

assets: ready
	@$(PYTHON) tools/bundle.py

demo: assets
	@$(WORDS) ARGS -- $(LOCAL) demo $(if $(DATASET),--dataset "$$DATASET") $(if $(BASE_MODEL),--base-model "$$BASE_MODEL")

demo-loop: ready
	@$(WORDS) ARGS -- $(LOCAL) demo-loop

local-up: assets
	@$(LOCAL) up

local-status: ready
	@$(LOCAL) status

local-env: ready
	@$(LOCAL) env

local-destroy: ready
	@$(LOCAL) destroy

local-down: ready
	@$(LOCAL) down

# On the local AWS unless ENV is set; without one running, everything that needs no AWS still works.
notebooks: assets
	@$(if $(filter local,$(ENV)),endpoint="$$($(LOCAL) env)" && eval "$$endpoint" && \
	export RUBRIC_API_KEY="$$($(LOCAL) status | $(PYTHON) -c 'import json, sys; print(json.load(sys.stdin).get("api_key") or "")')";) \
	RUBRIC_ENV="$$ENV" $(WORDS) ARGS -- .venv-notebooks/bin/jupyter lab notebooks

synth: build
	$(call cdk,synth --quiet)

preflight: ready
	@$(if $(filter deploy,$(MAKECMDGOALS)),$(RUBRIC) preflight --quiet,$(WORDS) ARGS -- $(RUBRIC) preflight) || { status=$$?; \
	[ $$status -ne 1 ] || echo 'Nothing is deployed until this is fixed; make deploy PREFLIGHT=off deploys anyway.' >&2; exit $$status; }

credentials: ready
	@$(RUBRIC) preflight $(if $(filter destroy,$(MAKECMDGOALS)),--before-destroy,--credentials) --quiet

# What an environment costs: its templates are synthesised into a folder of their own.
cost: build
	@$(CDK) synth --quiet --output build/cost -c "env=$$ENV" -c preview=true
	@$(WORDS) ARGS -- $(RUBRIC) cost --assembly build/cost

prices: ready
	@$(WORDS) ARGS -- $(PYTHON) -m tools.prices

# Without names `cdk diff` shows every stack; it warns about --all.
diff: build
	$(call cdk,diff,$(if $(filter-out --all,$(STACKS)),STACKS))

bootstrap: build
	$(call cdk,bootstrap)

deploy: build $(if $(IS_CHECKED),preflight)
	$(call cdk,deploy $(UNASKED_DEPLOY) --concurrency 4,STACKS)

destroy: build
	$(call cdk,destroy $(UNASKED_DESTROY),STACKS)

acceptance: build
	@$(WORDS) ARGS -- $(PYTHON) -m tools.acceptance --env "$$ENV"

# The delivery stack of an account (docs/delivery-accounts.md), by a person with an administrator's credentials.
account-synth: build
	$(call account,synth --quiet)

account-diff: build
	$(call account,diff)

account-deploy: build
	$(call account,deploy)

account-bootstrap: ready
	@$(ON_LOCAL) $(PYTHON) -m tools.account_bootstrap --account "$$ACCOUNT"

account-destroy: build
	$(call account,destroy $(UNASKED_DESTROY))

# One synth of all environments: build/assembly, its archive and its digest.
assembly: ready
	@$(DELIVER) assembly --environments "$$ENVS"

# What functions and images are made of, from what is built. ADVISORIES: a file in the format of OSV, else what
# `make advisories` has downloaded.
sbom: assets
	@$(PYTHON) -m tools.supply bills

advisories: ready
	@$(PYTHON) -m tools.supply fetch

advisories-check: sbom
	@$(WORDS) ARGS -- $(PYTHON) -m tools.supply check --advisories "$${ADVISORIES:-build/advisories.zip}"

assembly-check: ready
	@$(DELIVER) check --digest "$$DIGEST"

delivery delivery-changes delivery-plan delivery-prepare delivery-show delivery-execute delivery-smoke delivery-finish delivery-rollback delivery-unlock: ready
	@$(DELIVER) $(or $(patsubst delivery-%,%,$(filter delivery-%,$@)),all) --env "$$ENV" --digest "$$DIGEST" --plan "$$PLAN" --force "$$FORCE"

stack-drift: ready
	@$(RUBRIC) stacks drift

delivery-guard: ready
	@$(PYTHON) -m delivery.guard "$$ENV"

delivery-comment: ready
	@$(DELIVER) comment

# The checks for your changes; make check SINCE=main looks further back than the last commit.
check: assets
	@$(PYTHON) -m tools.run_tests --changed "$$SINCE"

test: build
	@$(WORDS) ARGS -- $(PYTHON) -m tools.run_tests

coverage: build
	@$(WORDS) ARGS -- $(PYTHON) -m tools.run_tests --coverage --only unit --only model --only stacks --only contract

test-unit test-model test-stacks test-published test-contract test-e2e: test-%: build
	@$(WORDS) ARGS -- $(PYTHON) -m tools.run_tests --only $* --

test-long: build
	@$(WORDS) ARGS -- $(PYTHON) -m tools.run_tests --long --

# One run has no core idle while the last suite of `make test` waits.
test-all: build
	@$(WORDS) ARGS -- $(PYTHON) -m tools.run_tests --all --

test-notebooks: build
	@$(WORDS) ARGS -- $(PYTHON) -m tools.run_tests --only long-demo -- -k test_notebooks

bench-training: assets
	@$(WORDS) ARGS -- .venv-model/bin/python -m benchmarks.training $(if $(DATASET),--data "$$DATASET")

bench-serving: assets
	@$(WORDS) ARGS -- .venv-model/bin/python -m benchmarks.serving $(if $(DATASET),--data "$$DATASET")

bench-soak: assets
	@$(WORDS) ARGS -- .venv-model/bin/python -m benchmarks.serving.soak $(if $(DATASET),--data "$$DATASET")

bench-batch: ready
	@endpoint="$$($(LOCAL) env)" && eval "$$endpoint" && $(WORDS) ARGS -- $(PYTHON) -m benchmarks.deployed.batch

bench-lambda: assets
	@$(WORDS) ARGS -- $(PYTHON) -m benchmarks.deployed.lambda_functions

bench-api: ready
	@$(WORDS) ARGS -- $(PYTHON) -m benchmarks.deployed.api

bench-security: ready
	@$(WORDS) ARGS -- $(PYTHON) -m benchmarks.hostile

bench-drift: ready
	@OMP_NUM_THREADS=1 $(WORDS) ARGS -- .venv-model/bin/python -m benchmarks.drift $(if $(DATASET),--data "$$DATASET")

bench-ab-tests: ready
	@OMP_NUM_THREADS=1 $(WORDS) ARGS -- .venv-model/bin/python -m benchmarks.ab_tests $(if $(DATASET),--data "$$DATASET")

bench-features: ready
	@$(WORDS) ARGS -- $(PYTHON) -m benchmarks.features

lint: ready
	@$(PYTHON) -m tools.run_tests --only lint

format: ready
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m ruff check --fix .
	@$(PYTHON) -m tools.checks.sentences

clean:
	rm -rf .venv .venv-uv .venv-model .venv-aws .venv-notebooks .venv-huggingface .venv-mongodb .venv-bench node_modules build cdk.out *.egg-info .setup.lock
