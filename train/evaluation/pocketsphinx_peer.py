"""A peer to compare with: PocketSphinx listening for the same words through a grammar.

https://github.com/cmusphinx/pocketsphinx; its own voice detector (`pocketsphinx.Endpointer`)
cuts the stream into segments, and a JSGF grammar of the words decodes each.
"""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from recognizer.events import Detection, Event, VoiceEnded, VoiceStarted
from train.errors import DataError

Float32Array = npt.NDArray[np.float32]


def grammar(words: Sequence[str], *, repeated: bool = False) -> str:
    """Return the JSGF grammar of an utterance that is one of the words, or a row of them."""
    choice = f"({' | '.join(words)})"
    return (
        f"#JSGF V1.0;\ngrammar keywords;\npublic <keyword> = {choice}{'+' if repeated else ''};\n"
    )


class PocketSphinxRecognizer:
    """PocketSphinx with the interface of `recognizer.recognizer.Recognizer`.

    Every segment of voice becomes one of the words, because a grammar cannot refuse.

    Parameters
    ----------
    words
        The words to listen for; PocketSphinx's dictionary must have them.
    repeated
        A segment may hold several words in a row. Slower, and for words said alone worse.

    Raises
    ------
    DataError
        When pocketsphinx is not installed, or its dictionary lacks a word.

    """

    def __init__(self, words: Sequence[str], *, repeated: bool = False) -> None:
        try:
            import pocketsphinx
        except ImportError as error:
            raise DataError(
                "PocketSphinx is not installed: pip install 'keyword-recognizer[train]'."
            ) from error
        pocketsphinx.set_loglevel("FATAL")
        self._pocketsphinx = pocketsphinx
        # Without lm=None the decoder loads a language model of 30 MB that it then never uses.
        self._decoder = pocketsphinx.Decoder(lm=None, loglevel="FATAL")
        missing = [one for one in words if self._decoder.lookup_word(one) is None]
        if missing:
            raise DataError(f"PocketSphinx's dictionary lacks {missing[0]!r}; leave it out.")
        self._words = frozenset(words)
        self._decoder.add_jsgf_string("keywords", grammar(words, repeated=repeated))
        self._decoder.activate_search("keywords")
        self._speaking = False
        self.reset()

    def reset(self) -> None:
        """Start a new stream."""
        if self._speaking:
            self._decoder.end_utt()
        self._endpointer: Any = self._pocketsphinx.Endpointer()
        self._carried = b""
        self._heard_samples = 0
        self._speaking = False

    def process(self, block: Float32Array) -> list[Event]:
        """Take float32 samples of shape ``[n]``, return what was heard in them."""
        data = self._carried + np.rint(np.clip(block, -1, 1) * 32767).astype(np.int16).tobytes()
        frame = self._endpointer.frame_bytes
        whole = len(data) - len(data) % frame
        self._carried = data[whole:]
        frames = (data[first : first + frame] for first in range(0, whole, frame))
        return list(itertools.chain.from_iterable(map(self._frame, frames)))

    def finish(self) -> list[Event]:
        """End the stream."""
        if not self._endpointer.in_speech:
            return []
        # It takes a last frame of any length except none.
        rest = self._endpointer.end_stream(self._carried or b"\0\0")
        self._heard_samples += len(self._carried) // 2
        if rest:
            self._decoder.process_raw(rest, no_search=False, full_utt=False)
        return self._decide()

    def _frame(self, frame: bytes) -> Iterable[Event]:
        speech = self._endpointer.process(frame)
        self._heard_samples += len(frame) // 2
        if speech is None:
            return
        if not self._speaking:
            self._decoder.start_utt()
            self._speaking = True
            yield VoiceStarted(self._endpointer.speech_start, self._time)
        self._decoder.process_raw(speech, no_search=False, full_utt=False)
        if not self._endpointer.in_speech:
            yield from self._decide()

    @property
    def _time(self) -> float:
        return self._heard_samples / 16000

    def _decide(self) -> list[Event]:
        self._decoder.end_utt()
        self._speaking = False
        start, end = self._endpointer.speech_start, self._endpointer.speech_end
        events: list[Event] = [VoiceEnded(start, end, self._time)]
        for segment in self._decoder.seg() or ():
            # The second pronunciation of a word is called "zero(2)".
            word = segment.word.partition("(")[0]
            if word in self._words:
                first, last = (
                    start + 0.01 * one for one in (segment.start_frame, segment.end_frame)
                )
                events.append(Detection(word, 1.0, first, last + 0.01, self._time))
        return events
