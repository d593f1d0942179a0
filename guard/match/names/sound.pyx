"""How a name sounds, coarsely: the bridge between spellings, and between scripts.

A word is reduced to classes of consonants (p b f v / t d / s z and their kin / k g / n m / l / r), because vowels and
voicing are what spellings disagree about. Equal codes are candidates; `alike` compares them closely. Words of a text in
other scripts are looked up by their skeletons (guard/match/names/bones.py).
"""

from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memset

import numpy as np

from guard.match.names.writing import latin_form, read
from guard.normalise.hashing import code_values, hash_word, powers

# What several letters stand for, in this order, each wherever it stands; x, which stands for two, comes last (`_respelled`).
_SPELLING = (
    ("sch", "S"), ("tch", "S"), ("sh", "S"), ("ch", "C"), ("ck", "k"), ("ph", "f"), ("gh", "G"), ("kh", "C"), ("th", "t"), ("wh", "w"),
    ("qu", "kw"), ("dg", "S"), ("tz", "S"), ("ts", "S"), ("dz", "S"), ("zh", "S"), ("cz", "S"), ("sz", "S"),
)
_FIXED = dict(zip("pbfvtdszSkqmnlr", "PPPPTTSSSKKNNLR"))
# As skeletons of words of other scripts tell consonants apart (guard/match/names/writing.py).
_SKELETON = dict(zip("bpfvtdszgkcqmnlr", "PPFFTTSSKKKKNNLR"))
# Letters as they are compared, and those that one script or another does not tell apart.
_FINER = {"c": "k", "q": "k", "C": "S", "G": "g", "w": "v", "y": "i", "h": "", "j": "S"}
_MERGED = {"p": "b", "f": "b", "v": "b", "l": "r", "d": "t", "z": "s", "m": "n", "g": "k"}
# Before a skeleton of a word of a name that is not in Latin letters; before a word without its vowels.
_NATIVE, _BARE = "=", "-"
_MOST_READINGS = 8
_NO_VOWELS = str.maketrans("", "", "aeiou")
# Letters of the beginning of two words that count for their likeness, how much each of them, and from what likeness on (Winkler's own).
cdef int _HEAD = 4
cdef double _HEAD_WEIGHT = 0.1, _HEAD_FROM = 0.7
cdef enum:
    _RULES = 18
    _MOST_CODES = 6
    _ASCII = 128

cdef struct _Rule:
    unsigned char old[3]
    int size
    unsigned char new[2]
    int left
    uint64_t letters

# H of letters so far, without the last of them, and how many there are.
cdef struct _Code:
    uint64_t hash
    uint64_t before
    int size

cdef _Rule _rules[_RULES]
cdef unsigned char _fixed[_ASCII]
cdef unsigned char _skeleton[_ASCII]
cdef unsigned char _finer[_ASCII]
cdef unsigned char _bits[_ASCII]
cdef uint64_t _values[_ASCII]
cdef uint64_t _powers[2 * LONGEST + 1]
cdef uint32_t _VOWELS = 0


cdef _fill():
    """The tables as C arrays; a letter that stands for nothing is 0."""
    global _VOWELS
    for number, (old, new) in enumerate(_SPELLING):
        _rules[number].size, _rules[number].left, _rules[number].letters = len(old), len(new), 0
        for at, char in enumerate(old):
            _rules[number].old[at] = ord(char)
            _rules[number].letters |= _letter(ord(char))
        for at, char in enumerate(new):
            _rules[number].new[at] = ord(char)
    values, steps = code_values(np.arange(_ASCII, dtype=np.uint32)).tolist(), powers(2 * LONGEST)[0].tolist()
    for code in range(_ASCII):
        char = chr(code)
        finer = _FINER.get(char, char)
        merged = _MERGED.get(finer.lower(), finer.lower())
        _fixed[code], _skeleton[code], _finer[code] = (ord(table.get(char) or "\0") for table in (_FIXED, _SKELETON, {char: finer}))
        _bits[code] = ord(merged) - 96 if "a" <= merged <= "z" else 0
        _values[code] = values[code]
    for at in range(2 * LONGEST + 1):
        _powers[at] = steps[at]
    for char in "aeiouwy":
        _VOWELS |= 1 << (ord(char) - 97)


_fill()


cdef inline bint _is_vowel(unsigned char char) noexcept nogil:
    return char == c"a" or char == c"e" or char == c"i" or char == c"o" or char == c"u"


