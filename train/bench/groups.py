"""The streams of the bench beside those of every evaluation: `train.evaluation.stream_groups`.

Digits over a café, an office and a kitchen and in simulated rooms, words that are nearly digits,
music, and an hour of hum. Only recordings for testing are in them, or sounds that were computed.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np

from train.augment import convolve
from train.bench.names import PLACES, VOICES
from train.bench.near_words import NEAR_WORDS, spoken_words
from train.bench.places import NOISES, Noise
from train.bench.sounds import TEMPOS, at_rms, hum, music
from train.corpora import SAMPLE_RATE, Clip, load_rooms, read_audio
from train.evaluation.snr_groups import SNRS_DB
from train.evaluation.stream_groups import Recordings
from train.evaluation.stream_plan import (
    FLOOR_DB,
    GAP_S,
    NOISY_SPEECH_DB,
    Group,
    Plan,
    add_word,
    at_snr,
    corpora_of,
    word_stream,
)
from train.evaluation.streams import (
    Float32Array,
    Int16Array,
    Stream,
    StreamBuilder,
    as_int16,
    at_level,
    voiced_extent,
)
from train.vocabulary import DIGITS

MUSIC_PIECES = 12
MUSIC_PIECE_S = 150.0
MUSIC_DB = (-30.0, -15.0)
"""Root mean square of a piece (dBFS)."""

HUM_PIECE_S = 300.0
HUM_DB = (-60.0, -45.0, -30.0)
"""Root mean squares of the hum (dBFS)."""
HUM_FLOOR_DB = (-80.0, -60.0)
"""Root mean squares of the noise floor under it (dBFS)."""
MAINS_HZ = (50.0, 60.0)


def _said_by(voice: str, plan: Plan) -> list[Clip]:
    """Return the keywords that some kind of people said."""
    if voice == "accented":
        # The validation split must not even list them.
        if plan.split != "test" or not isinstance(plan.recordings, Recordings):
            return []
        clips: Sequence[Clip] = plan.recordings.testing_only
    else:
        corpus = {"crowd": "speech_commands", "close_talk": "fsdd"}[voice]
        clips = [one for one in plan.recordings.isolated if one.corpus == corpus]
    return [one for one in clips if one.word in plan.keywords]


def _in_noise(
    voice: str,
    snr_db: float | None,
    noise_of: Callable[[Plan], Noise | None] | None,
    name: str,
    plan: Plan,
) -> Stream | None:
    clips = _said_by(voice, plan)
    if noise_of is None or snr_db is None:
        return word_stream(name, plan, clips, level_db=NOISY_SPEECH_DB)
    noise = noise_of(plan)
    if noise is None:
        return None
    return word_stream(
        name,
        plan,
        clips,
        background=at_snr(noise[0], snr_db),
        level_db=NOISY_SPEECH_DB,
        note=f" over {noise[1]} at {snr_db:g} dB",
    )


def _in_rooms(voice: str, name: str, plan: Plan) -> Stream | None:
    """Make a stream of digits, each said somewhere in a simulated room that training never saw."""
    if not isinstance(plan.recordings, Recordings):
        return None
    if not (plan.recordings.data / "rooms" / "simulated").is_dir():
        return None
    rooms = [one for one in load_rooms(plan.recordings.data) if one.split == plan.split]
    chosen = plan.choose(_said_by(voice, plan))
    if not rooms or not chosen:
        return None
    builder = StreamBuilder(plan.random, FLOOR_DB)
    builder.add_quiet(plan.random.uniform(*GAP_S))
    for clip in chosen:
        dry = at_level(plan.recordings.read(clip.path), plan.level_db())
        room = rooms[int(plan.random.integers(len(rooms)))]
        # The word ends where its speaker ends, not where the room has fallen silent.
        wet = convolve(dry, read_audio(room.path))
        add_word(builder, plan, clip, wet, voiced_extent(dry))
        builder.add_quiet(plan.random.uniform(*GAP_S))
    count = len({one.speaker for one in rooms})
    note = f" in {count} simulated rooms ({len(rooms)} places)"
    return builder.build(name, plan.split, corpora_of(chosen) + note)


def _eleven_twelve(name: str, plan: Plan) -> Stream | None:
    if plan.split != "test" or not isinstance(plan.recordings, Recordings):
        return None
    others = [one for one in plan.recordings.testing_only if one.word not in plan.keywords]
    return word_stream(name, plan, others)


def _near(name: str, plan: Plan) -> Stream | None:
    return spoken_words(name, plan, [one for one in NEAR_WORDS if one not in plan.keywords])


def _near_digits(name: str, plan: Plan) -> Stream | None:
    return spoken_words(name, plan, [one for one in DIGITS if one in plan.keywords])


def _music(name: str, plan: Plan) -> Stream | None:
    if plan.split != "test":
        return None
    seeds = plan.random.spawn(_count(plan, MUSIC_PIECES))
    pieces = (
        at_rms(music(one, MUSIC_PIECE_S, TEMPOS[number % len(TEMPOS)]), one.uniform(*MUSIC_DB))
        for number, one in enumerate(seeds)
    )
    note = f"computed: chords, melody, drums, {min(TEMPOS)} to {max(TEMPOS)} beats a minute"
    return _computed(name, plan, pieces, len(seeds), MUSIC_PIECE_S, note)


def _hum(name: str, plan: Plan) -> Stream | None:
    if plan.split != "test":
        return None
    kinds = [(hz, db, floor) for hz in MAINS_HZ for db in HUM_DB for floor in HUM_FLOOR_DB]
    kinds = kinds[: _count(plan, len(kinds))]
    pieces = (
        hum(plan.random, HUM_PIECE_S, hz, level_db, floor_db) for hz, level_db, floor_db in kinds
    )
    note = "computed: hum of 50 and 60 Hz, three levels, two noise floors"
    return _computed(name, plan, pieces, len(kinds), HUM_PIECE_S, note)


def _count(plan: Plan, most: int) -> int:
    return most if plan.limit is None else min(most, plan.limit)


def _computed(
    name: str,
    plan: Plan,
    pieces: Iterable[Float32Array],
    count: int,
    piece_s: float,
    content: str,
) -> Stream:
    """Join pieces of equal length, one in memory at a time, into a stream where nobody speaks."""
    length = round(piece_s * SAMPLE_RATE)
    samples: Int16Array = np.empty(count * length, np.int16)
    for number, piece in enumerate(pieces):
        samples[number * length : (number + 1) * length] = as_int16(piece)
    return Stream(name, samples, (), plan.split, content, count)


def _noise_groups() -> dict[str, Group]:
    groups = {}
    for voice, said in VOICES.items():
        # The same words in the same order at the same places, whatever the noise.
        draw = f"{voice}_snr"
        groups[f"{voice}_snr_clean"] = Group(
            f"{said}, no noise", partial(_in_noise, voice, None, None), draw, again=True
        )
        for place, where in PLACES.items():
            for snr_db in SNRS_DB[1:]:
                groups[f"{voice}_{place}_snr_{snr_db:g}"] = Group(
                    f"{said}, {where}, {snr_db:g} dB",
                    partial(_in_noise, voice, snr_db, NOISES[place]),
                    draw,
                    again=True,
                )
    return groups


def _alone(title: str, build: Callable[[str, Plan], Stream | None], *, sweep: bool) -> Group:
    return Group(title, build, again=True, sweep=sweep)


BENCH_GROUPS: dict[str, Group] = {
    **{
        f"{voice}_rooms": _alone(
            f"digits in simulated rooms, {said}", partial(_in_rooms, voice), sweep=False
        )
        for voice, said in VOICES.items()
    },
    "eleven_twelve": _alone('"eleven" and "twelve"', _eleven_twelve, sweep=True),
    "near": _alone("near words, synthetic voices", _near, sweep=True),
    "near_digits": _alone("digits, the same synthetic voices", _near_digits, sweep=False),
    "music": _alone("music, computed", _music, sweep=False),
    "hum": _alone("an hour of mains hum, computed", _hum, sweep=False),
    **_noise_groups(),
}
"""The groups by name."""
