"""Guards for files from anywhere: sizes that they declare, and errors that readers raise.

A few bytes can declare billions of atoms, rows or unpacked bytes. `refuse_declared_bytes` and
`refuse_declared_count` compare the declaration with the bytes that are there, before anything is
allocated. `faults_as_sentences` is where errors that a reader did not foresee become a sentence.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from patterson_gui.errors import UserError

MIB = 1024**2
SPARE = 8 * MIB  # bytes that any file may declare
# Real files do not shrink more: coordinates and reflections are packed to a tenth, maps with much
# empty space to a fiftieth. Files made to fill the memory shrink to a thousandth.
MOST_TIMES = 60


def refuse_declared_bytes(
    name: str, declared: float, stored: int, *, times: int = MOST_TIMES, spare: int = SPARE
) -> None:
    """Refuse a file that declares far more bytes than it stores.

    Parameters
    ----------
    name : of the file, for the user.
    declared : bytes in memory.
    stored : bytes in the file, packed or not.
    times, spare : `declared` may be up to `spare + times * stored`.

    Raises
    ------
    UserError : it declares more.
    """
    if declared > spare + times * stored:
        raise UserError(
            f"{name} declares {declared / MIB:,.0f} MB but holds only "
            f"{max(stored / MIB, 0.01):,.2g} MB: it is damaged or was made to fill "
            "the memory; get the file again."
        )


def refuse_declared_count(name: str, what: str, declared: float, at_most: int) -> None:
    """Refuse a file that declares more of something than it has lines for.

    what : in the plural: "atoms".
    at_most : number of lines, words or values that the file has.

    Raises
    ------
    UserError : it declares more.
    """
    if declared > at_most:
        number = f"{declared:,.0f}" if declared < 1e15 else f"{declared:.0e}"
        raise UserError(
            f"{name} declares {number} {what}, but has lines for at most {at_most:,}: it may be "
            "cut short or damaged; get the file again."
        )


@contextmanager
def faults_as_sentences(name: str, reader: str = "", provider: str = "") -> Iterator[None]:
    """Turn every error that is no `UserError` into one that names the file.

    Readers foresee what files usually lack, and say it well. This is for the rest: a number
    where a list is expected, a matrix without inverse.

    Parameters
    ----------
    reader, provider : the reader of another package and the name of this package.

    Raises
    ------
    UserError : instead of any other error.
    """
    try:
        yield
    except UserError:
        raise
    except MemoryError as error:
        raise UserError(
            f"{name} needs more memory than this computer has: choose a smaller file."
        ) from error
    except RecursionError as error:
        raise UserError(f"{name} is nested too deeply: it is damaged; get it again.") from error
    except Exception as error:
        why = f"{type(error).__name__}: {first_line(error)}"
        if provider:
            raise UserError(
                f"{name} could not be read, because the reader “{reader}” of {provider} failed "
                f"({why}): tell its authors."
            ) from error
        raise UserError(
            f"{name} could not be read ({why}): it is damaged or of an unusual form; get it again "
            "or, if other programs read it, report it."
        ) from error


def first_line(error: BaseException) -> str:
    """The first line of an error message, shortened, in the letters that can be printed."""
    text = str(error).strip().strip("'\"")
    line = text.splitlines()[0][:120] if text else type(error).__name__
    return "".join(letter if letter.isprintable() else "?" for letter in line)
