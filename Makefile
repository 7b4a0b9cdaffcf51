# lwtools - verbs only; recipes of more than a few lines are scripts. See "make help".

PREFIX ?= /usr
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/lwtools
MODDIR ?= /lib/modules
DESTDIR ?=
TOOL ?= opensnoop
TOOLS := $(patsubst stp/%.stp,%,$(wildcard stp/*.stp))
KERNELS ?= $(shell sed -n 's/^\([^\# ]\+\) .*/\1/p' modules/kernels)
KERNELRELEASE ?= $(firstword $(KERNELS))
LWCACHE ?= $(HOME)/.cache/lwtools
export LWCACHE

ifneq ($(V),1)
Q := @
endif

MODULES := $(foreach r,$(KERNELS),$(TOOLS:%=modules/$(r)/lw_%.ko))
MANIFESTS := $(KERNELS:%=modules/%/manifest)
LOADER := $(wildcard loader/*.c loader/*.h) loader/build VERSION
COMMON := $(wildcard stp/tapset/*) modules/build modules/describe modules/quirks VERSION

.PHONY: all help setup modules module-files lwload install uninstall demo check lint unit bench clean

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

$(MANIFESTS): modules/%/manifest: $$(addprefix modules/$$*/lw_,$$(addsuffix .ko,$$(TOOLS))) modules/manifest
	$(Q)modules/manifest $* $(@D)

# Modules of KERNELRELEASE only: other releases have packages of their own.
install: lwload modules
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(MODDIR)/$(KERNELRELEASE)/systemtap \
		$(DESTDIR)$(MANDIR)/man8 $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(DOCDIR)/examples
	install -m 755 build/lwload $(DESTDIR)$(SBINDIR)/lwload
	install -m 644 $(TOOLS:%=modules/$(KERNELRELEASE)/lw_%.ko) $(DESTDIR)$(MODDIR)/$(KERNELRELEASE)/systemtap
	install -m 644 modules/$(KERNELRELEASE)/manifest $(DESTDIR)$(MODDIR)/$(KERNELRELEASE)/systemtap/lwtools.manifest
	install -m 644 $(wildcard man/*.8) $(DESTDIR)$(MANDIR)/man8
	install -m 644 $(wildcard man/*.5) $(DESTDIR)$(MANDIR)/man5
	install -m 644 $(wildcard examples/*_example.txt) $(DESTDIR)$(DOCDIR)/examples

uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/lwload $(TOOLS:%=$(DESTDIR)$(MODDIR)/$(KERNELRELEASE)/systemtap/lw_%.ko)
	rm -f $(DESTDIR)$(MODDIR)/$(KERNELRELEASE)/systemtap/lwtools.manifest
	rm -f $(addprefix $(DESTDIR)$(MANDIR)/man8/,$(notdir $(wildcard man/*.8)))
	rm -f $(addprefix $(DESTDIR)$(MANDIR)/man5/,$(notdir $(wildcard man/*.5)))
	rm -rf $(DESTDIR)$(DOCDIR)

# The modules of its one kernel are made as they are installed in the VM's tree.
demo: lwload
	$(Q)ci/demo $(KERNELRELEASE) $(TOOL) $(ARGS)

check: lwload modules
	$(Q)ci/check $(KERNELS)

lint: setup
	$(Q)ci/lint

bench: lwload modules
	$(Q)ci/setup bench
	$(Q)bench/run $(KERNELS)

include loader/tests/tests.mk

# The cache, in LWCACHE, stays: it is safe to delete, and takes minutes to make.
clean:
	rm -rf build $(KERNELS:%=modules/%)
