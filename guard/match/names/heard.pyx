"""Names that two stretches of a text may be in their script: looked up by skeletons, then told by how cheaply they are written so."""

cimport cython
from libc.math cimport INFINITY
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

import numpy as np

from guard.match.names import bones as _bones
from guard.match.names.lookup cimport KeyTable
from guard.match.names.spelling import BASE, NOTHING, prices
from guard.match.names.units cimport Units
from guard.match.names.writing import LONGEST_PIECE, UNEXPLAINED

cdef enum:
    _READINGS = 12
    _LONGEST = 24
    _PIECE = 3
    _UNITS = 192
    _KEPT = 4096

if (_READINGS, _LONGEST, _PIECE, _UNITS) != (_bones.READINGS, _bones.LONGEST_NAME, LONGEST_PIECE, _bones.LONGEST * _bones.LONGEST_SOUND):
    raise ImportError("heard.pyx and bones.py disagree about how long things are")
cdef int _TOGETHER = _bones.TOGETHER, _BASE = BASE, _NOTHING = NOTHING
cdef int32_t _NEVER = _bones.NEVER
cdef uint64_t _SECOND = _bones.SECOND
cdef float _UNEXPLAINED = UNEXPLAINED
# Sums of nats in 32 and in 64 bits differ by less.
cdef double _ROUNDING = 1e-3


cdef class _Prices:
    """`spelling.Prices` as typed views."""

    cdef const float[:, ::1] written, silent, least
    cdef const int32_t[::1] column
    cdef const uint32_t[:, ::1] letters

    def __init__(self, made):
        self.written, self.silent, self.column, self.least, self.letters = made.written, made.silent, made.column, made.least, made.letters


# Made when this is imported, so that the first text does not wait for it.
cdef _Prices _PRICES = _Prices(prices())
if _PRICES.written.shape[0] < _bones.tables().nats.shape[0] or _PRICES.least.shape[0] < _bones.tables().most.shape[0]:
    raise ImportError("spelling.py has not as many rows as bones.py")


cdef inline void _least(float *place, float nats) noexcept:
    if nats < place[0]:
        place[0] = nats


cdef struct _Letters:
    # Of the one, two and three letters from each letter on: the column of `written`, and nats to leave them out.
    int32_t columns[_LONGEST][_PIECE]
    float silent[_LONGEST][_PIECE]


cdef int _letters_of(_Prices prices, int script, const uint8_t *name, int length, _Letters *out) except -1:
    cdef int place, piece
    cdef int32_t number
    for place in range(length):
        number = 0
        for piece in range(min(_PIECE, length - place)):
            number = number * _BASE + name[place + piece]
            out.columns[place][piece] = prices.column[number]
            out.silent[place][piece] = prices.silent[script, out.columns[place][piece]]
    return 0


@cython.boundscheck(False)  # units are within `first` to `last`, which the caller's look-ups bound; rows and columns are those of one table
cdef float _cost(_Prices prices, Units units, Py_ssize_t first, Py_ssize_t last, const uint8_t *name, int length, double most) except -1:
    """Nats that it takes to write `name`, `length` letters of 1 to 26, as the units `first` to `last`; infinite beyond `most`. As `Writing.cost`.

    Readings are not followed that cannot end within `most`, since what is left of the units takes too much with any letters of the name.
    """
    cdef float rows[4][_LONGEST + 1]
    cdef float *row
    cdef float *after
    cdef const float *written
    cdef float so_far
    cdef _Letters letters
    cdef int32_t native
    cdef int place, size, piece, pieces, dead = 0
    cdef Py_ssize_t at
    cdef float limits[_UNITS + 1]
    cdef float limit = <float>(most + _ROUNDING)
    cdef uint32_t missing = 0
    if last - first > _UNITS:
        return INFINITY
    for place in range(length):
        missing |= <uint32_t>1 << (name[place] & 31)
    missing = ~missing
    for at in range(last - 1, first - 1, -1):
        native, piece = units.one[at], 0
        while prices.letters[native, piece] & missing:  # one of the choices of each unit needs no letter
            piece += 1
        limit -= prices.least[native, piece]
        limits[at - first] = limit
        if limit < 0:
            return INFINITY
    _letters_of(prices, units.script(first) if last > first else 0, name, length, &letters)
    for size in range(4):
        for place in range(length + 1):
            rows[size][place] = INFINITY
    rows[0][0] = 0.0
    for at in range(first, last):
        row = rows[(at - first) & 3]
        limit = limits[at - first]
        dead += 1
        for place in range(length + 1):
            so_far = row[place]
            row[place] = INFINITY
            if so_far > limit:
                continue
            dead = 0
            pieces = min(_PIECE, length - place)
            for piece in range(pieces):
                _least(&row[place + piece + 1], so_far + letters.silent[place][piece])
            _least(&rows[(at + 1 - first) & 3][place], so_far + _UNEXPLAINED)
            for size in range(1, min(_PIECE, last - at) + 1):
                native = units.one[at] if size == 1 else units.two[at + 1] if size == 2 else units.three[at + 2]
                if native:
                    after, written = &rows[(at + size - first) & 3][place], &prices.written[native, 0]
                    _least(&after[0], so_far + written[_NOTHING])
                    for piece in range(pieces):
                        _least(&after[piece + 1], so_far + written[letters.columns[place][piece]])
        if dead == _PIECE:
            return INFINITY
    row = rows[(last - first) & 3]
    for place in range(length):
        for piece in range(min(_PIECE, length - place)):
            _least(&row[place + piece + 1], row[place] + letters.silent[place][piece])
    return row[length] if row[length] <= most else INFINITY


