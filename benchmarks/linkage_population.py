"""Synthetic families named on the agencies' lists, with the slips of `linkage.md` 5, and the truth about them.

National numbers begin with 990. The same seed gives the same lists.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import yaml
from persiantools.jdatetime import JalaliDate

from palayesh.linkage.mentions import MENTION_COLUMNS, typed_mentions
from palayesh.linkage.settings import LinkageModel, LinkageSettings

MEN = [
    "محمد",
    "علی",
    "حسین",
    "رضا",
    "مهدی",
    "حسن",
    "عباس",
    "احمد",
    "امیر",
    "مجید",
    "حمید",
    "سعید",
    "محسن",
    "اکبر",
    "اصغر",
    "جواد",
    "ابراهیم",
    "مصطفی",
    "مرتضی",
    "هادی",
    "یوسف",
    "اسماعیل",
    "رحیم",
    "کریم",
    "محمود",
    "منصور",
    "ناصر",
    "داود",
    "سجاد",
    "میلاد",
    "محمدرضا",
    "علیرضا",
    "امیرحسین",
    "غلامرضا",
    "عبدالرضا",
    "ابوالفضل",
    "محمدجواد",
    "حمیدرضا",
    "حجت\u200cالله",
    "نعمت\u200cالله",
    "قدرت\u200cالله",
    "کاظم",
    "باقر",
    "صادق",
    "جعفر",
    "موسی",
    "عیسی",
    "یعقوب",
    "ایوب",
    "طاهر",
    "ظاهر",
    "فرهاد",
    "فرزاد",
    "بهزاد",
    "بهروز",
    "پرویز",
    "پیمان",
    "آرش",
    "آرمین",
    "سینا",
    "پوریا",
    "شهرام",
    "بهرام",
    "مهران",
    "کامران",
]
WOMEN = [
    "فاطمه",
    "زهرا",
    "مریم",
    "معصومه",
    "سکینه",
    "زینب",
    "طاهره",
    "صغری",
    "کبری",
    "خدیجه",
    "رقیه",
    "لیلا",
    "سمیه",
    "مهدیه",
    "راضیه",
    "مرضیه",
    "حمیده",
    "سعیده",
    "مجیده",
    "نرگس",
    "نسرین",
    "شهین",
    "مهین",
    "پروین",
    "اعظم",
    "اکرم",
    "اشرف",
    "عصمت",
    "عفت",
    "زهره",
    "منصوره",
    "محبوبه",
    "الهام",
    "الهه",
    "نازنین",
    "هانیه",
    "حانیه",
    "ریحانه",
    "مبینا",
    "ستایش",
    "پریسا",
    "پریا",
    "صدیقه",
    "هاجر",
    "بتول",
    "گلناز",
    "شهناز",
    "مهناز",
    "فرزانه",
    "فریبا",
]
STEMS = [
    "محمد",
    "حسین",
    "حسن",
    "علی",
    "رضا",
    "کریم",
    "رحیم",
    "احمد",
    "محمود",
    "قاسم",
    "جعفر",
    "صادق",
    "باقر",
    "موسی",
    "نظر",
    "سلیمان",
    "ابراهیم",
    "اسماعیل",
    "یوسف",
    "خالق",
    "شجاع",
    "بهرام",
    "افشار",
    "بلوچ",
    "سالار",
    "امیر",
    "میرزا",
    "ملک",
    "شیخ",
    "صالح",
    "سعید",
    "مراد",
    "جمال",
    "کمال",
    "جلال",
    "نور",
    "شمس",
    "قربان",
    "رمضان",
    "شعبان",
    "رجب",
    "حیدر",
    "صفر",
    "عباس",
    "اکبر",
    "اصغر",
    "تاج",
    "سنجر",
    "رستم",
    "سهراب",
    "کیان",
    "پیر",
    "استاد",
    "زین",
    "امین",
    "مومن",
    "مقصود",
    "منصور",
    "ناصر",
    "طاهر",
    "ظهیر",
    "فاریاب",
    "دهقان",
    "ایران",
    "رشید",
    "کامران",
    "نیک",
    "پور",
    "شاه",
    "گنج",
    "خضر",
    "اسدی",
    "عرب",
    "توکل",
    "غلام",
    "خواجه",
    "میر",
    "مشک",
    "سرور",
]
ENDINGS = ["ی", "زاده", " نژاد", "پور", " کرمانی", "ی نسب", "ی فر", "ی بمی", "ی سیرجانی", "یان"]
COUNTIES = [f"08{number:02d}" for number in range(1, 26)]
NEIGHBOURS = {
    "ا": "لت",
    "ب": "یل",
    "ت": "ان",
    "ن": "تم",
    "م": "نک",
    "س": "شی",
    "ر": "زذ",
    "ز": "رذ",
    "د": "ذئ",
    "ی": "بس",
    "ح": "خج",
    "ل": "اب",
}
SOUNDS = {"ط": "ت", "ح": "ه", "ص": "س", "ث": "س", "ض": "ز", "ظ": "ز", "ذ": "ز", "غ": "ق", "ع": "ا"}


@dataclass
class Person:
    key: int
    sex: str
    first: str
    last: str
    father: str
    birth: dt.date
    number: str
    relation: str


@dataclass
class Family:
    key: int
    county: str
    phone: str
    people: list[Person] = field(default_factory=list)


def check_digit(nine: str) -> str:
    rest = sum(int(digit) * (10 - place) for place, digit in enumerate(nine)) % 11
    return str(rest if rest < 2 else 11 - rest)


class World:
    """Families of prisoners; ``lists()`` are the mentions of a month."""

    def __init__(self, families: int, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.serial = 0
        self.surnames = [stem + ending for ending in ENDINGS for stem in STEMS]
        self.surname_weights = [1 / (rank + 8) for rank in range(len(self.surnames))]
        self.men_weights = [1 / (rank + 4) for rank in range(len(MEN))]
        self.women_weights = [1 / (rank + 4) for rank in range(len(WOMEN))]
        self.families = [self.family(key) for key in range(families)]

    def number(self) -> str:
        self.serial += self.random.randint(1, 7)
        nine = f"990{self.serial % 1_000_000:06d}"
        return nine + check_digit(nine)

    def given(self, sex: str) -> str:
        names, weights = (MEN, self.men_weights) if sex == "male" else (WOMEN, self.women_weights)
        return self.random.choices(names, weights)[0]

    def born(self, year: int) -> dt.date:
        return JalaliDate(year, self.random.randint(1, 12), self.random.randint(1, 29)).to_gregorian()

    def family(self, key: int) -> Family:
        rnd = self.random
        family = Family(
            key,
            rnd.choices(COUNTIES, [1 / (i + 2) for i in range(25)])[0],
            f"09{rnd.randint(100_000_000, 399_999_999)}",
        )
        surname, own = rnd.choices(self.surnames, self.surname_weights, k=2)
        year = rnd.randint(1335, 1378)
        add = family.people.append
        base = key * 20
        add(
            Person(
                base,
                "male",
                self.given("male"),
                surname,
                self.given("male"),
                self.born(year),
                self.number(),
                "prisoner",
            )
        )
        father = family.people[0]
        if rnd.random() < 0.85:
            add(
                Person(
                    base + 1,
                    "female",
                    self.given("female"),
                    own,
                    self.given("male"),
                    self.born(year + rnd.randint(-2, 8)),
                    self.number(),
                    "spouse",
                )
            )
            names: set[str] = set()
            for child in range(rnd.choices([0, 1, 2, 3, 4, 5], [1, 3, 4, 3, 2, 1])[0]):
                sex = rnd.choice(["male", "female"])
                first = self.given(sex)
                if first in names or first == father.first:
                    continue
                names.add(first)
                born = self.born(min(1403, year + 20 + child * 3 + rnd.randint(0, 2)))
                add(Person(base + 2 + child, sex, first, surname, father.first, born, self.number(), "child"))
        if rnd.random() < 0.2:
            add(
                Person(
                    base + 10,
                    "female",
                    self.given("female"),
                    rnd.choices(self.surnames, self.surname_weights)[0],
                    self.given("male"),
                    self.born(year - rnd.randint(18, 35)),
                    self.number(),
                    "mother",
                )
            )
        if rnd.random() < 0.12:
            add(
                Person(
                    base + 11,
                    "male",
                    father.father,
                    surname,
                    self.given("male"),
                    self.born(year - rnd.randint(20, 40)),
                    self.number(),
                    "father",
                )
            )
        if rnd.random() < 0.08:
            sibling = self.given("male")
            if sibling != father.first:
                add(
                    Person(
                        base + 12,
                        "male",
                        sibling,
                        surname,
                        father.father,
                        self.born(year + rnd.randint(-8, 8)),
                        self.number(),
                        "sibling",
                    )
                )
        return family

    def lists(self, month: int = 0, damage: float = 1.0) -> pd.DataFrame:
        """Mentions with ``truth_person`` and ``truth_household`` beside the contract's columns."""
        writer = Writer(random.Random(1000 + month), damage)
        for family in self.families:
            writer.write(family, random.Random(family.key * 7 + 3), month)
        return writer.frame()


