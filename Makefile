# make            build everything
# make demo       the product in two minutes, in a lab of its own
# make test       all tests that this machine can run       make test-vm   the same on a Debian in a virtual machine
# make test-desktop  real browsers and other desktop programs in the lab, under Xvfb (installs them; not a part of make test)
# make fuzz       SECONDS=60 TARGET=profile: made-up input for the parsers; INPUTS=10000000 FAST=1: docs/fuzzing.md
# make test-soak  ten minutes of three users and root at random, 1,000 kills, each call failing: about an hour; MINUTES=, SEED=, KILLS=
# make bench      launch time and throughput, as ratios     make install   PREFIX, DESTDIR, GROUP

PREFIX  ?= /usr/local
DESTDIR ?=
GROUP   ?= vpn
SWIFT   ?= swift

bin     = $(DESTDIR)$(PREFIX)/bin
libexec = $(DESTDIR)$(PREFIX)/libexec/vpnrun
share   = $(DESTDIR)$(PREFIX)/share
etc     = $(DESTDIR)/etc
systemd = $(DESTDIR)$(PREFIX)/lib/systemd/system
units   = vpnrun.service vpnrun-refresh.service
# One script, called when the network has changed: by NetworkManager, and by networkd-dispatcher as an uplink comes and goes.
hooks   = $(patsubst %,$(etc)/%/90-vpnrun,NetworkManager/dispatcher.d \
  networkd-dispatcher/routable.d networkd-dispatcher/degraded.d networkd-dispatcher/no-carrier.d networkd-dispatcher/off.d)
# What other programs read of us: FILE of packaging, and where it goes below /etc. dhcpcd, ConnMan and avahi-autoipd have no such folder.
dropins = rt_protos.conf:iproute2/rt_protos.d/vpnrun.conf networkd.conf:systemd/networkd.conf.d/50-vpnrun.conf \
  vpnrun.network:systemd/network/05-vpnrun.network networkmanager.conf:NetworkManager/conf.d/50-vpnrun.conf

# Optional, for desktops: Python and shell, none of it on the launch path.
bars    = waybar.jsonc polybar.ini i3blocks.conf
# Of GNOME Shell: the versions that each is for, and its name.
switches = 45:vpnrun@vpnrun 43:vpnrun-43@vpnrun
extensions = gnome-shell/extensions

.DEFAULT_GOAL := build
.DELETE_ON_ERROR:
.PHONY: build deps install install-only removable uninstall demo picture test lint test-unit test-lab test-reproducible test-docs test-desktop test-vm test-soak fuzz bench clean

# ---------------------------------------------------------------- build

# The programs on the launch path have no Swift runtime (docs/architecture.md).
fast     = vpnrun vpn vpn-launch vpn-link
embedded = $(SWIFT) build -q --traits Embedded -c release --scratch-path .build/embedded --disable-local-rpath
ordinary = $(SWIFT) build -q -c release --static-swift-stdlib --disable-local-rpath

build: deps
	@command -v $(SWIFT) >/dev/null || { echo "swift 6.3 is needed: https://swift.org/install/linux"; exit 1; }
	@for p in $(fast); do $(embedded) --product $$p || exit 1; done
	@$(ordinary) --product vpn-manage

deps:
	@packaging/deps build

# ---------------------------------------------------------------- install

# As root what was built before is installed: `make && sudo make install`.
install: $(if $(wildcard .build/embedded/release/vpnrun),,build) install-only

# What install does after building. Capabilities are permitted, not effective: each program raises one around one operation.
install-only:
	@if [ -z "$(DESTDIR)" ]; then getent group $(GROUP) >/dev/null || groupadd --system $(GROUP); fi
	install -d $(bin) $(libexec)
	install -s -m 755 .build/embedded/release/vpnrun .build/embedded/release/vpn $(bin)
	install -s -m 755 .build/release/vpn-manage $(libexec)
	install -s -m 710 .build/embedded/release/vpn-launch .build/embedded/release/vpn-link $(libexec)
	install -d $(share)/man/man1 $(share)/man/man5 $(share)/man/man7 $(share)/man/man8 $(share)/bash-completion/completions \
	  $(share)/zsh/site-functions $(share)/fish/vendor_completions.d $(etc)/fish/completions
	install -m 644 man/vpn.1 man/vpnrun.1 $(share)/man/man1
	install -m 644 man/vpnrun.conf.5 $(share)/man/man5
	install -m 644 man/vpnrun.7 $(share)/man/man7
	install -m 644 man/vpn-link.8 $(share)/man/man8 && cp -P man/vpn-launch.8 $(share)/man/man8
	for p in vpn vpnrun; do \
	  install -m 644 completions/$$p.bash $(share)/bash-completion/completions/$$p && \
	  install -m 644 completions/_$$p $(share)/zsh/site-functions && \
	  install -m 644 completions/$$p.fish $(share)/fish/vendor_completions.d && \
	  ln -sf $(PREFIX)/share/fish/vendor_completions.d/$$p.fish $(etc)/fish/completions || exit 1; done
	install -m 755 packaging/desktop/vpn-tray $(libexec)
	install -d $(share)/vpnrun/bars $(share)/vpnrun/icons $(share)/icons/hicolor/scalable/status
	install -m 755 packaging/desktop/bars/vpn-bar $(share)/vpnrun/bars
	install -m 644 $(bars:%=packaging/desktop/bars/%) $(share)/vpnrun/bars
	for folder in vpnrun/icons icons/hicolor/scalable/status; do install -m 644 packaging/desktop/icons/vpnrun-*.svg $(share)/$$folder || exit 1; done
	for switch in $(switches); do \
	  folder=$(share)/$(extensions)/$${switch#*:} && install -d $$folder && \
	  install -m 644 packaging/desktop/gnome-shell/*.js packaging/desktop/gnome-shell/$${switch%:*}/* $$folder || exit 1; done
	install -D -m 644 packaging/tmpfiles.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/vpnrun.conf
	for dropin in $(dropins); do install -D -m 644 packaging/$${dropin%:*} $(etc)/$${dropin#*:} || exit 1; done
	install -d $(etc)/iproute2/rt_tables.d
	install -d $(systemd) && install -m 644 $(units:%=packaging/%) $(systemd)
	for hook in $(hooks); do install -D -m 755 packaging/90-vpnrun $$hook || exit 1; done
	sed -i 's|@PREFIX@|$(PREFIX)|' $(units:%=$(systemd)/%) $(hooks) $(bars:%=$(share)/vpnrun/bars/%)
	@if [ -z "$(DESTDIR)" ]; then \
	  chgrp $(GROUP) $(libexec)/vpn-launch $(libexec)/vpn-link && \
	  setcap cap_net_admin,cap_sys_admin=p $(libexec)/vpn-launch && \
	  setcap cap_net_admin,cap_sys_admin,cap_dac_override=p $(libexec)/vpn-link && \
	  install -d -m 755 /etc/vpnrun && { [ -d /run/netns ] || install -d -m 755 /run/netns; } && \
	  echo "Users of the group '$(GROUP)' may use VPNs: adduser USER $(GROUP)" && \
	  echo "To follow the network after suspend: systemctl enable vpnrun-refresh.service" && \
	  echo "To link and take up VPNs with Autostart when the system starts: systemctl enable vpnrun.service"; \
	else \
	  echo "For the package's post-installation: chgrp $(GROUP) and setcap as in this Makefile's install-only."; \
	fi

# Without the programs a system would stay behind its VPN for good. A package's pre-removal must ask the same.
removable:
	@if [ -z "$(DESTDIR)" ]; then for pin in /run/netns/vpn-*; do [ ! -e "$$pin" ] || { name=$${pin##*/vpn-}; \
	  echo "$$name is linked, and nothing could unlink it any more: sudo vpn unlink $$name" >&2; exit 1; }; done; fi

