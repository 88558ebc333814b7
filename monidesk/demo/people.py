"""Invented people who buy from the demo businesses, and those who work there."""

from __future__ import annotations

import random
from dataclasses import dataclass

FIRST = [
    "Ada",
    "Amara",
    "Amelia",
    "Anya",
    "Arthur",
    "Beatriz",
    "Ben",
    "Callum",
    "Chidi",
    "Clara",
    "Daniel",
    "Dina",
    "Edith",
    "Elif",
    "Emeka",
    "Esther",
    "Farah",
    "Finn",
    "Freya",
    "Grace",
    "Hana",
    "Hugo",
    "Imani",
    "Ines",
    "Isaac",
    "Ivy",
    "Jonah",
    "Joy",
    "Kai",
    "Kofi",
    "Lara",
    "Leila",
    "Liam",
    "Lucy",
    "Malik",
    "Maya",
    "Mei",
    "Mina",
    "Nadia",
    "Ngozi",
    "Noor",
    "Oscar",
    "Owen",
    "Petra",
    "Priya",
    "Quinn",
    "Rafael",
    "Rosa",
    "Ruth",
    "Sadia",
    "Sam",
    "Sofia",
    "Tariq",
    "Theo",
    "Tunde",
    "Uma",
    "Vera",
    "Wren",
    "Yara",
    "Yusuf",
    "Zoe",
]
LAST = [
    "Adeyemi",
    "Ahmed",
    "Baker",
    "Bell",
    "Bianchi",
    "Brandt",
    "Carter",
    "Castillo",
    "Chen",
    "Clarke",
    "Cole",
    "Costa",
    "Dawson",
    "Diallo",
    "Dunn",
    "Ellis",
    "Eze",
    "Ferrari",
    "Fischer",
    "Flynn",
    "Garcia",
    "Grant",
    "Haddad",
    "Harris",
    "Hughes",
    "Ibrahim",
    "Jansen",
    "Kaya",
    "Khan",
    "Kim",
    "Kowalski",
    "Lane",
    "Larsen",
    "Lopez",
    "Marsh",
    "Mensah",
    "Moore",
    "Murphy",
    "Nakamura",
    "Novak",
    "Obi",
    "Okafor",
    "Olsen",
    "Park",
    "Patel",
    "Price",
    "Quist",
    "Reid",
    "Rossi",
    "Sato",
    "Shah",
    "Silva",
    "Stone",
    "Suzuki",
    "Tran",
    "Turner",
    "Vega",
    "Walsh",
    "Weber",
    "West",
    "Yilmaz",
    "Young",
    "Zhang",
]
STREETS = [
    "High Street",
    "Mill Lane",
    "Church Road",
    "Station Road",
    "Elm Grove",
    "Harbour View",
    "Bridge Street",
    "Orchard Way",
    "Kiln Close",
    "Meadow Rise",
    "Castle Street",
    "Market Place",
    "Willow Walk",
    "Chapel Hill",
    "Park Avenue",
]
CITIES = {
    "GB": [("Bristol", "", "BS1 4ST"), ("Leeds", "", "LS1 6DX"), ("Truro", "", "TR1 2QT"), ("Norwich", "", "NR2 1AA"),
           ("Cardiff", "", "CF10 3AT"), ("Glasgow", "", "G2 1DY"), ("Exeter", "", "EX1 1EE"), ("London", "", "E8 3PN")],
    "US": [("Denver", "CO", "80205"), ("Boulder", "CO", "80302"), ("Santa Fe", "NM", "87501"), ("Moab", "UT", "84532"),
           ("Flagstaff", "AZ", "86001"), ("Bozeman", "MT", "59715"), ("Durango", "CO", "81301"), ("Austin", "TX", "78702")],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Buyer:
    """A person with an address in the shop's country."""

    name: str
    email: str
    phone: str
    line1: str
    city: str
    region: str
    postcode: str
    country: str


def buyers(country: str, count: int, chooser: random.Random) -> list[Buyer]:
    """So many different people; the addresses end in example.com, so no mail can ever reach anybody."""
    names = [(first, last) for first in FIRST for last in LAST]
    found = []
    for number, (first, last) in enumerate(chooser.sample(names, count), start=1):
        city, region, postcode = chooser.choice(CITIES[country])
        found.append(
            Buyer(
                name=f"{first} {last}",
                email=f"{first}.{last}@example.com".lower(),
                phone=f"+44 20 7946 {number % 1000:04d}"
                if country == "GB"
                else f"+1 303 555 {number % 100 + 100:04d}",
                line1=f"{chooser.randint(1, 98)} {chooser.choice(STREETS)}",
                city=city,
                region=region,
                postcode=postcode,
                country=country,
            )
        )
    return found


# One person for each shipped role: (role code, name, the part of the address before the @).
STAFF = (
    ("owner", "Morgan Reid", "owner"),
    ("admin", "Alex Stone", "admin"),
    ("manager", "Priya Shah", "manager"),
    ("sales", "Ben Carter", "sales"),
    ("cashier", "Ivy Lane", "cashier"),
    ("stock_keeper", "Tunde Obi", "stock"),
    ("buyer", "Clara Weber", "buyer"),
    ("accountant", "Ruth Novak", "accountant"),
    ("marketer", "Leila Haddad", "marketer"),
    ("support", "Finn Walsh", "support"),
    ("analyst", "Mei Chen", "analyst"),
)
DEMO_PASSWORD = "demo-password-1"  # noqa: S105  (printed by `make demo`; demo businesses only)
