"""Files in pieces: tus 1.0 (https://tus.io/protocols/resumable-upload) for the browser's page and for scripts.

Extensions: creation, termination, expiration, checksum. The address of one file also answers GET: what became of it.
"""

import base64
import binascii
import hashlib
import re
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import http_date
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.dispatch import hint
from core.models import ApiToken, User
from core.permissions import ApiPermission, acting_user
from core.problems import Problem
from crm.api import shapes
from crm.models import PartialUpload, Upload
from crm.selectors.partial_uploads import known_data, partial_data
from crm.services import UploadError
from crm.services.partial_uploads import begin_upload, discard_partial, finish_upload, receive

VERSION = "1.0.0"
EXTENSIONS = "creation,termination,expiration,checksum"
ALGORITHMS = ("sha256", "sha1", "md5")
PIECE_TYPE = "application/offset+octet-stream"
CHECKSUM_MISMATCH = 460
STATUS = {
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "too_long": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "too_many": HTTPStatus.TOO_MANY_REQUESTS,
    "no_room": HTTPStatus.INSUFFICIENT_STORAGE,
    "offset": HTTPStatus.CONFLICT,
    "locked": HTTPStatus.LOCKED,
    "expired": HTTPStatus.GONE,
    "checksum": CHECKSUM_MISMATCH,
}


