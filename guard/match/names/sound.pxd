from libc.stdint cimport uint32_t, uint64_t

# No name has a longer word (guard/match/names/scan.py); longer ones are heard by so many of their letters.
cdef enum:
    LONGEST = 64


cdef struct Sound:
    uint32_t letters
    int count
    uint64_t keys[4]
    uint32_t masks[4]


# A word as it is compared with others; `places` are those of each letter, as bits.
cdef struct Compared:
    int size
    unsigned char letters[2 * LONGEST]
    uint64_t places[128]


cdef void hear(const unsigned char *word, int size, Sound *sound) noexcept nogil
cdef void compare(const unsigned char *word, int size, Compared *out) noexcept nogil
cdef bint is_like(const Compared *seen, const unsigned char *wanted, int size, double least) noexcept nogil
cdef bint without_vowels(const unsigned char *seen, int size, const unsigned char *wanted, int other) noexcept nogil
