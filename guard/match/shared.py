"""Named numpy arrays in one block of anonymous memory, so that every worker maps the same pages and no disk holds them.

Layout: 8 bytes little-endian length of the table, the table (JSON: name -> [dtype, shape, offset]), then each array,
aligned to 64 bytes. Where the system has no memfd (macOS) an unlinked temporary file stands in.
"""

import mmap
import os
import tempfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

Arrays = Mapping[str, np.ndarray[Any, Any]]
_ALIGN = 64


def new_block() -> int:
    """A file descriptor of an empty anonymous block; the caller closes it."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("likeness-guard", os.MFD_CLOEXEC)
    descriptor, path = tempfile.mkstemp()
    os.unlink(path)
    return descriptor


def pack(arrays: Arrays, descriptor: int) -> None:
    """Write the arrays into the block."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in sorted(arrays.items())}
    table: dict[str, tuple[str, tuple[int, ...], int]] = {}
    offset = 0
    for name, array in contiguous.items():
        table[name] = (array.dtype.str, array.shape, offset)
        offset += -(-array.nbytes // _ALIGN) * _ALIGN
    header = orjson.dumps(table)
    start = -(-(8 + len(header)) // _ALIGN) * _ALIGN
    os.ftruncate(descriptor, start + max(offset, 1))
    with mmap.mmap(descriptor, start + max(offset, 1)) as block:
        block[:8] = len(header).to_bytes(8, "little")
        block[8 : 8 + len(header)] = header
        for name, array in contiguous.items():
            begin = start + table[name][2]
            block[begin : begin + array.nbytes] = array.tobytes() if array.nbytes < 1 << 20 else array.reshape(-1).view(np.uint8).data


def unpack(descriptor: int) -> dict[str, np.ndarray[Any, Any]]:
    """Read-only views of the arrays; the mapping lives as long as any of them."""
    block = mmap.mmap(descriptor, 0, prot=mmap.PROT_READ)
    length = int.from_bytes(block[:8], "little")
    table = orjson.loads(block[8 : 8 + length])
    start = -(-(8 + length) // _ALIGN) * _ALIGN
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    for name, (dtype, shape, offset) in table.items():
        count = int(np.prod(shape, dtype=np.int64))
        flat = np.frombuffer(block, dtype=np.dtype(dtype), count=count, offset=start + offset)
        arrays[name] = flat.reshape(shape)
    return arrays
