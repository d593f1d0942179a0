"""Fold a text in one pass over its code points, and find where the parts of camel-case words begin in one over its letters."""

cimport cython
from libc.stdint cimport int64_t, uint8_t, uint32_t

from unicodedata import normalize

import numpy as np

from guard.normalise import pages

cdef uint32_t[::1] _FOLD = pages.FOLD
cdef uint8_t[::1] _KIND = pages.KIND
cdef uint32_t _LIMIT = pages.LIMIT, _GAP = pages.GAP, _DROPPED = pages.DROPPED, _JOINING = pages.JOINING, _SEVERAL = pages.SEVERAL, _UNKNOWN = pages.UNKNOWN
cdef uint8_t _UPPER = pages.UPPER, _LOWER = pages.LOWER, _SCRIPT = pages.SCRIPT


cdef inline bint _joins(uint32_t code) noexcept:
    """As `pages.joins`."""
    return 0x3099 <= code <= 0x309A or 0x1100 <= code <= 0x11FF


cdef uint32_t _folded(uint32_t code):
    """What a code point below the limit is folded to; its page is loaded if it was not needed before."""
    if _FOLD[code] == _UNKNOWN:
        pages.load(code >> 8)
    return _FOLD[code]


@cython.boundscheck(False)  # no more letters than the text has code points, and those below the limit have a place in the tables
def letters_of(str text):
    """`letters`, `at`, `marks` (by what stands between letters) and `kinds` of a `Folded`, and whether there is a letter for `spelled_out`."""
    cdef Py_ssize_t size = len(text), place = 0, count = 0
    cdef bint parted = True, odd = False
    cdef uint32_t code, value
    cdef Py_UCS4 written
    letters, at = np.empty(size, dtype=np.uint32), np.empty(size, dtype=np.int64)
    marks, kinds = np.empty(size + 1, dtype=np.uint8), np.empty(size, dtype=np.uint8)
    cdef uint32_t[::1] to_letters = letters
    cdef int64_t[::1] to_at = at
    cdef uint8_t[::1] to_marks = marks, to_kinds = kinds
    for written in text:
        code = written
        if code < _LIMIT:
            value = _FOLD[code]
            if value == _UNKNOWN:
                value = _folded(code)
        else:  # tags and variation selectors are not seen, all else parts words
            value = _DROPPED if code >> 12 == 0xE0 else _GAP
        if value == _GAP:
            parted = True
        elif value != _DROPPED:
            to_letters[count], to_at[count], to_marks[count], to_kinds[count] = value, place, parted, _KIND[code]
            odd |= value >= _JOINING
            parted = False
            count += 1
        place += 1
    to_marks[count] = True
    return letters[:count], at[:count], marks[: count + 1].view(np.bool_), kinds[:count], odd


def spelled_out(const uint32_t[::1] letters, const int64_t[::1] at, const uint8_t[::1] marks, const uint8_t[::1] kinds):
    """The same with letters that stand for several given as those, and whether some are still to be put together."""
    cdef Py_ssize_t number, here = 0, size = 0
    cdef bint joining = False, marked
    cdef uint32_t code
    cdef Py_UCS4 written
    cdef str several
    for number in range(letters.shape[0]):
        size += len(pages.EXPANSIONS[letters[number] ^ _SEVERAL]) if letters[number] & _SEVERAL else 1
    new_letters, new_at = np.empty(size, dtype=np.uint32), np.empty(size, dtype=np.int64)
    new_marks, new_kinds = np.empty(size + 1, dtype=np.uint8), np.empty(size, dtype=np.uint8)
    cdef uint32_t[::1] to_letters = new_letters
    cdef int64_t[::1] to_at = new_at
    cdef uint8_t[::1] to_marks = new_marks, to_kinds = new_kinds
    for number in range(letters.shape[0]):
        code, marked = letters[number], marks[number]
        several = pages.EXPANSIONS[code ^ _SEVERAL] if code & _SEVERAL else chr(code & ~_JOINING)
        for written in several:
            code = written
            joining |= _joins(code)
            to_letters[here], to_at[here], to_marks[here], to_kinds[here] = code, at[number], marked, kinds[number]
            marked = False
            here += 1
    to_marks[size] = True
    return new_letters, new_at, new_marks.view(np.bool_), new_kinds, joining


def composed(const uint32_t[::1] letters, const int64_t[::1] at, const uint8_t[::1] marks, const uint8_t[::1] kinds):
    """The same with kana and their voicing marks, and jamo of Hangul, put together as one letter each (decomposed or half-width text)."""
    cdef Py_ssize_t index = 0, here = 0, size, count = letters.shape[0]
    cdef uint32_t code
    cdef bint marked = False
    cdef Py_ssize_t longest, beside
    new_letters, new_at = np.empty(count, dtype=np.uint32), np.empty(count, dtype=np.int64)
    new_marks, new_kinds = np.empty(count + 1, dtype=np.uint8), np.empty(count, dtype=np.uint8)
    cdef uint32_t[::1] to_letters = new_letters
    cdef int64_t[::1] to_at = new_at
    cdef uint8_t[::1] to_marks = new_marks, to_kinds = new_kinds
    while index < count:
        code, size, longest = letters[index], 1, 1
        while longest < 3 and index + longest < count and _joins(letters[index + longest]):
            longest += 1
        while longest > 1:
            joined = normalize("NFC", "".join([chr(letters[beside]) for beside in range(index, index + longest)]))
            if len(joined) == 1:
                code, size = ord(joined), longest
                break
            longest -= 1
        to_letters[here], to_at[here], to_marks[here], to_kinds[here] = code, at[index], marked or marks[index], kinds[index]
        marked = False
        for beside in range(index + 1, index + size):
            marked |= marks[beside]
        index += size
        here += 1
    to_marks[here] = True
    return new_letters[:here], new_at[:here], new_marks[: here + 1].view(np.bool_), new_kinds[:here]


def mark_scripts(uint8_t[::1] marks, const uint8_t[::1] kinds):
    """Mark the letters of another kind of writing than the one before."""
    cdef Py_ssize_t at
    for at in range(1, kinds.shape[0]):
        marks[at] |= kinds[at] & _SCRIPT != kinds[at - 1] & _SCRIPT


def camels(const uint8_t[::1] marks, const uint8_t[::1] kinds):
    """Whether each letter is a capital behind a small one of its word."""
    out = np.zeros(kinds.shape[0], dtype=np.bool_)
    cdef uint8_t[::1] to = out.view(np.uint8)
    cdef Py_ssize_t at
    for at in range(1, kinds.shape[0]):
        to[at] = not marks[at] and kinds[at] & _UPPER != 0 and kinds[at - 1] & _LOWER != 0
    return out
