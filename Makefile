# make            build everything
# make demo       the product in two minutes, in a lab of its own
# make test       all tests that this machine can run       make test-vm   the same on a Debian in a virtual machine
# make test-desktop  real browsers and other desktop programs in the lab, under Xvfb (installs them; not a part of make test)
# make fuzz       SECONDS=60 TARGET=profile: made-up input for the parsers; INPUTS=10000000 FAST=1: docs/fuzzing.md
# make test-soak  ten minutes of three users and root at random, 1,000 kills, each call failing: about an hour; MINUTES=, SEED=, KILLS=
# make bench      launch time and throughput, as ratios     make install   PREFIX, DESTDIR, GROUP, LIBEXEC
# make packages   .deb, .rpm, Arch, NixOS, of what was built     make release   the same from a new build, with the sources and SHA256SUMS
# make test-packages   install, upgrade and remove them in clean systems

PREFIX  ?= /usr/local
DESTDIR ?=
GROUP   ?= vpn
SWIFT   ?= swift
# Below PREFIX, the folder of the helpers' own: libexec, or lib where a distribution has no other. It is built in.
LIBEXEC ?= libexec
export PREFIX DESTDIR GROUP LIBEXEC

.DEFAULT_GOAL := build
.DELETE_ON_ERROR:
.PHONY: build deps install install-only removable uninstall packages release demo picture picture-bench test lint test-unit test-lab test-reproducible test-docs test-files test-packages test-desktop test-vm test-soak fuzz bench clean

# ---------------------------------------------------------------- build

# The programs on the launch path have no Swift runtime (docs/architecture.md).
fast     = vpnrun vpn vpn-launch vpn-link
place    = $(if $(filter lib,$(LIBEXEC)),HelpersInLib)
comma    = ,
embedded = $(SWIFT) build -q --traits Embedded$(addprefix $(comma),$(place)) -c release --scratch-path .build/embedded --disable-local-rpath
ordinary = $(SWIFT) build -q $(addprefix --traits ,$(place)) -c release --static-swift-stdlib --disable-local-rpath

build: deps
	@command -v $(SWIFT) >/dev/null || { echo "swift 6.3 is needed: https://swift.org/install/linux"; exit 1; }
	@for p in $(fast); do $(embedded) --product $$p || exit 1; done
	@$(ordinary) --product vpn-manage

deps:
	@packaging/deps build

# ---------------------------------------------------------------- install

# As root what was built before is installed: `make && sudo make install`.
install: $(if $(wildcard .build/embedded/release/vpnrun),,build) install-only

# What install does after building: packaging/files lists it.
install-only:
	@packaging/install install

removable:
	@$(if $(DESTDIR),,packaging/removable)

# Profiles hold keys: they stay. The group stays as long as it has members.
uninstall: removable
	@packaging/install uninstall

# ---------------------------------------------------------------- packages

# FORMATS= some of: deb rpm arch nix source sums. docs/packaging.md
packages: $(if $(wildcard .build/release/vpn-manage),,build)
	@packaging/deps packages
	@packaging/packages $(FORMATS)

release: build
	@packaging/deps packages
	@git diff --quiet HEAD || { echo "not all is committed: the sources' tarball would be another's"; exit 1; }
	@packaging/packages

# ---------------------------------------------------------------- tests

demo: build
	@packaging/deps test
	@Tests/Lab/demo.sh

# What README shows of it.
picture: build
	@TERM=xterm script -qec Tests/Lab/demo.sh /dev/null | docs/picture > docs/demo.svg

# And of what else puts a program into a network of its own.
picture-bench: build
	@packaging/deps bench
	@BENCH_PICTURE=docs/launch.svg Tests/Bench/run instead

# Each prints `N passed, N failed` at its end; .ci/run adds them up.
test: lint test-unit test-lab test-docs test-files

