"""Workers that look at pictures for anything but faces (written text, nudity), each with one network, and the client that asks them."""

from guard.sightworker.client import SightClient

__all__ = ["SightClient"]
