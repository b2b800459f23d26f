# PYTHON_IMAGE is the base image. BUILD_IMAGE only creates the virtual environment, and nothing else of it is kept:
# name one that is configured for your proxy, package index or CA. Both must have the same Python version.
ARG PYTHON_IMAGE=python:3.13-slim
ARG BUILD_IMAGE=${PYTHON_IMAGE}

FROM ${BUILD_IMAGE} AS build
RUN python -m venv /opt/mock-server
WORKDIR /src
# Dependencies change rarely, so they have a layer of their own.
COPY setup.cfg .
RUN python -c "import configparser; c = configparser.ConfigParser(); c.read('setup.cfg'); \
print(c['options']['install_requires'], c['options.extras_require']['intercept'], c['options.extras_require']['redis'])" > requirements.txt \
 && /opt/mock-server/bin/pip install --no-cache-dir --disable-pip-version-check --requirement requirements.txt
COPY . .
RUN /opt/mock-server/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps . \
 && /opt/mock-server/bin/python -m compileall -q /opt/mock-server/lib \
 && /opt/mock-server/bin/pip uninstall --quiet --yes pip setuptools

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.title="mock-server" \
      org.opencontainers.image.description="A local stand-in for three cloud vendors' task-status APIs" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.authors="the mock-server authors"
# A new volume that is mounted on /ca takes its owner from here.
RUN useradd --system --no-create-home --uid 10001 --shell /usr/sbin/nologin mock-server \
 && install --directory /scenarios \
 && install --directory --owner 10001 --group 10001 /ca \
 && install --directory --owner 10001 --group 10001 --mode 700 /ca/private
COPY --from=build /opt/mock-server /opt/mock-server
# The server must be reachable from outside the container; compose publishes it on the host's loopback only.
ENV PATH="/opt/mock-server/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MOCK_SERVER_HOST=0.0.0.0 \
    MOCK_SERVER_PORT=8080 \
    MOCK_SERVER_SCENARIOS=/scenarios
# Incompatible images fail here, and not at the first start.
RUN ["mock-server", "--version"]
USER 10001:10001
WORKDIR /scenarios
EXPOSE 8080
STOPSIGNAL SIGTERM
# Exec form: signals reach the server without a shell in between, and the image needs no curl.
HEALTHCHECK --interval=2s --timeout=3s --start-period=10s --retries=3 CMD ["python", "-m", "mock_server.server.health"]
ENTRYPOINT ["mock-server"]
CMD ["serve"]
