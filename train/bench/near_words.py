"""Words that are nearly digits, said by synthetic voices that no network was trained with.

Nobody recorded most of these words under a licence that lets them be used. The voices are the
variants of espeak-ng that `train.splits.synthetic_split` keeps from training; they speak with the
same rules of pronunciation as those that training heard, and are easier than people.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from train.corpora.synthetic import describe
from train.errors import DataError
from train.evaluation.stream_plan import FLOOR_DB, GAP_S, Plan
from train.evaluation.streams import Stream, StreamBuilder, at_level
from train.splits import synthetic_split
from train.synthesize import make, voices
from train.voice_requests import Request, draw

NEAR_WORDS = (
    *("tree", "sick", "sixty", "seventeen", "fine", "nice"),
    *("fire", "heaven", "door", "late", "shoe", "gyro"),
)
"""Words that only some sounds tell from a digit."""

CLIPS_OF_EACH = 25
"""How often each word is said."""

SEED = 20
"""What voices, speed and pitch are drawn from: another than that of the training."""


def held_voices() -> list[str]:
    """Return the variants of espeak-ng that training never heard.

    Raises
    ------
    DataError
        When espeak-ng is not installed, or none of its variants is kept from training.
    """
    variants, _ = voices()
    kept = [one for one in variants if synthetic_split(one) != "train"]
    if not kept:
        raise DataError("This espeak-ng has no voice that was kept from training.")
    return kept


def requests(words: Sequence[str], variants: Sequence[str]) -> list[Request]:
    """Return what the voices are to say."""
    return [one for word in words for one in draw(word, CLIPS_OF_EACH, variants, (), seed=SEED)]


def spoken_words(name: str, plan: Plan, words: Sequence[str]) -> Stream | None:
    """Make a stream of words that synthetic voices say.

    The clips are made in a folder that is deleted afterwards; that takes some seconds.

    Parameters
    ----------
    name, plan
        The group, and what it is made from.
    words
        What is said.

    Returns
    -------
    Stream or None
        None for another part than "test", and where espeak-ng is missing.
    """
    if plan.split != "test":
        return None
    from rich.console import Console

    try:
        variants = held_voices()
    except DataError:
        return None
    wanted = requests(words, variants)
    with tempfile.TemporaryDirectory(prefix="keyword-") as scratch:
        folder = Path(scratch) / "said"
        # The evaluation has a bar of its own.
        silent = Console(quiet=True)
        make(wanted, folder, seed=SEED, processes=2, task="near words", console=silent)
        made = [describe(folder / one.name) for one in wanted if (folder / one.name).exists()]
        chosen = plan.choose([replace(one, split=plan.split) for one in made])
        if not chosen:
            return None
        builder = StreamBuilder(plan.random, FLOOR_DB)
        builder.add_quiet(plan.random.uniform(*GAP_S))
        for clip in chosen:
            samples = plan.recordings.read(clip.path)
            if samples is None:
                continue
            builder.add_word(
                at_level(samples, plan.level_db()),
                clip.word,
                speaker=clip.speaker,
                corpus=clip.corpus,
                source=f"synthetic/{clip.path.relative_to(folder).as_posix()}",
            )
            builder.add_quiet(plan.random.uniform(*GAP_S))
    return builder.build(name, plan.split, f"espeak-ng, {len(variants)} voices kept from training")
