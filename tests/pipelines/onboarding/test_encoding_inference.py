import random

import pytest

from pipelines.onboarding.encoding_inference import find_encoding

GERMAN, FRENCH = "größe;preis\nlänge;12\nbär;7\nthé;3 €\n", "ville;été\nOrléans;déjà\nBesançon;très\n"
POLISH, RUSSIAN = "miasto;kraj\nŁódź;Polska\nżółty;zażółć gęślą jaźń\n", "город;цена\nМосква;12\nКазань;7\n"


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [(GERMAN, "utf-8", "utf-8"), (GERMAN, "utf-8-sig", "utf-8"), (GERMAN, "cp1252", "cp1252")]
    + [(FRENCH, "latin-1", "cp1252"), (FRENCH, "mac_roman", "mac-roman"), (FRENCH, "cp850", "cp850")]
    + [
        (POLISH, "cp1250", "cp1250"),
        (POLISH, "iso8859_2", "iso8859-2"),
        (RUSSIAN, "cp1251", "cp1251"),
        ("πόλη;χώρα\nΑθήνα;12\n", "cp1253", "cp1253"),
    ]
    + [(GERMAN, name, name) for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32")],
)
def test_an_encoding_is_told_by_its_marks_or_its_letters(text, encoding, found):
    assert find_encoding((text * 20).encode(encoding)) == found


def test_a_few_accents_among_many_numbers_tell_an_encoding():
    rows = "".join(f"{number / 10:.1f};{number % 97}\n".replace(".", ",") for number in range(3000))
    assert find_encoding(f"Größe;Menge\n{rows}".encode("cp1252")) == "cp1252"


def test_signs_that_words_hold_or_that_stand_alone_are_no_letters_of_another_script():
    rows = "Größe;5°;20 €;§ 5\nFläche;½;±3;m²\nHöhe;µm;12 ³;« x »\n"
    assert find_encoding((rows * 20).encode("cp1252")) == "cp1252"


@pytest.mark.parametrize("odd", ["cp1252", "utf-16-le"])
def test_a_few_lines_of_another_encoding_do_not_make_all_of_it(odd):
    lines = [f"{number};Köln\n".encode(odd if number % 20 == 7 else "utf-8") for number in range(200)]
    assert find_encoding(b"Nr;Stadt\n" + b"".join(lines)) == "utf-8"  # and the first odd byte is then named
    assert find_encoding(b"Nr;Stadt\n" + b"".join(lines[6:8])) == "utf-8"


RUSSIAN_WORDS = ["Тверь", "Псков", "берёза", "столяр", "рыбак", "очень вкусно", "дорого", "подъезд", "чай", "МОЛОКО"]
JAPANESE_WORDS = ["神戸市", "千葉県", "りんご", "とても甘い", "まあまあ", "バナナ", "高い", "野球選手", "安い", "温泉"]
WORDS = {
    **dict.fromkeys(("koi8-r", "cp1251", "cp866", "iso8859-5", "mac-cyrillic"), RUSSIAN_WORDS),
    "koi8-u": ["Чернігів", "Луцьк", "їжак", "пшениця", "столяр", "дуже смачно", "дорого", "під’їзд", "чай", "МОЛОКО"],
    **dict.fromkeys(("cp932", "euc_jp"), JAPANESE_WORDS),
    "gb18030": ["西安", "杭州市", "苹果", "很甜", "一般般", "香蕉", "太贵了", "足球运动员", "便宜", "温泉"],
    "big5": ["花蓮", "嘉義市", "蘋果", "很甜", "還可以", "香蕉", "太貴了", "足球運動員", "便宜", "溫泉"],
    "euc_kr": ["전주", "수원시", "사과", "아주 달다", "그저 그래요", "바나나", "너무 비싸요", "축구 선수", "싸다"],
    "cp1253": ["Βόλος", "Χανιά", "μήλο", "ψωμί", "πολύ γλυκό", "ακριβό", "ψαράς", "τσάι", "ΓΑΛΑ", "φθηνό"],
    "cp1255": ["אילת", "נתניה", "תפוח", "מתוק מאוד", "ככה ככה", "בננה", "יקר מדי", "שחקן", "זול", "מעיין"],
    "cp1256": ["أسوان", "طنجة", "تفاحة", "حلو جدا", "لا بأس", "موز", "غالي", "لاعب", "رخيص", "شاي"],
    "cp874": ["ลำปาง", "ขอนแก่น", "แอปเปิล", "หวานมาก", "พอใช้", "กล้วย", "แพงไป", "นักฟุตบอล", "ถูก", "ชา"],
}


@pytest.mark.parametrize(
    ("encodings", "text"),
    [
        (("cp1250", "iso8859_2", "cp852"), "jméno;dílo\nBedřich;Má vlast\nžák;těžší úkol\nštěstí;kůň\n"),
        (("cp1250", "iso8859_2", "cp852"), "imię;dzieło\nŁucja;źródło\nwąż;część\nśledź;żółw\n"),
        (("cp1250", "iso8859_2", "cp852"), "név;mű\nErzsébet;őszi erdő\nJózsef;gyűrű\nhétfő;tükör\n"),
        (("cp1250", "iso8859_2"), "nume;oraş\nŞtefan;Timişoara\nfată;câine şi pisică\nţară;înalt\n"),
        (("cp1254",), "isim;şehir\nIşıl;Eskişehir\nçiğdem;güneş ışığı\nağaç;köprü\n"),
        (("cp1257",), "vardas;miestas\nŽydrūnė;Panevėžys\nąžuolas;žąsis\nšaltinis;ėriukas\n"),
        (("cp1252", "cp850", "mac_roman"), "navn;by\nSøren;Århus\nkærlighed;blåbærgrød\nhæ;øre\n"),
        (("cp1252", "cp850", "mac_roman"), "nome;cidade\nJoão;São Paulo\ncoração;limões\npão;café\n"),
    ],
)
def test_accents_are_told_by_those_that_one_language_has(encodings, text):
    for encoding in encodings:
        head = (text * 5).encode(encoding)
        assert head.decode(find_encoding(head)) == text * 5


@pytest.mark.parametrize("case", [str, str.lower, str.upper])
@pytest.mark.parametrize("encoding", WORDS)
def test_another_script_is_told_by_the_letters_that_it_makes(encoding, case):
    chance, words = random.Random(7), [case(word).replace("’", "") for word in WORDS[encoding]]
    rows = [f"{chance.choice(words)},{chance.gauss(5, 2):.2f},{chance.choice(words[:2])}" for _ in range(60)]
    text = "\n".join([f"{words[4]},size,{words[6]}", *rows])
    found = find_encoding(text.encode(encoding))
    assert text.encode(encoding).decode(found) == text
