# lwtools - verbs only; recipes of more than a few lines are scripts. See "make help".

PREFIX ?= /usr
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/lwtools
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/vendor-completions
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSCONFDIR ?= /etc
MODDIR ?= /lib/modules
DESTDIR ?=
TOOL ?= opensnoop
UNITS := $(notdir $(wildcard loader/extra/*.service loader/extra/*.timer))
TOOLS := $(patsubst stp/%.stp,%,$(wildcard stp/*.stp))
# ci/watch has a list of its own.
KERNEL_LIST := $(or $(LWKERNELS),modules/kernels)
LISTED := $(shell sed -n 's/^\([^\# ]\+\) .*/\1/p' $(KERNEL_LIST))
# Those on which all tests run
FULL := $(filter-out %-arm64,$(shell sed -n 's/^\([^\# ]\+\) .* full$$/\1/p' $(KERNEL_LIST)))
# Patterns may say which: KERNELS='6.12.* 7.*'
KERNELS ?= *
CHOSEN := $(filter $(subst *,%,$(KERNELS)),$(LISTED))
ifeq ($(CHOSEN)$(filter watch promote,$(MAKECMDGOALS)),)
$(error KERNELS=$(KERNELS): none of these is in $(KERNEL_LIST))
endif
# The kernels of "make check" and "make bench", and of "make fault-report", unless KERNELS is given
ifeq ($(origin KERNELS),file)
CHECKED := $(filter 6.1.% 6.12.%,$(FULL))
FAULTED := $(filter 6.1.% 6.12.% 7.3.%,$(FULL))
else
CHECKED := $(filter $(FULL),$(CHOSEN))
FAULTED := $(CHECKED)
endif
# The kernel of arm64 that "make check" boots
ARM64 := $(lastword $(filter 6.1.0-%-cloud-arm64,$(CHOSEN)))
# The kernels of the hosts of "make check-fleet"
FLEET := $(filter 5.10.% 6.1.% 6.12.%,$(FULL))
KERNELRELEASE ?= $(firstword $(CHECKED) $(CHOSEN))
LWCACHE ?= $(HOME)/.cache/lwtools
export LWCACHE
# For make repo
REPO ?= build/repo
VERSION := $(shell cat VERSION)

ifneq ($(V),1)
Q := @
endif

# Pairs that cannot work: modules/unsupported says why.
MISSING := $(shell modules/missing $(LISTED) | awk -F '\t' '{ print "modules/" $$1 "/lw_" $$2 ".ko" }')
MODULES := $(filter-out $(MISSING),$(foreach r,$(CHOSEN),$(TOOLS:%=modules/$(r)/lw_%.ko)))
MANIFESTS := $(CHOSEN:%=modules/%/manifest)
LOADER := $(foreach d,. $(shell cat loader/layers),$(wildcard loader/$d/*.c loader/$d/*.h)) loader/layers loader/build VERSION
# Kernels of a site's own, whose packages may change under one name. build/site/RELEASE names them.
SITES := $(filter $(shell awk '$$3 ~ "^/" { print $$1 }' $(KERNEL_LIST)),$(CHOSEN))
$(foreach r,$(SITES),$(if $(wildcard build/site/$(r)),$(shell modules/site --stamp $(r) 2> /dev/null)))
COMMON := modules/build modules/calls modules/sources modules/try-run modules/describe modules/quirks VERSION

.PHONY: force all help setup kernels modules module-files lwload install install-lwload install-modules \
	install-source install-fleet uninstall uninstall-fleet deb sign tarball repo promote watch withdraw prune demo quick check matrix check-matrix check-fleet fault-report tables new-tool lint unit mutate bench clean

all: lwload modules

help:
	@sed "s/^\# \{0,1\}//" ci/help

setup:
	$(Q)ci/setup

# The loader of each architecture. That of KERNELRELEASE is installed.
lwload_amd64 := build/lwload
lwload_arm64 := build/lwload-arm64
arch_of = $(if $(filter %-arm64,$(1)),arm64,amd64)
LWLOADS := $(sort $(foreach r,$(CHOSEN),$(lwload_$(call arch_of,$(r)))))
ARCH = $(call arch_of,$(KERNELRELEASE))
LWLOAD = $(lwload_$(ARCH))

lwload: setup build/lwload build/lwload.libraries

build/lwload build/lwload.libraries &: $(LOADER)
	$(Q)loader/build build/lwload

build/lwload-arm64 build/lwload-arm64.libraries &: $(LOADER)
	$(Q)loader/build build/lwload-arm64 arm64

# Counts first what is to be done, so that each line of progress can say of how many.
modules: setup
	$(Q)$(if $(filter %-arm64,$(CHOSEN)),ci/setup arm64)
	$(Q)rm -rf build/progress; \
	total=$$($(MAKE) -n module-files | grep -c '^modules/build\|; modules/build' || :); \
	$(MAKE) --no-print-directory module-files LWPROGRESS_DIR=$(CURDIR)/build/progress LWTOTAL=$$total

module-files: $(MODULES) $(MANIFESTS)
	@:

export LWPROGRESS_DIR LWTOTAL MOK_KEY MOK_CERT CANARY
# Scripts run elsewhere, too.
override MANIFEST_KEY := $(if $(MANIFEST_KEY),$(abspath $(MANIFEST_KEY)))
export MANIFEST_KEY

# Files that a tool's module is made of, found out once
uses = $(or $(USES_$(1)),$(eval USES_$(1) := $(addprefix stp/,$(shell modules/sources stp $(1))))$(USES_$(1)))

.SECONDEXPANSION:
modules/%.ko: $$(call uses,$$(subst lw_,,$$(notdir $$*))) $$(addprefix build/site/,$$(filter $$(*D),$(SITES))) $(COMMON)
	$(Q)mkdir -p $(@D); modules/build $(notdir $(@D)) $(patsubst lw_%,%,$(notdir $*)) $@

$(SITES:%=build/site/%):
	$(Q)modules/site --stamp $(@F)

$(MANIFESTS): modules/%/manifest: $$(filter-out $$(MISSING),$$(addprefix modules/$$*/lw_,$$(addsuffix .ko,$$(TOOLS)))) \
		modules/manifest modules/missing modules/unsupported build/manifest-key $$(if $$(wildcard $$@.sig),,force)
	$(Q)modules/manifest $* $(@D) $@

# If the key changes, manifests are signed again.
build/manifest-key: force
	$(Q)mkdir -p $(@D); key=$$(modules/manifest-key) && { echo "$$key"; cat "$${key%.sec}.pub"; } > $@.$$$$ && \
		if cmp -s $@.$$$$ $@; then rm $@.$$$$; else mv $@.$$$$ $@; fi

# Modules of KERNELRELEASE only: other releases have packages of their own.
install: install-lwload install-modules

install-modules:
	$(Q)$(MAKE) --no-print-directory modules KERNELS="$(KERNELRELEASE)"
	install -d $(DESTDIR)$(MODDIR)/$(KERNELRELEASE)/systemtap
	install -m 644 $(filter-out $(MISSING),$(TOOLS:%=modules/$(KERNELRELEASE)/lw_%.ko)) $(DESTDIR)$(MODDIR)/$(KERNELRELEASE)/systemtap
	install -m 644 modules/$(KERNELRELEASE)/manifest $(DESTDIR)$(MODDIR)/$(KERNELRELEASE)/systemtap/lwtools.manifest
	install -m 644 modules/$(KERNELRELEASE)/manifest.sig $(DESTDIR)$(MODDIR)/$(KERNELRELEASE)/systemtap/lwtools.manifest.sig
	$(Q)$(if $(MOK_KEY)$(MOK_CERT),modules/sign modules/$(KERNELRELEASE) $(DESTDIR)$(MODDIR)/$(KERNELRELEASE)/systemtap/signatures)

install-lwload: lwload $$(LWLOAD) build/manifest-key
	install -d $(addprefix $(DESTDIR),$(SBINDIR) $(MANDIR)/man8 $(MANDIR)/man7 $(MANDIR)/man5 $(DOCDIR)/examples \
		$(BASHDIR) $(ZSHDIR) $(UNITDIR) $(SYSCONFDIR)/logrotate.d $(SYSCONFDIR)/lwtools/keys)
	install -m 644 "$$(sed -n '1s/\.sec$$/.pub/p' build/manifest-key)" $(DESTDIR)$(SYSCONFDIR)/lwtools/keys
	install -m 755 $(LWLOAD) $(DESTDIR)$(SBINDIR)/lwload
	install -m 644 $(wildcard man/*.8) $(DESTDIR)$(MANDIR)/man8
	install -m 644 $(wildcard man/*.7) $(DESTDIR)$(MANDIR)/man7
	install -m 644 $(wildcard man/*.5) $(DESTDIR)$(MANDIR)/man5
	install -m 644 $(wildcard examples/*_example.txt) examples/alerts.yml examples/grafana/lwtools.json $(DESTDIR)$(DOCDIR)/examples
	install -m 644 debian/copyright $(DESTDIR)$(DOCDIR)/copyright
	install -m 644 loader/extra/lwload.bash $(DESTDIR)$(BASHDIR)/lwload
	install -m 644 loader/extra/_lwload $(DESTDIR)$(ZSHDIR)/_lwload
	install -m 644 loader/extra/logrotate $(DESTDIR)$(SYSCONFDIR)/logrotate.d/lwtools
	for unit in $(UNITS); do \
		sed 's|/usr/sbin/|$(SBINDIR)/|' loader/extra/$$unit > $(DESTDIR)$(UNITDIR)/$$unit && \
		chmod 644 $(DESTDIR)$(UNITDIR)/$$unit || exit; \
	done
	install -d $(DESTDIR)$(UNITDIR)/timers.target.wants
	ln -sf ../lwtools-check.timer $(DESTDIR)$(UNITDIR)/timers.target.wants

# The operator's side: nothing of it is compiled.
FLEETDIR ?= $(PREFIX)/share/lwtools-fleet
COLLECTION := ansible/collections/ansible_collections/lwtools/fleet

install-fleet:
	install -d $(addprefix $(DESTDIR),$(FLEETDIR)/merge $(PREFIX)/bin $(MANDIR)/man1 $(PREFIX)/share/$(COLLECTION))
	install -m 755 fleet/lwmerge $(DESTDIR)$(FLEETDIR)
	install -m 644 $(wildcard fleet/merge/*.*) $(DESTDIR)$(FLEETDIR)/merge
	ln -sf $(patsubst $(PREFIX)/%,../%,$(FLEETDIR))/lwmerge $(DESTDIR)$(PREFIX)/bin/lwmerge
	install -m 644 man/lwmerge.1 $(DESTDIR)$(MANDIR)/man1
	cp -r --no-preserve=ownership fleet/ansible_collections/lwtools/fleet/. $(DESTDIR)$(PREFIX)/share/$(COLLECTION)
	find $(DESTDIR)$(PREFIX)/share/$(COLLECTION) -name '*.sh' -exec chmod 755 {} +

uninstall-fleet:
	rm -f $(DESTDIR)$(PREFIX)/bin/lwmerge $(DESTDIR)$(MANDIR)/man1/lwmerge.1
	rm -rf $(DESTDIR)$(FLEETDIR) $(DESTDIR)$(PREFIX)/share/$(COLLECTION)

uninstall: build/manifest-key
	rm -f $(addprefix $(DESTDIR),$(SBINDIR)/lwload $(BASHDIR)/lwload $(ZSHDIR)/_lwload $(UNITS:%=$(UNITDIR)/%) \
		$(UNITDIR)/timers.target.wants/lwtools-check.timer \
		$(SYSCONFDIR)/logrotate.d/lwtools $(foreach n,5 7 8,$(patsubst man/%,$(MANDIR)/man$(n)/%,$(wildcard man/*.$(n)))))
	rm -rf $(DESTDIR)$(DOCDIR)
	rm -f $(TOOLS:%=$(DESTDIR)$(MODDIR)/$(KERNELRELEASE)/systemtap/lw_%.ko)
	rm -rf $(DESTDIR)$(MODDIR)/$(KERNELRELEASE)/systemtap/signatures
	rm -f $(addprefix $(DESTDIR)$(MODDIR)/$(KERNELRELEASE)/systemtap/lwtools.,manifest manifest.sig)
	rm -f "$(DESTDIR)$(SYSCONFDIR)/lwtools/keys/$$(sed -n '1s|.*/\(.*\)\.sec$$|\1.pub|p' build/manifest-key)"
	-rmdir $(DESTDIR)$(MODDIR)/$(KERNELRELEASE)/systemtap $(addprefix $(DESTDIR)$(SYSCONFDIR)/lwtools,/keys /) 2>/dev/null

# The files of lwtools-dkms: all that makes modules for amd64
SOURCES := VERSION dkms.conf $(wildcard stp/*.stp stp/tapset/* stp/own/* stp/kernel/* ci/guest/init* \
		ci/roots/builder $(filter-out %-arm64,$(wildcard ci/roots/guest-*))) \
	$(addprefix modules/,build builder calls describe dkms kernels manifest manifest-key missing quirks site sources symbols try-run unsupported) \
	$(addprefix ci/,common.sh kernel root vm vm-image)

install-source:
	for file in $(SOURCES); do \
		install -D -p -m $$(stat -c %a $$file) $$file $(DESTDIR)/usr/src/lwtools-$(VERSION)/$$file || exit; \
	done

deb: lwload $(LWLOADS)
	$(Q)ci/setup deb
	$(Q)$(MAKE) --no-print-directory modules KERNELS="$(KERNELS)"
	$(Q)debian/build $(CHOSEN)

# Signatures for kernels that ask for them, of the modules in DEBS, which may have been made elsewhere
DEBS = $(CHOSEN:%=build/deb/lwtools-modules-%_$(VERSION)_*.deb)
sign: $(if $(filter file,$(origin DEBS)),deb)
	$(Q)ci/setup deb
	$(Q)debian/sign $(DEBS)

tarball: lwload
	$(Q)$(MAKE) --no-print-directory modules KERNELS="$(KERNELS)"
	$(Q)for release in $(CHOSEN); do modules/tarball $$release || exit; done

repo: lwload
	$(Q)ci/setup deb
	$(Q)debian/repo "$(REPO)" "$(KEY)" $(CHOSEN)

# Puts into main what has been in canary for its hours, or the kernels that KERNELS names at once
promote:
	$(Q)ci/setup deb
	$(Q)debian/repo --promote "$(REPO)" "$(KEY)" $(if $(filter file,$(origin KERNELS)),,$(patsubst %,'%',$(KERNELS)))

# Looks for new kernels in the archive, and publishes their tools
watch: lwload
	$(Q)ci/setup check
	$(Q)ci/watch "$(REPO)" "$(KEY)" $(if $(filter file,$(origin KERNELS)),,$(patsubst %,'%',$(KERNELS)))

# Removes from the cache what no listed release needs
prune:
	$(Q)ci/prune $(DAYS)

# Takes a release out of that repository again, as a whole, or with KERNEL=canary all that waits in canary
withdraw:
	$(Q)ci/setup deb
	$(Q)debian/repo --withdraw "$(REPO)" "$(KEY)" "$(KERNEL)" "$(WHY)"

# The module of its one tool is made as it is installed in the VM's tree.
demo: known-tool lwload
	$(Q)ci/demo $(KERNELRELEASE) $(TOOL) $(ARGS)

check: lwload
	$(Q)[ -n "$(CHECKED)" ] || { echo "KERNELS=$(KERNELS): none of these has \"full\" in modules/kernels" >&2; exit 2; }
	$(Q)ci/setup check
	$(Q)$(MAKE) --no-print-directory modules KERNELS="$(CHECKED) $(ARM64)"
	$(Q)ci/check $(CHECKED) $(ARM64)

# Before the minutes that a build may take
.PHONY: known-tool
known-tool:
	$(Q)[ -e "stp/$(TOOL).stp" ] || { echo "TOOL=$(TOOL): there is no stp/$(TOOL).stp" >&2; exit 2; }

# For use while a tool is edited: the steps are in ci/check.
quick: known-tool lwload
	$(Q)ci/setup check
	$(Q)ci/check --quick $(TOOL) $(KERNELRELEASE)

# Every tool on every kernel: built, booted, its tests passed. Goes on where it stopped.
matrix: lwload $(LWLOADS)
	$(Q)$(if $(filter %-arm64,$(CHOSEN)),ci/setup arm64)
	$(Q)$(if $(HOSTS),ci/setup hosts && { status=0; ci/on-hosts "$(HOSTS)" $(CHOSEN) || status=$$?; \
		ci/matrix --grid $(CHOSEN) && exit $$status; },ci/matrix $(CHOSEN))

check-matrix: matrix
	$(Q)[ -n "$(filter $(FULL),$(CHOSEN))" ] || { echo "KERNELS=$(KERNELS): none of these has \"full\" in modules/kernels" >&2; exit 2; }
	$(Q)ci/setup check && ci/setup machines
	$(Q)ci/tests/packages $(filter $(FULL),$(CHOSEN)) > build/matrix/packages.tap; status=$$?; cat build/matrix/packages.tap; \
		! grep -q '^not ok' build/matrix/packages.tap && exit $$status
	$(Q)ci/tests/site
	$(Q)ci/tests/on-hosts $(wordlist 1,2,$(filter-out $(FULL),$(CHOSEN)))
	$(Q)ci/alone $(filter $(FULL),$(CHOSEN))
	$(Q)ci/same-bytes $(filter $(FULL),$(CHOSEN)) $(ARM64)
	$(Q)ci/oneliners $(filter $(FULL),$(CHOSEN))
	$(Q)$(MAKE) --no-print-directory analyze

# Many hosts: three with kernels of three series, and one whose kernel has no tools.
check-fleet: lwload
	$(Q)ci/setup check
	$(Q)$(MAKE) --no-print-directory deb KERNELS="$(FLEET)"
	$(Q)ci/check-fleet $(FLEET)

# Injects faults on kernels of three series, and writes the results to ci/FAULTS.md.
fault-report: lwload
	$(Q)$(MAKE) --no-print-directory modules KERNELS="$(FAULTED)"
	$(Q)ci/faults $(FAULTED)

# The files of a new tool, and tables that are made from other files
new-tool:
	$(Q)ci/new-tool "$(NAME)"

tables:
	$(Q)ci/tables --fix

kernels: setup
	$(Q)mkdir -p build; modules/available > build/kernels.tmp && mv build/kernels.tmp build/kernels
	@echo "build/kernels has them all; put those that are wanted into modules/kernels"

lint:
	$(Q)ci/setup --check lint
	$(Q)ci/lint

# Faults put into the loader, of which unit tests must find nineteen of twenty
mutate: unit-programs
	$(Q)ci/setup --check mutate
	$(Q)ci/mutate $(if $(COUNT),-n $(COUNT)) $(if $(SEED),-s $(SEED)) $(FILES)

bench: lwload
	$(Q)ci/setup bench
	$(Q)$(MAKE) --no-print-directory modules KERNELS="$(CHECKED)"
	$(Q)bench/run $(CHECKED)
	$(Q)ci/tables --fix

include stp/tests/tests.mk
include loader/tests/tests.mk
include loader/loader.mk
include loader/fuzz/fuzz.mk

force:

# The cache, in LWCACHE, stays: it is safe to delete, and takes minutes to make. Its key is made
# anew as well, which hosts must be given.
clean:
	rm -rf build $(LISTED:%=modules/%)
