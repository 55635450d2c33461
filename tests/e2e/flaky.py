"""A line to the server that can be cut: a small TCP proxy on this machine, which counts what passes."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

PIECE = 64 * 1024


class FlakyLine:
    """Passes bytes to `target` until `cut_after` of them went up; then it is dead until `heal`."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.sent_up = 0
        self.cut_after: int | None = None
        self.is_cut = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        with self._lock:
            self.is_cut = True
            self.cut_after = None
            for end in self._open:
                _shut(end)
            self._open.clear()

    def heal(self) -> None:
        with self._lock:
            self.is_cut = False

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        if self.is_cut:
            client.close()
            return
        server = socket.create_connection(self._target)
        with self._lock:
            self._open |= {client, server}
        threading.Thread(target=self._pass, args=(server, client, False), daemon=True).start()
        self._pass(client, server, True)

    def _pass(self, source: socket.socket, sink: socket.socket, is_up: bool) -> None:
        try:
            while data := source.recv(PIECE):
                sink.sendall(data)
                if is_up:
                    self.sent_up += len(data)
                    if self.cut_after is not None and self.sent_up > self.cut_after:
                        self.cut()
        except OSError:
            pass
        finally:
            _shut(source)
            _shut(sink)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
