# docker build -t caflou-sync .
# docker run --rm -v "$PWD:/config:ro" -v caflou-data:/data caflou-sync run --dry-run
#
# The add-on's backend, for who runs one (docs/addon.md):
# docker build --target addon -t caflou-sync-addon .

FROM rust:1.95-slim-bookworm AS source
WORKDIR /build
COPY . .

FROM source AS build
RUN cargo build --release --locked -p caflou-sync

FROM source AS build-addon
RUN cargo build --release --locked -p caflou-sync-addon

FROM debian:bookworm-slim AS system
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --no-create-home --home-dir /data caflou-sync \
 && install -d -o caflou-sync -m 700 /config /data

FROM system AS addon
COPY --from=build-addon /build/target/release/caflou-sync-addon /usr/local/bin/
VOLUME ["/config", "/data"]
USER 10001
WORKDIR /data
ENTRYPOINT ["caflou-sync-addon", "--config", "/config/addon.toml", "--state", "/data/addon.db"]
CMD ["serve"]

FROM system
COPY --from=build /build/target/release/caflou-sync /usr/local/bin/
# The state file remembers what was imported: keep /data. Tokens are cached there as well.
ENV HOME=/data \
    XDG_CACHE_HOME=/data/cache \
    CAFLOU_SYNC_CONFIG=/config/connections.toml \
    CAFLOU_SYNC_STATE=/data/state.db
VOLUME ["/config", "/data"]
USER 10001
WORKDIR /data
# It runs once and ends, and its exit code tells how it went: a HEALTHCHECK has nothing to look at.
ENTRYPOINT ["caflou-sync"]
CMD ["run", "--scheduled"]
