"""One pass over the code points of a text, and one over its folded letters, that find the signs of `guard/normalise/signs.py`."""

cimport cython
from cpython.unicode cimport Py_UNICODE_ISALNUM, Py_UNICODE_ISDECIMAL, Py_UNICODE_TOLOWER
from libc.stdint cimport uint8_t, uint32_t, uint64_t

import numpy as np

from guard.normalise import signs
from guard.normalise.pages import DIGIT

cdef const uint8_t[::1] _KINDS = signs.KINDS
cdef const uint64_t[:, ::1] _BITS_OF_KIND = signs.BITS_OF_KIND, _SIGN_AT = signs.SIGN_AT
cdef const uint64_t[::1] _FIRST = signs.FIRST
cdef enum:
    _WORDS_HELD = 4
if signs.WORDS != _WORDS_HELD:
    raise ImportError("a look at a text holds another number of words than the rows of signs need")
cdef uint64_t _AGAIN = signs.AGAIN, _CODE = signs.CODE
cdef uint64_t _BASE64 = signs.BASE64, _QUOTED = signs.QUOTED, _NUMBERS = signs.NUMBERS, _MIXED = signs.MIXED, _LETTERS = signs.LETTERS, _LISTED = signs.LISTED
cdef uint32_t _ALPHABETS_END = 0x590
cdef uint32_t _END = signs.END
cdef uint8_t _DIGIT = DIGIT
# Code words that call for a reading of them.
cdef int _FEWEST_CODE_WORDS = 3
# Quotes around a value are so near each other, and there are two values.
cdef Py_ssize_t _WIDEST_VALUE = signs.WIDEST_VALUE, _FEWEST_VALUES = 2
# Digits of numbers that may stand for letters, and signs of base64 that may say something.
cdef Py_ssize_t _FEWEST_DIGITS = 8, _SHORTEST_BASE64 = 8, _SHORTEST_PADDED = 3
# What a word may be that says something: its hash, and at the same place what it is.
cdef uint8_t _IS_CODE = 1
cdef uint64_t[5] _SAYS = [0, signs.LEAVING, signs.LABELLED, signs.FIRSTS, signs.CIPHER]
cdef enum:
    _PLACES = 1 << 10
cdef uint64_t[_PLACES] _HASHES
cdef uint8_t[_PLACES] _WORDS


cdef inline uint32_t _small(uint32_t char) noexcept:
    """The letter that regular expressions take for this one where they ignore case."""
    if char < 0x80:
        return char + 0x20 if 0x41 <= char <= 0x5A else char
    if char == 0x17F:
        return 0x73
    if char == 0x131:
        return 0x69
    return Py_UNICODE_TOLOWER(char)


cdef inline bint _in_word(uint32_t char) noexcept:
    if char < 0x80:
        return 0x61 <= char | 0x20 <= 0x7A or 0x30 <= char <= 0x39 or char == 0x5F
    return Py_UNICODE_ISALNUM(char)


cdef inline bint _is_quote(uint32_t char) noexcept:
    if char < 0x80:
        return char == 0x22 or char == 0x27 or char == 0x60
    return char == 0xAB or char == 0xBB or char == 0x2018 or char == 0x2019 or char == 0x201C or char == 0x201D


cdef inline uint64_t _with(uint64_t hashed, uint32_t char) noexcept:
    """The hash (FNV-1a) of a word with a letter more."""
    return (hashed ^ char) * <uint64_t>0x100000001B3


cdef inline uint32_t _slot(uint64_t hashed) noexcept:
    """Where a word is, or would be: in the first place of its own that no other word has."""
    cdef uint32_t place = <uint32_t>((hashed * <uint64_t>0x9E3779B97F4A7C15) >> 54)
    while _HASHES[place] != 0 and _HASHES[place] != hashed:
        place = (place + 1) % _PLACES
    return place


cdef uint64_t _NO_WORD = <uint64_t>0xCBF29CE484222325


def _remember(words, uint8_t kind):
    """Put words in the table, which must keep free places."""
    cdef uint64_t hashed
    cdef uint32_t place
    for word in words:
        hashed = _NO_WORD
        for char in word:
            hashed = _with(hashed, ord(char))
        place = _slot(hashed)
        _HASHES[place] = hashed
        _WORDS[place] |= kind


