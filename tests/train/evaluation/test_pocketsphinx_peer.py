import sys

import numpy as np
import pytest

from recognizer.events import Detection, VoiceEnded, VoiceStarted
from recognizer.model_file import demo_path
from train.corpora import read_audio
from train.errors import DataError
from train.evaluation.pocketsphinx_peer import PocketSphinxRecognizer, grammar

DIGITS = ("zero", "one", "two", "three")


def test_the_grammar_is_one_of_the_words():
    assert "public <keyword> = (one | two);" in grammar(["one", "two"])
    assert "public <keyword> = (one | two)+;" in grammar(["one", "two"], repeated=True)


def test_a_missing_package_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)

    with pytest.raises(DataError, match="pip install"):
        PocketSphinxRecognizer(DIGITS)


def test_a_word_without_a_pronunciation_is_refused():
    pytest.importorskip("pocketsphinx")

    with pytest.raises(DataError, match="qwrtz"):
        PocketSphinxRecognizer(["one", "qwrtz"])


@pytest.fixture(scope="module")
def peer():
    pytest.importorskip("pocketsphinx")
    return PocketSphinxRecognizer(DIGITS)


@pytest.fixture(scope="module")
def samples():
    """The demo's first words: zero, one, two, three."""
    return read_audio(demo_path())[: 6 * 16000 + 8000]


@pytest.mark.parametrize("block_samples", [160, 4096, 200_000])
def test_words_come_out_of_blocks_of_any_size_again_after_a_reset(peer, samples, block_samples):
    blocks = [samples[i : i + block_samples] for i in range(0, len(samples), block_samples)]
    peer.reset()

    events = [one for block in blocks for one in peer.process(block)] + peer.finish()

    assert [type(one) for one in events] == [VoiceStarted, VoiceEnded, Detection] * 4
    words = [one for one in events if isinstance(one, Detection)]
    assert [one.label for one in words] == list(DIGITS)
    assert words[0].start == pytest.approx(0.7, abs=0.3)
    assert words[0].end == pytest.approx(1.2, abs=0.3)
    assert all(one.time >= one.end for one in words)


def test_a_stream_that_ends_in_a_word_still_has_it(peer, samples):
    peer.reset()
    events = peer.process(samples[: round(2.7 * 16000)]) + peer.finish()
    assert [one.label for one in events if isinstance(one, Detection)] == ["zero", "one"]

    # The utterance that was cut off by a reset must not stop the next one.
    peer.reset()
    peer.process(samples[:16000])
    peer.reset()
    events = peer.process(samples[: 2 * 16000]) + peer.finish()
    assert [one.label for one in events if isinstance(one, Detection)] == ["zero"]


def test_several_words_come_out_of_one_segment(samples):
    pytest.importorskip("pocketsphinx")
    peer = PocketSphinxRecognizer(DIGITS, repeated=True)
    words = [samples[round(a * 16000) : round(b * 16000)] for a, b in ((0.7, 1.2), (2.25, 2.75))]
    quiet = samples[: round(0.65 * 16000)]

    events = peer.process(np.concatenate([quiet, *words, quiet, quiet])) + peer.finish()

    heard = [one for one in events if isinstance(one, Detection)]
    # A row of words has no fixed length: it may find another one in what follows.
    assert [one.label for one in heard][:2] == ["zero", "one"]
    assert heard[0].end <= heard[1].start + 0.011
