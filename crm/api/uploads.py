"""Files by script: bring one, confirm its columns, take it back, read its lines."""

from http import HTTPStatus
from typing import Any, NoReturn

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from core.dispatch import hint
from core.pagination import key_page, page_answer
from core.permissions import ApiPermission, acting_user
from core.problems import Problem
from crm import ledger, selectors
from crm.api import shapes
from crm.api.row_shapes import UPLOAD_ROWS
from crm.models import Upload
from crm.services import (
    MappingError,
    UploadError,
    changed_reading,
    confirm_mapping,
    redo_upload,
    reread_upload,
    size_problem,
    store_upload,
    undo_upload,
)
from crm.views.customer_profile import lines_data
from crm.views.upload_rows import rows_of

LARGEST_PAGE = 1_000


class Uploads(APIView):
    """All files, newest first; POST brings one."""

    permission_classes = [ApiPermission]
    write_capability = "uploads.add"
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="uploads_list",
        parameters=[shapes.CURSOR, shapes.PAGE_SIZE],
        responses=shapes.page_of(shapes.UploadRow, "UploadPage"),
    )
    def get(self, request: Request) -> Response:
        page = key_page(selectors.uploads(), cursor=request.query_params.get("cursor", ""), size=asked_size(request))
        return Response(page_answer(request, page, [upload_data(upload) for upload in page.rows]))

    @extend_schema(
        request={"multipart/form-data": shapes.UploadFile},
        responses={201: shapes.UploadDetailRow, 200: shapes.UploadDetailRow},
        description="201 with the job that reads the file; 200 with the earlier upload when these bytes are known.",
    )
    def post(self, request: Request) -> Response:
        _check_length(request)
        file = _only_file(request)
        upload, is_new = store_upload(
            name=file.name or "file", chunks=file.chunks(), source=Upload.Source.API, by=acting_user(request)
        )
        if is_new:
            hint(upload.latest_run)
        upload.refresh_from_db()
        return Response(detail_data(upload), status=HTTPStatus.CREATED if is_new else HTTPStatus.OK)


# What an upload's request holds beside the file.
ENVELOPE = 100_000


def _check_length(request: Request) -> None:
    """Refuse by the announced length, before the bytes are read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit():
        _check_size(int(length) - ENVELOPE)


def _check_size(size: int) -> None:
    if sentence := size_problem(size):
        raise Problem("too_large", sentence, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def _only_file(request: Request) -> "UploadedFile[Any]":
    files = [file for name in request.FILES for file in request.FILES.getlist(name)]
    if len(files) != 1 or "file" not in request.FILES:
        raise Problem("one_file", "Send exactly one file, as the multipart field “file”.")
    _check_size(files[0].size or 0)
    file: UploadedFile[Any] = files[0]
    return file


class UploadDetail(APIView):
    permission_classes = [ApiPermission]

    @extend_schema(responses=shapes.UploadDetailRow)
    def get(self, request: Request, pk: int) -> Response:
        return Response(detail_data(find(pk)))


class UploadConfirm(APIView):
    """Fix what the columns are, and import. Poll `run` afterwards."""

    permission_classes = [ApiPermission]
    read_capability = write_capability = "uploads.add"

    @extend_schema(request=shapes.Mapping, responses={202: shapes.UploadDetailRow})
    def post(self, request: Request, pk: int) -> Response:
        upload = find(pk)
        if upload.sniff is None or not (upload.is_open or upload.is_being_checked):
            state = upload.get_state_display().lower()
            raise Problem("not_open", f"This upload is {state}; its columns can't be set now.", status=409)
        wanted = shapes.Mapping(data=request.data)
        wanted.is_valid(raise_exception=True)
        mapping = dict(wanted.validated_data)
        publish = mapping.pop("publish")
        if reading := changed_reading(mapping, upload.sniff):
            _read_again(request, upload, reading)
        try:
            hint(confirm_mapping(upload=upload, mapping=mapping, by=acting_user(request), publish=publish))
        except MappingError as error:
            raise Problem("mapping", "The mapping can't be used.", errors=error.problems) from error
        return Response(detail_data(find(pk)), status=HTTPStatus.ACCEPTED)


def _read_again(request: Request, upload: Upload, reading: dict[str, Any]) -> NoReturn:
    """The file has to be read as the mapping says before anything can be said about its columns."""
    try:
        hint(reread_upload(upload=upload, options=reading, by=acting_user(request)))
    except MappingError as error:
        raise Problem("mapping", "The mapping can't be used.", errors=error.problems) from error
    except UploadError as error:
        raise Problem(error.code, error.message, status=HTTPStatus.CONFLICT) from error
    sentence = "The file is being read anew with these options. Look at what is found, and confirm again."
    raise Problem("read_again", sentence, status=HTTPStatus.CONFLICT)


class UploadUndo(APIView):
    """Take a published upload back. Poll `run` afterwards."""

    permission_classes = [ApiPermission]
    read_capability = write_capability = "uploads.undo"

    @extend_schema(request=None, responses={202: shapes.UploadDetailRow})
    def post(self, request: Request, pk: int) -> Response:
        try:
            hint(undo_upload(upload=find(pk), by=acting_user(request)))
        except UploadError as error:
            raise Problem(error.code, error.message, status=HTTPStatus.CONFLICT) from error
        return Response(detail_data(find(pk)), status=HTTPStatus.ACCEPTED)


class UploadRedo(APIView):
    """Bring back what was taken back, while its lines are still there. Poll `run` afterwards."""

    permission_classes = [ApiPermission]
    read_capability = write_capability = "uploads.undo"

    @extend_schema(request=None, responses={202: shapes.UploadDetailRow})
    def post(self, request: Request, pk: int) -> Response:
        try:
            hint(redo_upload(upload=find(pk), by=acting_user(request)))
        except UploadError as error:
            raise Problem(error.code, error.message, status=HTTPStatus.CONFLICT) from error
        return Response(detail_data(find(pk)), status=HTTPStatus.ACCEPTED)


class UploadLines(APIView):
    """The accepted lines that count, in the order of the file; none while the upload is not published."""

    permission_classes = [ApiPermission]

    @extend_schema(
        parameters=[shapes.CURSOR, shapes.PAGE_SIZE],
        responses=UPLOAD_ROWS,
        description="Lines, events, visits or customers, as the upload's kind is.",
    )
    def get(self, request: Request, pk: int) -> Response:
        upload, size = find(pk), asked_size(request)
        after = read_line_cursor(request.query_params.get("cursor", ""))[1]
        if special := rows_of(upload):
            rows = special.page(upload, after, size + 1)
            return Response(row_answer(request, rows, size, [special.data(row) for row in rows[:size]]))
        lines = ledger.upload_lines(selectors.current_version(), upload.pk, after=after, limit=size + 1)
        return Response(line_answer(request, lines, size))


class UploadRejected(APIView):
    """The rejected lines with their reasons, as CSV in the file's own columns."""

    permission_classes = [ApiPermission]

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, pk: int) -> HttpResponseBase:
        upload = find(pk)
        if not upload.rejected_path:
            raise Problem("nothing_rejected", "No line of this upload was rejected.", status=HTTPStatus.NOT_FOUND)
        return StreamingHttpResponse(selectors.rejected_csv(upload), content_type="text/csv; charset=utf-8")


