"""A real S3 server on this machine, gone with the test run; it can be taken down and brought back."""

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config.storage import BucketSettings, bucket_settings
from scripts.servers import free_port, server

KEY, SECRET = "insiders-test", "insiders-test-secret"


class S3Server:
    """One start of the server on a port of its own. It keeps its buckets in memory."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator["S3Server"]:
        program = str(Path(sys.executable).with_name("moto_server"))
        command = [program, "--host", "127.0.0.1", "--port", str(self.port)]
        with server("The S3 server", command, self.answers, self.folder / "s3.log"):
            yield self

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.endpoint}/moto-api/data.json", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def settings(self, bucket: str, *, prefix: str = "/shop", key: str = KEY, secret: str = SECRET) -> BucketSettings:
        found = bucket_settings(
            f"s3://{bucket}{prefix}", endpoint=self.endpoint, region="us-east-1", key=key, secret=secret
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
        request = urllib.request.Request(f"{self.endpoint}/moto-api/reset-auth", data=b"0", method="POST")
        urllib.request.urlopen(request, timeout=5).close()
        return made["AccessKeyId"], made["SecretAccessKey"]
