"""The stand-in upstream: an image provider that speaks OpenAI's wire format and draws placeholder pictures.

It is for first steps, demonstrations and tests; every answer carries `x-stand-in: 1` and every picture says so.

    StandIn(...)              an ASGI application of your own, with its own orders and witness
    app                       the one that `guard serve` and `guard upstream standin` run
    run(host, port)           serve `app` until interrupted
    running(StandIn(...))     context manager: serve it on a free loopback port from a thread, for tests; yields the base URL
"""

from api.standin.app import StandIn, app
from api.standin.orders import Death, Order, Seen
from api.standin.server import run, running

__all__ = ["Death", "Order", "Seen", "StandIn", "app", "run", "running"]
