"""Addresses of the report: the page, its files, what lies behind a figure, and past reports."""

from django.urls import path

from loyalty.views import report, report_files, report_more

urlpatterns = [
    path("", report.report, name="report"),
    path("request/", report.report_request, name="report-request"),
    path("history/", report_more.report_history_page, name="report-history"),
    path("hypotheses/", report_more.hypothesis_list, name="hypothesis-list"),
    path("hypotheses/<int:pk>/withdraw/", report_more.hypothesis_withdraw, name="hypothesis-withdraw"),
    path("mailings/", report_more.mailing_list, name="mailing-list"),
    path("mailings/<int:pk>/", report_more.mailing_change, name="mailing-change"),
    path("<int:pk>/", report.report_detail, name="report-detail"),
    path("<int:pk>/lines.csv", report_files.report_lines, name="report-lines"),
    path("<int:pk>/customers.csv", report_files.report_customers, name="report-customers"),
    path("report.pdf", report_files.report_pdf, name="report-pdf"),
    path("report.html", report_files.report_html, name="report-html"),
    path("report.csv", report_files.report_csv_file, name="report-csv"),
    path("report.json", report_files.report_json, name="report-json"),
]
