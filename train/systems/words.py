"""Which recordings a system learns from, and which words it is to know.

Every folder is read in its own layout and divided as that layout says. Where a layout leaves a
part empty, that part is drawn here from the training part, by speaker if possible.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from recognizer.model_metadata import SILENCE, UNKNOWN
from train.corpora import Clip, Split
from train.errors import DataError
from train.splits import ranked_split
from train.systems.features import make_features
from train.systems.recipe import SystemRecipe
from train.vocabulary import DIGITS

NO_KEYWORDS = (SILENCE, UNKNOWN)
"""Words of folders that hold no keyword."""

CORRECTIONS = "corrections"
"""`Clip.corpus` of what the user corrected in the window."""

LONGEST_WORD = 64
"""A model's labels are no longer than this (characters)."""

_TEST_SHARE = 0.2
_VALIDATION_SHARE = 0.1
_FEWEST_SPEAKERS = 3
"""With fewer, clips are divided instead of speakers."""


def read_words(folders: Sequence[Path], words: Sequence[str] | None = None) -> list[Clip]:
    """List the recordings of single words, and of noise, in some folders.

    Parameters
    ----------
    folders
        Corpora in their own folders, folders of your own with a folder for each word, and corpora
        of noises.
    words
        The words to be known, as the user writes them. None: every word there is.

    Returns
    -------
    list of Clip
        All recordings, those of other words too: systems that run in the app learn from them what
        is no keyword. Noises have the word "silence". What may only be tested on is all in the
        part "test".

    Raises
    ------
    DataError
        If a folder holds no words, or there is nothing of a word.
    """
    from train.corpora.any_layout import load_any, load_noise_of, recognize

    clips: list[Clip] = []
    seen: set[Path] = set()
    wanted = None if words is None else {normal(word) for word in words}
    for folder in folders:
        layout = recognize(folder)
        only_noise = layout is not None and layout.kind == "noise"
        found = [] if only_noise else [_with_word(clip) for clip in load_any(folder)]
        found += [replace(clip, word=SILENCE) for clip in load_noise_of(folder)]
        # The same folder may be named twice, or one inside another.
        fresh = [clip for clip in found if clip.path.resolve() not in seen]
        seen |= {clip.path.resolve() for clip in fresh}
        clips += _divided(fresh, wanted)
    keywords_of(clips, words)
    return clips


