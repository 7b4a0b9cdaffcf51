# fuzz.mk - the loader's fuzzing harnesses; included by the top Makefile
#
# The kernel side's harnesses, in stp/tests, run with them.
# Everything is compiled by clang, with libFuzzer and sanitizers, into build/fuzz/; and
# once more without, into build/analyze/, for valgrind (ci/analyze).

fuzz_dir := build/fuzz
fuzz_names := $(patsubst loader/fuzz/fuzz_%.c,%,$(wildcard loader/fuzz/fuzz_*.c))
fuzz_programs := $(fuzz_names:%=$(fuzz_dir)/fuzz_%)
fuzz_objects := $(patsubst loader/%.c,$(fuzz_dir)/obj/%.o,$(loader_sources) \
	loader/fuzz/input.c loader/fuzz/text.c)

FUZZ_SECONDS ?= 60
# The harnesses to run, and how many run at a time
FUZZ ?= $(fuzz_names) $(kernel_fuzz)
FUZZ_JOBS ?= 2
FUZZ_CFLAGS := -std=gnu11 -D_GNU_SOURCE -DLW_VERSION='"fuzz"' -Wall -Wextra -g -O2 \
	-fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
fuzz_coverage := -fsanitize=fuzzer-no-link
# The harness gets the bytes that are printed.
FUZZ_LDFLAGS_stream := -Wl,--wrap=lw_signals_write
# The harness gets the text instead of the file.
FUZZ_LDFLAGS_metrics := -Wl,--wrap=lw_promfile_open,--wrap=lw_promfile_replace

plain_dir := build/analyze
plain_programs := $(fuzz_names:%=$(plain_dir)/fuzz_%)
PLAIN_CFLAGS := -std=gnu11 -D_GNU_SOURCE -U_FORTIFY_SOURCE -Wall -Wextra -g -O1 -fno-omit-frame-pointer

.PHONY: fuzz fuzz-check fuzz-programs fuzz-force plain-programs plain-harnesses analyze

fuzz: fuzz-programs
	$(Q)loader/fuzz/run -j $(FUZZ_JOBS) -t $(FUZZ_SECONDS) $(FUZZ)

# "make check" runs the corpus, and few more inputs, which are the same each time.
fuzz-check: fuzz-programs
	$(Q)loader/fuzz/run -j $(FUZZ_JOBS) -n 10000 $(fuzz_names) $(kernel_fuzz)

fuzz-programs: $(fuzz_programs) $(kernel_fuzz_programs)

$(fuzz_programs): $(fuzz_dir)/fuzz_%: $(fuzz_dir)/obj/fuzz/fuzz_%.o $(fuzz_objects)
	$(Q)clang $(FUZZ_CFLAGS) -fsanitize=fuzzer $(FUZZ_LDFLAGS_$*) -o $@ $^ $(loader_libraries)

# libFuzzer looks for inputs that reach more of the loader, not more of the harness.
$(fuzz_dir)/obj/fuzz/%.o: fuzz_coverage :=

$(fuzz_dir)/obj/%.o: loader/%.c $(fuzz_dir)/compiler
	$(Q)mkdir -p $(@D)
	$(Q)clang $(FUZZ_CFLAGS) $(fuzz_coverage) -Iloader -MMD -MP -c -o $@ $<

$(fuzz_dir)/compiler: fuzz-force | setup
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(FUZZ_CFLAGS)' | cmp -s - $@ || echo '$(FUZZ_CFLAGS)' > $@

analyze: setup
	$(Q)ci/setup analyze
	$(Q)ci/analyze

# The loader's objects are those of the unit tests.
plain-programs:
	$(Q)$(MAKE) --no-print-directory -f loader/tests/tests.mk unit-programs unit_dir=$(plain_dir)/tests \
		unit_shared='helper fake plain' UNIT_CFLAGS='$(PLAIN_CFLAGS)'
	$(Q)$(MAKE) --no-print-directory plain-harnesses

plain-harnesses: $(plain_programs)

$(plain_programs): $(plain_dir)/fuzz_%: loader/fuzz/fuzz_%.c $(addprefix loader/fuzz/,replay.c input.c text.c) \
		$(loader_sources:loader/%.c=$(plain_dir)/tests/loader/%.o)
	$(Q)$(CC) $(PLAIN_CFLAGS) -Iloader $(FUZZ_LDFLAGS_$*) -o $@ $^ $(loader_libraries)

-include $(wildcard $(fuzz_dir)/obj/*/*.d)
