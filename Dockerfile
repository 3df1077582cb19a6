# The image that workers run in on AWS Batch. `npm run worker:push` builds and pushes it; docs/worker.md says how to
# put your own tools into it. Its steps are replayed without Docker by `npm run test:image`.

# Debian 12 with Node.js 24, for amd64 and arm64
ARG BASE=node:24.21.0-bookworm-slim@sha256:d6aa754f16b3197301076f047b5def2f02ea1dbbc2ca920407d46d7ec7f87b20
FROM ${BASE}

ENV LANG=C.UTF-8

# tini passes SIGTERM on and reaps processes that scripts leave behind; the rest is for scripts. No versions: Debian
# keeps only the newest of a release, so a build with an older one would fail after each security update.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates curl procps tini \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --uid 10001 --user-group --create-home --shell /bin/bash anamo \
  && install -d -o anamo -g anamo /pipeline

COPY build/anamo-worker.cjs build/anamo-worker.cdx.json /opt/anamo/

# The version is that of package.json (a test compares them); `npm run worker:push` passes the commit. This comes after
# the steps above, so that another commit makes no new layers.
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="anamo worker" \
  org.opencontainers.image.description="Claims items of an anamo table, runs their shell tasks and stores results and logs." \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.source="https://github.com/anamo/anamo" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  anamo.sbom="/opt/anamo/anamo-worker.cdx.json"

# anamo
USER 10001
# by default, the pipeline is what is in this folder
WORKDIR /pipeline
ENTRYPOINT ["tini", "--", "node", "/opt/anamo/anamo-worker.cjs"]
