from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from guard.match.names.lookup cimport Asking, BitMap, Levels, Tables


cdef class Stretches:
    cdef readonly str text
    cdef readonly Levels words
    cdef readonly object folded, sums, starts, ends, sizes, hashes, levels, capital, cased, odd, latin
    cdef readonly bint maybe_disguised
    cdef Py_ssize_t _count
    cdef const uint32_t[::1] _letters
    cdef const uint8_t[::1] _kinds, _breaks
    cdef const int64_t[::1] _at, _starts, _ends, _part_starts, _part_ends
    cdef const uint64_t[::1] _up, _down, _pow
    cdef int64_t[::1] _sizes
    cdef uint64_t[::1] _hashes
    cdef uint8_t[::1] _levels, _capital, _odd, _ends_high
    cdef int _look(self, uint8_t[:, ::1] flags) except -1
    cdef uint64_t _hash(self, Py_ssize_t start, Py_ssize_t end) except? 0
    cdef uint64_t _value(self, Py_ssize_t at) except? 0
    cdef bint _named(self, Py_ssize_t number) except -1
    cdef bint _fine(self, Py_ssize_t number) except -1
    cdef bint _telling(self, Py_ssize_t number) except -1
    cdef int _ask(self, Py_ssize_t start, Py_ssize_t end, Asking asked, Asking plural) except -1
    cdef bint _begins(self, tuple heads, Py_ssize_t start) except -1
    cdef int _ask_spelled(self, tuple heads, Asking asked, Asking plural) except -1
    cdef int _ask_loose(self, tuple heads, Asking asked, Asking plural) except -1
    cdef bint _loose(self, Py_ssize_t at) except -1
    cdef bint _edge(self, Py_ssize_t at) except -1
    cdef int _ask_korean(self, Asking asked, Asking plural) except -1
    cdef int _ask_before_apostrophes(self, Asking asked, Asking plural) except -1
    cdef bint _strange(self, Py_ssize_t number) except -1
    cdef uint64_t[::1] _rewritten(self, const uint64_t[::1] added)
    cdef Py_ssize_t _unpigged(self, Py_ssize_t number, uint64_t* keys, Py_ssize_t* sizes) except -1
    cdef uint64_t _unordered(self, Py_ssize_t number) except? 0
