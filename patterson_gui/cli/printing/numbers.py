"""Numbers as they are printed; a dash where there is none."""


def percent(share: float | None) -> str:
    """A share of 1 in percent, with one digit."""
    return "–" if share is None else f"{100 * share:.1f} %"


def rounded(value: float | None, digits: int) -> str:
    """A number with a fixed number of digits after the point."""
    return "–" if value is None else f"{value:.{digits}f}"
