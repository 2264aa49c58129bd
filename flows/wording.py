"""What the command line says, in Persian and English."""

from __future__ import annotations

import string
from typing import Any

from palayesh.language import Language
from palayesh.persian_text import to_persian_digits

WORDS: dict[str, tuple[str, str]] = {
    # help
    "app": (
        "پالایش: کدام خانواده‌های زندانیان زیر پوشش‌اند، کدام دو بار، و کدام از قلم افتاده‌اند.",
        "Palayesh: which prisoners' families are supported, which twice, and which were missed.",
    ),
    "lang": ("زبان: fa یا en (پیش‌فرض: از locale)", "Language: fa or en (default: from the locale)."),
    "demo": (
        "فهرست‌های یک ماه ساختگی را می‌سازد، ماه را از آغاز تا گزارش اجرا می‌کند و حساب آن را نشان می‌دهد.",
        "Write a synthetic month's lists, run the month over them, and show the account and the reports.",
    ),
    "synth": (
        "فهرست‌های ساختگی به همراه حقیقت آن‌ها (truth/) می‌سازد.",
        "Write lists as the agencies would send them, plus truth/.",
    ),
    "run": (
        "همهٔ ماه، از فایل‌های یک پوشه تا گزارش. اجرای دوباره بی‌خطر است و از جای ماندهٔ پیشین ادامه می‌یابد.",
        "The whole month from the files in a folder. Safe to run again; takes up a killed run where it stopped.",
    ),
    "check": (
        "یک فایل را بررسی می‌کند: هر ایراد با برگه، ردیف، ستون و راه اصلاح. چیزی ثبت نمی‌شود.",
        "Check one file: every problem with sheet, row, column and the mend. Writes nothing to the registry.",
    ),
    "link": (
        "فهرست‌های اشخاص را به هم پیوند می‌دهد، یا تکراری‌های یک فهرست را می‌یابد.",
        "Link person lists alone: record_id, person_id, household_id, match_probability.",
    ),
    "report": ("گزارش یک ماه را دوباره از بایگانی می‌سازد.", "Render a month's report again from the registry."),
    "figures": ("همهٔ ارقام اصلی ماه با تعریف و منشأ.", "Every headline figure with its definition and provenance."),
    "evaluate": (
        "پیوند یک ماه ساختگی را با حقیقت آن می‌سنجد: دقت، بازیابی، کالیبره بودن احتمال‌ها، صف بازبینی.",
        "Score a synthetic month's linkage against its truth: precision, recall, calibration, the review queue.",
    ),
    "whatif": (
        "اگر یک قاعده دیگر بود: چه کسانی وارد، خارج یا منتظر می‌شدند. چیزی تغییر نمی‌کند.",
        "If a rule were different: who would enter, leave and wait. Changes nothing.",
    ),
    "opt_set": (
        "برنامه.پارامتر=مقدار، مانند association_family.capacity=1200؛ چند بار نیز می‌شود",
        "programme.parameter=value, like association_family.capacity=1200; may be repeated",
    ),
    "opt_page": ("برگهٔ HTML را اینجا بنویس", "Write the page as HTML here"),
    "now": ("اکنون", "Now"),
    "would_be": ("اگر", "If"),
    "rule": ("قاعده", "Rule"),
    "county": ("شهرستان", "County"),
    "whatif_rules": ("قاعده‌هایی که دگرگون فرض شده‌اند", "The rules that are supposed to differ"),
    "whatif_figures": ("ارقامی که تغییر می‌کنند", "Figures that would change"),
    "nobody_moves": ("هیچ‌کس جابه‌جا نمی‌شود.", "Nobody moves."),
    "nothing_changed": ("هیچ رقم و تصمیمی از ماه تغییر نکرد.", "No figure and no decision of the month was changed."),
    "bad_setting": (
        "«{text}» فهمیده نشد؛ چنین بنویسید: --set association_family.capacity=1200",
        "“{text}” was not understood; write: --set association_family.capacity=1200",
    ),
    "mend_group": (
        "ردیف‌های کنارگذاشته را در اکسل درست می‌کند: خروجی و بازگرداندن.",
        "Mend set-aside records in a workbook: export it, and take it back.",
    ),
    "mend_export": (
        "ردیف‌های کنارگذاشتهٔ یک فهرست را با علت و خانه‌های باز برای اصلاح در یک کارپوشه می‌نویسد.",
        "Write a list's set-aside records to a workbook, with the reasons and the cells to mend unlocked.",
    ),
    "mend_take": (
        "خانه‌های اصلاح‌شدهٔ کارپوشه را ثبت می‌کند و فهرست را دوباره می‌سنجد. بار دوم چیزی را تغییر نمی‌دهد.",
        "Take the mended cells of the workbook and validate the list again. A second time changes nothing.",
    ),
    "serve": (
        "برنامهٔ زمانی: روز نخست هر ماه خورشیدی، ماه پیش خودبه‌خود اجرا می‌شود.",
        "The schedule: on the first day of each Solar Hijri month the month before runs by itself.",
    ),
    "doctor": ("آیا این رایانه آماده است، و اگر نه چه باید کرد.", "Is this machine ready, and what to do if not."),
    "console": (
        "میز راهبران در مرورگر همین رایانه: ایرادها و تطابق‌های نامطمئن.",
        "The stewards' console in this machine's browser: failed validations and uncertain matches.",
    ),
    "console_users": ("کاربران میز راهبران", "The people who may sign in to the console"),
    "users_add": ("کاربر تازه؛ گذرواژه پرسیده می‌شود.", "A new user; the password is asked for."),
    "users_list": ("همهٔ کاربران", "Every user."),
    "users_password": ("گذرواژهٔ تازه برای کاربر", "A new password for the user."),
    "users_code": ("از این پس رمز یک‌بارمصرف هم لازم است.", "From now on a one-time code is needed too."),
    "users_close": ("حساب بسته و کاربر بی‌درنگ خارج می‌شود.", "Close the account; the user is signed out at once."),
    "users_open": ("حساب دوباره باز می‌شود.", "Open the account again."),
    "opt_port": ("درگاه روی همین رایانه", "Port on this machine"),
    "opt_role": ("نقش: steward، chief، official، auditor", "Role: steward, chief, official, auditor"),
    "opt_user_agency": ("دستگاه راهبر (نام پوشهٔ آن)", "The steward's agency (its folder name)"),
    "opt_title": ("نامی که همکاران می‌بینند", "The name that colleagues see"),
    "opt_code": ("با رمز یک‌بارمصرف", "With a one-time code"),
    "arg_user": ("نام کاربری", "User name"),
    "console_open": (
        "میز راهبران باز است: http://127.0.0.1:{port} . برای پایان Ctrl+C.",
        "The console is open: http://127.0.0.1:{port} . Ctrl+C ends it.",
    ),
    "console_nobody": (
        "هنوز کاربری نیست؛ نخست «palayesh console users add نام --role chief» را اجرا کنید.",
        "There is no user yet: first `palayesh console users add NAME --role chief`.",
    ),
    "user_added": ("کاربر {name} ساخته شد.", "User {name} is added."),
    "user_changed": ("کاربر {name} تغییر کرد.", "User {name} is changed."),
    "user_code_address": (
        "این نشانی را یک بار در برنامهٔ رمزساز بگذارید: {address}",
        "Put this address into the authenticator, once: {address}",
    ),
    "password_twice": ("گذرواژه (دست‌کم ۱۵ نویسه)", "Password (at least 15 characters)"),
    "user": ("کاربر", "User"),
    "user_title": ("نام", "Name"),
    "user_role": ("نقش", "Role"),
    "user_code": ("رمز", "Code"),
    "user_open": ("باز", "Open"),
    "opt_inbox_if": (
        "پوشهٔ صندوق ورودی: یک پوشه برای هر دستگاه؛ بی آن، آنچه دریافت شده است دوباره اجرا می‌شود",
        "The inbox: a folder for each agency; without it, what is received already is run again",
    ),
    "release": (
        "نفر دوم ماه را پس از دیدن بررسی‌ها تأیید می‌کند و نامه‌ها در صف ارسال می‌نشینند.",
        "A second person signs the month off after seeing the checks, and its letters wait to be sent.",
    ),
    "deliver": (
        "نامه‌های در صف را می‌فرستد، هر یک را یک بار؛ اجرای هم‌زمان و دوباره بی‌خطر است.",
        "Send the letters that wait, each once; safe to run again and twice at once.",
    ),
    "opt_by": ("نام کسی که این کار را می‌کند (پیش‌فرض: نام کاربری)", "Who does this (default: the account's name)"),
    "opt_yes": ("بی‌پرسش تأیید کن", "Release without asking"),
    "opt_status": ("هر پیام و سرنوشت آن", "Every message and what became of it"),
    "opt_resend": (
        "پیام نامعلوم یا نافرستاده را دوباره بفرست (شناسه)",
        "Send an uncertain or failed message again (its id)",
    ),
    "opt_returns": (
        "صندوق نامه‌های برگشتی را بخوان و ثبت کن",
        "Read the mailbox of returned letters and note what did not arrive",
    ),
    "opt_bounced": ("پیام برگشت خورده است (شناسه)", "The message came back (its id)"),
    "opt_acknowledged": ("گیرنده رسیدن پیام را گفته است (شناسه)", "The recipient says that it came (its id)"),
    "opt_month": ("ماه خورشیدی، مانند 1404-02", "Solar Hijri month, like 1404-02"),
    "opt_inbox": ("پوشهٔ صندوق ورودی: یک پوشه برای هر دستگاه", "The inbox: a folder for each agency"),
    "opt_out": ("پوشهٔ خروجی", "Where to write"),
    "opt_seed": ("دانهٔ تصادفی: همان دانه همان فایل‌ها", "Seed: the same seed gives the same files"),
    "opt_profile": ("reference (ارقام خبر) یا random", "reference (the news item's figures) or random"),
    "opt_mess": ("میزان آشفتگی: 0 پاک، 1 مانند واقع", "How messy: 0 clean, 1 as in life"),
    "opt_months": ("چند ماه پیاپی", "How many consecutive months"),
    "opt_persons": ("کمابیش چند ردیف (پیش‌فرض: 25000)", "About how many records (default 25,000)"),
    "opt_agency": ("نام پوشهٔ دستگاه", "The agency's folder name"),
    "opt_list": ("نام فهرست", "The list's name"),
    "opt_list_key": ("دستگاه و فهرست: agency/list", "Agency and list: agency/list"),
    "opt_workbook": ("کارپوشه‌ای که نوشته می‌شود", "The workbook to write"),
    "opt_sent_back": (
        "به جای ردیف‌های در انتظار، آن‌ها که به دستگاه برگردانده شده‌اند",
        "Records sent back to the agency instead of those waiting here",
    ),
    "opt_reason": ("علت اصلاح", "Why it was mended"),
    "arg_workbook": ("کارپوشهٔ اصلاح‌شده", "The mended workbook"),
    "opt_copy": ("رونوشت اکسل با ایرادها در کنار هر ردیف", "An Excel copy with the reasons beside the rows"),
    "opt_all": ("همهٔ ایرادها، نه فقط ۴۰ تای مهم‌تر", "Every problem, not only the gravest 40"),
    "opt_format": ("قالب‌ها با ویرگول: html,pdf,xlsx,json", "Formats by comma: html,pdf,xlsx,json"),
    "opt_kind": ("نوع گزارش", "Kind of report"),
    "opt_json": ("به صورت JSON", "As JSON"),
    "opt_json_out": ("همهٔ سنجه‌ها در این فایل JSON", "Write every measure to this JSON file"),
    "opt_truth": ("پوشهٔ truth که synth ساخته است", "The folder truth/ that synth wrote"),
    "opt_record_id": ("ستون شناسهٔ ردیف", "The column that names the record"),
    "opt_map": ("نام ستون: ours=theirs", "Column names: ours=theirs"),
    "opt_engine": (
        "موتور سنجش جفت‌ها: duckdb یا spark (با همان نتیجه)",
        "What compares the pairs: duckdb or spark (with the same result)",
    ),
    "opt_against": (
        "پوشه‌ای که با --prepare ساخته شده؛ افراد فهرست میان افراد آن جسته می‌شوند و شناسه‌هایش می‌مانند",
        "A folder made by --prepare: the records are looked for among its persons, whose ids stay",
    ),
    "opt_prepare": (
        "پوشه‌ای برای نگه‌داشتن آنچه پیوند خورد، تا فهرست‌های بعدی با --against به آن پیوند بخورند",
        "A folder to keep what was linked, so that later lists can be linked --against it",
    ),
    "opt_calendar": ("تقویم تاریخ‌ها: jalali یا gregorian", "Calendar of the dates: jalali or gregorian"),
    "opt_confirm": (
        "تأیید فایلی که به خاطر حجم یا خالی بودن نگه داشته شده است (شناسهٔ فایل)",
        "Confirm a submission that is held for its volume or emptiness (its id)",
    ),
    "opt_received_on": (
        "روز رسیدن فایل‌ها، خورشیدی (پیش‌فرض: تاریخ خود هر فایل)",
        "Solar Hijri day on which the files came (default: each file's own date)",
    ),
    "opt_issued_on": (
        "تاریخ گزارش، خورشیدی (پیش‌فرض: روز رسیدن آخرین فایل)",
        "Solar Hijri day that the report carries (default: the day of the last arrival)",
    ),
    "arg_file": ("فایلی که بررسی می‌شود", "The file to check"),
    "arg_files": ("فهرست‌های اشخاص", "The person lists"),
    "help": ("این راهنما را نشان می‌دهد.", "Show this message and exit."),
    "panel_options": ("گزینه‌ها", "Options"),
    "panel_commands": ("فرمان‌ها", "Commands"),
    "panel_arguments": ("ورودی‌ها", "Arguments"),
    "panel_error": ("خطا", "Error"),
    "required": ("[لازم]", "[required]"),
    "default_is": ("[پیش‌فرض: {}]", "[default: {}]"),
    # progress
    "step_synth": ("ساختن فهرست‌ها", "Writing lists"),
    "step_prefect": ("آماده‌سازی زمان‌بند", "Starting the scheduler"),
    "step_receive": ("دریافت", "Receiving"),
    "step_validate": ("اعتبارسنجی", "Validating"),
    "step_evaluate": ("سنجش پیوند", "Scoring the linkage"),
    "step_compute": ("پیوند، غربال، جمع‌بندی", "Linking, screening, summarising"),
    "step_render": ("ساختن گزارش", "Rendering"),
    "step_link": ("پیوند فهرست‌ها", "Linking the lists"),
    "linked": (
        "{records} ردیف: {persons} شخص در {households} خانوار؛ {review_pairs} جفت نامطمئن جدا مانده است.",
        "{records} records: {persons} persons in {households} households; {review_pairs} uncertain pairs are left apart.",
    ),
    "linked_against": (
        "{records} ردیف: {known} ردیف از {known_persons} شخص شناخته‌شده است و {persons} شخص تازه؛ {review_pairs} جفت نامطمئن جدا مانده است.",
        "{records} records: {known} of {known_persons} known persons, and {persons} new persons; {review_pairs} uncertain pairs are left apart.",
    ),
    # account
    "account": ("حساب ماه {month}، ویرایش {revision}", "Account of {month}, revision {revision}"),
    "agency": ("دستگاه", "Agency"),
    "list": ("فهرست", "List"),
    "state": ("وضعیت", "State"),
    "received": ("دریافت‌شده", "Received"),
    "accepted": ("پذیرفته", "Accepted"),
    "set_aside": ("کنارگذاشته", "Set aside"),
    "repaired": ("مقادیر ترمیم‌شده", "Repaired values"),
    "state_received": ("دریافت‌شده", "received"),
    "state_read": ("خوانده‌شده", "read"),
    "state_validated": ("اعتبارسنجی‌شده", "validated"),
    "state_held": ("نگه‌داشته‌شده", "held"),
    "state_refused": ("برگشت‌خورده", "refused"),
    "state_empty": ("خالی", "empty"),
    "state_superseded": ("جای خود را به اصلاح داده", "superseded"),
    "state_equivalent": ("همان فهرست، دوباره", "the same again"),
    "validation_pages": ("برگه‌های بررسی فهرست‌ها: {path}", "A validation page for each list: {path}"),
    "total": ("جمع", "Total"),
    "mentions": ("نام‌برده", "Mentions"),
    "persons": ("شخص", "Persons"),
    "households": ("خانوار", "Households"),
    "review_pairs": ("جفت در انتظار بازبینی", "Pairs for clerical review"),
    "decisions": ("تصمیم", "Decisions"),
    "programme": ("برنامه", "Programme"),
    "eligible": ("واجد شرایط", "Eligible"),
    "needs_information": ("نیازمند اطلاعات", "Needs information"),
    "not_eligible": ("فاقد شرایط", "Not eligible"),
    "reports": ("گزارش‌ها", "Reports"),
    "unchanged": ("چیزی تغییر نکرده است؛ همان ویرایش برجاست.", "Nothing has changed: the same revision stands."),
    "received_equals": (
        "دریافت‌شده = پذیرفته + کنارگذاشته، برای همهٔ فهرست‌ها",
        "received = accepted + set aside, for every list",
    ),
    "held_file": ("{agency}: {sentence}", "{agency}: {sentence}"),
    "agency_failed": (
        "دستگاه {agency} پردازش نشد ({error})؛ بقیهٔ ماه حساب شد. دوباره اجرا کنید یا این خط را گزارش دهید.",
        "Agency {agency} could not be processed ({error}); the rest of the month was. Run again, or report this line.",
    ),
    "agency_not_taken_in": (
        "فایل‌های {agency} گرفته نشد ({error})؛ برای این دستگاه یادآوری نمی‌رود. این خط را گزارش دهید.",
        "The files of {agency} could not be taken in ({error}): it is sent no reminder. Report this line.",
    ),
    "missing_list": ("فهرست {list} نرسیده است.", "The list {list} has not come."),
    # figures and readiness
    "key": ("کلید", "Key"),
    "value": ("مقدار", "Value"),
    "unit": ("واحد", "Unit"),
    "change": ("تغییر", "Change"),
    "part": ("بخش", "Part"),
    "detail": ("شرح", "Detail"),
    # truth
    "truth": ("حقیقت در برابر یافته", "Truth against found"),
    "figure": ("رقم", "Figure"),
    "true": ("حقیقت", "Truth"),
    "found": ("یافته", "Found"),
    "difference": ("تفاوت", "Difference"),
    "explained": ("توضیح تفاوت", "What explains it"),
    "explanation": (
        "{set_aside} ردیف کنارگذاشته، {waiting} جفت در انتظار، {split} شخص دوپاره، {joined} شخص درهم",
        "{set_aside} set aside, {waiting} pairs waiting, {split} persons split, {joined} persons joined",
    ),
    "all_explained": ("هر تفاوت در محدودهٔ صف‌های بالاست.", "Every difference is within what those queues explain."),
    "not_explained": ("{count} رقم بیش از صف‌ها تفاوت دارد.", "{count} figures differ by more than the queues explain."),
    # evaluate
    "evaluation": ("پیوند {month} در برابر حقیقت", "Linkage of {month} against the truth"),
    "measured": ("سنجه", "Measure"),
    "measured_on": ("شمار", "Count"),
    "precision": ("دقت", "Precision"),
    "recall": ("بازیابی", "Recall"),
    "f1": ("F1", "F1"),
    "pairs": ("جفت نام‌برده‌ها", "pairs of mentions"),
    "clusters": ("خوشه‌ها (B-cubed)", "clusters (B-cubed)"),
    "cases": ("جفت پرونده‌ها", "pairs of cases"),
    "exactly_right": (
        "{what}: سهم کاملاً درست {share}؛ {split} چندپاره، {mixed} درهم",
        "{what}: exactly right {share}; {split} split, {mixed} mixed",
    ),
    "queue": (
        "صف بازبینی: {pairs} جفت ({share} نام‌برده‌ها)، سهم واقعاً یکی {right}؛ F1 خوشه‌ها پس از بازبین بی‌خطا {after}",
        "Review queue: {pairs} pairs ({share} of the mentions), truly the same {right}; clusters' F1 after a perfect reviewer {after}",
    ),
    "left_out": (
        "بیرون از سنجش: {without} نام‌برده بدون حقیقت، {records} ردیف پیوندنخورده",
        "Not measured: {without} mentions without truth, {records} records not linked",
    ),
    "by_damage": (
        "به تفکیک آسیب: بدترین {shown} از {all} گونه",
        "By kind of damage: the worst {shown} of {all} kinds",
    ),
    "damage": ("آسیب", "Damage"),
    "undamaged": ("بی‌آسیب", "undamaged"),
    "calibration": (
        "کالیبره بودن احتمال‌ها (بریر {brier}، خطای میانگین {error})",
        "Calibration of the probabilities (Brier {brier}, mean error {error})",
    ),
    "probability": ("احتمال", "Probability"),
    "predicted": ("پیش‌بینی", "Predicted"),
    "true_share": ("درست", "True"),
    "wrongly_joined": ("به‌خطا یکی شده", "Wrongly joined"),
    "wrong_kind": ("نسبت", "Kinship"),
    "person_pairs": ("جفت شخص", "Pairs of persons"),
    "mention_pairs": ("جفت نام‌برده", "Pairs of mentions"),
    "wrong_twins": ("دوقلوها", "twins"),
    "wrong_siblings": ("خواهر و برادر", "siblings"),
    "wrong_parent_and_child": ("والد و فرزند", "parent and child"),
    "wrong_spouses": ("زن و شوهر", "spouses"),
    "wrong_other_relatives": ("خویشان دیگر", "other relatives"),
    "wrong_namesakes": ("هم‌نام‌های بیگانه", "namesakes, not related"),
    "wrong_strangers": ("بیگانگان", "strangers"),
    # check
    "no_problem": ("ایرادی یافت نشد: {count} ردیف پذیرفته می‌شود.", "No problem found: {count} records are accepted."),
    "problems": ("ایرادها", "Problems"),
    "sheet": ("برگه", "Sheet"),
    "row": ("ردیف", "Row"),
    "column": ("ستون", "Column"),
    "problem": ("ایراد", "Problem"),
    "mend": ("راه اصلاح", "How to mend it"),
    "severity": ("شدت", "Severity"),
    "more": (
        "… و {count} ایراد دیگر (همه با --all یا در رونوشت اکسل: --copy FILE.xlsx)",
        "… and {count} more (all of them with --all, or in the Excel copy: --copy FILE.xlsx)",
    ),
    "check_summary": (
        "{received} ردیف: {accepted} پذیرفته، {set_aside} کنارگذاشته، {warned} هشدار. نتیجه: {decision}",
        "{received} records: {accepted} accepted, {set_aside} set aside, {warned} warnings. Result: {decision}",
    ),
    "copy_written": ("رونوشت با ایرادها: {path}", "The copy with the reasons: {path}"),
    "reject_submission": ("کل فایل برگشت می‌خورد", "whole file refused"),
    "set_aside_record": ("ردیف کنار می‌ماند", "record set aside"),
    "warn": ("هشدار", "warning"),
    "would_accept": ("فایل پذیرفته می‌شود", "the file would be accepted"),
    "would_refuse": ("فایل برگشت می‌خورد", "the file would be refused"),
    # mend
    "mend_taken": (
        "{rows} ردیف خوانده شد: {cells} خانه از {records} رکورد اصلاح شد.",
        "{rows} rows were read: {cells} cells of {records} records were mended.",
    ),
    "mend_validated": (
        "فهرست دوباره سنجیده شد: {accepted} پذیرفته، {set_aside} کنارگذاشته.",
        "The list was validated again: {accepted} accepted, {set_aside} set aside.",
    ),
    "mend_waits": (
        "اصلاح‌ها ثبت شد؛ ماه در دست اجراست و اجرای بعدی آن‌ها را به کار می‌برد.",
        "The mends are kept; the month is being run, and the next run uses them.",
    ),
    # errors
    "unknown_list": ("این فهرست شناخته نیست؛ یکی از این‌ها: {known}", "The list is not known; one of: {known}"),
    # release and delivery
    "checks": ("بررسی‌های پیش از تأیید {run}", "Checks before the release of {run}"),
    "check_name": ("بررسی", "Check"),
    "check_passed": ("درست", "passed"),
    "check_blocks": ("مانع تأیید", "blocks the release"),
    "check_noted": ("توجه", "note"),
    "check_account": ("حساب ردیف‌ها", "Account of the records"),
    "check_disclosure": ("آزمون افشا: ارقام کوچک پنهان‌اند", "Disclosure gate: small counts are hidden"),
    "check_files": ("فایل‌ها همان‌اند که ساخته شدند", "The files are what was rendered"),
    "check_letters": ("نامه‌ها همان را می‌گویند که گزارش", "The letters say what the report says"),
    "check_lists": ("همهٔ فهرست‌ها رسیده‌اند", "Every list has come"),
    "check_held": ("فهرستی نگه داشته نشده است", "No list is held"),
    "check_passwords": ("هر گیرنده گذرواژه دارد", "Every recipient has a password"),
    "check_preparers": ("آماده‌کننده", "Prepared by"),
    "ask_release": ("{run} منتشر شود؟", "Release {run}?"),
    "not_confirmed": (
        "تأیید نشد. پس از دیدن بررسی‌ها «y» را بزنید یا ‎--yes‎ را بیفزایید.",
        "Not released. Answer y after seeing the checks, or add --yes.",
    ),
    "released": (
        "{run} را {by} تأیید کرد؛ {count} نامه در صف ارسال است. ارسال: palayesh deliver",
        "{run} is released by {by}; {count} letters wait. To send them: palayesh deliver",
    ),
    "released_before": (
        "{run} پیش‌تر به تأیید {by} رسیده است؛ چیزی تازه در صف ننشست.",
        "{run} was released before, by {by}; nothing new is queued.",
    ),
    "nothing_to_send": ("پیامی در نوبت ارسال نیست.", "No message is due to be sent."),
    "mail_queued": ("در صف", "queued"),
    "mail_sending": ("در حال ارسال", "sending"),
    "mail_accepted": ("تحویل کارساز شد", "accepted"),
    "mail_acknowledged": ("گیرنده رسیدن آن را گفته", "acknowledged"),
    "mail_uncertain": ("نامعلوم؛ تصمیم با شماست", "uncertain: you decide"),
    "mail_failed": ("نافرستاده", "failed"),
    "mail_deferred": ("بعداً دوباره", "later again"),
    "mail_superseded": ("کنار گذاشته شد", "superseded"),
    "kind_report": ("گزارش", "report"),
    "kind_due": ("یادآوری", "reminder"),
    "kind_late": ("یادآوری دیرکرد", "late reminder"),
    "kind_notice": ("آگهی کار", "notice"),
    "kind_escalation": ("گزارش به بالادست", "escalation"),
    "outbox": ("صندوق ارسال", "Outbox"),
    "message": ("پیام", "Message"),
    "kind": ("نوع", "Kind"),
    "month": ("ماه", "Month"),
    "subject": ("موضوع", "About"),
    "recipient": ("گیرنده", "Recipient"),
    "reason": ("دلیل", "Reason"),
    "since": ("از", "Since"),
    "act_resend": (
        "پیام {message} به تصمیم {by} دوباره در صف است.",
        "Message {message} is queued again, as {by} decided.",
    ),
    "no_mailbox": (
        "صندوق نامه‌های برگشتی تنظیم نشده است؛ mailbox_host را در palayesh.toml بنویسید (docs/delivery.md).",
        "No mailbox of returned letters is set up: write mailbox_host in palayesh.toml (docs/delivery.md).",
    ),
    "returned_bounced": ("برگشتهٔ تازه", "newly bounced"),
    "returned_known": ("پیش‌تر ثبت‌شده", "noted before"),
    "returned_unmatched": ("دربارهٔ نامه‌ای دیگر", "about another letter"),
    "returned_unreadable": ("ناخوانا", "unreadable"),
    "act_bounced": ("برگشت پیام {message} را {by} ثبت کرد.", "{by} has noted that message {message} came back."),
    "act_acknowledged": ("رسیدن پیام {message} را {by} ثبت کرد.", "{by} has noted that message {message} arrived."),
    # errors
    "by_missing": (
        "نام تصمیم‌گیرنده لازم است: ‎--by نام",
        "It has to be known who decides: --by NAME",
    ),
    "one_act": (
        "یکی از ‎--status، --returns، --resend، --bounced، --acknowledged",
        "One of --status, --returns, --resend, --bounced, --acknowledged",
    ),
    "no_run": (
        "برای ماه {month} هنوز اجرایی نیست؛ نخست «palayesh run --month {month} --inbox پوشه» را اجرا کنید.",
        "There is no run of {month} yet: first `palayesh run --month {month} --inbox DIR`.",
    ),
    "usage_missing": (
        "{name} گفته نشده است. راهنما: {command} -h",
        "{name} is missing. Help: {command} -h",
    ),
    "usage_value": (
        "مقدار {name} پذیرفته نیست (نوع یا بازهٔ آن در راهنماست): {command} -h",
        "The value of {name} cannot be taken (its kind and range are in the help): {command} -h",
    ),
    "usage_option": (
        "گزینهٔ {name} نیست. راهنما: {command} -h",
        "There is no option {name}. Help: {command} -h",
    ),
    "usage_command": (
        "چنین فرمانی نیست. فرمان‌ها: {name}. راهنما: {command} -h",
        "There is no such command. The commands are: {name}. Help: {command} -h",
    ),
    "usage_other": (
        "فرمان درست نوشته نشده است. راهنما: {command} -h",
        "The command is not written as it should be. Help: {command} -h",
    ),
    "bad_month": (
        "«{text}» ماه نیست؛ ماه را مانند 1404-02 بنویسید.",
        "«{text}» is not a month: write it like 1404-02.",
    ),
    "bad_day": (
        "«{text}» روز نیست؛ روز را مانند 1404-03-02 بنویسید.",
        "«{text}» is not a day: write it like 1404-03-02.",
    ),
    "no_folder": ("پوشهٔ {path} وجود ندارد.", "There is no folder {path}."),
    "not_a_file": (
        "{path} پوشه است، نه فایل؛ فایل‌ها را یکی‌یکی بررسی کنید، مانند: palayesh check {path}/FILE",
        "{path} is a folder, not a file: check its files one by one, like: palayesh check {path}/FILE",
    ),
    "no_file": ("فایل {path} وجود ندارد.", "There is no file {path}."),
    "unknown_agency": (
        "دستگاه «{name}» شناخته نیست؛ یکی از این‌ها: {known}",
        "Agency «{name}» is not known; one of: {known}",
    ),
    "unforeseen": (
        "خطای پیش‌بینی‌نشده: {place}. این خط را به پشتیبان بدهید؛ دادهٔ شخصی در آن نیست.",
        "Unforeseen error: {place}. Give this line to your support; it holds no personal data.",
    ),
    "nothing_received": (
        "در {inbox} برای هیچ دستگاهی فایلی نبود؛ هر دستگاه یک پوشه دارد، مانند inbox/behzisti.",
        "There was no file for any agency in {inbox}: each agency has a folder, like inbox/behzisti.",
    ),
    "serving": (
        "برنامهٔ زمانی برقرار است؛ اجرای بعدی: {next}. برای پایان Ctrl+C.",
        "The schedule is on; the next run: {next}. Ctrl+C ends it.",
    ),
    "ready": ("آماده", "ready"),
    "not_ready": ("آماده نیست", "not ready"),
    "written": ("نوشته شد: {path}", "Written: {path}"),
}


def say(key: str, lang: Language, **values: Any) -> str:
    """The sentence in that language."""
    persian, english = WORDS[key]
    return _Sentence(lang).vformat(persian if lang == "fa" else english, (), values)


def number(value: float, lang: Language, form: str = ",") -> str:
    """The number as the language writes it, in Python's ``form``: «۳٬۷۸۹», ``3,789``."""
    written = format(value, form)
    return to_persian_digits(written.replace(",", "٬").replace(".", "٫")) if lang == "fa" else written


class _Sentence(string.Formatter):
    """Numbers are written as the language does; what somebody may copy (a month, a path, an id) is text and stays."""

    def __init__(self, lang: Language) -> None:
        self._lang = lang

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return number(value, self._lang, format_spec or ",")
        return str(super().format_field(value, format_spec))
