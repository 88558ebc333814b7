"""The SQL by which the database itself keeps balances equal to the ledger."""

# First the missing rows, empty, then one UPDATE: an INSERT … ON CONFLICT DO UPDATE would check the proposed
# row (a bare "+1 reserved") against the CHECK constraints before it sees the conflict, and refuse it.
ADD_MOVEMENTS_TO_BALANCES = """
INSERT INTO inventory_stockbalance
    (id, created_at, updated_at, business_id, variant_id, location_id, on_hand, reserved, value, backorder_limit)
SELECT gen_random_uuid(), now(), now(), moved.business_id, moved.variant_id, moved.location_id, 0, 0, 0,
       CASE WHEN place.is_default THEN sold.backorder_limit ELSE 0 END
  FROM (SELECT DISTINCT business_id, variant_id, location_id FROM new_movements) AS moved
  JOIN catalog_variant AS sold ON sold.id = moved.variant_id
  JOIN businesses_location AS place ON place.id = moved.location_id
 WHERE NOT EXISTS (
        SELECT 1 FROM inventory_stockbalance AS known
         WHERE known.variant_id = moved.variant_id AND known.location_id = moved.location_id)
 ORDER BY moved.variant_id, moved.location_id
    ON CONFLICT (variant_id, location_id) DO NOTHING;

UPDATE inventory_stockbalance AS balance
   SET on_hand = balance.on_hand + moved.on_hand,
       reserved = balance.reserved + moved.reserved,
       value = balance.value + moved.value,
       updated_at = now()
  FROM (SELECT variant_id, location_id, sum(on_hand_delta) AS on_hand, sum(reserved_delta) AS reserved,
               sum(value_delta) AS value
          FROM new_movements GROUP BY variant_id, location_id) AS moved
 WHERE balance.variant_id = moved.variant_id AND balance.location_id = moved.location_id;

RETURN NULL;
"""
