"""Augmented training streams, composed as life would: words with pauses, in a room, through a
microphone, with noise.

`train.live_windows` cuts them as the live program does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognizer.model_metadata import UNKNOWN
from train import augment
from train.corpora import SAMPLE_RATE
from train.live_windows import Placed
from train.sources import Pool, Recording, Sentence, Sources, as_float

Float32Array = npt.NDArray[np.float32]

LEAST_SYLLABLE_DB = 12.0
"""A syllable lies at most this far below the speech it is cut from (decibel)."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How often what is drawn (each 0 to 1)."""

    noise: float = 0.05
    """Of the streams: noise alone."""
    speech: float = 0.25
    """Of the streams: running speech. The others are words with pauses between them."""
    keywords: float = 0.47
    """Of the words: keywords."""
    near: float = 0.25
    """Of the other words: those that sound nearly as a digit does, each alike often."""
    vocabulary: float = 0.35
    """Of the other words: those drawn word by word, all alike, so that the network gets to know
    many; the rest is drawn by corpus and speaker, pieces of running speech among them."""
    glued: float = 0.04
    """Of the keywords: those made part of a longer word, which are "unknown"."""
    breath: float = 0.08
    """Of the keywords: those that a breath or a rustle precedes; they stay keywords."""
    telephone: float = 0.2
    """Of the streams: those that come over a telephone."""

    def __post_init__(self) -> None:
        for together in (
            ("noise", "speech"),
            ("keywords",),
            ("near", "vocabulary"),
            ("glued", "breath"),
            ("telephone",),
        ):
            if sum(getattr(self, name) for name in together) > 1:
                raise TypeError(f"the shares of {' and '.join(together)} come to more than 1")


USUAL = Shares()


