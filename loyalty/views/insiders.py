"""The members of the programme, and why each of them is in."""

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from core.permissions import acting_user, require
from core.services.audit import record_event
from core.ui import Column, Happening
from crm.models import Customer
from loyalty.exports import members_csv
from loyalty.selectors.members import Filters, members
from loyalty.selectors.profile import MembershipStory, membership_of
from loyalty.selectors.programme import programme_summary
from loyalty.views.choosing import about, chosen_programme
from segmentation.selectors import current_snapshot

COLUMNS = (
    Column(_("Customer")),
    Column(_("Member since")),
    Column(_("Why")),
    Column(_("Orders"), is_numeric=True, hint=_("Since the first purchase")),
    Column(_("Revenue"), is_numeric=True, hint=_("Since the first purchase, net of returns; the list is sorted by it")),
)
MARGIN_COLUMNS = (
    Column(_("Condition")),
    Column(_("This customer"), is_numeric=True),
    Column(_("Margin"), is_numeric=True),
    Column(_("Met")),
)
LOOKS = {
    "joined": ("user-plus", "good"),
    "renewed": ("refresh", "good"),
    "warned": ("alert-triangle", "warning"),
    "left": ("user-minus", "bad"),
}
TIERS = [("platinum", _("Platinum")), ("gold", _("Gold")), ("silver", _("Silver"))]


class FilterForm(forms.Form):
    """Every field may be empty; whatever can't be used counts as empty."""

    q = forms.CharField(label=_("Customer id begins with"), required=False, max_length=255)
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[("", _("All members")), ("new", _("Joined at the latest review")), ("warned", _("Warned"))],
    )
    tier = forms.ChoiceField(label=_("Tier"), required=False, choices=[("", _("All tiers")), *TIERS])

    def filters(self) -> Filters:
        self.is_valid()
        return Filters(**{name: self.cleaned_data.get(name, "") for name in self.fields})


@require_safe
@require("view")
def insiders(request: HttpRequest) -> HttpResponse:
    snapshot, summary = current_snapshot(), programme_summary(chosen_programme(request))
    form = FilterForm(request.GET)
    filters = form.filters()
    page = members(summary.programme, snapshot, filters, cursor=request.GET.get("cursor", ""))
    context = {
        "title": summary.programme.name,
        "summary": summary,
        "page": page,
        "form": form,
        "columns": COLUMNS,
        "is_filtered": filters != Filters(),
        **about(request, summary.programme, "members", waiting=summary.waiting is not None),
    }
    return render(request, "loyalty/insiders.html", context)


@require_safe
@require("view")
def member_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One customer's story with the programme; works for those who are no members, too."""
    customer = get_object_or_404(Customer, pk=pk)
    story = membership_of(customer)
    context = {
        "title": customer.external_id,
        "story": story,
        "columns": MARGIN_COLUMNS,
        "happenings": _happenings(story),
    }
    return render(request, "loyalty/member_detail.html", context)


def _happenings(story: MembershipStory) -> list[Happening]:
    pairs = zip(story.events, story.sentences, strict=True)
    return [
        Happening(event.effective_on, event.get_kind_display(), text, *LOOKS[event.kind])
        for event, text in reversed(list(pairs))
    ]


@require_safe
@require("members.export")
def members_export(request: HttpRequest) -> StreamingHttpResponse:
    programme, snapshot = chosen_programme(request), current_snapshot()
    record_event(by=acting_user(request), action="members.exported", obj=programme, key=programme.pk)
    response = StreamingHttpResponse(members_csv(programme, snapshot), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="members.csv"'
    return response
