"""Results of a test run elsewhere, from a table's cells: one row a person, or one row a group."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.experiments.effects import Arm, Effect, difference_of_means, difference_of_shares, sample_ratio
from analytics.report import holm

ARM_NAMES = ("arm", "group", "variant", "version", "treatment", "bucket", "test_group", "cell", "experiment_group")
PEOPLE_NAMES = ("people", "users", "n", "visitors", "customers", "size", "participants", "sessions", "count", "players")
CONTROL_VALUES = ("control", "ctrl", "control_group", "baseline", "holdout", "untreated", "0", "false", "no", "a")
MEANS, SPREADS = ("mean", "average", "avg"), ("sd", "std", "stdev", "deviation")
TRUE, FALSE = {"true", "yes", "y", "t"}, {"false", "no", "n", "f"}
NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?([eE][+-]?\d{1,2})?")
WITH_COMMA = re.compile(r"[+-]?\d{1,15},\d{1,15}")
MOST_ARMS, MOST_OUTCOMES = 5, 20
FEWEST_PEOPLE = 2
MOSTLY = 0.9
LARGEST = 1e15

Rows = Sequence[Sequence[str]]


class TableError(ValueError):
    """The table can't be read as results; `code` and `facts` say why."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(f"{code}: {facts}")
        self.code, self.facts = code, facts


@dataclass(frozen=True)
class Compared:
    """One outcome of one arm beside the control: shares from 0 to 1, or means in the column's own unit."""

    name: str
    arm: str
    kind: str
    control: float
    treated: float
    effect: Effect
    missing: int


def read_results(
    header: Sequence[str],
    rows: Rows,
    *,
    control_share: float,
    arm_column: str = "",
    control_value: str = "",
    decimal: str = ".",
) -> dict[str, Any]:
    """Arms, sample ratio and every outcome with its interval and p value (also adjusted by Holm), as plain data.

    `rows` are texts, as wide as `header`, with `decimal` in their numbers; `ignored` are the columns that hold words.
    Raise TableError with what is wrong.
    """
    if decimal == ",":
        rows = [[_with_point(cell) for cell in row] for row in rows]
    names = [name.strip() for name in header]
    arm_place = _arm_place(names, rows, arm_column)
    arms = [row[arm_place].strip() for row in rows]
    order, is_assumed = _arms(arms, control_value)
    people_place = next((place for place, name in enumerate(names) if _plain(name) in PEOPLE_NAMES), None)
    is_grouped = people_place is not None and len(set(arms)) == len(rows)
    if is_grouped and people_place is not None:
        sizes, compared = _of_groups(names, rows, order, arms, arm_place, people_place)
    else:
        sizes, compared = _of_people(names, rows, order, arms, arm_place)
        if compared and min(sizes) < FEWEST_PEOPLE:
            raise TableError("no_people" if max(sizes) == 1 else "small_arm", arm=order[sizes.index(min(sizes))])
    if not compared:
        raise TableError("no_outcome")
    ratio = sample_ratio(sizes, [control_share, *[(1 - control_share) / (len(order) - 1)] * (len(order) - 1)])
    adjusted = holm([each.effect.p_value for each in compared])
    return {
        "arms": [
            {"name": name, "people": size, "is_control": not place}
            for place, (name, size) in enumerate(zip(order, sizes, strict=True))
        ],
        "is_control_assumed": is_assumed,
        "sample_ratio": {**asdict(ratio), "control_share": control_share},
        "outcomes": [_as_json(each, p_adjusted) for each, p_adjusted in zip(compared, adjusted, strict=True)],
        "rows": len(rows),
        "in_both": 0 if is_grouped else _in_both(names, rows, arms),
        "ignored": _ignored(names, rows, {arm_place, people_place if is_grouped else arm_place}),
    }


def _with_point(cell: str) -> str:
    """A number with a decimal comma as it is written elsewhere; other texts as they are."""
    return cell.replace(",", ".") if WITH_COMMA.fullmatch(cell.strip()) else cell


