"""What the API's answers look like, for its description; decimals travel as text with all their digits."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

Plain = serializers.Serializer[Any]


def _money() -> serializers.CharField:
    return serializers.CharField(help_text="Decimal as text, reporting currency.")


def parameter(name: str, text: str, kind: type = str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=text, **more)


CUSTOMER_ID = OpenApiParameter(
    "customer_id",
    str,
    OpenApiParameter.PATH,
    description="The id as the file has it, percent-encoded; write a slash as ~2F and a tilde as ~7E.",
)
CURSOR = parameter("cursor", "From the `next` or `previous` of an answer.")
PAGE_SIZE = parameter("page_size", "Rows of one answer: 100 unless told, 1,000 at most.", int)


def page_of(row: type[Plain], name: str, **more: Any) -> Plain:
    """The `{next, previous, results}` of rows, with what else the answer names."""
    fields: dict[str, Any] = {
        "next": serializers.CharField(allow_null=True),
        "previous": serializers.CharField(allow_null=True),
        "results": row(many=True),
    }
    return inline_serializer(name, {**fields, **more})


class PartialUploadRow(Plain):
    id = serializers.UUIDField()
    file_name = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    received = serializers.IntegerField(help_text="Bytes that are here.")
    upload = serializers.IntegerField(allow_null=True, help_text="What it became, once it is here in full.")
    is_known = serializers.BooleanField(help_text="The same bytes had been uploaded before; nothing was added.")
    sentence = serializers.CharField()
    page = serializers.CharField(help_text="Where the upload is looked at.")
    expires_at = serializers.DateTimeField()


class UploadRow(Plain):
    upload = serializers.IntegerField()
    kind = serializers.CharField()
    state = serializers.CharField()
    file_name = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    source = serializers.CharField()  # type: ignore[assignment]  # a name that the base class has too
    lines = serializers.IntegerField(help_text="Data lines of the file.")
    accepted = serializers.IntegerField()
    rejected = serializers.IntegerField()
    duplicates = serializers.IntegerField(help_text="Lines that other published uploads already hold.")
    gross_revenue = _money()
    returned_value = _money()
    revenue = _money()
    customers = serializers.IntegerField()
    orders = serializers.IntegerField()
    first_at = serializers.DateTimeField(allow_null=True)
    last_at = serializers.DateTimeField(allow_null=True)
    received_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)
    warnings = serializers.ListField(child=serializers.DictField())
    seconds = serializers.FloatField()
    run = serializers.UUIDField(allow_null=True, help_text="Its newest job: see runs/{id}/.")
    error_code = serializers.CharField()
    error = serializers.CharField()


class UploadDetailRow(UploadRow):
    rejections = serializers.ListField(child=serializers.DictField())
    completes = serializers.IntegerField(allow_null=True, help_text="The upload whose rejected lines it corrects.")
    mapping = serializers.DictField(allow_null=True, help_text="As confirmed.")
    sniff = serializers.DictField(allow_null=True, help_text="Columns, sample rows, the proposed mapping, problems.")


class UploadFile(Plain):
    file = serializers.FileField(help_text="A CSV or text file, also as .gz; exactly one.")


class Mapping(Plain):
    """Which column is what; options that are left out are as proposed."""

    kind = serializers.CharField(required=False, help_text="transactions, events, sessions or customers.")
    columns = serializers.DictField(
        child=serializers.CharField(allow_blank=True), required=False, help_text="Left out: as proposed."
    )
    options = serializers.DictField(child=serializers.JSONField(), default=dict)
    name = serializers.CharField(required=False, max_length=120, help_text="To remember these columns by.")
    publish = serializers.BooleanField(default=True, help_text="False: import, but count nothing yet.")

    def validate_options(self, options: dict[str, Any]) -> dict[str, Any]:
        for name, value in options.items():
            texts = isinstance(value, list) and all(isinstance(each, str) for each in value)
            is_list = texts and name in ("attributes", "company", "non_merchandise")
            is_rule = name == "cancellation" and isinstance(value, dict)
            if not is_list and not is_rule and not isinstance(value, str | bool | int | float | None):
                raise serializers.ValidationError(f"The option {name} is one value, not a list or an object.")
        return options


class SaleRow(Plain):
    upload = serializers.IntegerField()
    line = serializers.IntegerField()
    order_id = serializers.CharField(allow_null=True)
    ordered_at = serializers.DateTimeField()


class LineRow(Plain):
    upload = serializers.IntegerField()
    line = serializers.IntegerField(help_text="Number of the data line in its file.")
    customer_id = serializers.CharField(allow_null=True, help_text="Null for a guest.")
    order_id = serializers.CharField(allow_null=True)
    item_id = serializers.CharField(allow_null=True)
    description = serializers.CharField(allow_null=True)
    category = serializers.CharField(allow_null=True)
    brand = serializers.CharField(allow_null=True)
    quantity = serializers.CharField(allow_null=True)
    unit_price = serializers.CharField(allow_null=True)
    amount = serializers.CharField(help_text="Exact, negative for returns.")
    discount = serializers.CharField(allow_null=True)
    ordered_at = serializers.DateTimeField()
    ordered_on = serializers.DateField(help_text="The shop's local day.")
    country = serializers.CharField(allow_null=True)
    currency = serializers.CharField(allow_null=True)
    company = serializers.CharField(allow_null=True)
    is_purchase = serializers.BooleanField()
    is_cancellation = serializers.BooleanField()
    is_merchandise = serializers.BooleanField()
    attributes = serializers.CharField(allow_null=True, help_text="Further columns of the file as JSON text.")
    returned_sale = SaleRow(allow_null=True, help_text="The line that a return takes back, where it was looked for.")


class OrderRow(Plain):
    order_id = serializers.CharField(allow_null=True)
    ordered_at = serializers.DateTimeField()
    ordered_on = serializers.DateField()
    amount = _money()
    quantity = serializers.CharField(allow_null=True)
    lines = serializers.IntegerField(help_text="How many lines the order has.")
    is_cancellation = serializers.BooleanField()


class OrderWithLines(OrderRow):
    items = LineRow(many=True, help_text="Its lines, at most 5,000 of them.")


class CustomerRow(Plain):
    customer_id = serializers.CharField()
    name = serializers.CharField(allow_null=True, help_text="From a file of customers.")
    frequency = serializers.IntegerField(allow_null=True, help_text="Repeat purchase days.")
    recency = serializers.FloatField(allow_null=True, help_text="Days from first to latest purchase.")
    T = serializers.FloatField(allow_null=True, help_text="Days from first purchase to as_of.")
    monetary_value = serializers.CharField(allow_null=True, help_text="Mean gross spend per repeat purchase day.")
    days_since_last_purchase = serializers.IntegerField(allow_null=True)
    order_count = serializers.IntegerField(allow_null=True)
    revenue = serializers.CharField(allow_null=True, help_text="Net of returns.")
    p_alive = serializers.FloatField(allow_null=True)
    expected_purchases = serializers.FloatField(allow_null=True, help_text="In horizon_days.")
    clv = serializers.FloatField(allow_null=True, help_text="Discounted, in horizon_days.")
    clv_12m = serializers.FloatField(allow_null=True)
    country = serializers.CharField(allow_null=True)
    segment = serializers.CharField(allow_null=True)
    rfm_group = serializers.CharField(allow_null=True)
    tier = serializers.CharField(allow_null=True)
    is_member = serializers.BooleanField()


class ContactRow(Plain):
    """What published files of customers say; where several do, the newest word counts."""

    name = serializers.CharField(allow_null=True)
    email = serializers.CharField(allow_null=True)
    birth_date = serializers.DateField(allow_null=True)
    country = serializers.CharField(allow_null=True)
    city = serializers.CharField(allow_null=True)
    consent = serializers.BooleanField(allow_null=True, help_text="May be written to; null: nobody said.")
    attributes = serializers.DictField(child=serializers.CharField(), help_text="Further columns of the files.")


class VisitRow(Plain):
    session_id = serializers.CharField()
    started_at = serializers.DateTimeField(allow_null=True)
    duration = serializers.CharField(allow_null=True, help_text="Seconds.")
    pages = serializers.IntegerField(allow_null=True)
    events = serializers.IntegerField(help_text="0 where the file has one row a visit.")
    landing = serializers.CharField(allow_null=True, help_text="First page.")
    device = serializers.CharField(allow_null=True)
    os = serializers.CharField(allow_null=True)
    browser = serializers.CharField(allow_null=True)
    referrer = serializers.CharField(allow_null=True)
    converted = serializers.BooleanField(allow_null=True)


class KindRow(Plain):
    kind = serializers.CharField(allow_null=True)
    events = serializers.IntegerField()


class VisitsRow(Plain):
    """Visits of the customer; null as a whole where no file of visits is published."""

    sessions = serializers.IntegerField()
    events = serializers.IntegerField()
    converted = serializers.IntegerField()
    first_at = serializers.DateTimeField(allow_null=True)
    latest_at = serializers.DateTimeField(allow_null=True)
    kinds = KindRow(many=True)
    recent = VisitRow(many=True, help_text="The newest 10.")


class ProfileRow(CustomerRow):
    is_member = None  # type: ignore[assignment]  # stands in `membership` here
    name = None  # type: ignore[assignment]  # stands in `contact` here
    contact = ContactRow(allow_null=True)
    visits = VisitsRow(allow_null=True)
    snapshot = serializers.IntegerField(allow_null=True)
    as_of = serializers.DateField(allow_null=True)
    horizon_days = serializers.IntegerField(allow_null=True)
    value_reason = serializers.CharField(help_text="Why a value is missing or wide; empty when it is neither.")
    missing = serializers.CharField(help_text="Why there are no figures; empty when there are.")
    segment_explanation = serializers.DictField(
        allow_null=True, help_text="Why this segment: sentence, conditions, fidelity (0 to 1), and what would move up."
    )
    intervals = serializers.DictField(help_text="Ends of 80 % intervals by figure; null with a sentence in reasons.")
    outlook = serializers.DictField(help_text="Silence, purchases and value by horizon, and the next order.")
    habits = serializers.DictField(help_text="Rhythm, favourites, trend, discounts; null where files do not say.")
    suggestions = serializers.ListField(
        child=serializers.DictField(), help_text="What similar customers bought next, each with its evidence."
    )
    membership = serializers.DictField()
    anomalies = serializers.ListField(child=serializers.DictField())
    orders = OrderRow(many=True, help_text="The newest 20; the rest stands in history/.")
