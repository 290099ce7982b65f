# How to build and run it: docs/ci.md.
FROM python:3.13-slim
COPY pyproject.toml README.md LICENSE /source/
COPY crauth_doctor /source/crauth_doctor
RUN pip install --no-cache-dir /source && rm -r /source && useradd --create-home doctor
USER doctor
WORKDIR /work
ENTRYPOINT ["crauth-doctor"]
