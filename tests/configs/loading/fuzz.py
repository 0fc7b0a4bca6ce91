"""Makes bad YAML of good: pieces of it cut, doubled, swapped, and put beside what a reader may stumble over."""

import random
import re
from collections.abc import Iterator

WORDS = r"""
[ { ] } , : ? - | > |+9 " ' # &a *a <<: ! !<x> !!set !!binary !!python/object:os.system ... --- ~ null true 2001-01-01
"\ud800" "\U0011FFFF" "\UFFFFFFFF" "\x00" "\xzz" "\ \ é 𝛼 .inf -.inf .nan 1e999 -0.0 1_0 0o9 '' {} [] [[],{}] a.b.c
${} ${ABSENT} ${HOME} ${ {SPAN} {SPAN:0} {{a}} mysqlx://u:p@h/d mysql://u:p@h:99999/d mysql://[ gs:// / .. x/../../y [!a
"""
TRAPS = [word.encode() for word in WORDS.split()]
TRAPS += [
    b": ",
    b"- ",
    b"? ",
    b"\n",
    b"\n\n  ",
    b"\n- a\n",
    b"\t",
    b"\r",
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",
    b"\x1b[31m",
]
TRAPS += [b"\x7f", b"\xe2\x80\xa8", b"\xc2\x85", b"\xef\xbb\xbf", b"%YAML 1.1\n---\n", b"%YAML 9.9\n", b"%TAG ! !!\n"]
TRAPS += [
    f"!!{tag} {text}".encode() for tag in ("float", "int", "bool", "null", "timestamp") for text in ("''", "x", "1")
]
TRAPS += [b"[" * 40, b"{a: " * 40, b"a" * 3000, b"9" * 5000, b"0x" + b"F" * 5000, b"0o" + b"7" * 99]


def mangle(seeds: list[bytes], seed: int, count: int) -> Iterator[bytes]:
    """Yields so many variants, the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        text = chance.choice(seeds)
        for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
            text = chance.choice(CHANGES)(text, chance)
        yield text


def _trap(text: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(text))
    return text[:at] + chance.choice(TRAPS) + text[at:]


def _replace(text: bytes, chance: random.Random) -> bytes:
    """Another value for a key, or another key."""
    at = chance.choice([place for place, sign in enumerate(text) if sign in b":,[{ "] or [0])
    end = next((place for place in range(at + 1, len(text)) if text[place] in b",]}\n:"), len(text))
    return text[: at + 1] + b" " + chance.choice(TRAPS) + text[end:]


def _cut(text: bytes, chance: random.Random) -> bytes:
    start, end = sorted((chance.randint(0, len(text)), chance.randint(0, len(text))))
    return text[:start] + text[min(end, start + 30) :]


def _end(text: bytes, chance: random.Random) -> bytes:
    return text[: chance.randint(0, len(text))]


def _double(text: bytes, chance: random.Random) -> bytes:
    start = chance.randint(0, len(text))
    return text[:start] + text[start : start + chance.randint(1, 80)] * 2 + text[start:]


def _flip(text: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(text)) if text else 0
    return text[:at] + bytes([chance.randrange(256)]) + text[at + 1 :]


def _count(text: bytes, chance: random.Random) -> bytes:
    """Another number, which may do as well."""
    places = [match.span() for match in re.finditer(rb"\d+", text)] or [(0, 0)]
    start, end = chance.choice(places)
    return (
        text[:start]
        + chance.choice((b"0", b"1", b"7", b"100", b"0.5", b"-1", b"1e3", b"1e-300", b"2e308"))
        + text[end:]
    )


def _swap(text: bytes, chance: random.Random) -> bytes:
    lines = text.splitlines(keepends=True)
    chance.shuffle(lines)
    return b"".join(lines)


CHANGES = (_trap, _trap, _replace, _replace, _replace, _count, _count, _count, _cut, _end, _double, _flip, _swap)
