"""Words said by synthetic voices, to fill in what few people recorded.

espeak-ng (https://github.com/espeak-ng/espeak-ng) is required; flite
(https://github.com/festvox/flite) joins in where it is installed. Every clip's voice, pitch,
speed and intonation are drawn from a seed, so the same engines make the same clips.
"""

import json
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Sequence
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import soundfile

from train import accents
from train.corpora import SAMPLE_RATE, Clip, read_audio
from train.corpora.synthetic import describe
from train.errors import DataError
from train.vocabulary import COMMON_WORDS, DIGITS, LETTERS, NEAR_MISSES
from train.voice_requests import Request, draw, draw_accented

if TYPE_CHECKING:
    from rich.console import Console

# PocketSphinx hears at most 4 of 10 digits of the first four; "fast" only tests the speed.
EXCLUDED_VARIANTS = frozenset({"gustave", "kaukovalta", "marcelo", "Lee", "fast"})

# flite's limited-domain voice awb_time knows no other words than the time of day.
FLITE_VOICES = ("awb", "kal", "kal16", "rms", "slt")

MINIMUM_S = 0.08

_RECIPE = 1
_STAMP = "synthesis.json"
_TIMEOUT_S = 30


def synthesize(
    out: Path,
    *,
    keywords: Sequence[str] = DIGITS,
    keyword_clips: int = 150,
    other_clips: int = 25,
    near_clips: int | None = None,
    accented_clips: int = 0,
    more_words: Sequence[str] = (),
    more_clips: int = 10,
    seed: int = 0,
    processes: int = 2,
    console: "Console | None" = None,
) -> list[Clip]:
    """Make the clips that are not there yet and return all of them.

    A run that was broken off goes on where it stopped; with another seed or other versions of
    the engines everything is made anew. Silent clips and clips longer than 1.5 s are left out.

    Parameters
    ----------
    out
        Gets a folder for each word with 16 kHz FLAC files, trimmed to the word.
    keywords
        The words to recognize.
    keyword_clips, other_clips
        Clips of each keyword and of each other word of `train.vocabulary`.
    near_clips
        Clips of each word that shares sounds with a digit; None makes `other_clips`.
    accented_clips
        Clips of each keyword by voices of other languages, where `train.accents` spells it; of
        each other word that is spelled there a third as many.
    more_words, more_clips
        Further words, and how many clips of each.
    seed
        What the draws start from.
    processes
        How many engines run at once.
    console
        Where the progress bar goes; standard error by default.

    Returns
    -------
    list of Clip
        In a fixed order. A tenth of the voices is for validation, none for testing.

    Raises
    ------
    DataError
        When espeak-ng is not installed or fails, or a file cannot be written.
    """
    variants, flite_voices = voices()
    near = [w for w in NEAR_MISSES if w not in keywords]
    others = [w for w in (*COMMON_WORDS, *LETTERS) if w not in keywords]
    requests = [
        request
        for words, count in (
            (keywords, keyword_clips),
            (near, other_clips if near_clips is None else near_clips),
            (others, other_clips),
            ([w for w in more_words if w not in {*keywords, *near, *others}], more_clips),
        )
        for word in words
        for request in draw(word, count, variants, flite_voices, seed=seed)
    ]
    for word in accents.WORDS:
        count = accented_clips if word in keywords else accented_clips // 3
        requests += draw_accented(word, count, variants, seed=seed)
    make(requests, out, seed=seed, processes=processes, task="Synthesizing words", console=console)
    return [describe(out / one.name) for one in requests if (out / one.name).exists()]


def make(
    requests: Sequence[Request],
    out: Path,
    *,
    seed: int,
    processes: int,
    task: str,
    console: "Console | None" = None,
) -> None:
    """Make the clips that are not in the folder yet, several at once.

    Parameters
    ----------
    requests
        What is wanted; silent and too long clips come out as no file.
    out
        The folder; clips that another seed or other engines made are deleted first.
    seed
        What the requests were drawn from.
    processes
        How many engines run at once.
    task
        What the progress bar says.
    console
        Where the progress bar goes; standard error by default.

    Raises
    ------
    DataError
        When an engine fails, or a file cannot be written.
    """
    from rich.console import Console
    from rich.progress import track

    _start_folder(out, seed)
    missing = [request for request in requests if not (out / request.name).exists()]
    # Threads, because the work is done by the engines' own processes.
    with tempfile.TemporaryDirectory() as scratch, ThreadPool(processes) as pool:
        made = pool.imap_unordered(lambda one: _make(one, out, Path(scratch)), missing)
        for _ in track(
            made,
            task,
            total=len(missing),
            console=console or Console(stderr=True),
            disable=not missing,
        ):
            pass


