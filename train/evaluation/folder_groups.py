"""Test streams of any folders: corpora in their own layouts, or a folder for each word.

What the folders hold is divided as `train fit` divides it, so that what a model learnt from is
left out where the layout tells it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeVar

from recognizer.errors import AudioError
from recognizer.model_metadata import SILENCE
from train.corpora import Clip, Split, Utterance, an4, librispeech, read_audio
from train.corpora.any_layout import Layout, corpora_in, load_any, recognize
from train.errors import DataError
from train.evaluation.stream_plan import Group, Plan, noise_stream, speech_stream, word_stream
from train.evaluation.streams import Float32Array, Stream

Part = Literal["test", "validation", "all"]

RECORDINGS_AT_MOST = 2000
"""So many recordings of a kind are used where nobody says how many; about an hour of words."""

_ROOT = (
    *("fsdd", "an4", "speech_commands", "other_words", "running_speech/librispeech"),
    *("noise/esc10", "noise/blanket", "noise/keyboards", "testing_only"),
)

Recording = TypeVar("Recording", Clip, Utterance)


def holds_every_corpus(folder: Path) -> bool:
    """Whether a folder holds all corpora that `train.evaluation.stream_groups` needs."""
    return all((folder / name).is_dir() for name in _ROOT)


def holds_corpora(folder: Path) -> bool:
    """Whether a folder holds some of them."""
    return any((folder / name).is_dir() for name in _ROOT)


class FolderRecordings:
    """The recordings of some folders, as far as they may be tested on.

    Parameters
    ----------
    isolated, utterances, noise
        The recordings; all are taken, whatever part they are of.
    split
        The part they are said to be of.
    folders
        What their names are relative to.
    notes
        What a reader of the figures must know about their choice.

    """

    def __init__(
        self,
        isolated: Iterable[Clip],
        utterances: Iterable[Utterance] = (),
        noise: Iterable[Clip] = (),
        *,
        split: Split = "test",
        folders: Sequence[Path] = (),
        notes: Sequence[str] = (),
    ) -> None:
        self.isolated = [replace(one, split=split) for one in isolated]
        self.utterances = [replace(one, split=split) for one in utterances]
        self.noise = [replace(one, split=split) for one in noise]
        self.notes = list(notes)
        self.left_out: list[str] = []
        """Recordings that could not be read, with the reason."""
        self._folders = [(folder.resolve().name, folder) for folder in folders]

    def most(self) -> int:
        """Return how many recordings there are of the kind of which there are most."""
        return max(len(self.isolated), len(self.utterances), len(self.noise))

    def name(self, path: Path) -> str:
        """Return a recording's path from the folder that was named."""
        for name, folder in self._folders:
            if path.is_relative_to(folder):
                return f"{name}/{path.relative_to(folder).as_posix()}"
        return path.as_posix()

    def read(self, path: Path) -> Float32Array | None:
        """Read a recording, mono at 16 kHz; one that cannot be read is named and left out."""
        try:
            return read_audio(path)
        except AudioError as error:
            self.left_out.append(str(error))
            return None


def read_folders(
    folders: Sequence[Path],
    keywords: Collection[str],
    part: Part = "test",
    *,
    learnt: Collection[Path] = (),
) -> FolderRecordings:
    """List what is in some folders and may be tested on.

    Parameters
    ----------
    folders
        Corpora in their own folders, folders that hold several, or folders with a folder for each
        word.
    keywords
        The words that the model knows.
    part
        The part of the speakers and noises to use; "all" takes everything. Where a folder has no
        part for testing, all of it is taken for "test", and a note says so.
    learnt
        Recordings that the model learnt from, resolved; they are left out in any case.

    Raises
    ------
    DataError
        If a folder cannot be read, holds nothing that is known, or nothing is left to test on.

    """
    choice = _Choice(part, frozenset(learnt))
    isolated: list[Clip] = []
    utterances: list[Utterance] = []
    noise: list[Clip] = []
    seen: set[Path] = set()
    for folder in folders:
        corpora = corpora_in(folder)
        if not corpora:
            # It says what a folder must look like.
            load_any(folder)
        for corpus in corpora:
            layout = recognize(corpus)
            if layout is None or corpus.resolve() in seen:
                continue
            seen.add(corpus.resolve())
            if layout.kind == "words":
                clips = _read_words(layout, corpus, keywords)
                said = [one for one in clips if one.word != SILENCE]
                isolated += choice.of(said, corpus, "words")
                noise += choice.of([one for one in clips if one.word == SILENCE], corpus, "noises")
            elif layout.kind == "speech":
                utterances += choice.of(_utterances(layout.root), corpus, "sentences")
            elif layout.kind == "noise":
                noise += choice.of(layout.clips(), corpus, "noises")
            else:
                choice.notes.append(f"{corpus} holds {layout.title}, in which nothing is heard.")
    if not (isolated or utterances or noise):
        named = " and ".join(map(str, folders))
        raise DataError(f"In {named} there is nothing left to test on. {' '.join(choice.notes)}")
    if isolated and not any(one.word in keywords for one in isolated):
        there = sorted({one.word for one in isolated})
        choice.notes.append(
            f"None of the words there ({_few(there)}) is one of the model's ({_few(keywords)}): "
            "they count as other words."
        )
    split: Split = "validation" if part == "validation" else "test"
    return FolderRecordings(
        isolated, utterances, noise, split=split, folders=folders, notes=choice.notes
    )


