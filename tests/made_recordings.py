"""A small data folder in the corpora's layouts, filled with noise in place of voices."""

from pathlib import Path

import numpy as np
import soundfile

from train.corpora import Word
from train.corpora.alignments import write_alignments
from train.splits import an4_split, lot
from train.vocabulary import DIGITS

RATE = 16000


def burst(seed: int, *, before_s=0.2, word_s=0.4, after_s=0.3, level=0.1) -> np.ndarray:
    """A recording in which noise stands for a word: quiet, word, quiet."""
    random = np.random.default_rng(seed)
    quiet = [np.zeros(round(one * RATE), np.float32) for one in (before_s, after_s)]
    word = level * random.standard_normal(round(word_s * RATE))
    samples = np.concatenate([quiet[0], word, quiet[1]])
    return (samples + 1e-4 * random.standard_normal(len(samples))).astype(np.float32)


def speech_commands_speaker(split: str, number: int) -> str:
    """The `number`th made-up speaker hash that the split rule puts in a part."""
    names = (f"{index:08x}" for index in range(10_000))
    low, high = {"test": (0.0, 0.2), "validation": (0.2, 0.3), "train": (0.3, 1.0)}[split]
    fitting = [one for one in names if low <= lot(one) < high]
    return fitting[number]


def make_recordings(data: Path) -> Path:
    """Write a few recordings of every corpus that the test streams need."""
    seed = 0

    def write(*parts: str, **shape: float) -> None:
        nonlocal seed
        seed += 1
        path = data.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, burst(seed, **shape), RATE)

    for split in ("train", "validation", "test"):
        for number in range(2):
            speaker = speech_commands_speaker(split, number)
            for word in ("one", "five", "cat"):
                write("speech_commands", word, f"{speaker}_nohash_0.wav")
    for noise in ("running_tap", "exercise_bike", "white_noise"):
        write("speech_commands", "_background_noise_", f"{noise}.wav", word_s=2)
    for speaker in ("theo", "jackson"):
        write("fsdd", "recordings", f"3_{speaker}_0.wav", before_s=0, after_s=0)
        write("fsdd", "recordings", f"3_{speaker}_1.wav", before_s=0, after_s=0)
    for word in ("alexa", "jarvis", "computer", "blather"):
        write("other_words", "mycroft", word, "1.wav")
    for speaker in ("19", "26"):
        write("running_speech", "librispeech", speaker, f"{speaker}-1-0000.wav", word_s=4)
    (data / "running_speech" / "librispeech" / "transcripts.tsv").write_text(
        "path\tdigit_words\ttranscript\n"
        "19/19-1-0000.flac\t0\tNORTHANGER ABBEY\n"
        "26/26-1-0000.flac\t1\tNO ONE WHO HAD EVER SEEN\n"
    )
    for part, name in (("an4_clstk", "train"), ("an4test_clstk", "test")):
        write("an4", "wav", part, f"f{name}", f"a-{name}-b.wav", word_s=2)
        write("an4", "wav", part, f"f{name}", f"c-{name}-b.wav", word_s=2)
        (data / "an4" / "etc").mkdir(exist_ok=True)
        (data / "an4" / "etc" / f"an4_{name}.transcription").write_text(
            f"<s> RUBOUT G M </s> (a-{name}-b)\n<s> ONE FIVE </s> (c-{name}-b)\n"
        )
    for fold in (1, 4, 5):
        write("noise", "esc10", "001 - Dog bark", f"{fold}-100-A.wav", word_s=1)
    for sound in ("coffee-shop", "rain"):
        write("noise", "blanket", f"{sound}.wav", word_s=3)
    (data / "noise" / "blanket" / "SOUNDS_LICENSING.md").write_text(
        "| [Coffee Shop](x) | a | b | CC0 |\n| [Rain](x) | a | b | CC0 |\n"
    )
    for keyboard in ("eg-oreo", "holy-pandas"):
        write("noise", "keyboards", f"{keyboard}.wav")
    write("testing_only", "indian", "one", "indian01_1.wav")
    write("testing_only", "californian", "eleven", "californian01_1.wav")
    return data


def make_training_recordings(data: Path) -> Path:
    """Write what `make_recordings` writes and as much more as a model is trained on.

    Returns the file of alignments: `SENTENCE` lies in it for every sentence of AN4.
    """
    make_recordings(data)
    seed = 1000

    def write(path: Path, samples: np.ndarray) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples, RATE)

    for split, speakers in (("train", 3), ("validation", 1), ("test", 1)):
        for number in range(speakers):
            speaker = speech_commands_speaker(split, number)
            for word in (*DIGITS, "dog"):
                seed += 1
                path = data / "speech_commands" / word / f"{speaker}_nohash_0.wav"
                write(path, burst(seed))
    aligned = {}
    lines = []
    for split in ("train", "validation"):
        speaker = an4_speaker(split)
        name = f"a-{speaker}-b"
        lines.append(f"<s> {' '.join(word.text for word in SENTENCE).upper()} </s> ({name})\n")
        relative = f"an4/wav/an4_clstk/{speaker}/{name}.wav"
        write(data / relative, sentence(seed := seed + 1))
        aligned[relative] = SENTENCE
    transcription = data / "an4" / "etc" / "an4_train.transcription"
    transcription.write_text(transcription.read_text() + "".join(lines))
    for room in (0, 1, 2):
        response = np.exp(-np.arange(800) / 100) * np.random.default_rng(room).normal(size=800)
        response[:20], response[20] = 0.0, 2.0
        path = data / "rooms" / "simulated" / f"rir_{room:03d}_0.wav"
        write(path, (response / 4).astype(np.float32))
    alignments = data / "alignments.json"
    write_alignments(alignments, aligned)
    return alignments


def an4_speaker(split: str) -> str:
    """A made-up speaker of AN4's training part whom the split rule puts in a part."""
    names = (f"f{index:03d}" for index in range(1000))
    return next(one for one in names if an4_split(one, official_test=False) == split)


SENTENCE = (Word("enter", 0.3, 0.7), Word("three", 0.9, 1.3), Word("go", 1.4, 1.6))
"""What `sentence` says, with places."""


def sentence(seed: int) -> np.ndarray:
    """Two seconds with noise where `SENTENCE` has words."""
    samples = 1e-4 * np.random.default_rng(seed).standard_normal(2 * RATE)
    for word in SENTENCE:
        first, last = round(word.start * RATE), round(word.end * RATE)
        samples[first:last] += 0.1 * np.random.default_rng(seed + 1).standard_normal(last - first)
    return samples.astype(np.float32)
