# Debian's Alertmanager on our own base, where upstream's image cannot be pulled: it takes the same arguments.
ARG BASE=debian:bookworm-slim
FROM ${BASE}
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends prometheus-alertmanager >/dev/null \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* && install -d -o 65534 -g 65534 /alertmanager
VOLUME /alertmanager
USER 65534:65534
EXPOSE 9093
ENTRYPOINT ["prometheus-alertmanager"]
CMD ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"]
