import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from tests.archive_server import archive_server, break_off, hang, redirect, status
from train.download import https
from train.download.fetch import Patience, fetch
from train.errors import DataError

BODY = np.random.default_rng(0).integers(0, 256, 300_000, np.uint8).tobytes()
ROOT = Path(__file__).parents[2]


@pytest.fixture
def server():
    with archive_server() as server:
        server.files["/a.zip"] = BODY
        yield server


class Fetching:
    """Fetches ``/a.zip`` and writes down what happens."""

    def __init__(self, server, folder):
        self.server = server
        self.part = folder / "a.zip.part"
        self.waits, self.notes, self.told = [], [], []
        self.now = 0.0

    def __call__(self, path="/a.zip", **options):
        patience = Patience(
            sleep=self.waits.append, clock=lambda: self.now, timeout_s=options.pop("timeout_s", 5)
        )
        settings = {"size": len(BODY), "at_most": len(BODY), "patience": patience, **options}
        return fetch(
            self.server.url(path),
            self.part,
            done=lambda *told: self.told.append(told),
            note=self.notes.append,
            **settings,
        )

    def ranges(self):
        return [request.get("Range") for request in self.server.requests]


@pytest.fixture
def fetching(server, tmp_path):
    return Fetching(server, tmp_path)


def test_a_file_comes_whole(fetching):
    assert fetching() is False
    assert fetching.part.read_bytes() == BODY
    assert fetching.told[-1] == (len(BODY), len(BODY))
    assert (fetching.waits, fetching.ranges()) == ([], [None])


def test_a_broken_download_goes_on_where_it_was(server, fetching):
    server.faults = [break_off(100_000), break_off(50_000)]
    assert fetching() is True
    assert fetching.part.read_bytes() == BODY
    assert fetching.ranges() == [None, "bytes=100000-", "bytes=150000-"]
    # Each attempt brought something, so each is waited for as the first is.
    assert fetching.waits == [1.0, 1.0]
    assert "broke off" in fetching.notes[0]


def test_the_next_run_goes_on_too(server, fetching):
    server.faults = [break_off(100_000), *[status(503)] * 6]
    with pytest.raises(DataError, match="what has come is kept"):
        fetching()
    assert fetching.part.read_bytes() == BODY[:100_000]
    assert fetching() is True
    assert fetching.part.read_bytes() == BODY
    assert fetching.ranges()[-1] == "bytes=100000-"


def test_another_file_is_not_gone_on_with(server, fetching):
    server.faults = [break_off(100_000), *[status(503)] * 6]
    with pytest.raises(DataError):
        fetching()
    server.files["/a.zip"], server.tag = BODY[::-1], '"two"'
    assert fetching() is False
    assert fetching.part.read_bytes() == BODY[::-1]
    assert server.requests[-1]["If-Range"] == '"one"'


def test_another_address_is_not_gone_on_with(server, fetching):
    server.faults = [break_off(100_000), *[status(503)] * 6]
    with pytest.raises(DataError):
        fetching()
    server.files["/b.zip"] = BODY[::-1]
    assert fetching("/b.zip") is False
    assert fetching.part.read_bytes() == BODY[::-1]
    assert fetching.ranges()[-1] is None


def test_a_server_without_ranges_begins_anew(server, fetching):
    server.ranges = False
    server.faults = [break_off(100_000)]
    assert fetching() is False
    assert fetching.part.read_bytes() == BODY


@pytest.mark.parametrize("tag", ["", 'W/"weak"'])
def test_what_cannot_be_told_apart_is_begun_anew(server, fetching, tag):
    server.tag = tag
    server.faults = [break_off(100_000)]
    assert fetching() is False
    assert fetching.part.read_bytes() == BODY
    assert fetching.ranges() == [None, None]


def test_a_wrong_range_is_not_joined(server, fetching):
    def wrong(handler, body):
        headers = {"Content-Range": f"bytes 5-{len(body) - 1}/{len(body)}"}
        handler.answer(206, body[5:], headers)

    server.faults = [break_off(100_000), wrong]
    fetching()
    assert fetching.part.read_bytes() == BODY


def test_what_is_all_there_is_not_asked_for_again(server, fetching):
    fetching()
    assert fetching() is True
    assert len(server.requests) == 1


