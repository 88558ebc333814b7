from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GarmentsConfig(AppConfig):
    name = "apps.goods.garments"
    label = "garments"
    verbose_name = _("Garments")

    def ready(self) -> None:
        import_module(f"{self.name}.handlers")
        # The catalogue knows no garments: what the store's page shows of them it is told from here.
        import_module(f"{self.name}.store").join_product_page()
        facts = import_module("apps.goods.catalog.label_facts")
        facts.offer_label_facts(import_module(f"{self.name}.labels").facts_of)
