# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# blindcount: `make` builds build/blindcount; `make help` lists the targets.

VERSION := 0.1.0
B := build
CC ?= gcc
CLANG ?= clang
BPFTOOL ?= /usr/sbin/bpftool
# That of the compiler's version, where there is one: clang-16 has llvm-strip-16 beside it.
STRIP_OF_CLANG := $(filter-out ./,$(dir $(CLANG)))$(subst clang,llvm-strip,$(notdir $(CLANG)))
LLVM_STRIP ?= $(or $(shell command -v $(STRIP_OF_CLANG) 2>/dev/null),llvm-strip)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(2)';)

WARN := -Wall -Wextra -Werror
CPPFLAGS += -D_GNU_SOURCE -DBLINDCOUNT_VERSION='"$(VERSION)"' -Iinclude -Iagent -Ibpf -Itests -I$(B)/gen
CFLAGS ?= -O2 -g
# The kernel side's headers compile natively too, and say "#pragma unroll" to clang.
CFLAGS += -std=gnu11 -Wno-unknown-pragmas -Wmissing-prototypes -Wstrict-prototypes -Wvla $(WARN) -fstack-protector-strong
LDLIBS += -lbpf -lelf -lz
BPF_CFLAGS := -O2 -g -target bpf -mcpu=v3 -std=gnu11 $(WARN) -Iinclude -Ibpf \
	-fdebug-prefix-map=$(CURDIR)= \
	-I/usr/include/$(shell $(CC) -dumpmachine)
SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

