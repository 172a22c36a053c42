"""What a comparison compared, in words."""

from collections.abc import Sequence
from typing import Any

from recognizer.model_metadata import SILENCE
from train.compare.splits import Fold, speaker_of
from train.corpora import Clip


def describe(
    clips: Sequence[Clip],
    words: Sequence[str],
    random_splits: int,
    speakers: Sequence[Fold],
    epochs: int | None,
) -> list[str]:
    """Say what was compared, and how.

    Parameters
    ----------
    clips, words
        The recordings, and the words to be known.
    random_splits, speakers, epochs
        How many divisions by chance there were, those by speaker, and the number of epochs where
        it was not the recipes'.

    Returns
    -------
    list of str
        Sentences.
    """
    lines = [f"{_there(clips, words)}. Right: the likeliest of these words is the one said."]
    if random_splits:
        times = "" if random_splits == 1 else f", {random_splits} times"
        lines.append(
            f"Random split{times}: a fifth of each word's recordings is tested on, and an eighth "
            "of the others chooses the epoch; every speaker is in every part."
        )
    if speakers:
        alone = all(len({speaker_of(clip) for clip in one.test}) == 1 for one in speakers)
        who = "each speaker" if alone else f"each of {len(speakers)} groups of speakers"
        lines.append(
            f"Held-out speakers: {who} in turn is tested on, and an eighth of the others' "
            "recordings chooses the epoch. Worst to best: of these turns."
        )
    lines.append(
        "In brackets: 95 % confidence (Wilson) over recordings; those of one speaker are alike, "
        "so the spread over speakers says more about the next stranger. Training: mean seconds "
        "of one training on one core. int8 time: one window on one core."
    )
    if epochs is not None:
        each = "one epoch" if epochs == 1 else f"at most {epochs} epochs"
        lines.append(f"Only {each} each, instead of the recipes' own numbers.")
    return lines


def fold_record(fold: Fold) -> dict[str, Any]:
    """Return the sizes of a division, as plain values."""
    return {
        "kind": fold.kind,
        "name": fold.name,
        "train": len(fold.train),
        "validation": len(fold.validation),
        "test": len(fold.test),
        "speakers": sorted({clip.speaker for clip in fold.test}),
    }


def _there(clips: Sequence[Clip], keywords: Sequence[str]) -> str:
    """Say in half a sentence what there is."""
    said = [clip for clip in clips if clip.word in keywords]
    speakers = {speaker_of(clip) for clip in said if clip.speaker}
    others = sum(clip.word not in keywords and clip.word != SILENCE for clip in clips)
    named = f" by {len(speakers)} speakers" if speakers else ""
    also = f", and {others} of other words" if others else ""
    return f"{len(said)} recordings of {len(keywords)} words{named}{also}"
