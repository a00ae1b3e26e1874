# What there is to run: `make test` needs nothing but Swift, git and a package manager; it installs
# the rest. scripts/ holds the commands, so that they can be run without make too.

export PKG_CONFIG_PATH := $(shell scripts/pkg-config-path)

ifeq ($(shell uname -s),Darwin)
  RELEASE_FLAGS :=
else
  # One file that runs on any Linux with libpq: Swift's own libraries inside, no symbols.
  RELEASE_FLAGS := --static-swift-stdlib -Xlinker -s
endif

.PHONY: help build test test-matrix test-package test-sanitized demo stress soak bench bench-judge
.PHONY: lint program release deb install-deps install-deps-but-browser install uninstall docs pictures

help:
	@echo "make build         build everything, for debugging"
	@echo "make test          install what is missing, build with warnings as errors, run all tests"
	@echo "make test-matrix   run the tests on Postgres 14, 16, 17 and 18 (fetched once)"
	@echo "make test-package  build the release and the Debian package, and run them in a clean root"
	@echo "make test-sanitized  look for races and bad memory where threads and C are (builds two times)"
	@echo "make demo          show on a throw-away server how sessions are left behind and ended"
	@echo "make stress        minutes of sweeps among busy sessions, of which none may be ended"
	@echo "make soak          a simulated week with the cron job and without, many kills and restarts"
	@echo "make bench         measure pgsessions against psql, and its ending of 1,000 orphans"
	@echo "make bench-judge   measure judging 10,000 sessions and writing 5,000, without a server"
	@echo "make docs          write the man pages, completions and docs/cli-reference.md anew"
	@echo "make pictures      make the pictures of the README anew"
	@echo "make lint          check the format of all Swift files, and the lists of suites in scripts/"
	@echo "make release       build the program as it is delivered, and an archive with checksums in dist/"
	@echo "make deb           build it, and a Debian package in dist/"
	@echo "make install       install it with what belongs to it (PREFIX=/usr/local, DESTDIR=)"
	@echo "make uninstall     remove what make install put there"
	@echo "make install-deps  install what building and testing needs, where it is missing"

install-deps:
	@scripts/setup

install-deps-but-browser:
	@scripts/setup --without-browser

build:
	swift build

test: install-deps
	@scripts/test

test-matrix: install-deps
	@scripts/test-matrix

test-sanitized: install-deps-but-browser
	@scripts/test-sanitized

lint:
	swift format lint --strict -r Package.swift Sources Tests queries
	@scripts/test-matrix --check && scripts/test-sanitized --check

# As it is delivered: .build/release/pgsessions.
program:
	swift build -c release $(RELEASE_FLAGS) --product pgsessions

release: program
	@scripts/dist

deb: program
	@scripts/deb

# As root, for the clean root; otherwise with sudo.
test-package: install-deps
	@scripts/test-package

# Two steps: the products beside the demo are what it runs.
demo: install-deps-but-browser
	@swift build
	@.build/debug/demo

# What the demo finds, drawn for the README; to be looked at before it is committed.
pictures: install-deps
	@swift build
	@.build/debug/demo --pictures docs/pictures

# The release program, which is as fast as users have it; what plays its clients need not be.
stress: install-deps-but-browser program
	@swift build
	@.build/debug/stress --executable .build/release/pgsessions

# The same; then the tests of killed runs, restarts and two runs at once, many times over.
SOAK_ROUNDS ?= 100
soak: install-deps-but-browser program
	@swift build --build-tests
	@.build/debug/soak --executable .build/release/pgsessions $(SOAK_FLAGS)
	@PGSESSIONS_FAULT_ROUNDS=$(SOAK_ROUNDS) swift test --skip-build --disable-xctest \
	  --filter 'aRunThatIsKilledLeavesATrueLog|aRestartAtAnyMoment|twoRunsNeverOverlap'

# All built as the program is: the launcher must need less memory than what it measures, and the loop
# that ending is held against must not be slower than it need be.
bench: install-deps-but-browser program
	@swift build -c release $(RELEASE_FLAGS) --product measure
	@swift build -c release $(RELEASE_FLAGS) --product bench
	@.build/release/bench --executable .build/release/pgsessions $(BENCH_FLAGS)

bench-judge:
	@swift build -c release --product bench
	@.build/release/bench --judge 10000
	@.build/release/bench --write 5000

# What the program says of itself; a test compares it with what is committed.
docs:
	@swift build --product pgsessions
	@scripts/reference .build/debug/pgsessions .

PREFIX ?= /usr/local
SYSTEM_UNITS = $(DESTDIR)$(PREFIX)/lib/systemd/system

# After `make release`, which needs no root. systemd reads units under /usr/local and /usr alone; the
# service names the program where it was installed.
install:
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 .build/release/pgsessions "$(DESTDIR)$(PREFIX)/bin"
	@cd share && find . -type f ! -path './systemd/*' | while read -r file; do \
	  install -d "$(DESTDIR)$(PREFIX)/share/$$(dirname "$$file")" && \
	  install -m 644 "$$file" "$(DESTDIR)$(PREFIX)/share/$$file" || exit 1; done
	install -d "$(DESTDIR)$(PREFIX)/share/doc/pgsessions/docs"
	install -m 644 README.md CHANGELOG.md LICENSE "$(DESTDIR)$(PREFIX)/share/doc/pgsessions"
	install -m 644 docs/*.md "$(DESTDIR)$(PREFIX)/share/doc/pgsessions/docs"
ifneq ($(shell uname -s),Darwin)
	install -d "$(SYSTEM_UNITS)"
	install -m 644 share/systemd/pgsessions.timer "$(SYSTEM_UNITS)"
	sed 's#/usr/bin/#$(PREFIX)/bin/#' share/systemd/pgsessions.service >"$(SYSTEM_UNITS)/pgsessions.service"
	chmod 644 "$(SYSTEM_UNITS)/pgsessions.service"
endif

uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/bin/pgsessions" "$(SYSTEM_UNITS)"/pgsessions.service "$(SYSTEM_UNITS)"/pgsessions.timer
	@cd share && find . -type f ! -path './systemd/*' | while read -r file; do \
	  rm -f "$(DESTDIR)$(PREFIX)/share/$$file" || exit 1; done
	rm -rf "$(DESTDIR)$(PREFIX)/share/doc/pgsessions"
