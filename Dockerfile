# One image for web, worker, scheduler and migrations: docker-compose.yml says which a container is.

FROM python:3.11-slim AS wheels
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /opt/insiders \
 && /opt/insiders/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.txt

FROM python:3.11-slim
ENV PATH=/opt/insiders/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    INSIDERS_PRODUCTION=1 \
    INSIDERS_HOME=/data \
    STATIC_ROOT=/srv/static
RUN groupadd --system --gid 10001 insiders \
 && useradd --system --uid 10001 --gid insiders --home-dir /data --no-create-home --shell /usr/sbin/nologin insiders \
 && install --directory --owner insiders --group insiders --mode 0750 /data \
 && install --directory --owner insiders --group insiders /srv/static
COPY --from=wheels /opt/insiders /opt/insiders
WORKDIR /srv/insiders
COPY . .
USER insiders
# The key of this one command signs nothing that lasts.
RUN SECRET_KEY=only-for-collecting-static-files INSIDERS_HOME=/tmp/build python manage.py collectstatic --noinput --ignore redoc --verbosity 0
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "-m", "config.probe", "web"]
CMD ["gunicorn", "config.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "4", "--timeout", "60", "--no-control-socket"]
