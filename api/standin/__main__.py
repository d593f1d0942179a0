"""`python -m api.standin [--host H] [--port P]`, or with `--fd N` as a child of `guard serve`, which holds the socket."""

import argparse
import socket

from api.standin.server import run, serve
from guard.processes import child


def main() -> None:
    """Serve the stand-in until interrupted."""
    parser = argparse.ArgumentParser(prog="api.standin", description="The stand-in upstream.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--fd", type=int)
    args = parser.parse_args()
    if args.fd is None:
        run(args.host, args.port)
    else:
        child.start_process("stand-in")
        serve(socket.socket(fileno=args.fd))


if __name__ == "__main__":
    main()
