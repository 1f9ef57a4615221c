"""Which entries train a network and which judge it: by a table, or at random.

A protein and its near relatives must stand on one side, or a network is judged by what it has
seen: clusters (of sequences, say) that a table names are never torn apart.
"""

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from patterson_gui.errors import UserError
from patterson_gui.io.datasets.hdf5 import SPLITS

HELD_BACK = 0.05  # of the entries each for validation and for testing


@dataclass(frozen=True)
class SplitTable:
    """What a table says of entries.

    Attributes
    ----------
    entries : those it names, in small letters.
    splits : split by entry; empty where the table has no such column.
    clusters : by column (those whose name begins with "cluster"), cluster by entry.
    """

    path: Path
    sha256: str
    entries: frozenset[str]
    splits: Mapping[str, str]
    clusters: Mapping[str, Mapping[str, str]]

    def in_split(self, split: str | None) -> frozenset[str]:
        """Entries of one split, or all."""
        if split is None:
            return self.entries
        if not self.splits:
            raise UserError(f"The table {self.path} needs a column 'split': add it.")
        return frozenset(entry for entry, its in self.splits.items() if its == split)


def read_split_table(path: Path) -> SplitTable:
    """A tab-separated table with the column `entry` and `split`, `cluster…`, or both.

    Raises
    ------
    UserError
        where it cannot be read, lacks the columns, or names an entry twice and differently.
    """
    try:
        content = path.read_bytes()
        rows = list(csv.DictReader(content.decode("utf-8-sig").splitlines(), delimiter="\t"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            f"The table {path} cannot be read ({error}): give tab-separated text."
        ) from error
    columns = [name for name in (rows[0] if rows else ()) if name]
    told = [name for name in columns if name.lower().startswith("cluster")]
    if "entry" not in columns or not ("split" in columns or told):
        raise UserError(
            f"The table {path} needs tab-separated columns 'entry' and 'split' (or 'cluster…', "
            "to draw whole clusters at random): add them."
        )
    return SplitTable(
        path,
        hashlib.sha256(content).hexdigest(),
        frozenset(row["entry"].strip().lower() for row in rows if row["entry"]),
        _column(path, rows, "split") if "split" in columns else {},
        {name: _column(path, rows, name) for name in told},
    )


def _column(path: Path, rows: list[dict[str, str]], name: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for row in rows:
        entry, value = (row["entry"] or "").strip().lower(), (row[name] or "").strip()
        if entry and value and values.setdefault(entry, value) != value:
            raise UserError(
                f"The table {path} names {entry} twice, with {name} '{values[entry]}' and "
                f"'{value}': keep one of the rows."
            )
    return values


def split_entries(
    entries: Iterable[str], table: SplitTable | None, seed: int
) -> tuple[dict[str, str], str]:
    """Split by entry, and a sentence that says how; entries a table does not name are left out.

    Without a table, or with one that tells only clusters, it is drawn at random, whole clusters
    together.

    Raises
    ------
    UserError
        where the table puts one cluster into two splits, or knows other splits than ours.
    """
    chosen = sorted(set(entries))
    if table is None:
        return drawn_by_group({entry: entry for entry in chosen}, seed), (
            f"entries drawn at random, seed {seed}"
        )
    name = f"{table.path.name} (sha256 {table.sha256})"
    if not table.splits:
        named = [entry for entry in chosen if entry in table.entries]
        return drawn_by_group(_groups(named, table.clusters.values()), seed), (
            f"clusters of {name} drawn at random, seed {seed}"
        )
    splits = {entry: table.splits[entry] for entry in chosen if entry in table.splits}
    for entry, split in splits.items():
        if split not in SPLITS:
            raise UserError(
                f"The table {table.path} puts {entry} into the split '{split}': "
                "there are train, val and test."
            )
    for column, clusters in table.clusters.items():
        _refuse_straddling(table.path, column, clusters, splits)
    return splits, f"by {name}"


def _refuse_straddling(
    path: Path, column: str, clusters: Mapping[str, str], splits: Mapping[str, str]
) -> None:
    first: dict[str, str] = {}
    for entry, split in splits.items():
        other = first.setdefault(clusters[entry], entry) if entry in clusters else entry
        if splits[other] != split:
            raise UserError(
                f"The table {path} puts {other} into '{splits[other]}' and {entry} into "
                f"'{split}', though both belong to {column} {clusters[entry]}: a network would be "
                "judged by what it has seen; put the whole cluster into one split."
            )


def _groups(entries: list[str], columns: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """By entry, the first entry of those it hangs together with by any column's clusters."""
    leader = {entry: entry for entry in entries}

    def root(entry: str) -> str:
        while leader[entry] != entry:
            leader[entry] = leader[leader[entry]]
            entry = leader[entry]
        return entry

    for clusters in columns:
        first: dict[str, str] = {}
        for entry in entries:
            if entry in clusters:
                one, other = root(first.setdefault(clusters[entry], entry)), root(entry)
                leader[max(one, other)] = min(one, other)
    return {entry: root(entry) for entry in entries}


def drawn_by_group(group: Mapping[str, str], seed: int) -> dict[str, str]:
    """Split by entry: whole groups into val and test until each holds 5 % of the entries, the rest
    into train.

    In the order of a hash, so that it depends on no library's random numbers.
    """
    order = sorted(
        set(group.values()), key=lambda g: hashlib.sha256(f"{seed} {g}".encode()).digest()
    )
    wanted = HELD_BACK * len(group)
    sizes: defaultdict[str, int] = defaultdict(int)
    for its in group.values():
        sizes[its] += 1
    splits: dict[str, str] = {}
    waiting, held = ["val", "test"], 0
    for i, name in enumerate(order):
        # The last group trains, whatever its size.
        if waiting and i < len(order) - 1:
            splits[name] = waiting[0]
            held += sizes[name]
            if held >= wanted:
                waiting, held = waiting[1:], 0
        else:
            splits[name] = "train"
    return {entry: splits[its] for entry, its in group.items()}