def _ignored(names: list[str], rows: Rows, used: set[int | None]) -> list[str]:
    """Columns of which nothing was made because they hold words."""
    others = [place for place, name in enumerate(names) if place not in used and not _is_id(name)]
    return [names[place] for place in others if _numbers(names[place], [row[place] for row in rows]) is None]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _arm_place(names: list[str], rows: Rows, wanted: str) -> int:
    if wanted:
        for place, name in enumerate(names):
            if _plain(name) == _plain(wanted):
                return place
        raise TableError("no_such_column", column=wanted)
    for place, name in enumerate(names):
        if _plain(name) in ARM_NAMES:
            return place
    raise TableError("no_arm_column")


def _arms(arms: list[str], wanted: str) -> tuple[list[str], bool]:
    """The control first, then the others by name; whether the control was only assumed."""
    found = sorted(set(arms))
    if "" in found:
        raise TableError("empty_arm", line=arms.index("") + 2)
    if not 2 <= len(found) <= MOST_ARMS:
        raise TableError("arms", count=len(found))
    if wanted:
        control = next((name for name in found if name.lower() == wanted.strip().lower()), None)
        if control is None:
            raise TableError("no_such_arm", arm=wanted, arms=found)
        is_assumed = False
    else:
        control = next((name for each in CONTROL_VALUES for name in found if _plain(name) == each), None)
        control, is_assumed = control or found[0], control is None
    return [control, *[name for name in found if name != control]], is_assumed


def _numbers(name: str, cells: Sequence[str]) -> tuple[NDArray[np.float64], bool] | None:
    """Values (NaN where empty) and whether they are yes or no; None for a column of words."""
    texts = [cell.strip() for cell in cells]
    filled = [text for text in texts if text]
    if not filled:
        return None
    lowered = {text.lower() for text in filled}
    if lowered <= TRUE | FALSE:
        return np.array([np.nan if not text else float(text.lower() in TRUE) for text in texts]), True
    good = [NUMBER.fullmatch(text) is not None and abs(float(text)) <= LARGEST for text in texts]
    if sum(good) < MOSTLY * len(filled):
        return None
    for place, (text, is_good) in enumerate(zip(texts, good, strict=True)):
        if text and not is_good:
            raise TableError("not_a_number", column=name, line=place + 2, cell=text[:40])
    values = np.array([float(text) if text else np.nan for text in texts])
    return values, lowered <= {"0", "1"}


def _of_people(
    names: list[str], rows: Rows, order: list[str], arms: list[str], arm_place: int
) -> tuple[list[int], list[Compared]]:
    held = np.array(arms)
    sizes = [int((held == name).sum()) for name in order]
    compared: list[Compared] = []
    for place, name in enumerate(names):
        if place == arm_place or _is_id(name):
            continue
        found = _numbers(name, [row[place] for row in rows])
        if found is None:
            continue
        values, is_share = found
        known = ~np.isnan(values)
        control = values[known & (held == order[0])]
        for arm in order[1:]:
            treated = values[known & (held == arm)]
            if len(control) and len(treated):
                compared.append(_compared(name, arm, control, treated, is_share, int((~known).sum())))
        if len(compared) > MOST_OUTCOMES:
            raise TableError("outcomes", most=MOST_OUTCOMES)
    return sizes, compared


def _compared(name: str, arm: str, control: Any, treated: Any, is_share: bool, missing: int) -> Compared:
    if is_share:
        effect = difference_of_shares(int(treated.sum()), len(treated), int(control.sum()), len(control))
    else:
        effect = difference_of_means(Arm.of(treated), Arm.of(control))
    means = float(control.mean()), float(treated.mean())
    return Compared(name, arm, "share" if is_share else "mean", *means, effect, missing)


