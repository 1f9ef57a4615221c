"""Text in ASCII, for formats that allow no other letters."""

_SPELT_OUT = str.maketrans(
    {
        "Å": "A", "×": "x", "·": ".", "²": "2", "³": "3", "Σ": "sum ", "σ": "sigma", "ρ": "rho",
        "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "λ": "lambda", "θ": "theta",
        "−": "-", "–": "-", "—": "-", "“": '"', "”": '"', "’": "'", "≥": ">=", "≤": "<=",
        "°": " deg", "±": "+-",
    }
)  # fmt: skip


def plain(text: str) -> str:
    """The text on one line in ASCII; other letters are spelt out or become '?'."""
    return " ".join(text.translate(_SPELT_OUT).encode("ascii", "replace").decode("ascii").split())
