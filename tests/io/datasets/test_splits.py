from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.datasets.splits import SplitTable, read_split_table, split_entries


def table(folder: Path, text: str) -> SplitTable:
    path = folder / "splits.tsv"
    path.write_text(text.replace(" ", "\t"))
    return read_split_table(path)


def test_follows_the_table_and_leaves_out_entries_not_in_it(tmp_path: Path) -> None:
    given = table(tmp_path, "entry split\n1ABC train\n2abc val\n3abc test\n9abc test\n")
    splits, told = split_entries(["3abc", "1abc", "2abc", "8abc"], given, seed=0)
    assert splits == {"1abc": "train", "2abc": "val", "3abc": "test"}
    assert "splits.tsv (sha256 " in told
    assert given.in_split("test") == {"3abc", "9abc"}
    assert given.in_split(None) == {"1abc", "2abc", "3abc", "9abc"}


def test_rejects_a_cluster_in_two_splits(tmp_path: Path) -> None:
    text = "entry split cluster30\n1abc train a\n2abc test b\n3abc test a\n"
    with pytest.raises(UserError, match=r"1abc into 'train'.*3abc into 'test'.*cluster30 a"):
        split_entries(["1abc", "2abc", "3abc"], table(tmp_path, text), seed=0)


def test_ignores_clusters_of_entries_without_a_model(tmp_path: Path) -> None:
    text = "entry split cluster30\n1abc train a\n2abc test b\n3abc test a\n"
    splits, _ = split_entries(["1abc", "2abc"], table(tmp_path, text), seed=0)
    assert splits == {"1abc": "train", "2abc": "test"}


def test_checks_every_cluster_column(tmp_path: Path) -> None:
    text = "entry split cluster90 cluster30\n1abc train p x\n2abc test q x\n"
    with pytest.raises(UserError, match="cluster30 x"):
        split_entries(["1abc", "2abc"], table(tmp_path, text), seed=0)


def test_draws_five_percent_for_val_and_test_by_the_seed() -> None:
    entries = [f"{i}abc" for i in range(200)]
    splits, _ = split_entries(entries, None, seed=1)
    counts = {name: list(splits.values()).count(name) for name in ("train", "val", "test")}
    assert counts == {"train": 180, "val": 10, "test": 10}
    assert split_entries(reversed(entries), None, seed=1)[0] == splits
    assert split_entries(entries, None, seed=2)[0] != splits


def test_keeps_clusters_whole_in_random_splits(tmp_path: Path) -> None:
    # By the two columns together, entries hang together in chains of four.
    rows = [f"{i}abc {i // 2} {(i + 2) // 4}" for i in range(160)]
    given = table(tmp_path, "\n".join(["entry cluster90 cluster30", *rows]))
    splits, told = split_entries([f"{i}abc" for i in range(160)], given, seed=3)
    for columns in given.clusters.values():
        for entry, cluster in columns.items():
            others = [other for other, its in columns.items() if its == cluster]
            assert {splits[other] for other in others} == {splits[entry]}
    assert set(splits.values()) == {"train", "val", "test"}
    assert "drawn at random, seed 3" in told


def test_puts_a_single_entry_into_train() -> None:
    assert split_entries(["1abc"], None, seed=0)[0] == {"1abc": "train"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name split\n1abc train\n", "needs tab-separated columns"),
        ("entry residues\n1abc 20\n", "needs tab-separated columns"),
        ("", "needs tab-separated columns"),
        ("entry split\n1abc train\n1abc test\n", "names 1abc twice"),
    ],
)
def test_reports_unusable_tables(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        table(tmp_path, text)


def test_rejects_unknown_splits(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the split 'valid'"):
        split_entries(["1abc"], table(tmp_path, "entry split\n1abc valid\n"), seed=0)


def test_reports_a_table_without_a_split_column(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no column 'split'"):
        table(tmp_path, "entry cluster\n1abc 4\n").in_split("test")


def test_shared_table_keeps_clusters_whole(shared_data: Path) -> None:
    given = read_split_table(shared_data / "proteins_dev.tsv")
    splits, _ = split_entries(given.entries, given, seed=0)
    assert len(splits) == len(given.entries) > 1000
