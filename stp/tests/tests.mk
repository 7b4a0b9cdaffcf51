# tests.mk - the kernel side's files in user space: unit tests, and harnesses for fuzzing;
# included by the top Makefile, before those of the loader, whose "unit" and "fuzz" run these, too
#
# Each test is one file that includes what it tests from stp/kernel, with shim.h for the kernel and
# stap.h for SystemTap. A test_race_NAME.c is compiled with ThreadSanitizer, others with
# AddressSanitizer; all into build/stp.

ifneq ($(V),1)
Q ?= @
endif

kernel_dir := build/stp
kernel_names := $(patsubst stp/tests/%.c,%,$(wildcard stp/tests/test_*.c))
# Races take longer than all others together. RACES=no leaves them out.
ifeq ($(RACES),no)
kernel_names := $(filter-out test_race_%,$(kernel_names))
endif
kernel_tests := $(kernel_names:%=$(kernel_dir)/%)
kernel_fuzz := $(patsubst stp/tests/fuzz_%.c,%,$(wildcard stp/tests/fuzz_*.c))
kernel_shared := shim record
kernel_files := $(wildcard stp/kernel/*.[ch] stp/own/*.[ch] stp/tests/*.h)

# The kernel's own headers are the shim in user space, but for some that libc includes, or stp/tests/linux has. Tables of
# calls are empty: arch.h includes them by the name of a macro.
kernel_headers = asm/syscalls_64.h asm/syscalls_32.h $(filter-out linux/cgroup_subsys.h linux/errno.h linux/limits.h linux/stddef.h linux/types.h asm/unistd.h, \
	$(sort $(shell sed -n 's|^\#include <\(.*\.h\)>.*|\1|p' stp/kernel/*.[ch] stp/own/*.[ch])))

# As kbuild compiles: numbers wrap, types may alias, and a word may be at any address.
KERNEL_CFLAGS := -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wno-unused-function -Wno-unused-parameter \
	-Wno-sign-compare -Wno-missing-field-initializers -fwrapv -fno-strict-aliasing -g -O1 -fno-omit-frame-pointer
kernel_address := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-sanitize=alignment
kernel_thread := -fsanitize=thread
kernel_sanitizer = $(if $(filter race_%,$(1:test_%=%)),$(kernel_thread),$(kernel_address))
kernel_flags := $(KERNEL_CFLAGS) -Istp/tests -Istp/kernel -I$(kernel_dir)/include

.PHONY: kernel-headers kernel-flags kernel-unit kernel-cost

unit-programs: $(kernel_tests)

# Only the tests of the kernel side
kernel-unit: $(kernel_tests)
	$(Q)loader/tests/run $(kernel_dir) $(kernel_tests)

# Sources are compiled together, since each test has all that it tests in one of them.
$(kernel_tests): $(kernel_dir)/%: stp/tests/%.c $(kernel_shared:%=stp/tests/%.c) $(kernel_files) $(kernel_dir)/compiler | kernel-headers
	$(Q)$(CC) $(kernel_flags) $(call kernel_sanitizer,$*) -o $@ $(filter stp/tests/%.c,$^) -lcmocka -pthread

kernel-headers:
	$(Q)for header in $(kernel_headers); do \
		mkdir -p "$(kernel_dir)/include/$${header%/*}"; \
		[ -e "$(kernel_dir)/include/$$header" ] || echo '#include "shim.h"' > "$(kernel_dir)/include/$$header"; \
	done

# How ci/lint compiles them
kernel-flags: kernel-headers
	@echo '$(kernel_flags)'

# ---- fuzzing: make fuzz FUZZ=put ----

kernel_fuzz_programs := $(kernel_fuzz:%=build/fuzz/fuzz_%)

$(kernel_fuzz_programs): build/fuzz/fuzz_%: stp/tests/fuzz_%.c $(kernel_shared:%=stp/tests/%.c) loader/fuzz/input.c \
		$(kernel_files) | kernel-headers setup
	$(Q)mkdir -p $(@D)
	$(Q)clang $(kernel_flags) -Iloader/fuzz -O2 $(kernel_address) \
		-fsanitize=fuzzer -o $@ $(filter %.c,$(filter-out stp/kernel/%,$^)) -pthread

$(kernel_dir)/compiler: force
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(CC) $(KERNEL_CFLAGS)' | cmp -s - $@ || echo '$(CC) $(KERNEL_CFLAGS)' > $@

# The cost of a miss, compared with a hit
kernel-cost: kernel-headers
	$(Q)$(CC) $(filter-out -O1,$(kernel_flags)) -O2 -o $(kernel_dir)/cost_table stp/tests/cost_table.c stp/tests/shim.c -pthread
	$(Q)$(kernel_dir)/cost_table
