"""Words for columns, as shops, tills and trackers write them: English first, then German, French, Spanish, Italian,
Dutch and Portuguese. An earlier word is a better one."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from rapidfuzz import fuzz

from crm.fields import KINDS

WORDS: dict[str, str] = {
    # Who
    "customer_id": "customer id, customer, customer number, customer no, client id, client, user id, member id, "
    "member, shopper id, buyer id, buyer, loyalty card, card number, household id, account, account id, "
    "customer email, email, e mail, email address, "
    "kunde, kundennummer, kundennr, kunden id, kd nr, numero client, id client, code client, "
    "courriel, cliente, id cliente, numero cliente, codigo cliente, codice cliente, correo electronico, klant, "
    "klantnummer, klant id, user, shopper",
    "user_id": "user id, user, visitor id, visitor, client id, customer id, customer, member id, fullvisitorid, "
    "anonymous id, device id, besucher, kunde, visiteur, utilisateur, visitante, usuario, utente, bezoeker",
    "session_id": "session id, session, user session, visit id, visit, sitzung, seance, sesion, sessione, sessie",
    "name": "name, full name, customer name, vorname nachname, kundenname, nom, nombre, nome, naam",
    "email": "email, e mail, email address, mail, customer email, courriel, correo electronico, correo, e mailadres",
    "birth_date": "birth date, date of birth, birthday, birthdate, dob, geburtsdatum, date de naissance, "
    "fecha de nacimiento, data di nascita, geboortedatum, data de nascimento",
    "city": "city, town, ort, stadt, ville, ciudad, citta, stad, plaats, cidade",
    "consent": "consent, marketing consent, accepts marketing, opt in, newsletter, subscribed, gdpr consent, "
    "einwilligung, werbeeinwilligung, consentement, consentimiento, consenso, toestemming, consentimento",
    # What was ordered
    "order_id": "order id, order, order number, order no, order name, invoice, invoice no, invoice number, invoice id, "
    "receipt, receipt id, receipt number, transaction id, transaction number, basket id, ticket, ticket number, "
    "bestellnummer, bestellung, auftragsnummer, auftrag, rechnungsnummer, rechnung, belegnummer, beleg, bon nr, "
    "numero de commande, commande, numero commande, facture, numero de facture, pedido, numero de pedido, factura, "
    "numero factura, id pedido, ordine, numero ordine, fattura, scontrino, bestelling, bestelnummer, factuur, "
    "factuurnummer, numero do pedido, nota fiscal, fatura",
    "item_id": "item id, stock code, product id, sku, lineitem sku, article, article number, item, item number, "
    "item code, product code, upc, ean, gtin, isbn, variant sku, artikelnummer, artikel nr, artikel, art nr, "
    "produktnummer, produkt id, reference, reference produit, code article, article id, codigo producto, "
    "codigo articulo, articulo, codice articolo, codice prodotto, articolo, artikelcode, productcode, "
    "codigo do produto",
    "description": "description, product name, item name, lineitem name, title, product, product title, item "
    "description, bezeichnung, artikelbezeichnung, produktname, produkt, beschreibung, designation, libelle, produit, "
    "nom du produit, descripcion, producto, nombre producto, descrizione, prodotto, omschrijving, productnaam, "
    "descricao, produto, nome do produto",
    "category": "category, category code, category name, department, product group, product category, product type, "
    "kategorie, warengruppe, produktgruppe, categorie, rayon, categoria, reparto, productgroep",
    "brand": "brand, brand name, manufacturer, label, vendor, marke, hersteller, marque, fabricant, marca, fabricante, "
    "marchio, merk, fabrikant",
    "quantity": "quantity, qty, lineitem quantity, units, pieces, purchase quantity, items, count, number of items, "
    "menge, anzahl, stuck, stuckzahl, quantite, nombre, cantidad, unidades, quantita, pezzi, aantal, hoeveelheid, "
    "stuks, quantidade, qtd",
    "unit_price": "unit price, price, item price, lineitem price, price each, price per unit, item cost, preis, "
    "einzelpreis, stuckpreis, vk preis, prix unitaire, prix, pu, precio unitario, precio, prezzo unitario, prezzo, "
    "stukprijs, prijs, eenheidsprijs, preco unitario, preco, valor unitario",
    "amount": "amount, line total, line amount, total, total price, total amount, revenue, sales, sales amount, "
    "value, purchase amount, order total, order amount, order value, dollar value, net amount, net sales, grand total, "
    "total paid, amount paid, price total, turnover, spend, betrag, summe, gesamt, gesamtbetrag, gesamtpreis, umsatz, "
    "zeilensumme, rechnungsbetrag, montant, montant total, total ttc, total ht, chiffre d affaires, importe, "
    "importe total, monto, importo, totale, importo totale, bedrag, totaal, totaalbedrag, omzet, valor, valor total",
    "discount": "discount, discount amount, lineitem discount, rebate, coupon, coupon discount, rabatt, nachlass, "
    "remise, reduction, descuento, sconto, korting, desconto",
    "ordered_at": "ordered at, order date, created at, date, invoice date, purchase date, purchased at, transaction "
    "date, timestamp, order created at, date created, order time, sale date, sales date, paid at, time, datetime, "
    "date time, day, event time, bestelldatum, kaufdatum, rechnungsdatum, auftragsdatum, belegdatum, datum, zeitpunkt, "
    "date de commande, date commande, date achat, date facture, fecha, fecha pedido, fecha de compra, fecha factura, "
    "data, data ordine, data acquisto, data fattura, besteldatum, aankoopdatum, factuurdatum, data do pedido, "
    "data da compra",
    "currency": "currency, currency code, wahrung, devise, moneda, divisa, valuta, moeda",
    "company": "company, company id, store, store id, shop, shop id, seller, merchant, brand id, branch, outlet, "
    "filiale, laden, firma, mandant, magasin, boutique, entreprise, tienda, empresa, negozio, azienda, winkel, "
    "bedrijf, loja",
    "country": "country, country code, country name, market, shipping country, billing country, ship country, land, "
    "pays, pais, paese, nazione",
    # What visitors did
    "occurred_at": "occurred at, event time, event timestamp, timestamp, time, datetime, date time, created at, date, "
    "event date, ts, hit time, zeitpunkt, zeitstempel, zeit, datum, horodatage, heure, fecha, fecha hora, hora, data, "
    "tijdstip, tijd",
    "kind": "event type, event name, event, kind, action, event action, hit type, type, activity, ereignis, "
    "ereignistyp, evenement, type evenement, evento, tipo evento, gebeurtenis",
    "page": "page, page url, url, page path, path, page location, page title, page name, landing page, seite, "
    "pagina, adresse",
    "price": "price, item price, product price, preis, prix, precio, prezzo, prijs, preco, revenue, value",
    "converted": "converted, conversion, is conversion, revenue, purchased, bought, purchase, is purchase, "
    "transaction, has purchased, gekauft, konvertiert, achete, converti, comprado, acquistato, gekocht, convertido",
    "conversion_value": "conversion value, conversion revenue, transaction revenue, goal value, konversionswert",
    "engagement_ms": "engagement ms, engagement time msec, engagement time, time on page ms",
    "clicks": "clicks, click count, number of clicks, klicks, clics, clic, kliks, cliques",
    "form_fill_ms": "form fill ms, form fill time, form fill time ms, form time ms",
    "latency_ms": "latency ms, latency, response time ms, response time, load time ms, antwortzeit",
    "ajax_calls": "ajax calls, ajax, ajax requests, ajax count, xhr calls",
    "bytes": "bytes, bytes sent, size bytes, response bytes, response size",
    "device": "device, device type, device category, gerat, geratetyp, appareil, dispositivo, apparaat",
    "os": "os, operating system, operating systems, platform, betriebssystem, systeme, sistema operativo, "
    "besturingssysteem",
    "browser": "browser, browser name, user agent family, navigateur, navegador",
    "referrer": "referrer, referer, source, traffic source, utm source, channel, medium, campaign, herkunft, quelle, "
    "provenance, origen, origine, bron",
    # Whole visits
    "started_at": "started at, session start, start time, visit start, visit date, date, timestamp, start, beginn, "
    "debut, inicio, inizio",
    "pages": "pages, page views, pageviews, pages viewed, page count, number of pages, hits, seiten, seitenaufrufe, "
    "pages vues, paginas vistas, pagine viste",
    "duration": "duration, session duration, time on site, visit duration, duration seconds, dauer, sitzungsdauer, "
    "duree, duracion, durata, duur, duracao",
    "bounce_rate": "bounce rate, bounce rates, bounces, absprungrate, taux de rebond, porcentaje de rebote",
    "exit_rate": "exit rate, exit rates, ausstiegsrate, taux de sortie",
    "page_value": "page value, page values, seitenwert, valeur de page",
    "visitor_type": "visitor type, user type, new or returning, new returning, besuchertyp, type de visiteur, "
    "tipo de visitante",
}
SYNONYMS = {name: [word.strip() for word in words.split(",")] for name, words in WORDS.items()}
# In a table of customers, what has no other name than "id" is theirs.
IN_KIND = {("customers", "customer_id"): ["id"]}
# Shorter words are found only when they are all there is: "os" is like too much.
SHORTEST_ALIKE = 5
ALIKE = 86
# "Billing country" ends in a word that we know; "tax amount" does too, so somebody is asked.
ENDING = 0.85


def normalised(name: str) -> str:
    """Letters and digits alone, without accents: the same for CustomerID, customer_id and Customer ID."""
    return re.sub(r"[^a-z0-9]", "", _plain(name.casefold()))


def _plain(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))


def words_of(column: str) -> str:
    """A column's name as words: CustomerID, customer_id and `Customer-Id` are all "customer id"."""
    split = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3 \2\4", column)
    return re.sub(r"[^a-z0-9]+", " ", _plain(split.casefold())).strip()


@lru_cache(maxsize=4096)
def by_name(column: str, kind: str) -> Mapping[str, float]:
    """What the column's name says of it: field -> confidence of 0 to 1, among the fields of the kind."""
    words = words_of(column)
    found = {name: _likeness(words, SYNONYMS[name] + IN_KIND.get((kind, name), [])) for name in KINDS[kind].names}
    return MappingProxyType({name: score for name, score in found.items() if score})


def _likeness(words: str, synonyms: list[str]) -> float:
    squeezed = words.replace(" ", "")
    for place, synonym in enumerate(synonyms):
        if squeezed == synonym.replace(" ", ""):
            return 1 - place / 1000
    if any(len(synonym) >= SHORTEST_ALIKE and words.endswith(f" {synonym}") for synonym in synonyms):
        return ENDING
    alike = max((fuzz.ratio(words, word) for word in synonyms if len(word) >= SHORTEST_ALIKE), default=0.0)
    return round(alike / 100 - 0.05, 2) if alike >= ALIKE and len(words) >= SHORTEST_ALIKE else 0.0
