#!/bin/sh
# `npm test`: runs the tests and, beside them, biome and tsc, because tests that wait leave a part of two cores idle.
# Prints what biome and tsc have found at the end.
found=$(mktemp)
trap 'rm -f "$found"' EXIT
npm run check >"$found" 2>&1 &
check=$!
# a shell lets what runs in the background ignore Ctrl-C
trap 'kill "$check"; exit 130' INT TERM
vitest run "$@"
tests=$?
wait "$check"
checks=$?
[ "$checks" = 0 ] || cat "$found" >&2
[ "$tests" = 0 ] && [ "$checks" = 0 ]
