"""The journal's guards inside PostgreSQL: they hold when code, shell or another program writes."""

from __future__ import annotations

import pgtrigger

_CHECK_ENTRY = """
    SELECT count(line.id), coalesce(sum(line.debit), 0), coalesce(sum(line.credit), 0),
           count(*) FILTER (WHERE line.business_id <> e.business_id OR line.posted_on <> e.posted_on
                              OR account.business_id IS DISTINCT FROM e.business_id),
           count(*) FILTER (WHERE round(line.debit, e.minor_digits) <> line.debit
                              OR round(line.credit, e.minor_digits) <> line.credit),
           min(e.number), min(e.total)
      INTO line_count, debits, credits, strangers, fractions, entry_number, entry_total
      FROM ledger_journalentry e
      LEFT JOIN ledger_journalline line ON line.entry_id = e.id
      LEFT JOIN ledger_account account ON account.id = line.account_id
     WHERE e.id = {entry};
    IF line_count < 2 THEN
        RAISE EXCEPTION 'journal entry % has fewer than two lines', entry_number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_two_lines';
    END IF;
    IF debits <> credits OR debits <> entry_total THEN
        RAISE EXCEPTION 'journal entry % is not balanced: debit %, credit %, total %',
            entry_number, debits, credits, entry_total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balanced';
    END IF;
    IF strangers > 0 THEN
        RAISE EXCEPTION 'journal entry % has lines of another business or day', entry_number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_one_business';
    END IF;
    IF fractions > 0 THEN
        RAISE EXCEPTION 'journal entry % has amounts below the minor unit', entry_number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_at_minor_unit';
    END IF;
    RETURN NULL;
"""

_DECLARE = [
    ("line_count", "bigint"),
    ("debits", "numeric"),
    ("credits", "numeric"),
    ("strangers", "bigint"),
    ("fractions", "bigint"),
    ("entry_number", "bigint"),
    ("entry_total", "numeric"),
]

# Deferred to commit, because an entry stands without its lines for one statement.
ENTRY_IS_WHOLE = pgtrigger.Trigger(
    name="entry_is_whole",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    timing=pgtrigger.Deferred,
    declare=_DECLARE,
    func=_CHECK_ENTRY.format(entry="NEW.id"),
)

# A line added later to an old entry would unbalance it without touching the entry's row.
LINE_LEAVES_ENTRY_WHOLE = pgtrigger.Trigger(
    name="line_leaves_entry_whole",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    timing=pgtrigger.Deferred,
    declare=_DECLARE,
    func=_CHECK_ENTRY.format(entry="NEW.entry_id"),
)

ENTRY_IN_BOOK_CURRENCY = pgtrigger.Trigger(
    name="entry_in_book_currency",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    declare=[("book_currency", "text"), ("taken_back_business", "uuid")],
    func="""
        SELECT currency INTO book_currency FROM businesses_business WHERE id = NEW.business_id;
        IF NEW.currency <> book_currency THEN
            RAISE EXCEPTION 'journal entry in % but the books are kept in %', NEW.currency, book_currency
                USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_in_book_currency';
        END IF;
        IF NEW.reverses_id IS NOT NULL THEN
            SELECT business_id INTO taken_back_business FROM ledger_journalentry WHERE id = NEW.reverses_id;
            IF taken_back_business IS DISTINCT FROM NEW.business_id THEN
                RAISE EXCEPTION 'journal entry reverses an entry of another business'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_reverses_own';
            END IF;
        END IF;
        RETURN NEW;
    """,
)

# Handlers find shipped accounts by key; a changed kind would turn past statements upside down.
ACCOUNT_KEEPS_ITS_KIND = pgtrigger.Trigger(
    name="account_keeps_its_kind",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    func="""
        IF NEW.kind <> OLD.kind OR NEW.business_id <> OLD.business_id OR NEW.system_key <> OLD.system_key THEN
            RAISE EXCEPTION 'the kind, business and system key of an account never change'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'account_kind_kept';
        END IF;
        IF OLD.system_key <> '' AND (NEW.code <> OLD.code OR NEW.name <> OLD.name OR NOT NEW.active) THEN
            RAISE EXCEPTION 'a system account stays as it is'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'account_system_kept';
        END IF;
        RETURN NEW;
    """,
)
