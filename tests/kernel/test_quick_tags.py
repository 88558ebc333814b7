"""The quick tags say what Django's own say, in every language and every form in which templates use them."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.core.checks.templates import check_templates
from django.template import Context, Engine, TemplateDoesNotExist, TemplateSyntaxError
from django.test import override_settings
from django.utils.translation import override

from apps.kernel.quick_tags.extends import QuickExtendsNode
from apps.kernel.quick_tags.i18n import Words
from apps.kernel.quick_tags.static import StaticFile

QUICK = Engine(libraries=settings.TEMPLATES[0]["OPTIONS"]["libraries"])
PLAIN = Engine(
    libraries={"i18n": "django.templatetags.i18n", "static": "django.templatetags.static"},
)
FORMS = [
    "{% translate 'Yes' %}",
    '{% trans "No" %}',
    "{% translate 'a & b < 100% of \"c\"' %}",
    "{% translate 'Yes' as word %}{{ word }}",
    "{% translate 'May' context 'abbreviated month' %}",
    "{% translate 'Yes' noop %}",
    "{% translate 'Yes'|upper %}",
    "{% translate word %}",
    "{% blocktranslate %}Yes{% endblocktranslate %}",
    "{% get_current_language as lang %}{{ lang }}",
    "{{ 'fr'|language_name_local }}",
    "{% static 'css/a b&c.css' %}",
    "{% static 'css/store.css' as url %}{{ url }}",
    "{% static path %}",
    "{% get_static_prefix %}",
]


def say(engine: Engine, form: str, **context: Any) -> str:
    shown: str = engine.from_string("{% load i18n static %}" + form).render(Context(context))
    return shown


@pytest.mark.parametrize("form", FORMS)
def test_they_say_what_django_says(form: str) -> None:
    known = {"word": "Yes", "path": "img/mark.svg"}
    for language in ("en", "fr", "ar", "en", "de"):
        with override(language):
            assert say(QUICK, form, **known) == say(PLAIN, form, **known)


def test_one_template_speaks_the_language_of_each_reader() -> None:
    template = QUICK.from_string("{% load i18n %}{% translate 'Yes' %}")
    said = []
    for language in ("en", "fr", "en"):
        with override(language):
            said.append(template.render(Context()))
    assert said == ["Yes", "Oui", "Yes"]


def test_fixed_words_and_files_take_the_quick_way_and_no_others() -> None:
    def kinds(form: str) -> set[type]:
        return {type(node) for node in QUICK.from_string("{% load i18n static %}" + form).nodelist}

    assert Words in kinds("{% translate 'Yes' %}")
    assert Words not in kinds("{% translate word %}{% translate 'Yes'|upper %}{% translate 'Yes' as word %}")
    assert StaticFile in kinds("{% static 'a.css' %}")
    assert StaticFile not in kinds("{% static path %}")


def test_a_missing_file_of_a_manifest_is_still_an_error() -> None:
    with override_settings(
        STORAGES={
            **settings.STORAGES,
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
        }
    ):
        template = QUICK.from_string("{% load static %}{% static 'nowhere.css' %}")
        for _time in range(2):
            with pytest.raises(ValueError, match=r"nowhere\.css"):
                template.render(Context())


def test_no_other_libraries_share_a_name() -> None:
    """The check that says so is silenced for these two."""
    said = [one.msg for one in check_templates(None) if one.id == "templates.W003"]
    assert len(said) == 2
    assert all("apps.kernel.quick_tags" in one for one in said)


PAGES = {
    "frame": "{% block head %}H{% block inner %}I{% endblock %}{% endblock %}|{% block body %}{% endblock %}",
    "shop": "{% extends 'frame' %}{% block body %}shop {{ block.super }}{% block part %}P{% endblock %}{% endblock %}",
    "page": "{% extends 'shop' %}{% block inner %}{{ block.super }}!{% endblock %}"
    "{% block part %}{{ word }}{% endblock %}",
    "chosen": "{% extends parent %}{% block body %}{{ word }}{% endblock %}",
    "shop/own": "{% extends 'frame' %}{% if word %}{% block body %}never{% endblock %}{% endif %}",
}


def test_pages_extend_one_another_as_with_django() -> None:
    keep = [("django.template.loaders.cached.Loader", [("django.template.loaders.locmem.Loader", PAGES)])]
    quick = Engine(loaders=keep, builtins=settings.TEMPLATES[0]["OPTIONS"]["builtins"])
    plain = Engine(loaders=keep)
    assert isinstance(quick.get_template("page").nodelist[0], QuickExtendsNode)

    for _time in range(2):
        for name in PAGES:
            for parent in ("frame", "shop", plain.get_template("frame"), quick.get_template("shop")):
                known = {"word": "W", "parent": parent}
                shown = quick.get_template(name).render(Context(known))
                assert shown == plain.get_template(name).render(Context(known))


def test_a_page_without_a_parent_is_still_an_error() -> None:
    engine = Engine(builtins=settings.TEMPLATES[0]["OPTIONS"]["builtins"])
    for form in ("{% extends %}", "{% extends 'a' %}{% extends 'b' %}"):
        with pytest.raises(TemplateSyntaxError):
            engine.from_string(form)
    for form in ("{% extends missing %}", "{% extends 'nowhere' %}"):
        with pytest.raises((TemplateSyntaxError, TemplateDoesNotExist)):
            engine.from_string(form).render(Context())
