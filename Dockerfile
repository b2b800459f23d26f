# PYTHON_IMAGE is what the image stands on. BUILD_IMAGE only makes the virtual environment, and nothing else of it is
# kept: name one that knows your proxy, your package index or your own CA. Both must have the same Python.
ARG PYTHON_IMAGE=python:3.13-slim
ARG BUILD_IMAGE=${PYTHON_IMAGE}

FROM ${BUILD_IMAGE} AS build
RUN python -m venv /opt/mock-server
WORKDIR /src
# What it depends on changes seldom: a layer of its own keeps it.
COPY setup.cfg .
RUN python -c "import configparser; c = configparser.ConfigParser(); c.read('setup.cfg'); \
print(c['options']['install_requires'], c['options.extras_require']['intercept'])" > requirements.txt \
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
# A volume that is mounted on /ca for the first time takes over who owns it here.
RUN useradd --system --no-create-home --uid 10001 --shell /usr/sbin/nologin mock-server \
 && install --directory /scenarios \
 && install --directory --owner 10001 --group 10001 /ca \
 && install --directory --owner 10001 --group 10001 --mode 700 /ca/private
COPY --from=build /opt/mock-server /opt/mock-server
# In a container the server must be reachable from outside it; compose publishes it on the host's loopback only.
ENV PATH="/opt/mock-server/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MOCK_SERVER_HOST=0.0.0.0 \
    MOCK_SERVER_PORT=8080 \
    MOCK_SERVER_SCENARIOS=/scenarios
# Two images that do not fit together fail here, and not when somebody starts it.
RUN ["mock-server", "--version"]
USER 10001:10001
WORKDIR /scenarios
EXPOSE 8080
STOPSIGNAL SIGTERM
# Exec forms: no shell stands between a signal and the server, and the image needs no curl.
HEALTHCHECK --interval=2s --timeout=3s --start-period=10s --retries=3 CMD ["python", "-m", "mock_server.health"]
ENTRYPOINT ["mock-server"]
CMD ["serve"]
