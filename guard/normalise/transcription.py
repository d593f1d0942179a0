"""Letters of alphabets by the Latin letters that they are written for. Written for this project."""

_ROWS = (
    # Georgian, Armenian, runes
    ("a b g d e v z t i k l m n o p zh r s t u p k gh q sh ch ts dz ts ch kh j h", "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ"),
    ("a b g d e z e e t zh i l kh ts k h dz gh ch m y n sh o ch p j r s v t r ts v p k o f", "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ"),
    ("f u th a r k g w h n i j p y s t b e m l ng o d a a y", "ᚠᚢᚦᚨᚱᚲᚷᚹᚺᚾᛁᛃᛈᛇᛊᛏᛒᛖᛗᛚᛜᛟᛞᚪᚫᚤ"),
)
TRANSCRIPTION = {char: latin for latins, chars in _ROWS for latin, char in zip(latins.split(), chars, strict=True)}

# Cyrillic and Greek, for a word that stands beside one in Latin letters.
_BESIDE = (
    ("a b v g d e zh z i y k l m n o p r s t u f h ts ch sh shch y e yu ya e i i e g", "абвгдежзийклмнопрстуфхцчшщыэюяёіїєґ"),
    ("a b g d e z i th i k l m n x o p r s s t i f h ps o a e i i o i o", "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώ"),
)
BESIDE = {char: latin for latins, chars in _BESIDE for latin, char in zip(latins.split(), chars, strict=True)}
