#!/usr/bin/env bash
# Stands in for alignment: invents reads of a sample and counts their bases by kind.
# Usage: count-reads.sh [SAMPLE [READS]]
set -euo pipefail
sample=${1:-$TASK_ID}
awk -v sample="$sample" -v reads="${2:-20000}" 'BEGIN {
  srand(length(sample)); split("A C G T", base, " ")
  for (i = 0; i < reads; i++) print base[int(rand() * 4) + 1]
}' | sort | uniq -c | awk '{ print $2 "\t" $1 }'
sleep 0.5
# anamo keeps lines that start with "anamo:" and a tab beside the log
printf 'anamo:\tsample %s counted on attempt %s\n' "$sample" "$ATTEMPT"
