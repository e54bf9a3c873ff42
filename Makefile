# What one runs while working on nnsim. Everything is plain Go; no target needs
# a C compiler.
export CGO_ENABLED := 0

.PHONY: check bench golden fuzz build

check: ## before every commit, under a minute
	@test -z "$$(gofmt -l .)" || { echo "gofmt: run gofmt -w on:"; gofmt -l .; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	go test -short -shuffle=on ./...

build: ## one static binary in bin/
	go build -trimpath -o bin/nnsim ./cmd/nnsim

bench: ## the figures of speed that the README gives
	go test -run '^$$' -bench . -benchmem ./...

golden: ## rewrites drawings and screens, and prints what moved
	@for dir in $$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n1 dirname | sort -u); do \
		go test $$dir -update || exit 1; \
	done
	git --no-pager diff --stat -- '*testdata*'

FUZZTIME ?= 60s
fuzz: ## every reader of foreign input, one after another
	@for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
		for target in $$(grep -h -o '^func Fuzz[A-Za-z0-9]*' $$dir/*_test.go | sed 's/func //'); do \
			echo "$$dir $$target"; go test $$dir -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) || exit 1; \
		done; \
	done
