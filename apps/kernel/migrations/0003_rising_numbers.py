"""Numbers that rise without a lock: one sequence for each series of each business."""

from __future__ import annotations

from django.db import migrations

CREATE = """
CREATE SCHEMA kernel_numbers;

-- Runs as its owner: the application's role may create nothing. The name is made of a uuid and of what the
-- code calls the series, and quoted; the business is the bound one, never an argument.
CREATE FUNCTION kernel_rising_number(series text, first bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    business uuid := nullif(current_setting('monidesk.business', true), '')::uuid;
    name text;
    start bigint;
BEGIN
    IF business IS NULL THEN
        RAISE EXCEPTION 'no business is bound' USING ERRCODE = 'insufficient_privilege';
    END IF;
    name := format('kernel_numbers.%I', left(series, 26) || '_' || replace(business::text, '-', ''));
    IF to_regclass(name) IS NULL THEN
        -- IF NOT EXISTS alone loses against another first order in the same instant.
        PERFORM pg_advisory_xact_lock(hashtextextended(name, 0));
        -- A series that was numbered under a lock before goes on where it is.
        SELECT max(last_number) + 1 INTO start FROM public.kernel_seriescounter AS counter
         WHERE counter.business_id = business AND counter.name = series;
        EXECUTE format('CREATE SEQUENCE IF NOT EXISTS %s START %s', name, coalesce(start, first));
    END IF;
    RETURN nextval(name);
END
$$;
"""
DROP = """
DROP FUNCTION kernel_rising_number(text, bigint);
DROP SCHEMA kernel_numbers CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0002_audit_digest")]
    operations = [migrations.RunSQL(CREATE, DROP)]
