from django.urls import URLPattern, URLResolver, path

from core.gallery import gallery

urlpatterns: list[URLPattern | URLResolver] = [
    path("gallery/", gallery, name="gallery"),
]
