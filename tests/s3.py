"""A real S3 server on this machine, gone with the test run; it can be taken down and brought back."""

import json
import socket
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from config.storage import BucketSettings, bucket_settings
from scripts.servers import free_port, server

KEY, SECRET = "insiders-test", "insiders-test-secret"


class Gate:
    """The network between us and a server: while it is shut, nobody answers at its port, and nothing arrives."""

    def __init__(self, port: int) -> None:
        self.target, self.port = port, free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._listener: socket.socket | None = None
        self._open: list[socket.socket] = []

    def open(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=[self._listener], daemon=True).start()

    def shut(self) -> None:
        ended, self._open = [*self._open, *filter(None, [self._listener])], []
        self._listener = None
        for each in ended:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
                self._open += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=[source, sink], daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


class S3Server:
    """One start of the server on a port of its own. It keeps its buckets in memory."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator["S3Server"]:
        command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(self.port)]
        with server("The S3 server", command, self.answers, self.folder / "s3.log"):
            yield self

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.endpoint}/moto-api/data.json", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def settings(self, bucket: str, *, key: str = KEY, secret: str = SECRET, endpoint: str = "") -> BucketSettings:
        found = bucket_settings(
            f"s3://{bucket}/shop", endpoint=endpoint or self.endpoint, region="us-east-1", key=key, secret=secret
        )
        assert found is not None
        return found

    def client(self, service: str = "s3") -> Any:
        import boto3

        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
        )

    def ask_for_keys(self) -> tuple[str, str]:
        """From now on the server checks keys and rights; returns a key that may read and nothing more."""
        iam = self.client("iam")
        iam.create_user(UserName="reader")
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
        iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=json.dumps(policy))
        made = iam.create_access_key(UserName="reader")["AccessKey"]
        request = urllib.request.Request(
            f"{self.endpoint}/moto-api/reset-auth", data=b"0", headers={"Content-Type": "text/plain"}
        )
        urllib.request.urlopen(request, timeout=5).close()
        return made["AccessKeyId"], made["SecretAccessKey"]
