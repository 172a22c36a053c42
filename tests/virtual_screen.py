"""A screen without hardware: an X server of its own (Xvfb) that nobody sees.

>>> with started_virtual_screen() as variables:
...     subprocess.run(command, env={**os.environ, **variables})
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

SIZE = (2600, 1500)
"""Width and height (pixels)."""
_START_TIMEOUT_S = 20


@contextlib.contextmanager
def started_virtual_screen() -> Iterator[dict[str, str]]:
    """Run an X server; yields the environment variables that make a program use it.

    Where Xvfb is missing, the test is skipped; under continuous integration it fails.
    """
    if shutil.which("Xvfb") is None:
        reason = "no Xvfb: apt-get install xvfb"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    reading, writing = os.pipe()
    # The server chooses a free display and tells its number.
    server = subprocess.Popen(
        [
            *("Xvfb", "-displayfd", str(writing), "-nolisten", "tcp"),
            *("-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24"),
        ],
        pass_fds=[writing],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start.")
        yield {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
    finally:
        server.terminate()
        server.wait(_START_TIMEOUT_S)