def compose_words(
    rng: np.random.Generator,
    sources: Sources,
    keywords: tuple[str, ...],
    count: int,
    shares: Shares = USUAL,
) -> tuple[Float32Array, list[Placed]]:
    """Words with pauses between them."""
    pieces: list[Float32Array] = [np.zeros(int(rng.uniform(0.3, 0.9) * SAMPLE_RATE), np.float32)]
    truth: list[Placed] = []
    at = len(pieces[0])
    level = rng.uniform(-34.0, -14.0)
    tight = rng.random() < 0.3
    room = _room(rng, sources) if rng.random() < 0.3 else None
    for _ in range(count):
        label = str(rng.choice(keywords)) if rng.random() < shares.keywords else UNKNOWN
        recording = _pool(rng, sources, label, shares).draw(rng)
        word = recording.word
        samples, start, end = vary(rng, recording)
        voiced = augment.rms_db(samples[start:end])
        kind = rng.random() if label != UNKNOWN else 1.0
        if kind < shares.glued:
            syllable = sources.pools[UNKNOWN].draw_like(rng, recording)
            samples, start, end = glue(rng, samples, start, end, syllable)
            label, word = UNKNOWN, ""
        elif kind < shares.glued + shares.breath:
            samples = breathe(rng, samples, start, end)
        samples = augment.at_level(samples, voiced, level + rng.normal(0.0, 3.0))
        if room is not None:
            samples = augment.convolve(samples, room)
        truth.append(Placed(label, (at + start) / SAMPLE_RATE, (at + end) / SAMPLE_RATE, word))
        gap = rng.uniform(0.2, 0.6) if tight else rng.uniform(0.4, 1.3)
        silence = np.zeros(int(gap * SAMPLE_RATE), np.float32)
        pieces += [samples, silence]
        at += len(samples) + len(silence)
    pieces.append(np.zeros(SAMPLE_RATE // 2, np.float32))
    return finish(rng, np.concatenate(pieces), sources, level, shares), truth


def _pool(rng: np.random.Generator, sources: Sources, label: str, shares: Shares) -> Pool:
    """Draw what a word of this label is drawn from."""
    if label == UNKNOWN and sources.words:
        kind = rng.random()
        names: Sequence[str] = ()
        if kind < shares.near:
            names = sources.near
        if not names and kind < shares.near + shares.vocabulary:
            names = list(sources.words)
        if names:
            return sources.words[names[int(rng.integers(len(names)))]]
    return sources.pools[label]


def compose_speech(
    rng: np.random.Generator, sources: Sources, count: int, shares: Shares = USUAL
) -> tuple[Float32Array, list[Placed]]:
    """Sentences one behind another."""
    pieces: list[Float32Array] = []
    truth: list[Placed] = []
    at = 0
    level = rng.uniform(-34.0, -14.0)
    for _ in range(count):
        sentence = draw_sentence(rng, sources)
        speed = rng.uniform(0.88, 1.14)
        samples = augment.change_speed(sentence.read(), speed)
        samples = augment.at_level(samples, augment.rms_db(samples), level + rng.normal(0.0, 2.0))
        if rng.random() < 0.4:
            samples = augment.color(rng, samples)
        offset = at / SAMPLE_RATE
        truth += [
            Placed(label, offset + start / speed, offset + end / speed)
            for label, start, end in sentence.words
        ]
        gap = np.zeros(int(rng.uniform(0.05, 0.8) * SAMPLE_RATE), np.float32)
        pieces += [samples, gap]
        at += len(samples) + len(gap)
    samples = np.concatenate(pieces)
    if rng.random() < 0.3 and (room := _room(rng, sources)) is not None:
        samples = augment.convolve(samples, room)
    return finish(rng, samples, sources, level, shares), truth


def compose_noise(
    rng: np.random.Generator, sources: Sources, count: int, shares: Shares = USUAL
) -> tuple[Float32Array, list[Placed]]:
    """Noises that come and go, and nothing said."""
    pieces: list[Float32Array] = []
    for _ in range(count):
        noise = sources.noises[int(rng.integers(len(sources.noises)))]
        length = int(np.exp(rng.uniform(np.log(0.1), np.log(3.0))) * SAMPLE_RATE)
        piece = augment.excerpt(rng, as_float(noise), length)
        if rng.random() < 0.5:
            piece = augment.color(rng, piece)
        piece = augment.at_level(piece, augment.rms_db(piece), rng.uniform(-45.0, -12.0))
        if rng.random() < 0.5:
            piece = augment.fade(piece, int(rng.uniform(0.005, 0.1) * SAMPLE_RATE))
        pieces += [piece, np.zeros(int(rng.uniform(0.1, 1.2) * SAMPLE_RATE), np.float32)]
    return finish(rng, np.concatenate(pieces), sources, -25.0, shares), []


def draw_sentence(rng: np.random.Generator, sources: Sources) -> Sentence:
    """Draw a sentence: read books, of which there is little, as often as short commands."""
    corpora = sorted({sentence.corpus for sentence in sources.sentences})
    corpus = corpora[int(rng.integers(len(corpora)))]
    drawn = [sentence for sentence in sources.sentences if sentence.corpus == corpus]
    return drawn[int(rng.integers(len(drawn)))]


def babble(rng: np.random.Generator, sources: Sources, length: int) -> Float32Array:
    """Several people talking at once, none of them near, of mean square 1."""
    together = np.zeros(length, np.float32)
    for _ in range(int(rng.integers(3, 8))):
        voice = augment.excerpt(rng, draw_sentence(rng, sources).read(), length)
        level = rng.uniform(-6.0, 0.0)
        together += augment.at_level(voice, augment.rms_db(voice), level)
    if (room := _room(rng, sources)) is not None:
        together = augment.convolve(together, room)[:length]
    return augment.at_level(together, augment.rms_db(together), 0.0)


def vary(rng: np.random.Generator, recording: Recording) -> tuple[Float32Array, int, int]:
    """Another voice and another microphone; returns samples and the word's place in them."""
    samples, start, end = recording.read(), recording.start, recording.end
    if rng.random() < 0.85:
        speed = float(np.clip(rng.normal(1.0, 0.1), 0.78, 1.25))
        samples = augment.change_speed(samples, speed)
        start, end = int(start / speed), min(int(end / speed), len(samples))
    if rng.random() < 0.5:
        samples = augment.color(rng, samples)
    if rng.random() < 0.4:
        samples, start, end = _crowd_clip(rng, recording, samples, start, end)
    return samples, start, end


def glue(
    rng: np.random.Generator,
    samples: Float32Array,
    start: int,
    end: int,
    other: Recording,
) -> tuple[Float32Array, int, int]:
    """Put a syllable of other speech right before or behind a keyword, as "be" before "four".

    Parameters
    ----------
    samples, start, end
        The keyword and its place.
    other
        Where the syllable is cut from.

    Returns
    -------
    tuple
        The samples, and the place of both together.
    """
    speech = other.read()[other.start : other.end]
    length = int(rng.uniform(0.06, 0.22) * SAMPLE_RATE)
    quietest_db = augment.rms_db(speech) - LEAST_SYLLABLE_DB
    # Speech has pauses, and a pause made loud is a breath.
    for _ in range(8):
        syllable = augment.fade(augment.excerpt(rng, speech, min(length, len(speech))), 100)
        now = augment.rms_db(syllable)
        if now >= quietest_db:
            break
    syllable = augment.at_level(
        syllable, now, augment.rms_db(samples[start:end]) + rng.uniform(-20.0, 0.0)
    )
    # From an overlap, as in connected speech, to the closure of a plosive.
    gap = int(rng.uniform(-0.02, 0.12) * SAMPLE_RATE)
    before = rng.random() < 0.75
    first = start - gap - len(syllable) if before else end + gap
    lead = max(0, -first)
    tail = max(0, first + len(syllable) - len(samples))
    samples = np.pad(samples, (lead, tail))
    samples[first + lead : first + lead + len(syllable)] += syllable
    start, end = start + lead, end + lead
    if before:
        return samples, first + lead, end
    return samples, start, first + lead + len(syllable)


def breathe(rng: np.random.Generator, samples: Float32Array, start: int, end: int) -> Float32Array:
    """Put a burst of noise into the quiet before a word, as far as there is one."""
    length = int(rng.uniform(0.04, 0.3) * SAMPLE_RATE)
    first = start - int(rng.uniform(0.06, 0.2) * SAMPLE_RATE) - length
    if first < 0:
        return samples
    burst = augment.fade(augment.sloped_noise(rng, length), length // 3)
    level = augment.rms_db(samples[start:end]) + rng.uniform(-28.0, -10.0)
    samples = samples.copy()
    samples[first : first + length] += augment.at_level(burst, 0.0, level)
    return samples


def _crowd_clip(
    rng: np.random.Generator, recording: Recording, samples: Float32Array, start: int, end: int
) -> tuple[Float32Array, int, int]:
    """Put a word into a second of steady noise with hard edges, as crowd recordings are."""
    length = max(SAMPLE_RATE, len(samples))
    before = int(rng.integers(0, length - len(samples) + 1))
    clip = np.zeros(length, np.float32)
    clip[before : before + len(samples)] = samples
    if rng.random() < 0.5 and start > 1600:
        noise = augment.noise_like(rng, samples[: start - 400], length)
    else:
        noise = augment.sloped_noise(rng, length)
    level = augment.rms_db(samples[start:end]) - rng.uniform(8.0, 45.0)
    clip += augment.at_level(noise, 0.0, level)
    return clip, start + before, end + before


def finish(
    rng: np.random.Generator,
    samples: Float32Array,
    sources: Sources,
    level_db: float,
    shares: Shares = USUAL,
) -> Float32Array:
    """Noise, microphone and converter: what a whole stream goes through."""
    kind = rng.random()
    if kind < 0.35:
        samples = samples + augment.at_level(
            augment.sloped_noise(rng, len(samples)),
            0.0,
            min(level_db - 25.0, rng.uniform(-85, -45)),
        )
    elif kind < 0.85:
        if rng.random() < 0.25 and sources.sentences:
            piece = babble(rng, sources, len(samples))
        else:
            noise = sources.noises[int(rng.integers(len(sources.noises)))]
            piece = augment.excerpt(rng, noise.astype(np.float32), len(samples))
        if rng.random() < 0.3:
            piece = augment.change_speed(piece, rng.uniform(0.8, 1.25))
            piece = np.resize(piece, len(samples))
        snr = rng.uniform(0.0, 30.0)
        samples = samples + augment.at_level(piece, augment.rms_db(piece), level_db - snr)
        if rng.random() < 0.5:
            hiss = augment.sloped_noise(rng, len(samples))
            samples = samples + augment.at_level(hiss, 0.0, rng.uniform(-85.0, -60.0))
    if rng.random() < 0.35:
        samples = augment.color(rng, samples)
    if rng.random() < 0.1:
        hum = np.sin(2 * np.pi * rng.choice([50.0, 60.0]) / SAMPLE_RATE * np.arange(len(samples)))
        samples = samples + (10.0 ** (rng.uniform(-60, -30) / 20.0) * hum).astype(np.float32)
    if rng.random() < 0.1:
        samples = samples + np.float32(rng.normal(0.0, 0.02))
    if rng.random() < 0.05:
        samples = samples * np.float32(rng.uniform(2.0, 6.0))
    if rng.random() < shares.telephone:
        samples = augment.telephone(rng, samples)
    converted: Float32Array = np.rint(np.clip(samples, -1.0, 1.0) * 32767.0).astype(np.float32)
    return converted / np.float32(32768.0)


def _room(rng: np.random.Generator, sources: Sources) -> Float32Array | None:
    return sources.rooms[int(rng.integers(len(sources.rooms)))] if sources.rooms else None
