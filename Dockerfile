# The command with the mock and everything else: docker build -t image-gateway-contract .
# docker run --rm -p 8080:8080 image-gateway-contract mock --host 0.0.0.0
# docker run --rm -p 9900:9900 -v "$PWD/report:/gate/report" -e GATEWAY_TOKEN image-gateway-contract run ...
FROM python:3.13-slim AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /src
COPY . .
# The wheel, and the versions that are tested.
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels . \
    && sed -nE 's/^([a-z0-9._-]+)(\[[^]]*\])?(==[^ ]+).*/\1\3/p' requirements.lock > /wheels/constraints.txt

FROM python:3.13-slim
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# Captions in Arabic, Hebrew, Thai and the scripts of India need it.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends libfribidi0 && rm -rf /var/lib/apt/lists/*
RUN --mount=from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --constraint /wheels/constraints.txt "$(ls /wheels/*.whl)[all]" \
    && useradd --uid 10001 --user-group gate \
    && install --directory --owner gate --group gate /gate /gate/report
USER 10001:10001
WORKDIR /gate
EXPOSE 8080 9900
ENTRYPOINT ["check-gateway"]
CMD ["--help"]
