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
    # Keys that two stretches may ask for; entries that are looked at together, so that the waits for memory overlap.
    _MOST_KEYS = _READINGS * _READINGS
    _AT_ONCE = 64
    # Costs that are kept: so many for each stretch, and in all.
    _KEPT_EACH = 64
    _MOST_KEPT = 1 << 16

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

    cdef const float[:, ::1] written, silent
    cdef const int32_t[::1] column, choices
    cdef const float[::1] least
    cdef const uint32_t[::1] letters

    def __init__(self, made):
        self.written, self.silent, self.column = made.written, made.silent, made.column
        self.choices, self.least, self.letters = made.choices, made.least, made.letters


# Made when this is imported, so that the first text does not wait for it.
cdef _Prices _PRICES = _Prices(prices())
if not len(_bones.tables().nats) == _PRICES.written.shape[0] == _PRICES.choices.shape[0]:
    raise ImportError("spelling.py has not as many rows as bones.py")
if _PRICES.written.shape[1] != _PRICES.silent.shape[1] or _PRICES.column.shape[0] != _BASE ** _PIECE:
    raise ImportError("spelling.py has not as many columns as pieces of letters")
cdef const float *_WRITTEN = &_PRICES.written[0, 0]
cdef const float *_SILENT = &_PRICES.silent[0, 0]
cdef const int32_t *_COLUMN = &_PRICES.column[0]
cdef const int32_t *_CHOICES = &_PRICES.choices[0]
cdef const float *_LEAST = &_PRICES.least[0]
cdef const uint32_t *_NEEDED = &_PRICES.letters[0]
cdef Py_ssize_t _COLUMNS = _PRICES.written.shape[1]


# Units in a row, as rows of the tables: each alone, with the one before it, and with the two before; and the columns of `silent` of their script.
cdef struct _Stretch:
    const int32_t *one
    const int32_t *two
    const int32_t *three
    const float *silent
    int count


cdef int _stretch(Units units, Py_ssize_t first, Py_ssize_t last, _Stretch *out) except -1:
    """The units `first` to `last`, at most _UNITS."""
    if not 0 <= first <= last <= units.one.shape[0] or last - first > _UNITS:
        raise IndexError("units beyond those of the text, or more than a word has")
    out.count, out.silent = <int>(last - first), _SILENT
    if out.count:
        out.one, out.two, out.three = &units.one[first], &units.two[first], &units.three[first]
        out.silent += units.script(first) * _COLUMNS
    return 0


cdef inline int32_t _row(const _Stretch *units, int at, int size) noexcept nogil:
    """The row of `size` units from `at` on, 0 for none."""
    return units.one[at] if size == 1 else units.two[at + 1] if size == 2 else units.three[at + 2]


cdef uint32_t _missing(const uint8_t *name, int length) noexcept nogil:
    """The letters that a word has not, as bits."""
    cdef uint32_t out = 0
    cdef int place
    for place in range(length):
        out |= <uint32_t>1 << (name[place] & 31)
    return ~out


cdef float _least_cost(const _Stretch *units, uint32_t missing, float *rest) noexcept nogil:
    """Nats that units take at least, as any word without the letters `missing`; and those from each of them on (`rest`, one more than units)."""
    cdef int at, size
    cdef int32_t native, choice
    cdef float best
    rest[units.count] = 0.0
    for at in range(units.count - 1, -1, -1):
        best = rest[at + 1] + _UNEXPLAINED
        for size in range(1, min(_PIECE, units.count - at) + 1):
            native = _row(units, at, size)
            if native:
                choice = _CHOICES[native]
                while _NEEDED[choice] & missing:  # the last choice of each row needs no letter
                    choice += 1
                best = min(best, rest[at + size] + _LEAST[choice])
        rest[at] = best
    return rest[0]


cdef struct _Letters:
    # Of the one, two and three letters from each letter on: the column of `written`, and nats to leave them out; which letters these are known of, as bits.
    int32_t columns[_LONGEST][_PIECE]
    float silent[_LONGEST][_PIECE]
    uint32_t known


cdef inline void _know(_Letters *letters, const _Stretch *units, const uint8_t *name, int place, int pieces) noexcept nogil:
    """Look up what follows from the one to three letters of `name` from `place` on."""
    cdef int32_t number = 0
    cdef int piece
    if letters.known >> place & 1:
        return
    letters.known |= <uint32_t>1 << place
    for piece in range(pieces):
        number = number * _BASE + min(name[place + piece], _BASE - 1)
        letters.columns[place][piece] = _COLUMN[number]
        letters.silent[place][piece] = units.silent[letters.columns[place][piece]]