_remember([*signs.CODE_WORDS, *signs.TELLING_NAMES], _IS_CODE)
for _bit, _words in enumerate((signs.LEAVING_OUT, signs.LABELS, signs.FIRSTS_WORDS, signs.CIPHERS), 1):
    _remember(_words, 1 << _bit)


cdef uint64_t _says(uint8_t said) noexcept:
    """The signs that a word shows by itself."""
    cdef uint64_t found = 0
    cdef int bit
    for bit in range(1, 5):
        if said >> bit & 1:
            found |= _SAYS[bit]
    return found


@cython.boundscheck(False)  # a kind is a row of the bits, which has as many words as are held
def signs_of_text(str text):
    """The signs that the characters of `text` show.

    The rows are looked for all at once, each by a bit that moves on with every character that fits (Shift-And: Baeza-Yates and Gonnet 1992).
    """
    cdef uint64_t[_WORDS_HELD] moving, seen, first
    cdef const uint64_t* bits
    cdef uint64_t word = _NO_WORD, found = 0
    cdef uint32_t char, small, before = 0, before_that = 0
    cdef Py_ssize_t place = 0, quote = -_WIDEST_VALUE - 1, values = 0, run = 0, digits = 0, run_digits = 0, run_capitals = 0, run_letters = 0
    cdef uint8_t said
    cdef int code_words = 0, number, bit
    cdef Py_UCS4 written
    for number in range(_WORDS_HELD):
        moving[number], seen[number], first[number] = 0, 0, _FIRST[number]
    for written in text:
        char = written
        bits = &_BITS_OF_KIND[_KINDS[min(char, _END)], 0]
        for number in range(_WORDS_HELD):
            moving[number] = (moving[number] << 1 | first[number]) & bits[number]
            seen[number] |= moving[number]
        if _in_word(char):
            small = _small(char)
            if small == before == before_that and not 0x30 <= char <= 0x39:
                found |= _AGAIN
            before_that, before = before, small
            word = _with(word, small)
        elif word != _NO_WORD:
            said = _WORDS[_slot(word)]
            if said:
                found |= _says(said)
            code_words += said & _IS_CODE != 0
            word, before = _NO_WORD, 0
        place += 1
        if _is_quote(char):
            values += place - quote <= _WIDEST_VALUE
            quote = place
        if char >= 0x80:
            digits += Py_UNICODE_ISDECIMAL(char)
        if char >= 0x80 or not (_in_word(char) or char == 0x2B or char == 0x2D or char == 0x2F):
            if char == 0x3D and run >= _SHORTEST_PADDED and (run_digits or (run_capitals and run_letters)):
                found |= _BASE64
            run = run_digits = run_capitals = run_letters = 0
            continue
        if 0x30 <= char <= 0x39:
            run_digits += 1
            digits += 1
        elif 0x41 <= char <= 0x5A:
            run_capitals += run > 0
        elif 0x61 <= char <= 0x7A:
            run_letters += 1
        run += 1
        if run >= _SHORTEST_BASE64 and (run_digits or (run_capitals and run_letters)):
            found |= _BASE64
    said = _WORDS[_slot(word)]
    found |= _says(said)
    if code_words + (said & _IS_CODE != 0) >= _FEWEST_CODE_WORDS:
        found |= _CODE
    for number in range(_WORDS_HELD):
        for bit in range(64):
            if seen[number] >> bit & 1:
                found |= _SIGN_AT[number, bit]
    if values >= _FEWEST_VALUES:
        found |= _QUOTED
    return found if digits >= _FEWEST_DIGITS else found & ~_NUMBERS


def signs_of_letters(const uint8_t[::1] kinds, const uint32_t[::1] letters, const uint8_t[::1] marks):
    """The signs that the words of a folded text show (see `Folded`)."""
    cdef Py_ssize_t at, alone = 0, listed = 0
    cdef bint mixed = False
    for at in range(kinds.shape[0]):
        if not marks[at]:
            mixed |= kinds[at] & _DIGIT != kinds[at - 1] & _DIGIT
        elif marks[at + 1] and letters[at] > 0x61 and letters[at] not in (0x69, 0x73, 0x78):
            alone += 1
            listed += letters[at] < _ALPHABETS_END
    return (_MIXED if mixed else 0) | (_LETTERS if alone >= 3 else 0) | (_LISTED if listed >= 3 else 0)