def keywords_of(clips: Iterable[Clip], words: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return the words to be known: digits from zero to nine, then the others by the alphabet.

    Parameters
    ----------
    words
        The words as the user writes them, whose order is kept. None: every word there is, but for
        those that may only be tested on.

    Raises
    ------
    DataError
        If there is nothing of a word, or no word at all.
    """
    clips = list(clips)
    there = sorted({clip.word for clip in clips} - {*NO_KEYWORDS, ""}, key=_order)
    if words is None:
        learnt = {clip.word for clip in clips if not is_for_testing_only(clip)}
        if not learnt.intersection(there):
            raise DataError(
                "There are no words to learn in these recordings, only noise, other sounds, or "
                "words for testing only."
            )
        return tuple(word for word in there if word in learnt)
    keywords = tuple(dict.fromkeys(map(normal, words)))
    for word in keywords:
        if word in (*NO_KEYWORDS, ""):
            raise DataError(
                f"{word!r} is no word to be known: recordings in a folder of that name are what is "
                "no keyword; leave it out of the words."
            )
        if word not in there:
            raise DataError(
                f"There are no recordings of {word!r}; there are some of "
                f"{', '.join(there[:40]) or 'no word'}{', …' if len(there) > 40 else ''}."
            )
    return keywords


def labels_of(
    recipe: SystemRecipe, clips: Iterable[Clip], words: Sequence[str] | None = None
) -> tuple[str, ...]:
    """Return what each output of a system stands for.

    Returns
    -------
    tuple of str
        The keywords; before them "silence" and "unknown" where the app can run the system.

    Raises
    ------
    DataError
        If there is nothing of a word, too few words, or one is too long for a model file.
    """
    keywords = keywords_of(clips, words)
    streaming = make_features(recipe.features).streaming
    if not streaming and len(keywords) < 2:
        raise DataError(
            f"The system {recipe.name} tells words apart, and {keywords[0]!r} is only one; give it "
            "at least two."
        )
    for word in keywords:
        if len(word) > LONGEST_WORD or not word.isprintable():
            raise DataError(
                f"The word {word[:LONGEST_WORD]!r} cannot be a label: a word has at most "
                f"{LONGEST_WORD} printable characters; rename its folder."
            )
    return (*NO_KEYWORDS, *keywords) if streaming else keywords


def normal(word: str) -> str:
    """Return a word as `Clip.word` has it: lower case, with spaces for underscores."""
    return " ".join(word.lower().replace("_", " ").split())


def is_for_testing_only(clip: Clip) -> bool:
    """Whether nothing may be learnt from a recording."""
    return clip.corpus.partition("/")[0] == "testing_only"


def _order(word: str) -> tuple[int, str]:
    return (DIGITS.index(word) if word in DIGITS else len(DIGITS), word)


def _with_word(clip: Clip) -> Clip:
    word = normal(clip.word)
    return clip if word == clip.word else replace(clip, word=word)


def _divided(clips: list[Clip], wanted: set[str] | None) -> list[Clip]:
    """Fill the parts that a layout leaves empty, in the recordings of one folder."""
    frozen = [clip for clip in clips if is_for_testing_only(clip)]
    free = [clip for clip in clips if not is_for_testing_only(clip)]
    alone, rest = _split_off_words_of_one_part(free, wanted)
    for word_clips in alone.values():
        rest += _redrawn(word_clips, {"test": _TEST_SHARE, "validation": _VALIDATION_SHARE})
    noises = [clip for clip in rest if clip.word == SILENCE]
    said = [clip for clip in rest if clip.word != SILENCE]
    return [*frozen, *_filled(said), *_filled(noises)]


def _split_off_words_of_one_part(
    clips: list[Clip], wanted: set[str] | None
) -> tuple[dict[str, list[Clip]], list[Clip]]:
    """Find the keywords that a layout puts into one part as a whole, since it divides by words.

    Of such words nothing could be learnt, or nothing measured. Where speakers are named they are
    kept apart all the same.
    """
    parts: dict[str, set[Split]] = defaultdict(set)
    for clip in clips:
        parts[clip.word].add(clip.split)
    divided_by_words = len(set().union(*parts.values())) > 1
    unnamed = {clip.word for clip in clips if not clip.speaker}
    alone: dict[str, list[Clip]] = defaultdict(list)
    rest = []
    for clip in clips:
        is_keyword = clip.word not in NO_KEYWORDS and (wanted is None or clip.word in wanted)
        one_part = len(parts[clip.word]) == 1 and clip.word in unnamed
        if divided_by_words and is_keyword and one_part:
            alone[clip.word].append(replace(clip, split="train"))
        else:
            rest.append(clip)
    return alone, rest


def _filled(clips: list[Clip]) -> list[Clip]:
    there = {clip.split for clip in clips}
    shares: dict[Split, float] = {"test": _TEST_SHARE, "validation": _VALIDATION_SHARE}
    missing = {part: share for part, share in shares.items() if part not in there}
    if "train" not in there or not missing:
        return clips
    return _redrawn(clips, missing)


def _redrawn(clips: list[Clip], shares: dict[Split, float]) -> list[Clip]:
    """Draw parts from the training part."""
    learnt = [clip for clip in clips if clip.split == "train"]
    speakers = {clip.speaker for clip in learnt}
    part_of: dict[Path, Split] = {}
    if "" not in speakers and len(speakers) >= _FEWEST_SPEAKERS:
        drawn = _drawn({f"{clip.corpus}:{clip.speaker}" for clip in learnt}, shares)
        part_of = {clip.path: drawn[f"{clip.corpus}:{clip.speaker}"] for clip in learnt}
    else:
        for word in sorted({clip.word for clip in learnt}):
            names = {_name(clip): clip.path for clip in learnt if clip.word == word}
            part_of |= {names[name]: part for name, part in _drawn(set(names), shares).items()}
    return [replace(clip, split=part_of.get(clip.path, clip.split)) for clip in clips]


def _name(clip: Clip) -> str:
    # Several folders may hold the same word, and the same stems in it.
    folder = clip.path.parent
    return f"{clip.corpus}:{folder.parent.name}/{folder.name}/{clip.path.name}"


def _drawn(names: set[str], shares: dict[Split, float]) -> dict[str, Split]:
    if len(shares) == 2:
        return ranked_split(names, test=shares["test"], validation=shares["validation"])
    # `ranked_split` always draws both; the other of them stays for training.
    [(part, share)] = shares.items()
    drawn = ranked_split(names, test=share, validation=0.0)
    return {name: part if drawn[name] == "test" else "train" for name in names}
