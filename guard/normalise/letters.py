"""What one character becomes before names are compared, and which kind of letter it is.

`folded(char)` is the character without case, width, style and (in alphabets) marks; it is `""` for what a reader does not
see (zero-width, soft hyphen, combining strokes, tags, variation selectors) and `SEPARATOR` for everything that is neither
letter nor digit. It is a pure function of the Unicode database of the running Python; tables are made page by page on use.
"""

import re
import unicodedata
from enum import IntEnum
from functools import cache

SEPARATOR = " "


class Script(IntEnum):
    """How words are told apart in the writing a letter belongs to."""

    ALPHABET = 0
    HAN = 1
    HIRAGANA = 2
    KATAKANA = 3
    HANGUL = 4
    UNSPACED = 5
    DIGIT = 6
    SEMITIC = 7
    INDIC = 8


_RANGES: tuple[tuple[int, int, Script], ...] = (
    (0x0590, 0x08FF, Script.SEMITIC),
    (0x0900, 0x0DFF, Script.INDIC),
    (0x0E00, 0x0EFF, Script.UNSPACED),
    (0x0F00, 0x109F, Script.UNSPACED),
    (0x1100, 0x11FF, Script.HANGUL),
    (0x1780, 0x17FF, Script.UNSPACED),
    (0x3005, 0x3007, Script.HAN),
    (0x3041, 0x309F, Script.HIRAGANA),
    (0x30A0, 0x30FF, Script.KATAKANA),
    (0x3130, 0x318F, Script.HANGUL),
    (0x31F0, 0x31FF, Script.KATAKANA),
    (0x3400, 0x4DBF, Script.HAN),
    (0x4E00, 0x9FFF, Script.HAN),
    (0xAC00, 0xD7FF, Script.HANGUL),
    (0xF900, 0xFAFF, Script.HAN),
    (0xFB1D, 0xFDFF, Script.SEMITIC),
    (0xFE70, 0xFEFE, Script.SEMITIC),
    (0xFF66, 0xFF9F, Script.KATAKANA),
    (0xFFA0, 0xFFDC, Script.HANGUL),
    (0x20000, 0x323AF, Script.HAN),
)

# What a reader does not see, as a class of a regular expression.
UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Marks upon letters of alphabets, as another.
MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
# Apostrophes do not part words either: O'Brien is OBrien, and Swift's is Swift with an ending.
_IGNORABLE = re.compile(f"['\u2019\u02bc\u02bb\u05f3{UNSEEN}]")

# Marks that are letters of their script and stay: Indic and Southeast Asian signs, the voicing marks of kana.
_KEPT_MARKS = re.compile(
    "[\u0900-\u0dff\u0e31-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ebc\u0ec8-\u0ecd\u0f71-\u0f84\u1000-\u109f\u1780-\u17d3\u3099\u309a]"
)

# Letters that no decomposition takes apart.
_SPECIAL = {
    "æ": "ae", "œ": "oe", "ß": "ss", "þ": "th", "ð": "d", "đ": "d", "ø": "o", "ł": "l", "ħ": "h", "ı": "i", "ĸ": "k", "ŋ": "n", "ŧ": "t",
    "ƒ": "f", "ɑ": "a", "ɡ": "g", "ɩ": "i", "ʋ": "v", "ȷ": "j", "ə": "e", "ɛ": "e", "ɔ": "o", "ʃ": "s", "ʒ": "z", "ς": "σ",
    "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه", "ک": "ك", "ـ": "",
    "ך": "כ", "ם": "מ", "ן": "נ", "ף": "פ", "ץ": "צ", "ґ": "г", "є": "е", "і": "и", "ї": "и", "ў": "у", "ә": "а", "ө": "о", "ү": "у",
    "ﾞ": "\u3099", "ﾟ": "\u309a", "ゟ": "ヨリ", "ヿ": "コト", "ヶ": "ケ", "ヵ": "カ", "〆": SEPARATOR, "゛": "\u3099", "゜": "\u309a",
}  # fmt: skip

