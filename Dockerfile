ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
RUN python -m venv /opt/mock-server
COPY . .
RUN /opt/mock-server/bin/pip install --no-cache-dir --disable-pip-version-check .

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="mock-server" \
      org.opencontainers.image.description="A local stand-in for three cloud vendors' task-status APIs" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.authors="the mock-server authors"
RUN useradd --system --no-create-home --uid 10001 --shell /usr/sbin/nologin mock-server \
 && mkdir /scenarios
COPY --from=build /opt/mock-server /opt/mock-server
# In a container the server must be reachable from outside it; compose publishes it on the host's loopback only.
ENV PATH="/opt/mock-server/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MOCK_SERVER_HOST=0.0.0.0 \
    MOCK_SERVER_PORT=8080 \
    MOCK_SERVER_SCENARIOS=/scenarios
USER 10001:10001
WORKDIR /scenarios
EXPOSE 8080
STOPSIGNAL SIGTERM
# Exec forms: no shell stands between a signal and the server, and the image needs no curl.
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 CMD ["python", "-m", "mock_server.health"]
ENTRYPOINT ["mock-server"]
CMD ["serve"]
