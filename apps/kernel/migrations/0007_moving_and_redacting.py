"""What may touch the audit trail: a digest that holds without names, the cut behind an archive, and redaction."""

from __future__ import annotations

from django.db import migrations

# 1 is the seal of entries made before: over everything, names included.
CREATE = """
CREATE FUNCTION kernel_audit_personal_digest(entry kernel_auditentry) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(entry.salt || convert_to(jsonb_build_array(entry.actor_label, entry.object_label,
        entry.before, entry.after, entry.reason, entry.ip)::text, 'UTF8'))
$$;

CREATE OR REPLACE FUNCTION kernel_audit_digest(entry kernel_auditentry) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE entry.seal
        WHEN 1 THEN sha256(entry.previous_digest || convert_to(jsonb_build_array(
            entry.id, entry.chain, entry.sequence, extract(epoch FROM entry.at),
            entry.actor_kind, entry.actor_id, entry.actor_label, entry.role, entry.action,
            entry.object_type, entry.object_id, entry.object_label, entry.before, entry.after,
            entry.reason, entry.request_id, entry.ip)::text, 'UTF8'))
        ELSE sha256(entry.previous_digest || convert_to(jsonb_build_array(
            entry.seal, entry.id, entry.chain, entry.sequence, extract(epoch FROM entry.at),
            entry.actor_kind, entry.actor_id, entry.role, entry.action, entry.object_type, entry.object_id,
            entry.request_id, encode(entry.personal_digest, 'hex'))::text, 'UTF8'))
    END
$$;

-- `content_digest` is the digest of all digests, in order: what an archive and its rows have in common.
-- Runs as the owner of the table, whose rows nobody else can take away. Policies hold for it too: it sees the bound
-- chain. 365 days is the floor below which nothing leaves the live chain, whatever a setting says.
CREATE FUNCTION kernel_audit_cut(cut_chain uuid, last_sequence bigint, content_digest bytea) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    anchor public.kernel_auditanchor%ROWTYPE;
    entry public.kernel_auditentry%ROWTYPE;
    previous bytea;
    expected bigint;
    digests bytea := ''::bytea;
    removed bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('kernel_audit_cut' || cut_chain::text, 0));
    SELECT * INTO anchor FROM public.kernel_auditanchor WHERE chain = cut_chain;
    expected := COALESCE(anchor.sequence, 0);
    previous := COALESCE(anchor.digest, ''::bytea);
    FOR entry IN SELECT * FROM public.kernel_auditentry
        WHERE chain = cut_chain AND sequence <= last_sequence ORDER BY sequence
    LOOP
        expected := expected + 1;
        IF entry.sequence <> expected OR entry.previous_digest <> previous
            OR entry.digest <> public.kernel_audit_digest(entry) THEN
            RAISE EXCEPTION 'audit entry % does not hold, nothing is removed', entry.sequence;
        END IF;
        IF entry.at > now() - interval '365 days' THEN
            RAISE EXCEPTION 'audit entry % is too young to leave the live chain', entry.sequence;
        END IF;
        previous := entry.digest;
        digests := sha256(digests || entry.digest);
    END LOOP;
    IF expected <> last_sequence OR expected = COALESCE(anchor.sequence, 0) THEN
        RAISE EXCEPTION 'the chain has no entry % to cut at', last_sequence;
    END IF;
    IF digests IS DISTINCT FROM content_digest THEN
        RAISE EXCEPTION 'the archive was made of other entries, nothing is removed';
    END IF;
    PERFORM set_config('monidesk.audit_work', cut_chain::text, true);
    DELETE FROM public.kernel_auditentry WHERE chain = cut_chain AND sequence <= last_sequence;
    GET DIAGNOSTICS removed = ROW_COUNT;
    INSERT INTO public.kernel_auditanchor (chain, sequence, digest, cut_at)
        VALUES (cut_chain, last_sequence, previous, now())
        ON CONFLICT (chain) DO UPDATE SET sequence = excluded.sequence, digest = excluded.digest, cut_at = now();
    PERFORM set_config('monidesk.audit_work', '', true);
    RETURN removed;
END
$$;

CREATE FUNCTION kernel_audit_redact(redact_chain uuid, entry_ids uuid[]) RETURNS SETOF bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    PERFORM set_config('monidesk.audit_work', redact_chain::text, true);
    RETURN QUERY UPDATE public.kernel_auditentry entry
        SET actor_label = '', object_label = '', before = NULL, after = NULL, reason = '', ip = '',
            salt = ''::bytea, redacted_at = now()
        WHERE entry.chain = redact_chain AND entry.id = ANY(entry_ids)
            AND entry.seal = 2 AND entry.redacted_at IS NULL AND entry.action <> 'privacy.redacted'
        RETURNING entry.sequence;
    PERFORM set_config('monidesk.audit_work', '', true);
END
$$;
"""
DROP = """
DROP FUNCTION kernel_audit_redact(uuid, uuid[]);
DROP FUNCTION kernel_audit_cut(uuid, bigint, bytea);
CREATE OR REPLACE FUNCTION kernel_audit_digest(entry kernel_auditentry) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(entry.previous_digest || convert_to(jsonb_build_array(
        entry.id, entry.chain, entry.sequence, extract(epoch FROM entry.at),
        entry.actor_kind, entry.actor_id, entry.actor_label, entry.role, entry.action,
        entry.object_type, entry.object_id, entry.object_label, entry.before, entry.after,
        entry.reason, entry.request_id, entry.ip)::text, 'UTF8'))
$$;
DROP FUNCTION kernel_audit_personal_digest(kernel_auditentry);
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0006_audit_anchor")]
    operations = [migrations.RunSQL(CREATE, DROP)]
