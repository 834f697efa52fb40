# MinIO, as deploy/minio/build.sh built it: its own images are not published any more. AGPL-3.0; its source is the pinned commit.
ARG BASE=debian:bookworm-slim
FROM ${BASE}
COPY minio /usr/local/bin/minio
COPY bin/healthy /usr/local/bin/healthy
RUN groupadd --gid 10002 minio \
 && useradd --uid 10002 --gid minio --home-dir /data --create-home --shell /usr/sbin/nologin minio
VOLUME /data
USER 10002:10002
EXPOSE 9000
ENV MINIO_BROWSER=off MINIO_UPDATE=off
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=6 CMD ["healthy", "9000", "/minio/health/live"]
ENTRYPOINT ["minio"]
CMD ["server", "--quiet", "/data"]
