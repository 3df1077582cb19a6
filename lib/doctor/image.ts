import { toError } from "../errors.ts";
import type { Ask, Refused } from "./ask.ts";
import { type Check, type Finding, type Outputs, ok, problem, unseen, warning } from "./finding.ts";

const DOWNLOAD_MS = 10_000;

const push = (stage: string) => `npm run worker:push -- --stage ${stage}`;

/** The image, and whether it fits the processors of the stack. A stack with its own queue has no image. */
export const imageCheck =
  (outputs: Outputs): Check =>
  async (ask, { stage }) => {
    const repository = outputs.get("WorkerRepository")?.replace(/^[^/]+\//, "");
    if (!repository) return [];
    const call = ["ecr", "batch-get-image", "--repository-name", repository, "--image-ids", "imageTag=latest"];
    const found = await ask(call);
    if (!found.ok) return [unseen("the workers' image", found)];
    const [image] = (found.json as { images?: Image[] }).images ?? [];
    if (!image) return [problem("the workers' image is missing: no worker can start", push(stage))];
    const pinned = outputs.get("WorkerImage")?.split("@")[1];
    const newest = image.imageId?.imageDigest;
    if (pinned && newest && pinned !== newest) return pinnedElsewhere({ ask, stage, repository, pinned, newest });
    const built = await processorsOf(ask, repository, image.imageManifest);
    const wanted = outputs.get("CpuArchitecture") === "ARM64" ? "arm64" : "amd64";
    if ("unseen" in built) return [ok("the workers' image is there"), unseen("its processor", built.unseen)];
    if (built.includes(wanted)) return [ok(`the workers' image is there, for ${wanted}`)];
    return [problem(`the workers' image is for ${built.join(", ")}, the stack for ${wanted}`, push(stage))];
  };

interface Image {
  imageManifest: string;
  imageId?: { imageDigest?: string };
}

/** The stack is pinned to an image other than the newest push, which may be intended or forgotten. */
async function pinnedElsewhere(which: {
  ask: Ask;
  stage: string;
  repository: string;
  pinned: string;
  newest: string;
}): Promise<Finding[]> {
  const { ask, stage, repository, pinned, newest } = which;
  const call = ["ecr", "batch-get-image", "--repository-name", repository, "--image-ids", `imageDigest=${pinned}`];
  const found = await ask(call);
  const renew = `npx sls deploy --stage ${stage} --param imageDigest=${newest}, with your other parameters`;
  if (!found.ok) return [unseen("the image that jobs run", found)];
  const { images = [] } = found.json as { images?: Image[] };
  if (images.length === 0) return [problem(`jobs run ${pinned}, which is gone: no worker can start`, renew)];
  return [warning(`jobs run ${pinned}, not the newest push, ${newest}`, renew)];
}

/**
 * The processors that an image is for. An index of images names them in its manifest; a single image says it in its
 * configuration, which ECR hands out like a layer.
 */
async function processorsOf(ask: Ask, repository: string, text: string): Promise<string[] | { unseen: Refused }> {
  const { manifests, config } = JSON.parse(text) as Manifest;
  if (manifests) {
    const named = manifests.flatMap(({ platform }) => platform?.architecture ?? []);
    return named.filter((one) => one !== "unknown");
  }
  const layer = ["--repository-name", repository, "--layer-digest", config?.digest ?? ""];
  const found = await ask(["ecr", "get-download-url-for-layer", ...layer]);
  if (!found.ok) return { unseen: found };
  const { downloadUrl } = found.json as { downloadUrl: string };
  try {
    const reply = await fetch(downloadUrl, { signal: AbortSignal.timeout(DOWNLOAD_MS) });
    if (!reply.ok) return { unseen: { ok: false, code: String(reply.status), message: reply.statusText } };
    const { architecture } = (await reply.json()) as { architecture?: string };
    return architecture ? [architecture] : { unseen: { ok: false, code: "", message: "the image does not say" } };
  } catch (error) {
    return { unseen: { ok: false, code: "failed", message: toError(error).message } };
  }
}

interface Manifest {
  manifests?: { platform?: { architecture: string } }[];
  config?: { digest: string };
}
