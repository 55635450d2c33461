from django.urls import path

from crm import converters  # noqa: F401 - registers `customer_id`
from crm.views import (
    completing,
    customers,
    exports,
    inboxes,
    lines,
    mappings,
    undoing,
    upload_list,
    upload_mapping,
    uploads,
)

app_name = "crm"

urlpatterns = [
    path("customers/", customers.customer_list, name="customer-list"),
    # Not below customers/: a customer's id may be any text.
    path("customers.csv", customers.customer_export, name="customer-export"),
    path("customer-suggestions/", customers.customer_suggestions, name="customer-suggestions"),
    path("customers/<customer_id:customer_id>/", customers.customer_detail, name="customer-detail"),
    path("transactions/", lines.transaction_list, name="transaction-list"),
    path("transactions/export/", exports.transaction_export, name="transaction-export"),
    path("exports/<int:pk>/", exports.export_detail, name="export-detail"),
    path("exports/<int:pk>/file", exports.export_file, name="export-file"),
    path("uploads/", upload_list.upload_list, name="upload-list"),
    path("uploads/confirm-certain/", upload_list.upload_confirm_certain, name="upload-confirm-certain"),
    path("uploads/incoming/<uuid:pk>/discard/", upload_list.partial_discard, name="partial-discard"),
    path("uploads/sources/", inboxes.inbox_list, name="inbox-list"),
    path("uploads/sources/<int:pk>/", inboxes.inbox_detail, name="inbox-detail"),
    path("uploads/sources/<int:pk>/check/", inboxes.inbox_check, name="inbox-check"),
    path("uploads/sources/<int:pk>/delete/", inboxes.inbox_delete, name="inbox-delete"),
    path("uploads/<int:pk>/", uploads.upload_detail, name="upload-detail"),
    path("uploads/<int:pk>/lines/", lines.upload_lines, name="upload-lines"),
    path("uploads/<int:pk>/confirm/", upload_mapping.upload_confirm, name="upload-confirm"),
    path("uploads/<int:pk>/check/", upload_mapping.upload_check, name="upload-check"),
    path("uploads/mappings/", mappings.mapping_list, name="mapping-list"),
    path("uploads/mappings/<int:pk>/", mappings.mapping_detail, name="mapping-detail"),
    path("uploads/mappings/<int:pk>/delete/", mappings.mapping_delete, name="mapping-delete"),
    path("uploads/<int:pk>/reread/", uploads.upload_reread, name="upload-reread"),
    path("uploads/<int:pk>/undo/", undoing.upload_undo, name="upload-undo"),
    path("uploads/<int:pk>/redo/", completing.upload_redo, name="upload-redo"),
    path("uploads/<int:pk>/complete/", completing.upload_complete, name="upload-complete"),
    path("uploads/<int:pk>/discard/", uploads.upload_discard, name="upload-discard"),
    path("uploads/<int:pk>/rejected.csv", uploads.upload_rejected, name="upload-rejected"),
]
