"""How well typed letters fit the name of a command."""

import pytest

from patterson_gui.gui.dialogs.find.fuzzy import rank

NAME = "Show predicted − true"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", 0),
        ("pred", 0),
        ("true show", 0),
        ("spt", 1),
        ("shpretr", 1),
        ("edict", 2),
        ("view", 3),
        ("prdctd", 4),
        ("pred view", 3),
        ("pq", None),
        ("tps", None),
        ("show nothing", None),
    ],
)
def test_ranks_what_was_typed(typed: str, expected: int | None) -> None:
    assert rank(typed, NAME, "View ▸ Maps") == expected


def test_long_nonsense_takes_no_time() -> None:
    assert rank("s" * 500, "save " * 50) is None
