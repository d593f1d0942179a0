"""Where the characters of a reading come from, kept while stretches of it are replaced, and what that changed."""

from cpython.unicode cimport Py_UNICODE_ISSPACE
from libc.stdint cimport int64_t

import numpy as np

# Characters beyond which what has no white space is no word of a name; twice as many take a tenth longer where a text is full of disguises.
cdef Py_ssize_t _LONGEST_WORD = 32


def spliced(const int64_t[::1] low, const int64_t[::1] high, const int64_t[:, ::1] cuts, bint each):
    """`low` and `high` (see `Reading`) after stretches were replaced.

    Args:
        cuts: (k, 3) where each stretch, none of them empty, begins and ends, in order, and how long its replacement is.
        each: a replacement as long as its stretch comes from it character by character, any other from all of it.
    """
    cdef Py_ssize_t number, at, begin, end, size, here = 0, done = 0, length = low.shape[0]
    for number in range(cuts.shape[0]):
        length += cuts[number, 2] - (cuts[number, 1] - cuts[number, 0])
    lows, highs = np.empty(length, dtype=np.int64), np.empty(length, dtype=np.int64)
    cdef int64_t[::1] new_low = lows, new_high = highs
    for number in range(cuts.shape[0] + 1):
        if number < cuts.shape[0]:
            begin, end, size = cuts[number, 0], cuts[number, 1], cuts[number, 2]
        else:
            begin, end, size = low.shape[0], low.shape[0], 0
        if each and size == end - begin:
            begin, size = end, 0
        for at in range(done, begin):
            new_low[here], new_high[here] = low[at], high[at]
            here += 1
        for at in range(size):
            new_low[here], new_high[here] = low[begin], high[end - 1]
            here += 1
        done = end
    return lows, highs


def composed(const int64_t[::1] low, const int64_t[::1] high, const int64_t[::1] base_low, const int64_t[::1] base_high):
    """Where a reading of a reading comes from: `low` and `high` are places in the text of the one, which comes from `base_low` and `base_high`.

    What was read from a stretch of which some comes from nothing comes from nothing, too: its parts do not follow each other.
    """
    cdef Py_ssize_t at, first, last
    lows, highs = np.empty(low.shape[0], dtype=np.int64), np.empty(low.shape[0], dtype=np.int64)
    cdef int64_t[::1] new_low = lows, new_high = highs
    cdef int64_t[::1] nothing = np.zeros(base_low.shape[0] + 1, dtype=np.int64)
    for at in range(base_low.shape[0]):
        nothing[at + 1] = nothing[at] + (base_low[at] == base_high[at])
    for at in range(low.shape[0]):
        first, last = low[at], max(low[at], high[at] - 1)
        new_low[at], new_high[at] = min(base_low[first], base_low[last]), max(base_high[first], base_high[last])
        if nothing[last + 1] > nothing[first]:
            new_high[at] = new_low[at]
    return lows, highs


def changes(str base, str text, const int64_t[::1] low, const int64_t[::1] high, Py_ssize_t around):
    """Stretches of `text`, which was read from `base`, that differ from it, and those of `base` that are gone.

    Each is a list of pairs (begin, end), in order and apart, with `around` characters on both sides and the rest of the words there.
    """
    shown, lost = [], []
    cdef Py_ssize_t at, following = 0, after
    for at in range(len(text) + 1):
        after = high[at] if at < len(text) else len(base)
        if at == len(text):
            same = following == after
        else:
            same = low[at] == following and after == following + 1 and text[at] == base[following]
        if not same:
            _widen(shown, at - around, min(at + 1 + around, len(text)))
            _widen(lost, following - around, min(after + around, len(base)))
        following = after
    return _whole(text, shown), _whole(base, lost)


def parted(str text, const int64_t[::1] low, const int64_t[::1] high, list ranges):
    """Some stretches of a reading, each in a line; what parts them comes from nothing."""
    cdef Py_ssize_t begin, end, at, here = 0, size = sum([end - begin + 1 for begin, end in ranges]) - 1
    lows, highs = np.empty(max(size, 0), dtype=np.int64), np.empty(max(size, 0), dtype=np.int64)
    cdef int64_t[::1] new_low = lows, new_high = highs
    for number, (begin, end) in enumerate(ranges):
        if number:
            new_low[here] = new_high[here] = new_high[here - 1] if here else 0
            here += 1
        for at in range(begin, end):
            new_low[here], new_high[here] = low[at], high[at]
            here += 1
    return "\n".join([text[begin:end] for begin, end in ranges]), lows, highs


cdef list _whole(str text, list ranges):
    """The stretches with the rest of the words that they begin and end in: half a word may look like a name that nobody wrote."""
    cdef list out = []
    cdef Py_ssize_t begin, end, least, most
    for begin, end in ranges:
        least, most = max(0, begin - _LONGEST_WORD), min(len(text), end + _LONGEST_WORD)
        while begin > least and not Py_UNICODE_ISSPACE(text[begin - 1]):
            begin -= 1
        while end < most and not Py_UNICODE_ISSPACE(text[end]):
            end += 1
        _widen(out, begin, end)
    return out


cdef _widen(list ranges, Py_ssize_t begin, Py_ssize_t end):
    """Put a stretch behind the others, or make the last one longer where they meet."""
    begin = max(begin, 0)
    if ranges:
        first, last = ranges.pop()
        if begin > last:
            ranges.append((first, last))
        else:
            begin, end = first, max(end, last)
    ranges.append((begin, max(begin, end)))
