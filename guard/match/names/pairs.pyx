"""Which names two neighbouring words of a text may be: the words of names that each may stand for, and which two of these a name has side by side.

What is found follows from the two words alone, whatever else the text holds: bounded is only how many words of names one word is taken for.
"""

cimport cython
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memmove

from guard.match.names.lookup cimport BitMap, KeyTable, among
from guard.match.names.sound cimport LONGEST, Compared, Sound, compare, hear, is_like, without_vowels
from guard.match.names.stretches cimport Stretches

from guard.match.names import endings
from guard.match.names.keys import SEED_PAIR
from guard.normalise.hashing import powers

# Fewest letters of a word in which a typing error is looked for.
SHORTEST = 4
# Least likeness of each word of a name by sound (measured on respelled names, docs/explanation/matching-names.md).
LEAST_ALIKE = 0.84
cdef Py_ssize_t _SHORTEST = SHORTEST, _LONGEST_ENDING = endings.LONGEST, _SHORTEST_STEM = endings.SHORTEST_STEM
# Least share of the letters of two words that they have in common before they are compared closely.
cdef double _LEAST_ALIKE = LEAST_ALIKE, _LEAST_SHARED = 0.7
cdef uint64_t _SEED_PAIR = SEED_PAIR
cdef enum:
    # Words of names that one word is taken for, the nearest ones: by a typing error or an ending, and by sound.
    _MOST_TYPED = 64
    _MOST_HEARD = 48
    # Two words by sound that ask for more keys than this are looked at closely first, each once.
    _MANY = 64
    # Endings that are cut off, none among them.
    _MOST_CUTS = 8
    _FIT = 1
    _UNFIT = 2


# The words of names that one word of a text may stand for. Each of `entries` is how far off it is, above its number (32 bits); they rise.
# `fits` tells whether one was looked at closely (_FIT, _UNFIT); `letters` (`size`) and `compared` are the word where it is looked for by sound.
cdef struct _Candidates:
    Py_ssize_t word
    int count
    int most
    uint64_t entries[_MOST_TYPED]
    uint64_t hashes[_MOST_TYPED]
    uint64_t shifts[_MOST_TYPED]
    uint8_t fits[_MOST_TYPED]
    int size
    unsigned char letters[LONGEST]
    Compared compared


cdef inline int _bits(uint32_t value) noexcept nogil:
    """How many bits are set (Hacker's Delight, 5-1)."""
    value -= value >> 1 & 0x55555555
    value = (value & 0x33333333) + (value >> 2 & 0x33333333)
    return (value + (value >> 4) & 0x0F0F0F0F) * <uint32_t>0x01010101 >> 24


cdef void _keep(_Candidates *out, uint64_t far, uint32_t token) noexcept nogil:
    """Put a word of a name in its place, once; the one farthest off falls out where there are too many."""
    cdef uint64_t entry = far << 32 | token
    cdef int at = out.count
    while at > 0 and out.entries[at - 1] > entry:
        at -= 1
    if at == out.most or (at > 0 and out.entries[at - 1] == entry):
        return
    out.count = min(out.count + 1, out.most)
    memmove(&out.entries[at + 1], &out.entries[at], (out.count - 1 - at) * sizeof(uint64_t))
    out.entries[at] = entry


