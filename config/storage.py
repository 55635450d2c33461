"""Where stored files live: a folder, or a bucket of an S3-compatible service."""

import re
from dataclasses import dataclass

from config.environment import SettingError

URL = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.*'()-]+)*/?")


@dataclass(frozen=True)
class BucketSettings:
    url: str
    endpoint: str
    region: str
    key: str
    secret: str


def bucket_settings(url: str, *, endpoint: str, region: str, key: str, secret: str) -> BucketSettings | None:
    """None for a folder. Says at the start what can't work."""
    if not url:
        if endpoint or key or secret:
            raise SettingError("STORAGE_S3_… is set but STORAGE_URL is not: set it to s3://bucket/prefix.")
        return None
    if not URL.fullmatch(url) or ".." in url:
        raise SettingError(f"STORAGE_URL is {url!r}; it has to look like s3://bucket or s3://bucket/prefix.")
    if endpoint and not re.fullmatch(r"https?://[^/\s]+/?", endpoint):
        raise SettingError(f"STORAGE_S3_ENDPOINT is {endpoint!r}; it has to look like https://host:port.")
    if bool(key) != bool(secret):
        raise SettingError("Set both STORAGE_S3_KEY and STORAGE_S3_SECRET, or neither.")
    return BucketSettings(url.rstrip("/"), endpoint.rstrip("/"), region, key, secret)
