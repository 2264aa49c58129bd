"""What an agency writes over each column: the usual heading first, then spellings met in comparable exports."""

from __future__ import annotations

HEADINGS: dict[str, tuple[str, ...]] = {
    "household_ref": ("کد خانوار", "شناسه خانوار", "كد خانوار"),
    "household_code": ("کد خانوار", "شناسه خانوار", "كد خانوار"),
    "prisoner_name": ("نام و نام خانوادگی زندانی", "نام زندانی", "نام و نام‌خانوادگی زندانی"),
    "prisoner_national_id": ("کد ملی زندانی", "کدملی زندانی", "كد ملي زنداني"),
    "imprisoned_members": ("زندانی خانوار", "فرد زندانی"),
    "first_name": ("نام", "نام کوچک", "اسم"),
    "last_name": ("نام خانوادگی", "نام‌خانوادگی", "نام خانوادگي", "شهرت", "فامیلی"),
    "full_name": ("نام و نام خانوادگی", "نام ونام خانوادگی", "نام و فامیل"),
    "father_name": ("نام پدر", "نام‌پدر", "پدر"),
    "national_id": ("کد ملی", "کدملی", "شماره ملی", "كد ملی", "کد‌ملی", "ش.ملی"),
    "birth_date": ("تاریخ تولد", "ت.تولد", "تاريخ تولد", "تولد"),
    "sex": ("جنسیت", "جنس"),
    "relation": ("نسبت", "رابطه"),
    "county": ("شهرستان", "شهرستان محل سکونت", "محل سکونت"),
    "mobile": ("موبایل", "تلفن همراه", "شماره همراه", "موبايل"),
    "prison": ("زندان محل نگهداری", "نام زندان", "محل حبس"),
    "prison_province": ("استان محل حبس", "استان زندان"),
    "custody_start": ("تاریخ شروع بازداشت", "تاریخ بازداشت", "شروع حبس"),
    "custody_end": ("تاریخ پایان محکومیت", "پایان حبس"),
    "legal_status": ("وضعیت قضایی", "متهم/محکوم"),
    "release_status": ("وضعیت آزادی", "نوع آزادی"),
    "marital_status": ("وضعیت تاهل", "وضعیت تأهل", "تاهل"),
    "letter_no": ("شماره نامه", "ش نامه"),
    "letter_date": ("تاریخ نامه", "تاریخ معرفی"),
    "social_worker": ("مددکار", "نام مددکار"),
    "prisoner_no": ("شماره زندانی", "کد زندانی"),
    "case_no": ("شماره پرونده مددجو", "شماره پرونده", "ش پرونده"),
    "support_type": ("نوع حمایت", "مستمر/موردی"),
    "service_type": ("نوع خدمت", "عنوان خدمت"),
    "service_start": ("تاریخ شروع خدمت", "تاریخ پوشش", "تاریخ تشکیل پرونده"),
    "service_end": ("تاریخ قطع خدمت", "تاریخ خروج"),
    "judicial_order_no": ("شماره حکم قضایی", "شماره دستور قضایی"),
    "judicial_order_date": ("تاریخ حکم قضایی", "تاریخ دستور"),
    "care_type": ("نوع مراقبت", "نوع نگهداری"),
    "screening_result": ("نتیجه بررسی", "نتیجه پالایش"),
    "screening_date": ("تاریخ بررسی", "تاریخ بازدید"),
    "application_date": ("تاریخ درخواست", "تاریخ مراجعه"),
    "client_no": ("کد مددجویی", "شماره مددجویی"),
    "head_national_id": ("کد ملی سرپرست", "کدملی سرپرست", "کد ملی سرپرست خانوار"),
    "head_name": ("نام و نام خانوادگی سرپرست", "نام سرپرست"),
    "coverage_cause": ("علت نیازمندی", "علت تحت پوشش"),
    "status": ("وضعیت پرونده", "وضعیت"),
    "decile": ("دهک", "دهک اقتصادی"),
    "social_worker_opinion": ("نظر مددکار", "نظر مددکار اجتماعی"),
    "reason": ("دلیل", "علت"),
    "member_no": ("شماره عضویت", "کد تحت پوشش"),
    "household_size": ("تعداد افراد خانوار", "بعد خانوار"),
    "aid_type": ("نوع کمک",),
    "spouse_name": ("نام همسر", "نام و نام خانوادگی همسر"),
    "spouse_national_id": ("کد ملی همسر", "کدملی همسر"),
}
ROW_NUMBER = "ردیف"
CHILD = "فرزند {n}"

TITLES: dict[str, str] = {
    "prisons/behzisti_referral": "فهرست خانواده‌های معرفی‌شده به بهزیستی",
    "prisons/relief_referral": "فهرست افراد معرفی‌شده به کمیته امداد",
    "prisons/custody": "فهرست زندانیان استان",
    "behzisti/caseload": "فهرست خدمت‌گیرندگان بهزیستی",
    "relief_committee/caseload": "فهرست مددجویان کمیته امداد",
    "relief_committee/screening": "نتیجه بررسی خانوارها",
    "association/caseload": "فهرست خانواده‌های تحت پوشش انجمن",
    "association/applications": "فهرست متقاضیان انجمن",
    "ngo_mehr/caseload": "فهرست کمک‌های خیریه مهر",
}


def heading_of(column: str, pick: float = 0.0) -> str:
    """A heading of the column: the usual one for 0, a variant for larger numbers below 1."""
    spellings = HEADINGS[column]
    return spellings[int(pick * len(spellings)) % len(spellings)]
