# One image for the three services and for `xingqi migrate`. The lock file's hashes decide which packages get in: the first stage downloads
# exactly those and nothing else; the second installs from what was downloaded, without network, and only what Xingqi itself asks for.

FROM python:3.11-slim AS packages
WORKDIR /build
COPY requirements.lock ./
RUN python -m pip download --quiet --no-cache-dir --require-hashes --no-deps --only-binary :all: --dest wheels -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY xingqi xingqi
COPY services services
COPY shared shared
RUN python -m pip wheel --quiet --no-cache-dir --no-index --find-links wheels --no-deps --wheel-dir wheels .

FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 XINGQI_DATA=/var/lib/xingqi
RUN --mount=type=bind,from=packages,source=/build/wheels,target=/tmp/wheels \
    python -m pip install --quiet --no-cache-dir --compile --no-index --find-links /tmp/wheels xingqi \
    && useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin xingqi \
    && install --directory --owner xingqi --group xingqi --mode 0700 /var/lib/xingqi
USER 10001:10001
WORKDIR /var/lib/xingqi
CMD ["xingqi", "--help"]
