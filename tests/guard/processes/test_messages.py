"""Messages between our own processes."""

import os
import socket

import pytest

from guard.processes import messages


def test_a_message_and_a_descriptor_arrive() -> None:
    ours, theirs = socket.socketpair()
    read_end, write_end = os.pipe()
    with ours, theirs:
        messages.send(ours, {"type": "one", "text": "é" * 100_000})
        messages.send(ours, {"type": "two"}, read_end)
        first, nothing = messages.receive(theirs)
        second, descriptor = messages.receive(theirs)
    assert (first, nothing, second) == ({"type": "one", "text": "é" * 100_000}, None, {"type": "two"})
    assert descriptor is not None
    os.write(write_end, b"x")
    assert os.read(descriptor, 1) == b"x"
    for number in (read_end, write_end, descriptor):
        os.close(number)


def test_the_end_of_the_stream_is_an_error() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        ours.sendall(b"\x05\x00\x00\x00ab")
        ours.close()
        with pytest.raises(ConnectionError):
            messages.receive(theirs)
