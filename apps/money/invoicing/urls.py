"""The papers of an order behind its secret link."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "invoicing"

urlpatterns = [
    path("<str:token>/", views.list_public_documents, name="public_documents"),
    path("<str:token>/receipt.pdf", views.download_receipt, name="public_receipt"),
    path("<str:token>/invoice.pdf", views.download_invoice, name="public_invoice"),
    path("<str:token>/credit-note.pdf", views.download_credit_note, name="public_credit_note"),
    path("<str:token>/<str:reference>.pdf", views.download_by_reference, name="public_document"),
]
