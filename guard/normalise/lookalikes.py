"""Letters of other scripts that a reader takes for Latin ones. Written for this project from how the letters look."""

from guard.normalise.letters import folded

_BY_LETTER = {
    "a": "аɑαᴀꭺⲁǝ" , "b": "Ьƅьвβ", "c": "сϲⅽᴄꮯⲥς", "d": "ԁⅾժꭰ", "e": "еҽєεеⲉ℮ꬲ", "f": "ϝғքꞙẝ", "g": "ɡցǥԍ", "h": "һհḩհнₕ", "i": "іıɩιїⅰἰꙇ", "j": "јϳʝյ", "k": "κкⲕҝқ",
    "l": "ӏⅼӀןⵏ", "m": "мⅿᴍ", "n": "ոпηпռⲛи", "o": "оοօσᴏⲟ๐០೦օө०੦", "p": "рρⲣᴩþ", "q": "ԛգզ", "r": "гᴦꭇⲅя", "s": "ѕꜱꮪ", "t": "тτᴛⲧ", "u": "սυцμʋ", "v": "ѵνⅴᴠ",
    "w": "ԝѡωшщɯաᴡ", "x": "хχⅹⲭ", "y": "уүγყʏỿყ", "z": "ᴢꮓʐ",
    "A": "АΑᎪᗅꓮ", "B": "ВΒᏴᗷꓐ", "C": "СϹᏟⅭꓚ", "D": "ᎠᗞⅮꓓ", "E": "ЕΕᎬꓰЄ", "F": "ϜᖴꓝҒ", "G": "ԌᏀꓖ", "H": "НΗᎻᕼꓧ", "I": "ІΙӀⅠꓲ", "J": "ЈᎫᒍꓙ", "K": "КΚᏦꓗ", "L": "ᏞᒪⅬꓡ",
    "M": "МΜᎷⅯꓟ", "N": "ΝꓠИ", "O": "ОΟՕꓳⵔ", "P": "РΡᏢᑭꓑ", "Q": "Ԛⵕ", "R": "ᎡᏒᖇꓣЯ", "S": "ЅՏᏚꓢ", "T": "ТΤᎢꓔ", "U": "ՍᑌꓴЦ", "V": "ѴᏙⅤꓦ", "W": "ԜᎳꓪШЩ", "X": "ХΧⅩꓫ", "Y": "ҮΥУᎩꓬ",
    "Z": "ΖᏃꓜ",
}  # fmt: skip

# Each look-alike with the Latin letter it is taken for, less those that folding alone reads so.
LOOKALIKES = {
    char: letter
    for letter, chars in reversed(list(_BY_LETTER.items()))
    for char in reversed(chars)
    if ord(char) > 0x7F and folded(char) != letter.lower()
}
