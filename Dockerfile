# Two stages: the tools that build stay behind. What is installed is locked to its hashes.
FROM python:3.13-slim AS build
WORKDIR /src
# The build tools are locked too, so the wheel is made without a download of its own.
COPY requirements-dev.lock requirements.lock ./
RUN python -m venv /build \
 && /build/bin/pip install --no-cache-dir --require-hashes -r requirements-dev.lock \
 && python -m venv /opt/cordon \
 && /opt/cordon/bin/pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements.lock
COPY . .
RUN /build/bin/python -m build --wheel --no-isolation \
 && /opt/cordon/bin/pip install --no-cache-dir --no-deps --no-index dist/*.whl \
 && /opt/cordon/bin/pip uninstall --yes pip

FROM python:3.13-slim
# A number of its own, so that a volume's owner is known; no shell, no password, no package manager's cache.
RUN useradd --system --uid 10001 --home-dir /var/lib/cordon --create-home --shell /usr/sbin/nologin cordon \
 && chmod 0700 /var/lib/cordon
COPY --from=build /opt/cordon /opt/cordon
# Graphviz is left out: with it (apt-get install --no-install-recommends graphviz) the console's map is laid out by it, without
# it on rings of its own.
# Nothing is written outside the volume and /tmp: run it with --read-only --tmpfs /tmp.
ENV PATH=/opt/cordon/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CORDON_HOME=/var/lib/cordon \
    CORDON_INVENTORY=/etc/cordon/inventory.yaml \
    CORDON_LOG_FORMAT=json
USER 10001
WORKDIR /var/lib/cordon
VOLUME /var/lib/cordon
EXPOSE 8443
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["/opt/cordon/bin/python", "-m", "controller.api.alive"]
ENTRYPOINT ["cordon"]
CMD ["serve", "--bind", "0.0.0.0:8443"]
