"""The face workers (pixels in, vectors out) and the client that asks them. Importing this loads no model and no decoder."""

import os

# One thread a process: the workers are as many as the cores, and numpy's BLAS would start that many threads in each, which spin for
# one another (four times the CPU on two busy cores). It is read once, when numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from guard.faceworker.client import FaceClient
from guard.faceworker.worker import serve

__all__ = ["FaceClient", "serve"]
