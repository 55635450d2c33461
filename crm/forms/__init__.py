"""Forms of the upload pages."""

from crm.forms.mapping import MappingForm
from crm.forms.saved import SavedMappingForm
from crm.forms.upload import ReadingForm, UploadForm

__all__ = ["MappingForm", "ReadingForm", "SavedMappingForm", "UploadForm"]
