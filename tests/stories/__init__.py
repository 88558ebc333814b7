"""Stories: a person's way through the product, against the real servers, database, queue and browser."""
