"""Amounts and moments as programs read them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from apps.kernel.models import MoneyField
from apps.kernel.money import minor_digits


def amount_text(amount: Decimal, currency: str) -> str:
    """`12.50` for pounds, `1200` for yen; a unit price of more places keeps what it needs of its four."""
    digits = minor_digits(currency)
    short = amount.quantize(Decimal(1).scaleb(-digits))
    if short == amount:
        return f"{short:f}"
    return f"{amount.normalize():f}"


class AmountField(serializers.DecimalField):
    """An amount in the currency that stands beside it, as text: floats lose cents."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 19)
        kwargs.setdefault("decimal_places", 4)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool):
            self.fail("invalid")
        value: Decimal = super().to_internal_value(data)
        return value

    def to_representation(self, value: Any) -> str:
        return amount_text(Decimal(value), self.context["currency"])


class CurrencyField(serializers.SerializerMethodField):
    """The business's currency, beside the amounts it belongs to."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["method_name"] = None
        super().__init__(**kwargs)

    def bind(self, field_name: str, parent: Any) -> None:
        serializers.Field.bind(self, field_name, parent)

    def to_representation(self, value: Any) -> str:
        return str(self.context["currency"])


class QuantityField(serializers.IntegerField):
    """Pieces: a whole number, small enough for a shelf."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("min_value", 1)
        kwargs.setdefault("max_value", 1_000_000)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool):
            self.fail("invalid")
        value: int = super().to_internal_value(data)
        return value


class StrictSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """An input that refuses names it does not know: a misspelt field must not be dropped in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError(
                    {str(name)[:60]: ["There is no such field."] for name in unknown[:10]}
                )
        return super().to_internal_value(data)


class RowSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]
    """A row as it is read. What is written has its own serializer: its names are the service's arguments."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        MoneyField: AmountField,
    }