def test_the_server_may_say_that_nothing_is_missing(server, fetching):
    fetching(size=None)
    assert fetching(size=None) is True
    assert fetching.ranges() == [None, f"bytes={len(BODY)}-"]
    assert fetching.part.read_bytes() == BODY


def test_more_than_there_is_is_begun_anew(server, fetching):
    fetching(size=None)
    server.files["/a.zip"] = BODY[:1000]
    fetching(size=None)
    assert fetching.part.read_bytes() == BODY[:1000]


def test_waits_double_up_to_a_limit_and_end(server, fetching):
    server.faults = [status(503)] * 6
    with pytest.raises(DataError, match=r"failed 6 times \(the server answers 503") as caught:
        fetching()
    assert fetching.waits == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert str(caught.value).endswith(".")


def test_a_server_may_ask_for_a_longer_wait_but_not_for_any(server, fetching):
    server.faults = [status(429, {"Retry-After": "20"}), status(503, {"Retry-After": "86400"})]
    fetching()
    assert fetching.waits == [20.0, 60.0]


def test_a_server_that_hangs_is_left(server, fetching):
    server.faults = [hang(1000), hang(0)]
    # Long enough for what does answer.
    fetching(timeout_s=2.0)
    assert fetching.part.read_bytes() == BODY
    assert fetching.ranges() == [None, "bytes=1000-", "bytes=1000-"]
    assert any("in time" in note for note in fetching.notes)


def test_a_server_that_trickles_is_left(server, fetching):
    def trickle(handler, body):
        handler.answer(200, body[:2000], {"ETag": '"one"'}, length=len(body))
        handler.server.released.wait()

    def minutes_later(*told):
        fetching.now += 61.0

    server.faults = [trickle]
    patience = Patience(sleep=fetching.waits.append, clock=lambda: fetching.now)
    fetch(
        server.url("/a.zip"),
        fetching.part,
        size=len(BODY),
        at_most=len(BODY),
        done=minutes_later,
        note=fetching.notes.append,
        patience=patience,
    )
    assert fetching.part.read_bytes() == BODY
    assert "bytes came a second" in fetching.notes[0]


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_a_refusal_is_final_and_names_the_address(server, fetching, code):
    server.faults = [status(code)]
    with pytest.raises(DataError, match=f"answers {code} .* may have moved"):
        fetching()
    assert fetching.waits == []


def test_a_file_that_is_not_there_is_named(fetching):
    with pytest.raises(DataError, match=r"404 Not Found for .*/none\.zip"):
        fetching("/none.zip")


def test_another_length_is_refused_before_it_comes(server, fetching):
    server.faults = [break_off(100_000), lambda handler, body: handler.answer(200, b"login here")]
    with pytest.raises(DataError, match="has 10 bytes instead of 300000"):
        fetching()
    assert fetching.part.read_bytes() == BODY[:100_000]


def test_more_than_announced_is_refused(server, fetching):
    def endless(handler, body):
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(body + body)

    server.faults = [endless]
    with pytest.raises(DataError, match="is smaller; nothing of it is kept"):
        fetching()
    assert not fetching.part.exists()
    server.faults = [endless]
    with pytest.raises(DataError, match="is smaller"):
        fetching(size=None, at_most=len(BODY) + 1)


def test_less_than_announced_without_a_length_is_noticed(server, fetching):
    def short(handler, body):
        handler.send_response(200)
        handler.send_header("ETag", '"one"')
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(body[:70_000])

    server.faults = [short]
    fetching()
    assert fetching.part.read_bytes() == BODY
    assert fetching.ranges() == [None, "bytes=70000-"]


def test_a_redirection_is_followed_with_the_range(server, fetching):
    server.faults = [break_off(100_000), redirect(server.url("/b.zip"))]
    server.files["/b.zip"] = BODY
    fetching()
    assert fetching.part.read_bytes() == BODY
    assert fetching.ranges() == [None, "bytes=100000-", "bytes=100000-"]


@pytest.mark.parametrize(
    "to", ["http://example.org/a.zip", "file:///etc/passwd", "ftp://example.org/a.zip"]
)
def test_a_redirection_away_from_https_is_refused(server, fetching, to):
    server.faults = [redirect(to)]
    # Python itself refuses to be sent to a file.
    with pytest.raises(DataError, match="not HTTPS" if "example" in to else "answers 302"):
        fetching()
    assert not fetching.part.exists()