def costs(Units units not None, const int64_t[::1] begin, const int64_t[::1] end, names, const double[::1] most):
    """Nats that it takes to write each of `names`, in small Latin letters, as the letters `begin` to `end` of the text; infinite beyond `most`."""
    cdef Py_ssize_t at
    cdef bytes name
    out = np.empty(len(names), dtype=np.float32)
    cdef float[::1] nats = out
    for at in range(len(names)):
        name = bytes(ord(letter) - 96 for letter in names[at][:_LONGEST])
        nats[at] = _cost(_PRICES, units, units.begin[begin[at]], units.begin[end[at]], name, len(name), most[at])
    return out


cdef inline uint64_t _mixed(uint64_t value) noexcept:
    """`hashing.mixed` of one value."""
    value = (value ^ (value >> 30)) * <uint64_t>0xBF58476D1CE4E5B9
    value = (value ^ (value >> 27)) * <uint64_t>0x94D049BB133111EB
    return value ^ (value >> 31)


cdef class Readings:
    """Stretches of a text that may be words of names, (n,) each.

    `begin` and `end` are units, `letters` how many letters; `keys` (n, READINGS) are H of their skeletons, mixed, of which `counts` are there. Beside a word
    of a name (0) and beside a frequent one (1): nats that each takes as a word (`rarities`), and the most that it may gain (`gains`).
    What costs more than `dearest` for each letter of a stretch and a name counts `times` beyond that.
    """

    cdef Units units
    cdef int64_t[::1] begin, end, letters
    cdef uint64_t[:, ::1] keys
    cdef int32_t[::1] counts
    cdef double[:, ::1] rarities, gains
    cdef double dearest
    cdef const double[::1] times
    # The last costs that were worked out, by stretch and word: of which, up to how many nats, and how many.
    cdef uint64_t[::1] kept
    cdef double[::1] tried
    cdef float[::1] costs

    def __init__(self, Units units not None, Units sounds not None, const int64_t[::1] begin, const int64_t[::1] end, plain, famous,
                 double dearest, const double[::1] times):
        """The letters `begin` to `end`; skeletons follow from `units`, costs from `sounds`, where Han is in the letters of its sounds.

        `plain` and `famous` are the nats that each takes as a word, beside a word of a name and beside a frequent one.
        """
        cdef Py_ssize_t stretch, number
        self.units, self.dearest, self.times = sounds, dearest, times
        self.begin, self.end, self.letters = np.empty((3, begin.shape[0]), dtype=np.int64)
        self.keys, nats = units.skeletons(begin, end)
        self.counts = (nats < _NEVER).sum(axis=1, dtype=np.int32)
        self.rarities = np.stack([plain, famous])
        self.gains = np.asarray(self.rarities) - (sounds.rarity(begin, end) - sounds.most(begin, end) - _ROUNDING)
        self.kept, self.tried, self.costs = np.full(_KEPT, 2**64 - 1, dtype=np.uint64), np.empty(_KEPT), np.empty(_KEPT, dtype=np.float32)
        for stretch in range(begin.shape[0]):
            self.begin[stretch], self.end[stretch] = sounds.begin[begin[stretch]], sounds.begin[end[stretch]]
            self.letters[stretch] = end[stretch] - begin[stretch]
            for number in range(self.counts[stretch]):
                self.keys[stretch, number] = _mixed(self.keys[stretch, number])


