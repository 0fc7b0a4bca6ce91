"""The encoding of a text, told by its marks, by where accents stand, or by which script its letters make sense in."""

import codecs
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache

from charset_normalizer import from_bytes

MARKS = {
    codecs.BOM_UTF8: "utf-8",
    **{codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32"},  # the first of which begins as that of UTF-16
    **{codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"},
}
LATIN = (  # Windows, old Macs, DOS; the east of Europe, Turkey, the Baltics; of those that read a text alike, the first
    *("cp1252", "mac_roman", "cp850"),
    *("cp1250", "iso8859_2", "cp852", "cp1254", "cp1257"),
)
ACCENTS = (  # of a language, or of several that share encodings
    *("äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúü", "àáâãçéêíóôõúü", "àèéìíîòóùú", "àçèéíïòóúü", "åäæøöéü", "áæðéíóöúýþ"),
    *("áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "ąćęłńóśźż", "áéíóöőúüű", "ăâîşţ", "čćđšž"),
    *("âçğıİîöşüû", "ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž"),
)
WORD = re.compile(r"[^\W\d_]+")
INNER = re.compile(r"[^\W\d_][^\x00-\x7f\w\s\u2019\u00b7\u2013\u2014][^\W\d_]")  # a sign that words do not hold
SIGNS = frozenset("€£¥§°²³µ·©®™¿¡ºª½¼¾×ß«»“”„‘’‚–—…•№\u00a0")  # beside letters, what texts of any script hold
SOUND = 0.9  # share of what is not ASCII that makes sense, from which a text is read so

CYRILLIC = ("cp1251", "koi8_r", "koi8_u", "cp866", "iso8859_5", "mac_cyrillic")
ALPHABETS = {  # letters, the frequent ones first; of encodings that read a text alike, the first is taken
    CYRILLIC: "оеаинтсрвлкмдпуіяыьгзјбчйхжшюцщэфъёїєљњћџђўґ",
    ("cp1253", "iso8859_7"): "αοιετσνηυρπκμλςίάόέδγήχύώθφβωξζψϊϋΐΰ",
    ("cp1255", "iso8859_8"): "יוהלאמרתבנשדםכפקעחטןגסזצךףץ",
    ("cp1256", "iso8859_6"): "اليمنوتربةعدفهسكقحجشطصخأإضذزثىئءغظؤآ",
    ("cp874",): "านรกเงอ่้วมลยิสตีทัคบปดหพุขจชะไใูแ์ืำโซฟึถ็ญผธณฉศษภฐฮๆฆฎฏฑฒฬฝฌ๊๋ฤฃฅฯ",
}
CORES = {  # which encoding holds the characters that texts are made of, behind which first bytes, and behind which kana
    "cp932": ("cp932", range(0x88, 0x98), range(0x82, 0x84)),
    "euc_jp": ("euc_jp", range(0xB0, 0xD0), range(0xA4, 0xA6)),
    "euc_kr": ("euc_kr", range(0xB0, 0xC9), ()),
    "gb18030": ("gb2312", range(0xB0, 0xD8), ()),
    "big5": ("big5", range(0xA4, 0xC7), ()),
}
FALL = 9  # so many letters further down an alphabet, one is a third as frequent
ODD = -9.0  # the logarithm of how likely a sign is that does not belong there
KANA = -5.8  # of one kana, half of a text being such
PUNCTUATION = -7.0
WORST = -6.0  # a byte, of a text that still makes sense
LINES = 500


def find_encoding(head: bytes) -> str:
    """Returns the encoding of a text that begins so: UTF-8 where it can be, else as its marks or its letters tell."""
    marked = next((name for mark, name in MARKS.items() if head.startswith(mark)), None)
    if marked:
        return marked
    zeros = [head[start::2].count(0) for start in (0, 1)]  # of two bytes a letter, in most scripts one is zero
    if sum(zeros) > len(head) / 4:
        return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        if not is_mostly_utf8(head):
            sample = choose_lines(head)
            return codecs.lookup(guess_latin(sample) or guess_script(sample) or guess_encoding(head)).name
    return "utf-8"


def is_mostly_utf8(head: bytes) -> bool:
    """Whether half the lines that could tell are UTF-8, others being put among them: no encoding reads such a file."""
    lines = [line for line in head.split(b"\n") if not line.isascii()]
    return 2 * sum(_is_utf8(line) for line in lines) >= len(lines)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def choose_lines(head: bytes) -> bytes:
    """Returns the first lines that differ and are not all ASCII, without the last where that may be cut off."""
    lines = head.split(b"\n")[:-1] or [head]
    return b"\n".join(list(dict.fromkeys(line for line in lines if not line.isascii()))[:LINES]) or head


def guess_encoding(head: bytes) -> str:
    """Returns the encoding that statistics of letters speak for most."""
    found = from_bytes(head).best()
    return found.encoding if found else "latin_1"


def guess_latin(sample: bytes) -> str | None:
    """Returns the encoding in which the accents make sense, if any, and most of them are those of one language."""
    texts = {name: sample.decode(name, "replace") for name in LATIN if makes_sense(sample, name)}
    return max(texts, key=lambda name: share_accents(texts[name])) if texts else None


def share_accents(text: str) -> float:
    """Returns which share of the accented letters a language has that has the most."""
    counts = Counter(sign if sign == "İ" else sign.lower() for sign in text if sign.isalpha() and not sign.isascii())
    most = max(sum(counts[sign] for sign in accents) for accents in ACCENTS)
    return most / max(1, counts.total())


def makes_sense(sample: bytes, encoding: str) -> bool:
    """Whether a text of Latin letters is one: accents stand among plain letters and in their case, signs between words.

    A few accents among many numbers are too little for statistics of letters, by which other scripts are told.
    """
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    strange = sum(not (sign.isascii() or sign.isalpha() or sign in SIGNS) for sign in text)
    odd = strange + len(INNER.findall(text)) + sum(map(_count_odd, WORD.findall(text)))
    return odd <= (1 - SOUND) * sum(not sign.isascii() for sign in text)


def _count_odd(word: str) -> int:
    """Returns how many letters of a word are odd: all where none is plain, and accented capitals behind small ones."""
    if not any(sign.isascii() for sign in word):
        return len(word) if len(word) > 1 else 0
    pairs = zip(word, word[1:], strict=False)
    capitals = sum(second.isupper() and not second.isascii() and first.islower() for first, second in pairs)
    return capitals + sum(not (sign.isalpha() or sign in "²³") for sign in word)


def guess_script(sample: bytes) -> str | None:
    """Returns the encoding that makes a text likeliest, of those of other scripts; none where it is nonsense in all."""
    likely = {name: measure(sample.decode(name, "replace"), table, name in CORES) for name, table in list_tables()}
    best = max(likely, key=likely.__getitem__)
    return best if likely[best] > WORST * sum(byte > 127 for byte in sample) else None


def measure(text: str, likely: Mapping[str, float], is_double: bool) -> float:
    """Returns the logarithm of how likely the signs beyond ASCII are, each alone, where they may be of two bytes.

    A letter of an alphabet does not belong among plain ones, nor a capital behind a small letter.
    """
    odd, total = ODD * (1 + is_double), 0.0
    for word in WORD.findall(text):
        beyond = [sign for sign in word if not sign.isascii()]
        capitals = sum(second.isupper() and first.islower() for first, second in zip(word, word[1:], strict=False))
        fit = is_double or len(beyond) == len(word)
        total += capitals * odd + sum(likely.get(sign.lower(), odd) if fit else odd for sign in beyond)
    others = (sign for sign in text if not sign.isascii() and not sign.isalpha())
    return total + sum(likely.get(sign, PUNCTUATION if sign in SIGNS else odd) for sign in others)


@cache
def list_tables() -> list[tuple[str, Mapping[str, float]]]:
    """Returns for each encoding of another script how likely a sign is, as a logarithm."""
    tables: list[tuple[str, Mapping[str, float]]] = []
    for names, letters in ALPHABETS.items():
        all_ = math.log(sum(math.exp(-rank / FALL) for rank in range(len(letters))))
        table = {letter: -rank / FALL - all_ for rank, letter in enumerate(letters)}
        tables += [(name, table) for name in names]
    for name, (codec, core, kana) in CORES.items():
        common = list(_list_signs(codec, core))
        table = dict.fromkeys(common, -math.log(len(common))) | dict.fromkeys(_list_signs(codec, kana), KANA)
        tables.append((name, table))
    return tables


def _list_signs(encoding: str, firsts: Iterable[int]) -> Iterable[str]:
    for first in firsts:
        for second in range(0x40, 0xFF):
            sign = bytes([first, second]).decode(encoding, "ignore")
            if len(sign) == 1 and not sign.isascii() and unicodedata.category(sign) == "Lo":
                yield sign
