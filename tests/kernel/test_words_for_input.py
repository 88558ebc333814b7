"""What is said of faulty input is said in plain words, in forms, by models and by the API, which keeps its codes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import django_filters
import pytest
import rest_framework
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinLengthValidator, RegexValidator
from django.utils.translation import gettext
from rest_framework import serializers

WORDS = Path(settings.BASE_DIR) / "locale" / "en" / "LC_MESSAGES"
# Where sentences about input are written; the rest of these libraries never speaks to a shopkeeper.
SOURCES = [
    *(
        Path(django.__path__[0]) / name
        for name in (
            "core/validators.py", "forms/fields.py", "forms/models.py", "forms/utils.py", "forms/forms.py",
            "db/models/fields/__init__.py", "db/models/fields/related.py", "db/models/fields/json.py",
            "db/models/constraints.py", "contrib/postgres/validators.py", "contrib/postgres/forms/array.py",
            "contrib/postgres/fields/array.py", "utils/ipv6.py",
        )
    ),
    *(Path(rest_framework.__path__[0]) / name for name in ("fields.py", "serializers.py", "validators.py")),
    Path(django_filters.__path__[0]) / "fields.py",
]  # fmt: skip
_MARKED = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
JARGON = re.compile(
    r"\b(ensure|valid|invalid|field|null|value must|boolean|string|array|elements|datetime|pk|encoding|constraint)\b"
    r"|Expected a",
    re.IGNORECASE,
)
# Names of kinds of columns, for pages about models; hidden fields of formsets, which no page has.
NO_SENTENCE = re.compile(r"^[^.]*$")
HOLE = re.compile(r"%\((\w+)\)|\{(\w+)")


def sentences() -> Iterator[str]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MARKED:
                texts = [one.value for one in node.args if isinstance(one, ast.Constant)]
                yield from (text for text in texts if isinstance(text, str))


def ours() -> Catalog:
    with (WORDS / "django.po").open("rb") as source:
        return read_po(source, locale="en")


def pairs() -> list[tuple[str, str]]:
    found = []
    for message in ours():
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        found += list(zip(ids, said, strict=True))
    return found


def test_every_sentence_that_sounds_like_a_program_has_plain_words() -> None:
    known = {text for text, _said in pairs()}
    wanted = {
        text for text in sentences() if JARGON.search(HOLE.sub("", text)) and not NO_SENTENCE.search(text)
    }
    assert len(wanted) > 60
    assert wanted - known == set()
    assert [said for _text, said in pairs() if JARGON.search(HOLE.sub("", said))] == []


def test_no_words_are_left_over_and_each_puts_in_only_what_is_there() -> None:
    there = set(sentences()) | set(_relations())
    assert {text for text, _said in pairs()} - there == set()
    for text, said in pairs():
        holes = [{a or b for a, b in HOLE.findall(one)} for one in (text, said)]
        assert holes[1] <= holes[0], text


def _relations() -> Iterator[str]:
    source = (Path(rest_framework.__path__[0]) / "relations.py").read_text()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_what_is_read_at_run_time_is_what_is_written() -> None:
    """`make words` after a change."""
    with (WORDS / "django.mo").open("rb") as kept:
        read = read_mo(kept)
    assert _plainly(read) == _plainly(ours())


def _plainly(catalog: Catalog) -> list[tuple[list[str], list[str]]]:
    def parts(text: Any) -> list[str]:
        return [text] if isinstance(text, str) else list(text)

    return sorted((parts(one.id), parts(one.string)) for one in catalog if one.id)


class Typed(forms.Form):
    name = forms.CharField(max_length=3)
    count = forms.IntegerField(max_value=100, min_value=1)
    kind = forms.ChoiceField(choices=[("a", "A")])
    price = forms.DecimalField(max_digits=4, decimal_places=2)
    mail = forms.EmailField()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": ""}, "This is needed."),
        ({"name": "abcd"}, "This is too long: 3 characters fit, it has 4."),
        ({"count": "101"}, "This can be 100 at most."),
        ({"count": "0"}, "This has to be at least 1."),
        ({"kind": "b"}, "Choose one of those that are offered; “b” is none of them."),
        ({"price": "1.234"}, "Enter at most 2 digits after the decimal point."),
        ({"mail": "nobody"}, "Enter an e-mail address, such as name@example.com."),
    ],
)
def test_a_form_says_it_plainly(typed: dict[str, str], said: str) -> None:
    form = Typed({"name": "abc", "count": "1", "kind": "a", "price": "1", "mail": "a@b.example", **typed})
    assert [*form.errors.values()] == [[said]]


def test_a_validator_says_it_plainly_and_keeps_its_code() -> None:
    checks: list[tuple[Any, Any, str, str]] = [
        (MaxValueValidator(100), 101, "This can be 100 at most.", "max_value"),
        (RegexValidator(r"^a$"), "b", "This is not written the way it has to be.", "invalid"),
        (MinLengthValidator(2), "a", "This is too short: it needs 2 characters and has 1.", "min_length"),
    ]
    for check, value, said, code in checks:
        with pytest.raises(ValidationError) as refused:
            check(value)
        assert (refused.value.messages, refused.value.code) == ([said], code)


class Sent(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=3)
    count = serializers.IntegerField(max_value=100)
    kind = serializers.ChoiceField(choices=["a"])
    several = serializers.ListField(child=serializers.IntegerField(), allow_empty=False)


@pytest.mark.parametrize(
    ("sent", "said", "code"),
    [
        ({"name": None}, "This is needed.", "null"),
        ({"name": ""}, "This is needed.", "blank"),
        ({"name": "abcd"}, "This is too long: 3 characters fit.", "max_length"),
        ({"count": 101}, "This can be 100 at most.", "max_value"),
        ({"count": "x"}, "Enter a whole number.", "invalid"),
        ({"kind": "b"}, "Choose one of those that are offered; “b” is none of them.", "invalid_choice"),
        ({"several": []}, "Send at least one.", "empty"),
        ({"several": 1}, "Send a list.", "not_a_list"),
    ],
)
def test_the_api_says_it_plainly_and_keeps_its_codes(sent: dict[str, Any], said: str, code: str) -> None:
    serializer = Sent(data={"name": "abc", "count": 1, "kind": "a", "several": [1], **sent})
    assert not serializer.is_valid()
    ((error,),) = serializer.errors.values()
    assert (str(error), error.code) == (said, code)


def test_it_is_english_that_is_spoken() -> None:
    assert settings.LANGUAGE_CODE == "en"
    assert gettext("This field is required.") == "This is needed."