# Traditional (and some Japanese) forms of the characters that foreign and Chinese names use most, each before its simplified form.
_HAN_PAIRS = (
    "馬马東东車车長长門门問问間间開开關关闊阔達达運运過过進进遠远連连還还邁迈遲迟選选適适鄭郑鄧邓鄒邹葉叶蘇苏蘭兰藍蓝華华萊莱蔣蒋蕭萧薩萨蓋盖莫莫"
    "張张陳陈劉刘楊杨黃黄趙赵吳吴孫孙許许馮冯盧卢羅罗謝谢賴赖鐘钟鍾钟錢钱譚谭賈贾龍龙龐庞龔龚顧顾衛卫韓韩魯鲁鮑鲍鵬鹏鳳凤鳥鸟鷹鹰麗丽麥麦黨党齊齐齡龄"
    "貝贝負负財财貢贡費费賀贺資资賓宾賽赛贊赞賢贤質质贏赢維维納纳紐纽細细終终結结絡络給给統统絲丝經经綠绿緒绪線线編编緹缇縣县織织繼继續续紅红約约級级紀纪純纯紙纸"
    "爾尔爺爷爭争為为無无熱热燈灯營营牆墙獨独獲获獻献瑪玛環环璽玺瓊琼畢毕異异當当療疗發发盤盘眾众碼码確确禮礼禪禅種种稱称積积穩稳窮穷競竞筆笔節节範范築筑簡简簽签籃篮"
    "來来倫伦偉伟傑杰側侧備备傳传債债傷伤億亿儀仪優优儲储兒儿內内兩两冊册凱凯凍冻劃划劇剧劍剑動动務务勝胜勞劳勢势勵励區区協协單单卻却厲厉參参"
    "員员唄呗啟启喬乔喪丧嗎吗嘗尝噸吨嚴严國国圍围園园圓圆圖图團团執执堅坚場场塊块塔塔墨墨壇坛壓压壘垒壯壮壽寿夠够夢梦夾夹奧奥奪夺奮奋婁娄婦妇媽妈"
    "學学寧宁實实寫写審审寬宽專专尋寻對对導导屆届屬属岡冈島岛峽峡嶺岭巖岩帥帅師师帶带幣币幹干庫库廠厂廣广廳厅張张強强彈弹彌弥彎弯徑径從从復复徵征德德"
    "恆恒惡恶愛爱態态慶庆憂忧懷怀戰战戲戏戶户拋抛掃扫掛挂揚扬換换揮挥損损搖摇摩摩撥拨擁拥擇择擊击擔担據据數数斷断於于時时晉晋書书會会朧胧條条棄弃楓枫極极榮荣構构樂乐標标"
    "樓楼樣样橋桥機机權权歐欧歡欢歲岁歷历歸归殺杀氣气漢汉湯汤溫温滅灭滿满漁渔潔洁澤泽濟济濤涛瀾澜灣湾為为煙烟訊讯記记訓训設设評评詹詹詩诗話话語语誠诚說说課课調调論论諾诺"
    "諸诸謀谋講讲證证識识譯译議议護护讓让變变豐丰貓猫軍军軒轩輕轻輝辉輪轮輯辑轉转農农遜逊遺遗鄉乡釋释針针鈴铃銀银銅铜銘铭鋒锋鋼钢錄录鎮镇鏡镜鐵铁閃闪閉闭閔闵閱阅"
    "陣阵陰阴陸陆陽阳際际隨随險险隱隐雙双雜杂雞鸡離离難难雲云電电霧雾靈灵靜静頓顿頂顶順顺項项須须領领頭头題题額额願愿類类風风飛飞飯饭館馆駕驾駐驻騎骑騰腾驗验體体魚鱼澤泽沢泽"
    "亞亚亜亚乾干個个們们倆俩傢家價价儘尽勳勋卡卡吶呐哈哈喀喀嘍喽囉啰堯尧塞塞夏夏娜娜嬌娇岑岑廉廉彥彦徹彻惠惠慕慕捷捷擴扩攝摄敵敌晝昼楊杨榭榭欽钦歌歌泰泰淚泪滾滚灑洒燭烛爍烁玻玻"
)
HAN = {a: b for a, b in zip(_HAN_PAIRS[::2], _HAN_PAIRS[1::2], strict=True) if a != b}

