"""Names of months and days of the week, one table a language; compared without case and accents."""

import unicodedata

# Twelve lines a language would be long: months are separated by " | ", the spellings of one by a space.
MONTHS_OF: dict[str, str] = {
    "en": "january jan | february feb | march mar | april apr | may | june jun | july jul | august aug | "
    "september sept sep | october oct | november nov | december dec",
    "de": "januar jänner jan jän | februar feber feb | märz mär mrz | april apr | mai | juni jun | juli jul | "
    "august aug | september sept sep | oktober okt | november nov | dezember dez",
    "fr": "janvier janv jan | février févr fév | mars | avril avr | mai | juin | juillet juil | août | "
    "septembre sept | octobre oct | novembre nov | décembre déc",
    "es": "enero ene | febrero feb | marzo mar | abril abr | mayo may | junio jun | julio jul | agosto ago | "
    "septiembre setiembre sept sep set | octubre oct | noviembre nov | diciembre dic",
    "pt": "janeiro jan | fevereiro fev | março mar | abril abr | maio mai | junho jun | julho jul | agosto ago "
    "| setembro set | outubro out | novembro nov | dezembro dez",
    "it": "gennaio genn gen | febbraio febbr feb | marzo mar | aprile apr | maggio magg mag | giugno giu | "
    "luglio lug | agosto ago | settembre sett set | ottobre ott | novembre nov | dicembre dic",
    "ca": "gener gen | febrer febr | març | abril abr | maig | juny | juliol | agost ag | setembre set | "
    "octubre oct | novembre nov | desembre des",
    "ro": "ianuarie ian | februarie feb | martie mart | aprilie apr | mai | iunie iun | iulie iul | august aug "
    "| septembrie sept | octombrie oct | noiembrie noi | decembrie dec",
    "nl": "januari jan | februari feb | maart mrt | april apr | mei | juni jun | juli jul | augustus aug | "
    "september sept sep | oktober okt | november nov | december dec",
    "sv": "januari jan | februari febr feb | mars mar | april apr | maj | juni jun | juli jul | augusti aug | "
    "september sept sep | oktober okt | november nov | december dec",
    "da": "januar jan | februar febr feb | marts mar | april apr | maj | juni jun | juli jul | august aug | "
    "september sept sep | oktober okt | november nov | december dec",
    "nb": "januar jan | februar feb | mars mar | april apr | mai | juni jun | juli jul | august aug | september "
    "sep | oktober okt | november nov | desember des",
    "fi": "tammikuu tammikuuta tammi | helmikuu helmikuuta helmi | maaliskuu maaliskuuta maalis | huhtikuu "
    "huhtikuuta huhti | toukokuu toukokuuta touko | kesäkuu kesäkuuta kesä | heinäkuu heinäkuuta heinä | elokuu "
    "elokuuta elo | syyskuu syyskuuta syys | lokakuu lokakuuta loka | marraskuu marraskuuta marras | joulukuu "
    "joulukuuta joulu",
    "pl": "stycznia styczeń sty | lutego luty lut | marca marzec mar | kwietnia kwiecień kwi | maja maj | "
    "czerwca czerwiec cze | lipca lipiec lip | sierpnia sierpień sie | września wrzesień wrz | października "
    "październik paź | listopada listopad lis | grudnia grudzień gru",
    "cs": "ledna leden led | února únor úno | března březen bře | dubna duben dub | května květen kvě | června "
    "červen čvn | července červenec čvc | srpna srpen srp | září zář | října říjen říj | listopadu listopad | "
    "prosince prosinec pro",
    "sk": "januára január | februára február | marca marec | apríla apríl | mája máj | júna jún | júla júl | "
    "augusta august | septembra september | októbra október | novembra november | decembra december",
    "hu": "január jan | február febr | március márc | április ápr | május máj | június jún | július júl | "
    "augusztus aug | szeptember szept | október okt | november nov | december dec",
    "tr": "ocak oca | şubat şub | mart | nisan nis | mayıs | haziran haz | temmuz tem | ağustos ağu | eylül eyl "
    "| ekim eki | kasım kas | aralık ara",
    "id": "januari | februari | maret | april | mei | juni | juli | agustus agu | september | oktober | "
    "november | desember",
    "el": "ιανουαρίου ιανουάριος ιαν | φεβρουαρίου φεβρουάριος φεβ | μαρτίου μάρτιος μαρ | απριλίου απρίλιος "
    "απρ | μαΐου μάιος μαι | ιουνίου ιούνιος ιουν | ιουλίου ιούλιος ιουλ | αυγούστου αύγουστος αυγ | "
    "σεπτεμβρίου σεπτέμβριος σεπ | οκτωβρίου οκτώβριος οκτ | νοεμβρίου νοέμβριος νοε | δεκεμβρίου δεκέμβριος "
    "δεκ",
    "ru": "января январь янв | февраля февраль фев | марта март мар | апреля апрель апр | мая май | июня июнь "
    "июн | июля июль июл | августа август авг | сентября сентябрь сент сен | октября октябрь окт | ноября "
    "ноябрь нояб ноя | декабря декабрь дек",
    "uk": "січня січень січ | лютого лютий лют | березня березень бер | квітня квітень кві | травня травень тра "
    "| червня червень чер | липня липень лип | серпня серпень сер | вересня вересень вер | жовтня жовтень жов | "
    "листопада листопад лис | грудня грудень гру",
    "bg": "януари ян | февруари фев | март мар | април апр | май | юни | юли | август авг | септември сеп септ "
    "| октомври окт | ноември ное | декември дек",
    "ar": "يناير جانفي | فبراير شباط فيفري | مارس آذار | أبريل إبريل نيسان أفريل | مايو أيار ماي | يونيو حزيران "
    "جوان | يوليو تموز جويلية | أغسطس آب أوت | سبتمبر أيلول | أكتوبر | نوفمبر | ديسمبر",
    "he": "ינואר בינואר | פברואר בפברואר | מרץ במרץ | אפריל באפריל | מאי במאי | יוני ביוני | יולי ביולי | "
    "אוגוסט באוגוסט | ספטמבר בספטמבר | אוקטובר באוקטובר | נובמבר בנובמבר | דצמבר בדצמבר",
}
# Days of the week, which stand before or behind a date and say nothing more.
DAYS_OF: dict[str, str] = {
    "en": "monday mon tuesday tues tue wednesday wednes wed thursday thurs thur thu friday fri saturday satur "
    "sat sunday sun",
    "de": "montag mo dienstag di mittwoch mi donnerstag do freitag fr samstag sonnabend sa sonntag so",
    "fr": "lundi lun mardi mar mercredi mer jeudi jeu vendredi ven samedi sam dimanche dim",
    "es": "lunes lun martes mar miércoles mié jueves jue viernes vie sábado sáb domingo dom",
    "pt": "segunda-feira segunda seg terça-feira terça ter quarta-feira quarta qua quinta-feira quinta qui "
    "sexta-feira sexta sex sábado sáb domingo dom",
    "it": "lunedì lun martedì mar mercoledì mer giovedì gio venerdì ven sabato sab domenica dom",
    "ca": "dilluns dl dimarts dt dimecres dc dijous dj divendres dv dissabte ds diumenge dg",
    "ro": "luni marți miercuri joi vineri sâmbătă duminică",
    "nl": "maandag ma dinsdag di woensdag wo donderdag do vrijdag vr zaterdag za zondag zo",
    "sv": "måndag mån tisdag tis onsdag ons torsdag tors tor fredag fre lördag lör söndag sön",
    "da": "mandag man tirsdag tirs tir onsdag ons torsdag tors tor fredag fre lørdag lør søndag søn",
    "fi": "maanantai maanantaina ma tiistai tiistaina ti keskiviikko keskiviikkona ke torstai torstaina "
    "perjantai perjantaina pe lauantai lauantaina la sunnuntai sunnuntaina su",
    "pl": "poniedziałek pon pn wtorek wt środa śr czwartek czw piątek pt sobota sob niedziela niedz nd",
    "cs": "pondělí po úterý út středa st čtvrtek čt pátek pá sobota so neděle ne",
    "sk": "pondelok utorok streda štvrtok piatok nedeľa",
    "hu": "hétfő kedd szerda csütörtök péntek szombat vasárnap",
    "tr": "pazartesi pzt salı sal çarşamba çar perşembe per cuma cum cumartesi cmt pazar paz",
    "id": "senin selasa rabu kamis jumat sabtu minggu",
    "el": "δευτέρα τρίτη τετάρτη πέμπτη παρασκευή σάββατο κυριακή",
    "ru": "понедельник пн вторник вт среда ср четверг чт пятница пт суббота сб воскресенье вс",
    "uk": "понеділок вівторок середа четвер пʼятниця субота неділя",
    "ar": "الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد",
    "ja": "月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日 月 火 水 木 金 土 日",
    "zh": "星期一 星期二 星期三 星期四 星期五 星期六 星期日 星期天 周一 周二 周三 周四 周五 周六 周日",
    "ko": "월요일 화요일 수요일 목요일 금요일 토요일 일요일 월 화 수 목 금 토 일",
}
# What stands between the parts of a date: `5 de marzo de 2024`, `5. März 2024`, `5 de março do ano de 2024`.
BETWEEN = ("de", "del", "do", "of", "di", "d'")
# What stands before and behind one: `le 5 mars 2024`, `5 marca 2024 r.`, `5 марта 2024 г.`
BEFORE = ("le", "el", "am", "den", "il", "op", "d", "the", "on")
BEHIND = (
    "r",
    "r.",
    "roku",
    "\u0433",
    "\u0433.",
    "\u0433\u043e\u0434\u0430",
    "\u0440.",
    "\u0440\u043e\u043a\u0443",
    "j.",
    "g.",
)


def folded(text: str) -> str:
    """The text without case and accents; `ı` is `i`."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
    return unicodedata.normalize("NFC", plain).replace("\u0131", "i")


MONTHS: dict[str, int] = {
    folded(spelling): number
    for months in MONTHS_OF.values()
    for number, spellings in enumerate(months.split(" | "), start=1)
    for spelling in spellings.split()
}
DAYS: frozenset[str] = frozenset(folded(day) for days in DAYS_OF.values() for day in days.split())