cdef int _once(unsigned char *word, int size) noexcept nogil:
    """No letter but a vowel twice in a row; how many are left."""
    cdef int at, left = 0
    for at in range(size):
        if not left or word[at] != word[left - 1] or _is_vowel(word[at]):
            word[left] = word[at]
            left += 1
    return left


cdef int _latin(const unsigned char *word, int size, unsigned char *out) noexcept nogil:
    """The letters a to z of a word, no consonant doubled, in `out` (LONGEST); how many."""
    cdef int at, left = 0
    for at in range(size):
        if c"a" <= word[at] <= c"z":
            out[left] = word[at]
            left += 1
    return _once(out, left)


cdef int _replaced(unsigned char *word, int size, const _Rule *rule) noexcept nogil:
    cdef int at = 0, left = 0
    while at < size:
        if word[at] == rule.old[0] and size - at >= rule.size and memcmp(word + at, rule.old, rule.size) == 0:
            memcpy(word + left, rule.new, rule.left)  # never more than was read
            left += rule.left
            at += rule.size
        else:
            word[left] = word[at]
            left += 1
            at += 1
    return left


cdef inline uint64_t _letter(unsigned char char) noexcept nogil:
    """One of 64 bits for each letter."""
    return <uint64_t>1 << (char & 63)


cdef int _respelled(const unsigned char *word, int size, unsigned char *out) noexcept nogil:
    """At most LONGEST letters, with what several of them stand for in its place, in `out` (2 * LONGEST); how many."""
    cdef unsigned char spelled[LONGEST]
    cdef uint64_t letters = 0
    cdef int at, rule, count = 0
    for at in range(size):
        spelled[at] = word[at]
        letters |= _letter(word[at])
    for rule in range(_RULES):
        if letters & _rules[rule].letters == _rules[rule].letters:
            size = _replaced(spelled, size, &_rules[rule])
            letters |= _letter(_rules[rule].new[0])
    for at in range(size):
        out[count] = c"k" if spelled[at] == c"x" else spelled[at]
        count += 1
        if spelled[at] == c"x":
            out[count] = c"s"
            count += 1
    return count


cdef inline void _longer(_Code *code, unsigned char char) noexcept nogil:
    if char:
        code.before = code.hash
        code.hash += _values[char] * _powers[code.size]
        code.size += 1


cdef int _options(unsigned char char, unsigned char after, unsigned char *out) noexcept nogil:
    """The classes a letter may stand for (0: none), the most likely first; `after` is 0 at the end of the word."""
    cdef bint soft = after == c"e" or after == c"i" or after == c"y"
    out[0], out[1], out[2] = _fixed[char], c"K", 0
    if char == c"C":
        out[0] = c"S"
        return 3
    if char == c"c":
        out[0] = c"S" if soft or not after else c"K"
        return 2 if soft or not after else 1
    if char == c"g":
        out[0], out[1] = c"K", c"S"
        return 2 if soft else 1
    if char == c"G":
        return 2
    if char == c"j":
        out[0], out[1] = c"S", 0
        return 2
    if char == c"w":
        out[1] = c"P"
        return 2
    return 1


cdef int _codes(const unsigned char *word, int size, _Code *out) noexcept nogil:
    """The codes of at most LONGEST letters, in `out` (_MOST_CODES), the likeliest first; how many."""
    cdef unsigned char spelled[2 * LONGEST]
    cdef unsigned char options[3]
    cdef _Code longer[_MOST_CODES]
    cdef int at, code, option, many, count = 1, left = 0
    size = _once(spelled, _respelled(word, size, spelled))
    out[0].hash = out[0].before = out[0].size = 0
    for at in range(size):
        many = _options(spelled[at], spelled[at + 1] if at + 1 < size else 0, options)
        if count * many > _MOST_CODES:
            many = 1
        for code in range(count):
            for option in range(many):
                longer[code * many + option] = out[code]
                _longer(&longer[code * many + option], options[option])
        count *= many
        memcpy(out, longer, count * sizeof(_Code))
    # A last consonant may be mute.
    if size > 4 and spelled[size - 1] in b"tdszr" and count * 2 <= _MOST_CODES:
        many = count
        for code in range(many):
            if out[code].size > 2:
                out[count].hash, out[count].before, out[count].size = out[code].before, 0, out[code].size - 1
                count += 1
    for code in range(count):
        for at in range(left):
            if out[at].hash == out[code].hash:
                break
        else:
            out[left] = out[code]
            left += 1
    return left


