"""The demo shop as an upload of its own, on an empty installation."""

from pathlib import Path

from crm.models import Upload
from crm.selectors import has_real_data
from crm.services.looking import UploadError
from crm.services.storing import store_upload


def load_demo(*, path: Path) -> Upload:
    """Store the demo's transactions; refused once a real file was published, because the two never mix."""
    if has_real_data():
        raise UploadError("real_data", "There is real data already; the demo shop is not loaded.")
    with path.open("rb") as stream:
        upload, _ = store_upload(
            name="demo-shop.csv", chunks=iter(lambda: stream.read(1024 * 1024), b""), source=Upload.Source.DEMO, by=None
        )
    return upload
