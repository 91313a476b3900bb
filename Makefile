# drover: make demo, make check; everything else is below.
CC      ?= cc
PREFIX  ?= /usr/local
DESTDIR ?=
VERSION := $(shell sed -n '1s/.* //p' NEWS)
CONF    ?= release
B       := build/$(CONF)
SUDO    := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

PKGS := libuv libssh yaml-0.1 jansson sqlite3 libzstd libcrypto ncursesw vterm libedit
DIRS := base inventory remote ledger engine playbooks cli tui
SRC  := $(wildcard $(DIRS:%=%/*.c))
HOSTSH := $(wildcard engine/host/*.sh playbooks/host/*.sh)
HOSTPL := $(wildcard playbooks/host/*.pl)
OBJ  := $(SRC:%.c=$B/%.o) $(HOSTSH:%.sh=$B/%.sh.o) $(HOSTPL:%.pl=$B/%.pl.o)
UNIT := $(patsubst %.c,$B/%,$(wildcard tests/unit/*/test_*.c))
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
TESTOBJ := $(patsubst %.c,$B/%.o,$(wildcard tests/lib/*.c))
LIBTEST := $B/tests/libtest.a
# A fake stands in place of a part of libdrover.a in the tests that include it, and in no other.
FAKED  := $(patsubst %.c,$B/%,$(shell grep -l 'tests/fakes/glass.h' tests/unit/*/test_*.c))

comma  := ,
WARN   := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
          -Wswitch-enum -Wformat=2 $(if $(DEV),-Werror)
SAN    := $(if $(filter check,$(CONF)),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1) \
          $(if $(filter tsan,$(CONF)),-fsanitize=thread -O1) $(if $(filter cover,$(CONF)),--coverage -O0)
# What watches a program opens files and starts programs: workers let it.
LOOSE  := $(if $(filter check tsan cover valgrind,$(CONF)),-DDROVER_LOOSE)
CFLAGS ?= -O2 -g
ALL_CFLAGS := -std=gnu17 -I. -D_GNU_SOURCE -DDROVER_VERSION='"$(VERSION)"' -DNCURSES_NOMACROS -DNCURSES_WIDECHAR=1 \
          $(WARN) -fstack-protector-strong $(if $(filter release,$(CONF)),-D_FORTIFY_SOURCE=2) \
          $(shell pkg-config --cflags $(PKGS)) $(CFLAGS) $(SAN) $(LOOSE) -MMD -MP
LIBS   := $(shell pkg-config --libs $(PKGS)) -lpthread -ldl $(LDLIBS)
export DROVER = $(CURDIR)/$B/drover

all: $B/drover
$B/drover: $B/main.o $B/libdrover.a
	$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(LIBS)
$B/libdrover.a: $(OBJ)
	@rm -f $@
	ar rcs $@ $^
$(LIBTEST): $(TESTOBJ)
	@rm -f $@
	ar rcs $@ $^
$B/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<
# The programs that run on hosts are files of shell, and of perl what keeps logs; the binary carries them as text.
$B/%.pl.o: %.pl tests/lint/embed
	@mkdir -p $(@D)
	tests/lint/embed $< | $(CC) -x assembler -c -o $@ -
$B/%.sh.o: %.sh tests/lint/embed
	@mkdir -p $(@D)
	tests/lint/embed $< | $(CC) -x assembler -c -o $@ -
$B/tests/unit/%: $B/tests/unit/%.o $(LIBTEST) $B/libdrover.a
	$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS) -lcmocka
$(FAKED): $B/tests/fakes/glass.o
$B/tests/fleet/%: $B/tests/fleet/%.o $(LIBTEST) $B/libdrover.a
	$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(LIBS)
$B/tests/bench/%: $B/tests/bench/%.o $B/libdrover.a
	$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(LIBS)
units: $(UNIT)
objects: $(OBJ) $B/main.o $(UNIT:=.o) $(LIBTEST)

deps:
	@tests/deps $(SUDO)
check:
	@tests/run full
check-quick:
	@tests/run quick
check-13:
	@$(SUDO) tests/check-13
soak:
	@tests/run soak
lint:
	@tests/lint/all
format:
	clang-format -i $(shell git ls-files -co --exclude-standard '*.c' '*.h')
demo:
	@tests/demo up
demo-down:
	@tests/demo down
bench: deps
	@tests/bench/run
fuzz: deps
	@tests/fuzz/run $(FUZZ)
tsan:
	@$(MAKE) --no-print-directory CONF=tsan all units && tests/run units tsan
valgrind:
	@$(MAKE) --no-print-directory CFLAGS="-O1 -g" CONF=valgrind all units && tests/run units valgrind
cover:
	@$(MAKE) --no-print-directory CONF=cover all units && tests/run units cover && tests/run coverage
map:
	@tests/lint/map $(DIRS)
install: all
	install -D -m 755 $B/drover $(DESTDIR)$(PREFIX)/bin/drover
	for m in doc/*.[157]; do install -D -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m##*/}; done
	for e in playbooks/examples/*/*; do install -D -m 644 $$e $(DESTDIR)$(PREFIX)/share/drover/$${e#playbooks/}; done
clean:
	rm -rf build/release build/check build/tsan build/cover build/valgrind build/fuzz build/clang build/debian13

-include $(OBJ:.o=.d) $B/main.d $(UNIT:=.d) $(TESTOBJ:.o=.d) $B/tests/fakes/glass.d
.PHONY: all units objects deps check check-quick check-13 soak lint format demo demo-down bench fuzz tsan valgrind cover map install clean
.SECONDARY:
