// The same study for Nextflow, to compare: nextflow run main.nf -resume
process index {
  input: path ref
  output: tuple path(ref), path("${ref}.*")
  script: "bwa index $ref && samtools faidx $ref"
}

process align {
  errorStrategy 'ignore'
  input:
  tuple val(sample), path(r1), path(r2)
  tuple path(ref), path(files)
  output: tuple val(sample), path("${sample}.bam"), path("${sample}.bam.bai")
  script:
  """
  bwa mem -R '@RG\\tID:${sample}\\tSM:${sample}' $ref $r1 $r2 | samtools sort -o ${sample}.bam -
  samtools index ${sample}.bam
  """
}

process call {
  errorStrategy 'ignore'
  input:
  tuple val(sample), path(bam), path(bai), val(region)
  tuple path(ref), path(files)
  output: tuple val(sample), path("${region}.vcf.gz"), path("${region}.vcf.gz.csi")
  script:
  """
  bcftools mpileup -r $region -f $ref $bam | bcftools call -m -Oz -o ${region}.vcf.gz
  bcftools index ${region}.vcf.gz
  """
}

process concat {
  input: tuple val(sample), path(vcfs), path(indexes)
  output: tuple path("${sample}.vcf.gz"), path("${sample}.vcf.gz.csi")
  script: "bcftools concat -Oz -o ${sample}.vcf.gz $vcfs && bcftools index ${sample}.vcf.gz"
}

process joint {
  publishDir '.', mode: 'copy'
  input: path files
  output: path 'joint.vcf.gz'
  script: "bcftools merge -Oz -o joint.vcf.gz *.vcf.gz"
}

workflow {
  samples = Channel.fromPath('samples.csv').splitCsv(header: true)
    .map { row -> tuple(row.sample, file(row.fastq_1), file(row.fastq_2)) }
  regions = Channel.fromPath('regions.txt').splitText { it.trim() }.filter { it && !it.startsWith('#') }
  ref = index(file('ref.fa'))
  bams = align(samples, ref.first())
  calls = call(bams.combine(regions), ref.first())
  joint(concat(calls.groupTuple()).flatten().collect())
}
