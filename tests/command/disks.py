"""A disk that is small enough to be filled."""

from __future__ import annotations

import contextlib
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from tests.command.serving import Serving

BYTES = 16 * 1024 * 1024


class Disk(Protocol):
    """Where a database may lie."""

    folder: Path

    def fill(self, serving: Serving) -> None:
        """Nothing more can be written there by this process."""

    def free(self, serving: Serving) -> None:
        """It can again."""


class SmallDisk:
    """A file system of its own, filled to the last byte."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, serving: Serving | None = None) -> None:
        """See `Disk`."""
        with self._ballast.open("wb", buffering=0) as ballast:
            for size in (65_536, 4_096):
                with contextlib.suppress(OSError):
                    while ballast.write(bytes(size)):
                        pass

    def free(self, serving: Serving | None = None) -> None:
        """See `Disk`."""
        self._ballast.unlink()


class Allowance:
    """Where nothing may be mounted: a process that may make no file larger than it is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        _, self._hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self, serving: Serving) -> None:
        """See `Disk`."""
        resource.prlimit(serving.process.pid, resource.RLIMIT_FSIZE, (1, self._hard))

    def free(self, serving: Serving) -> None:
        """See `Disk`."""
        resource.prlimit(serving.process.pid, resource.RLIMIT_FSIZE, (self._hard, self._hard))


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """A small file system, mounted in `folder` until the block ends; an allowance where that is not permitted."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={BYTES}", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield SmallDisk(folder) if mounted else Allowance(folder)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
