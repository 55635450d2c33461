"""Customers' attributes: names, birthdays, places and consent, drawn from small lists of our own."""

from dataclasses import dataclass

import numpy as np

from analytics.demo.spec import Ints

FIRST_NAMES = (
    "Ada",
    "Amir",
    "Anna",
    "Björn",
    "Carla",
    "Chloé",
    "Daniel",
    "Elif",
    "Emma",
    "Farid",
    "Greta",
    "Hannah",
    "Ivan",
    "Jonas",
    "José",
    "Katja",
    "Lena",
    "Luca",
    "Maja",
    "Marta",
    "Nils",
    "Noah",
    "Olga",
    "Paul",
    "Rosa",
    "Sara",
    "Theo",
    "Uma",
    "Viktor",
    "Zoë",
)
LAST_NAMES = (
    "Abbott",
    "Bauer",
    "Becker",
    "Costa",
    "Dahl",
    "Dubois",
    "Evans",
    "Fischer",
    "Garcia",
    "Hansen",
    "Ito",
    "Jansen",
    "Keller",
    "Larsen",
    "Lopez",
    "Martin",
    "Meyer",
    "Nowak",
    "O'Brien",
    "Peeters",
    "Quinn",
    "Rossi",
    "Santos",
    "Schmidt",
    "Smith",
    "Taylor",
    "Visser",
    "Weber",
    "Wójcik",
    "Young",
)
PLACES = (
    ("United Kingdom", 58, ("London", "Leeds", "Bristol", "Glasgow", "Cardiff")),
    ("Germany", 14, ("Berlin", "Hamburg", "Köln", "Leipzig")),
    ("France", 10, ("Paris", "Lyon", "Nantes")),
    ("Ireland", 6, ("Dublin", "Cork", "Galway")),
    ("Netherlands", 5, ("Amsterdam", "Utrecht")),
    ("Spain", 4, ("Madrid", "Sevilla")),
    ("Norway", 2, ("Oslo", "Bergen")),
    ("Namibia", 1, ("Windhoek",)),
)
COUNTRIES = tuple(country for country, _, _ in PLACES)
OLDEST, YOUNGEST = np.datetime64("1938-01-01"), np.datetime64("2006-12-31")


@dataclass(frozen=True)
class People:
    """Parallel arrays, one entry a customer: positions in the lists above; `birth` in days since OLDEST, -1 unknown."""

    first: Ints
    last: Ints
    country: Ints
    city: Ints
    birth: Ints
    consent: Ints


def draw_countries(rng: np.random.Generator, size: int) -> Ints:
    """Positions in COUNTRIES, as often as their weights say."""
    edges = np.cumsum([weight for _, weight, _ in PLACES])
    return np.searchsorted(edges, rng.integers(0, edges[-1], size=size), side="right").astype(np.int64)


def draw_people(rng: np.random.Generator, size: int) -> People:
    """Attributes of `size` customers."""
    country = draw_countries(rng, size)
    cities = np.array([len(names) for _, _, names in PLACES], dtype=np.int64)
    days = int((YOUNGEST - OLDEST).astype(np.int64)) + 1
    birth = rng.integers(0, days, size=size)
    return People(
        first=rng.integers(0, len(FIRST_NAMES), size=size),
        last=rng.integers(0, len(LAST_NAMES), size=size),
        country=country,
        city=rng.integers(0, 1_000_000, size=size) % cities[country],
        birth=np.where(rng.random(size) < 0.08, -1, birth),
        consent=(rng.random(size) < 0.7).astype(np.int64),
    )