# Profiles hold keys: they stay. The group stays as long as it has members.
uninstall: removable
	rm -f $(bin)/vpnrun $(bin)/vpn $(libexec)/vpn-manage $(libexec)/vpn-launch $(libexec)/vpn-link $(libexec)/vpn-tray $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/vpnrun.conf \
	  $(etc)/iproute2/rt_tables.d/vpnrun.conf $(foreach dropin,$(dropins),$(etc)/$(lastword $(subst :, ,$(dropin)))) $(hooks) \
	  $(units:%=$(systemd)/%) $(units:%=$(etc)/systemd/system/*.target.wants/%)
	cd $(share) && rm -f man/man1/vpn.1 man/man1/vpnrun.1 man/man5/vpnrun.conf.5 man/man7/vpnrun.7 man/man8/vpn-link.8 man/man8/vpn-launch.8 \
	  bash-completion/completions/vpn bash-completion/completions/vpnrun zsh/site-functions/_vpn zsh/site-functions/_vpnrun \
	  fish/vendor_completions.d/vpn.fish fish/vendor_completions.d/vpnrun.fish $(etc)/fish/completions/vpn.fish $(etc)/fish/completions/vpnrun.fish && \
	  rm -f icons/hicolor/scalable/status/vpnrun-*.svg && rm -rf vpnrun/bars vpnrun/icons $(foreach switch,$(switches),$(extensions)/$(lastword $(subst :, ,$(switch)))) && \
	  { [ ! -d vpnrun ] || rmdir vpnrun; }
	[ ! -d $(libexec) ] || rmdir $(libexec)
	@if [ -z "$(DESTDIR)" ]; then \
	  rm -f /etc/vpnrun/.lock; rmdir /etc/vpnrun 2>/dev/null || { [ ! -d /etc/vpnrun ] || echo "/etc/vpnrun has profiles: it stays"; }; \
	  if getent group $(GROUP) | grep -q ':$$'; then groupdel $(GROUP); fi; \
	fi

# ---------------------------------------------------------------- tests

demo: build
	@packaging/deps test
	@Tests/Lab/demo.sh

# What README shows of it.
picture: build
	@TERM=xterm script -qec Tests/Lab/demo.sh /dev/null | docs/picture > docs/demo.svg

# Each prints `N passed, N failed` at its end; .ci/run adds them up.
test: lint test-unit test-lab test-docs

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
	@shellcheck -x -P SCRIPTDIR packaging/deps packaging/90-vpnrun packaging/desktop/bars/vpn-bar .ci/run $$(grep -rlE '^#!.*(bash|sh)$$|^# shellcheck shell' Tests)

# Tests of values, of messages against what ip, nft and wg send, and of real namespaces (those need root).
test-unit: deps
	@$(SWIFT) test -q 2>&1

# The installed programs, used by ordinary users in a lab of network namespaces.
test-lab: build
	@packaging/deps test
	@Tests/Lab/run

test-docs: build
	@packaging/deps docs
	@Tests/Docs/run

# Whether two builds, in two folders, are the same but for two hashes that the folder's name goes into: the compiler's of each module's source,
# and the linker's of the whole with its debug information. Not yet for all programs, see docs/architecture.md; not a part of `make test`.
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
	LAB_TIMEOUT=7200 LAB_STRIDE=1 LAB_KILLS=$(or $(KILLS),1000) $(if $(SEED),LAB_SEED=$(SEED)) Tests/Lab/run '^(kills|faults)/' || failed=1; \
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