class _Choice:
    """Chooses what may be tested on, and keeps what there is to say about it."""

    def __init__(self, part: Part, learnt: frozenset[Path]) -> None:
        self.notes: list[str] = []
        self._part = part
        self._learnt = learnt

    def of(self, recordings: list[Recording], corpus: Path, kind: str) -> list[Recording]:
        unknown = [one for one in recordings if one.path.resolve() not in self._learnt]
        if len(unknown) < len(recordings):
            self.notes.append(
                f"{len(recordings) - len(unknown)} {kind} of {corpus} were learnt from, and are "
                "left out."
            )
        if not unknown:
            return []
        if self._part == "all":
            self.notes.append(
                f"All {len(unknown)} {kind} of {corpus} are used, whatever part they are of."
            )
            return unknown
        chosen = [one for one in unknown if one.split == self._part]
        if chosen:
            if len(chosen) < len(unknown):
                self.notes.append(
                    f"{len(chosen)} of the {len(unknown)} {kind} of {corpus} are used: those for "
                    f"{'testing' if self._part == 'test' else 'validation'}."
                )
            return chosen
        if self._part == "validation":
            self.notes.append(f"The {kind} of {corpus} have no part for validation.")
            return []
        self.notes.append(
            f"The {kind} of {corpus} have no part for testing: all {len(unknown)} are used, "
            "whether or not the model learnt from them."
        )
        return unknown


def _read_words(layout: Layout, corpus: Path, keywords: Collection[str]) -> list[Clip]:
    from train.systems.words import read_words

    there = {clip.word for clip in layout.clips()}
    return read_words([corpus], [word for word in keywords if word in there])


def _utterances(root: Path) -> list[Utterance]:
    if (root / "wav" / "an4_clstk").is_dir():
        return an4.load_folder(root)
    if (root / librispeech.TABLE).is_file():
        return librispeech.load_table(root)
    return librispeech.load_parts(root)


def _few(names: Iterable[str], at_most: int = 8) -> str:
    listed = list(names)
    return ", ".join(listed[:at_most]) + (", …" if len(listed) > at_most else "")


def keywords_of(plan: Plan) -> list[Clip]:
    """Return the recordings of single words that are to be detected."""
    return [one for one in plan.recordings.isolated if one.word in plan.keywords]


def _keywords(name: str, plan: Plan) -> Stream | None:
    return word_stream(name, plan, keywords_of(plan))


def _other_words(name: str, plan: Plan) -> Stream | None:
    others = [one for one in plan.recordings.isolated if one.word not in plan.keywords]
    return word_stream(name, plan, others)


def _talk(name: str, plan: Plan) -> Stream | None:
    return speech_stream(name, plan, plan.recordings.utterances)


def _noise(name: str, plan: Plan) -> Stream | None:
    return noise_stream(name, plan, plan.recordings.noise)


FOLDER_GROUPS: dict[str, Group] = {
    "folder_keywords": Group("keywords in the folders", _keywords),
    "folder_other_words": Group("other words in the folders", _other_words),
    "folder_talk": Group("running speech in the folders", _talk),
    "folder_noise": Group("noise in the folders", _noise),
}
"""The groups by name."""
