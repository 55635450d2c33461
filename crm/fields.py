"""What a file's columns can be: kinds of tables, their fields, and the names of date formats.

Light on purpose: the pages and the intake both read it. The web process must not load the intake, and the two must
never disagree on a name.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

ValueType = Literal["text", "number", "integer", "time", "flag"]


@dataclass(frozen=True)
class Field:
    """What a column can be. `meaning` says it to somebody who has never seen our words."""

    name: str
    label: "str | _StrPromise"
    meaning: "str | _StrPromise"
    type: ValueType = "text"


@dataclass(frozen=True)
class Requirement:
    """What a kind can't do without: one of the alternatives, each a set of fields. `question` asks for it."""

    alternatives: tuple[tuple[str, ...], ...]
    question: "str | _StrPromise"

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(name for fields in self.alternatives for name in fields)

    def is_met(self, mapped: Collection[str]) -> bool:
        return any(all(name in mapped for name in fields) for fields in self.alternatives)


@dataclass(frozen=True)
class Kind:
    """One kind of table. `time` is the field that says when (empty where nothing does)."""

    name: str
    label: "str | _StrPromise"
    meaning: "str | _StrPromise"
    fields: tuple[Field, ...]
    required: tuple[Requirement, ...]
    time: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)

    def of_type(self, *types: ValueType) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields if field.type in types)

    def missing(self, mapped: Collection[str]) -> Iterator[Requirement]:
        return (requirement for requirement in self.required if not requirement.is_met(mapped))


COUNTRY = Field("country", _("Country"), _("Where the customer is."))
DEVICE = (
    Field("device", _("Device"), _("Phone, tablet, desktop.")),
    Field("os", _("Operating system"), _("Such as Windows or Android.")),
    Field("browser", _("Browser"), _("Such as Firefox or Safari.")),
    COUNTRY,
    Field("referrer", _("Came from"), _("The page, campaign or channel that sent the visitor.")),
)

TRANSACTIONS = Kind(
    "transactions",
    _("Purchases"),
    _("Each line is something that was bought or brought back: an item of an order, or an order."),
    (
        Field(
            "ordered_at", _("Date of the purchase"), _("When it was bought, with or without the time of day."), "time"
        ),
        Field("customer_id", _("Customer"), _("What tells one customer from another: a number or an e-mail address.")),
        Field("order_id", _("Order number"), _("Lines with the same number are one order.")),
        Field("quantity", _("Quantity"), _("How many; negative for what came back."), "number"),
        Field("unit_price", _("Unit price"), _("The price of one piece."), "number"),
        Field("amount", _("Amount of the line"), _("What was paid for the whole line."), "number"),
        Field("item_id", _("Item code"), _("The article number.")),
        Field("description", _("Item name"), _("What the article is called.")),
        Field("category", _("Category"), _("The group of goods.")),
        Field("brand", _("Brand"), _("The maker or label.")),
        Field("discount", _("Discount"), _("What was taken off; already contained in the amount."), "number"),
        COUNTRY,
        Field("currency", _("Currency"), _("The currency of the line, such as GBP.")),
        Field("company", _("Company or shop"), _("Which company, shop or brand a line belongs to.")),
    ),
    (
        Requirement((("ordered_at",),), _("Which column holds the date of the purchase?")),
        Requirement(
            (("amount",), ("quantity", "unit_price")),
            _("Which column holds the amount, or which two hold quantity and unit price?"),
        ),
    ),
    time="ordered_at",
)

