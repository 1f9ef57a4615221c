"""Read the sequence of a protein from a file, for its mass."""

from pathlib import Path

import gemmi

from patterson_gui.errors import UserError
from patterson_gui.io.source_file import SourceFile

_MOST_BYTES = 10_000_000


def mass_of_sequence(file: Path | SourceFile) -> float:
    """The mass in Da of all chains in a file of FASTA, PIR, or letters alone.

    Raises
    ------
    UserError : the file cannot be read, or holds no sequence of a protein.
    """
    source = SourceFile.of(file)
    wrong = UserError(
        f"{source.name} is no sequence of a protein: write FASTA, or the letters of the residues."
    )
    content = source.content
    if len(content) > _MOST_BYTES:
        raise wrong
    text = content.decode("utf-8-sig", errors="replace").strip()
    try:
        if text.startswith(">"):
            chains = [each.seq for each in gemmi.read_pir_or_fasta(text)]
        else:
            chains = ["".join(text.split()).upper().rstrip("*")]
        names = [
            gemmi.expand_one_letter_sequence(chain.upper(), gemmi.ResidueKind.AA)
            for chain in chains
        ]
    except (ValueError, RuntimeError):
        raise wrong from None
    if not any(names):
        raise wrong
    return float(sum(gemmi.calculate_sequence_weight(chain) for chain in names if chain))