# Swift comes with a clang, which looks at the little C that there is.
c        = -D_GNU_SOURCE -ISources/CLinux/include
analyzer = for file in Sources/CLinux/*.c; do \
  clang --analyze --analyzer-output text -Xclang -analyzer-werror -Wall -Wextra -Werror $(c) -o /dev/null $$file || exit 1; done
cppcheck = cppcheck -q --std=c11 --error-exitcode=1 --enable=warning,performance,portability -D__$(shell uname -m)__ $(c) Sources/CLinux

lint:
	@$(SWIFT) format lint --strict -r Sources Tests Package.swift
	@packaging/deps test
	@$(analyzer)
	@if command -v cppcheck >/dev/null; then $(cppcheck); else echo "lint: no cppcheck here (apt install cppcheck): the C is not looked at by it"; fi
	@shellcheck -x -P SCRIPTDIR packaging/deps packaging/install packaging/removable packaging/packages packaging/90-vpnrun packaging/desktop/bars/vpn-bar packaging/kubernetes/install/node.sh .ci/run $$(grep -rlE '^#!.*(bash|sh)$$|^# shellcheck shell' Tests)

# Tests of values, of messages against what ip, nft and wg send, and of real namespaces (those need root).
# The floor of covered lines is held as well, so the tests are built in a folder of their own.
covered = .build/coverage
test-unit: deps
	@packaging/deps test
	@$(SWIFT) test -q --enable-code-coverage --scratch-path $(covered) 2>&1
	@Tests/Coverage/floor $(covered)
	@Tests/Fuzz/run -t $(covered)/debug/Modules

# The installed programs, used by ordinary users in a lab of network namespaces.
test-lab: build
	@packaging/deps test
	@Tests/Lab/run

test-docs: build
	@packaging/deps docs
	@Tests/Docs/run

# What is installed, and that packages are made of just that.
test-files: build
	@Tests/Packages/run

# In clean systems of Debian 12 and 13, and in folders. Not a part of `make test`: some minutes, and a hundred megabytes of packages.
test-packages: build
	@packaging/deps packages
	@Tests/Packages/run all

# Whether two builds, in two folders, are the same but for two hashes: docs/architecture.md. Not a part of `make test`.
comparable = strip -R .swift_modhash -R .note.gnu.build-id
test-reproducible: build
	@passed=0; failed=0; for p in $(fast); do \
	  $(subst .build/embedded,.build/again,$(embedded)) --product $$p || exit 1; \
	  for folder in embedded again; do $(comparable) -o .build/$$folder/stripped .build/$$folder/release/$$p || exit 1; done; \
	  if cmp -s .build/embedded/stripped .build/again/stripped; then passed=$$((passed + 1)); else echo "FAIL $$p differs"; failed=$$((failed + 1)); fi; \
	done; rm -rf .build/again; echo "$$passed passed, $$failed failed"; [ $$failed = 0 ]

# Real browsers, mail and torrent programs under Xvfb; TEST= some of them. Not a part of `make test`: some hundred megabytes of packages.
test-desktop: build
	@Tests/Desktop/run $(TEST)

# Kernel WireGuard, VRFs, kernels without IPv6, systemd and systemd-resolved, in virtual machines. VMTEST_SUITE=trixie: on Debian 13.
test-vm: build
	@Tests/VM/run

# Everything at random at once, and what `make test` has samples of: 1,000 kills, every place to be killed at, every system call failing,
# 10,000 launches. Not a part of `make test`.
test-soak: build
	@packaging/deps test
	@failed=0; \
	Tests/Soak/run -m $(or $(MINUTES),10) $(if $(SEED),-s $(SEED)) || failed=1; \
	LAB_TIMEOUT=7200 LAB_STRIDE=1 LAB_KILLS=$(or $(KILLS),1000) $(if $(SEED),LAB_SEED=$(SEED)) Tests/Lab/run '^(kills|faults)/|^strict/every' || failed=1; \
	LAB_TIMEOUT=3600 LAB_LAUNCHES=10000 Tests/Lab/run 'no-trace/of_200_launches' || failed=1; \
	exit $$failed

# Parsers against libFuzzer: an exit status of 2, and the input's path, if one crashes. Nothing but its own folder is touched.
fuzz: deps
	@Tests/Fuzz/run $(if $(INPUTS),-n $(INPUTS)) $(if $(FAST),-f) $(or $(SECONDS),60) $(TARGET)

bench: build
	@packaging/deps bench
	@Tests/Bench/run

clean:
	rm -rf .build