cdef uint64_t _hash(unsigned char before, const unsigned char *word, int size) noexcept nogil:
    """H of a sign and at most 2 * LONGEST letters behind it."""
    cdef uint64_t out = _values[before]
    cdef int at
    for at in range(size):
        out += _values[word[at]] * _powers[at + 1]
    return out


cdef uint64_t _native_key(const unsigned char *word, int size) noexcept nogil:
    """Where a word is looked up as what a name of another script may be; 0 without consonants."""
    cdef unsigned char latin[LONGEST]
    cdef unsigned char bones[2 * LONGEST]
    cdef int at, count = 0
    size = _latin(word, size, latin)
    for at in range(size):
        if latin[at] == c"x":
            bones[count], bones[count + 1] = c"K", c"S"
            count += 2
        elif _skeleton[latin[at]]:
            bones[count] = _skeleton[latin[at]]
            count += 1
    count = _once(bones, count)
    return _hash(c"=", bones, count) if count else 0


cdef uint32_t _letters(const unsigned char *word, int size) noexcept nogil:
    """The letters that a word sounds with, as bits."""
    cdef unsigned char latin[LONGEST]
    cdef unsigned char fine[2 * LONGEST]
    cdef int at
    cdef uint32_t out = 0
    size = _fine(latin, _latin(word, size, latin), fine)
    for at in range(size):
        if _bits[fine[at]]:
            out |= <uint32_t>1 << (_bits[fine[at]] - 1)
    return out


cdef bint _has_no_vowels(const unsigned char *word, int size) noexcept nogil:
    cdef int at
    for at in range(1, size):
        if _is_vowel(word[at]):
            return False
    return True


cdef void _ask(Sound *sound, uint64_t key, uint32_t letters) noexcept nogil:
    sound.keys[sound.count], sound.masks[sound.count] = key, letters
    sound.count += 1


cdef void hear(const unsigned char *word, int size, Sound *sound) noexcept nogil:
    """Where a word of a text is looked up, with the letters to be compared at each, and its letters; `word` has at most LONGEST letters of ASCII."""
    cdef _Code codes[_MOST_CODES]
    cdef int code
    cdef uint64_t native = _native_key(word, size)
    sound.count = 0
    sound.letters = _letters(word, size)
    for code in range(min(_codes(word, size, codes), 2)):
        if codes[code].size:
            _ask(sound, codes[code].hash, ~<uint32_t>0)
    if native:
        _ask(sound, native, ~_VOWELS)
    if _has_no_vowels(word, size):
        _ask(sound, _hash(c"-", word, size), ~_VOWELS)


cdef int _fine(const unsigned char *word, int size, unsigned char *out) noexcept nogil:
    """A word of at most LONGEST letters as it is compared with others, in `out` (2 * LONGEST); how many letters of it count, at most LONGEST."""
    cdef int at, count = 0
    cdef unsigned char char
    size = _respelled(word, size, out)
    for at in range(size):
        char = out[at]
        if char == c"c" and at + 1 < size and (out[at + 1] == c"e" or out[at + 1] == c"i" or out[at + 1] == c"y"):
            char = c"s"
        if _finer[char]:
            out[count] = _finer[char]
            count += 1
    return min(_once(out, count), LONGEST)


cdef void compare(const unsigned char *word, int size, Compared *out) noexcept nogil:
    """Make a word of at most LONGEST letters of ASCII ready to be compared with others."""
    cdef int at
    out.size = _fine(word, size, out.letters)
    memset(out.places, 0, sizeof(out.places))
    for at in range(out.size):
        out.places[out.letters[at]] |= <uint64_t>1 << at


cdef double _shared(const Compared *one, const unsigned char *two, int size) noexcept nogil:
    """The share of the letters of two words that are in both, in the same order (1 less the normalised Indel distance).

    Bit i of `rest` is 0 where the longest common part grows by letter i of the first word (Hyyro 2004).
    """
    cdef uint64_t rest = ~<uint64_t>0, here
    cdef int at, common = 0
    for at in range(size):
        here = rest & one.places[two[at]]
        rest = (rest + here) | (rest - here)
    for at in range(one.size):
        common += not rest >> at & 1
    return 2.0 * common / (one.size + size)


