"""What robfig/cron 1.2 reads, by which Kubeflow Pipelines keeps its schedules."""

import re
from itertools import pairwise

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# Second, minute, hour, day, month, day of the week: the least and the greatest number, and names for them.
FIELDS = [(0, 59, ()), (0, 59, ()), (0, 23, ()), (1, 31, ()), (1, 12, MONTHS), (0, 6, DAYS)]


def parse(cron: str) -> str:
    """Returns what is wrong with a cron; of five fields the first is seconds, too, and the last one is left out."""
    fields = cron.split()
    if not 5 <= len(fields) <= 6:
        return f"Expected 5 to 6 fields, found {len(fields)}: {cron}"
    for text, (least, greatest, names) in zip(fields, FIELDS, strict=False):
        for term in text.split(","):
            parts = re.fullmatch(r"([*?]|\w+)(?:-(\w+))?(?:/(\d+))?", term)
            ends = [] if parts is None else [end for end in parts.groups()[:2] if end not in (None, "*", "?")]
            numbers = [str(names.index(end.lower()) + least) if end.lower() in names else end for end in ends]
            if parts is None or not all(number.isdecimal() for number in numbers):
                return f"Failed to parse {term}: {cron}"
            if any(one > other for one, other in pairwise([least, *map(int, numbers), greatest])):
                return f"{term} is not between {least} and {greatest}: {cron}"
    return ""
