"""How codes are made, and making them: each verb calls one service."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog import services
from apps.goods.catalog.models import CodeRule, Product
from apps.goods.catalog.policies import can_change_product
from apps.kernel.actors import Actor
from apps.platform.backoffice.verbs import Verb


class CodeRuleForm(forms.Form):
    sku_pattern = forms.CharField(
        label=_("Pattern of SKUs"),
        required=False,
        max_length=80,
        help_text=_(
            "For example {brand:3}-{seq:5}. Parts: brand, title, type, category, option, each with the number of "
            "its signs; seq is the running number. Empty: no SKUs are made."
        ),
    )
    barcode_kind = forms.ChoiceField(label=_("Barcodes"), choices=CodeRule.Barcode.choices, required=False)
    barcode_prefix = forms.CharField(
        label=_("First digits"),
        required=False,
        max_length=11,
        help_text=_("The digits that GS1 gave you; 20 to 29 for codes that only your own tills read."),
    )


class RuleCodes(Verb):
    name = "codes"
    label = _("How codes are made")
    permission = "products.arrange"
    form_class = CodeRuleForm
    submit_label = _("Save rule")
    writes_back = True

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        rule = CodeRule.objects.first()
        return {name: getattr(rule, name) for name in CodeRuleForm.base_fields} if rule else {}

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.set_code_rule(actor, **data)


class MakeCodes(Verb):
    name = "make-codes"
    label = _("Make codes")
    permission = "products.change"

    def is_available(self, actor: Actor, obj: Product) -> bool:
        return can_change_product(actor, obj)  # without a rule the service says where to set one

    def explain(self, actor: Actor, obj: Product) -> list[Any]:
        return [_now("Variants without a SKU or barcode get one by your rule. Codes that are there stay.")]

    def perform(self, actor: Actor, obj: Product, data: dict[str, Any], key: str) -> Any:
        return services.make_codes(actor, product_id=obj.pk)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("“%(title)s” has its codes.") % {"title": result.title}
