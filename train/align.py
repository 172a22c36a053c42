"""Word boundaries for running speech, by PocketSphinx's forced alignment.

The transcript is known, so that the decoder only has to say where each word lies. The acoustic
model and the dictionary are the US English ones inside the ``pocketsphinx`` package, so nothing
is downloaded. https://github.com/cmusphinx/pocketsphinx
"""

import multiprocessing
import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recognizer.errors import AudioError
from train.corpora import Utterance, Word, load_utterances, read_audio
from train.corpora.alignments import write_alignments
from train.errors import DataError

if TYPE_CHECKING:
    from rich.console import Console

# Words of the corpora that the bundled dictionary lacks, in its phones (ARPAbet, no stress).
PRONUNCIATIONS = {
    "beggar's": "B EH G ER Z",
    "clerkenwell": "K L AA R K AH N W EH L",
    "conjectured": "K AH N JH EH K CH ER D",
    "distempers": "D IH S T EH M P ER Z",
    "endeavoured": "IH N D EH V ER D",
    "entreated": "EH N T R IY T IH D",
    "extenuations": "IH K S T EH N Y UW EY SH AH N Z",
    "holborn": "HH OW B ER N",
    "knavery": "N EY V ER IY",
    "morlands": "M AO R L AH N D Z",
    "northanger": "N AO R TH AE NG ER",
    "pianoforte": "P IY AE N AH F AO R T EY",
    "plumpness": "P L AH M P N AH S",
    "raptures": "R AE P CH ER Z",
    "spinnet": "S P IH N AH T",
    "sufferance": "S AH F ER AH N S",
    "unpropitious": "AH N P R AH P IH SH AH S",
    "waggons": "W AE G AH N Z",
    "whitechappel": "W AY T CH AE P AH L",
}

_FRAMES_PER_SECOND = 100
_ALTERNATIVE = re.compile(r"\([0-9]+\)$")


@dataclass(frozen=True, slots=True)
class Summary:
    """What an alignment run came to."""

    aligned: int
    """Utterances with boundaries."""
    words: int
    """Words with boundaries."""
    skipped: tuple[tuple[str, str], ...]
    """Path relative to the data folder, and why there are no boundaries."""


class AlignmentError(DataError):
    """An utterance whose sound and transcript do not fit together."""


class Aligner:
    """A decoder that says where the words of a known transcript lie.

    Raises
    ------
    DataError
        When the ``pocketsphinx`` package is not installed.
    """

    def __init__(self) -> None:
        try:
            from pocketsphinx import Decoder
        except ImportError as error:
            raise DataError(
                "The package pocketsphinx, which finds word boundaries, is not installed; "
                "install it with: pip install 'keyword-recognizer[train]'"
            ) from error
        self._decoder: Any = Decoder(lm=None, bestpath=False, loglevel="FATAL")
        for word, phones in PRONUNCIATIONS.items():
            if self._decoder.lookup_word(word) is None:
                self._decoder.add_word(word, phones, update=False)

    def align(
        self, samples: npt.NDArray[np.float32], transcript: Sequence[str]
    ) -> tuple[Word, ...]:
        """Say where each word lies.

        Parameters
        ----------
        samples
            float32, shape [samples], mono, 16 kHz, full scale 1.
        transcript
            The words said, lowercase.

        Returns
        -------
        tuple of Word
            One for each word of the transcript, in order, in steps of 10 ms. A pause between
            two words belongs to neither.

        Raises
        ------
        AlignmentError
            When a word is not in the dictionary or no path through the transcript fits.
        """
        for word in transcript:
            if self._decoder.lookup_word(word) is None:
                raise AlignmentError(f"the dictionary lacks {word!r}")
        pcm = np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2").tobytes()
        try:
            # Forgets the noise level tracked so far, so that the result does not depend on what
            # was aligned before, nor the file on the number of processes.
            self._decoder.reinit_feat()
            self._decoder.set_align_text(" ".join(transcript))
            self._decoder.start_utt()
            self._decoder.process_raw(pcm, full_utt=True)
            self._decoder.end_utt()
            segments = list(self._decoder.seg() or ())
        except RuntimeError as error:
            raise AlignmentError(f"the decoder failed ({error})") from error
        words = tuple(
            Word(
                _ALTERNATIVE.sub("", one.word),
                one.start_frame / _FRAMES_PER_SECOND,
                (one.end_frame + 1) / _FRAMES_PER_SECOND,
            )
            for one in segments
            if not one.word.startswith(("<", "[", "+"))
        )
        if tuple(word.text for word in words) != tuple(transcript):
            raise AlignmentError("no path through the transcript fits the sound")
        return words


def align(
    data: Path, out: Path, *, processes: int = 2, console: "Console | None" = None
) -> Summary:
    """Align every utterance of AN4 and LibriSpeech and write the boundaries.

    Utterances that cannot be aligned are left out of the file and named at the end. The file
    does not depend on `processes`.

    Parameters
    ----------
    data
        The folder of the recordings.
    out
        The JSON file to write; `train.corpora.load_utterances` reads it.
    processes
        How many decoders run at once.
    console
        Where progress and the report go; standard error by default.

    Raises
    ------
    DataError
        When a corpus or pocketsphinx is missing, or the file cannot be written.
    """
    from rich.console import Console
    from rich.progress import track

    console = console or Console(stderr=True)
    utterances = load_utterances(data)
    Aligner()
    aligned: dict[str, tuple[Word, ...]] = {}
    skipped: list[tuple[str, str]] = []
    # Spawned, because forking a process that has threads (numpy's, rich's) can deadlock.
    with multiprocessing.get_context("spawn").Pool(processes, initializer=_start_worker) as pool:
        results = pool.imap_unordered(_align_one, utterances, chunksize=8)
        for path, words, reason in track(
            results, "Aligning words", total=len(utterances), console=console
        ):
            name = path.relative_to(data).as_posix()
            if words is None:
                skipped.append((name, reason))
            else:
                aligned[name] = words
    write_alignments(out, aligned)
    summary = Summary(len(aligned), sum(map(len, aligned.values())), tuple(sorted(skipped)))
    console.print(
        f"Aligned {summary.words} words in {summary.aligned} utterances; "
        f"skipped {len(skipped)}{':' if skipped else '.'}",
        highlight=False,
    )
    for name, reason in summary.skipped:
        console.print(f"  {name}: {reason}", highlight=False, markup=False, soft_wrap=True)
    return summary


_worker: Aligner | None = None


def _start_worker() -> None:
    """Make this process's decoder."""
    global _worker
    # Ctrl-C reaches the whole process group; the parent alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _worker = Aligner()


def _align_one(utterance: Utterance) -> tuple[Path, tuple[Word, ...] | None, str]:
    worker = _worker or Aligner()
    try:
        samples = read_audio(utterance.path)
        return utterance.path, worker.align(samples, utterance.transcript), ""
    except (AlignmentError, AudioError) as error:
        return utterance.path, None, str(error)
