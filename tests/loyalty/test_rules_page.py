"""Building rules: starting points, conditions added and removed, live counts, previews, and replays of the past."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from core.models import Run
from core.problems import Problem
from loyalty import figures, services
from loyalty.counting import count_rules
from loyalty.forms import RulesForm, data_of, edited
from loyalty.models import RuleVersion
from loyalty.preview import preview_rules
from loyalty.selectors.standing import default_programme
from loyalty.starting import start_rules
from segmentation.models import Snapshot
from tests.factories import do_run, make_rules, make_snapshot, make_user, reviewed
from tests.loyalty.world import publish_scores, refused

MAY = date(2025, 5, 31)
database = pytest.mark.django_db


def at_least(count: float, name: str = "orders_12m") -> list[Any]:
    return [{"feature": name, "operator": ">=", "value": count}]


def sent_by(form: RulesForm) -> dict[str, Any]:
    """What a browser sends of the form."""
    return dict(form.data.lists())  # type: ignore[attr-defined]


# --- where rules begin ---


@pytest.fixture
def shop(db: None) -> Snapshot:
    return publish_scores(MAY, {1: 10, 2: 6, 3: 4, 4: 0})


@pytest.mark.parametrize(
    ("start", "amount", "entry", "members"),
    [
        ("revenue", 50, at_least(1000, "revenue_12m"), 1),
        ("revenue", 80, at_least(600, "revenue_12m"), 2),
        ("revenue", 100, at_least(400, "revenue_12m"), 3),
        ("top_n", 3, at_least(400, "revenue_12m"), 3),
        ("top_n", 99, at_least(0.01, "revenue_12m"), 3),
        ("top_share", 50, [{"feature": "revenue_12m", "operator": "top_share", "value": 0.5}], 2),
        ("band:25", None, [{"feature": "clv_12m", "operator": "top_share", "value": 0.25}], 1),
        ("tier:platinum,gold", None, [{"feature": "tier", "operator": "in", "value": ["platinum", "gold"]}], 4),
        ("rfm:lost", None, [{"feature": "rfm_group", "operator": "in", "value": ["lost"]}], 0),
    ],
)
def test_every_starting_point_gives_rules_that_can_be_used(
    shop: Snapshot, start: str, amount: float | None, entry: Any, members: int
) -> None:
    found, stay = start_rules(shop, start, amount)
    assert found == entry
    count = count_rules(shop, found, stay)
    assert count.entering == members
    assert count.staying >= members


@pytest.mark.parametrize(("start", "amount"), [("revenue", None), ("top_share", 101), ("top_n", 0), ("band:7", None)])
def test_a_starting_point_that_says_nothing_is_refused(shop: Snapshot, start: str, amount: float | None) -> None:
    with pytest.raises(Problem):
        start_rules(shop, start, amount)


def test_the_best_segment_is_put_into_conditions_by_a_run(client: Client, db: None) -> None:
    make_snapshot()
    manager = make_user("manager")
    client.force_login(manager)
    answer = client.post(reverse("loyalty:rules-propose"))
    run = Run.objects.get(kind="loyalty.propose")
    assert str(run.pk) in answer["Location"]
    waiting = client.get(answer["Location"], headers={"HX-Request": "true"})
    assert 'id="proposing"' in waiting.content.decode()
    result = do_run(run).result or {}
    page = client.get(answer["Location"]).content.decode()
    assert f'name="target" value="{result["source"]["segment"]}"' in page
    form = RulesForm(data_of(result["entry"], result["stay"]), None)
    assert form.is_valid()
    client.post(reverse("loyalty:rules"), sent_by(form) | {"target": result["source"]["segment"], "save": "1"})
    source = RuleVersion.objects.get().source
    # What the page counts about the conditions is what the tree counted.
    for name in ("precision", "recall", "members", "target_size", "in_both", "only_rule", "only_target"):
        assert source[name] == pytest.approx(result["source"][name]), name


# --- conditions in the form ---


def test_conditions_are_added_with_a_usable_threshold_and_removed(shop: Snapshot) -> None:
    data = data_of(at_least(6), at_least(4)).copy()
    data.update({"add": "1", "new_feature": "revenue_12m", "new_operator": ""})
    form = RulesForm(edited(data, shop), shop)
    assert form.is_valid()
    assert [condition["feature"] for condition in form.rule("entry")] == ["orders_12m", "revenue_12m"]
    assert form.rule("entry")[1]["value"] >= form.rule("stay")[1]["value"] > 0
    less = QueryDict(mutable=True)
    for name, values in {**sent_by(form), "remove": ["0"]}.items():
        less.setlist(name, values)
    form = RulesForm(edited(less, shop), shop)
    assert form.is_valid()
    assert [condition["feature"] for condition in form.rule("entry")] == ["revenue_12m"]


def test_shares_are_typed_in_per_cent_and_kept_as_shares(shop: Snapshot) -> None:
    entry: list[Any] = [
        {"feature": "clv_12m", "operator": "top_share", "value": 0.1},
        {"feature": "p_alive", "operator": ">=", "value": 0.55},
        {"feature": "segment_id", "operator": "in", "value": [3]},
    ]
    data = data_of(entry, entry)
    assert (data["entry_0"], data["entry_1"]) == ("10", "55")
    form = RulesForm(data, shop)
    assert form.is_valid()
    assert form.rule("entry") == entry


def test_what_is_no_condition_is_not_taken_for_one(shop: Snapshot) -> None:
    data = QueryDict("row=0&feature_0=password&operator_0=>=&row=1&feature_1=tier&operator_1=>=&row=2")
    assert RulesForm(data, shop).places == []


def test_thresholds_are_dragged_over_the_customers_own_values(shop: Snapshot) -> None:
    assert figures.spread(shop, "orders_12m").values == [0, 4, 6, 10]
    assert figures.spread(shop, "revenue_90d").values == []
    assert figures.choices(shop, "tier") == [("gold", "gold")]


def test_a_figure_that_the_data_lacks_is_refused_with_what_to_do(client: Client, shop: Snapshot) -> None:
    lacking: list[Any] = [{"feature": "favourite_category", "operator": "in", "value": ["tea"]}]
    with pytest.raises(Problem, match="Upload a file that says the category of its lines"):
        services.propose_rules(programme=default_programme(), entry=lacking, stay=lacking, by=None)
    client.force_login(make_user("manager"))
    data = data_of(lacking, lacking)
    page = client.post(reverse("loyalty:rules-count"), data.dict() | {"row": ["0"]}).content.decode()
    assert "The results hold no “favourite category” for any customer." in page


def test_a_review_by_a_figure_that_went_missing_is_refused(shop: Snapshot) -> None:
    version = make_rules()
    reviewed()
    version.entry = version.stay = at_least(1, "revenue_90d")
    version.save()
    publish_scores(date(2025, 6, 30), {1: 10})
    run = refused(services.request_review(by=None))
    assert run.error_code == "figure_lacking"
    assert "longer history" in run.error


def test_the_count_tells_nobody_and_everybody(client: Client, shop: Snapshot) -> None:
    client.force_login(make_user("analyst"))

    def said(count: int) -> str:
        data = data_of(at_least(count), at_least(count)).dict() | {"row": ["0"]}
        return client.post(reverse("loyalty:rules-count"), data).content.decode()

    assert "<strong>2</strong> of 4 customers (50.0 %)" in said(6)
    assert "Nobody would enter" in said(11)
    assert "Everybody would enter" in said(0)


# --- before anything changes ---


def test_a_preview_counts_people_money_cost_and_who_stands_at_the_border(shop: Snapshot) -> None:
    make_rules(at_least(6), at_least(5))
    reviewed()
    programme = services.set_programme(
        programme=default_programme(), by=make_user("manager"), cost_per_member=Decimal("2.50")
    )
    found = preview_rules(programme=programme, snapshot=shop, entry=at_least(4), stay=at_least(4), grace_days=60)
    assert (found.members_before, found.joined, found.left, found.members) == (2, 1, 0, 3)
    assert (found.revenue_before, found.revenue, found.revenue_all) == tuple(map(Decimal, (1600, 2000, 2000)))
    assert (found.share_before, found.share) == (0.8, 1.0)
    assert (found.cost_before, found.cost) == (Decimal("5.00"), Decimal("7.50"))
    (border,) = found.borders
    assert [(case.customer_id, case.distance) for case in border.inside] == [("c3", 0), ("c2", 2), ("c1", 6)]
    assert [(case.customer_id, case.distance) for case in border.outside] == [("c4", 4)]
    tiers = next(each for each in found.breakdowns if each.figure == "tier")
    assert [(part.customers, part.before, part.after, part.revenue) for part in tiers.parts] == [
        (4, 2, 3, Decimal(2000))
    ]
    assert "country" not in {each.figure for each in found.breakdowns}


def test_a_preview_keeps_to_the_cap(shop: Snapshot) -> None:
    programme = services.set_programme(programme=default_programme(), by=make_user("manager"), cap_members=1)
    found = preview_rules(programme=programme, snapshot=shop, entry=at_least(4), stay=at_least(4), grace_days=0)
    assert (found.members, found.without_place, found.revenue) == (1, 2, Decimal(1000))


def test_the_preview_is_what_the_review_then_does(shop: Snapshot) -> None:
    services.set_programme(programme=default_programme(), by=make_user("manager"), cap_members=2)
    make_rules(at_least(1), at_least(1))
    entry, stay, programme = at_least(1), at_least(1), default_programme()
    found = preview_rules(programme=programme, snapshot=shop, entry=entry, stay=stay, grace_days=60)
    review = reviewed()
    assert (found.joined, found.members) == (review.joined, review.members) == (2, 2)


# --- for scripts ---


def test_scripts_read_a_programme_and_preview_rules(client: Client, shop: Snapshot) -> None:
    make_rules(at_least(6), at_least(5))
    reviewed()
    manager = make_user("manager")
    second = services.create_programme(name="Gold circle", by=manager)
    services.set_programme(programme=second, by=manager, cap_members=1, cost_per_member=Decimal("2.50"))
    client.force_login(manager)
    first = client.get("/api/v1/programme/").json()
    assert (first["programme"], first["members"], first["rules"]["version"]) == ("Insiders", 2, 1)
    assert [each["programme"] for each in first["programmes"]] == ["Insiders", "Gold circle"]
    asked = {"entry": at_least(4), "stay": at_least(4)}
    address = f"/api/v1/programme/preview/?programme={second.pk}"
    found = client.post(address, asked, content_type="application/json").json()
    assert (found["joined"], found["without_place"], found["members_before"]) == (1, 2, 0)
    assert (found["revenue"], found["cost"], found["share"]) == ("1000.000000", "2.500000", 0.5)
    assert [case["customer_id"] for case in found["borders"][0]["outside"]] == ["c4"]
    assert client.get("/api/v1/programme/?programme=99").status_code == 404
    lacking = {"entry": at_least(1, "discount"), "stay": at_least(1, "discount")}
    refusal = client.post(address, lacking, content_type="application/json")
    assert (refusal.status_code, refusal.json()["code"]) == (409, "figure_lacking")
