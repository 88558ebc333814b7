"""Two walls between businesses: what holds when the first one has a hole."""
