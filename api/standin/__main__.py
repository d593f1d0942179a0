"""`python -m api.standin [--host H] [--port P]`."""

import argparse

from api.standin.server import run


def main() -> None:
    """Serve the stand-in until interrupted."""
    parser = argparse.ArgumentParser(prog="api.standin", description="The stand-in upstream.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    args = parser.parse_args()
    run(args.host, args.port)


if __name__ == "__main__":
    main()
