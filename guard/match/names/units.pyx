"""The letters of a text as units of the tables of scripts (guard/match/names/bones.py), and the likeliest skeletons of stretches of them."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memset

import numpy as np

from guard.match.names import bones

cdef enum:
    _READINGS = 12
    _TRIED = 14
    _LONGEST_SOUND = 6
    _MOST_UNITS = 1 << 12
    _HANGUL = 0xAC00
    _HANGUL_END = 0xD7A4
    _HAN = 0x3400
    _HAN_END = 0xA000
    _THAI_BEFORE = 0xE40
    _THAI_BEFORE_END = 0xE45
    _THAI = 0xE01
    _THAI_END = 0xE2F

if (_READINGS, _TRIED, _LONGEST_SOUND) != (bones.READINGS, bones.TRIED, bones.LONGEST_SOUND):
    raise ImportError("units.pyx and bones.py disagree about how long things are")
cdef int _LONGEST = bones.LONGEST
cdef int32_t _NEVER = bones.NEVER


cdef class _Tables:
    """`bones.Tables` as typed views."""

    cdef const int32_t[::1] unit_of, pairs, triples, sizes, first, last, script
    cdef const int32_t[:, ::1] nats, skeletons, sounds
    cdef const uint64_t[::1] hashes, powers
    cdef const float[::1] most, rarity
    cdef const uint32_t[::1] doubled
    cdef int32_t shorter, two, three

    def __init__(self, tables):
        self.unit_of, self.pairs, self.triples, self.sizes = tables.unit_of, tables.pairs, tables.triples, tables.sizes
        self.first, self.last, self.script = tables.first, tables.last, tables.script
        self.nats, self.skeletons, self.sounds = tables.nats, tables.skeletons, tables.sounds
        self.hashes, self.powers, self.most, self.rarity = tables.hashes, tables.powers, tables.most, tables.rarity
        self.doubled, self.shorter, self.two, self.three = tables.doubled, tables.shorter, tables.two, tables.three


# Made when this is imported, so that the first text does not wait for it.
cdef _Tables _TABLES = _Tables(bones.tables())
if _TABLES.most.shape[0] > _MOST_UNITS or _TABLES.pairs.shape[0] >= _MOST_UNITS:
    raise ImportError("units and pairs of them have twelve bits each in the keys of bones.py")


cdef int32_t _place(const int32_t[::1] keys, int32_t key):
    """1 + where the key is in the sorted table, 0 where it is not."""
    cdef Py_ssize_t low = 0, high = keys.shape[0], middle
    while low < high:
        middle = (low + high) // 2
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return <int32_t>low + 1 if low < keys.shape[0] and keys[low] == key else 0


cdef bint _is_doubled(_Tables tables, uint32_t letter):
    cdef Py_ssize_t at
    for at in range(tables.doubled.shape[0]):
        if tables.doubled[at] == letter:
            return True
    return False


cdef class Units:
    """The letters of a text as units of the tables, and what stretches of them may be.

    `begin[i]` is the first unit of letter i (one entry more than letters); `one`, `two` and `three` are the rows of the unit at
    each place, of it with the one before, and with the two before (0 for none); `gains` and `rarities` are running sums of nats.
    """

    def __init__(self, const uint32_t[::1] letters, flags, *, bint sounds=False):
        """`flags` are `Folded.breaks`; with `sounds` the characters of Han are the letters of their sound."""
        cdef const uint8_t[::1] breaks = flags.view(np.uint8)
        cdef _Tables tables = _TABLES
        cdef Py_ssize_t count = letters.shape[0], at, unit = 0, place
        cdef int32_t row, before = 0, pair = 0
        cdef uint32_t letter, last = 0
        cdef int32_t taken[_LONGEST_SOUND]
        cdef int size, number
        self.begin = np.empty(count + 1, dtype=np.int64)
        numbers = np.empty(count, dtype=np.int32)
        cdef int32_t[::1] one = numbers
        for at in range(count):
            self.begin[at] = unit
            letter = _spoken(letters, breaks, at)
            size = 0
            if _HANGUL <= letter < _HANGUL_END:
                letter -= _HANGUL
                taken[0], taken[1], taken[2] = tables.unit_of[0x1100 + letter // 588], tables.unit_of[0x1161 + letter % 588 // 28], tables.unit_of[0x11A7 + letter % 28]
                size = 3 if letter % 28 else 2
                letter += _HANGUL
            elif sounds and _HAN <= letter < _HAN_END:
                row = tables.unit_of[letter]
                while size < tables.sounds.shape[1] and tables.sounds[row, size]:
                    taken[size] = tables.sounds[row, size]
                    size += 1
                if not size:
                    taken[0], size = 0, 1
            elif not (at and letter == last and not breaks[at] and _is_doubled(tables, letter)):
                taken[0], size = tables.unit_of[letter] if letter < <uint32_t>tables.unit_of.shape[0] else 0, 1
            last = letter
            if unit + size > one.shape[0]:
                numbers = np.concatenate([numbers, np.empty(len(numbers) + 6, dtype=np.int32)])
                one = numbers
            for number in range(size):
                one[unit] = taken[number]
                unit += 1
        self.begin[count] = unit
        self.one = one[:unit]
        self.two, self.three = np.empty(unit, dtype=np.int32), np.empty(unit, dtype=np.int32)
        self.gains, self.rarities = np.zeros(unit + 1), np.zeros(unit + 1)
        for place in range(unit):
            row = self.one[place]
            self.gains[place + 1] = self.gains[place] + tables.most[row]
            self.rarities[place + 1] = self.rarities[place] + tables.rarity[row]
            number = _place(tables.triples, pair << 12 | row) if pair else 0
            self.three[place] = tables.three + number if number else 0
            pair = _place(tables.pairs, before << 12 | row) if before and row else 0
            self.two[place] = tables.two + pair if pair else 0
            before = row

    def most(self, const int64_t[::1] begin, const int64_t[::1] end):
        """Nats by which the letters `begin` to `end` of each stretch can be likelier as some name than as any word, at most."""
        return _between(self.begin, self.gains, begin, end)

    def rarity(self, const int64_t[::1] begin, const int64_t[::1] end):
        """Nats of the letters `begin` to `end` of each stretch when they are no particular word."""
        return _between(self.begin, self.rarities, begin, end)

    cdef int script(self, Py_ssize_t at):
        """The number of the script of a unit."""
        return _TABLES.script[self.one[at]]

    def skeletons(self, const int64_t[::1] begin, const int64_t[::1] end):
        """H of the likeliest skeletons of the letters `begin` to `end` of each stretch, and their thousandths of a nat, both (stretches, READINGS).

        The likeliest come first; nats are NEVER where there are fewer, and everywhere for a stretch of more than LONGEST units.
        Stretches that begin alike are read together where they stand side by side, the shorter ones first.
        """
        cdef _Tables tables = _TABLES
        cdef Py_ssize_t stretch, number, first, last, at = 0, begun = -1
        hashes, nats = np.zeros((begin.shape[0], _READINGS), dtype=np.uint64), np.full((begin.shape[0], _READINGS), _NEVER, dtype=np.int32)
        cdef uint64_t[:, ::1] h = hashes
        cdef int32_t[:, ::1] n = nats
        cdef _States past[4]
        cdef _States *state
        for stretch in range(begin.shape[0]):
            first, last = self.begin[begin[stretch]], self.begin[end[stretch]]
            if last - first > _LONGEST:
                continue
            if first != begun or last < at:
                begun = at = first
                memset(past, 0, sizeof(past))
                past[0].count = 1
            while at < last:
                # The states after so many units of the run lie at that number modulo 4; the fourth is where the next ones go.
                _step(tables, past, at - first, self.one[at], self.two[at] if at - first >= 1 else 0, self.three[at] if at - first >= 2 else 0)
                at += 1
            state = &past[(last - first) & 3]
            for number in range(state.count):
                h[stretch, number], n[stretch, number] = state.each[number].hash, state.each[number].nats
        return hashes, nats


cdef _between(int64_t[::1] units, double[::1] running, const int64_t[::1] begin, const int64_t[::1] end):
    out = np.empty(begin.shape[0])
    cdef double[::1] nats = out
    cdef Py_ssize_t at
    for at in range(begin.shape[0]):
        nats[at] = running[units[end[at]]] - running[units[begin[at]]]
    return out


cdef uint32_t _spoken(const uint32_t[::1] letters, const uint8_t[::1] breaks, Py_ssize_t at):
    """The letter at a place, with Thai vowels that are written before their consonant behind it."""
    if _THAI <= letters[at] < _THAI_BEFORE_END:
        if at + 1 < letters.shape[0] and _THAI_BEFORE <= letters[at] and _THAI <= letters[at + 1] < _THAI_END and not breaks[at + 1]:
            return letters[at + 1]
        if at and _THAI_BEFORE <= letters[at - 1] < _THAI_BEFORE_END and letters[at] < _THAI_END and not breaks[at]:
            return letters[at - 1]
    return letters[at]


cdef struct _Reading:
    int32_t nats
    int32_t size  # consonants
    int32_t last  # of them, 0 for none
    uint64_t hash


cdef struct _States:
    int count
    _Reading each[_READINGS]


cdef struct _Choice:
    int32_t nats
    int32_t skeleton
    const _Reading *before


cdef int _choose(_Tables tables, _States *states, int32_t row, _Choice *chosen, int count) except -1:
    """Put every state with every reading of a row among the `_TRIED` least choices, of which there are `count`; the earlier of two alike."""
    cdef int state, option, place, options = 0
    cdef int32_t nats
    cdef const int32_t *price = &tables.nats[row, 0]
    cdef const int32_t *skeletons = &tables.skeletons[row, 0]
    while options < tables.nats.shape[1] and price[options] < _NEVER:
        options += 1
    for state in range(states.count):
        for option in range(min(options, _TRIED // (state + 1))):
            nats = states.each[state].nats + price[option]
            if count == _TRIED:
                if nats >= chosen[_TRIED - 1].nats:
                    if not option:
                        return count
                    break
                count -= 1
            place = count
            while place > 0 and chosen[place - 1].nats > nats:
                chosen[place] = chosen[place - 1]
                place -= 1
            chosen[place].nats, chosen[place].skeleton, chosen[place].before = nats, skeletons[option], &states.each[state]
            count += 1
    return count


cdef int _step(_Tables tables, _States *past, Py_ssize_t size, int32_t one, int32_t two, int32_t three) except -1:
    """The likeliest skeletons after one unit more than `size`: of one unit after the last states, of two after those before, of three."""
    cdef _Choice chosen[_TRIED]
    cdef _States *out = &past[(size + 1) & 3]
    cdef int count = _choose(tables, &past[size & 3], one, chosen, 0), number, other
    cdef int32_t skeleton
    cdef _Reading *made
    if two:
        count = _choose(tables, &past[(size - 1) & 3], two, chosen, count)
    if three:
        count = _choose(tables, &past[(size - 2) & 3], three, chosen, count)
    out.count = 0
    for number in range(count):
        skeleton = chosen[number].skeleton
        if tables.first[skeleton] == chosen[number].before.last:
            skeleton += tables.shorter
        if out.count == _READINGS:
            break
        made = &out.each[out.count]
        made[0] = chosen[number].before[0]
        made.nats = chosen[number].nats
        if tables.sizes[skeleton]:
            made.hash += tables.hashes[skeleton] * tables.powers[made.size]
            made.size += tables.sizes[skeleton]
            made.last = tables.last[skeleton]
        # The same skeleton read in two ways counts once, the likelier way.
        for other in range(out.count):
            if out.each[other].hash == made.hash:
                break
        else:
            out.count += 1
    return 0
