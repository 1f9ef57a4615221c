from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def cases(shared_data: Path) -> Path:
    """Files that are known to be misread."""
    folder = shared_data.parent / "cases" / "reading"
    if not folder.is_dir():
        pytest.skip("needs the cases of ../shared/cases")
    return folder
