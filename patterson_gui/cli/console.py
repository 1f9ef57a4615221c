"""Make printing safe where a console has not all characters (Windows code pages, ASCII)."""

import codecs
import io
import sys
import unicodedata

# What the program prints most often and code pages lack. Others lose their accents or become "?".
_PLAIN = {
    "→": "->", "←": "<-", "−": "-", "–": "-", "—": "-", "…": "...", "×": "x", "·": ".",
    "≈": "~", "≤": "<=", "≥": ">=", "≠": "/=", "√": "sqrt", "∞": "infinity", "∑": "sum",
    "±": "+/-", "“": '"', "”": '"', "‘": "'", "’": "'", "Å": "A", "°": " deg", "∅": "none",
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "Δ": "delta", "θ": "theta",
    "λ": "lambda", "μ": "mu", "µ": "mu", "π": "pi", "ρ": "rho", "σ": "sigma", "Σ": "sum",
    "φ": "phi", "χ": "chi", "ω": "omega", "ø": "o", "ß": "ss",
}  # fmt: skip
_HANDLER = "patterson-gui-plain"


def make_printing_safe() -> None:
    """Let standard output and error write any text: what their encoding lacks is written in
    plain letters ("->" for an arrow). Nothing that is printed can fail any more."""
    codecs.register_error(_HANDLER, _in_plain_letters)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # there is none without a console (pythonw)
            stream.reconfigure(errors=_HANDLER)


def _in_plain_letters(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_plain(letter) for letter in text), error.end


def _plain(letter: str) -> str:
    if letter in _PLAIN:
        return _PLAIN[letter]
    # NFKD takes accents off, and turns letters such as subscript digits into plain ones.
    kept = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode("ascii")
    return kept or "?"
