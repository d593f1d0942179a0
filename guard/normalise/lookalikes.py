"""Letters of other scripts that a reader takes for Latin ones. Written for this project from how the letters look."""

from unicodedata import normalize

from guard.normalise.letters import folded

_BY_LETTER = {
    "a": "аɑαᴀꭺⲁǝ₳ѧ" , "b": "Ьƅьвβ฿", "c": "сϲⅽᴄꮯⲥς₵", "d": "ԁⅾժꭰ∂", "e": "еҽєεеⲉ℮ꬲ", "f": "ϝғքꞙẝ₣", "g": "ɡցǥԍ₲", "h": "һհḩհнₕ", "i": "іıɩιїⅰἰꙇ", "j": "јϳʝյנ", "k": "κкⲕҝқ₭",
    "l": "ӏⅼӀןⵏ", "m": "мⅿᴍ₥", "n": "ոпηпռⲛи₦", "o": "оοօσᴏⲟ๐០೦օө०੦⭕", "p": "рρⲣᴩþ₱", "q": "ԛգզ", "r": "гᴦꭇⲅя", "s": "ѕꜱꮪ₴💲", "t": "тτᴛⲧ₮†✝", "u": "սυцμʋ", "v": "ѵνⅴᴠ",
    "w": "ԝѡωшщɯաᴡ₩", "x": "хχⅹⲭ❌✖Ӿ", "y": "уүγყʏỿყ", "z": "ᴢꮓʐ",
    "A": "АΑᎪᗅꓮДΛΔᗩ", "B": "ВΒᏴᗷꓐБ", "C": "СϹᏟⅭꓚᑕ", "D": "ᎠᗞⅮꓓ", "E": "ЕΕᎬꓰЄΞΣ", "F": "ϜᖴꓝҒᖴ", "G": "ԌᏀꓖ", "H": "НΗᎻᕼꓧ", "I": "ІΙӀⅠꓲ", "J": "ЈᎫᒍꓙ", "K": "КΚᏦꓗ", "L": "ᏞᒪⅬꓡ",
    "M": "МΜᎷⅯꓟᗰ", "N": "ΝꓠИПᏁᑎ", "O": "ОΟՕꓳⵔΘΦФᎾ", "P": "РΡᏢᑭꓑ", "Q": "Ԛⵕᑫ", "R": "ᎡᏒᖇꓣЯ", "S": "ЅՏᏚꓢᔕ", "T": "ТΤᎢꓔ", "U": "ՍᑌꓴЦᏌ", "V": "ѴᏙⅤꓦᐯ", "W": "ԜᎳꓪШЩᗯ", "X": "ХΧⅩꓫЖ᙭", "Y": "ҮΥУᎩꓬЧ",
    "Z": "ΖᏃꓜ",
}  # fmt: skip

# The same for letters and signs that few fonts show, by code point; which they are is told by Unicode's list of confusable characters (UTS 39).
_RARE = """
a 237A; b 0184 13CF 1472 15AF; c 1043D; d 13E7 146F A4D2; f AB35; g 018D; h 13C2; i 02DB 2373 037A AB75 13A5 118C3; l 2223 23FD 06F1
10320 0196 01C0 2C92 16C1 16F28 1028A 10309; o 0C02 0C82 0D02 0D82 0AE6 0BE6 0C66 0D66 0ED0 1040 06F5 AB3D 10FF 0D20 101D 104EA 118C8
118D7 1042C; p 2374; r AB48 AB81; s 01BD 118C1 10448; u A79F 104F6 118D8; v 2228 22C1 11706 ABA9 118C0; w 1170A 1170E 1170F AB83; x 166E
292B 292C 2A2F 1541 157D; y 0263 1D8C 118DC; z 118C4; A 16F40 102A0; B A7B4 10282 102A1 10301; C 1F74C 118F2 118E9 2CA4 102A2 10302
10415 1051C; D 15EA; E 22FF 2D39 118A6 118AE 10286; F 1D213 118C2 118A2 10287 102A5 10525; G 13F3; H 2C8E 102CF; J A7B2 037F; K 2C94
16D5 10518; L 1D22A 2CD0 16F16 118A3 118B2 1041B 10526; M 03FA 2C98 15F0 16D6 102B0 10311; N 2C9A 10513; O 09E6 0B66 3007 114D0 118E0
2C9E 12D0 0B20 104C2 118B5 10292 102AB 10404 10516; P 2CA2 10295; R 1D216 01A6 104B4 16F35; S 13D5 16F3A 10296 10420; T 22A4 27D9 1F768
2CA6 16F0A 118BC 10297 102B1 10315; U 222A 22C3 1200 104CE 16F42 118B8; V 1D20D 06F7 2D38 142F A6DF 16F08 118A0 1051D; W 118EF 118E6
13D4; X 166D 2573 10322 118EC A7B3 2CAC 2D5D 16B7 10290 102B4 10317 10527; Y 2CA8 13BD 16F43 118A4 102B2; Z 102F5 118E5 118A9
"""
_ALL = dict(_BY_LETTER)
for _letter, *_codes in map(str.split, _RARE.split(";")):
    _ALL[_letter] += "".join(chr(int(code, 16)) for code in _codes)
# Greek letters and digits in mathematical styles look like their plain forms.
_PLAIN = {char: letter for letter, chars in reversed(_ALL.items()) for char in reversed(chars)} | {"0": "o", "1": "l"}
_STYLED = {chr(code): _PLAIN.get(normalize("NFKC", chr(code)), "") for code in (*range(0x1D6A8, 0x1D800), *range(0x1FBF0, 0x1FBF2))}

# Letters of writings that have nothing to do with Latin, in alphabets that programs offer as fonts: taken so only in words of nothing else.
_FONTS = (
    ("abcdefghijklmnopqrstuvwxyz", "卂乃匚ᗪ乇千Ꮆ卄丨ﾌҜㄥ爪几ㄖ卩Ɋ尺丂ㄒㄩᐯ山乂ㄚ乙"),
    ("abefhijklmnprstxyz", "ﾑ乃乇ｷんﾉﾌズﾚﾶ刀ｱ尺丂ｲﾒﾘ乙"),
    ("abcdefghijklmnopqrstuvwxyz", "คც८ძ૯Բ૭ҺɿʆқՆɱՈ૦ƿҩՐς੮υ౮ω૪עઽ"),
    ("abcdefghijklmnopqrstuvwxyz", "ꍏꌃꉓꀸꍟꎇꁅꃅꀤꀭꀘ꒒ꂵꈤꂦꉣꆰꋪꌗ꓄ꀎꃴꅏꊼꌩꁴ"),
    ("abcdefghijklmnopqrstuvwxyz", "ꋬꃳꉔꂟꏂꊰꍌꁝ꒐꒻ꀘ꒒ꂵꋊꄲꉣꆰꋪꇙ꓄꒤꒦ꅐꉧꌦꁴ"),
)
FANCY = {char: letter for letters, chars in _FONTS for letter, char in zip(letters, chars, strict=True)}

# Each look-alike with the Latin letter it is taken for, less those that folding alone reads so.
LOOKALIKES = {
    char: letter
    for char, letter in (_STYLED | {char: letter for char, letter in _PLAIN.items() if len(char) == 1}).items()
    if letter and ord(char) > 0x7F and folded(char) != letter.lower()
}
