import { mismatch } from "./parameter-rules.ts";
import type { Values } from "./parameters.ts";

/** Memory per vCPUs on Fargate, in GiB: from, to, step (Batch API reference, ResourceRequirement). */
const FARGATE: Readonly<Record<string, readonly [number, number, number]>> = {
  "0.25": [0.5, 2, 0.5],
  "0.5": [1, 4, 1],
  "1": [2, 8, 1],
  "2": [4, 16, 1],
  "4": [8, 30, 1],
  "8": [16, 60, 4],
  "16": [32, 120, 8],
};

/** What is wrong with the size of workers on Fargate. */
export function fargateMismatches({ jobVcpus = "", jobMemoryMiB = "", diskGiB = "" }: Values): string[] {
  const wrong = Number(diskGiB) <= 200 ? [] : [mismatch("diskGiB", "at most 200 on Fargate", diskGiB)];
  const memory = FARGATE[jobVcpus];
  if (!memory) return [...wrong, mismatch("jobVcpus", `${Object.keys(FARGATE).join(", ")} on Fargate`, jobVcpus)];
  const allowed = fargateMemoryMiB(memory);
  if (allowed.includes(Number(jobMemoryMiB))) return wrong;
  return [
    ...wrong,
    mismatch("jobMemoryMiB", `one of ${allowed.join(", ")} for ${jobVcpus} vCPU on Fargate`, jobMemoryMiB),
  ];
}

function fargateMemoryMiB([least, most, step]: readonly [number, number, number]): number[] {
  const count = (most - least) / step + 1;
  // for a quarter of a vCPU, Fargate offers 0.5, 1 and 2 GiB, but not 1.5
  return Array.from({ length: count }, (_, i) => (least + i * step) * 1024).filter((mib) => mib !== 1536);
}

/** Families with AWS's own ARM processors: a `g` after the generation, and the first such family, `a1`. */
const GRAVITON = /^(a1|[a-z]+\d+g[a-z]*)(\.|$)/;
const X86_GROUPS: readonly string[] = ["optimal", "default_x86_64"];

/** What is wrong with the hosts: a compute environment has one architecture, which must be that of the image. */
export function wrongForEc2({ instanceTypes = "", cpuArchitecture, jobVcpus = "" }: Values): string[] {
  const types = instanceTypes.split(",");
  const isArm = (type: string) => type === "default_arm64" || (!X86_GROUPS.includes(type) && GRAVITON.test(type));
  const wantsArm = cpuArchitecture === "ARM64";
  const wrongTypes = types.filter((type) => isArm(type) !== wantsArm);
  const wrong: string[] = [];
  if (wrongTypes.length > 0 && wrongTypes.length < types.length) {
    const of = wantsArm ? "ARM" : "x86";
    wrong.push(
      mismatch(
        "instanceTypes",
        `${of} processors only, as cpuArchitecture is ${cpuArchitecture}`,
        wrongTypes.join(","),
      ),
    );
  } else if (wrongTypes.length > 0) {
    const expected = wantsArm
      ? "default_arm64, or types with ARM processors such as m7g"
      : "types with x86 processors; or --param cpuArchitecture=ARM64";
    wrong.push(mismatch("instanceTypes", expected, instanceTypes));
  }
  if (!/^\d+$/.test(jobVcpus)) wrong.push(mismatch("jobVcpus", "a whole number on EC2", jobVcpus));
  return wrong;
}
