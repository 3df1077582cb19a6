#!/usr/bin/env bash
# Stands in for a step of a real pipeline: invents reads of a sample and counts their bases by kind.
set -euo pipefail
awk -v sample="$TASK_ID" 'BEGIN {
  srand(length(sample)); split("A C G T", base, " ")
  for (i = 0; i < 20000; i++) print base[int(rand() * 4) + 1]
}' | sort | uniq -c | awk '{ print $2 "\t" $1 }'
sleep 0.5
# anamo keeps lines that start with "anamo:" and a tab beside the log
printf 'anamo:\tsample %s counted on attempt %s\n' "$TASK_ID" "$ATTEMPT"
