#!/usr/bin/env bash
# A stand-in for variant calling of one region of one sample; the region is the task's argument.
set -euo pipefail
region=$1
sleep "0.$((RANDOM % 4 + 1))"
echo "$TASK_ID $region: $((RANDOM % 900 + 100)) variants"
