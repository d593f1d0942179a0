"""The face workers (pixels in, vectors out) and the client that asks them. Importing this loads no model and no decoder."""

from guard.faceworker.client import FaceClient
from guard.faceworker.worker import serve

__all__ = ["FaceClient", "serve"]
