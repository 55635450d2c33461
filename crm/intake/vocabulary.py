"""Words that tell what a column's values are: currencies, countries, events, yes and no."""


def _words(text: str, separator: str | None = None) -> frozenset[str]:
    return frozenset(word.strip() for word in text.split(separator))


CURRENCIES = _words(
    "AED ARS AUD BDT BGN BHD BRL CAD CHF CLP CNY COP CZK DKK DZD EGP EUR GBP GEL GHS HKD HRK HUF IDR ILS INR ISK "
    "JOD JPY KES KRW KWD KZT LKR MAD MXN MYR NGN NOK NZD OMR PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TND "
    "TRY TWD UAH UGX USD UYU VND XAF XOF ZAR"
)
SIGNS = {"€": "EUR", "£": "GBP", "$": "USD", "¥": "JPY", "zł": "PLN", "₹": "INR", "₽": "RUB", "₺": "TRY"}
COUNTRY_CODES = _words(
    "AD AE AF AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM "
    "CN CO CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FM FR GA GB GD GE GH GM GN GQ GR GT GW GY HK "
    "HN HR HT HU ID IE IL IN IQ IR IS IT JM JO JP KE KG KH KI KM KN KP KR KW KZ LA LB LC LI LK LR LS LT LU LV LY "
    "MA MC MD ME MG MH MK ML MM MN MO MR MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NR NZ OM PA PE PG PH PK PL PR "
    "PT PW PY QA RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TD TG TH TJ TL TM TN TO TR TT "
    "TV TW TZ UA UG UK US UY UZ VA VC VE VN VU WS YE ZA ZM ZW EIRE RSA USA EU"
)
COUNTRIES = _words(
    "argentina, australia, austria, bahrain, belgium, brazil, bulgaria, canada, channel islands, chile, china, "
    "colombia, croatia, cyprus, czech republic, czechia, denmark, egypt, eire, england, estonia, european "
    "community, finland, france, germany, great britain, greece, hong kong, hungary, iceland, india, indonesia, "
    "ireland, israel, italy, japan, kenya, latvia, lebanon, lithuania, luxembourg, malaysia, malta, mexico, "
    "morocco, netherlands, new zealand, nigeria, northern ireland, norway, pakistan, peru, philippines, poland, "
    "portugal, qatar, romania, russia, saudi arabia, scotland, serbia, singapore, slovakia, slovenia, south "
    "africa, south korea, spain, sweden, switzerland, taiwan, thailand, turkey, ukraine, united arab emirates, "
    "united kingdom, united states, united states of america, unspecified, vietnam, wales, deutschland, "
    "österreich, oesterreich, schweiz, frankreich, italien, spanien, niederlande, belgien, polen, großbritannien, "
    "vereinigtes königreich, allemagne, autriche, belgique, espagne, italie, suisse, pays-bas, royaume-uni, "
    "états-unis, españa, alemania, francia, italia, méxico, estados unidos, reino unido, países bajos, germania, "
    "spagna, svizzera, regno unito, stati uniti, nederland, duitsland, frankrijk, belgië, spanje, verenigd "
    "koninkrijk, brasil, alemanha, frança, espanha, itália",
    ",",
)
EVENTS = _words(
    "view cart purchase remove_from_cart click pageview page_view form form_submit form_start conversion "
    "session_start scroll add_to_cart begin_checkout checkout event order transaction search login sign_up "
    "user_engagement first_visit view_item select_item impression product_view add_to_wishlist refund"
)
FLAGS = _words("true false yes no 0 1 t f y n ja nein oui non si sí")
CANCELLED = (
    "cancelled|canceled|refund|returned|^return|void|storno|storniert|retour|zurück|annul|rembours|cancelad|devuelt|"
    "reembols|annullat|reso|rimbors|geannuleerd|terugbetaald"
)