def voices() -> tuple[list[str], tuple[str, ...]]:
    """Return espeak-ng's voice variants, and flite's voices where it is installed.

    Raises
    ------
    DataError
        When espeak-ng is not installed.
    """
    return _espeak_variants(), FLITE_VOICES if shutil.which("flite") else ()


def trim(samples: npt.NDArray[np.float32], *, margin_samples: int = 320) -> npt.NDArray[np.float32]:
    """Cut away what is more than 50 dB below the peak at both ends, less a margin.

    Parameters
    ----------
    samples
        float32, shape [samples].
    margin_samples
        What is kept on each side.

    Returns
    -------
    numpy.ndarray
        float32; empty when nothing rises above digital silence.
    """
    level = np.abs(samples)
    peak = float(level.max(initial=0.0))
    if peak < 1e-4:
        return samples[:0]
    loud = np.flatnonzero(level > peak * 10 ** (-50 / 20))
    return samples[max(int(loud[0]) - margin_samples, 0) : int(loud[-1]) + 1 + margin_samples]


def _make(request: Request, out: Path, scratch: Path) -> None:
    """Make one clip, or nothing when it came out silent or too long."""
    stem = f"{zlib.crc32(request.name.encode()):08x}"
    spoken = scratch / f"{stem}.wav"
    _run(_command(request, spoken))
    word = trim(read_audio(spoken))
    spoken.unlink()
    if not MINIMUM_S <= word.size / SAMPLE_RATE <= request.longest_s:
        return
    # Resampling can overshoot full scale.
    word /= max(1.0, float(np.abs(word).max()))
    target = out / request.name
    temporary = target.with_suffix(".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(str(temporary), word, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
        temporary.replace(target)
    except (OSError, soundfile.SoundFileError) as error:
        raise DataError(f"Cannot write {target}: {error}.") from error


def _command(request: Request, spoken: Path) -> list[str]:
    if request.engine == "flite":
        return [
            *("flite", "-voice", request.voice),
            *("--setf", f"duration_stretch={1 / request.speed:.3f}"),
            *("--setf", f"int_f0_target_mean={90 + 110 * request.pitch:.1f}"),
            *("-t", request.text, "-o", str(spoken)),
        ]
    return [
        *("espeak-ng", "-v", request.voice),
        # Words a minute around espeak-ng's normal 160; pitch over most of its 0 to 99.
        *("-s", str(round(160 * request.speed)), "-p", str(round(10 + 80 * request.pitch))),
        # Some variants clip at the normal amplitude of 100.
        *("-a", "60", "-z", "-w", str(spoken), "--", request.text),
    ]


def _espeak_variants() -> list[str]:
    """Return the names of espeak-ng's voice variants, sorted."""
    if shutil.which("espeak-ng") is None:
        raise DataError(
            "The speech synthesizer espeak-ng is not installed; install it with: "
            "sudo apt-get install espeak-ng (macOS: brew install espeak-ng)."
        )
    table = _run(["espeak-ng", "--voices=variant"])
    files = (field for line in table.splitlines() for field in line.split())
    names = {file.removeprefix("!v/") for file in files if file.startswith("!v/")}
    if not names - EXCLUDED_VARIANTS:
        raise DataError("espeak-ng lists no voice variants; install the package espeak-ng-data.")
    return sorted(names - EXCLUDED_VARIANTS)


def _run(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, check=True, timeout=_TIMEOUT_S, text=True
        )
    except subprocess.CalledProcessError as error:
        said = (error.stderr or "").strip().splitlines()
        reason = said[-1] if said else f"status {error.returncode}"
        raise DataError(f"{command[0]} failed ({reason}) at: {' '.join(command)}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DataError(f"Cannot run {command[0]}: {error}.") from error
    return done.stdout


def _start_folder(out: Path, seed: int) -> None:
    """Empty a folder of clips that another recipe, seed or engine made; refuse anyone else's."""
    engines = [_run(["espeak-ng", "--version"]).split("Data at")[0].strip()]
    if shutil.which("flite"):
        engines.append("flite")
    stamp = json.dumps({"recipe": _RECIPE, "seed": seed, "engines": engines})
    path = out / _STAMP
    try:
        out.mkdir(parents=True, exist_ok=True)
        if not path.exists() and any(out.iterdir()):
            raise DataError(f"{out} holds files that were not synthesized; name an empty folder.")
        if path.exists() and path.read_text(encoding="utf-8") == stamp:
            return
        for old in out.glob("*/*-*_*.flac"):
            old.unlink()
        path.write_text(stamp, encoding="utf-8")
    except OSError as error:
        raise DataError(f"Cannot use the folder {out}: {error.strerror or error}.") from error
