"""Pages of the Insiders programme and its report."""

from django.urls import include, path

from loyalty.views import insiders, listing, programmes, reviews, rules, versions

app_name = "loyalty"

urlpatterns = [
    path("insiders/", insiders.insiders, name="insiders"),
    path("insiders/members.csv", insiders.members_export, name="members-csv"),
    path("insiders/members.xlsx", insiders.members_sheet, name="members-xlsx"),
    path("insiders/members/bulk/", listing.members_bulk, name="members-bulk"),
    path("insiders/bulk/<int:pk>/undo/", listing.bulk_undo, name="bulk-undo"),
    path("insiders/views/save/", listing.view_save, name="view-save"),
    path("insiders/views/<int:pk>/remove/", listing.view_remove, name="view-remove"),
    path("insiders/members/<int:pk>/pin/", listing.member_pin, name="member-pin"),
    path("insiders/pins/<int:pk>/end/", listing.pin_end, name="pin-end"),
    path("insiders/members/<int:pk>/note/", listing.member_note, name="member-note"),
    path("insiders/notes/<int:pk>/remove/", listing.note_remove, name="note-remove"),
    path("insiders/texts/", listing.message_texts, name="message-texts"),
    path("insiders/members/<int:pk>/", insiders.member_detail, name="member-detail"),
    path("insiders/rules/", rules.rules_page, name="rules"),
    path("insiders/rules/count/", rules.rules_count, name="rules-count"),
    path("insiders/rules/propose/", rules.rules_propose, name="rules-propose"),
    path("insiders/rules/replay/", rules.rules_replay, name="rules-replay"),
    path("insiders/rules/revert/", versions.rules_revert, name="rules-revert"),
    path("insiders/rules/<int:pk>/approve/", versions.rules_approve, name="rules-approve"),
    path("insiders/rules/<int:pk>/withdraw/", versions.rules_withdraw, name="rules-withdraw"),
    path("insiders/settings/", programmes.programme_settings, name="programme-settings"),
    path("insiders/programmes/", programmes.programme_create, name="programme-create"),
    path("insiders/programmes/<int:pk>/rename/", programmes.programme_rename, name="programme-rename"),
    path("insiders/programmes/<int:pk>/archive/", programmes.programme_archive, name="programme-archive"),
    path("insiders/programmes/<int:pk>/restore/", programmes.programme_restore, name="programme-restore"),
    path("insiders/reviews/", reviews.reviews, name="review-list"),
    path("insiders/reviews/request/", reviews.review_request, name="review-request"),
    path("insiders/reviews/<int:pk>/", reviews.review_detail, name="review-detail"),
    path("insiders/reviews/<int:pk>/approve/", reviews.review_approve, name="review-approve"),
    path("insiders/reviews/<int:pk>/reject/", reviews.review_reject, name="review-reject"),
    path("insiders/actions/", include("loyalty.action_urls")),
    path("insiders/experiments/", include("loyalty.experiment_urls")),
    path("report/", include("loyalty.report_urls")),
]
