# packsync's image, for amd64 and arm64: `docker build -t packsync .`
# The target packsync-install also has what the installation of packs takes: `docker build --target packsync-install -t packsync-install .`
# docs/container.md says what is in it, and what each part weighs.
ARG NODE_IMAGE=node:26.10.0-slim

# Changes only with the lock file.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /build
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --no-audit --no-fund

FROM dependencies AS bundle
COPY scripts/build.ts scripts/build-web.ts scripts/launcher.ts scripts/warm-up.ts scripts/
COPY tsconfig.json ./
COPY docs/diagnostics.md docs/
COPY web web
COPY src src
RUN node scripts/build.ts /image/opt/packsync

# Changes only with Node.
FROM ${NODE_IMAGE} AS system
RUN apt-get update && apt-get install -y --no-install-recommends binutils busybox ca-certificates tini \
  && rm -rf /var/lib/apt/lists/*
COPY docker/assemble.sh /
RUN sh /assemble.sh /image

FROM ${NODE_IMAGE} AS packsync-install
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl git python3 python3-venv tini \
  && rm -rf /var/lib/apt/lists/* \
  && mkdir -p /source /opt/attune/packs && chown 1000:1000 /opt/attune/packs && ln -s /opt/packsync/packsync.js /usr/local/bin/packsync
COPY docker/docker_entrypoint.sh /usr/local/bin/
COPY docker/defaults.yaml /etc/packsync/
COPY --from=bundle /image /
WORKDIR /etc/packsync
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=2 CMD ["packsync", "healthcheck"]
ENTRYPOINT ["tini", "--", "docker_entrypoint.sh"]

FROM scratch AS packsync
ENV PATH=/usr/local/bin:/usr/bin:/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt NODE_USE_SYSTEM_CA=1
COPY --from=system /image /
COPY docker/docker_entrypoint.sh /usr/local/bin/
COPY docker/defaults.yaml /etc/packsync/
COPY --from=bundle /image /
WORKDIR /etc/packsync
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=2 CMD ["packsync", "healthcheck"]
ENTRYPOINT ["tini", "--", "docker_entrypoint.sh"]
