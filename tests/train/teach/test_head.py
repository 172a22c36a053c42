import numpy as np

from train.teach.head import (
    DIFFERENCES,
    LEAST_PEOPLE,
    Material,
    fit_head,
    posteriors,
    voice_differences,
)
from train.teach.trunk import Background

LABELS = ("silence", "unknown", "cat")
SIZE = 6


def background(people):
    """Two words; voices differ along the third axis only, words along the first two."""
    shows, voices, embeddings = [], [], []
    for word in range(2):
        for voice in range(1, people + 1):
            for _ in range(2):
                embedding = np.zeros(SIZE, np.float32)
                embedding[word], embedding[2] = 5.0, voice
                shows.append(("down", "left")[word])
                voices.append(voice)
                embeddings.append(embedding)
    # Nobody's: it must not be taken for a person.
    shows += ["unknown"] * 10
    voices += [0] * 10
    embeddings += [np.full(SIZE, 9.0, np.float32)] * 10
    return Background(np.array(embeddings), tuple(shows), np.array(voices))


def test_a_difference_is_between_two_people_who_say_the_same_word():
    differences = voice_differences(background(LEAST_PEOPLE), seed=1)

    assert differences.shape == (DIFFERENCES, SIZE)
    assert differences.dtype == np.float32
    assert not differences[:, [0, 1, 3, 4, 5]].any()
    assert set(differences[:, 2]) == {-4, -3, -2, -1, 1, 2, 3, 4}
    np.testing.assert_array_equal(voice_differences(background(LEAST_PEOPLE), seed=1), differences)


def test_too_few_people_tell_nothing():
    assert voice_differences(background(LEAST_PEOPLE - 1), seed=1).shape == (0, SIZE)


def test_what_differs_between_people_is_not_learnt_as_the_word():
    """All takes are of one person; another's differ along an axis on which other words lie, too."""
    rng = np.random.default_rng(0)
    takes = np.abs(rng.normal(0.0, 0.1, (40, SIZE))).astype(np.float32)
    takes[:, 3] += 2.0
    takes[:, 2] += 1.0
    others = np.abs(rng.normal(0.0, 0.1, (80, SIZE))).astype(np.float32)
    others[:, 0] += 2.0
    others[:, 2] += rng.choice([4.0, 5.0], 80)
    labels = np.array([2] * 40 + [1] * 80)
    by_another = np.zeros((1, SIZE), np.float32)
    by_another[0, 2:4] = 4.5, 1.2
    heard = []
    for differences in (np.zeros((0, SIZE), np.float32), voice_differences(background(8), seed=1)):
        material = Material(
            np.concatenate([takes, others]),
            labels,
            labels == 2,
            np.zeros(120, bool),
            differences,
        )
        head = fit_head(material, LABELS, seed=0, epochs=1)
        heard.append(float(posteriors(head, by_another)[0, 2]))
    assert heard[1] > heard[0] + 0.1
