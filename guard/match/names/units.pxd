from libc.stdint cimport int32_t, int64_t


cdef class Units:
    cdef int64_t[::1] begin
    cdef int32_t[::1] one, two, three
    cdef double[::1] gains, rarities
    cdef int script(self, Py_ssize_t at)
