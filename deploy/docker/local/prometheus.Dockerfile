# Debian's Prometheus on our own base, where upstream's image cannot be pulled: it takes the same arguments.
ARG BASE=debian:bookworm-slim
FROM ${BASE}
RUN apt-get update -qq && mkdir -p /usr/share/man/man1 \
 && apt-get install -y -qq --no-install-recommends prometheus >/dev/null \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* && install -d -o 65534 -g 65534 /prometheus
VOLUME /prometheus
USER 65534:65534
EXPOSE 9090
ENTRYPOINT ["prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