def test_a_circle_of_redirections_ends(server, fetching):
    server.faults = [redirect(server.url("/a.zip"))] * 20
    with pytest.raises(DataError, match="answers 302"):
        fetching()


@pytest.mark.parametrize(
    "url", ["http://example.org/a", "file:///etc/passwd", "ftp://a/b", "a.zip"]
)
def test_only_https_is_asked(tmp_path, url):
    with pytest.raises(DataError, match="is not HTTPS"):
        fetch(url, tmp_path / "part", at_most=10, done=lambda *told: None)


def test_https_does_not_send_to_this_machine():
    """What may be plain HTTP for tests must not be reachable from outside."""
    handler = next(
        one
        for one in https.opener("https://example.org/a").handlers
        if isinstance(one, urllib.request.HTTPRedirectHandler)
    )
    request = urllib.request.Request("https://example.org/a")
    with pytest.raises(DataError, match="not HTTPS"):
        handler.redirect_request(request, None, 302, "", {}, "http://127.0.0.1:8000/")


def test_certificates_are_verified():
    handlers = https.opener("https://example.org/a").handlers
    (handler,) = (one for one in handlers if isinstance(one, urllib.request.HTTPSHandler))
    assert handler._context.verify_mode == ssl.CERT_REQUIRED
    assert handler._context.check_hostname
    names = {type(one).__name__ for one in handlers}
    assert not names & {"HTTPHandler", "FileHandler", "FTPHandler", "DataHandler"}


def test_a_wrong_certificate_is_final(fetching, monkeypatch):
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"

    def fail(*arguments, **options):
        raise urllib.error.URLError(error)

    monkeypatch.setattr(urllib.request.OpenerDirector, "open", fail)
    with pytest.raises(DataError, match="cannot be verified \\(self-signed"):
        fetching()
    assert fetching.waits == []


def test_nobody_there_is_tried_again_and_named(fetching, server):
    server.server_close()
    with pytest.raises(DataError, match=r"127\.0\.0\.1 failed 6 times .*refused"):
        fetching()


def test_without_a_network_nobody_waits(fetching, monkeypatch):
    import socket

    def fail(*arguments, **options):
        raise urllib.error.URLError(socket.gaierror(-2, "Name or service not known"))

    monkeypatch.setattr(urllib.request.OpenerDirector, "open", fail)
    with pytest.raises(DataError, match="check the connection to the network"):
        fetching()
    assert fetching.waits == []


def test_a_folder_that_cannot_be_written_is_named(server, tmp_path):
    with pytest.raises(DataError, match=r"none.*cannot be written"):
        Fetching(server, tmp_path / "none")()


def test_the_time_of_a_file_may_tell_it_apart():
    old, now = "Mon, 01 Jan 2024 00:00:00 GMT", "Mon, 01 Jan 2024 00:01:00 GMT"
    assert of_headers(ETag='"a"', Last_Modified=old, Date=now) == '"a"'
    assert of_headers(ETag='W/"a"', Last_Modified=old, Date=now) is None
    assert of_headers(Last_Modified=old, Date=now) == old
    # Written in the second in which it was sent: it may have been written again since.
    assert of_headers(Last_Modified=now, Date=now) is None
    assert of_headers(Last_Modified=old) is None
    assert of_headers(Last_Modified="yesterday", Date=now) is None


def of_headers(**headers):
    from email.message import Message

    message = Message()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return https.strong_validator(message)


KILLED = """
import sys
from pathlib import Path
from train.download.fetch import fetch
url, part = sys.argv[1], Path(sys.argv[2])
def done(have, whole):
    if have >= 100_000:
        print("half", flush=True)
fetch(url, part, size=300_000, at_most=300_000, done=done)
"""


def test_a_killed_download_is_gone_on_with(server, fetching):
    server.faults = [hang(120_000)]
    command = [sys.executable, "-c", KILLED, server.url("/a.zip"), str(fetching.part)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "half\n"
        process.kill()
    kept = fetching.part.stat().st_size
    assert 0 < kept <= 120_000
    assert fetching() is True
    assert fetching.part.read_bytes() == BODY
    assert fetching.ranges()[-1] == f"bytes={kept}-"
