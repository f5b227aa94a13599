"""SIGTERM: what the server sent is stored, whether it has closed its connections, will, or never does."""

import threading
import time

from leeboard_serving.observation import encode
from tests.unit.serving.exporter.running import Exporter, parse_feedback, prediction


def requests_of(exporter):
    return sum(window.requests for window in exporter.windows())


def test_frames_that_lie_in_the_socket_are_read_to_their_end(tmp_path):
    frames = b"".join(encode(prediction(f"r{n}").alone()) for n in range(4000))
    with Exporter(tmp_path, interval=60) as exporter:
        connection = exporter.connect()

        def send():
            connection.sendall(frames)
            connection.close()

        sender = threading.Thread(target=send)
        sender.start()
        assert exporter.label(r1=1, r2=0).status_code == 202
        assert exporter.end() == 0
        sender.join()
    assert requests_of(exporter) == 4000
    assert sum(len(parse_feedback(path.read_bytes(), "Regression", "")) for path in exporter.keys("feedback")) == 2
    assert not (tmp_path / "run/observe.sock").exists()
    assert not (tmp_path / "termination").exists()


def test_a_server_that_is_still_at_work_is_waited_for(tmp_path):
    with Exporter(tmp_path, interval=60) as exporter:
        with exporter.connect() as connection:
            connection.sendall(encode(prediction("before").alone()))
            exporter.until_requests(1)
            exporter.process.terminate()
            time.sleep(1)
            connection.sendall(encode(prediction("after").alone()))
        assert exporter.process.wait(timeout=30) == 0
    assert requests_of(exporter) == 2


def test_a_server_that_never_ends_keeps_nobody(tmp_path):
    with Exporter(tmp_path, interval=60) as exporter, exporter.connect() as connection:
        connection.sendall(encode(prediction("whole").alone()) + encode(prediction("cut").alone())[:50])
        exporter.until_requests(1)
        began = time.monotonic()
        assert exporter.end() == 0
        assert 4 < time.monotonic() - began < 30
        assert requests_of(exporter) == 1