cdef inline void _least(float *place, float nats) noexcept nogil:
    place[0] = nats if nats < place[0] else place[0]  # without a branch, which nothing could foretell


cdef float _cost(const _Stretch *units, const uint8_t *name, int length, double most) noexcept nogil:
    """Nats that it takes to write `name`, at most _LONGEST letters of 1 to 26, as units; infinite beyond `most`. As `Writing.cost`.

    Readings are not followed that cannot end within `most`, since what is left of the units takes too much with any letters of the name.
    """
    cdef float rows[4][_LONGEST + 1]
    cdef float rest[_UNITS + 1]
    cdef float *row
    cdef float *next
    cdef float *after[_PIECE]
    cdef const float *written[_PIECE]
    cdef float so_far, limit
    cdef _Letters letters
    cdef int32_t native
    cdef int at, place, size, piece, pieces, ways, way, dead = 0
    if _least_cost(units, _missing(name, length), rest) > most + _ROUNDING:
        return INFINITY
    letters.known = 0
    for size in range(4):
        for place in range(length + 1):
            rows[size][place] = INFINITY
    rows[0][0] = 0.0
    for at in range(units.count):
        row, next = rows[at & 3], rows[(at + 1) & 3]
        limit = <float>(most + _ROUNDING - rest[at])
        dead += 1
        ways = 0
        for size in range(1, min(_PIECE, units.count - at) + 1):
            native = _row(units, at, size)
            if native:
                after[ways], written[ways] = rows[(at + size) & 3], _WRITTEN + native * _COLUMNS
                ways += 1
        for place in range(length + 1):
            so_far = row[place]
            row[place] = INFINITY
            if so_far > limit:
                continue
            dead = 0
            pieces = min(_PIECE, length - place)
            _know(&letters, units, name, place, pieces)
            for piece in range(pieces):
                _least(&row[place + piece + 1], so_far + letters.silent[place][piece])
            _least(&next[place], so_far + _UNEXPLAINED)
            for way in range(ways):
                _least(&after[way][place], so_far + written[way][_NOTHING])
                for piece in range(pieces):
                    _least(&after[way][place + piece + 1], so_far + written[way][letters.columns[place][piece]])
        if dead == _PIECE:
            return INFINITY
    row = rows[units.count & 3]
    for place in range(length):
        pieces = min(_PIECE, length - place)
        _know(&letters, units, name, place, pieces)
        for piece in range(pieces):
            _least(&row[place + piece + 1], row[place] + letters.silent[place][piece])
    return row[length] if row[length] <= most else INFINITY


def costs(Units units not None, const int64_t[::1] begin, const int64_t[::1] end, names, const double[::1] most):
    """Nats that it takes to write each of `names`, in small Latin letters, as the letters `begin` to `end` of the text; infinite beyond `most`."""
    cdef Py_ssize_t at
    cdef bytes name
    cdef _Stretch stretch
    out = np.empty(len(names), dtype=np.float32)
    cdef float[::1] nats = out
    for at in range(len(names)):
        name = bytes(ord(letter) - 96 for letter in names[at][:_LONGEST])
        _stretch(units, units.begin[begin[at]], units.begin[end[at]], &stretch)
        nats[at] = _cost(&stretch, name, <int>len(name), most[at])
    return out


# A stretch that is asked about: beside a word of a name and a frequent one, nats that it takes as a word and the most that it may gain; and from how many
# nats on more of them count so many times, for no letters of a name and more for each.
cdef struct _Side:
    Py_ssize_t stretch
    _Stretch units
    double rarities[2]
    double gains[2]
    double dear, dearest, times


# Two stretches: how many nats a name must gain there, each word of it at least, and whether its second word comes first.
cdef struct _Pair:
    Py_ssize_t number
    int turned
    double wanted, least
    _Side first, second