def _of_groups(
    names: list[str], rows: Rows, order: list[str], arms: list[str], arm_place: int, people_place: int
) -> tuple[list[int], list[Compared]]:
    """Columns of counts become shares of the people; a mean needs its standard deviation beside it."""
    columns = _columns(names, rows, order, arms, arm_place)
    sizes = columns.pop(names[people_place], None)
    if sizes is None or (sizes < 1).any() or (sizes % 1 != 0).any():
        raise TableError("people", column=names[people_place])
    compared: list[Compared] = []
    for name, values in columns.items():
        words = set(_plain(name).split("_"))
        if words & set(SPREADS):
            continue
        compared += (_means if words & set(MEANS) else _shares)(name, values, sizes, order, columns)
    return [int(size) for size in sizes], compared


def _columns(
    names: list[str], rows: Rows, order: list[str], arms: list[str], arm_place: int
) -> dict[str, NDArray[np.float64]]:
    """Full columns of numbers, in the order of the arms."""
    by_arm = dict(zip(arms, rows, strict=True))
    columns = {}
    for place, name in enumerate(names):
        found = None if place == arm_place else _numbers(name, [by_arm[arm][place] for arm in order])
        if found is not None and not np.isnan(found[0]).any():
            columns[name] = found[0]
    return columns


def _means(name: str, values: Any, sizes: Any, order: list[str], columns: dict[str, Any]) -> list[Compared]:
    spread = _spread_of(_plain(name).split("_"), columns)
    if spread is None or (spread < 0).any():
        raise TableError("no_deviation", column=name)
    triples = zip(sizes, values, spread, strict=True)
    pairs = [Arm(int(size), float(mean), float(deviation) ** 2) for size, mean, deviation in triples]
    return [
        Compared(name, arm, "mean", pairs[0].mean, treated.mean, difference_of_means(treated, pairs[0]), 0)
        for arm, treated in zip(order[1:], pairs[1:], strict=True)
    ]


def _shares(name: str, values: Any, sizes: Any, order: list[str], columns: dict[str, Any]) -> list[Compared]:
    if (values % 1 != 0).any() or (values < 0).any() or (values > sizes).any():
        raise TableError("not_a_count", column=name)
    found = []
    for place, arm in enumerate(order[1:], start=1):
        effect = difference_of_shares(int(values[place]), int(sizes[place]), int(values[0]), int(sizes[0]))
        shares = float(values[0] / sizes[0]), float(values[place] / sizes[place])
        found.append(Compared(name, arm, "share", *shares, effect, 0))
    return found


def _spread_of(words: list[str], columns: dict[str, Any]) -> Any:
    rest = [word for word in words if word not in MEANS]
    for name, values in columns.items():
        parts = _plain(name).split("_")
        if set(parts) & set(SPREADS) and [part for part in parts if part not in SPREADS] == rest:
            return values
    return None


def _is_id(name: str) -> bool:
    words = _plain(name).split("_")
    return "id" in words or words[-1].endswith("id") or words == ["customer"] or words == ["email"]


def _in_both(names: list[str], rows: Rows, arms: list[str]) -> int:
    """How many ids stand in more than one arm: their outcome can't be put down to either."""
    place = next((place for place, name in enumerate(names) if _is_id(name)), None)
    if place is None:
        return 0
    seen: dict[str, set[str]] = {}
    for row, arm in zip(rows, arms, strict=True):
        if row[place].strip():
            seen.setdefault(row[place].strip(), set()).add(arm)
    return sum(len(found) > 1 for found in seen.values())


def _as_json(compared: Compared, p_adjusted: float) -> dict[str, Any]:
    effect = compared.effect
    return {
        "name": compared.name,
        "arm": compared.arm,
        "kind": compared.kind,
        "control": compared.control,
        "treated": compared.treated,
        "value": effect.value,
        "interval": None if effect.interval is None else list(effect.interval),
        "level": effect.level,
        "p_value": effect.p_value,
        "p_adjusted": p_adjusted,
        "relative": effect.relative,
        "missing": compared.missing,
    }
