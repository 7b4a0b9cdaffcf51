# loader.mk - "make loader": lwload with this host's compiler and libraries, file by file, for
# those who change it; included by the top Makefile, after tests.mk, which has the list of files and
# libraries. It needs no root. loader/build makes the lwload that is shipped.

host_dir := build/loader
host_sources := loader/main.c $(loader_sources)
host_objects := $(host_sources:loader/%.c=$(host_dir)/%.o)
HOST_CFLAGS := -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DLW_VERSION='"$(VERSION)"' \
	-Wall -Wextra -O2 -g -Iloader

.PHONY: loader loader-needs

loader: loader-needs $(host_dir)/lwload compile_commands.json

loader-needs:
	$(Q)ci/setup --check loader

$(host_dir)/lwload: $(host_objects)
	$(Q)$(CC) -o $@ $^ $(loader_libraries) -pthread
	@echo "  LOAD  $@"

$(host_objects): $(host_dir)/%.o: loader/%.c VERSION | loader-needs
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -MMD -MP -c -o $@ $<

# Editors and clangd read it: https://clang.llvm.org/docs/JSONCompilationDatabase.html
compile_commands.json: loader/loader.mk loader/layers VERSION $(host_sources)
	$(Q)loader/compile-commands $(CC) $(HOST_CFLAGS) -- $(host_sources) > $@.tmp && mv $@.tmp $@

-include $(host_objects:.o=.d)