cdef class NearPart:
    """The words of names: which of them words of a text may be, and which two of them a name has side by side."""

    cdef const uint64_t[::1] _hashes, _powers
    cdef const uint8_t[::1] _sizes, _text, _compared
    cdef const uint32_t[::1] _letters, _ends, _compared_ends
    cdef KeyTable _near, _sound, _exact, _loose
    cdef BitMap _pairs

    def __init__(self, arrays):
        self._hashes, self._sizes = arrays["names.tokens.hashes"], arrays["names.tokens.sizes"]
        self._text, self._ends = arrays["names.tokens.text"], arrays["names.tokens.ends"]
        self._compared, self._compared_ends = arrays["names.sound.text"], arrays["names.sound.ends"]
        if arrays["names.sound.text"].max(initial=0) > 0x7F:
            raise ValueError("words of names.sound.text are not ASCII")
        self._letters = arrays["names.sound.letters"]
        self._near, self._sound, self._exact, self._loose = (KeyTable(arrays, f"names.{name}") for name in ("near", "sound", "exact", "loose"))
        if self._letters.shape[0] != len(self._sound):
            raise ValueError("names.sound has not as many sets of letters as keys")
        self._pairs = BitMap(arrays["names.pairs"])
        self._powers = powers(255)[0]

    def typed(self, Stretches scan not None, liberty):
        """(first word, row), rising, for every name that two words of `scan.odd_pairs` may be with an error or an ending in each.

        `liberty` tells of a word of the text and one of a name what was done to it; None when they are different words.
        """
        return self._all(scan, scan.odd_pairs, liberty, None)

    def heard(self, Stretches scan not None, const uint64_t[::1] leading not None):
        """(first word, row), rising, for every name that two words of `scan.odd_pairs` sound like.

        A mere sound says too little where the first word has no capital: then it must come first or after a word of `leading` (H of each, rising).
        """
        return self._all(scan, scan.odd_pairs, None, leading)

    cdef list _all(self, Stretches words, const int64_t[::1] pairs, liberty, const uint64_t[::1] leading):
        """By sound where there is no `liberty`."""
        cdef _Candidates both[2]
        cdef _Candidates *left = &both[0]
        cdef _Candidates *right = &both[1]
        cdef Py_ssize_t number, first
        cdef bint by_sound = liberty is None
        cdef set found = set()
        left.word = right.word = -1
        for number in range(pairs.shape[0]):
            first = pairs[number]
            if by_sound and first and not words._capital[first] and not among(leading, words._hashes[first - 1]):
                continue
            if right.word == first:
                left, right = right, left
            if self._stands_for(words, first, by_sound, left) and self._stands_for(words, first + 1, by_sound, right):
                if by_sound and left.count * right.count > _MANY:
                    self._weed(words, left)
                    self._weed(words, right)
                self._join(words, left, right, liberty, found)
        return sorted(found)

    cdef int _stands_for(self, Stretches words, Py_ssize_t word, bint by_sound, _Candidates *out) except -1:
        """Look for the words of names that a word may stand for, if `out` is not about it already; how many there are."""
        cdef int at
        cdef uint32_t token
        if out.word == word:
            return out.count
        out.word, out.count, out.most = word, 0, _MOST_HEARD if by_sound else _MOST_TYPED
        if by_sound:
            self._by_sound(words, out)
        else:
            self._by_letters(words, out)
        for at in range(out.count):
            token = <uint32_t>out.entries[at]
            out.hashes[at], out.shifts[at], out.fits[at] = self._hashes[token], self._powers[self._sizes[token]], 0
        return out.count

    cdef int _by_letters(self, Stretches words, _Candidates *out) except -1:
        """The word itself, without an ending, and with each one of its letters left out."""
        cdef Py_ssize_t start = words._starts[out.word], end = words._ends[out.word], at, cut, off
        cdef uint64_t keys[LONGEST + _MOST_CUTS]
        cdef uint64_t one_less = words._down[1], scale = words._down[start], head, tail
        cdef int count = 0, some = 0, number
        cdef uint32_t token
        if end - start > LONGEST:
            return 0
        for cut in range(min(_LONGEST_ENDING + 1, _MOST_CUTS)):
            if not cut or end - start >= cut + _SHORTEST_STEM:
                keys[count] = (words._up[end - cut] - words._up[start]) * scale
                count += 1
        if end - start >= _SHORTEST:
            for at in range(start, end):
                head, tail = words._up[at] - words._up[start], words._up[end] - words._up[at + 1]
                keys[count] = (head + tail * one_less) * scale
                count += 1
        # All of them first, so that the waits for memory overlap.
        for number in range(count):
            keys[some] = keys[number]
            some += self._near.bits.has(keys[number])
        for number in range(some):
            at = self._near.first(keys[number])
            while 0 <= at < self._near._keys.shape[0] and self._near._keys[at] == keys[number]:
                token = self._near._rows[at]
                off = abs(<Py_ssize_t>self._sizes[token] - (end - start)) + (self._hashes[token] != words._hashes[out.word])
                _keep(out, off, token)
                at += 1
        return 0

    cdef int _by_sound(self, Stretches words, _Candidates *out) except -1:
        """Words of names that share a key with the word, and most of its letters."""
        cdef Py_ssize_t start = words._starts[out.word], size = words._ends[out.word] - start, at
        cdef Sound sound
        cdef int key
        if size > LONGEST:
            return 0
        out.size = size
        for at in range(size):
            if words._letters[start + at] > 0x7F:
                return 0
            out.letters[at] = words._letters[start + at]
        hear(out.letters, size, &sound)
        for key in range(sound.count):
            at = self._sound.first(sound.keys[key])
            if at >= 0:
                self._sounding(at, sound.keys[key], sound.letters & sound.masks[key], sound.masks[key], out)
        if out.count:
            compare(out.letters, size, &out.compared)
        return 0

    @cython.boundscheck(False)  # from the first entry of the key on; there are as many rows and sets of letters as keys
    cdef void _sounding(self, Py_ssize_t at, uint64_t key, uint32_t mine, uint32_t mask, _Candidates *out) noexcept nogil:
        """Keep the words of names under a key, from its first entry on, that have enough letters in common with `mine`, of those of the mask."""
        cdef Py_ssize_t end = self._sound._keys.shape[0]
        cdef const uint64_t *keys = &self._sound._keys[0]
        cdef const uint32_t *letters = &self._letters[0]
        cdef int common, different, most = <int>(2 * (1 - _LEAST_SHARED) / _LEAST_SHARED * _bits(mine) + 1e-9)  # if all of `mine` are in common
        while at < end and keys[at] == key:
            different = _bits((letters[at] & mask) ^ mine)
            if different <= most:
                common = _bits(letters[at] & mine)
                if 2 * common >= _LEAST_SHARED * (2 * common + different):
                    _keep(out, LONGEST + different - common, self._sound._rows[at])
            at += 1

    cdef int _join(self, Stretches words, _Candidates *left, _Candidates *right, liberty, set found) except -1:
        """Put down the names that have a candidate of either word side by side."""
        cdef uint64_t keys[_MOST_TYPED]
        cdef int some[_MOST_TYPED]
        cdef int one, two, count, number
        cdef Py_ssize_t at, other
        for one in range(left.count):
            count = 0
            for two in range(right.count):
                keys[count], some[count] = left.hashes[one] + right.hashes[two] * left.shifts[one], two
                count += self._pairs.has(keys[count])
            for number in range(count):
                two = some[number]
                at, other = self._exact.first(keys[number]), self._loose.first(keys[number] ^ _SEED_PAIR)
                if left.hashes[one] == words._hashes[left.word] and right.hashes[two] == words._hashes[right.word]:
                    at = -1  # as it is written, which is found without this
                if (at >= 0 or other >= 0) and self._fits(words, left, one, liberty) and self._fits(words, right, two, liberty):
                    _put(self._exact, at, left.word, found)
                    _put(self._loose, other, left.word, found)
        return 0

    cdef int _weed(self, Stretches words, _Candidates *of) except -1:
        """Leave only the candidates that fit."""
        cdef int at, left = 0
        for at in range(of.count):
            if self._fits(words, of, at, None):
                of.entries[left], of.hashes[left], of.shifts[left], of.fits[left] = of.entries[at], of.hashes[at], of.shifts[at], _FIT
                left += 1
        of.count = left
        return 0

    cdef bint _fits(self, Stretches words, _Candidates *of, int number, liberty) except -1:
        """Whether the word may be this candidate, looked at closely; also where that is in another script, which is compared later."""
        if not of.fits[number]:
            of.fits[number] = _FIT if self._looks_fit(words, of, number, liberty) else _UNFIT
        return of.fits[number] == _FIT

    cdef bint _looks_fit(self, Stretches words, _Candidates *of, int number, liberty) except -1:
        cdef Py_ssize_t token = <uint32_t>of.entries[number], begin = self._ends[token], end = self._ends[token + 1]
        if begin == end:
            return True
        if not begin < end <= self._text.shape[0]:
            raise IndexError("letters of a word beyond the table")
        if liberty is not None:
            seen = words.folded.word(words._starts[of.word], words._ends[of.word])
            return liberty(seen, bytes(self._text[begin:end]).decode()) is not None
        if without_vowels(of.letters, of.size, &self._text[begin], min(end - begin, LONGEST)):
            return True
        begin, end = self._compared_ends[token], self._compared_ends[token + 1]
        if not begin <= end <= self._compared.shape[0]:
            raise IndexError("letters of a word beyond the table")
        return begin < end and is_like(&of.compared, &self._compared[begin], min(end - begin, LONGEST), _LEAST_ALIKE)


cdef int _put(KeyTable table, Py_ssize_t at, Py_ssize_t first, set found) except -1:
    """Put down every row of the key that stands at `at`, if any."""
    cdef uint64_t key
    if at >= 0:
        key = table._keys[at]
        while at < table._keys.shape[0] and table._keys[at] == key:
            found.add((first, table._rows[at]))
            at += 1
    return 0
