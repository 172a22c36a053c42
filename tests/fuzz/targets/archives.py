"""Archives of a corpus, as they are unpacked after a download."""

import gzip
import io
import stat
import tarfile
import warnings
import zipfile
from pathlib import Path
from random import Random

from tests.fuzz.bytes_inputs import edited
from tests.fuzz.harness import Target
from train.download.unpack import unpack
from train.errors import DataError

_AT_MOST = 2_000_000
_NAMES = (
    *("top/a.wav", "top/b/c.wav", "top", "top/", "top/.", "top//d.wav", "a.wav", "", ".", "/"),
    *("../a.wav", "top/../../a.wav", "/tmp/a.wav", "C:\\a.wav", "top\\..\\a.wav", "top/a.wav/x"),
    *("__MACOSX/top/a", "top/" + "d/" * 300 + "x", "top/" + "n" * 300, "top/a\0b", "top/\ud800"),
    *("top/a.wav ", "top/\n", "~/a", "top/NUL", "top/..a", "top/...", "./top/e.wav"),
)
_KINDS = (
    *(tarfile.REGTYPE, tarfile.REGTYPE, tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE),
    *(tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.CONTTYPE, tarfile.GNUTYPE_SPARSE),
)
_LINKS = ("/etc/passwd", "..", "../..", "a.wav", "top")


def _run(value: tuple[bytes, bool], folder: Path) -> str:
    data, top_folder = value
    archive = folder / "archive"
    archive.write_bytes(data)
    into = folder / "corpus"
    into.mkdir()
    try:
        unpack(archive, into, at_most=_AT_MOST, top_folder=top_folder)
    except OSError as error:
        # A name that is too long, or none, for the file system.
        return f"OSError-{error.errno}"
    finally:
        beside = {path.name for path in folder.iterdir()} - {"archive", "corpus"}
        assert not beside, beside
        assert not any(path.is_symlink() for path in into.rglob("*"))
        size = sum(path.stat().st_size for path in into.rglob("*") if path.is_file())
        assert size <= _AT_MOST + (1 << 20), size
    return "unpacked"


def _tar(random: Random) -> bytes:
    buffer = io.BytesIO()
    form = random.choice((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT))
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for _ in range(random.randrange(1, 6)):
            info = tarfile.TarInfo(random.choice(_NAMES).replace("\ud800", "x"))
            info.type = random.choice(_KINDS)
            info.linkname = random.choice(_LINKS)
            info.mode = random.choice((0o644, 0, 0o7777))
            size = random.choice((0, 1, 512, 513, 100_000))
            info.size = size if info.isreg() else 0
            try:
                tar.addfile(info, io.BytesIO(b"s" * size))
            except ValueError:
                continue
    data = buffer.getvalue()
    if random.randrange(3) == 0:
        data = edited(data, random)
    elif random.randrange(20) == 0:
        data = _long_header(random)
    data = gzip.compress(data, random.choice((0, 1)))
    return edited(data, random) if random.randrange(3) == 0 else data


def _long_header(random: Random) -> bytes:
    """Return a tar archive whose one member is described at length."""
    info = tarfile.TarInfo("top/a.wav")
    info.type = random.choice((tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XGLTYPE))
    info.size = random.choice((0, 70_000, 3_000_000, 2**33))
    return info.tobuf() + b"\0" * 3_000_000


def _zip(random: Random) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as archive:
        # Two members of one name.
        warnings.simplefilter("ignore", UserWarning)
        for _ in range(random.randrange(1, 6)):
            info = zipfile.ZipInfo("x")
            info.filename = random.choice(_NAMES).replace("\ud800", "x")
            mode = random.choice((stat.S_IFREG, 0, stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO))
            info.external_attr = (mode | 0o777) << 16
            info.create_system = random.choice((0, 3))
            packing = random.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2))
            size = random.choice((0, 1, 1000, 100_000, 3_000_000))
            archive.writestr(info, b"s" * size, packing, 1)
    data = buffer.getvalue()
    return edited(data, random) if random.randrange(2) == 0 else data


TARGET = Target(
    "archives",
    lambda random: (
        random.choice((_tar, _zip))(random) if random.randrange(50) else b"PK",
        random.random() < 0.5,
    ),
    _run,
    (DataError,),
)