def find(pk: int) -> Upload:
    upload = selectors.uploads().filter(pk=pk).first() if pk < 2**63 else None
    if upload is None:
        raise Http404
    return upload


def upload_data(upload: Upload) -> dict[str, Any]:
    moments = ("first_at", "last_at", "received_at", "published_at")
    return {
        **selectors.upload_summary(upload),
        "file_name": upload.file_name,
        "size": upload.size,
        "source": upload.source,
        "run": upload.latest_run_id and str(upload.latest_run_id),
        "error_code": upload.error_code,
        "error": upload.error,
        **{name: at and timezone.localtime(at).isoformat() for name in moments for at in [getattr(upload, name)]},
    }


def detail_data(upload: Upload) -> dict[str, Any]:
    return {
        **upload_data(upload),
        "rejections": upload.rejections,
        "completes": upload.completes_id,
        "mapping": upload.mapping,
        "sniff": upload.sniff,
    }


def asked_size(request: Request, default: int = 100) -> int:
    text = request.query_params.get("page_size", "")
    return min(max(int(text), 1), LARGEST_PAGE) if text.isascii() and text.isdigit() and len(text) < 7 else default


def read_line_cursor(cursor: str) -> tuple[int, int]:
    """Upload and line behind which a page begins; what can't be read is the beginning."""
    parts = cursor.split("-")
    if len(parts) == 2 and all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        return int(parts[0]), int(parts[1])
    return 0, 0


def line_answer(request: Request, lines: list[dict[str, Any]], size: int) -> dict[str, Any]:
    """A page of ledger lines; `lines` holds one more than the page when there are more. It only leads forward."""
    return row_answer(request, lines, size, lines_data(lines[:size]))


def row_answer(
    request: Request, rows: list[dict[str, Any]], size: int, results: list[dict[str, Any]]
) -> dict[str, Any]:
    """A page of ledger rows as `results` write it; the cursor names the last one's upload and line."""
    page = rows[:size]
    cursor = f"{page[-1]['upload_id']}-{page[-1]['line_no']}" if len(rows) > size else None
    following = cursor and replace_query_param(request.build_absolute_uri(), "cursor", cursor)
    return {"next": following, "previous": None, "results": results}
