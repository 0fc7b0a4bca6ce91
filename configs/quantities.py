"""Numbers of things in a sentence."""


def count(number: int, noun: str) -> str:
    """Returns how many there are, as `1 row` or `2,000 rows`; of a noun in the singular."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"
