"""What stands around a mention: does it speak of depicting a person, of a style, of a text, or of a thing with that name?

Everything here looks at the text as it was sent, and only where a name was found.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from guard.match.names.given import PARTICLES
from guard.match.names.strength import EVERYDAY_ZIPF as _EVERYDAY
from guard.match.names.strength import FUNCTION_ZIPF as _FUNCTION_WORD
from guard.match.names.strength import ORDINARY_ZIPF as _ORDINARY
from guard.types import Role, Strength

_BEFORE, _AFTER = 80, 48


def phrases_of(listed: str) -> list[str]:
    """The phrases of one of these lists."""
    return [part.strip() for part in listed.replace("\n", "|").split("|") if part.strip()]


def _any(phrases: str, *, backwards: bool = False) -> str:
    """An alternation of the phrases (parted by `|`), longest first, spaces matching any run of white space."""
    parts = sorted(phrases_of(phrases), key=len, reverse=True)
    return "(?:" + "|".join(re.escape(part[::-1] if backwards else part).replace(r"\ ", r"\s+") for part in parts) + ")"


# Each list by language: en de fr es pt it nl sv pl tr ru vi id; hi ar he; zh ja ko th. Before the name.
_STYLE_BEFORE = (
    """
gemalt wie von|wie von|a lo|al modo de|à maneira de|à la manière de|gaya lukisan|stil:|style:|stile:|estilo:|стиль:|in the style of|in style of|style of|in the manner of|in the spirit of|inspired by|influenced by|reminiscent of the work of|homage to|a la|à la|shot by|photographed by|photograph by|photography by|photo by|photos by|painted by|painting by
drawn by|illustrated by|illustration by|art by|artwork by|directed by|designed by|design by|sculpture by|sculpted by|film by|a film of|works of|work of|paintings of|signature style of|aesthetic of|technique of|cinematography by|cinematography of|lens of|through the lens of|as if by
im stil von|im stile von|nach art von|inspiriert von|fotografiert von|gemalt von|à la manière de|dans le style de|dans le style d'|inspiré de|inspiré par|inspirée par|photographié par|peint par|au style de|façon
al estilo de|en el estilo de|estilo de|inspirado en|inspirada en|inspirado por|a la manera de|fotografiado por|fotografía de estilo|pintado por|no estilo de|ao estilo de|à moda de|inspirado em|inspirada em|fotografado por|pintado por
nello stile di|in stile|alla maniera di|stile di|ispirato a|ispirata a|fotografato da|dipinto da|scattata da|in de stijl van|geïnspireerd door|gefotografeerd door|i stil med|i stilen av|inspirerad av|w stylu|inspirowany przez|namalowany przez
в стиле|в духе|вдохновлено|в манере|снято|фотограф|theo phong cách của|theo phong cách|phong cách của|phong cách|lấy cảm hứng từ|chụp bởi|dengan gaya|bergaya|gaya|terinspirasi oleh
की शैली में|से प्रेरित|بأسلوب|على طريقة|مستوحى من|مستوحاة من|بعدسة|בסגנון|בהשראת|仿|模仿|致敬|สไตล์ของ|ในสไตล์ของ|สไตล์|ถ่ายโดย|แรงบันดาลใจจาก
"""
    + "|στο στυλ του|στο στυλ της|σε στυλ|estilo|stile|kiểu|illuminazione alla|fotografia alla|moda alla|éclairage à la|beleuchtung nach|in the tradition of|style like|stil wie bei|stil wie|estilo como|im geiste von|στο ύφος του|masters like|masters such as|artists like|artists such as|photographers like|photographers such as|painters like|painters such as|directors like|directors such as|meistern wie|künstlern wie|maîtres comme|artistes comme|maestros como|artistas como|maestri come|artisti come|mestres como|bậc thầy như|nghệ sĩ như|мастеров как|художников как"
)
_STYLE_AFTER = """
style|styled|'s style|mood|vibe|vibes|stimmung|stämning|architecture|interiors|inspired|-inspired|-style|-esque|esque|aesthetic|'s aesthetic|painting|paintings|palette|-like brushwork|brushwork|vibe photography|photography|signature style|stil|stilinde|tarzında|tarzı|tarzıyla|'in tarzında|üslubunda|ilhamlı|stili
's masterpiece|'s masterpieces|'s brushwork|'s painting|'s paintings|'s technique|ışıklandırması|灯光|燈光|光影|ライティング|조명
की शैली|शैली|से प्रेरित|风格|風格|式风格|的风格|的風格|画风|畫風|式的|作风|スタイル|風|のスタイル|の作風|作風|の画風|風の|에게서 영감|에서 영감|스타일|풍|의 스타일|풍의|화풍
"""
_ATTRIBUTION_BEFORE = """
quote by|quote from|quotes by|a quote by|words of|words by|said by|saying by|written by|author|author:|authored by|text by|story by|lyrics by|music by|song by|poem by|book by|novel by|credit|credit:|credits:|credits|credit to|courtesy of|copyright|©|(c)|signed|signature of|signed by|attributed to|source:
caption|labeled|labelled|label|titled|title|titled:|title:|the text|text|text:|text reading|reading|reads|that says|saying|headline|headline:|subtitle|name tag|nameplate|written|the words|the name|byline|by-line|byline:|narrated by|voiced by|presented by|produced by|published by|speaker:|host:|username|handle|tweet by|tweet from|post by|edited by|translated by|via|from the book by|cited by
zitat von|geschrieben von|text von|autor|autor:|buch von|unterschrift|citation de|écrit par|auteur|auteur :|texte de|livre de|cita de|frase de|escrito por|autora|texto de|libro de|firma de|citação de|livro de|citazione di|scritto da|autore|testo di|libro di|citaat van|geschreven door|citat av|skriven av|cytat|napisany przez|autorstwa
цитата|цитатой|цитаты|цитату|câu nói của|автор|текст|слова|книга|trích dẫn của|viết bởi|tác giả|lời của|kutipan dari|ditulis oleh|penulis|alıntı|yazan|yazar|söz|का उद्धरण|लेखक|اقتباس من|بقلم|كتبه|ציטוט של|מאת|作者|署名|文字|标题|標題|著者|文|作|引用|名言|글|저자|คำพูดของ|เขียนโดย|ผู้เขียน
"""
_ATTRIBUTION_AFTER = """
'nin bir sözü|'in bir sözü|'un bir sözü|'ın bir sözü|bir sözü|quote|quotes|once said|said|says|wrote|quotation|'s quote|'s words|'s book|'s novel|'s poem|sözü|alıntısı|der ki|yazısı|का कथन|曰|说过|說過|名言|的名言|的话|の言葉|の名言|と言った|著|作|의 명언|명언|의 말|저
"""
_THING_AFTER = """
hotel|hotels|tower|towers|award|awards|prize|prizes|trophy|medal|jersey|jerseys|street|st.|avenue|ave|road|boulevard|blvd|airport|stadium|arena|museum|foundation|university|college|school|park|bridge|center|centre|building|hall|house|library|hospital|clinic|institute|station|square|plaza|theater|theatre|memorial|monument|island|lake|river|mountain|mount|valley|beach|bay
perfume|fragrance|cologne|shoes|sneakers|boots|sunglasses|watch|handbag|bag|shirt|t-shirt|tee|hoodie|cap|merch|merchandise|vinyl|album|albums|cd|record|records|song|songs|lyrics|logo|brand|store|shop|restaurant|cafe|grill|bar|winery|vineyard|wine|whiskey|vodka|tequila|lager|beer|ale|stout|cocktail|mocktail|telescope|space telescope|glacier|strait|falls|spaniel|scholarship|fund|act|law|bill|doctrine|theorem|equation|effect|syndrome|disease|unit|telescope|rover|ship|class|cup|league|invitational|classic|tournament|golf course|racing|motors|car|cars|guitar|guitars|amp|piano
book|books|novel|novels|biography|podcast|playlist|account|fan club|fanclub|website|chair|lamp|furniture|collection|line|gymnasium|gym|court|field|stadion|flughafen|straße|strasse|platz|preis|turm|brücke|museum|stiftung|schule|universität|haus|trikot
otel|oteli|caddesi|sokağı|havalimanı|stadyumu|müzesi|ödülü|köprüsü|kulesi|üniversitesi|vakfı|forması|hastanesi|parkı|होटल|पुरस्कार|हवाई अड्डा|स्टेडियम|मार्ग|酒店|大厦|大樓|奖|獎|机场|機場|球衣|街|大街|大道|体育馆|博物馆|基金会|大学|大學|桥|塔|号|ホテル|タワー|賞|空港|通り|スタジアム|博物館|記念館|財団|大学|橋|駅|호텔|타워|상|공항|거리|경기장|박물관|기념관|재단|대학교|대학|다리|유니폼
garden|concert hall|crater|ward|wing|day|middle school|high school|elementary school|primary school|public school|metro station|subway station
lipstick|lipsticks|mascara|makeup palette|make-up palette|scented candle|candle|candles|trunk|luggage|suitcase|wallet|packaging|bottle|bottles|boutique|storefront|store front|shop window|showroom|flagship|headquarters|factory|tractor|tractors
diamond ring|jewelry|jewellery|polo shirt|polo shirts|jeans patch|wedding dress on a mannequin|dress on a mannequin|gown on a mannequin|suit on a mannequin|on a mannequin|cake mix|sauce|ketchup|cookies|bourbon|font|poster font|typeface|theme park|world castle|world resort|corporation|& sons|and sons
& co|bros|highway|expressway|parkway|freeway|'s route|terminal|coil|car museum|electric car
parfum|düfte|lippenstift|koffer|handtasche|flasche|schmuck|möbel|sac à main|rouge à lèvres|bougie|bouteille|bijoux|bolso|perfume de|botella|joyas|borsa|profumo|bottiglia|gioielli|bolsa|garrafa|joias|口红|香水|手袋|包装|瓶|ブティック|香水の|バッグ|口紅|향수|핸드백|립스틱|духи|сумка|помада
hôpital|krankenhaus|gymnasium|klinik|kirche|allee|weg|ziekenhuis|plein|laan|lisesi|okulu|anadolu lisesi|病院|学校|小学校|高校|病院の|医院|学校|병원|학교|स्कूल|अस्पताल|विद्यालय
"""
_THING_BEFORE = """
hotel|hotel de|hôtel|hôpital|clinique|collège|station de métro|métro|estación de metro|colegio|instituto|el hospital|un hospital|o hospital|um hospital|colégio|liceo|ospedale|istituto|stazione|rue|avenue|boulevard|place|aéroport|stade|musée|prix|fondation|université|lycée|école|pont|tour|calle|avenida|plaza|aeropuerto|estadio|museo|premio|fundación|universidad|escuela|puente|torre|rua|praça|aeroporto|estádio|museu|prêmio|fundação|universidade|escola|ponte|via|piazza|stadio|fondazione|università|scuola|corso|viale
lake|mount|mt.|fort|port|cape|uss|hms|szpital im.|szpital imienia|szkoła im.|im.|imienia|больница|школа|больница имени|bệnh viện|trường|rumah sakit|sekolah|مستشفى|مدرسة|בית ספר|בית חולים|ulica|ul.|plac|aleja|lotnisko|stadion|muzeum|nagroda|улица|проспект|площадь|аэропорт|стадион|музей|премия|имени|им.|đường|sân bay|giải thưởng|bảo tàng|khách sạn|jalan|bandara|فندق|شارع|مطار|ملعب|جائزة|متحف|برج|جامعة|מלון|רחוב|שדה התעופה|אצטדיון|פרס|מוזיאון|מגדל|โรงแรม|ถนน|สนามบิน|รางวัล|พิพิธภัณฑ์|bottle of|bottles of|can of|cans of|jar of|box of|pack of|packet of|label of|logo of|logo for|tractor by|chair by|sofa by|lamp by|furniture by|watch by|jewelry by|jewellery by|handbag by|bag by|sneakers by|boots by|heels by|gown by|dress by|suit by|coat by|jacket by|jeans by|sunglasses by|lipstick by|makeup by|candle by|fragrance by|whisky by|whiskey by|flasche|flacon de|bouteille de|botella de|bottiglia di|garrafa de|бутылка|jersey of|shoes by|perfume by|named after|dedicated to
"""
CUE_BEFORE = """
photo of|photos of|photograph of|photographs of|picture of|pictures of|image of|images of|portrait of|portraits of|selfie of|selfie with|headshot of|close-up of|closeup of|shot of|painting of|drawing of|sketch of|illustration of|render of|rendering of|caricature of|cartoon of|statue of|sculpture of|figurine of|poster of|depicting|depiction of|featuring|starring|face of|likeness of
looks like|look like|looking like|resembling|resembles|similar to|lookalike of|body of|head of|dressed as|disguised as|as|with|and|of|meets|meeting|hugging|kissing|beside|next to|behind|actor|actress|singer|rapper|president|senator|politician|celebrity|model|player|footballer|star|king|queen|prince|princess|pope|ceo|founder|billionaire|comedian|director|artist|musician|mr|mr.|mrs|mrs.|ms|ms.|dr|dr.|sir|lady|the real|famous|show|draw|paint|generate|create|make|render|imagine|depict|put|add|replace|swap|named|called|person named|<lora|<lyco|<lycoris|embedding
foto von|bild von|porträt von|porträt|zeichnung von|gemälde von|schauspieler|schauspielerin|sänger|sängerin|präsident|sieht aus wie|aussieht wie|mit|photo de|photo d'|portrait de|portrait d'|image de|dessin de|acteur|actrice|chanteur|chanteuse|président|ressemble à|ressemblant à|avec|foto de|fotografía de|retrato de|imagen de|dibujo de|el actor|la actriz|el cantante|la cantante|presidente|se parece a|parecido a|con|imagem de|desenho de|ator|atriz|cantor|cantora|parecido com|parece com|com
foto di|fotografia di|ritratto di|immagine di|disegno di|attore|attrice|cantante|assomiglia a|che somiglia a|foto van|portret van|afbeelding van|lijkt op|met|bild på|foto av|porträtt av|zdjęcie|portret|obraz|aktor|aktorka|piosenkarka|z|фото|фотография|портрет|изображение|рисунок|картинка|актер|актриса|певица|певец|президент|похож на|похожая на|с|ảnh của|ảnh|chân dung của|chân dung|hình ảnh của|bức ảnh của|ca sĩ|diễn viên|tổng thống|giống|foto|potret|gambar|penyanyi|aktris|presiden|mirip
fotoğrafı|portresi|resmi|oyuncu|şarkıcı|başkan|benzeyen|की तस्वीर|की फोटो|का चित्र|अभिनेता|अभिनेत्री|गायक|صورة|صور|صورة واقعية ل|بورتريه|رسم|ارسم|لوحة|سيلفي مع|الممثل|الممثلة|المغني|المغنية|الرئيس|يشبه|תמונה של|תמונת|תמונה ריאליסטית של|צייר את|ציירי את|סלפי עם|ציור של|פורטרט של|השחקן|השחקנית|הזמר|הזמרת|הנשיא|דומה ל|照片|肖像|演员|演員|歌手|总统|總統|明星|像|画|畫|俳優|女優|歌手|大統領|배우|가수|대통령|ภาพของ|ภาพ|รูปของ|รูป|ภาพถ่ายของ|ภาพเหมือนของ|วาดรูป|วาด|ดารา|นักร้อง|นักแสดง
φωτογραφία του|ছবি|প্রতিকৃতি|ছবি আঁকো|ফটো|చిత్రం|ఫోటో|படம்|ფოტო|პორტრეტი|სურათი|დახატე|լուսանկար|դիմանկար|նկար|նկարիր|φωτογραφία της|πορτρέτο του|πορτρέτο της|εικόνα του|εικόνα της
"""
CUE_AFTER = """
's face|' face|'s portrait|'s likeness|'s body|'s head|face|portrait|lookalike|look-alike|look alike|deepfake|selfie|is|was|wearing|dressed|standing|sitting|holding|smiling|walking|riding|dancing|singing|eating|eats|drinks|rides|laughs|laughing|on a|on the|from the|drinking|playing|running|posing|reading|writing|directing|cooking|swimming|driving|flying|fighting|crying|sleeping|working|talking|laughing|jumping|waving|pointing|kneeling|surfing|skiing|shopping|praying|typing|screaming|cosplaying|performing|speaking|waiting|cycling|skateboarding|selfie|looking|hugging|kissing|as a|as an|as the|in a|in an|at the|on the|with a|wears|holds|stands|sits
's photo|photo|'un yüzü|'nin fotoğrafı|nin fotoğrafı|'in fotoğrafı|fotoğrafı|portresi|yüzü|की तस्वीर|का चित्र|का फोटो|की फोटो|चा फोटो|चे चित्र|ছবি|এর ছবি|একটি ছবি|প্রতিকৃতি|ನ ಫೋಟೋ|ಫೋಟೋ|ಚಿತ್ರ|ఫోటో|చిత్రం|చిత్రపటం|படம்|புகைப்படம்|ഫോട്ടോ|ചിത്രം|નો ફોટો|ની તસવીર|નું ચિત્ર|ਦੀ ਤਸਵੀਰ|ਦੀ ਫੋਟੋ|ფოტო|პორტრეტი|სურათი|լուսանկար|լուսանկարը|դիմանկար|դիմանկարը|նկար|նկարը|的照片|的肖像|的脸|的臉|照片|肖像|穿着|坐在|站在|の写真|の肖像|の顔|が|さん|氏|の絵|の似顔絵|の油絵|の画像|のイラスト|の実写|の笑顔|の姿|の白黒写真|の子供|を描い|を描く|と一緒|に似|의 사진|사진|셀카|그림|이미지|실사|모습|캐리커처|일러스트|얼굴|초상화|흑백 사진|의 얼굴|의 초상|초상|씨|की मुस्कुराती|की असली|की पेंटिंग|का पोर्ट्रेट|का स्केच|का कार्टून|की सेल्फी|पहने हुए|के चेहरे
"""
# Cues that stand before a name only by themselves say little; these need a capital or a rare name.
_FUNCTION = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "in",
        "on",
        "at",
        "by",
        "to",
        "for",
        "and",
        "or",
        "as",
        "with",
        "from",
        "is",
        "are",
        "was",
        "will",
        "be",
        "this",
        "that",
        "it",
        "its",
        "into",
        "over",
        "under",
        "off",
        "up",
        "down",
        "out",
    ]
)


# Words of a name that have no capital in a sentence.
_SMALL = PARTICLES | {"the", "of", "and"}


class Surroundings(NamedTuple):
    """The text just before and after a mention, in lower case, and how the mention itself is written; `titled`: the word behind it has a capital."""

    before: str
    after: str
    text: str
    capitals: bool
    shouting: bool
    titled: bool = True


def surroundings(text: str, start: int, end: int) -> Surroundings:
    """What stands around `text[start:end]`."""
    mention, before, after = text[start:end], text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]
    words = [word for word in mention.split() if word not in _SMALL] or mention.split()
    capitals = bool(words) and not any(word[0].islower() for word in words)
    return Surroundings(
        before.lower(), after.lower(), mention, capitals, _shouting(before + mention + after), _TITLED.match(after) is not None
    )


def _shouting(window: str) -> bool:
    upper = 0 if window.islower() else sum(map(str.isupper, window))
    return upper > 0 and upper > 0.6 * sum(map(str.isalpha, window))


_TITLED = re.compile(r"[^\w\n]{0,3}[^\W\d_a-zà-ÿ]")


# Words that may stand between what leads to a name and the name.
FILLERS = "the|a|an|der|die|das|el|la|le|il|photographer|artist|painter|director|filmmaker|late|great|legendary|famous"
# What stands between such words and the name. It and the words are read backwards from the name, so that they are tried in one place only.
_TAIL = rf"\n?[\"'“«「『(]?(?:\s+{_any(FILLERS, backwards=True)})?[\s\"'“”‘’«»「『(\[:：,*_`@#-]*"
_HEAD = r"[\s\"'’”»」』)\]*_`-]*(?:'s|’s|s')?\s*"
_EDGE = r"(?:(?![^\W_])|(?=[\u0e00-\u0eff\u3040-\u9fff\uac00-\ud7af]))"

# A credit as the key of a field: `artist: "..."`, `name="photographer" default="..."`.
_CREDIT = re.compile(
    r"(?<![^\W_])(?:artist[ae]?|photographer|director|designer|painter|illustrator|cinematographer|fotograf[oa]?|künstler|sanatçı|художник|фотограф|艺术家|アーティスト|작가)"
    r"[\"'”]?\s?(?:default\s?)?[:=：]\s?[\"'“]?$"
)


# One of two names: a style asked for in the words around the other one is asked for here too ("in the style of A or B").
_NAME = r"[^\W\d_][\w.'’-]*(?:[ ·・][^\W\d_][\w.'’-]*){0,3}"
_ORS = tuple(phrases_of("or|oder|ou|o|u|of|eller|lub|veya|или|hoặc|atau|या|או|أو|หรือ|或者|或|や|또는"))
_OR = rf"\s*(?<![^\W_])(?:{'|'.join(_ORS)})(?![^\W_])\s*"


# "in a fashion photography style like A".
_STYLE_LIKE = re.compile(
    r"(?<![^\W_])(?:style|stil|estilo|stile|phong cách|gaya|стиле|สไตล์\w*)(?:\s+[\w-]+){0,5}\s*(?:like|wie|como|comme|come|như|giống như|seperti|как|แบบ|แบบเดียวกับ)\s+$"
)


@cache
def _style_of_either() -> tuple[re.Pattern[str], re.Pattern[str]]:
    before = re.compile(rf"(?<![^\W_]){_any(_STYLE_BEFORE)}\s+(?:(?:bei|with|como|with that of)\s+)?{_NAME}{_OR}$")
    after = re.compile(rf"^{_OR}{_NAME}[\s'’]*{_any(_STYLE_AFTER)}")
    return before, after


def _in_style(around: Surroundings) -> bool:
    if _STYLE_LIKE.search(around.before):
        return True
    before, after = _style_of_either()
    second = around.before.rstrip().endswith(_ORS)
    return (second and before.search(around.before) is not None) or after.match(around.after) is not None


_LISTS = {
    "style<": _STYLE_BEFORE, "style>": _STYLE_AFTER, "attribution<": _ATTRIBUTION_BEFORE, "attribution>": _ATTRIBUTION_AFTER,
    "thing<": _THING_BEFORE, "thing>": _THING_AFTER, "cue<": CUE_BEFORE, "cue>": CUE_AFTER,
    # Before a single name "of" alone says as little: the organ of Corti.
    "cue of one<": "|".join(phrase for phrase in phrases_of(CUE_BEFORE) if phrase != "of"),
}  # fmt: skip


@cache
def _pattern(name: str) -> re.Pattern[str]:
    backwards = name.endswith("<")
    return re.compile((_TAIL if backwards else _HEAD) + _any(_LISTS[name], backwards=backwards) + _EDGE)


def prepare() -> None:
    """Compile what the first mention would wait for otherwise (30 ms, once)."""
    _style_of_either()
    for name in _LISTS:
        _pattern(name)


# After two ordinary words in small letters this makes the second one a verb: "will smith the iron".
_OBJECT = re.compile(r"^\s+(?:the|an?|his|her|its|their|my|your|this|that)\s")


# Two words in small letters of which the second is what somebody climbs: "chris rock climbing in the alps".
_CLIMBED = re.compile(r"(?<=\s)(?:rock|stone|cliff|hill|wall|ice|tree|mountain)s?$")
_CLIMBING = re.compile(r"^\s+(?:climbing|climbers?|climbs|formations?|walls?)(?![^\W_])")
# Whoever is spoken of so is shown, whatever stands beside the name.
_SHOWN = re.compile(r"(?<![^\W_])(?:she|he|her|his|him|face|smil\w+|posing|poses|portraits?|selfies?|headshots?)(?![^\W_])")
# Behind a single name: it is part of a term (`Reed-Sternberg cells`), or what it owns is shown (`Schrödinger's cat`), unless that is part of the person.
_PART_OF_A_TERM = re.compile(
    r"^[-–‑](?!(?:style|like|look|inspired|esque)(?![^\W_]))[^\W\d_]"
    r"|^['’]s?\s(?!(?:\w+\s)?(?:face|portrait|likeness|body|head|photo|hair|eyes|look|selfie|smile|mugshot|picture|image|concert|outfit|dress|wedding|performance)e?s?(?![^\W_]))[^\W\d_]"
)
# A word that names a kind of place in one language and is a verb in English, and what follows the person then: "place jane doe on a horse".
_PUT = re.compile(r"(?<![^\W_])(?:place|mount|stage|tour|port)\s+$")
_PUT_WHERE = re.compile(
    r"^\s+(?:on|in|at|into|onto|next|beside|behind|near|inside|under|over|with|against|among|between|as|wearing|holding|sitting|standing)(?![^\W_])"
)
# Somebody who paints something is shown; so is whoever a text begins with that tells what they do.
_AT_WORK = re.compile(r"^\s+(?:painting|photography)\s+(?:an?|the|his|her|their|some|session|shoot)(?![^\W_])")
_DOING = re.compile(
    r"^\s+(?:wearing|dressed|standing|sitting|holding|smiling|walking|riding|dancing|singing|eating|drinking|running|posing|looking|hugging|kissing|playing)(?![^\W_])"
)
# Where somebody may be, unless a capital makes it part of a name: "jane doe beach sunset", "Jane Doe Beach".
_SETTING = re.compile(
    r"^\s+(?:beach|bay|street|road|park|bar|cafe|restaurant|lake|river|mountain|valley|island|garden|field|court|school|house|hall|station|square|library|gym|day)(?![^\W_])"
)
# A mention that ends within a word, such as the first letters of words: what is left of that word is no thing.
_INSIDE_A_WORD = re.compile("[A-Za-z][a-z]")
# `"Radium" by`: what stands in quotes is the text that somebody wrote.
_TITLE_BY = re.compile(r"[\"”»]\s+(?:by|von|de|di|par|por|door|av)\s+$")


def _thing(around: Surroundings) -> bool:
    if _CLIMBED.search(around.text) and _CLIMBING.match(around.after):
        return True
    if _PUT.search(around.before) and _PUT_WHERE.match(around.after):
        return False
    behind = (
        _seen("thing>", around)
        and (around.titled or not _SETTING.match(around.after))
        and not _INSIDE_A_WORD.match(around.text[-1:] + around.after)
        and _SHOWN.search(around.after) is None
    )
    return behind or (_seen("thing<", around) and not around.before.rstrip(" \t").endswith("\n"))


def _seen(name: str, around: Surroundings) -> bool:
    return _pattern(name).match(around.before[::-1] if name.endswith("<") else around.after) is not None


@lru_cache(maxsize=1024)
def role_of(around: Surroundings) -> Role:
    """What the mention asks for; likeness unless its surroundings clearly say something else."""
    if (
        _seen("style<", around)
        or (_seen("style>", around) and not _AT_WORK.match(around.after))
        or _CREDIT.search(around.before)
        or _in_style(around)
    ):
        return Role.STYLE
    if _thing(around):
        return Role.NAMESAKE_OR_THING
    told = around.before.rstrip("\"'“ ").endswith(":") and _DOING.match(around.after)
    if not told and (_seen("attribution<", around) or _seen("attribution>", around) or _TITLE_BY.search(around.before)):
        return Role.ATTRIBUTION
    return Role.LIKENESS


def strength_in(
    around: Surroundings,
    strength: Strength,
    zipfs: Sequence[float],
    *,
    plain: bool = True,
    weak: bool = False,
    doubtful: bool = False,
    cued: bool = False,
) -> Strength:
    """The strength of a mention in its surroundings.

    Args:
        around: the surroundings.
        strength: that of the alias.
        zipfs: how frequent each of its words is.
        plain: whether the words stand as the alias has them (else something was undone to see the name).
        weak: whether ordinary words could have been taken for the name, so that capitals and a cue are both needed.
        doubtful: whether a cue (or, in scripts with capitals, capitals) is needed.
        cued: whether a cue is needed, since what is written is likelier the name of something else.
    """
    words = len(zipfs)
    if words == 1 and plain and strength is not Strength.STRONG and _PART_OF_A_TERM.match(around.after):
        return Strength.MEDIUM if around.capitals and around.after[:1] in "'’" and _seen("cue of one<", around) else Strength.WEAK
    cased = around.capitals and not around.shouting and any(map(str.isupper, around.text))
    caseless = around.text[:1].lower() == around.text[:1].title()
    before, after = _seen("cue<" if words > 1 else "cue of one<", around), _seen("cue>", around)
    cue = before or after
    if cued and not cue:
        return Strength.MEDIUM if cased else Strength.WEAK
    if doubtful and not cue and not (cased and words > 1):
        return Strength.WEAK
    if weak:
        return Strength.MEDIUM if cased and cue else Strength.WEAK
    if strength is Strength.STRONG:
        ordinary = words > 1 and min(zipfs) >= _ORDINARY and plain and not cased and not caseless
        if ordinary and not cue and not around.shouting:
            return Strength.WEAK if _OBJECT.match(around.after) else Strength.MEDIUM
        return strength
    if not plain and words > 1:
        return Strength.STRONG
    if strength is Strength.MEDIUM:
        return Strength.STRONG if cue or (cased and words > 1) else Strength.MEDIUM
    common = max(zipfs, default=0.0)
    if words > 1 and before and after and min(zipfs) < _FUNCTION_WORD:
        return Strength.STRONG
    if cue and (cased or caseless):
        return Strength.STRONG if words > 1 or common < _EVERYDAY else Strength.MEDIUM
    return Strength.MEDIUM if (cased and words > 1) or (cue and common < _ORDINARY) else Strength.WEAK
