"""The API of uploads, transactions and customers: thin, over the same services and selectors as the pages."""
