import numpy as np
import pytest

from tests.made_recordings import RATE, make_recordings
from train.corpora.own_folder import load
from train.evaluation.folder_groups import FolderRecordings
from train.evaluation.snr_groups import SNRS_DB, snr_groups, snr_of
from train.evaluation.stream_groups import Recordings
from train.evaluation.stream_plan import NOISY_SPEECH_DB, build_group


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    return make_recordings(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def mine(corpora):
    return FolderRecordings(load(corpora / "speech_commands"))


def build(name, recordings, prefix="", keywords=("one", "three", "five")):
    return build_group(name, snr_groups(prefix)[name], recordings, keywords=keywords)


@pytest.mark.parametrize("prefix", ["", "folder_"])
def test_the_same_words_are_said_at_the_same_places_whatever_the_noise(corpora, mine, prefix):
    recordings = mine if prefix else Recordings(corpora)
    streams = [build(name, recordings, prefix) for name in snr_groups(prefix)]

    assert len(streams) == len(SNRS_DB)
    assert all(one.truth == streams[0].truth for one in streams)
    assert len(streams[0].truth) == (12 if prefix else 4)
    assert len({one.samples.tobytes() for one in streams}) == len(streams)


@pytest.mark.parametrize("snr_db", [20.0, 0.0])
def test_the_noise_lies_so_far_below_the_words(corpora, snr_db):
    clean = build("snr_clean", Recordings(corpora))
    noisy = build(f"snr_{snr_db:g}", Recordings(corpora))

    noise = (noisy.samples.astype(float) - clean.samples) / 32768
    # The whole of the noise, which the groups repeat as it is.
    period = round(3.5 * RATE)
    rms_db = 10 * np.log10(np.mean(np.square(noise[:period])))
    assert rms_db == pytest.approx(NOISY_SPEECH_DB - snr_db, abs=0.2)
    first = clean.truth[0]
    word = clean.samples[round(first.start * RATE) : round(first.end * RATE)] / 32768
    assert 10 * np.log10(np.mean(np.square(word))) == pytest.approx(NOISY_SPEECH_DB, abs=0.3)


def test_where_there_is_no_noise_some_is_made(mine):
    made = build("folder_snr_10", mine, "folder_")

    assert made.content == "speech_commands over steady noise that was made at 10 dB"


def test_the_steps_are_known_by_their_names():
    assert [snr_of(name) for name in snr_groups()] == [("", snr_db) for snr_db in SNRS_DB]
    assert [snr_of(name) for name in snr_groups("folder_")] == [
        ("folder_", snr_db) for snr_db in SNRS_DB
    ]
    assert snr_of("crowd") is None