_LETTER_NAME = re.compile(
    r"^(?:REGIONAL INDICATOR SYMBOL LETTER|(?:NEGATIVE |CROSSED |RAISED )?(?:CIRCLED|SQUARED|PARENTHESIZED) LATIN (?:CAPITAL|SMALL) LETTER"
    r"|LATIN (?:(?:CAPITAL|SMALL|MODIFIER) )?(?:LETTER )?(?:SMALL CAPITAL|CAPITAL|SMALL|TURNED|REVERSED|OPEN|DOTLESS|SIDEWAYS|STRETCHED|LONG)? ?)"
    r" ?([A-Z])(?: WITH [A-Z ]+)?$"
)


def script_of(char: str) -> Script:
    """The writing that `char` belongs to; ALPHABET for all that is not listed."""
    code = ord(char)
    for low, high, script in _RANGES:
        if low <= code <= high:
            return script
    return Script.DIGIT if char.isdecimal() else Script.ALPHABET


def _plain(char: str) -> str:
    """`char`, itself a result of NFKC and case folding, without the marks of its alphabet."""
    if char in _SPECIAL:
        return _SPECIAL[char]
    if char in HAN:
        return HAN[char]
    code = ord(char)
    if 0x3041 <= code <= 0x3096:
        return chr(code + 0x60)
    if 0xAC00 <= code <= 0xD7A3 or 0x30A1 <= code <= 0x30FA or 0x30FC <= code <= 0x30FE or _KEPT_MARKS.match(char):
        return char
    kind = unicodedata.category(char)
    if kind[0] == "M":
        return ""
    if kind[0] == "N":
        value = unicodedata.digit(char, None)
        return str(value) if value is not None else char
    if kind[0] != "L":
        return SEPARATOR
    base = unicodedata.normalize("NFD", char)[0]
    return _SPECIAL.get(base, HAN.get(base, base))


@cache
def folded(char: str) -> str:
    """What `char` is compared as: `""` when a reader does not see it, SEPARATOR when it parts words, else its letters."""
    if _IGNORABLE.match(char):
        return ""
    kind = unicodedata.category(char)
    if kind in {"Cs", "Co", "Cn", "Cc"}:
        return SEPARATOR
    if kind[0] == "M" and not _KEPT_MARKS.match(char):
        return ""
    wide = unicodedata.normalize("NFKC", char)
    letters = [_plain(part) for part in wide.casefold()]
    if wide == char and not any(letter.strip() for letter in letters):
        named = _LETTER_NAME.match(unicodedata.name(char, ""))
        if named:
            return named.group(1).lower()
    if wide == char and len(letters) == 1 and ord(char) > 0x17F and unicodedata.category(char)[0] == "L":
        named = _LETTER_NAME.match(unicodedata.name(char, ""))
        if named:
            return named.group(1).lower()
    kept = "".join(letters).replace(SEPARATOR, "")
    return kept or (SEPARATOR if SEPARATOR in letters else "")


class _Table(dict[int, str]):
    """For `str.translate`: filled with the characters that were met."""

    def __missing__(self, code: int) -> str:
        letters = self[code] = folded(chr(code))
        return letters


_TABLE = _Table()


def fold_text(text: str) -> str:
    """`text` folded as a string: words of letters and digits, one space between them (no camel-case or script breaks)."""
    letters = text.lower() if text.isascii() else unicodedata.normalize("NFC", text)
    return " ".join(letters.translate(_TABLE).split())


def trailing_marks(text: str, end: int) -> int:
    """`end` moved behind the combining marks that belong to the letter before it (at most 64)."""
    stop = min(len(text), end + 64)
    while end < stop and unicodedata.category(text[end])[0] == "M":
        end += 1
    return end
