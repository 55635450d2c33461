"""Tables of tests run elsewhere: the published one, rows and groups that agree, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from analytics.experiments.tables import TableError, read_results

pytestmark = pytest.mark.any_world


def cells(text: str) -> tuple[list[str], list[list[str]]]:
    lines = [line.split(",") for line in text.strip().splitlines()]
    return lines[0], lines[1:]


@pytest.mark.realdata
def test_cookie_cats_as_it_was_published(test_data: Path) -> None:
    text = (test_data / "ab" / "cookie_cats.csv").read_text(encoding="utf-8-sig")
    header, rows = cells(text)
    found = read_results(header, rows, control_share=0.5, control_value="gate_40")
    assert [arm["people"] for arm in found["arms"]] == [45_489, 44_700]
    assert found["sample_ratio"]["p_value"] == pytest.approx(0.0087, abs=0.00005)
    assert found["sample_ratio"]["is_mismatch"]
    by_name = {each["name"]: each for each in found["outcomes"]}
    assert list(by_name) == ["sum_gamerounds", "retention_1", "retention_7"]  # ids are no outcome
    assert by_name["retention_1"]["p_value"] == pytest.approx(0.074, abs=0.0005)
    assert by_name["retention_7"]["p_value"] == pytest.approx(0.0016, abs=0.00005)
    assert round(by_name["retention_7"]["treated"], 4) == 0.1902
    assert by_name["sum_gamerounds"]["kind"] == "mean"


def test_rows_of_people_and_rows_of_groups_say_the_same() -> None:
    generator = np.random.default_rng(3)
    people = [
        ("control" if number % 2 else "new", generator.integers(0, 2), generator.gamma(2, 20)) for number in range(400)
    ]
    rows = [[arm, str(bought), f"{spent:.6f}"] for arm, bought, spent in people]
    one = read_results(["group", "bought", "spent"], rows, control_share=0.5)
    groups = []
    for arm in ("control", "new"):
        bought = [int(row[1]) for row in rows if row[0] == arm]
        spent = np.array([float(row[2]) for row in rows if row[0] == arm])
        groups.append([arm, str(len(bought)), str(sum(bought)), f"{spent.mean():.9f}", f"{spent.std(ddof=1):.9f}"])
    other = read_results(["group", "people", "bought", "spent_mean", "spent_sd"], groups, control_share=0.5)
    for first, second in zip(one["outcomes"], other["outcomes"], strict=True):
        assert first["kind"] == second["kind"]
        assert first["p_value"] == pytest.approx(second["p_value"], rel=1e-5)
        assert first["interval"] == pytest.approx(second["interval"], rel=1e-4)


def test_missing_outcomes_and_people_in_both_groups_are_counted() -> None:
    header, rows = cells("customer_id,variant,spent\na,control,1\nb,control,\nc,b,4\na,b,6\nd,control,2\n")
    found = read_results(header, rows, control_share=0.5)
    assert found["outcomes"][0]["missing"] == 1
    assert found["in_both"] == 1


def test_three_arms_are_compared_with_one_control() -> None:
    header, rows = cells("variant,users,converted\nx,500,50\ncontrol,1000,80\ny,500,70\n")
    found = read_results(header, rows, control_share=0.5)
    assert [(each["arm"], each["control"]) for each in found["outcomes"]] == [("x", 0.08), ("y", 0.08)]
    assert found["outcomes"][1]["p_adjusted"] >= found["outcomes"][1]["p_value"]
    assert not found["is_control_assumed"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("who,spent\na,1\nb,2", "no_arm_column"),
        ("group,spent\na,1\na,2", "arms"),
        ("group,spent\na,1\n,2", "empty_arm"),
        ("group,name\na,x\nb,y", "no_outcome"),
        ("group,people,bought\na,10,11\nb,10,2", "not_a_count"),
        ("group,people,bought\na,10,2\nb,0,0", "people"),
        ("group,people,spent_mean\na,10,2.5\nb,10,2", "no_deviation"),
        ("group,spent\n" + "a,1\nb,2\n" * 10 + "a,1e999999", "not_a_number"),
        ("group,spent\n" + "a,1\nb,2\n" * 10 + "a,nan", "not_a_number"),
        ("group,spent\n" + "a,1\nb,2\n" * 10 + "a,9" + "9" * 400, "not_a_number"),
    ],
)
def test_what_is_no_result_is_refused(text: str, code: str) -> None:
    header, rows = cells(text)
    with pytest.raises(TableError) as refusal:
        read_results(header, rows, control_share=0.5)
    assert refusal.value.code == code


def test_a_column_or_control_that_is_not_there_is_refused() -> None:
    header, rows = cells("group,spent\na,1\nb,2")
    for options, code in (({"arm_column": "cell"}, "no_such_column"), ({"control_value": "c"}, "no_such_arm")):
        with pytest.raises(TableError) as refusal:
            read_results(header, rows, control_share=0.5, **options)
        assert refusal.value.code == code


def test_numbers_with_a_decimal_comma_are_numbers() -> None:
    header = ["gruppe", "people", "umsatz_mean", "umsatz_sd"]
    rows = [["A", "1000", "12,50", "30,1"], ["B", "1000", "13,50", "29,9"]]
    comma = read_results(header, rows, control_share=0.5, arm_column="gruppe", decimal=",")
    points = [[cell.replace(",", ".") for cell in row] for row in rows]
    assert comma == read_results(header, points, control_share=0.5, arm_column="gruppe")
    assert comma["outcomes"][0]["treated"] == 13.5
    assert comma["ignored"] == []


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([["A", "1000", "12"], ["B", "1000", "13"]], "no_people"),
        ([["A", "1", "12"], ["A", "0", "13"], ["B", "1", "13"]], "small_arm"),
    ],
)
def test_a_group_of_one_row_is_no_person_to_compare(rows: list[list[str]], code: str) -> None:
    with pytest.raises(TableError) as refused:
        read_results(["group", "kunden", "umsatz"], rows, control_share=0.5)
    assert refused.value.code == code


def test_columns_of_words_are_named() -> None:
    rows = [["A", "north", "1"], ["B", "south", "2"], ["A", "north", "3"], ["B", "south", "5"]]
    assert read_results(["group", "region", "spent"], rows, control_share=0.5)["ignored"] == ["region"]
