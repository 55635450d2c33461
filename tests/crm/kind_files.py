"""Small files of events, visits and customers, with their mappings."""

from typing import Any

from crm.models import Upload
from tests.factories import imported, make_upload

ISO = {"date_format": "2010-12-31 (ISO)", "time_zone": "UTC"}
EVENT_HEADER = "session_id,user_id,occurred_at,page,kind,item_id,price,converted,latency_ms,clicks,device\n"
EVENT_MAPPING: dict[str, Any] = {
    "kind": "events",
    "columns": {name: name for name in EVENT_HEADER.strip().split(",")},
    "options": ISO,
}
EVENTS = EVENT_HEADER + (
    "s1,ann,2025-01-02 10:00:00,/,view,,,no,120.5,3,mobile\n"
    "s1,ann,2025-01-02 10:01:00,/cup,view,cup,4.50,no,80,1,mobile\n"
    "s1,ann,2025-01-02 10:05:00,/checkout,purchase,cup,4.50,yes,210,1,mobile\n"
    "s2,,2025-01-03 09:00:00,/checkout,purchase,mug,7.25,yes,95,1,desktop\n"
    ",bob,2025-01-04 09:00:00,/,view,,,no,95,,desktop\n"
)
SESSION_HEADER = "visit,who,start,pages,seconds,bounce,leave,value,converted,kind\n"
SESSION_MAPPING: dict[str, Any] = {
    "kind": "sessions",
    "columns": {
        "session_id": "visit",
        "user_id": "who",
        "started_at": "start",
        "pages": "pages",
        "duration": "seconds",
        "bounce_rate": "bounce",
        "exit_rate": "leave",
        "page_value": "value",
        "converted": "converted",
        "visitor_type": "kind",
    },
    "options": ISO,
}
SESSIONS = SESSION_HEADER + (
    "v1,ann,2025-01-02 10:00:00,3,360.5,0.2,9.83E-05,0,TRUE,Returning\n"
    ",,,1,0,20%,0.25,0.038034542,FALSE,New\n"
    "v3,bob,2025-02-01 08:00:00,12,627,0,0,54.17976426,0,New\n"
)
CUSTOMER_HEADER = "customer_id,name,email,birth_date,country,city,consent\n"
CUSTOMER_MAPPING: dict[str, Any] = {
    "kind": "customers",
    "columns": {name: name for name in CUSTOMER_HEADER.strip().split(",")},
    "options": ISO,
}
CUSTOMERS = CUSTOMER_HEADER + (
    "ann,Ann Smith,ann@example.com,1980-05-17,UK,Leeds,yes\n"
    "bob,Bob Miller,bob@example.com,,UK,,no\n"
    "nora,Nora New,,,,,\n"
)


def bring_events(text: str = EVENTS, **options: Any) -> Upload:
    return imported(make_upload(text, name="events.csv"), with_options(EVENT_MAPPING, options))


def bring_sessions(text: str = SESSIONS, **options: Any) -> Upload:
    return imported(make_upload(text, name="visits.csv"), with_options(SESSION_MAPPING, options))


def bring_customers(text: str = CUSTOMERS, **options: Any) -> Upload:
    return imported(make_upload(text, name="customers.csv"), with_options(CUSTOMER_MAPPING, options))


def with_options(mapping: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    return {**mapping, "options": {**mapping["options"], **options}}
