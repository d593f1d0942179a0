"""Which words of a text stand as names in a script do that no alias is written in, by their neighbours and the signs between.

Each rule looks at two neighbouring words and what stands around them, never at the rest of the text, so that nothing
elsewhere hides a name.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

import numpy as np

from guard.match.names import cues
from guard.match.names.lookup cimport KeyTable, Levels
from guard.match.names.words import COMMON_LEVEL, WordTable
from guard.normalise import fold
from guard.normalise.letters import Script

cdef int _HAN = Script.HAN, _KATAKANA = Script.KATAKANA, _HANGUL = Script.HANGUL, _UNSPACED = Script.UNSPACED
cdef int _SCRIPT = fold.SCRIPT, _LOOSE = fold.LOOSE
cdef int _SEEN = cues.SEEN, _DOT = cues.DOT, _KANA_GAP = cues.KANA_GAP, _GAP = cues.GAP, _BEFORE_NAME = cues.BEFORE_NAME
cdef int _AFTER_NAME = cues.AFTER_NAME, _SPACE = cues.SPACE, _OPENING = cues.OPENING
cdef int _COMMON = COMMON_LEVEL
# Code points between two words, and signs between two words of a name.
cdef int _FARTHEST = 24, _WIDEST_GAP = 3
# After the beginning of a sentence a mention in a script without capitals needs no cue before it is looked at; it must be beyond
# doubt without one. Its words are less frequent than Zipf 4.7 and no longer than this.
cdef int _EVERYDAY = WordTable.level(4.7), _LONGEST_UNLED = 16
# Letters of a name written without anything between its words.
cdef int _SHORTEST_HANGUL = 4, _SHORTEST_KANA = 5, _LONGEST_TOGETHER = 16
# Endings of Korean verbs and marked nouns; a given name before a surname has none.
GRAMMAR = tuple("은는을를게로고한된인운란며서의에와과")
cdef const uint32_t[::1] _GRAMMAR = np.array(sorted(map(ord, GRAMMAR)), dtype=np.uint32)
# What `cues.sign` says of each code point that was asked for, 0 for the others.
cdef uint16_t[::1] _SIGNS = np.zeros(fold.LIMIT, dtype=np.uint16)
cdef int _ASKED = 1 << 15


cdef int _sign(uint32_t code) except -1:
    if code >= <uint32_t>_SIGNS.shape[0]:
        return cues.sign(code)
    if not _SIGNS[code]:
        _SIGNS[code] = cues.sign(code) | _ASKED
    return _SIGNS[code]


cdef class _Phrases:
    """`cues.Phrases` as typed views."""

    cdef KeyTable table
    cdef const int64_t[::1] sizes

    def __init__(self, phrases):
        self.table, self.sizes = phrases.table, phrases.sizes


cdef _Phrases _before, _after, _fillers, _josa, _verbal
_before, _after, _fillers, _josa, _verbal = map(_Phrases, cues.phrases())


cdef class Neighbours:
    """The words of a scan and what stands between them."""

    cdef Py_ssize_t _count
    cdef Levels _words
    cdef const int64_t[::1] _starts, _ends, _at
    cdef const uint8_t[::1] _kinds, _marks, _levels, _cased, _capital, _latin
    cdef const uint32_t[::1] _letters, _points
    cdef const uint64_t[::1] _up, _down

    def __init__(self, scan):
        folded = scan.folded
        self._starts, self._ends, self._at, self._letters, self._kinds = scan.starts, scan.ends, folded.at, folded.letters, folded.kinds
        self._marks, self._cased, self._capital = folded.marks.view(np.uint8), scan.cased.view(np.uint8), scan.capital.view(np.uint8)
        self._latin, self._levels, self._points = scan.latin.view(np.uint8), scan.levels, scan.points
        self._up, self._down, self._words, self._count = scan.sums.up, scan.sums.down, scan.words, len(scan.starts)

    def pairs(self):
        """The first of every two neighbouring words around which something says that they may be a name: dots, capitals, a cue or where they stand."""
        out = np.empty(self._count, dtype=np.int64)
        cdef int64_t[::1] pairs = out
        cdef Py_ssize_t one, found = 0
        for one in range(self._count - 1):
            if self._parted_as_names(one) and self._told(one):
                pairs[found] = one
                found += 1
        return out[:found]

    def together(self):
        """Words of kana and of Hangul that no language has beside a cue, in kana also where a sentence begins, which may be two words of a name."""
        out = np.empty(self._count, dtype=np.int64)
        cdef int64_t[::1] words = out
        cdef Py_ssize_t one, found = 0, size
        cdef int script
        for one in range(self._count):
            script = self._kinds[self._starts[one]] & _SCRIPT
            size = self._ends[one] - self._starts[one]
            if script != _HANGUL and script != _KATAKANA or self._levels[one] or size > _LONGEST_TOGETHER:
                continue
            if size < (_SHORTEST_HANGUL if script == _HANGUL else _SHORTEST_KANA):
                continue
            if not (self._cued(one, one) or script == _KATAKANA and self._begins(one)):
                continue
            if (self._loans(one) if script == _KATAKANA else self._ordinary(one)) == 0:
                words[found] = one
                found += 1
        return out[:found]

    cdef bint _loans(self, Py_ssize_t one) except -1:
        """Whether a word of kana, no longer than `_LONGEST_TOGETHER`, is loan words put together that a language has."""
        cdef Py_ssize_t start = self._starts[one], size = self._ends[one] - start, begin, end
        cdef uint32_t reached = 1
        for end in range(2, size + 1):
            for begin in range(end - 1):
                if reached >> begin & 1 and self._words.of(self._hash(start + begin, start + end)) >= (1 if end - begin > 2 else _COMMON):
                    reached |= <uint32_t>1 << end
                    break
        return reached >> size & 1

    def ordinary(self, const int64_t[::1] numbers):
        """How ordinary words are, in Korean at most with or without a particle or the ending of a verb."""
        out = np.empty(numbers.shape[0], dtype=np.uint8)
        cdef uint8_t[::1] levels = out
        cdef Py_ssize_t at
        for at in range(numbers.shape[0]):
            levels[at] = self._ordinary(numbers[at])
        return out

    cdef int _ordinary(self, Py_ssize_t one) except -1:
        cdef int level = self._levels[one]
        if self._kinds[self._starts[one]] & _SCRIPT == _HANGUL:
            level = max(level, self._without(one, _josa, 1), self._without(one, _verbal, 2))
        return level

    cdef int _without(self, Py_ssize_t one, _Phrases endings, Py_ssize_t least) except -1:
        """How ordinary a word is without one of these endings, of which at least so many letters are left."""
        cdef int level = 0
        cdef Py_ssize_t at, cut
        for at in range(endings.sizes.shape[0]):
            cut = self._ends[one] - endings.sizes[at]
            if cut - self._starts[one] >= least and endings.table.first(self._hash(cut, self._ends[one])) >= 0:
                level = max(level, self._words.of(self._hash(self._starts[one], cut)))
        return level

    cdef uint64_t _hash(self, Py_ssize_t start, Py_ssize_t end) except? 0:
        return (self._up[end] - self._up[start]) * self._down[start]

    cdef int _kind(self, Py_ssize_t one) except -1:
        return self._kinds[self._starts[one]] & (_SCRIPT | _LOOSE)

    cdef Py_ssize_t _between(self, Py_ssize_t before, Py_ssize_t after, int allowed) except -2:
        """How many signs a reader sees between the neighbouring letters `before` and `after`; -1 where others than those allowed, or too many.

        0 where there is no letter behind.
        """
        cdef Py_ssize_t place, begin = self._at[before] + 1, end = self._at[after] if after < self._at.shape[0] else begin, count = 0
        cdef int sign
        if end - begin > _FARTHEST:
            return -1
        for place in range(begin, end):
            sign = _sign(self._points[place])
            if sign & allowed:
                count += 1
            elif sign & _SEEN:
                return -1
        return count

    cdef bint _parted_as_names(self, Py_ssize_t one) except -1:
        """Whether a word and the next are of one script and parted as names are, and no everyday words."""
        cdef int kind = self._kind(one)
        # A syllable may be a given name: Tom, Joe.
        if kind != self._kind(one + 1) or self._latin[one] or self._latin[one + 1] or self._ends[one + 1] - self._starts[one + 1] < 2:
            return False
        if self._ends[one] - self._starts[one] < 2 and kind != _HANGUL:
            return False
        if kind == _KATAKANA or kind == _HAN | _LOOSE:
            return self._between(self._ends[one] - 1, self._starts[one + 1], _KANA_GAP) == 1
        if kind & _LOOSE and kind != _UNSPACED | _LOOSE or max(self._levels[one], self._levels[one + 1]) >= _COMMON:
            return False
        return 0 <= self._between(self._ends[one] - 1, self._starts[one + 1], _GAP) <= _WIDEST_GAP

    cdef bint _told(self, Py_ssize_t one) except -1:
        """Whether something says that a word and the next may be a name."""
        cdef int kind = self._kind(one), first, second
        if kind == _KATAKANA or kind == _HAN | _LOOSE:
            if self._between(self._ends[one] - 1, self._starts[one + 1], _DOT) == 1:
                return kind == _KATAKANA or not self._listed(one)
            return kind == _KATAKANA and self._cued(one, one + 1)
        if not (self._capital[one] and self._capital[one + 1] or self._cued(one, one + 1) or not self._cased[one] and self._opens(one)):
            return False
        if kind != _HANGUL:
            return True
        first, second = self._ordinary(one), self._ordinary(one + 1)
        return max(first, second) < (_EVERYDAY if min(first, second) else _COMMON)

    cdef bint _listed(self, Py_ssize_t one) except -1:
        """Whether a dot stands before a word or behind the next one: a list of words, not a name."""
        cdef Py_ssize_t before = self._at[self._starts[one]] - 1, after = self._at[self._ends[one + 1] - 1] + 1
        return (before >= 0 and _sign(self._points[before]) & _DOT) or (after < self._points.shape[0] and _sign(self._points[after]) & _DOT)

    cdef bint _opens(self, Py_ssize_t one) except -1:
        """Whether a text, a line or a sentence begins with a word and the next, and neither is an everyday one."""
        cdef Py_ssize_t place, longest = max(self._ends[one] - self._starts[one], self._ends[one + 1] - self._starts[one + 1])
        if max(self._levels[one], self._levels[one + 1]) >= _EVERYDAY or longest > _LONGEST_UNLED:
            return False
        for place in range(_GRAMMAR.shape[0]):
            if _GRAMMAR[place] == self._letters[self._ends[one] - 1]:
                return False
        return self._begins(one)

    cdef bint _begins(self, Py_ssize_t one) except -1:
        """Whether a text, a line or a sentence begins with a word."""
        cdef Py_ssize_t place = self._at[self._starts[one]]
        while place and _sign(self._points[place - 1]) & _SPACE:
            place -= 1
        return not place or _sign(self._points[place - 1]) & _OPENING

    cdef bint _edge(self, Py_ssize_t at) except -1:
        """Whether a word may begin before a letter: also between any two where words are not parted."""
        cdef int kind
        if self._marks[at]:
            return True
        kind = self._kinds[at - 1]
        return kind & _LOOSE or kind & _SCRIPT == _HANGUL or kind & _SCRIPT == _KATAKANA

    cdef bint _ending_at(self, Py_ssize_t end, _Phrases listed) except -1:
        """Whether a phrase ends before a letter."""
        cdef Py_ssize_t at, begin
        for at in range(listed.sizes.shape[0]):
            begin = end - listed.sizes[at]
            if begin < 0:
                return False
            if self._edge(begin) and listed.table.first(self._hash(begin, end)) >= 0:
                return True
        return False

    cdef bint _beginning_at(self, Py_ssize_t begin, _Phrases listed) except -1:
        """Whether a phrase begins at a letter."""
        cdef Py_ssize_t at, end
        for at in range(listed.sizes.shape[0]):
            end = begin + listed.sizes[at]
            if end >= self._marks.shape[0]:
                return False
            if self._edge(end) and listed.table.first(self._hash(begin, end)) >= 0:
                return True
        return False

    cdef bint _cued(self, Py_ssize_t one, Py_ssize_t last) except -1:
        """Whether words that lead to a person stand just before word `one` or behind word `last`."""
        cdef Py_ssize_t begin = self._starts[one], end = self._ends[last], word
        if self._beginning_at(end, _after) and self._between(end - 1, end, _AFTER_NAME) >= 0:
            return True
        if not one or self._between(begin - 1, begin, _BEFORE_NAME) < 0:
            return False
        word = self._starts[one - 1]
        return self._ending_at(begin, _before) or (
            word > 0 and _fillers.table.first(self._hash(word, begin)) >= 0 and self._ending_at(word, _before)
        )
