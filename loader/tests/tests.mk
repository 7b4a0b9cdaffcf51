# tests.mk - the loader's unit tests; included by the top Makefile, and works alone:
# make -f loader/tests/tests.mk unit
#
# Everything is compiled with sanitizers into build/tests/, nothing is shared
# with the lwload that is shipped.

ifneq ($(V),1)
Q ?= @
endif

unit_dir := build/tests
unit_tests := $(patsubst loader/tests/%.c,$(unit_dir)/%,$(wildcard loader/tests/test_*.c))
unit_shared := helper fake
loader_sources := $(foreach d,$(shell cat loader/layers),$(wildcard loader/$d/*.c))
loader_libraries := -lelf -llzma -lz -lsodium -lutf8proc
unit_sources := $(loader_sources:loader/%.c=%)
unit_objects := $(unit_sources:%=$(unit_dir)/loader/%.o) $(unit_shared:%=$(unit_dir)/%.o)

# Fortified calls have other names, which --wrap would miss.
UNIT_CFLAGS := -std=gnu11 -D_GNU_SOURCE -U_FORTIFY_SOURCE -Wall -Wextra -g -O1 \
	-fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
# The calls that reach the kernel during a run; fake.c replaces them.
unit_wrapped := syscall open openat close read write fopen poll ppoll sysconf \
	clock_gettime nanosleep execve kill isatty
unit_comma := ,
UNIT_LDFLAGS := $(unit_wrapped:%=-Wl$(unit_comma)--wrap=%)

unit_cc = $(CC) $(UNIT_CFLAGS) -Iloader -DLW_VERSION='"test"' -DTEST_CC='"$(CC)"' \
	-DTEST_TOP='"$(CURDIR)"' -MMD -MP -c

.PHONY: unit unit-programs unit-needs unit-force

# TEST='cli put' chooses test_cli and test_put.
unit_of = $(filter %/test_$1,$(unit_tests) $(kernel_tests))
unit_chosen := $(if $(TEST),$(foreach t,$(TEST),$(or $(call unit_of,$t),$(error \
	TEST=$t: there is no loader/tests/test_$t.c and no stp/tests/test_$t.c))),$(unit_tests) $(kernel_tests))

# The tests count their results into unit.count: "P passed, F failed, S skipped".
unit: unit-needs $(unit_chosen)
	$(Q)loader/tests/run $(unit_dir) $(unit_chosen)

unit-needs:
	$(Q)ci/setup --check unit

unit-programs: $(unit_tests)

$(unit_tests): $(unit_dir)/%: $(unit_dir)/%.o $(unit_objects) $(unit_dir)/main.o
	$(Q)$(CC) $(UNIT_CFLAGS) $(UNIT_LDFLAGS) -o $@ $^ $(loader_libraries) -lcmocka

# main() itself is tested too, under another name.
$(unit_dir)/main.o: loader/main.c $(unit_dir)/compiler
	$(Q)$(unit_cc) -Dmain=lwload_main -o $@ $<

$(unit_dir)/loader/%.o: loader/%.c $(unit_dir)/compiler
	$(Q)mkdir -p $(@D)
	$(Q)$(unit_cc) -o $@ $<

$(unit_dir)/%.o: loader/tests/%.c $(unit_dir)/compiler
	$(Q)$(unit_cc) -o $@ $<

# Objects of two compilers do not mix: their sanitizers differ.
$(unit_dir)/compiler: unit-force
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(CC) $(UNIT_CFLAGS)' | cmp -s - $@ || echo '$(CC) $(UNIT_CFLAGS)' > $@

-include $(wildcard $(unit_dir)/*.d $(unit_dir)/loader/*/*.d)
