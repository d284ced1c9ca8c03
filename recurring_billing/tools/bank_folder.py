"""Files that another program puts into a folder for us: taken when they are whole, and never deleted."""

import os
from pathlib import Path

SETTLED_AFTER = 60  # seconds without a change, after which a file counts as whole


class FolderError(ValueError):
    """Why a folder cannot be used: ``code`` is 'no_root', 'outside', 'missing' or 'not_writable'."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def inside(root: str, name: str) -> Path:
    """The folder ``name`` below ``root``.

    :raises FolderError: where no root is set, or the folder lies outside it, is missing or cannot be written
    """
    if not root:
        raise FolderError('no_root')
    base = Path(root).resolve()
    folder = (base / name).resolve()
    if folder == base or base not in folder.parents:
        raise FolderError('outside')
    if not folder.is_dir():
        raise FolderError('missing')
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise FolderError('not_writable')
    return folder


def waiting(folder: Path, now: float, *, limit: int) -> list[Path]:
    """The whole files in ``folder``, oldest first: no links, no hidden or partial ones, none above ``limit`` bytes.

    :param now: seconds since the epoch
    """
    found = []
    for entry in os.scandir(folder):
        if (
            entry.name.startswith('.')
            or entry.name.endswith(('.part', '.tmp'))
            or not entry.is_file(follow_symlinks=False)
        ):
            continue
        state = entry.stat(follow_symlinks=False)
        if now - state.st_mtime >= SETTLED_AFTER and state.st_size <= limit:
            found.append((state.st_mtime, entry.name))
    return [folder / name for _time, name in sorted(found)]


def put_away(path: Path, kind: str) -> Path:
    """Move ``path`` to the subfolder ``kind`` of its folder, beside what lies there under the same name."""
    target = path.parent / kind
    target.mkdir(exist_ok=True)
    place, number = target / path.name, 1
    while place.exists():
        number += 1
        place = target / f"{path.stem}-{number}{path.suffix}"
    return path.rename(place)
