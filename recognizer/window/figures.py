"""Spoken digits as figures."""

FIGURES = {
    word: str(figure)
    for figure, word in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    )
}
"""The figure of each spoken digit."""


def figure(label: str) -> str:
    """Return a digit's figure, any other word as it is.

    Examples
    --------
    >>> figure("seven"), figure("hello")
    ('7', 'hello')
    """
    return FIGURES.get(label, label)
