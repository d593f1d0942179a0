"""Messages over a local socket between our own processes: 4 bytes little-endian length, then JSON; a descriptor may ride along."""

import socket
from typing import Any

import orjson

from guard.errors import UnavailableError

_HEADER_BYTES = 4
_MAX_BYTES = 1 << 30


def send(connection: socket.socket, message: dict[str, Any], descriptor: int | None = None) -> None:
    """Send one message, with a file descriptor if given. Raises OSError when the other side has gone."""
    encoded = orjson.dumps(message)
    header = len(encoded).to_bytes(_HEADER_BYTES, "little")
    if descriptor is None:
        connection.sendall(header + encoded)
    else:
        socket.send_fds(connection, [header], [descriptor])
        connection.sendall(encoded)


def receive(connection: socket.socket) -> tuple[dict[str, Any], int | None]:
    """The next message and the descriptor that came with it. Raises ConnectionError at the end of the stream."""
    header, descriptors, _, _ = socket.recv_fds(connection, _HEADER_BYTES, 1)
    header += _exactly(connection, _HEADER_BYTES - len(header)) if header else b""
    if not header:
        raise ConnectionResetError("the other process closed its socket")
    length = int.from_bytes(header, "little")
    if length > _MAX_BYTES:
        raise UnavailableError(f"a message of {length} bytes is not one of ours")
    return orjson.loads(_exactly(connection, length)), descriptors[0] if descriptors else None


def _exactly(connection: socket.socket, count: int) -> bytes:
    blocks = bytearray()
    while len(blocks) < count:
        block = connection.recv(min(count - len(blocks), 1 << 20))
        if not block:
            raise ConnectionResetError("the other process closed its socket")
        blocks += block
    return bytes(blocks)
