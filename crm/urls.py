from django.urls import path

from crm.views import uploads

app_name = "crm"

urlpatterns = [
    path("uploads/", uploads.upload_list, name="upload-list"),
    path("uploads/<int:pk>/", uploads.upload_detail, name="upload-detail"),
    path("uploads/<int:pk>/confirm/", uploads.upload_confirm, name="upload-confirm"),
    path("uploads/<int:pk>/reread/", uploads.upload_reread, name="upload-reread"),
    path("uploads/<int:pk>/undo/", uploads.upload_undo, name="upload-undo"),
    path("uploads/<int:pk>/discard/", uploads.upload_discard, name="upload-discard"),
    path("uploads/<int:pk>/rejected.csv", uploads.upload_rejected, name="upload-rejected"),
]
