"""The demo shop goes with everything that was concluded from it; real files take nothing away."""

import pytest

from anomalies.models import Anomaly
from core.models import AuditEvent
from crm.models import Upload
from crm.selectors import current_version
from loyalty.models import Membership, MembershipEvent, Review, RuleVersion
from segmentation.models import Snapshot
from tests.factories import CSV, imported, make_anomaly, make_rules, make_upload, reviewed
from tests.loyalty.test_review import MAY, ORDERS, assert_book_is_right, members
from tests.loyalty.world import publish_scores

pytestmark = pytest.mark.django_db


def test_the_demo_shop_leaves_no_member_rule_or_anomaly_behind() -> None:
    demo = make_upload(CSV.replace("A", "D"))
    Upload.objects.filter(pk=demo.pk).update(source=Upload.Source.DEMO)
    imported(Upload.objects.get(pk=demo.pk))
    make_rules()
    snapshot = publish_scores(MAY, ORDERS)
    Snapshot.objects.filter(pk=snapshot.pk).update(catalogue_version=current_version())
    reviewed()
    make_anomaly()
    imported(make_upload())
    for model in (Membership, MembershipEvent, Review, RuleVersion, Anomaly, Snapshot):
        assert not model.objects.exists(), model
    assert AuditEvent.objects.filter(action="demo.removed").count() == 1
    assert_book_is_right()


def test_a_second_real_file_takes_nothing_away() -> None:
    imported(make_upload())
    make_rules()
    publish_scores(MAY, ORDERS)
    reviewed()
    imported(make_upload(CSV.replace("A", "B")))
    assert members() == {1, 2}
