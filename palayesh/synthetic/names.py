"""Persian names in the frequencies of life: a few very common, many rare. First names and surnames not listed here come
from Faker's fa_IR provider."""

from __future__ import annotations

import numpy as np
from faker.providers.person.fa_IR import Provider

_MALE = (
    "محمد علی حسین مهدی رضا حسن احمد امیر محمدرضا علیرضا حمید سعید مجید محسن ابراهیم اکبر اسماعیل عباس محمود جواد قاسم "
    "غلامرضا یوسف حمیدرضا داود رسول کاظم ناصر مسعود امین محمدعلی ماشاالله نعمت‌الله حبیب‌الله اسدالله رحمت‌الله عیسی موسی "
    "منصور جعفر صادق بهنام ایمان میلاد سجاد یاسر هادی مصطفی مرتضی ایوب یعقوب حیدر خداداد مراد درویش چراغ دادخدا شیرعلی "
    "غلامعباس غلامحسین محمدحسین علی‌اکبر علی‌اصغر سلمان فرهاد بهروز پرویز منوچهر فرامرز جمشید ایرج نادر قدرت‌الله عزیز کریم"
).split()
_FEMALE = (
    "فاطمه زهرا مریم معصومه زینب سکینه صغری کبری رقیه طاهره فریبا لیلا سمیه اعظم مرضیه صدیقه خدیجه ربابه نرگس سارا الهام "
    "اکرم اشرف نسرین پروین شهین مهین بتول عصمت عفت راضیه حمیده سعیده وحیده فرزانه مهناز شهناز گلناز نازنین هاجر حلیمه آمنه "
    "حوا ماه‌بی‌بی بی‌بی‌زهرا گل‌اندام خاتون شهربانو ام‌البنین مهدیه محدثه عاطفه هانیه ریحانه مائده حدیث یگانه ستایش کوثر"
).split()
_OLD_MALE = (
    "محمد علی حسین حسن غلامحسین عباس اکبر ماشاالله اسدالله علی‌اکبر قاسم ابراهیم اسماعیل مراد حبیب‌الله یدالله نعمت‌الله "
    "فتح‌الله شکرالله رمضان شعبان رجب صفر قنبر خداداد دادخدا چراغ درویش یحیی زکریا عیسی موسی یعقوب حیدر غلامرضا محمدعلی"
).split()
_OLD_FEMALE = (
    "فاطمه سکینه صغری کبری خدیجه ربابه زهرا بتول عصمت شهربانو خاتون ماه‌بی‌بی حوا هاجر آمنه حلیمه طوبی گوهر نساء بی‌بی‌زهرا "
    "کوکب طلعت ملوک منور مرصع گل‌اندام ام‌البنین رقیه معصومه زینب"
).split()
_SURNAMES = (
    "محمدی حسینی احمدی کریمی موسوی رضایی جعفری قاسمی رحیمی صادقی حسنی ابراهیمی حیدری اکبری نجفی کاظمی مرادی اسدی یوسفی "
    "سلیمانی افشار زارع ایران‌نژاد بلوچ رئیسی جهانشاهی تاج‌آبادی شهسواری امیری بهرامی صالحی نوروزی میرزایی کمالی ملایی "
    "پورمحمدی سعیدی عباسی خسروی سالاری نخعی بامری سابقی مهدی‌زاده گلستانی اسلامی فاریابی سنجری کهن رستمی عسکری دهقان مقبلی "
    "شمس‌الدینی نادری خواجویی افضلی انجم‌شعاع ایلاقی باقری ندارد‌زاده زینلی ضیاءالدینی طاهری غضنفری کرمی لک‌زایی ملک‌پور "
    "نیک‌نفس وحیدی هاشمی یزدی‌زاده آذری ابوسعیدی پورکرمانی ثابتی چمنی خدادادی ذاکری راینی ژاله سرحدی شول صمدی ظهیری فلاح "
    "گروهی مومنی نظری هنرمند یاراحمدی توکلی شهابی میرحسینی مکی‌آبادی حاجی‌زاده"
).split()
_STEMS = (
    "احمد محمد علی حسن حسین قاسم کریم رحیم نظر مراد میرزا حاجی ملک شاه نور خدا عباس جعفر صادق باقر تقی نقی یوسف یعقوب "
    "اسماعیل ابراهیم موسی عیسی سلیمان داود کاظم اکبر اصغر حیدر صفر رمضان درویش بهرام رستم فرخ"
).split()
_ENDINGS = ("زاده", "‌پور", "‌نژاد", "یان", "‌فر", "‌نیا", " کرمانی", "ی اصل")


def _plain(names: list[str]) -> list[str]:
    table = str.maketrans({"ك": "ک", "ي": "ی"})
    return [name.translate(table).strip() for name in names]


def _pool(common: list[str], rare: list[str]) -> np.ndarray:
    return np.array(list(dict.fromkeys([*common, *_plain(rare)])), dtype=object)


MALE = _pool(_MALE, list(Provider.first_names_male))
FEMALE = _pool(_FEMALE, list(Provider.first_names_female))
OLD_MALE = _pool(_OLD_MALE, [])
OLD_FEMALE = _pool(_OLD_FEMALE, [])
SURNAMES = _pool(_SURNAMES, [*Provider.last_names, *(stem + ending for ending in _ENDINGS for stem in _STEMS)])


def draw(rng: np.random.Generator, pool: np.ndarray, count: int) -> np.ndarray:
    """``count`` names of a pool whose n-th name is about 1/n as frequent as its first (Zipf)."""
    weights = 1.0 / (np.arange(len(pool)) + 3.0)
    return pool[rng.choice(len(pool), size=count, p=weights / weights.sum())]


def draw_by_sex(rng: np.random.Generator, is_female: np.ndarray) -> np.ndarray:
    """A first name of the right sex for each."""
    return np.where(is_female, draw(rng, FEMALE, len(is_female)), draw(rng, MALE, len(is_female)))
