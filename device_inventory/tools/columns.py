"""Which column of a supplier's file means which field of a manifest."""

import re
import unicodedata

from .grid import cell_text, column_letter
from .problems import FileProblem, Problem
from .text import fold

#: Fields of a manifest line that a file can fill. Only ``imei`` is mandatory.
FIELDS = (
    "imei",
    "imei2",
    "eid",
    "storage",
    "color",
    "grade",
    "lock_status",
    "purchase_cost",
    "supplier_sku",
    "supplier_grade",
    "supplier_carton_id",
)

#: Headings of each field in lower case without accents, blanks and punctuation,
#: the surest first.
SYNONYMS = {
    "imei": (
        "imei imei1 imeinumber imeino imeinr imeicode imei1number imei1no imeinumber1 "
        "imeino1 imeimeid imeiormeid meid meidimei imeiserial imeisn serialimei "
        "imeiserialnumber serialnumberimei imeiserialno deviceimei phoneimei "
        "handsetimei primaryimei firstimei imeiesn esnimei esn imeisv meidhex meiddec "
        "numeroimei numerodeimei imeinummer imei\u53f7 imei\u7801 \u4e32\u53f7 "
        "\u4e32\u7801"
    ),
    "imei2": (
        "imei2 imei2number imei2no imeinumber2 imeino2 secondimei imeitwo imeib "
        "secondaryimei imeisim2 imeislot2 imeiesim"
    ),
    "eid": "eid eidnumber eidno esimid eidcode",
    "storage": (
        "storage storagecapacity capacity gb memory storagegb capacitygb memorygb "
        "storagesize memorysize size internalstorage rom romgb capacite stockage "
        "speicher speicherkapazitat almacenamiento capacidad memoria "
        "armazenamento \u5bb9\u91cf"
    ),
    "color": (
        "color colour devicecolor devicecolour colorname colourname couleur farbe "
        "colore cor kleur farg \u989c\u8272"
    ),
    "grade": (
        "grade devicegrade cosmeticgrade grading condition cosmeticcondition "
        "gradecondition classe klasse grado zustand"
    ),
    "lock_status": (
        "lockstatus lock simlock simlockstatus simlockstate simstatus networklock "
        "networklockstatus networkstatus carrierlock carrierlockstatus carrierstatus "
        "lockedunlocked unlockedlocked lockstate unlockstatus locked"
    ),
    "purchase_cost": (
        "purchasecost cost unitcost costprice purchaseprice unitprice buyprice "
        "buyingprice netprice netcost priceperunit priceunit costperunit priceeach "
        "pricepiece price prixunitaire prixachat prix cout einkaufspreis stuckpreis "
        "preis kosten preciounitario precio costo coste prezzo preco"
    ),
    "supplier_sku": (
        "suppliersku vendorsku sku skucode skuno partno partnumber partnr "
        "supplierpartno supplierpartnumber vendorpartno vendorpartnumber itemno "
        "itemnumber itemcode productcode articleno articlenumber artno "
        "artikelnummer suppliercode supplierproductcode vendorproductcode mpn part "
        "reference"
    ),
    "supplier_grade": (
        "suppliergrade vendorgrade suppliergrading vendorgrading sellergrade "
        "suppliercondition vendorcondition"
    ),
    "supplier_carton_id": (
        "suppliercartonid cartonid carton cartonno cartonnumber suppliercarton "
        "suppliercartonno masterbox masterboxid mastercarton cartoncode box boxid "
        "boxno boxnumber boxcode pallet palletid palletno lpn karton caja colis"
    ),
}

_RANKS = {
    name: (field, rank)
    for field, names in SYNONYMS.items()
    for rank, name in enumerate(names.split())
}
_BRACKETS = re.compile(r"[(\[{][^)\]}]*[)\]}]")
_TRAILING_UNIT = re.compile(r"(?:usd|eur|gbp|cad|aud|chf|inr|aed|gb|each|unit)$")
_NOT_IMEI = re.compile(
    r"status|check|result|count|date|type|qty|quantity|verified|valid|list|photo|total"
)
_LOOSE_RANK = 1000


