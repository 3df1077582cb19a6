#!/usr/bin/env bash
# Stands in for variant calling in one region of one sample; the region is the task's argument.
set -euo pipefail
region=$1
sleep "0.$((RANDOM % 4 + 1))"
echo "$TASK_ID $region: $((RANDOM % 900 + 100)) variants"
