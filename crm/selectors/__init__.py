"""Reads of uploads, customers and the ledger."""

from crm.selectors.contacts import Contact, contact_of, has_contacts, is_called, keys_called, names_of
from crm.selectors.customers import customer_of, customers_starting_with, external_ids, search_prefix
from crm.selectors.ledger_state import (
    current_version,
    default_as_of,
    has_demo_data,
    has_lines,
    has_real_data,
    is_real_data_published,
    known_purchases,
    lines_held,
    newer_version,
    span_of_lines,
)
from crm.selectors.partial_uploads import known_sentence, unfinished_uploads
from crm.selectors.preview import MAPPING_COLUMNS, preview, saved_mappings
from crm.selectors.rejected import rejected_columns, rejected_csv, rejected_examples
from crm.selectors.stored_files import storage_damage
from crm.selectors.upload_figures import described, upload_figures
from crm.selectors.uploads import UPLOAD_COLUMNS, corrections, file_names, upload_page, upload_summary, uploads

__all__ = [
    "MAPPING_COLUMNS",
    "UPLOAD_COLUMNS",
    "Contact",
    "contact_of",
    "corrections",
    "current_version",
    "customer_of",
    "customers_starting_with",
    "default_as_of",
    "described",
    "external_ids",
    "file_names",
    "has_contacts",
    "has_demo_data",
    "has_lines",
    "has_real_data",
    "is_called",
    "is_real_data_published",
    "keys_called",
    "known_purchases",
    "known_sentence",
    "lines_held",
    "names_of",
    "newer_version",
    "preview",
    "rejected_columns",
    "rejected_csv",
    "rejected_examples",
    "saved_mappings",
    "search_prefix",
    "span_of_lines",
    "storage_damage",
    "unfinished_uploads",
    "upload_figures",
    "upload_page",
    "upload_summary",
    "uploads",
]