class Writer:
    """Writes families on lists, each list with its own gaps and slips."""

    def __init__(self, rnd: random.Random, damage: float) -> None:
        self.random = rnd
        self.damage = damage
        self.rows: list[dict[str, object]] = []
        self.counts: dict[str, int] = {}

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability * self.damage

    def misspelt(self, name: str) -> str:
        rnd = self.random
        kind = rnd.random()
        place = rnd.randrange(len(name))
        letter = name[place]
        if kind < 0.3 and any(sound in name for sound in SOUNDS):
            place = rnd.choice([i for i, each in enumerate(name) if each in SOUNDS])
            return name[:place] + SOUNDS[name[place]] + name[place + 1 :]
        if kind < 0.55 and letter in NEIGHBOURS:
            return name[:place] + rnd.choice(NEIGHBOURS[letter]) + name[place + 1 :]
        if kind < 0.75 and len(name) > 3:
            return name[:place] + name[place + 1 :]
        if kind < 0.85:
            return name[:place] + letter + name[place:]
        if len(name) > 3 and place + 1 < len(name):
            return name[:place] + name[place + 1] + letter + name[place + 2 :]
        return name + "ی"

    def name(self, name: str, rate: float = 0.05) -> str:
        if self.chance(rate):
            name = self.misspelt(name)
        if self.chance(0.02) and " " in name:
            name = name.split(" ")[0]
        if self.chance(0.04):
            name = "سید " + name
        return name.replace("ی", "ي").replace("ک", "ك") if self.chance(0.3) else name

    def row_id(self, list_key: str) -> str:
        self.counts[list_key] = self.counts.get(list_key, 0) + 1
        return f"{list_key}/0123456789ab/1/{self.counts[list_key] + 1}"

    def mention(
        self, record_id: str, list_key: str, list_role: str, role: str, person: Person, family: Family, **said: object
    ) -> None:
        row: dict[str, object] = dict.fromkeys(MENTION_COLUMNS)
        rnd = self.random
        given, last = self.name(person.first), self.name(person.last)
        if said.pop("in_one", False):
            row["full_name"] = f"{given} {last}"
        else:
            row["first_name"], row["last_name"] = given, last
        number: str | None = person.number
        status = "valid"
        lender = said.pop("lender", None)
        if said.pop("no_number", False) or self.chance(0.12):
            number, status = None, "missing"
        elif lender is not None and self.chance(0.012):
            number = lender.number  # type: ignore[attr-defined]
        elif self.chance(0.03):
            place = rnd.randrange(3, 10)
            number = number[:place] + str((int(number[place]) + rnd.randint(1, 9)) % 10) + number[place + 1 :]
            status = "valid" if check_digit(number[:9]) == number[9] else "invalid"
        row["national_id_digits"] = number
        row["national_id_status"] = status
        row["national_id"] = number if status == "valid" else None
        if not said.pop("no_birth", False):
            self.birth(row, person)
        if not said.pop("no_father", False) and not self.chance(0.05):
            row["father_name"] = self.name(person.father)
        if not said.pop("no_sex", False):
            row["sex"] = person.sex if not self.chance(0.005) else {"male": "female", "female": "male"}[person.sex]
        if not said.pop("no_county", False):
            row["county"] = family.county if not self.chance(0.03) else rnd.choice(COUNTIES)
        if not said.pop("no_phone", False) and not self.chance(0.25):
            row["phones"] = family.phone if not self.chance(0.1) else f"09{rnd.randint(100_000_000, 399_999_999)}"
        row |= said
        row |= {
            "record_id": record_id,
            "mention_id": f"{record_id}#{role}",
            "list_key": list_key,
            "list_role": list_role,
            "role": role,
        }
        row |= {"truth_person": person.key, "truth_household": family.key}
        self.rows.append(row)

    def birth(self, row: dict[str, object], person: Person) -> None:
        rnd = self.random
        day = JalaliDate(person.birth)
        kind = rnd.random() / max(self.damage, 1e-9)
        row["birth_year"] = day.year
        if kind < 0.05:
            row["birth_year"] = None
        elif kind < 0.10:
            row["birth_date"] = None
        elif kind < 0.12 and day.day <= 12:
            row["birth_date"] = JalaliDate(day.year, day.day, day.month).to_gregorian()
        elif kind < 0.14:
            wrong = JalaliDate(day.year, day.month, (day.day + 9) % 28 + 1)
            row["birth_date"] = wrong.to_gregorian()
        elif kind < 0.155:
            year = day.year + rnd.choice([-10, -1, 1, 10]) if day.year < 1394 else day.year - 1
            row["birth_year"] = year
            row["birth_date"] = JalaliDate(year, day.month, min(day.day, 29)).to_gregorian()
        else:
            row["birth_date"] = person.birth

    def write(self, family: Family, fate: random.Random, month: int) -> None:
        prisoner, kin = family.people[0], family.people[1:]
        code = family.key
        if fate.random() < 0.92:
            key = "prisons/custody"
            self.mention(
                self.row_id(key),
                key,
                "custody",
                "subject",
                prisoner,
                family,
                no_county=True,
                no_phone=True,
                relation="prisoner",
                agency_key=f"z{code}",
            )
        on_behzisti, on_relief = fate.random() < 0.55, fate.random() < 0.55
        for wanted, key, role in (
            (on_behzisti, "prisons/behzisti_referral", "behzisti_referral"),
            (on_relief, "prisons/relief_referral", "relief_referral"),
        ):
            if not wanted:
                continue
            families = [code, code + 900_000] if self.chance(0.02) else [code]
            for number in families:
                scope = {"family_key": f"{key}:{number}"}
                for place, person in enumerate([prisoner, *kin] if fate.random() < 0.3 else kin):
                    record = self.row_id(key)
                    if place == 0:
                        self.mention(
                            record,
                            key,
                            role,
                            "prisoner",
                            prisoner,
                            family,
                            in_one=True,
                            no_birth=True,
                            no_father=True,
                            no_sex=True,
                            no_phone=True,
                            no_county=True,
                            no_number=self.chance(0.3),
                            **scope,
                        )
                    lender = kin[0] if person.relation == "child" else None
                    self.mention(
                        record,
                        key,
                        role,
                        "subject",
                        person,
                        family,
                        relation=person.relation,
                        lender=lender,
                        agency_key=f"{number}/{person.key}",
                        **scope,
                    )
                    if self.chance(0.01):
                        self.mention(
                            self.row_id(key),
                            key,
                            role,
                            "subject",
                            person,
                            family,
                            relation=person.relation,
                            agency_key=f"{number}/{person.key}/again",
                            **scope,
                        )
        if fate.random() < 0.35 + 0.01 * month:
            key = "behzisti/caseload"
            with_code = fate.random() < 0.6
            for person in kin:
                if person.relation not in ("spouse", "child") or fate.random() < 0.3:
                    continue
                record = self.row_id(key)
                scope = {"family_key": f"{key}:b{code}"} if with_code else {}
                head_is_wife = fate.random() < 0.5
                relation = {"spouse": "head"}.get(person.relation, person.relation) if head_is_wife else person.relation
                self.mention(
                    record,
                    key,
                    "behzisti_support",
                    "subject",
                    person,
                    family,
                    relation=relation,
                    lender=kin[0],
                    agency_key=f"b{person.key}",
                    **scope,
                )
                if fate.random() < 0.7:
                    self.mention(
                        record,
                        key,
                        "behzisti_support",
                        "prisoner",
                        prisoner,
                        family,
                        in_one=True,
                        no_birth=True,
                        no_father=True,
                        no_sex=True,
                        no_phone=True,
                        no_county=True,
                        no_number=self.chance(0.4),
                        **scope,
                    )
        if fate.random() < 0.45:
            key = "relief_committee/caseload"
            scope = {"family_key": f"{key}:k{code}"}
            head = kin[0] if kin and fate.random() < 0.6 else prisoner
            for place, person in enumerate(family.people if head is prisoner else kin):
                if person.relation in ("father", "mother", "sibling") and fate.random() < 0.5:
                    continue
                record = self.row_id(key)
                if place == 0 and head is not prisoner:
                    self.mention(
                        record,
                        key,
                        "relief_support",
                        "prisoner",
                        prisoner,
                        family,
                        in_one=True,
                        no_birth=True,
                        no_father=True,
                        no_sex=True,
                        no_phone=True,
                        no_county=True,
                        no_number=self.chance(0.3),
                        **scope,
                    )
                relation = "head" if person is head else "other" if person.relation == "prisoner" else person.relation
                self.mention(
                    record,
                    key,
                    "relief_support",
                    "subject",
                    person,
                    family,
                    relation=relation,
                    lender=kin[0] if kin and person.relation == "child" else None,
                    agency_key=f"k{person.key}",
                    **scope,
                )
        for rate, key, role in (
            (0.2, "association/caseload", "association_support"),
            (0.12, "association/applications", "association_application"),
        ):
            if fate.random() < rate:
                record = self.row_id(key)
                self.mention(
                    record,
                    key,
                    role,
                    "subject",
                    prisoner,
                    family,
                    in_one=True,
                    no_birth=True,
                    no_sex=True,
                    relation="prisoner",
                    no_number=self.chance(0.15),
                    agency_key=f"m{code}",
                )
                if kin:
                    self.mention(
                        record,
                        key,
                        role,
                        "head",
                        kin[0],
                        family,
                        in_one=True,
                        no_birth=True,
                        no_father=True,
                        no_sex=True,
                        relation="head",
                        agency_key=f"m{code}",
                    )
        if kin and fate.random() < 0.1:
            key = "ngo_mehr/caseload"
            self.mention(
                self.row_id(key),
                key,
                "charity_support",
                "subject",
                kin[0],
                family,
                no_phone=True,
                no_number=self.chance(0.5),
                agency_key=f"n{kin[0].key}",
            )

    def frame(self) -> pd.DataFrame:
        frame = pd.DataFrame(self.rows).drop_duplicates("mention_id")
        truth = frame[["truth_person", "truth_household"]].astype("int64")
        typed = typed_mentions(frame.assign(birth_date=pd.to_datetime(frame["birth_date"]).astype("datetime64[s]")))
        return typed.join(truth).sort_values("mention_id", ignore_index=True)


def read_settings(month: str = "1404-02", **changes: object) -> LinkageSettings:
    path = Path(__file__).parents[1] / "expectations" / "linkage" / "model.yml"
    model = LinkageModel.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) | changes)
    return LinkageSettings(model=model, month=month)
