"""A sorted table from 64-bit keys to rows, the bit map in front of it that answers most questions with no, and the levels of words.

`guard/match/names/keys.py` makes the tables, `words.py` the levels. Other compiled modules ask key by key.
"""

cimport cython
from libc.stdint cimport uint8_t, uint32_t, uint64_t

import numpy as np

from guard.match.names.keys import PATTERN_SHIFT, THREE_BITS

cdef const uint64_t[::1] _THREE_BITS = THREE_BITS
cdef double _KEYS_IN_ALL = 2.0 ** 64


cdef Py_ssize_t _first(const uint64_t* keys, Py_ssize_t count, uint64_t key) noexcept nogil:
    """Where `key` stands first among `count` sorted keys, -1 where it does not.

    Keys are spread evenly: the search begins where it should be, goes on to where it should be from there, and then around that.
    """
    cdef Py_ssize_t low, high, middle, step = 4
    if count == 0:
        return -1
    low = min(<Py_ssize_t>(<double>key / _KEYS_IN_ALL * count), count - 1)
    low = high = max(0, min(low + <Py_ssize_t>((<double>key - <double>keys[low]) / _KEYS_IN_ALL * count), count - 1))
    while low > 0 and keys[low] >= key:
        low = max(low - step, 0)
        step *= 2
    step = 4
    while high < count and keys[high] < key:
        high = min(high + step, count)
        step *= 2
    while low < high:
        middle = (low + high) // 2
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low if low < count and keys[low] == key else -1


cdef bint among(const uint64_t[::1] keys, uint64_t key) noexcept nogil:
    """Whether `key` is one of these keys of words, which rise."""
    return keys.shape[0] > 0 and _first(&keys[0], keys.shape[0], key) >= 0


cdef class BitMap:
    """Answers whether a key may be in a table: no is certain, and of the keys that are not there about one in a hundred slips through."""

    def __cinit__(self, bits):
        if len(bits) < 2 or len(bits) & (len(bits) - 1):
            raise ValueError("a bit map has a power of two of words")
        self._kept = bits
        self._bits, self._patterns, self._pattern_shift = &self._kept[0], &_THREE_BITS[0], PATTERN_SHIFT
        self._shift = 64 - (len(bits).bit_length() - 1)

    def __contains__(self, uint64_t key):
        return self.has(key)


cdef class KeyTable:
    """Reads what `pack` made; holds views of the arrays only."""

    def __init__(self, arrays, str name):
        self._keys = arrays[f"{name}.keys"]
        self._rows = arrays[f"{name}.rows"]
        if self._rows.shape[0] != self._keys.shape[0]:
            raise ValueError(f"{name} has not as many rows as keys")
        self.bits = BitMap(arrays[f"{name}.bits"])

    def __len__(self):
        return self._keys.shape[0]

    @cython.boundscheck(False)  # where there is a first
    cdef Py_ssize_t first(self, uint64_t key) noexcept nogil:
        """The first entry of this key, -1 where there is none."""
        cdef Py_ssize_t count = self._keys.shape[0]
        return _first(&self._keys[0], count, key) if count and self.bits.has(key) else -1

    def rows(self, uint64_t key):
        """The rows of this key, rising."""
        cdef Py_ssize_t at = self.first(key)
        cdef list found = []
        while 0 <= at < self._keys.shape[0] and self._keys[at] == key:
            found.append(self._rows[at])
            at += 1
        return found


cdef class Tables:
    """The same table of every part (the base and a delta)."""

    def __init__(self, tables):
        self._tables = tuple(tables)


cdef class Asking:
    """Asks tables about keys that are put down one by one: some at a time, so that the waits for memory overlap."""

    def __cinit__(self, Tables tables not None):
        self._tables, self._found, self._count = tables._tables, [], 0

    cdef int ask(self, uint64_t key, Py_ssize_t first, Py_ssize_t last) except -1:
        """Put down a key with two numbers that are handed on."""
        if self._count == _AT_ONCE:
            self._look_up()
        self._keys[self._count] = key
        self._firsts[self._count], self._lasts[self._count] = first, last
        self._count += 1
        return 0

    cdef list found(self):
        """(part, row, first, last) for every row of every key that was put down."""
        self._look_up()
        return self._found

    cdef int _look_up(self) except -1:
        cdef Py_ssize_t part, number, at, count
        cdef Py_ssize_t[_AT_ONCE] maybe
        cdef KeyTable table
        for part in range(len(self._tables)):
            table = self._tables[part]
            count = 0
            for number in range(self._count):
                maybe[count] = number
                count += table.bits.has(self._keys[number])
            for number in maybe[:count]:
                at = table.first(self._keys[number])
                while 0 <= at < table._keys.shape[0] and table._keys[at] == self._keys[number]:
                    self._found.append((part, table._rows[at], self._firsts[number], self._lasts[number]))
                    at += 1
        self._count = 0
        return 0


cdef class Levels:
    """How ordinary words are, by H of each."""

    def __init__(self, arrays):
        self._keys = arrays["names.words.keys"]
        self._levels = arrays["names.words.levels"]
        if self._levels.shape[0] != self._keys.shape[0]:
            raise ValueError("there are not as many levels as words")

    @cython.boundscheck(False)  # there are as many levels as words
    cdef uint8_t of(self, uint64_t key) noexcept nogil:
        """The level of one word, 0 when it is not ordinary."""
        cdef Py_ssize_t count = self._keys.shape[0], at
        at = _first(&self._keys[0], count, key) if count else -1
        return self._levels[at] if at >= 0 else 0

    def level_of(self, uint64_t key):
        """The level of one word; 0 when it is not ordinary."""
        return self.of(key)

    def levels(self, const uint64_t[:] hashes not None):
        """The level of each word; 0 when it is not ordinary."""
        out = np.empty(hashes.shape[0], dtype=np.uint8)
        cdef uint8_t[::1] levels = out
        cdef Py_ssize_t number
        for number in range(hashes.shape[0]):
            levels[number] = self.of(hashes[number])
        return out
