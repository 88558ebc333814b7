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

-- Last, after waiting for whoever was changing these balances: he may just have begun to tell the goods apart.
IF EXISTS (
        SELECT 1 FROM new_movements AS moved JOIN inventory_tracking AS tracked ON tracked.variant_id = moved.variant_id
         WHERE moved.lot_id IS NULL AND moved.on_hand_delta <> 0) THEN
    RAISE EXCEPTION 'movements of goods that are told apart name their lot'
          USING ERRCODE = 'check_violation', CONSTRAINT = 'inventory_movement_names_lot';
END IF;

IF EXISTS (SELECT 1 FROM new_movements WHERE lot_id IS NOT NULL) THEN
    IF EXISTS (
            SELECT 1 FROM new_movements AS moved LEFT JOIN inventory_lot AS lot ON lot.id = moved.lot_id
             WHERE moved.lot_id IS NOT NULL AND lot.variant_id IS DISTINCT FROM moved.variant_id) THEN
        RAISE EXCEPTION 'a movement names a lot of other goods'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'inventory_movement_lot_of_its_goods';
    END IF;

    INSERT INTO inventory_lotbalance
        (id, created_at, updated_at, business_id, lot_id, variant_id, location_id, is_serial, on_hand, withheld)
    SELECT gen_random_uuid(), now(), now(), moved.business_id, moved.lot_id, moved.variant_id, moved.location_id,
           lot.is_serial, 0, 0
      FROM (SELECT DISTINCT business_id, lot_id, variant_id, location_id FROM new_movements
             WHERE lot_id IS NOT NULL) AS moved
      JOIN inventory_lot AS lot ON lot.id = moved.lot_id
     WHERE NOT EXISTS (
            SELECT 1 FROM inventory_lotbalance AS known
             WHERE known.lot_id = moved.lot_id AND known.location_id = moved.location_id)
     ORDER BY moved.lot_id, moved.location_id
        ON CONFLICT (lot_id, location_id) DO NOTHING;

    -- What falls goes first: a serial number that changes its place would be in two places for a moment.
    UPDATE inventory_lotbalance AS balance
       SET on_hand = balance.on_hand + moved.on_hand, withheld = balance.withheld + moved.withheld, updated_at = now()
      FROM (SELECT lot_id, location_id, sum(on_hand_delta) AS on_hand, coalesce(sum(reserved_delta)
                   FILTER (WHERE reason NOT IN ('consume', 'hand_over')), 0) AS withheld
              FROM new_movements WHERE lot_id IS NOT NULL GROUP BY lot_id, location_id) AS moved
     WHERE balance.lot_id = moved.lot_id AND balance.location_id = moved.location_id AND moved.on_hand < 0;

    UPDATE inventory_lotbalance AS balance
       SET on_hand = balance.on_hand + moved.on_hand, withheld = balance.withheld + moved.withheld, updated_at = now()
      FROM (SELECT lot_id, location_id, sum(on_hand_delta) AS on_hand, coalesce(sum(reserved_delta)
                   FILTER (WHERE reason NOT IN ('consume', 'hand_over')), 0) AS withheld
              FROM new_movements WHERE lot_id IS NOT NULL GROUP BY lot_id, location_id) AS moved
     WHERE balance.lot_id = moved.lot_id AND balance.location_id = moved.location_id AND moved.on_hand >= 0;
END IF;

RETURN NULL;
"""
