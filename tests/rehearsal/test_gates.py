"""The town's own hand at a gate: it must outlast hours in which nobody comes."""

import socket
import threading

from tests.rehearsal.gates import Gate

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def test_a_connection_that_the_gate_has_ended_meanwhile_is_opened_anew() -> None:
    """A kiosk's server lets go of whoever was silent for five seconds; that must not end the demo."""
    ended = threading.Event()

    def answer_one_each() -> None:
        for _ in range(2):
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(ANSWER)
            ended.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=answer_one_each)
        server.start()
        gate = Gate("east", f"http://127.0.0.1:{listener.getsockname()[1]}")
        assert gate.get("/rehearsal/newcomer") == b"{}"
        assert ended.wait(10)
        assert gate.get("/rehearsal/newcomer") == b"{}"
        server.join()
        gate.close()