cdef class Bones(KeyTable):
    """The table of skeletons: keys of two words lead to entries (`bones.pack_bones`)."""

    cdef readonly object alias
    cdef const uint32_t[:, ::1] _words
    cdef const uint8_t[::1] _whole, _frequent, _letters
    cdef const uint32_t[::1] _ends

    def __init__(self, arrays):
        super().__init__(arrays, "names.bones")
        self.alias = arrays["names.bones.alias"]
        self._words, self._letters, self._ends = arrays["names.bones.words"], arrays["names.bones.letters"], arrays["names.bones.ends"]
        self._whole, self._frequent = arrays["names.bones.whole"].view(np.uint8), arrays["names.bones.frequent"].view(np.uint8)

    def read(self, Readings stretches not None, const int64_t[::1] first, const int64_t[::1] second, const double[::1] need, double turned, double least):
        """Every two words of a name that share skeletons with two stretches and explain them better than chance does.

        Args:
            stretches: what pairs are made of.
            first, second: (n,) the two stretches of each pair.
            need: (n,) nats that a name must gain there, and `turned` more where its second word comes first.
            least: nats that each word must gain.

        Returns:
            (pair, whether turned, entry, nats of both stretches as words, nats to write the name so), each once and in this order.
        """
        cdef set found = set()
        cdef Py_ssize_t pair, one, two, at
        cdef int order, i, j
        cdef uint64_t key
        cdef double wanted
        for pair in range(first.shape[0]):
            with nogil:  # let others run: among a million names a long text of Han takes seconds
                pass
            for order in range(2):
                wanted = need[pair] + order * turned
                if stretches.gains[1, first[pair]] + stretches.gains[1, second[pair]] < wanted:
                    break
                one = second[pair] if order else first[pair]
                two = first[pair] if order else second[pair]
                for i in range(stretches.counts[one]):
                    for j in range(min(<int>stretches.counts[two], _TOGETHER // (i + 1))):
                        key = stretches.keys[one, i] + stretches.keys[two, j] * _SECOND
                        at = self.first(key) if key else -1
                        while 0 <= at < self._keys.shape[0] and self._keys[at] == key:
                            self._compare(stretches, first[pair], second[pair], wanted, least, pair, order, self._rows[at], found)
                            at += 1
        return sorted(found)

    cdef int _compare(self, Readings stretches, Py_ssize_t first, Py_ssize_t second, double wanted, double least, Py_ssize_t pair, int order, uint32_t entry, set found) except -1:
        """Put the entry among those `found` if both its words gain enough."""
        if order and not self._whole[entry]:
            return 0
        cdef uint32_t word = self._words[entry, order], other = self._words[entry, 1 - order]
        cdef int frequent = self._frequent[word], other_frequent = self._frequent[other]
        cdef double other_gain = stretches.gains[other_frequent, second], rarity, other_rarity
        cdef float cost, other_cost
        if other_gain < least or stretches.gains[frequent, first] < max(least, wanted - other_gain):
            return 0
        rarity = stretches.rarities[frequent, first]
        cost = self._written(stretches, first, word, rarity - max(least, wanted - other_gain))
        if cost == INFINITY:
            return 0
        other_rarity = stretches.rarities[other_frequent, second]
        other_cost = self._written(stretches, second, other, other_rarity - max(least, wanted - (rarity - cost) - _ROUNDING))
        if other_cost < INFINITY:
            found.add((pair, order, entry, rarity + other_rarity, <double>cost + <double>other_cost))
        return 0

    cdef float _written(self, Readings stretches, Py_ssize_t stretch, uint32_t word, double most) except -1:
        """Nats that it takes to write a word of a name as a stretch; infinite beyond `most`."""
        cdef Py_ssize_t begin = self._ends[word], end = self._ends[word + 1], slot = (word * 31 + stretch) % _KEPT
        cdef int length
        cdef uint64_t key = <uint64_t>stretch << 32 | word
        cdef double dear, times = stretches.times[stretch]
        if not begin <= end <= self._letters.shape[0]:
            raise IndexError("letters of a name beyond the table")
        length = min(end - begin, _LONGEST)
        dear = stretches.dearest * (stretches.letters[stretch] + length)
        if most > dear:
            most = dear + (most - dear) / times
        if most < 0:
            return INFINITY
        if stretches.kept[slot] != key or (stretches.costs[slot] == INFINITY and stretches.tried[slot] < most):
            stretches.kept[slot], stretches.tried[slot] = key, most
            stretches.costs[slot] = _cost(
                _PRICES, stretches.units, stretches.begin[stretch], stretches.end[stretch],
                &self._letters[begin] if length else NULL, length, most,
            )  # fmt: skip
        cdef float cost = stretches.costs[slot]
        if cost > most:
            return INFINITY
        return cost if cost <= dear else <float>(dear + times * (cost - dear))
