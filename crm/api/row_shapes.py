"""What the rows of one file look like in the API's answers, by kind of file."""

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from crm.api.shapes import LineRow, Plain


def _text(help_text: str | None = None) -> serializers.CharField:
    return serializers.CharField(allow_null=True, help_text=help_text)


def _exact(help_text: str = "Exact, as text.") -> serializers.CharField:
    return serializers.CharField(allow_null=True, help_text=help_text)


def _whole() -> serializers.IntegerField:
    return serializers.IntegerField(allow_null=True)


class _Row(Plain):
    upload = serializers.IntegerField()
    line = serializers.IntegerField(help_text="Number of the data line in its file.")
    customer_id = serializers.CharField(allow_null=True)


class _Visitor(_Row):
    session_id = _text()
    device = _text()
    os = _text()
    browser = _text()
    country = _text()
    referrer = _text()
    attributes = _text(help_text="Further columns of the file as JSON text.")


class EventRow(_Visitor):
    occurred_at = serializers.DateTimeField()
    occurred_on = serializers.DateField(help_text="The shop's local day.")
    page = _text()
    kind = _text()
    item_id = _text()
    category = _text()
    brand = _text()
    quantity = _exact()
    price = _exact()
    order_id = _text()
    converted = serializers.BooleanField(allow_null=True)
    conversion_value = _exact()
    engagement_ms = _exact("Milliseconds.")
    clicks = _whole()
    form_fill_ms = _exact("Milliseconds.")
    latency_ms = _exact("Milliseconds.")
    ajax_calls = _whole()
    bytes = _whole()


class SessionRow(_Visitor):
    started_at = serializers.DateTimeField(allow_null=True)
    started_on = serializers.DateField(allow_null=True)
    pages = _whole()
    duration = _exact("Seconds.")
    bounce_rate = _exact("0 to 1.")
    exit_rate = _exact("0 to 1.")
    page_value = _exact()
    visitor_type = _text()
    converted = serializers.BooleanField()


class RecordRow(_Row):
    name = _text()
    email = _text()
    birth_date = serializers.DateField(allow_null=True)
    country = _text()
    city = _text()
    consent = serializers.BooleanField(allow_null=True)
    attributes = serializers.DictField(child=serializers.CharField(), help_text="Further columns of the file.")


class _Page(Plain):
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class UploadLinePage(_Page):
    results = LineRow(many=True)


class UploadEventPage(_Page):
    results = EventRow(many=True)


class UploadSessionPage(_Page):
    results = SessionRow(many=True)


class UploadCustomerPage(_Page):
    results = RecordRow(many=True)


UPLOAD_ROWS = PolymorphicProxySerializer(
    component_name="UploadRowsPage",
    serializers=[UploadLinePage, UploadEventPage, UploadSessionPage, UploadCustomerPage],
    resource_type_field_name=None,
    many=False,
)
