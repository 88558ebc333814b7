"""The digest of an audit entry, computed by the database for sealing and for checking."""

from __future__ import annotations

from django.db import migrations

CREATE = """
CREATE FUNCTION kernel_audit_digest(entry kernel_auditentry) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(entry.previous_digest || convert_to(jsonb_build_array(
        entry.id, entry.chain, entry.sequence, extract(epoch FROM entry.at),
        entry.actor_kind, entry.actor_id, entry.actor_label, entry.role, entry.action,
        entry.object_type, entry.object_id, entry.object_label, entry.before, entry.after,
        entry.reason, entry.request_id, entry.ip)::text, 'UTF8'))
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION kernel_audit_digest(kernel_auditentry)")]
