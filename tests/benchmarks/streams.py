"""How many live streams one core keeps up with."""

import itertools
import time
from collections.abc import Callable, Iterator

import numpy as np

from recognizer.classifier import Classifier
from recognizer.events import Event
from recognizer.multi_recognizer import MultiRecognizer
from recognizer.recognizer import Recognizer
from recognizer.resampler import SAMPLE_RATE
from tests.benchmarks.bench import (
    Float32Array,
    Settings,
    Speech,
    on_one_core,
    print_table,
    sound,
)

STREAMS = 300
SECONDS = 10.0
QUICK_SECONDS = 3.0
TALKING = (("quiet rooms", 0.0), ("each talks 10 % of the time", 0.1), ("all talk", 1.0))
BLOCKS_MS = (20, 40, 100)
TURN_S = 2.0
"""Who talks, does so for so long at a time (seconds)."""

Heard = Callable[[Float32Array], list[list[Event]]]


def main(settings: Settings) -> None:
    """Print the table."""
    seconds = QUICK_SECONDS if settings.quick else SECONDS
    speech = Speech()
    talk = np.concatenate(list(sound("talk", 120.0, speech)))
    room = np.concatenate(list(sound("quiet", 120.0, speech)))
    classifier = Classifier(settings.model)
    rows = []
    with on_one_core():
        for title, share in TALKING:
            for block_ms in BLOCKS_MS:
                together = MultiRecognizer(STREAMS, classifier)
                singles = [Recognizer(classifier) for _ in range(STREAMS)]
                blocks = list(_blocks(talk, room, share, block_ms, seconds))
                multi, multi_s = _measure(together.process, iter(blocks))
                each, each_s = _measure(
                    lambda rows, singles=singles: [  # type: ignore[misc]
                        one.process(row) for one, row in zip(singles, rows, strict=True)
                    ],
                    iter(blocks),
                )
                if multi != each:
                    raise RuntimeError("MultiRecognizer hears something else than Recognizer.")
                rows.append(
                    (
                        title,
                        f"{block_ms} ms",
                        f"{STREAMS * seconds / multi_s:,.0f}",
                        f"{STREAMS * seconds / each_s:,.0f}",
                        f"{each_s / multi_s:.2f}",
                        str(sum(map(len, multi))),
                    )
                )
    print_table(
        "Live streams that one core keeps up with",
        ("sound", "blocks", "MultiRecognizer", "a Recognizer each", "ratio", "events, the same"),
        rows,
        (
            f"by processor time, {STREAMS} streams of {seconds:.0f} s",
            f"speech: {speech.source}",
        ),
    )


def _blocks(
    talk: Float32Array, room: Float32Array, share: float, block_ms: int, seconds: float
) -> Iterator[Float32Array]:
    """Yield float32 ``[streams, n]``: each stream talks for its share of the time, in its turn."""
    length = SAMPLE_RATE * block_ms // 1000
    for number in itertools.count():
        at_s = number * block_ms / 1000
        if at_s >= seconds:
            return
        rows = []
        for stream in range(STREAMS):
            turn = (at_s + stream * TURN_S / STREAMS / max(share, 0.01)) % (
                TURN_S / max(share, 0.01)
            )
            source = talk if share and turn < TURN_S else room
            first = (number * length + stream * 6_007) % (len(source) - length)
            rows.append(source[first : first + length])
        yield np.stack(rows)


def _measure(hear: Heard, blocks: Iterator[Float32Array]) -> tuple[list[list[Event]], float]:
    """Return all events of each stream, and the processor time it took (seconds)."""
    events: list[list[Event]] = [[] for _ in range(STREAMS)]
    began = time.process_time()
    for block in blocks:
        for heard, new in zip(events, hear(block), strict=True):
            heard += new
    return events, time.process_time() - began
