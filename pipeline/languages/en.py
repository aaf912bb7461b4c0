"""English: all its tables."""

from pipeline.languages import Language

_DOCTORS = r"(?:doctor|gp|physician|hospital|emergency department|a&e|medical (?:help|attention|advice))\b"
_GO = (
    r"(?:(?:^|[.!?:;,–]\s*|\b(?:and|then|please|always|should|must|need to|important to|essential to|have to)\s+"
    r"(?:\w+\s+){0,2}?)(?:see|call|contact|phone|ring|talk to|speak to|visit|go to|consult|seek|get)\b)"
)
_SOON = r"(?:immediately|at once|urgent\w*|straight away|right away|as soon as possible|without delay)"
_CLOSE = r"[^.!?;]{0,60}?\b"

LANGUAGE = Language(
    # ---- front matter and dates
    names="english engelsk",
    yes="yes",
    no="no",
    months=(
        "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
        "september sep", "october oct", "november nov", "december dec",
    ),
    weekdays="(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?",
    before_day="the",
    ordinals="st|nd|rd|th",
    before_month="of",
    before_time=r"at\s+",
    # ---- blocks
    callouts={
        "note": "note info information callout",
        "tip": "tip tips hint",
        "important": "important attention",
        "warning": "warning danger error",
        "caution": "caution",
        "emergency": "emergency call-112",
        "out-of-hours": "out-of-hours out-of-hours-doctor doctor-on-call",
        "see-doctor": "see-doctor see-a-doctor doctor red-flag red-flags",
        "key-points": "key-points keypoints key-takeaways summary tldr tl;dr",
    },
    media={
        "web": "web-only", "print": "print-only", "mail": "mail-only email-only", "book": "book-only epub-only",
    },
    references="(?:references?|reference list|sources?|bibliography|works cited|literature)"
    "(?: and (?:sources|references|links|further reading))?",
    contact="e-?mail|mail|fax",
    placeholders="INSERT|TODO|TBD",
    screen=(
        r"\bclick (?:\w+ )?(?:here|on|the|below|above)\b",
        r"\btap (?:here|the button)\b",
        r"\bread more here\b",
        r"\b(?:see|watch) the video\b",
        r"\b(?:video|link|button|form) (?:above|below)\b",
        r"\bfollow (?:the|this) link\b",
        r"\bscroll (?:up|down)\b",
        r"\benter your (?:\w+ ){0,2}(?:age|weight|height|email)\b",
        r"\b(?:our|the|free|online) (?:\w+ )?calculator\b",
        r"\bbook (?:\w+ ){0,3}(?:online|appointment)\b",
        r"\b(?:highlighted|marked|shown|coloured) in (?:yellow|red|green|blue|orange|purple)\b",
    ),
    screen_hints="click|tap|here|video|link|scroll|enter|calculator|book|yellow|red|green|blue|orange|purple",
    at_site="on|via|at|use",
    site_offers=r"(?:you can|lets you) (?:\w+ )?(?:search|find|compare|book|read)\b",
    picture_words="image|picture|photo|graphic|figure|icon",
    picture_of="of|for|about|showing",
    points_at_picture=r"\b(?:below|above|(?:the|this) (?:picture|drawing|figure|illustration|graph|chart))\b",
    exercise_steps="how to|how it is done|instructions",
    exercise_dose="dosage|dose|sets|repetitions|how (?:much|many)",
    exercise_caution="caution|warning|be careful",
    # ---- words and numbers
    calls="find(?: out)|tips and tricks|read (?:more|about|on)|click|learn (?:more|about)|get (?:help|started)|"
    "see (?:more|how)|everything|book",
    little="a an and in of the to",
    leads_on="as but by from if is on or that when with your",
    goes_on="approx dr e.g i.e Mr Mrs Ms Prof vs",
    may_end="etc no",
    elided="n|s|ve|em|til|tis|twas|bout|cause|round",
    before_number="lot|batch|version|v|tel|phone|mobile|fax|ean|won|lost|beat|score",
    dose_units="units",
    dose_measures="drops|tablets",
    number_units="percent|litre|hours|weeks|months|years|days|times|million",
    explains=r"\s*[,–]?\s*(?:or\s|also\s+called|that\s+is)|\s*,\s*which\s|\s+(?:is|means)\s+(?:an?|when)\s",
    written_out=(r"\b{}\b\s*,?\s+(?:which\s+)?stands\s+for",),
    # ---- mailing
    columns={"email": "address", "e-mail": "address", "mail": "address"},
    illness="cancer|migraine",
    unsubscribe="unsubscribe",
    reply="re",
    # ---- typography
    units="%|‰|sec|percent|degree|degrees|second|seconds|minute|minutes|hour|hours|day|days|week|weeks|month|months|"
    "year|years|gram|grams|kilogram|kilograms|kilo|kilos|milligram|milligrams|microgram|micrograms|metre|metres|meter|"
    "meters|kilometre|kilometres|kilometer|kilometers|centimetre|centimetres|litre|litres|liter|liters|inch|inches|"
    "foot|feet|ft|mile|miles|lb|lbs|oz|calories|mph",
    thousands=",",
    quotes=("“”‘’",),
    # ---- spelling
    dictionaries="en_GB en_US",
    twice="had that so very no yes bye far do her",  # `that that`
    endings=("s", "es"),
    genitives=("'s", "’s"),
    # ---- style
    passive=r"(?i:\b(?:is|are|was|were|be|been|being)\s+(?:\w+ly\s+)?(?:\w{3,}ed|done|given|taken|made|seen|found|shown|"
    r"known|held|kept|told|felt|worn|drawn)\b)",
    hidden_verbs=r"\b(?:perform|conduct|carry\s+out|undertake|make|undergo)(?:s|es|ed|ing)?\s+(?:an?|the)\s+(?:\w+\s+)?"
    r"\w{4,}(?:tion|ment|sion|ance|ence|sis)\s+of\b"
    r"|\bwith\s+a\s+view\s+to\b|\btakes?\s+place\b|\bin\s+the\s+event\s+of\b|\bis\s+in\s+possession\s+of\b",
    # ---- help
    helpers="doctor gp physician nurse clinic hospital emergency 999 911 112 111 pharmacist physiotherapist therapist "
    "midwife dentist",
    weak_helpers="help attention advice",
    asks="see|call|contact|talk to|speak to|speak with|ask|visit|go to|consult|phone|seek|get",
    seeks="seek|get|medical|urgent|professional",
    alarms="red flag",
    levels={
        "emergency": r"\b112\b",
        "out-of-hours": "out.of.hours|doctor on call",
        "see-doctor": r"doctor|physician|\bgp\b",
        "warning": "warning|danger",
        "caution": r"caution|be careful|\bbeware\b",
    },
    help_calls={
        "emergency": rf"{_GO}(?:(?!\bnot\b)[^.!?;]){{0,40}}?"
        r"\b112\b(?!\s?\d|\s+(?:times|patients|people|participants))|\bwhen (?:should|must) .{0,30}\bcall 112\b",
        "out-of-hours": rf"{_GO}{_CLOSE}(?:out-of-hours|doctor on call)",
        "see-doctor": rf"{_GO}{_CLOSE}{_DOCTORS}(?! about\b)"
        rf"|{_GO}(?=[^.!?;]{{0,70}}\b{_SOON}\b){_CLOSE}(?:help|attention|advice)\b",
    },
    help_when=rf"\b(?:if|when|unless|{_SOON})\b",
    no_help_call=r"\b(?:not|never|rarely|seldom|no need|without)\b(?:\s+(?!should|must|please)\w+){0,4}?"
    r"\s+(?:see|call|contact|seek|visit|get)\b|\bbefore (?:you|starting|taking|using)\b"
    r"|\bwhen you (?:should|must)\b|\b(?:talk|speak) to\b[^.!?,]*\babout\b",
    help_headings=r"^(?:when (?:should|must|do)\b.*\b(?:see|call|contact|seek|get|visit)\b.*"
    rf"(?:{_DOCTORS}|\bhelp\b|\b112\b)|when to (?:see|call|contact|seek|get|visit)\b.*(?:{_DOCTORS}|\bhelp\b|\b112\b)"
    rf"|(?:see|call|contact|seek|get)\b.*(?:{_DOCTORS}|\bhelp\b|\b112\b))",
    help_topics=r"\bsigns? of (?:something )?(?:serious|dangerous)|\bwhat (?:should|do)\b.*\bsuspect"
    "|^(?:red flags|warning signs)",
    cautions=r"(?:caution|warning|be careful)(?=\s*(?:$|[:!–-]|,? if))|stop (?:if|when|the exercise)\b",
    help_words=rf"\b112\b|\bimmediately\b|\burgent\w*|\bout-of-hours\b|{_GO}{_CLOSE}{_DOCTORS}",
    complaints=r"\bpain|\baches?\b|symptom|disease|illness|\bill\b|disorder|inflamm|infection|injur|diagnos|patient|fever|"
    "cancer|fracture|arthritis|syndrome|headache|migraine|dizz|anxiety|depression|allerg",
    negations="not|no|never|neither|cannot|can't|won't|don't|doesn't|isn't|nothing|if|whether|myths?|rather than|"
    "without",
    not_needed="keys counted plain_spellings percent spaces_marks after_z ascii_spellings apostrophe_words "
    "passive_hint",
)  # fmt: skip
