"""Django's library `i18n` with the quick `{% translate %}`."""

from __future__ import annotations

from django.template import Library, Node
from django.template.base import Parser, Token, Variable
from django.template.context import Context
from django.templatetags import i18n
from django.utils.translation import get_language, gettext

register = Library()
register.tags = dict(i18n.register.tags)
register.filters = dict(i18n.register.filters)


class Words(Node):
    """Fixed words in the language of the moment."""

    child_nodelists = ()

    def __init__(self, words: str) -> None:
        # The catalogues hold the words of templates with their per cent signs doubled.
        self.words = words.replace("%", "%%")
        self.known: dict[str | None, str] = {}

    def render(self, context: Context) -> str:
        language = get_language()
        text = self.known.get(language)
        if text is None:
            text = self.known[language] = gettext(self.words).replace("%%", "%")
        return text


@register.tag("translate")
@register.tag("trans")
def translate(parser: Parser, token: Token) -> Node:
    """Words of the template itself are taken as they are, like Django does; all else is Django's node."""
    node = i18n.do_translate(parser, token)
    if node.noop or node.asvar or node.message_context or node.filter_expression.filters:
        return node
    variable = node.filter_expression.var
    fixed = variable.literal if isinstance(variable, Variable) else None
    return Words(fixed) if isinstance(fixed, str) and fixed else node