def suggest_mapping(headers, imei_column=None):
    """Propose the meaning of each heading.

    :param headers: the headings of a sheet, in order
    :param imei_column: index of the column that holds IMEIs by its content, used
        when no heading says so
    :returns: ``{index: field}`` with each field at most once

    >>> suggest_mapping(["Box", "IMEI Number", "Colour", "Notes", "Unit Price"])
    {0: 'supplier_carton_id', 1: 'imei', 2: 'color', 4: 'purchase_cost'}
    """
    best = {field: found[0] for field, found in _candidates(headers).items()}
    if "imei" not in best and imei_column is not None:
        best = {field: index for field, index in best.items() if index != imei_column}
        best["imei"] = imei_column
    return {index: field for field, index in sorted(best.items(), key=lambda i: i[1])}


def ambiguous_headers(headers):
    """Return a :class:`Problem` for each heading that lost a field to another one.

    >>> [problem.params["ignored"] for problem in ambiguous_headers(["IMEI", "IMEI"])]
    ['IMEI (B)']
    """
    return [
        Problem(
            0,
            cell_text(headers[other]),
            field,
            "ambiguous_header",
            {
                "field": field,
                "used": label(headers, found[0]),
                "ignored": label(headers, other),
            },
        )
        for field, found in _candidates(headers).items()
        for other in found[1:]
    ]


def check_mapping(headers, mapping):
    """Refuse a mapping that misses the IMEI or names a field or column wrongly.

    :param mapping: ``{index: field}``, as the user confirmed it
    :raises FileProblem: with a code that begins with ``mapping_``
    """
    columns = {}
    for index, field in mapping.items():
        if not 0 <= index < len(headers):
            raise FileProblem("mapping_column", column=index + 1)
        if field not in FIELDS:
            raise FileProblem("mapping_field", field=field)
        if field in columns:
            raise FileProblem(
                "mapping_twice",
                field=field,
                first=label(headers, columns[field]),
                second=label(headers, index),
            )
        columns[field] = index
    if "imei" not in columns:
        raise FileProblem("mapping_imei")


def label(headers, index):
    """Return a heading with its column's letter when it does not stand alone."""
    text = cell_text(headers[index])
    same = sum(cell_text(header) == text for header in headers)
    letter = column_letter(index)
    return (f"{text} ({letter})" if same > 1 else text) if text else letter


def recognised_fields(headers):
    """Return how many fields a row of texts would name as headings."""
    return len(_candidates(headers))


def header_rank(headers):
    """Return how surely a row is the headings: smaller is better, None is not.

    A row counts as headings when it names the IMEI; the more fields it names, the
    surer.
    """
    candidates = _candidates(headers)
    if "imei" not in candidates:
        return None
    return -len(candidates), _rank(headers[candidates["imei"][0]])[1]


def _candidates(headers):
    """Return ``{field: [index, ...]}``, the best heading of each field first."""
    found = {}
    for index, header in enumerate(headers):
        ranked = _rank(header)
        if ranked:
            field, rank = ranked
            found.setdefault(field, []).append((rank, index))
    return {field: [index for _rank, index in sorted(f)] for field, f in found.items()}


def _rank(header):
    """Return the field that a heading names and how surely, or None."""
    if not isinstance(header, str) or not header or len(header) > 60:
        return None
    bare = _BRACKETS.sub("", header)
    for text in (_normalise(header), _normalise(bare)):
        for name in (text, _TRAILING_UNIT.sub("", text)):
            if name in _RANKS:
                return _RANKS[name]
    return _rank_loosely(_normalise(header))


def _rank_loosely(name):
    if "imei" not in name or _NOT_IMEI.search(name):
        return None
    return ("imei2" if "2" in name else "imei"), _LOOSE_RANK


def _normalise(text):
    text = unicodedata.normalize("NFKD", fold(text)).casefold()
    return "".join(char for char in text if char.isalnum())
