#!/usr/bin/env bash
# Makes a reference of three chromosomes, reads of 12 samples and their sample sheet, here. Usage: simulate.sh [SAMPLES]
set -euo pipefail
cd "$(dirname "$0")"
samples=${1:-12}
mkdir -p reads
for chr in chr1 chr2 chr3; do
  echo ">$chr"
  awk -v seed="${chr#chr}" 'BEGIN {
    srand(seed); split("A C G T", base, " ")
    for (line = 0; line < 1000; line++) {
      text = ""
      for (i = 0; i < 60; i++) text = text base[int(rand() * 4) + 1]
      print text
    }
  }'
done > ref.fa
echo "sample,fastq_1,fastq_2" > samples.csv
for n in $(seq -w 1 "$samples"); do
  wgsim -S "$((10#$n))" -N 6000 -1 100 -2 100 ref.fa "reads/S${n}_1.fq" "reads/S${n}_2.fq" > /dev/null 2>&1
  gzip -f "reads/S${n}_1.fq" "reads/S${n}_2.fq"
  echo "S$n,reads/S${n}_1.fq.gz,reads/S${n}_2.fq.gz" >> samples.csv
done
echo "samples.csv has $samples samples"