cdef double _jaro_winkler(const Compared *one, const unsigned char *two, int size) noexcept nogil:
    """Letters that two words have at about the same places; the first four count more (Winkler 1990)."""
    cdef unsigned char common[LONGEST]
    cdef uint64_t free = ~<uint64_t>0, around, here
    cdef int at, reach = max(max(one.size, size) // 2 - 1, 0), count = 0, place = 0, turned = 0, head = 0
    cdef double out
    for at in range(size):
        around = ~<uint64_t>0 >> (LONGEST - 1 - min(at + reach, LONGEST - 1)) & ~<uint64_t>0 << max(at - reach, 0)
        here = one.places[two[at]] & around & free
        if here:
            free &= ~(here & -here)
            common[count] = two[at]
            count += 1
    if not count:
        return 0.0
    for at in range(one.size):
        if not free >> at & 1:
            turned += common[place] != one.letters[at]
            place += 1
    out = (<double>count / one.size + <double>count / size + <double>(count - turned // 2) / count) / 3.0
    while head < min(min(one.size, size), _HEAD) and one.letters[head] == two[head]:
        head += 1
    return out + head * _HEAD_WEIGHT * (1.0 - out) if out > _HEAD_FROM else out


cdef bint is_like(const Compared *seen, const unsigned char *wanted, int size, double least) noexcept nogil:
    """Whether the likeness of a word to another one (`compared_letters`, at most LONGEST of them) is `least` or more."""
    if not seen.size or not size:
        return False
    # No more letters than the shorter word has can be in both.
    if 2.0 * min(seen.size, size) >= least * (seen.size + size) and _shared(seen, wanted, size) >= least:
        return True
    return _jaro_winkler(seen, wanted, size) >= least


cdef bint without_vowels(const unsigned char *seen, int size, const unsigned char *wanted, int other) noexcept nogil:
    """Whether a word is another one without its vowels but for one at its beginning."""
    cdef int at, count = 0
    for at in range(other):
        if not at or not _is_vowel(wanted[at]):
            if count == size or seen[count] != wanted[at]:
                return False
            count += 1
    return count == size


def alike(str seen, str wanted):
    """How much two words sound alike in Latin letters, 0..1, by their first LONGEST letters; 1 where one is the other without its vowels."""
    cdef Compared compared
    cdef bytes one = _ascii(seen), two = _ascii(wanted), letters = compared_letters(wanted)
    compare(one, <int>len(one), &compared)
    if without_vowels(one, <int>len(one), two, <int>len(two)):
        return 1.0
    if not compared.size or not letters:
        return 0.0
    return max(_jaro_winkler(&compared, letters, <int>len(letters)), _shared(&compared, letters, <int>len(letters)))


def compared_letters(str word):
    """The letters of a word as they are compared with those of others, at most LONGEST of ASCII."""
    cdef unsigned char out[2 * LONGEST]
    cdef bytes ascii = _ascii(word)
    return out[: _fine(ascii, <int>len(ascii), out)]


cdef bytes _ascii(str word):
    """A folded word in Latin letters, the first LONGEST of them."""
    return (word if word.isascii() else latin_form(word))[:LONGEST].encode()


def keys_of_text(str word):
    """Where a word of a text in Latin letters is looked up: (key, bits of the letters that are compared there)."""
    cdef Sound sound
    cdef bytes ascii = _ascii(word)
    hear(ascii, len(ascii), &sound)
    return [(sound.keys[key], sound.masks[key]) for key in range(sound.count)]


def letters_of(str word):
    """The set of letters that a word sounds with, as bits; a cheap first look at whether two words can be alike."""
    cdef bytes ascii = _ascii(word)
    return _letters(ascii, len(ascii))


def bare(str word):
    """A word without its vowels but for one at its beginning: `tylr` for Taylor."""
    return word[:1] + word[1:].translate(_NO_VOWELS)


def keys_of_name(str word):
    """What a word of a name is stored under: how it sounds, what is left without vowels, skeletons where it is in another script."""
    cdef _Code codes[_MOST_CODES]
    cdef bytes ascii = _ascii(word)
    cdef int count = _codes(ascii, len(ascii), codes)
    keys = [codes[code].hash for code in range(count) if codes[code].size]
    if not word.isascii():
        return keys + [hash_word(_NATIVE + bones) for bones in read(word)[0][:_MOST_READINGS]]
    return keys + [hash_word(_BARE + bare(word))] if bare(word) != word else keys
