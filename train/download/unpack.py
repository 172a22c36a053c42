"""Unpacking an archive nobody vouches for: files and folders inside one folder, nothing else."""

import gzip
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO

from train.download.catalogue import amount
from train.errors import DataError

MOST_MEMBERS = 500_000
"""No corpus has more files."""

_CHUNK = 1 << 20
_LARGEST_HEADER = 1 << 16
"""What may be said about one member of a tar archive (bytes)."""
_HEADERS = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)
_DAMAGED = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    gzip.BadGzipFile,
    EOFError,
    NotImplementedError,
    ValueError,
    # What zipfile raises for a member without a name.
    IndexError,
)


def unpack(
    archive: Path,
    into: Path,
    *,
    at_most: int,
    top_folder: bool,
    done: Callable[[int], None] = lambda bytes_done: None,
) -> None:
    """Unpack a ``tar.gz`` or zip archive.

    Members that would lie outside the folder, links, devices, encrypted ones and two of the same
    name are refused, and with them the archive. Nobody's owner, mode or time is taken over.

    Parameters
    ----------
    archive
        The archive; what it is, its first bytes say.
    into
        A folder, which must be empty. After an error, what was unpacked so far lies in it.
    at_most
        How large it may be once unpacked (bytes).
    top_folder
        Whether all of it lies in one folder, which is taken away.
    done
        Told how much of the archive has been read (bytes).

    Raises
    ------
    DataError
        If the archive is damaged, too large unpacked, or holds what it must not.
    OSError
        If a file cannot be written.
    """
    with archive.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        writer = _Writer(archive, into, at_most, top_folder)
        try:
            if start[:2] == b"\x1f\x8b":
                _unpack_tar(file, writer, done)
            elif start[:2] == b"PK":
                _unpack_zip(file, writer, done)
            else:
                raise DataError(
                    f"{archive.name} is neither a tar.gz nor a zip archive; fetch it again."
                )
        except _DAMAGED as error:
            raise DataError(f"The archive {archive.name} is damaged ({error}).") from error
    if not writer.files:
        raise DataError(f"The archive {archive.name} holds no files.")


class _Writer:
    """Puts members below a folder, after having looked at their names and sizes."""

    def __init__(self, archive: Path, into: Path, at_most: int, top_folder: bool) -> None:
        self.archive, self._into, self.at_most = archive.name, into, at_most
        self._top_folder = top_folder
        self._top: str | None = None
        self._bytes = 0
        self._members = 0
        self.files = 0

    def folder(self, name: str) -> None:
        """Make a folder."""
        path = self._place(name)
        if path is None:
            return
        try:
            path.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise self.refusal(name, "is in it twice") from error

    def file(self, name: str, source: IO[bytes]) -> None:
        """Write a file."""
        path = self._place(name)
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                while block := source.read(_CHUNK):
                    self._bytes += len(block)
                    self.check(self._bytes)
                    file.write(block)
        except (FileExistsError, NotADirectoryError) as error:
            raise self.refusal(name, "is in it twice") from error
        self.files += 1

    def check(self, size: int) -> None:
        """Refuse an archive that is so large."""
        if size > self.at_most:
            raise DataError(
                f"The archive {self.archive} holds more than {amount(self.at_most)}; this is not "
                "the corpus that is meant."
            )

    def refusal(self, name: str, why: str) -> DataError:
        """Say what is wrong with a member."""
        return DataError(f"The archive {self.archive} is not safe to unpack: {name[:200]!r} {why}.")

    def _place(self, name: str) -> Path | None:
        self._members += 1
        if self._members > MOST_MEMBERS:
            raise DataError(f"The archive {self.archive} has more than {MOST_MEMBERS} members.")
        # A backslash or a colon is a separator or a drive elsewhere.
        if "\0" in name or "\\" in name or ":" in name or name.startswith("/"):
            raise self.refusal(name, "would lie outside the folder")
        parts = PurePosixPath(name).parts
        if ".." in parts:
            raise self.refusal(name, "would lie outside the folder")
        # What a Mac adds to a zip of its own, which is nobody's recording.
        if parts[:1] == ("__MACOSX",):
            return None
        if self._top_folder and parts:
            self._top = self._top or parts[0]
            if parts[0] != self._top:
                raise self.refusal(name, f"is not in its folder {self._top[:200]!r}")
            parts = parts[1:]
        return self._into.joinpath(*parts) if parts else None


class _Bounded:
    """Reads from an unpacked stream, up to a limit: also what describes the members is bounded."""

    def __init__(self, stream: gzip.GzipFile, writer: _Writer, at_most: int) -> None:
        self._stream, self._writer, self._left = stream, writer, at_most

    def read(self, size: int) -> bytes:
        block = self._stream.read(size)
        self._left -= len(block)
        if self._left < 0:
            self._writer.check(self._writer.at_most + 1)
        return block


class _Member(tarfile.TarInfo):
    """A member whose description is bounded: tarfile would read any amount of it into memory."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type == tarfile.GNUTYPE_SPARSE:
            raise tarfile.ReadError("a file in it has holes")
        if self.type in _HEADERS and not 0 <= self.size <= _LARGEST_HEADER:
            raise tarfile.ReadError(f"{self.size} bytes describe one file")
        return super()._proc_member(tar)  # type: ignore[misc, no-any-return]

    def _proc_gnusparse_10(self, *_: object) -> None:
        raise tarfile.ReadError("a file in it has holes")


def _unpack_tar(file: IO[bytes], writer: _Writer, done: Callable[[int], None]) -> None:
    # Each member comes with a header and padding of 1 kB, or 2 kB where its name is long.
    bound = writer.at_most + 2048 * MOST_MEMBERS
    with gzip.open(file, "rb") as unbounded:
        stream = _Bounded(unbounded, writer, bound)
        with tarfile.open(  # type: ignore[call-overload]
            fileobj=stream, mode="r|", tarinfo=_Member
        ) as tar:
            while (member := tar.next()) is not None:
                # tarfile would keep all of them.
                tar.members.clear()
                done(file.tell())
                if member.isdir():
                    writer.folder(member.name)
                elif member.isreg():
                    source = tar.extractfile(member)
                    assert source is not None
                    writer.file(member.name, source)
                else:
                    raise writer.refusal(member.name, "is neither a file nor a folder")
        # Only at the very end does gzip check what it has given out.
        while stream.read(_CHUNK):
            pass


def _unpack_zip(file: IO[bytes], writer: _Writer, done: Callable[[int], None]) -> None:
    read = 0
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            kind = stat.S_IFMT(member.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise writer.refusal(member.filename, "is neither a file nor a folder")
            if member.flag_bits & 0x1:
                raise writer.refusal(member.filename, "is encrypted")
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise writer.refusal(member.filename, "is packed in a way nobody uses")
            # zipfile cuts a name at a NUL and turns other separators into slashes.
            if member.orig_filename != member.filename:
                raise writer.refusal(member.orig_filename, "would lie outside the folder")
            if member.is_dir():
                writer.folder(member.filename)
            else:
                with archive.open(member) as source:
                    writer.file(member.filename, source)
            read += member.compress_size
            done(read)
