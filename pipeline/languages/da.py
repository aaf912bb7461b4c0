"""Danish: all its tables."""

from pipeline.languages import Language

# Words that end as a passive and are none: `synes`, `findes`, `deres`.
_NO_PASSIVE = (
    "alles|andres|begges|deres|enes|enkeltes|færdes|forgæves|fælles|følges|gældes|jeres|kaldes|ledes|lykkes|længes|ligeledes|"
    "mandes|menneskes|mindes|mislykkes|mødes|nogles|samles|skændes|skyldes|stedes|synes|særdeles|således|anderledes|tilstedes|"
    r"trives|undres|vedkommendes|vores|væmmes|ældes|diabetes|herpes|findes|kendes|opleves|\w*breddes|\w*kræfters"
)
_ADJECTIVES = r"populært|godt|kort|svært|rart|stort|stift|fast|hårdt|koldt|varmt|skarpt|\w*igt|\w*isk"

# Whoever a sentence sends the reader to, and how: `søg`, `bør du … søge`, `det er vigtigt at kontakte`.
_DOCTORS = (
    r"(?:egen læge|(?:special|børne|praktiserende )?læge(?:n|r|hjælp|hus|huset|klinik)?|skadestue\w*|akutmodtagelse\w*|"
    r"hospital\w*|sygehus\w*)\b"
)
_OTHERS = (
    r"(?:hjælp|fagperson\w*|behandler\w*|fysioterapeut\w*|kiropraktor\w*|specialist\w*|sundhedsfaglig\w*|"
    r"sundhedsprofessionel\w*|sundhedspersonale|psykolog\w*|professionel\w*|vurdering)\b"
)
_GO = (
    r"(?:\b(?:søg|kontakt|opsøg|ring til|kør til|tag til|tag på|gå til|konsult[ée]r|tal med|"
    r"henvend dig (?:til|hos|på))\b"
    r"|\b(?:bør|skal|må|vigtigt|nødvendigt|tilrådes|anbefales|afgørende|klogt|god id[eé]|husk|vent ikke|tøv ikke)\b"
    r"[^.!?;]{0,90}?\b(?:søge|kontakte|opsøge|ringe til|køre til|tage til|tage på|gå til|konsultere|tale med|"
    r"henvende (?:dig|sig) (?:til|hos|på))\b)"
)
_SOON = r"(?:straks|akut|omgående|øjeblikkelig\w*|hurtig\w*|snarest|med det samme)"
_CLOSE = r"[^.!?;]{0,60}?\b"

