"""How well typed letters fit the name of a command."""

import re

_WORD = re.compile(r"\w+")


def rank(typed: str, name: str, more: str = "") -> int | None:
    """How well what was typed fits a name, 0 best; None: not at all.

    Each word that was typed has to fit: it begins a word of the name (0); its letters begin words
    of the name one after another, as `spt` in "Show predicted − true" (1); it is in the name (2);
    it is in `more`, such as the menu and the tooltip (3); its letters are in the name in this
    order, from three letters on (4). The worst of the words counts.
    """
    words = typed.casefold().split()
    own, other = name.casefold(), more.casefold()
    ranks = [_rank_word(word, own, other) for word in words]
    if any(found is None for found in ranks):
        return None
    return max((found for found in ranks if found is not None), default=0)


def _rank_word(word: str, name: str, more: str) -> int | None:
    parts = _WORD.findall(name)
    if any(part.startswith(word) for part in parts):
        return 0
    if _begins_words(word, parts):
        return 1
    if word in name:
        return 2
    if word in more:
        return 3
    letters = iter(name)
    if len(word) >= 3 and all(letter in letters for letter in word):
        return 4
    return None


def _begins_words(word: str, parts: list[str]) -> bool:
    """Whether `word` is made of beginnings of words, each after the one before."""
    reached = {0}  # how many letters the words so far can make
    for part in parts:
        for begun in tuple(reached):
            for length in range(1, len(part) + 1):
                if not word.startswith(part[:length], begun):
                    break
                reached.add(begun + length)
    return len(word) in reached
