"""Who is trained on, who chooses the checkpoint, who is tested on: one rule for each corpus.

A speaker, a room or a noise source is in one part only. Every rule depends on names alone, so
that adding or removing recordings never moves another recording to a different part, and two
machines agree. Where a rule draws by lot, the lot is SHA-1 of the speaker's hash in Speech
Commands, of ``<corpus>:<name>`` elsewhere. A folder that is named on the command line is divided
by its corpus's own lists where these are in it (Speech Commands; `train.corpora.any_layout`).

=================  ===========================  ==================  ======================
Corpus             Test                         Validation          Train
=================  ===========================  ==================  ======================
speech_commands    a fifth of the speakers      a tenth             the others
fsdd               theo                         nobody              the other five
an4                the official test part       about a tenth       the others
audiomnist         twelve speakers              twelve              the other 36
librispeech        speaker 26                   nobody              the others
other_words        about a quarter of the       none                the others
                   families of words
esc10              fold 5                       fold 4              folds 1 to 3
blanket            the coffee shop              none                the others
keyboards          three keyboards              none                the others
background_noise   running tap                  exercise bike       the others
rooms              every fifth room             none                the others
testing_only       everything                   never               never
synthetic          nobody                       a tenth of voices   the others
=================  ===========================  ==================  ======================
"""

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # The corpora import their rules from here.
    from train.corpora.values import Split

FSDD_TEST_SPEAKER = "theo"
LIBRISPEECH_TEST_SPEAKER = "26"

# The first of the five divisions of the speakers in AudioMNIST's own preprocess_data.py.
AUDIOMNIST_TEST_SPEAKERS = frozenset(
    ("05", "13", "18", "22", "26", "32", "33", "42", "45", "51", "52", "60")
)
AUDIOMNIST_VALIDATION_SPEAKERS = frozenset(
    ("04", "11", "12", "15", "21", "27", "31", "41", "44", "47", "50", "59")
)
KEYBOARDS_FOR_TESTING = frozenset({"cherrymx-blue-pbt", "eg-oreo", "topre-purple-hybrid-pbt"})

# The speakers of these corpora are unnamed. Words that the same volunteers plainly recorded in
# one sitting (a wake word, its near misses, its other languages) stay on one side.
_FAMILIES = {
    "heycomputer": "computer",
    "a cheddar block": "heychatterbox",
    "blather": "heychatterbox",
    "cannister": "heychatterbox",
    "emergency": "heychatterbox",
    "tablecloth": "heychatterbox",
    "warning": "heychatterbox",
    "you better talk": "heychatterbox",
    "aspirador": "computer",
    "el aspirador": "computer",
    "el estor": "computer",
    "el frescor": "computer",
    "el televisor": "computer",
    "el ventilador": "computer",
    "enciende el aspirador": "computer",
    "enciende el ventilador": "computer",
    "estor": "computer",
    "frescor": "computer",
    "pon el estor": "computer",
}


def lot(name: str) -> float:
    """Draw a number for a name, the same on every machine.

    Parameters
    ----------
    name
        A speaker, a word, a file's stem.

    Returns
    -------
    float
        The first 32 bits of the SHA-1 of the UTF-8 name, divided by 2**32: at least 0, below 1.
    """
    # A file's name need not be text.
    data = name.encode(errors="surrogateescape")
    return int.from_bytes(hashlib.sha1(data, usedforsecurity=False).digest()[:4]) / 2**32


def speech_commands_split(speaker: str) -> "Split":
    """Return the part of a speaker's hash, the same for every word the speaker said."""
    return drawn_split(speaker, test=0.2, validation=0.1)


def fsdd_split(speaker: str, *, held_out: str = FSDD_TEST_SPEAKER) -> "Split":
    """Return the part of a speaker's name, where `held_out` is the one speaker tested on."""
    return "test" if speaker == held_out else "train"


def audiomnist_split(speaker: str) -> "Split":
    """Return the part of a speaker's number, as its folder is named."""
    if speaker in AUDIOMNIST_TEST_SPEAKERS:
        return "test"
    return "validation" if speaker in AUDIOMNIST_VALIDATION_SPEAKERS else "train"


def an4_split(speaker: str, *, official_test: bool) -> "Split":
    """Return the part of a speaker's code, where `official_test` is the corpus's own division."""
    return "test" if official_test else drawn_split(f"an4:{speaker}", test=0.0, validation=0.1)


def librispeech_split(speaker: str) -> "Split":
    """Return the part of a reader's number."""
    return "test" if speaker == LIBRISPEECH_TEST_SPEAKER else "train"


def other_words_split(word: str) -> "Split":
    """Return the part of a word, through the family of words it was recorded with."""
    return drawn_split(f"other_words:{_FAMILIES.get(word, word)}", test=0.25, validation=0.0)


def esc10_split(fold: int) -> "Split":
    """Return the part of a fold, the first number of the file name (1 to 5)."""
    if fold == 5:
        return "test"
    return "validation" if fold == 4 else "train"


def blanket_split(sound: str) -> "Split":
    """Return the part of a sound, its file's stem."""
    return "test" if sound == "coffee-shop" else "train"


def keyboards_split(keyboard: str) -> "Split":
    """Return the part of a keyboard, its file's stem."""
    return "test" if keyboard in KEYBOARDS_FOR_TESTING else "train"


def background_noise_split(sound: str) -> "Split":
    """Return the part of a sound of ``_background_noise_``, its file's stem."""
    if sound == "running_tap":
        return "test"
    return "validation" if sound == "exercise_bike" else "train"


def rooms_split(room: int) -> "Split":
    """Return the part of a room's number."""
    return "test" if room % 5 == 0 else "train"


def synthetic_split(voice: str) -> "Split":
    """Return the part of a synthetic voice; nothing synthetic is ever tested on."""
    return drawn_split(f"synthetic:{voice}", test=0.0, validation=0.1)


def drawn_split(name: str, *, test: float, validation: float) -> "Split":
    """Return the part that a name's lot falls in.

    Parameters
    ----------
    name
        What is drawn for.
    test, validation
        The expected shares (0 to 1).
    """
    number = lot(name)
    if number < test:
        return "test"
    return "validation" if number < test + validation else "train"


def ranked_split(names: Iterable[str], *, test: float, validation: float) -> "dict[str, Split]":
    """Divide few names so that no part comes out empty by chance.

    Parameters
    ----------
    names
        What is divided; repeated names count once.
    test, validation
        The shares (0 to 1), each rounded to a whole number of names, at least one as long as one
        is left for training.

    Returns
    -------
    dict
        The part of each name. Names are ranked by their lot, so the order given does not matter.
    """
    ranked = sorted(set(names), key=lambda name: (lot(name), name))
    parts: dict[str, Split] = dict.fromkeys(ranked, "train")
    spare = max(len(ranked) - 1, 0)
    n_test = min(max(round(test * len(ranked)), 1), spare)
    n_validation = min(max(round(validation * len(ranked)), 1), spare - n_test)
    parts.update(dict.fromkeys(ranked[:n_test], "test"))
    parts.update(dict.fromkeys(ranked[n_test : n_test + n_validation], "validation"))
    return parts