class TusView(APIView):
    """What every answer of the protocol carries, and what every request has to say."""

    permission_classes = [ApiPermission]
    read_capability = write_capability = "uploads.add"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        is_spoken = hasattr(self, str(request.method).lower()) and request.method not in {"OPTIONS", "GET"}
        if is_spoken and request.headers.get("Tus-Resumable") != VERSION:
            sentence = f"This address speaks tus {VERSION}: send the header Tus-Resumable: {VERSION}."
            raise Problem("tus_version", sentence, status=HTTPStatus.PRECONDITION_FAILED)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response["Tus-Resumable"] = response["Tus-Version"] = VERSION
        response["Cache-Control"] = "no-store"
        return super().finalize_response(request, response, *args, **kwargs)

    @extend_schema(exclude=True)
    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        headers = {
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(settings.UPLOAD_MAX_MB * 1_000_000),
            "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        }
        return Response(status=HTTPStatus.NO_CONTENT, headers=headers)


class PartialUploads(TusView):
    """Begin a file that arrives in pieces; GET lists one's own that have not arrived in full, or finds known bytes."""

    @extend_schema(
        operation_id="uploads_incoming_list",
        parameters=[shapes.parameter("sha256", "Instead: the upload of the bytes with this hash, if there is one.")],
        responses=shapes.PartialUploadRow(many=True),
    )
    def get(self, request: Request) -> Response:
        if sha256 := request.query_params.get("sha256"):
            known = known_data(sha256=sha256, reader=acting_user(request))
            return Response([_announced(request, data) for data in known])
        unfinished = _visible(request).filter(owner=acting_user(request), upload=None)
        return Response([partial_data(partial) for partial in unfinished])

    @extend_schema(
        request=None,
        responses={201: None},
        description="tus creation: Upload-Length in bytes, and the file's name as `filename` in Upload-Metadata.",
    )
    def post(self, request: Request) -> Response:
        size = _number(request, "Upload-Length")
        name = _metadata(request).get("filename", "file")
        by, is_script = acting_user(request), isinstance(request.auth, ApiToken)
        source = Upload.Source.API if is_script else Upload.Source.BROWSER
        try:
            partial = begin_upload(name=name, size=size, source=source, by=by)
        except UploadError as error:
            raise _problem(error) from error
        _finish(partial)
        address = reverse("api:partial-upload-detail", kwargs={"pk": partial.pk})
        return Response(status=HTTPStatus.CREATED, headers={"Location": address, **_expiry(partial)})


class PartialUploadDetail(TusView):
    """One file that arrives in pieces; only its owner and administrators may touch it."""

    def head(self, request: Request, pk: Any) -> Response:
        partial = _finish(_find(request, pk))
        position = {"Upload-Offset": str(partial.received), "Upload-Length": str(partial.size)}
        return Response(status=HTTPStatus.OK, headers={**position, **_expiry(partial)})

    @extend_schema(operation_id="uploads_incoming_detail", responses=shapes.PartialUploadRow)
    def get(self, request: Request, pk: Any) -> Response:
        data = partial_data(_finish(_find(request, pk)), reader=acting_user(request))
        return Response(_announced(request, data))

    @extend_schema(
        request={PIECE_TYPE: OpenApiTypes.BINARY},
        responses={204: None},
        description="tus: the next bytes, from Upload-Offset on.",
    )
    def patch(self, request: Request, pk: Any) -> Response:
        partial, offset = _find(request, pk), _number(request, "Upload-Offset")
        if request.content_type != PIECE_TYPE:
            sentence = f"Send the bytes as {PIECE_TYPE}."
            raise Problem("content_type", sentence, status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        length, checksum = _number(request, "Content-Length", HTTPStatus.LENGTH_REQUIRED), _checksum(request)
        try:
            # The stream itself, below everything that would read it whole.
            read = request._request.read
            received = receive(partial=partial, offset=offset, length=length, read=read, checksum=checksum)
        except UploadError as error:
            raise _problem(error) from error
        _finish(partial)
        return Response(status=HTTPStatus.NO_CONTENT, headers={"Upload-Offset": str(received), **_expiry(partial)})

    @extend_schema(responses={204: None}, description="tus termination: forget what has arrived.")
    def delete(self, request: Request, pk: Any) -> Response:
        discard_partial(partial=_find(request, pk), by=acting_user(request))
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(exclude=True)
    def post(self, request: Request, pk: Any) -> Response:
        """For clients behind something that lets only GET and POST pass."""
        method = request.headers.get("X-HTTP-Method-Override", "")
        if method not in {"HEAD", "PATCH", "DELETE"}:
            raise Problem("method", "Send PATCH, HEAD or DELETE, or name it in X-HTTP-Method-Override.")
        answer: Response = getattr(self, method.lower())(request, pk)
        return answer


def _announced(request: Request, data: dict[str, Any]) -> dict[str, Any]:
    """That the bytes are known is also said on the page that the browser goes to next, if it is about to."""
    if data["sentence"] and "announce" in request.query_params:
        messages.info(request._request, data["sentence"])
    return data


def _visible(request: Request) -> "QuerySet[PartialUpload]":
    rows = PartialUpload.objects.select_related("owner", "upload").filter(expires_at__gt=timezone.now())
    user = acting_user(request)
    return rows if user.role == User.Role.ADMIN else rows.filter(owner=user)


def _find(request: Request, pk: Any) -> PartialUpload:
    """Somebody else's file is not there, like one that has expired."""
    partial = _visible(request).filter(pk=pk).first()
    if partial is None:
        raise Http404
    return partial


def _finish(partial: PartialUpload) -> PartialUpload:
    """Whoever finds a file complete makes its upload: also after a server that ended in between."""
    try:
        was_finished = partial.upload_id is not None
        finish_upload(partial=partial)
    except UploadError as error:
        raise _problem(error) from error
    if partial.upload is not None and not was_finished and not partial.is_known:
        hint(partial.upload.latest_run)
    return partial


def _problem(error: UploadError) -> Problem:
    return Problem(error.code, error.message, status=STATUS[error.code])


def _expiry(partial: PartialUpload) -> dict[str, str]:
    return {"Upload-Expires": http_date(partial.expires_at.timestamp())}


def _number(request: Request, header: str, status: int = HTTPStatus.BAD_REQUEST) -> int:
    text = request.headers.get(header, "")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Problem("header", f"{header} has to be a whole number of bytes.", status=status)
    return int(text)


def _metadata(request: Request) -> dict[str, str]:
    """`key base64value, …`; what can't be read is left out."""
    found = {}
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
    return found


def _checksum(request: Request) -> tuple[str, bytes] | None:
    text = request.headers.get("Upload-Checksum", "")
    if not text:
        return None
    match = re.fullmatch(rf"({'|'.join(ALGORITHMS)}) ([A-Za-z0-9+/=]+)", text)
    try:
        digest = base64.b64decode(match[2], validate=True) if match else b""
    except binascii.Error:
        digest = b""
    if not match or len(digest) != hashlib.new(match[1], usedforsecurity=False).digest_size:
        raise Problem("checksum_header", f"Upload-Checksum names one of {', '.join(ALGORITHMS)} and its base64 value.")
    return match[1], digest
