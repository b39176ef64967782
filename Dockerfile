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
RUN useradd --system --uid 10001 --home-dir /var/lib/cordon --create-home cordon
COPY --from=build /opt/cordon /opt/cordon
ENV PATH=/opt/cordon/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CORDON_HOME=/var/lib/cordon
USER cordon
WORKDIR /var/lib/cordon
VOLUME /var/lib/cordon
ENTRYPOINT ["cordon"]
CMD ["--help"]
