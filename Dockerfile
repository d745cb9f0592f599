# syntax=docker/dockerfile:1

FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python -m venv /opt/dateline
# The lock first: dependencies are installed again only when it changes.
COPY requirements-runtime.lock ./
RUN /opt/dateline/bin/python -m pip install --require-hashes --only-binary :all: -r requirements-runtime.lock
COPY pyproject.toml README.md LICENSE ./
COPY migrations ./migrations
COPY app ./app
# Nothing that installs or builds goes on to production.
RUN /opt/dateline/bin/python -m pip install --no-deps --no-build-isolation . \
    && /opt/dateline/bin/python -m compileall -q /opt/dateline/lib \
    && /opt/dateline/bin/python -m pip uninstall --yes hatchling editables trove-classifiers tomlkit pluggy pathspec pip


FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="Dateline" \
      org.opencontainers.image.description="The content API of a newsroom" \
      org.opencontainers.image.licenses="Apache-2.0"
# /data holds the SQLite database when no other is named; it is the only place that the program writes to.
RUN groupadd --gid 10001 dateline \
    && useradd --uid 10001 --gid dateline --no-create-home --home-dir /data --shell /usr/sbin/nologin dateline \
    && install --directory --owner=dateline --group=dateline --mode=0750 /data
COPY --from=build /opt/dateline /opt/dateline
ENV PATH="/opt/dateline/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATELINE_ENVIRONMENT=production \
    DATELINE_LOG_FORMAT=json \
    DATELINE_DATABASE_URL="sqlite:////data/dateline.db"
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
CMD ["dateline", "serve", "--host", "0.0.0.0"]
