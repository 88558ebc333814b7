"""The SQL by which the database keeps the words that a product is found by."""

# Title first; then brand, type, tags, SKUs and barcodes (folded by `text.search_text_of`); the categories' names; the
# description. Stems of English words stand beside the words themselves, so that "shirts" finds a shirt. Combining
# marks are taken off titles and names as `text.fold` does, or "café" would not be found by "cafe".
KEEP_WORDS = """
    -- A new price saves the same words again: working them out anew would cost a millisecond for nothing.
    IF TG_OP = 'UPDATE' AND NEW.search IS NOT NULL
       AND (NEW.title, NEW.search_text, NEW.description_html, NEW.category_id)
           IS NOT DISTINCT FROM (OLD.title, OLD.search_text, OLD.description_html, OLD.category_id) THEN
        NEW.search := OLD.search;
        RETURN NEW;
    END IF;
    title := regexp_replace(normalize(NEW.title, NFKD), '[\\u0300-\\u036F]', '', 'g');
    IF NEW.category_id IS NOT NULL THEN
        SELECT string_agg(regexp_replace(normalize(above.name, NFKD), '[\\u0300-\\u036F]', '', 'g'), ' ')
          INTO branches
          FROM catalog_category AS own
          JOIN catalog_category AS above
            ON above.business_id = own.business_id
           AND (above.id = own.id OR starts_with(own.path, above.path || '/'))
         WHERE own.id = NEW.category_id;
    END IF;
    NEW.search :=
        setweight(to_tsvector('simple', title), 'A')
        || setweight(to_tsvector('english', title), 'A')
        || setweight(to_tsvector('simple', NEW.search_text), 'B')
        || setweight(to_tsvector('simple', coalesce(branches, '')), 'C')
        || setweight(to_tsvector('english', coalesce(branches, '')), 'C')
        || setweight(
               to_tsvector('english', left(regexp_replace(NEW.description_html, '<[^>]*>', ' ', 'g'), 20000)), 'D');
    RETURN NEW;
"""

# A category's name or place changed: its products, and those below it, are found by other words.
KEEP_BRANCHES_WORDS = """
    UPDATE catalog_product SET search = NULL
     WHERE category_id IN (
        SELECT id FROM catalog_category
         WHERE business_id = NEW.business_id AND (id = NEW.id OR starts_with(path, NEW.path || '/')));
    RETURN NULL;
"""
KEEP_WORDS_DECLARES = [("title", "text"), ("branches", "text")]

# A code means one thing in a business: what a pack has already no variant gets. `packs` refuses the other way round.
# Two transactions do not see each other's rows: writers of variants' codes go side by side, a writer of a pack's code
# waits for them and they for it, and who comes second sees the first one's row.
REFUSE_CODE_OF_PACK = """
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('catalog.codes:' || NEW.business_id::text, 0));
    IF EXISTS (
        SELECT 1 FROM catalog_pack
         WHERE business_id = NEW.business_id AND barcode = NEW.barcode AND barcode <> '')
    THEN
        RAISE EXCEPTION 'a pack has this barcode' USING ERRCODE = 'unique_violation',
            CONSTRAINT = 'catalog_barcode_of_pack';
    END IF;
    IF EXISTS (
        SELECT 1 FROM catalog_pack
         WHERE business_id = NEW.business_id AND upper(sku) = upper(NEW.sku) AND sku <> '')
    THEN
        RAISE EXCEPTION 'a pack has this SKU' USING ERRCODE = 'unique_violation',
            CONSTRAINT = 'catalog_sku_of_pack';
    END IF;
    RETURN NEW;
"""
