cimport cython
from libc.stdint cimport uint8_t, uint32_t, uint64_t


cdef bint among(const uint64_t[::1] keys, uint64_t key) noexcept nogil


@cython.final
cdef class BitMap:
    cdef const uint64_t[::1] _kept
    cdef const uint64_t* _bits
    cdef const uint64_t* _patterns
    cdef int _shift, _pattern_shift

    # The shift leaves as many bits as the map has words, the mask as many as there are patterns.
    cdef inline bint has(self, uint64_t key) noexcept nogil:
        cdef uint64_t pattern = self._patterns[(key >> self._pattern_shift) & 0xFFF]
        return self._bits[key >> self._shift] & pattern == pattern


cdef class KeyTable:
    cdef const uint64_t[::1] _keys
    cdef const uint32_t[::1] _rows
    cdef readonly BitMap bits
    cdef Py_ssize_t first(self, uint64_t key) noexcept nogil


cdef class Tables:
    cdef tuple _tables


cdef enum:
    _AT_ONCE = 64


cdef class Asking:
    cdef tuple _tables
    cdef list _found
    cdef Py_ssize_t _count
    cdef uint64_t[_AT_ONCE] _keys
    cdef Py_ssize_t[_AT_ONCE] _firsts, _lasts
    cdef int ask(self, uint64_t key, Py_ssize_t first, Py_ssize_t last) except -1
    cdef list found(self)
    cdef int _look_up(self) except -1


cdef class Levels:
    cdef const uint64_t[::1] _keys
    cdef const uint8_t[::1] _levels
    cdef uint8_t of(self, uint64_t key) noexcept nogil
