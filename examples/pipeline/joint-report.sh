#!/usr/bin/env bash
# Stands in for joint calling: SAMPLES is a file with one sample per line.
set -euo pipefail
echo "joint calls of $(wc -l < "$SAMPLES") samples:"
paste -sd' ' "$SAMPLES"
