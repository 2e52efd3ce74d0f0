# Build with 'make image' or 'docker build -t voxelscope .', run with
# 'docker run -p 8501:8501 voxelscope', open http://localhost:8501.
ARG BASE_IMAGE=docker.io/library/python:3.12-slim
FROM ${BASE_IMAGE}

WORKDIR /srv/voxelscope

# requirements-cluster.txt adds what a cluster's scheduler, workers and app need; see compose.yaml.
ARG REQUIREMENTS=requirements.txt
COPY requirements*.txt ./
RUN python3 -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir -r "$REQUIREMENTS"
ENV PATH=/opt/venv/bin:$PATH

# Everything that is made anew when it is missing. The only folders, besides the home, that the
# server writes: voxel tables and simulated subjects, which containers may share and keep, and
# compiled kernels, which belong to this image's sources.
ENV DECODING_CACHE=/var/cache/voxelscope NUMBA_CACHE_DIR=/var/cache/numba
RUN useradd --create-home --uid 10001 visitor \
    && install -d -o visitor -g visitor "$DECODING_CACHE" "$NUMBA_CACHE_DIR"

COPY . .
# Whole seconds, as an image's layers keep them: numba compiles anew for a source whose time
# differs from the one it noted.
RUN find . -type f -exec touch --date=@1700000000 {} + \
    && python -m compileall -q app.py decoding pages

USER visitor

# The first visitor finds simulated subject 1, its voxel table and the compiled kernels.
RUN python -m decoding.prepare

EXPOSE 8501
# A slim image has no curl.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]

CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501"]