LANGUAGE = Language(
    # ---- front matter and dates
    names="danish dansk",
    yes="ja sand",
    no="nej falsk",
    keys={
        "title": "titel overskrift", "lead": "indledning", "description": "resume resumé beskrivelse",
        "language": "sprog", "published": "udgivet publiceret dato",
        "updated": "opdateret sidst_opdateret senest_opdateret",
        "reviewed": "gennemgået sidst_gennemgået senest_gennemgået revideret",
        "reviewed_by": "gennemgået_af fagligt_gennemgået_af", "approved_by": "godkendt_af",
        "review_after": "næste_gennemgang gennemgås_igen", "authors": "forfatter forfattere skribent skrevet_af",
        "picture": "billede forsidebillede", "picture_alt": "alttekst billede_alt",
        "key_points": "det_vigtigste hovedpunkter", "kind": "slags", "tags": "emneord nøgleord",
        "related": "relateret relaterede læs_også", "draft": "kladde udkast", "unlisted": "skjult",
        "formats": "formater", "help_boxes": "hjælpebokse", "articles": "artikler kapitler", "series": "serie",
        "page_break": "sideskift", "weeks": "uger", "dose": "dosis", "dose_by": "dosis_af dosis_fastsat_af",
        "events": "kalender begivenheder arrangementer", "opening_hours": "åbningstider", "name": "navn",
        "position": "nr nummer", "date": "dato", "day": "dag", "time": "tid klokken", "place": "sted",
        "alttext": "alttekst", "part": "del", "full": "fuld", "teaser": "uddrag",
    },
    months=(
        "januar jan", "februar feb", "marts mar", "april apr", "maj", "juni jun", "juli jul", "august aug",
        "september sep sept", "oktober okt", "november nov", "december dec",
    ),
    weekdays="(?:man|tirs|ons|tors|fre|lør|søn)(?:dag)?",
    before_day=r"den|d\.",
    before_time=r"kl(?:\.|okken)?\s*",
    # ---- blocks
    callouts={
        "note": "bemærk bemaerk obs fakta faktaboks infoboks",
        "tip": "råd raad godt-råd godt-raad gode-råd gode-raad",
        "important": "vigtigt vigtig husk",
        "warning": "advarsel fare pas-på pas-paa",
        "caution": "forsigtig forsigtighed vær-obs vaer-obs vær-opmærksom vaer-opmaerksom",
        "emergency": "ring-112 112 akut straks",
        "out-of-hours": "lægevagt laegevagt ring-til-lægevagten vagtlæge vagtlaege",
        "see-doctor": "læge laege egen-læge egen-laege søg-læge soeg-laege soeg-læge søg-laege kontakt-læge "
        "kontakt-laege søg-hjælp soeg-hjaelp alarm alarmtegn alarmsymptomer røde-flag roede-flag",
        "key-points": "det-vigtigste hovedpunkter hovedpointer kort-fortalt opsummering resumé resume",
    },
    media={"web": "kun-web", "print": "kun-print kun-tryk", "mail": "kun-mail", "book": "kun-bog"},
    references=r"(?:relevante |videnskabelige |anvendte |brugte )?"
    r"(?:referencer?|referenceliste|kilder?|kildeliste|kildehenvisning(?:er)?|litteratur|litteraturliste"
    r"|litteraturhenvisninger|bibliografi)(?: og (?:kilder|referencer|litteratur|links|videre læsning))?",
    counted="trimester|klasse|sal|etage",
    contact="tlf|telefon|mobil|cvr",
    placeholders="INDSÆT",
    screen=(
        r"\bklik(?:ke)? (?:\w+ ){0,2}(?:her|ind|videre|på)\b",
        r"\btryk (?:her|på (?:knappen|linket))\b",
        r"\b(?:læs|se|find|hent|download|bestil|book|køb|tilmeld)\b[^.!?]{0,60}\b(?<!hvor )her(?=$|[\s]*[.!:)\]→»]|$)",
        r"\bvideo(?:en|er|erne|klippet)? (?:her|ovenfor|nedenfor|herunder|herover|nedenunder)\b",
        r"\b(?:se|i|følg) (?:gerne )?(?:videoen|videoerne|filmen)\b",
        r"\blink(?:et|s|ene)? (?:her|ovenfor|nedenfor|herunder|herover|i bunden)\b",
        r"\bfølg linket\b",
        r"\b(?:knappen|søgefeltet|menuen|formularen) (?:ovenfor|nedenfor|herunder|herover|øverst)\b",
        r"\b(?:knappen|søgefeltet|menuen|formularen) til (?:højre|venstre)\b",
        r"\bscroll\w* (?:op|ned|videre)\b",
        r"\bswip\w+ (?:til|op|ned|videre)\b",
        r"\bindtast(?:e|er|es)?\b",
        r"\b[\w-]*(?<!\bdet )beregneren\b|\b(?:vores|gratis|online|denne) (?:[\w-]+ )?[\w-]*beregner\b",
        r"\bbook (?:\w+ ){0,3}(?:tid|aftale|konsultation)\b",
        r"\b(?:fremhævet|markeret|farvet|vist|angivet|tegnet) (?:med|i|som) (?:gul|rød|grøn|blå|orange|lilla)\w*",
    ),
    screen_hints="klik|tryk|her|video|film|link|knap|felt|menu|formular|scroll|swip|indtast|beregner|book|"
    "gul|rød|grøn|blå|orange|lilla",
    at_site="på|via|hos|bruger?|bruge",
    site_offers=r"kan (?:du|man) (?:\w+ )?(?:søge|finde|sammenligne|booke|bestille|læse)\b",
    picture_words="illustration|billede|foto|fotografi|grafik|figur|ikon|tegning|infografik",
    picture_of="af|over|til|om|der viser|som viser",
    points_at_picture=r"\b(?:(?:her)?under|nedenfor|ovenfor|nedenstående|ovenstående)\b|"
    r"\b(?:billede|tegning|figur|illustration|graf|skema)(?:et|en)\b",
    exercise_steps="sådan (?:gør|laver) du|udførelse",
    exercise_dose="dosis|antal|gentagelser|hvor (?:meget|mange)",
    exercise_caution="vær (?:obs|forsigtig)|forsigtig|pas på|advarsel|stop",
    # ---- words and numbers
    calls="læs(?: mere| om| alt| her| videre)|lær(?: mere| om| alt)?|bliv klogere|klik|start nu|kom i gang|bestil|"
    "få(?: hjælpe?| viden| styr| svar| en| et| de| gode)|se(?: her| mere| hvordan| øvelser)|guide|alt (?:om|du)|"
    "find(?: ud| svar| hjælp| din| en)|tips (?:og|&) tricks|forbedr|optim[eé]r|kontakt",
    little="af da de den der det din dit du en er et for i med og om på som til ved",
    leads_on="at eller fra før hos hvis hvor hvordan men når op samt sin vi",
    goes_on="afd ang bl.a ca cand d.v.s div dr dvs ekskl evt f.eks fig fx fys hhv iflg ifm ift iht inkl jf jfr kl "
    "m.h.p m.h.t maks max mhp mht nr ovl p.g.a pga pr prof ref resp sct skt sml spl tlf v.h.a vedr vha vs",
    may_end="etc m.fl m.m m.v mfl min mm mv o.a o.l osv sek st stk",
    plain_spellings={
        "paa": "på", "saa": "så", "saadan": "sådan", "naar": "når", "faa": "få", "gaa": "gå", "staa": "stå",
        "maa": "må", "ogsaa": "også", "aar": "år", "foer": "før", "foerste": "første", "goer": "gør", "boer": "bør",
    },
    elided="sgu",
    before_number=r"\w*nr|\w*nummer|sag|journal|reg|konto|ordre|tlf|telefon|mobil|cvr|cpr|vandt|vundet|tabte|tabt|førte|"
    "uafgjort|d|den|dato",
    dose_units="enheder",
    dose_measures="mikrogram|dråber|tabletter",
    number_units=r"procent|liter|meter|timer?|minutter|uger|måneder|år|dage|gange|grader|millioner|mio\.",
    explains=r"\s*[,–]?\s*(?:eller\s|også\s+kaldet|det\s+vil\s+sige|dvs\.|altså\s)"
    r"|\s*,\s*(?:der|som|hvilket)\s|\s+(?:er|betyder|kaldes)\s+(?:en|et|når|at)\s",
    written_out=(r"\b{}\b\s*,?\s+(?:som\s+)?står\s+for", r"forkort(?:et|es)\s+(?:til\s+|som\s+)?\W?{}\b"),
    # ---- mailing
    columns={
        "e-mailadresse": "address", "sprog": "language", "samtykke": "consent_date", "samtykkedato": "consent_date",
        "samtykketekst": "consent_wording", "samtykkekilde": "consent_source",
    },
    illness="diagnos|sygdom|kræft|kraeft|diabet|depress|demens|skizo|migræne|artrose|epilep|misbrug|"
    r"personnummer|journalnr|\b(?:abort|adhd|angst|cpr|gigt|hiv|kol|stress)",
    unsubscribe="afmeld|frameld",
    reply="sv|vs",
    # ---- typography
    units="sek|kr|kroner|mio|mia|procent|procentpoint|grad|grader|graders|sekund|sekunder|sekunders|minut|minutter|"
    "minutters|time|timer|timers|dag|dage|dages|døgn|døgns|uge|uger|ugers|måned|måneder|måneders|år|års|gram|kilo|"
    "kilogram|milligram|mikrogram|meter|meters|kilometer|centimeter|millimeter|liter|deciliter|milliliter|kalorier|"
    "kilokalorier|kilojoule|watt",
    # Dansk Sprognævn, Retskrivningsordbogen: a space between number and percent sign, none in `100%ig`.
    percent=r"(?<=[0-9])(?:[ \n](?=[%‰])|[%‰])(?!\w|-\w|%\w)",
    thousands=".",
    quotes=("„“‚‘", "»«›‹", "“”‘’"),
    after_z=("æä", "øö", "å"),
    # ---- spelling
    dictionaries="da_DK",
    # A short list of stems, since `ae`, `oe` and `aa` also stand in names (Aarhus, Michael) and in right spelling
    # (koeffektiv).
    ascii_spellings=r"\b\w*(?:smaa|saadan|naar|paa\b|faar|gaar|staa|maade|aar(?:sag|lig|e[rn]?\b)|laen[dg]|knae|baek|vaek|"
    r"vaegt|traen|aeld|foed|oevel|oege|oejne?\b|loeb|goer|hoej|foel|soevn|smoer|oensk|noedv|koer|proev|boern|roer|"
    r"stoett?e)\w*",
    # English words, short forms (those in capitals do it too: `WHO's`), and firms and titles that are spelt so
    # everywhere.
    apostrophe_words="it that what let here there who how where he she one women men children people world today "
    "tv pc sms pdf cd dvd ph cm mm km kg ml mg "
    "mcdonald levi lloyd domino kellogg wendy sotheby christie macy sainsbury gray",
    # `det, der der sker`, `holde det op op ad`, `meget meget`.
    twice="der det den de så for har ja nej meget langt rigtig igen som på i om op over hvad mere",
    endings=("e", "en", "et", "er", "ene", "erne", "n", "r", "t", "rne", "ne"),
    genitives=("s",),
    # ---- style
    passive=rf"\b[Bb](?:liver|lev|live|levet)\s+(?:\w+\s+){{0,2}}?(?!(?:{_ADJECTIVES})\b)\w{{2,}}(?:et|[rkglsfb]t)\b"
    rf"|\b(?!(?:{_NO_PASSIVE})\b)(?!\w+(?:er|e|ne|ing|els|hed|skab|ende)nes\b)[a-zæøå]\w*"
    r"(?:[bcdfghjkmpqtvxz]es|[^e\W][lr]es|[æøåiuoay]nes|skes|ndes|gnes|rnes|lses|sses|kses|res)\b",
    passive_hint=r"es\b|[Bb]l[ei]v",
    hidden_verbs=r"\b(?:foretag(?:e|er|es|et)|foretog|udfør(?:e|er|es|t)|gennemfør(?:e|er|es|t))\s+(?:en|et|den|det)?\s*"
    r"(?:\w+\s+)?\w{4,}(?:ning|ing|else|tion)(?:en|er|erne)?\s+af\b"
    r"|\b(?:finder|fandt|finde|fundet)\s+\w*\s?sted\b"
    r"|\bmed\s+henblik\s+på\s+at\b|\bder\s+er\s+tale\s+om\b|\bske(?:r|te|t)?\s+(?:en|et)\s+\w+(?:ning|else|tion)\b"
    r"|\b(?:har|have|havde)\s+(?:en\s+)?(?:indflydelse|indvirkning)\s+på\b|\bi\s+besiddelse\s+af\b",
    # ---- help
    helpers="læge egenlæge speciallæge tandlæge vagtlæge skadestue sygehus hospital fysioterapeut kiropraktor "
    "behandler sundhedsfaglig sundhedsprofessionel diætist sygeplejerske jordemoder psykolog 1813 112 akutmodtagelse "
    "akuttelefon fagperson",
    weak_helpers="hjælp vurdering rådgivning",
    asks="søge?r?|kontakte?r?|ringe?r?|tale?r?|gå|tag|opsøge?r?|henvende?r?|spørg|bed|bestil|konsultere?|vurderes|"
    "vurderet|undersøges|undersøgt|tilses|ses|rådfør|drøft|aftal|få",
    seeks="søge?r?|professionel|akut",
    alarms="røde flag|faresignal|alarmsymptom",
    levels={
        "emergency": r"\b1-?1-?2\b",
        "out-of-hours": r"lægevagt|vagtlæge",
        "see-doctor": r"\blæge(?:n|r|hjælp)?\b|speciallæge",
        "warning": "advarsel|fare|pas på",
        "caution": r"forsigtig|opmærksom|\bobs\b|pas på",
    },
    help_calls={
        "emergency": r"(?:\b(?:ring|kald|alarm[ée]r|kontakt)\b"
        r"|\b(?:bør|skal|må|kan altid|vigtigt at|vent ikke med at|tøv ikke med at)\b(?:(?!\bikke\b)[^.!?;]){0,60}?"
        r"\b(?:ringe|kontakte|alarmere)\b)(?:(?!\bikke\b)[^.!?;]){0,40}?"
        r"\b1-?1-?2\b(?!\s?\d|\s+(?:gange|patienter|personer|deltagere))"
        r"|\bhvornår (?:skal|bør)\b.{0,40}\bringe 1-?1-?2\b",
        "out-of-hours": rf"(?:{_GO}|\bring\b|\b(?:bør|skal|må)\b{_CLOSE}ringe\b){_CLOSE}(?:lægevagt|vagtlæge)\w*",
        "see-doctor": rf"{_GO}{_CLOSE}{_DOCTORS}(?! om\b)|{_GO}(?=[^.!?;]{{0,70}}\b{_SOON}\b){_CLOSE}{_OTHERS}"
        rf"|\b{_SOON}\b[^.!?;]{{0,40}}\b(?:søg|kontakt|opsøg)\b{_CLOSE}{_OTHERS}"
        rf"|\b(?:kræver?|bør have|skal have) (?:altid |en )?{_SOON} (?:\w+ ){{0,2}}"
        r"(?:lægehjælp|hjælp|henvendelse|vurdering|lægetilsyn|indlæggelse)\b"
        r"|\b(?:bør|skal)\b(?:(?!\bikke\b)[^.!?;,]){0,50}\b(?:vurderes|undersøges|tilses|vurderet|undersøgt)"
        rf"(?: \w+){{0,3}} {_SOON}\b|\b(?:bør|skal)\b(?: \w+){{0,3}} {_SOON} (?:vurderes|undersøges|tilses)\b",
    },
    help_when=rf"\b(?:hvis|når|såfremt|ved|oplever|mistanke|mistænker|samme dag|{_SOON})\b",
    no_help_call=r"(?<!vent )(?<!tøv )\b(?:ikke|aldrig|sjældent|behøver|unødvendigt|uden at)\b"
    r"(?:\s+(?!bør|skal|må|er|så)\w+){0,4}?\s+(?:søge|kontakte|opsøge|ringe|nødvendigt?)\b"
    r"|\b(?:søg|ring|kontakt)\w*\s+(?:\w+\s+)?ikke\b|\b(?:før|inden) (?:du|man|opstart|start|brug|træning)\b"
    r"|\bhvornår (?:du|man|I) (?:bør|skal)\b|\btale? med\b[^.!?,]*\bom\b",
    help_headings=r"^(?:hvornår (?:skal|bør|må|er det (?:\w+ ){1,3}at)\b.*"
    r"\b(?:søge?|kontakte?|opsøge?|ringe?|gå til|tage til|tage på|konsultere|tale med|henvende)\b(?! om\b).*?"
    rf"(?:{_DOCTORS}|{_OTHERS}|lægevagt|vagtlæge|\b112\b)"
    r"|hvornår (?:skal|bør)\b.*\b(?:reagere|være bekymret|blive bekymret)\b"
    rf"|(?:søg|kontakt|opsøg|ring|gå til|tal med)\b.*?(?:{_DOCTORS}|\bhjælp\b|lægevagt|vagtlæge|\b112\b))",
    help_topics=r"\btegn på (?:noget )?(?:farlig|alvorlig)|\bhvad (?:skal|bør|gør)\b.*\b(?:mistænk|mistanke)"
    r"|^(?:røde flag|alarm(?:tegn|symptom)|faresignal|advarselstegn)|\bhvornår er\b.*\b(?:farlig|alvorlig)",
    cautions=r"(?:vær (?:obs|forsigtig)\b|vær (?:særligt |ekstra )?opmærksom(?: på)?(?=\s*(?:$|[:!–-]|,? hvis))"
    r"|obs\s*[:!]|(?:forsigtig|forsigtighed|pas på|advarsel)(?=\s*(?:$|[:!–-]|, hvis))"
    r"|stop,? (?:hvis|når|øvelsen|træningen)\b)",
    help_words=r"\b1-?1-?2\b|\bstraks\b|\bakut\w*|\blægevagt\w*|\bvagtlæge\w*|\blægehjælp\b|\bskadestue\w*|\bambulance\w*"
    r"|\b(?:søge?r?|kontakte?r?|opsøge?r?|ringe?r? til|konsultere?r?|tale?r? med|gå til|går til)\b[^.!?;]{0,40}?\b"
    rf"{_DOCTORS}",
    complaints=r"smert|\bondt\b|symptom|sygdom|\bsyge?\b|lidelse|betændelse|inflamm|infektion|skade|diagnos|patient|"
    r"feber|kræft|brud\b|bruddet|prolaps|gigt|syndrom|hovedpine|migræne|svimmel|angst|depression|allergi",
    negations=r"ikke|ingen|intet|aldrig|hverken|næppe|sjældent|uden|umuligt|frem for|myte\w*|hvis|om|forvent\w*|kræver|"
    "behøver|snarere end|i stedet for|nogle|visse|enkelte",
    not_needed="ordinals before_month spaces_marks",
)  # fmt: skip
