"""A disk whose power is cut: what a program has written, but never synced, may be there or not.

`Disk` notes which files and which names of a folder were synced. After a cut `images` makes of it
what a system may leave: names as they were last synced or as they are, additions and removals
apart, and of every file that was not synced a part, or nothing.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest


class PowerCut(BaseException):
    """The process ends here, and the machine with it."""


class Disk:
    """Follows what happens below a folder from when it is made.

    Args:
        root: what is there already counts as synced.
        aside: an empty place on the same file system, for links to files and for the images.
    """

    def __init__(self, root: Path, aside: Path) -> None:
        self._root, self._links = root, aside / "links"
        self._aside = aside
        self._links.mkdir()
        self._names: dict[Path, dict[str, int | None]] = {}
        """Synced names of each folder: a file's inode, None for a folder."""
        self.steps = 0
        self.last = 0
        """At which step the power is cut; 0: never."""
        for folder in [root, *(path for path in root.rglob("*") if path.is_dir())]:
            for file in folder.iterdir():
                if file.is_file():
                    self._note_file(file)
            self._note_names(folder)

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """Follow syncs, and count every step that changes names."""
        patch.setattr(os, "fsync", self._stepping(self._fsync))
        for name in ("replace", "rename", "unlink"):
            patch.setattr(Path, name, self._stepping(getattr(Path, name)))
        patch.setattr(shutil, "rmtree", self._stepping(shutil.rmtree))

    def _stepping(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **named: Any) -> Any:
            self.steps += 1
            if self.steps == self.last:
                raise PowerCut
            return step(*given, **named)

        return counted

    def _fsync(self, handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        if self._root in (path, *path.parents):
            (self._note_names if path.is_dir() else self._note_file)(path)

    def _note_file(self, file: Path) -> None:
        link = self._links / f"{file.stat().st_ino}"  # Keeps the inode from being used again.
        if not link.exists():
            link.hardlink_to(file)

    def _note_names(self, folder: Path) -> None:
        self._names[folder] = _names_of(folder)

    def images(self) -> Iterator[Path]:
        """Make what may be there after the cut, one after another."""
        both, part = (False, True), self.last % 2 == 0
        for number, (added, removed) in enumerate(product(both, both)):
            image = self._aside / f"image-{self.last}-{number}"
            self._build(self._root, image, added=added, removed=removed, part=part)
            yield image
            shutil.rmtree(image)

    def _build(self, folder: Path, image: Path, *, added: bool, removed: bool, part: bool) -> None:
        synced, now = self._names.get(folder, {}), _names_of(folder)
        names = dict(synced)
        if added:
            names |= now
        for name in synced.keys() - now.keys() if removed else ():
            del names[name]
        image.mkdir()
        for name, inode in names.items():
            if inode is None:
                self._build(folder / name, image / name, added=added, removed=removed, part=part)
                continue
            link = self._links / f"{inode}"
            if link.exists():
                shutil.copy(link, image / name)
            else:
                content = (folder / name).read_bytes()
                (image / name).write_bytes(content[: len(content) // 2 if part else 0])


def _names_of(folder: Path) -> dict[str, int | None]:
    if not folder.is_dir():
        return {}
    return {path.name: None if path.is_dir() else path.stat().st_ino for path in folder.iterdir()}
