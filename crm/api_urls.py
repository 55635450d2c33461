"""Uploads, transactions and customers for scripts."""

from django.urls import path

from crm import converters  # noqa: F401 - registers `customer_id`
from crm.api import customers, partial_uploads, uploads

urlpatterns = [
    path("uploads/", uploads.Uploads.as_view(), name="upload-list"),
    path("uploads/incoming/", partial_uploads.PartialUploads.as_view(), name="partial-upload-list"),
    path("uploads/incoming/<uuid:pk>/", partial_uploads.PartialUploadDetail.as_view(), name="partial-upload-detail"),
    path("uploads/<int:pk>/", uploads.UploadDetail.as_view(), name="upload-detail"),
    path("uploads/<int:pk>/confirm/", uploads.UploadConfirm.as_view(), name="upload-confirm"),
    path("uploads/<int:pk>/undo/", uploads.UploadUndo.as_view(), name="upload-undo"),
    path("uploads/<int:pk>/redo/", uploads.UploadRedo.as_view(), name="upload-redo"),
    path("uploads/<int:pk>/lines/", uploads.UploadLines.as_view(), name="upload-lines"),
    path("uploads/<int:pk>/rejected.csv", uploads.UploadRejected.as_view(), name="upload-rejected"),
    path("transactions/", customers.Transactions.as_view(), name="transaction-list"),
    path("customers/", customers.Customers.as_view(), name="customer-list"),
    # An id may hold anything: the longer address comes first, and a slash in an id is written ~2F.
    path("customers/<customer_id:customer_id>/history/", customers.CustomerHistory.as_view(), name="customer-history"),
    path("customers/<customer_id:customer_id>/", customers.CustomerDetail.as_view(), name="customer-detail"),
]
