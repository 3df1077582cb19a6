#!/usr/bin/env bash
# A stand-in for a step of a real pipeline: makes reads of a sample up and tells how many bases of each kind they have.
set -euo pipefail
awk -v sample="$TASK_ID" 'BEGIN {
  srand(length(sample)); split("A C G T", base, " ")
  for (i = 0; i < 20000; i++) print base[int(rand() * 4) + 1]
}' | sort | uniq -c | awk '{ print $2 "\t" $1 }'
sleep 0.5
# lines that begin with "anamo:" and a tab are kept beside the log
printf 'anamo:\tsample %s counted on attempt %s\n' "$TASK_ID" "$ATTEMPT"
