"""Of a large file a part is looked at; what the part can't tell is read in the whole."""

from pathlib import Path

import pytest

from crm.intake import sampling
from crm.intake.sampling import take_sample
from tests.factories import make_upload, sniffed

HEADER = "date,customer,amount\n"


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "HEAD_LINES", 200)
    monkeypatch.setattr(sampling, "HEAD_BYTES", 8_000)
    monkeypatch.setattr(sampling, "BLOCK_BYTES", 400)


def written(folder: Path, *lines: str) -> Path:
    path = folder / "text.csv"
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return path


def test_a_small_text_is_looked_at_itself(tmp_path: Path) -> None:
    text = written(tmp_path, "2025-03-14,ann,1")
    sample = take_sample(text, tmp_path / "sample.csv")
    assert (sample.path, sample.is_partial) == (text, False)


def test_of_a_large_text_there_is_a_beginning_a_middle_and_an_end(tmp_path: Path) -> None:
    text = written(tmp_path, *(f"2025-03-14,customer{n:06},1" for n in range(5_000)))
    sample = take_sample(text, tmp_path / "sample.csv")
    lines = sample.path.read_text().splitlines()
    numbers = [int(line.split(",")[1].removeprefix("customer")) for line in lines[1:]]
    assert sample.is_partial
    assert sample.estimated == 5_001
    assert numbers == sorted(set(numbers))
    assert (numbers[0], numbers[-1]) == (0, 4_999)
    assert any(2_000 < number < 3_500 for number in numbers)
    assert all(line.count(",") == 2 for line in lines)


def test_a_field_of_several_lines_is_not_cut_in_two(tmp_path: Path) -> None:
    text = written(tmp_path, *(f'2025-03-14,"customer\n{n:06}",1' for n in range(5_000)))
    sample = take_sample(text, tmp_path / "sample.csv")
    assert sample.is_partial
    assert sample.path.read_text().count('"') % 2 == 0
    assert text.read_bytes().startswith(sample.path.read_bytes())


@pytest.mark.django_db
@pytest.mark.parametrize("late", [True, False])
def test_the_dates_of_the_whole_file_are_read_when_a_part_leaves_them_open(late: bool) -> None:
    dates = [f"0{1 + n % 9}/0{1 + n % 7}/2025" for n in range(4_000)]
    if late:
        dates[1_000] = "25/03/2025"
    upload = sniffed(make_upload(HEADER + "".join(f"{date},c{n % 50},1.50\n" for n, date in enumerate(dates))))
    assert upload.sniff
    assert upload.sniff["lines_are_estimated"]
    assert upload.sniff["lines"] == 4_000
    asked = [item["field"] for item in upload.sniff["uncertain"]]
    assert asked == ([] if late else ["date_format"])
    assert upload.sniff["proposal"]["options"].get("date_format") == ("31/12/2010 (day first)" if late else None)