PROGS := $(patsubst bpf/%.bpf.c,%,$(wildcard bpf/*.bpf.c))
SKELS := $(PROGS:%=$(B)/gen/%.skel.h)
SRC := $(wildcard agent/*.c agent/*/*.c agent/*/*/*.c)
OBJ := $(SRC:%.c=$(B)/%.o)
LIB_OBJ := $(filter-out $(B)/agent/main.o,$(OBJ))
UNIT := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/*/test_*.c))
FUZZ := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 60
E2E := $(patsubst tests/e2e/%.c,$(B)/tests/e2e/%,$(wildcard tests/e2e/*.c))
KERNEL := $(patsubst tests/kernel/%.c,$(B)/tests/kernel/%,$(wildcard tests/kernel/test_*.c))

all: $(B)/blindcount ## build the binary

$(B)/blindcount: $(OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Programs of one compiler are not taken for another's.
$(B)/compiler: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(CLANG)' | cmp -s - $@ || echo '$(CLANG)' > $@

$(B)/%.bpf.o: %.bpf.c $(B)/compiler
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@
	$(Q)$(LLVM_STRIP) -g $@

$(B)/gen/%.skel.h: $(B)/bpf/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@.tmp && mv $@.tmp $@

$(B)/gen/%.skel.h: $(B)/tests/kernel/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@.tmp && mv $@.tmp $@

$(B)/tests/kernel/test_redact.o: $(B)/gen/redact.skel.h
$(B)/tests/kernel/test_operations.o: $(B)/gen/operations.skel.h
$(B)/tests/kernel/test_hook.o: $(B)/gen/replaced.skel.h

$(B)/%.o: %.c | $(SKELS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(B)/agent/report/report_page.o $(B)/san/agent/report/report_page.o: $(wildcard agent/web/report.*)

# Unit tests run with ASan and UBSan, linked to the agent's code compiled the same way.
$(B)/san/%.o: %.c | $(SKELS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(SAN) -MMD -MP -c $< -o $@

# The agent itself with sanitizers, for tests that send it anything.
$(B)/san/blindcount: $(OBJ:$(B)/%=$(B)/san/%)
	$(call say,LINK,$@)
	$(Q)$(CC) $(SAN) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/tests/unit/%: $(B)/san/tests/unit/%.o $(LIB_OBJ:$(B)/%=$(B)/san/%)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SAN) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)

# Fuzz targets: with libFuzzer, and with a main() that replays the corpus under gcc's sanitizers.
$(B)/fuzzed/%.o: %.c | $(SKELS)
	$(call say,CLANG,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS) $(CFLAGS) $(SAN) -fsanitize=fuzzer-no-link -MMD -MP -c $< -o $@

$(B)/fuzz/%: $(B)/fuzzed/tests/fuzz/%.o $(LIB_OBJ:$(B)/%=$(B)/fuzzed/%)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(SAN) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

$(B)/replay/%: $(B)/san/tests/fuzz/%.o $(B)/san/tests/fuzz/replay.o $(LIB_OBJ:$(B)/%=$(B)/san/%)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SAN) -o $@ $^ $(LDLIBS)

# The agent around a program that is verified at once, and a library that faults its steps.
STANDIN := $(B)/tests/e2e/durable
$(STANDIN)/gen/blindcount.skel.h: $(STANDIN)/standin.bpf.o
	$(call say,SKEL,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name blindcount_bpf > $@.tmp && mv $@.tmp $@

$(STANDIN)/loader.o: agent/bpf/loader.c $(STANDIN)/gen/blindcount.skel.h
	$(call say,CC,$@)
	$(Q)$(CC) -I$(STANDIN)/gen $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(STANDIN)/blindcount: $(filter-out $(B)/agent/bpf/loader.o,$(OBJ)) $(STANDIN)/loader.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Another build of the real agent: its program has other instructions.
OTHER := $(STANDIN)/other
$(OTHER)/blindcount.h: include/blindcount.h
	$(Q)mkdir -p $(@D)
	$(Q)sed 's/\(define BC_HEAD_MAX\) 16384/\1 15360/' $< > $@

$(OTHER)/blindcount.bpf.o: bpf/blindcount.bpf.c $(OTHER)/blindcount.h $(B)/compiler
	$(call say,BPF,$@)
	$(Q)$(CLANG) -iquote $(OTHER) $(BPF_CFLAGS) -MMD -MP -c $< -o $@
	$(Q)$(LLVM_STRIP) -g $@

$(OTHER)/gen/blindcount.skel.h: $(OTHER)/blindcount.bpf.o
	$(call say,SKEL,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name blindcount_bpf > $@.tmp && mv $@.tmp $@

$(OTHER)/loader.o: agent/bpf/loader.c $(OTHER)/gen/blindcount.skel.h
	$(call say,CC,$@)
	$(Q)$(CC) -I$(OTHER)/gen $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(OTHER)/blindcount: $(filter-out $(B)/agent/bpf/loader.o,$(OBJ)) $(OTHER)/loader.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(STANDIN)/%.so: tests/e2e/durable/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE $(CFLAGS) -Wno-missing-prototypes -shared -fPIC -o $@ $< -ldl

DURABLE := $(STANDIN)/blindcount $(OTHER)/blindcount $(STANDIN)/fault.so $(STANDIN)/clock.so

# This test makes system calls fail by putting itself before them.
WRAPPED := fchmod fstat fsync futimens lseek mkdirat openat read renameat unlinkat write
$(B)/tests/unit/store/test_dayfile_faults: LDFLAGS += $(WRAPPED:%=-Wl,--wrap=%)

# And this one takes the kernel's place.
$(B)/tests/unit/daemon/test_enforce: LDFLAGS += -Wl,--wrap=loader_put_rules \
	-Wl,--wrap=bpf_map_update_elem -Wl,--wrap=bpf_map_delete_elem

$(B)/tests/kernel/test_count $(B)/tests/kernel/test_optouts $(B)/tests/kernel/test_stream \
	$(B)/tests/kernel/test_trouble $(B)/tests/kernel/test_disorder: $(B)/tests/kernel/harness.o
$(B)/tests/kernel/test_operations $(B)/bench/request_cost: $(B)/tests/kernel/requests.o

$(B)/tests/e2e/%: $(B)/tests/e2e/%.o $(LIB_OBJ)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(LDLIBS)

$(B)/tests/verify/%: $(B)/tests/verify/%.o $(LIB_OBJ)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(LDLIBS)

$(B)/tests/kernel/%: $(B)/tests/kernel/%.o $(LIB_OBJ)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ -lcmocka $(LDLIBS)

$(B)/bench/request_cost: LDLIBS += -lhttp_parser
$(B)/bench/pcap_counter: LDLIBS += -lhttp_parser -lpcap

$(B)/bench/%: $(B)/scripts/bench/%.o $(LIB_OBJ)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(LDLIBS)

# For builds by other compilers: the BPF programs alone, and with what is tested in the kernel.
objects: $(PROGS:%=$(B)/bpf/%.bpf.o)

kernel-build: objects $(B)/blindcount $(KERNEL) $(B)/tests/kernel/load_all

tests-build: $(UNIT) $(KERNEL) $(E2E) $(DURABLE) $(B)/san/blindcount $(B)/tests/kernel/load_all

test-unit: $(UNIT) $(FUZZ:%=$(B)/replay/%) ## unit tests with sanitizers; needs neither root nor BPF
	$(Q)for t in $(UNIT); do $$t || exit 1; done
	$(Q)for t in $(FUZZ); do $(B)/replay/$$t tests/corpus/$${t#fuzz_}/* || exit 1; done

fuzz: $(FUZZ:%=$(B)/fuzz/%) ## each fuzz target for FUZZ_SECONDS (60), from tests/corpus
	$(Q)for t in $(FUZZ); do mkdir -p $(B)/corpus/$$t && \
		$(B)/fuzz/$$t -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$(B)/corpus/ \
			$(B)/corpus/$$t tests/corpus/$${t#fuzz_} || exit 1; done

test-kernel: $(KERNEL) $(B)/blindcount ## kernel tests (BPF_PROG_RUN); root
	$(Q)for t in $(KERNEL); do $$t || exit 1; done

# Only what follows needs Node.js; the packages stay in tests/e2e.
NODE_MODULES := tests/e2e/node_modules/.package-lock.json

$(NODE_MODULES): tests/e2e/package-lock.json
	$(Q)cd tests/e2e && npm ci --silent --no-audit --no-fund && touch ../../$@

$(B)/beacon.min.js: agent/web/beacon.js $(NODE_MODULES)
	$(call say,MINIFY,$@)
	$(Q)tests/e2e/node_modules/.bin/terser $< -c ecma=2020 -m -o $@

test-web: $(B)/blindcount $(B)/beacon.min.js ## beacon script, report page and DuckDB; Chromium and npm
	$(Q)cd tests/e2e && npm --silent test

test-kernels: tests-build $(B)/blindcount ## kernel and e2e tests on Debian's kernels in QEMU
	scripts/kernels

test-compilers: kernel-build ## clang 14 to 19 and the newest on four kernels: a table; an hour
	scripts/compilers
	tests/kernel/compilers --table

test-fresh: ## demo and test from a fresh clone in a bare Debian 12 root; root, debootstrap
	tests/e2e/fresh

test-deb: ## build, install, use and remove the Debian package in a bare root; root, debootstrap
	tests/e2e/fresh tests/e2e/installed

test-container: ## build the container file and count with the image; root, debootstrap, buildah
	tests/e2e/container

test-systemd: $(B)/tests/e2e/visitors ## the package under a real systemd in QEMU; root, debootstrap
	scripts/setup --yes test package
	DEB_BUILD_OPTIONS=nocheck $(MAKE) deb
	tests/e2e/systemd

test-proxies: $(B)/blindcount ## four proxies before three apps, 1 % of the requests odd; installs them; root
	scripts/setup --yes proxies
	COUNT=10000 PROXIES="direct haproxy varnish apache caddy" APPS="nginx node apache" \
		tests/e2e/test_proxies.sh

LEAKS := $(patsubst tests/leaks/%.bpf.c,$(B)/leaks/%.bpf.o,$(wildcard tests/leaks/*.bpf.c))

$(B)/leaks/%.bpf.o: tests/leaks/%.bpf.c $(B)/compiler
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -Wno-unused-parameter -MMD -MP -c $< -o $@

test-verify: $(B)/blindcount $(B)/tests/verify/twins $(LEAKS) ## verify: the built-in programs, leaking and innocent ones
	$(Q)$(B)/blindcount verify
	$(Q)tests/verify/leaks $(B)/blindcount $(B)/leaks
	$(Q)tests/verify/table $(B)/tests/verify/twins $(B)/leaks
	$(Q)tests/verify/variants $(B)/blindcount $(B)/variants $(CLANG)

test-durable: $(B)/blindcount $(DURABLE) ## 500 kills, faults at each step, a minute of full disk; root; an hour
	EVERY=1 tests/e2e/test_durable_steps.sh
	KILLS=500 tests/e2e/test_durable_kill.sh
	TROUBLE=60 tests/e2e/test_durable_disk.sh
	tests/e2e/test_durable_upgrade.sh
	tests/e2e/test_durable_full.sh
	tests/e2e/test_durable_time.sh

test: ## everything; installs what is missing; root
	scripts/test

bench-dayfile: $(B)/bench/dayfile ## a merge into a day's file of a million rows, beside gzip -1
	$<

BENCH := $(addprefix $(B)/bench/,request_cost load pcap_counter dayfile)

bench: ## performance beside what people would use instead; installs peers; root, 15 minutes
	scripts/setup --yes bench
	$(MAKE) $(B)/blindcount $(BENCH)
	scripts/bench/run

demo: ## build, count real beacons in namespaces of its own, show the result; root
	scripts/demo

SOURCES = $(wildcard bpf/*.[ch] bpf/*/*.[ch] include/*.h agent/*.c agent/*/*.[ch] agent/*/*/*.[ch] \
	tests/*/*.[ch] tests/*/*/*.[ch] scripts/bench/*.c)

format: ## rewrite the sources as .clang-format says
	$(Q)clang-format -i $(SOURCES)

lint: $(SKELS) ## clang-format, cppcheck, shellcheck
	$(Q)clang-format --dry-run -Werror $(SOURCES)
	$(Q)cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr \
		--enable=warning,performance,portability \
		--suppress=missingIncludeSystem --suppress=ctuuninitvar -Iinclude -Iagent agent
	$(Q)scripts/shell-lint
	$(Q)mandoc -T lint -W warning $(MAN)/*

PREFIX ?= /usr/local
UNITDIR ?= $(PREFIX)/lib/systemd/system
MAN := scripts/deploy/man
UNITS := scripts/deploy/systemd
ETC := $(DESTDIR)/etc/blindcount

install: $(B)/blindcount ## into DESTDIR and PREFIX; keeps settings that are there
	install -D -m 755 $(B)/blindcount $(DESTDIR)$(PREFIX)/bin/blindcount
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/blindcount agent/web/beacon.js
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man5 $(MAN)/*.5
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man8 $(MAN)/*.8
	install -D -m 644 -t $(DESTDIR)$(UNITDIR) $(UNITS)/*.service $(UNITS)/*.timer
	sed -i 's|/usr/bin/blindcount|$(PREFIX)/bin/blindcount|' $(DESTDIR)$(UNITDIR)/blindcount*.service
	install -D -m 644 $(UNITS)/blindcount.sysusers \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/blindcount.conf
	install -D -m 644 $(UNITS)/blindcount.tmpfiles \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/blindcount.conf
	for f in blindcount.conf rules; do \
		[ -e $(ETC)/$$f ] || install -D -m 644 scripts/deploy/$$f $(ETC)/$$f || exit 1; done

deb: ## a Debian package in build/
	scripts/setup --yes package
	scripts/deploy/package $(VERSION)

clean: ## remove build products
	rm -rf $(B)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile | expand -t 22

.PHONY: FORCE all objects kernel-build tests-build test-unit fuzz test-kernel test-web test-kernels \
	test-compilers test-fresh test-deb test-container test-systemd test-durable test-proxies test demo bench bench-dayfile format lint install deb clean help
.SECONDARY:

-include $(shell find $(B) -path $(B)/deb -prune -o -type f -name '*.d' -print 2>/dev/null)
