# Images that put the native sensor of packs/core into the packs volume: see docs/native-binaries.md
PACK_BINARIES_RUST_TARGET ?= x86_64-unknown-linux-musl
PACK_BINARIES_IMAGE ?= packsync-pack-binaries

.PHONY: docker-build-pack-binaries docker-build-pack-binaries-arm64 docker-build-pack-binaries-all

# Tagged with the architecture, e.g. packsync-pack-binaries:x86_64
docker-build-pack-binaries:
	tar -cf - docker/Dockerfile.pack-binaries docker/pack-binaries-init.sh \
	  packs/core/native/timer-sensor/Cargo.toml packs/core/native/timer-sensor/Cargo.lock packs/core/native/timer-sensor/src \
	  | docker build $(PACK_BINARIES_DOCKER_OPTIONS) -f docker/Dockerfile.pack-binaries --build-arg RUST_TARGET=$(PACK_BINARIES_RUST_TARGET) \
	    -t $(PACK_BINARIES_IMAGE):$(firstword $(subst -, ,$(PACK_BINARIES_RUST_TARGET))) -

docker-build-pack-binaries-arm64:
	$(MAKE) docker-build-pack-binaries PACK_BINARIES_RUST_TARGET=aarch64-unknown-linux-musl

docker-build-pack-binaries-all:
	$(MAKE) docker-build-pack-binaries PACK_BINARIES_RUST_TARGET=x86_64-unknown-linux-musl
	$(MAKE) docker-build-pack-binaries PACK_BINARIES_RUST_TARGET=aarch64-unknown-linux-musl
