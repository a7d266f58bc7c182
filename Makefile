# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

PYTHON ?= python3
ARGS ?=
RUN = $(PYTHON) tools/run.py
CHECK = $(PYTHON) -m tools.check

.DEFAULT_GOAL := help
.PHONY: help setup demo test quick examples lint tests unit functional sanity build chaos benchmark matrix mutate docs generate lock \
	changelog dist pictures clean

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 20

setup:  ## make .venv with everything the other targets use; they do so by themselves
	@$(PYTHON) -m tools.env.set_up

demo:  ## start the simulator, plan, apply, change and query a platform
	@$(RUN) python -m tools.demo $(ARGS)

test:  ## every check but the examples
	@$(CHECK)

quick:  ## unit tests and the fast half of the others
	@$(CHECK) quick

examples:  ## run the examples of README, guides, plugins and role, and the everyday jobs
	@$(CHECK) examples

lint:  ## style, types, documentation, changelog, playbooks, workflows
	@$(CHECK) lint

tests:  ## unit tests, tests of the simulator, tests against the simulator
	@$(CHECK) tests

unit:  ## unit tests; ARGS go to pytest
	@$(RUN) pytest tests/unit $(ARGS)

functional:  ## tests against the simulator; ARGS go to pytest
	@$(RUN) pytest -n auto tests/functional $(ARGS)

sanity:  ## ansible-test sanity, all tests
	@$(CHECK) sanity

build:  ## build the archive, import it as Galaxy does, install it
	@$(CHECK) build

chaos:  ## the long run of random faults; ARGS go to tests/chaos
	@$(RUN) python tests/chaos $(ARGS)

benchmark:  ## time bulk work against its peers; ARGS=--write keeps the figures
	@$(RUN) python -m tools.benchmark $(ARGS)

matrix:  ## tests on old and new Python and ansible-core; ARGS="2.17:3.10 floor" choose rows
	@$(PYTHON) -m tools.checks.matrix $(ARGS)

mutate:  ## break one line after the other, print what no test notices; ARGS such as --count 1000
	@$(RUN) python -m tools.mutate $(ARGS)

docs:  ## build the HTML documentation below .build/docs
	@$(PYTHON) -m tools.checks.documentation

pictures:  ## use the HTML report in Chromium, make the pictures of README and guides; ARGS=--use makes none
	@$(RUN) python -m tools.pictures $(ARGS)

generate:  ## write anew what follows from tables and examples: parts of the documentation, drawings, addresses
	@$(RUN) python -m tools.checks.generated_docs
	@$(RUN) python -m tools.checks.addresses --write
	@$(RUN) python -m tools.pictures.drawings

changelog:  ## write CHANGELOG.md from the fragments for the version of galaxy.yml
	@$(RUN) antsibull-changelog release --update-existing --reload-plugins --refresh-plugins

dist:  ## build the archive for publishing below .build/dist
	@$(PYTHON) -m tools.checks.package

lock:  ## resolve the requirements of development; ARGS=--upgrade moves to the newest versions
	@$(PYTHON) -m tools.env.lock $(ARGS)

clean:  ## remove what the other targets made
	rm -rf .venv .build .ansible
