# lwtools - verbs only; recipes of more than a few lines are scripts. See "make help".

PREFIX ?= /usr
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/lwtools
MODDIR ?= /lib/modules
DESTDIR ?=
TOOL ?= opensnoop
TOOLS := $(patsubst stp/%.stp,%,$(wildcard stp/*.stp))
LISTED := $(shell sed -n 's/^\([^\# ]\+\) .*/\1/p' modules/kernels)
# Patterns may say which: KERNELS='6.12.* 7.*'
KERNELS ?= *
CHOSEN := $(filter $(subst *,%,$(KERNELS)),$(LISTED))
ifeq ($(CHOSEN),)
$(error KERNELS=$(KERNELS): none of these is in modules/kernels)
endif
# What "make check" and "make bench" take time for, unless KERNELS says which
ifeq ($(origin KERNELS),file)
CHECKED := $(filter 6.1.% 6.12.%,$(CHOSEN))
else
CHECKED := $(CHOSEN)
endif
KERNELRELEASE ?= $(firstword $(CHECKED) $(CHOSEN))
LWCACHE ?= $(HOME)/.cache/lwtools
export LWCACHE

ifneq ($(V),1)
Q := @
endif

# Pairs that cannot work: modules/unsupported says why.
MISSING := $(shell modules/missing $(LISTED) | awk -F '\t' '{ print "modules/" $$1 "/lw_" $$2 ".ko" }')
MODULES := $(filter-out $(MISSING),$(foreach r,$(CHOSEN),$(TOOLS:%=modules/$(r)/lw_%.ko)))
MANIFESTS := $(CHOSEN:%=modules/%/manifest)
LOADER := $(wildcard loader/*.c loader/*.h) loader/build VERSION
COMMON := $(wildcard stp/tapset/*) modules/build modules/try-run modules/describe modules/quirks VERSION

.PHONY: all help setup kernels modules module-files lwload install install-lwload install-modules \
	uninstall deb demo check matrix check-matrix lint unit bench clean

all: lwload modules

help:
	@sed "s/^\# \{0,1\}//" ci/help

setup:
	$(Q)ci/setup

lwload: setup build/lwload

build/lwload: $(LOADER)
	$(Q)loader/build $@

# Counts first what is to be done, so that each line of progress can say of how many.
modules: setup
	$(Q)rm -rf build/progress; \
	total=$$($(MAKE) -n module-files | grep -c '^modules/build\|; modules/build' || :); \
	$(MAKE) --no-print-directory module-files LWPROGRESS_DIR=$(CURDIR)/build/progress LWTOTAL=$$total

module-files: $(MODULES) $(MANIFESTS)
	@:

export LWPROGRESS_DIR LWTOTAL

.SECONDEXPANSION:
modules/%.ko: stp/$$(subst lw_,,$$(notdir $$*)).stp $(COMMON)
	$(Q)mkdir -p $(@D); modules/build $(notdir $(@D)) $(patsubst lw_%,%,$(notdir $*)) $@

$(MANIFESTS): modules/%/manifest: $$(filter-out $$(MISSING),$$(addprefix modules/$$*/lw_,$$(addsuffix .ko,$$(TOOLS)))) \
		modules/manifest modules/missing modules/unsupported
	$(Q)modules/manifest $* $(@D)

# Modules of KERNELRELEASE only: other releases have packages of their own.
install: install-lwload install-modules

install-modules:
	$(Q)$(MAKE) --no-print-directory modules KERNELS="$(KERNELRELEASE)"
	install -d $(DESTDIR)$(MODDIR)/$(KERNELRELEASE)/systemtap
	install -m 644 $(filter-out $(MISSING),$(TOOLS:%=modules/$(KERNELRELEASE)/lw_%.ko)) $(DESTDIR)$(MODDIR)/$(KERNELRELEASE)/systemtap
	install -m 644 modules/$(KERNELRELEASE)/manifest $(DESTDIR)$(MODDIR)/$(KERNELRELEASE)/systemtap/lwtools.manifest

install-lwload: lwload
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(MANDIR)/man8 $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(DOCDIR)/examples
	install -m 755 build/lwload $(DESTDIR)$(SBINDIR)/lwload
	install -m 644 $(wildcard man/*.8) $(DESTDIR)$(MANDIR)/man8
	install -m 644 $(wildcard man/*.5) $(DESTDIR)$(MANDIR)/man5
	install -m 644 $(wildcard examples/*_example.txt) $(DESTDIR)$(DOCDIR)/examples

uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/lwload $(TOOLS:%=$(DESTDIR)$(MODDIR)/$(KERNELRELEASE)/systemtap/lw_%.ko)
	rm -f $(DESTDIR)$(MODDIR)/$(KERNELRELEASE)/systemtap/lwtools.manifest
	rm -f $(addprefix $(DESTDIR)$(MANDIR)/man8/,$(notdir $(wildcard man/*.8)))
	rm -f $(addprefix $(DESTDIR)$(MANDIR)/man5/,$(notdir $(wildcard man/*.5)))
	rm -rf $(DESTDIR)$(DOCDIR)

deb: lwload
	$(Q)ci/setup deb
	$(Q)$(MAKE) --no-print-directory modules KERNELS="$(KERNELS)"
	$(Q)debian/build $(CHOSEN)

# The modules of its one kernel are made as they are installed in the VM's tree.
demo: lwload
	$(Q)ci/demo $(KERNELRELEASE) $(TOOL) $(ARGS)

check: lwload
	$(Q)$(MAKE) --no-print-directory modules KERNELS="$(CHECKED)"
	$(Q)ci/check $(CHECKED)

# Every tool on every kernel: built, booted, its tests passed. Goes on where it stopped.
matrix: lwload
	$(Q)ci/matrix $(CHOSEN)

check-matrix: matrix
	$(Q)ci/same-bytes $(CHOSEN)
	$(Q)ci/oneliners $(CHOSEN)

kernels: setup
	$(Q)mkdir -p build; modules/available > build/kernels.tmp && mv build/kernels.tmp build/kernels
	@echo "build/kernels has them all; put those that are wanted into modules/kernels"

lint: setup
	$(Q)ci/lint

bench: lwload
	$(Q)ci/setup bench
	$(Q)$(MAKE) --no-print-directory modules KERNELS="$(CHECKED)"
	$(Q)bench/run $(CHECKED)

include loader/tests/tests.mk

# The cache, in LWCACHE, stays: it is safe to delete, and takes minutes to make.
clean:
	rm -rf build $(LISTED:%=modules/%)