cdef struct _Word:
    const uint8_t *letters
    int length


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
    # What is known of the last costs that were asked for, by stretch and word (a power of two of them): of which, and nats, below 0 if they are more than 1 less.
    cdef uint64_t[:, ::1] kept
    cdef int shift

    def __init__(self, Units units not None, Units sounds not None, const int64_t[::1] begin, const int64_t[::1] end, plain, famous,
                 double dearest, const double[::1] times):
        """The letters `begin` to `end`; skeletons follow from `units`, costs from `sounds`, where Han is in the letters of its sounds.

        `plain` and `famous` are the nats that each takes as a word, beside a word of a name and beside a frequent one.
        """
        cdef Py_ssize_t stretch, number
        cdef _Stretch read
        cdef float rest[_UNITS + 1]
        cdef double least
        self.units, self.dearest, self.times = sounds, dearest, times
        self.begin, self.end, self.letters = np.empty((3, begin.shape[0]), dtype=np.int64)
        self.keys, nats = units.skeletons(begin, end)
        self.counts = (nats < _NEVER).sum(axis=1, dtype=np.int32)
        self.rarities = np.stack([plain, famous])
        self.gains = np.array(self.rarities)
        bits = min(_KEPT_EACH * max(begin.shape[0], 1), _MOST_KEPT).bit_length()
        self.shift = 64 - bits
        self.kept = np.full((1 << bits, 2), 2**64 - 1, dtype=np.uint64)
        for stretch in range(begin.shape[0]):
            self.begin[stretch], self.end[stretch] = sounds.begin[begin[stretch]], sounds.begin[end[stretch]]
            self.letters[stretch] = end[stretch] - begin[stretch]
            if self.counts[stretch]:  # no more units than have skeletons
                _stretch(sounds, self.begin[stretch], self.end[stretch], &read)
                least = _least_cost(&read, 0, rest) - _ROUNDING
                self.gains[0, stretch] -= least
                self.gains[1, stretch] -= least
            for number in range(self.counts[stretch]):
                self.keys[stretch, number] = _mixed(self.keys[stretch, number])


    cdef int _look(self, Py_ssize_t stretch, _Side *out) except -1:
        """What is asked about a stretch, which has skeletons and so no more units than a word."""
        cdef int frequent
        out.stretch, out.dearest, out.times = stretch, self.dearest, self.times[stretch]
        out.dear = self.dearest * self.letters[stretch]
        for frequent in range(2):
            out.rarities[frequent], out.gains[frequent] = self.rarities[frequent, stretch], self.gains[frequent, stretch]
        return _stretch(self.units, self.begin[stretch], self.end[stretch], &out.units)


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
        cdef Py_ssize_t at, one, two
        cdef int number, count, some
        cdef uint64_t keys[_MOST_KEYS]
        cdef uint32_t entries[_AT_ONCE]
        cdef _Pair asked
        asked.least = least
        for asked.number in range(first.shape[0]):
            with nogil:  # let others run: among a million names a long text of Han takes seconds
                pass
            one, two = first[asked.number], second[asked.number]
            if not stretches.counts[one] or not stretches.counts[two]:
                continue
            stretches._look(one, &asked.first)
            stretches._look(two, &asked.second)
            for asked.turned in range(2):
                asked.wanted = need[asked.number] + asked.turned * turned
                if asked.first.gains[1] + asked.second.gains[1] < asked.wanted:
                    break
                count = self._keys_of(stretches, two if asked.turned else one, one if asked.turned else two, keys)
                some = 0
                for number in range(count):
                    at = self.first(keys[number])
                    while 0 <= at < self._keys.shape[0] and self._keys[at] == keys[number]:
                        entries[some] = self._rows[at]
                        some += 1
                        at += 1
                        if some == _AT_ONCE:
                            self._compare_all(stretches, &asked, entries, some, found)
                            some = 0
                self._compare_all(stretches, &asked, entries, some, found)
        return sorted(found)

    cdef int _keys_of(self, Readings stretches, Py_ssize_t one, Py_ssize_t two, uint64_t *keys) except -1:
        """The keys of two stretches that may be in the table, at most _MOST_KEYS; how many. All are asked for first, so that the waits for memory overlap."""
        cdef int i, j, count = 0, some = 0
        for i in range(min(<int>stretches.counts[one], _READINGS)):
            for j in range(min(min(<int>stretches.counts[two], _READINGS), _TOGETHER // (i + 1))):
                keys[count] = stretches.keys[one, i] + stretches.keys[two, j] * _SECOND
                count += keys[count] != 0
        for i in range(count):
            keys[some] = keys[i]
            some += self.bits.has(keys[i])
        return some

    cdef int _compare_all(self, Readings stretches, const _Pair *asked, const uint32_t *entries, int count, set found) except -1:
        """Put those of at most _AT_ONCE entries among `found` of which both words gain enough."""
        cdef uint32_t words[_AT_ONCE][2]
        cdef int number
        for number in range(count):
            words[number][0], words[number][1] = self._words[entries[number], asked.turned], self._words[entries[number], 1 - asked.turned]
        for number in range(count):
            if not asked.turned or self._whole[entries[number]]:
                self._compare(stretches, asked, entries[number], words[number][0], words[number][1], found)
        return 0

    cdef int _compare(self, Readings stretches, const _Pair *asked, uint32_t entry, uint32_t word, uint32_t other, set found) except -1:
        """Put the entry among those `found` if both its words gain enough; what rules out either cheaply is asked first."""
        cdef int frequent = self._frequent[word] != 0, other_frequent = self._frequent[other] != 0
        cdef double gain = asked.first.gains[frequent], other_gain = asked.second.gains[other_frequent]
        cdef double rarity = asked.first.rarities[frequent], other_rarity = asked.second.rarities[other_frequent], cost, other_cost
        if other_gain < asked.least or gain < max(asked.least, asked.wanted - other_gain):
            return 0
        gain = rarity - self._floor(stretches, &asked.first, word)
        if gain < max(asked.least, asked.wanted - other_gain):
            return 0
        other_gain = min(other_gain, other_rarity - self._floor(stretches, &asked.second, other))
        if other_gain < max(asked.least, asked.wanted - gain):
            return 0
        cost = self._written(stretches, &asked.first, word, rarity - max(asked.least, asked.wanted - other_gain))
        if cost == INFINITY:
            return 0
        other_cost = self._written(stretches, &asked.second, other, other_rarity - max(asked.least, asked.wanted - (rarity - cost) - _ROUNDING))
        if other_cost < INFINITY:
            found.add((asked.number, asked.turned, entry, rarity + other_rarity, cost + other_cost))
        return 0

    cdef double _floor(self, Readings stretches, const _Side *side, uint32_t word) except -1:
        """Nats that it surely takes to write a word of a name as a stretch: what is known of it, or a lower bound."""
        cdef _Word name
        cdef double known = self._known(stretches, side, word, &name)[0]
        return _counted(side, &name, known if known >= 0 else -1 - known)

    cdef double _written(self, Readings stretches, const _Side *side, uint32_t word, double most) except -1:
        """Nats that it takes to write a word of a name as a stretch; infinite beyond `most`."""
        cdef _Word name
        cdef double *known = self._known(stretches, side, word, &name)
        cdef double dear = side.dear + side.dearest * name.length, cost
        if most > dear:
            most = dear + (most - dear) / side.times
        if most < 0:
            return INFINITY
        if known[0] < 0 and -1 - known[0] < most:
            cost = _cost(&side.units, name.letters, name.length, most)
            known[0] = cost if cost < INFINITY else -1 - most
        return _counted(side, &name, known[0]) if 0 <= known[0] <= most else INFINITY

    cdef double *_known(self, Readings stretches, const _Side *side, uint32_t word, _Word *name) except NULL:
        """The letters of a word of a name, and where it stands what is known of the nats that it takes as a stretch: at least a lower bound."""
        cdef Py_ssize_t begin = self._ends[word], end = self._ends[word + 1]
        cdef uint64_t key = <uint64_t>side.stretch << 32 | word
        cdef uint64_t *kept = &stretches.kept[<Py_ssize_t>((key * <uint64_t>0x9E3779B97F4A7C15) >> stretches.shift), 0]
        cdef double *known = <double *>&kept[1]
        cdef float rest[_UNITS + 1]
        if not begin <= end <= self._letters.shape[0]:
            raise IndexError("letters of a name beyond the table")
        name.length = min(end - begin, _LONGEST)
        name.letters = &self._letters[begin] if name.length else NULL
        if kept[0] != key:
            kept[0] = key
            known[0] = -1 - max(0.0, _least_cost(&side.units, _missing(name.letters, name.length), rest) - _ROUNDING)
        return known


cdef inline double _counted(const _Side *side, const _Word *name, double nats) noexcept nogil:
    """Nats as they count: `times` where they are dear."""
    cdef double dear = side.dear + side.dearest * name.length
    return nats if nats <= dear else dear + side.times * (nats - dear)
