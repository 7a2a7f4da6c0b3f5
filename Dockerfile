# The streamsql binary on a small Debian. `docker build -t streamsql .`
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN bash scripts/install-dependencies build
RUN cargo build --release --locked -p streamsql-cli

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libssl3 zlib1g \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 streamsql \
    && install -d -o streamsql -g streamsql /var/lib/streamsql
COPY --from=build /src/target/release/streamsql /usr/local/bin/streamsql
USER streamsql
VOLUME /var/lib/streamsql
WORKDIR /job
# SIGTERM commits what was read and ends with 0.
ENTRYPOINT ["streamsql"]