EVENTS = Kind(
    "events",
    _("Website events"),
    _("Each line is something that a visitor did: viewed a page, put something into the cart, bought it."),
    (
        Field("occurred_at", _("Time of the event"), _("When it happened."), "time"),
        Field("session_id", _("Session"), _("Events with the same session are one visit.")),
        Field("user_id", _("Visitor or customer"), _("Who it was; the customer's id where it is known.")),
        Field("kind", _("Kind of event"), _("Such as view, cart, purchase, form or click.")),
        Field("page", _("Page"), _("The address or name of the page.")),
        Field("item_id", _("Item code"), _("The article that it was about.")),
        Field(
            "price", _("Price"), _("The price of that article; what was paid when the event is a purchase."), "number"
        ),
        Field("quantity", _("Quantity"), _("How many were bought; one piece where nothing says it."), "number"),
        Field("order_id", _("Order number"), _("The order of a purchase; it tells it from the same in another file.")),
        Field("category", _("Category"), _("The group of goods.")),
        Field("brand", _("Brand"), _("The maker or label.")),
        Field("converted", _("Conversion"), _("Whether the event is what you want visitors to do."), "flag"),
        Field("conversion_value", _("Value of the conversion"), _("In money."), "number"),
        Field("engagement_ms", _("Time on the page"), _("In milliseconds."), "number"),
        Field("clicks", _("Clicks"), _("How many clicks."), "integer"),
        Field("form_fill_ms", _("Time to fill a form"), _("In milliseconds."), "number"),
        Field("latency_ms", _("Time to answer"), _("How long the server took, in milliseconds."), "number"),
        Field("ajax_calls", _("Calls in the background"), _("How many."), "integer"),
        Field("bytes", _("Bytes sent"), _("How many."), "integer"),
        *DEVICE,
    ),
    (
        Requirement((("session_id",), ("user_id",)), _("Which column says whose visit it is: a session or a visitor?")),
        Requirement((("occurred_at",),), _("Which column holds the time of the event?")),
    ),
    time="occurred_at",
)

SESSIONS = Kind(
    "sessions",
    _("Website visits"),
    _("Each line is one whole visit: how long, how many pages, whether something was bought."),
    (
        Field("converted", _("Bought or converted"), _("Whether the visit ended as you want: true or false."), "flag"),
        Field("session_id", _("Session"), _("The visit's own id.")),
        Field("user_id", _("Visitor or customer"), _("Who it was; the customer's id where it is known.")),
        Field("started_at", _("Start of the visit"), _("When it began."), "time"),
        Field("pages", _("Pages"), _("How many pages were looked at."), "integer"),
        Field("duration", _("Duration"), _("In seconds."), "number"),
        Field("bounce_rate", _("Bounce rate"), _("0 to 1."), "number"),
        Field("exit_rate", _("Exit rate"), _("0 to 1."), "number"),
        Field("page_value", _("Page value"), _("The worth of the pages, in money."), "number"),
        *DEVICE,
        Field("visitor_type", _("Kind of visitor"), _("Such as new or returning.")),
    ),
    (Requirement((("converted",),), _("Which column says whether the visit ended in a purchase?")),),
    time="started_at",
)

CUSTOMERS = Kind(
    "customers",
    _("Customers"),
    _("Each line is one customer: name, e-mail address, consent."),
    (
        Field("customer_id", _("Customer"), _("The same id as in the purchases.")),
        Field("name", _("Name"), _("The customer's name.")),
        Field("email", _("E-mail address"), _("Where messages go.")),
        Field("birth_date", _("Date of birth"), _("For the age."), "time"),
        COUNTRY,
        Field("city", _("City"), _("Where the customer lives.")),
        Field("consent", _("Consent"), _("Whether the customer may be written to: true or false."), "flag"),
    ),
    (Requirement((("customer_id",),), _("Which column holds the customer's id?")),),
)

KINDS = {kind.name: kind for kind in (TRANSACTIONS, EVENTS, SESSIONS, CUSTOMERS)}

# How dates can be written, in the order in which pages offer them. `crm.intake.values` holds how each is read.
DATE_FORMATS = (
    "2010-12-31 (ISO)",
    "12/31/2010 (month first)",
    "31/12/2010 (day first)",
    "31.12.2010",
    "31-12-2010",
    "12-31-2010",
    "31-Dec-10",
    "31 Dec 2010",
    "Dec 31, 2010",
    "2010/12/31",
    "20101231",
    "Excel serial number",
    "Unix seconds",
    "Unix milliseconds",
)
