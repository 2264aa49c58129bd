"""The headings that agencies type: the usual one first, then others that have been met."""

from __future__ import annotations

_COMMON: dict[str, tuple[str, ...]] = {
    "household_ref": ("کد خانوار", "شناسه خانوار", "شماره خانوار"),
    "household_code": ("کد خانوار", "شناسه خانوار"),
    "prisoner_name": ("نام و نام خانوادگی زندانی", "مشخصات زندانی"),
    "prisoner_national_id": ("کد ملی زندانی", "كد ملي زنداني", "کدملی زندانی"),
    "imprisoned_members": ("زندانی خانوار", "فرد زندانی"),
    "first_name": ("نام", "نام کوچک"),
    "last_name": ("نام خانوادگی", "نام‌خانوادگی", "نام خانوادگي"),
    "father_name": ("نام پدر", "نام‌پدر"),
    "national_id": ("کد ملی", "كد ملي", "کدملی", "شماره ملی"),
    "birth_date": ("تاریخ تولد", "تاريخ تولد", "ت تولد"),
    "sex": ("جنسیت", "جنس"),
    "relation": ("نسبت",),
    "county": ("شهرستان", "شهرستان محل سکونت"),
    "mobile": ("موبایل", "تلفن همراه", "شماره همراه"),
    "prison": ("زندان محل نگهداری", "نام زندان"),
    "prison_province": ("استان محل حبس", "استان زندان"),
    "custody_start": ("تاریخ شروع بازداشت", "تاریخ ورود به زندان"),
    "custody_end": ("تاریخ پایان محکومیت", "پایان حبس"),
    "letter_no": ("شماره نامه", "ش نامه"),
    "letter_date": ("تاریخ نامه", "تاریخ معرفی"),
    "social_worker": ("مددکار", "نام مددکار"),
    "prisoner_no": ("شماره زندانی", "کد زندانی"),
    "legal_status": ("وضعیت قضایی", "متهم/محکوم"),
    "release_status": ("وضعیت آزادی",),
    "marital_status": ("وضعیت تاهل", "تاهل"),
    "case_no": ("شماره پرونده مددجو", "شماره پرونده"),
    "support_type": ("نوع حمایت", "مستمر/موردی"),
    "service_type": ("نوع خدمت", "عنوان خدمت"),
    "service_start": ("تاریخ شروع خدمت", "تاریخ پوشش"),
    "service_end": ("تاریخ قطع خدمت", "تاریخ خروج"),
    "judicial_order_no": ("شماره حکم قضایی", "شماره دستور قضایی"),
    "judicial_order_date": ("تاریخ حکم قضایی", "تاریخ دستور"),
    "care_type": ("نوع مراقبت", "نوع نگهداری"),
    "screening_result": ("نتیجه بررسی", "نتیجه پالایش"),
    "application_date": ("تاریخ درخواست", "تاریخ تقاضا"),
    "client_no": ("کد مددجویی", "شماره مددجویی"),
    "head_national_id": ("کد ملی سرپرست", "کدملی سرپرست"),
    "head_name": ("نام و نام خانوادگی سرپرست", "نام سرپرست"),
    "coverage_cause": ("علت نیازمندی", "علت تحت پوشش"),
    "status": ("وضعیت پرونده", "وضعیت"),
    "decile": ("دهک", "دهک اقتصادی"),
    "screening_date": ("تاریخ بررسی", "تاریخ بازدید"),
    "social_worker_opinion": ("نظر مددکار", "نظر مددکار اجتماعی"),
    "reason": ("دلیل", "علت"),
    "member_no": ("شماره عضویت", "کد تحت پوشش"),
    "household_size": ("تعداد افراد خانوار", "بعد خانوار"),
    "aid_type": ("نوع کمک",),
}
SPOUSE_NAME, SPOUSE_NATIONAL_ID, CHILD, ROW_NUMBER = "نام همسر", "کد ملی همسر", "فرزند {n}", "ردیف"


def headings(column: str) -> tuple[str, ...]:
    """What agencies call the column, the usual name first."""
    return _COMMON[column]
