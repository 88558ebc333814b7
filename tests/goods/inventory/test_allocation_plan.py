"""The reckoning of who sends what, without a database: sums, limits, turns and words."""

from __future__ import annotations

from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.goods.inventory.allocation import Place, Policy, Room, Site, Want, allocate, rank
from apps.goods.inventory.allocation_words import why_words
from apps.goods.inventory.nearness import Destination, Point, kilometres

PLACES = [UUID(int=n) for n in range(1, 5)]
GOODS = [UUID(int=100 + n) for n in range(3)]


@st.composite
def shops(draw):
    rooms = {
        variant: {
            place: Room(draw(st.integers(-2, 8)), draw(st.sampled_from([0, 0, 0, 3])))
            for place in draw(st.lists(st.sampled_from(PLACES), unique=True))
        }
        for variant in GOODS
    }
    named = st.one_of(st.none(), st.none(), st.sampled_from(PLACES))
    wants = [
        Want(uuid4(), draw(st.sampled_from(GOODS)), draw(st.integers(1, 6)), draw(named))
        for _line in range(draw(st.integers(1, 4)))
    ]
    order = draw(st.permutations(PLACES))
    policy = Policy(
        way="priority", places=tuple(order[: draw(st.integers(1, 4))]), only_listed=draw(st.booleans())
    )
    return rooms, wants, policy, draw(st.sampled_from(["freely", "together", "never"]))


@given(shops())
@settings(max_examples=400, deadline=None)
def test_sums_are_exact_and_no_location_gives_what_it_has_not(shop):
    rooms, wants, policy, split = shop
    ranked = rank([Place(pk) for pk in PLACES], policy)
    plan = allocate(wants, rooms, ranked, split)
    if plan.shortages:
        assert not plan.parts, "all of an order, or none of it"
        allowed = {one.place.id for one in ranked}
        for short in plan.shortages:
            assert short.available < short.want.quantity or short.alone
            assert split == "never" or not short.alone
        free = [want for want in wants if want.location_id is None]
        if split != "never" and len(free) == len(wants):
            assert any(
                sum(room.sellable for place, room in rooms[variant].items() if place in allowed)
                < sum(want.quantity for want in wants if want.variant_id == variant)
                for variant in GOODS
            ), "refused although all of it could be promised"
        return
    for want in wants:
        taken = [part for part in plan.parts if part.want is want]
        assert sum(part.quantity for part in taken) == want.quantity
        assert all(part.quantity > 0 for part in taken)
        if want.location_id is not None:
            assert {part.location_id for part in taken} == {want.location_id}
    for variant, at in rooms.items():
        for place, room in at.items():
            taken_here = sum(
                part.quantity
                for part in plan.parts
                if part.want.variant_id == variant and part.location_id == place
            )
            assert taken_here <= room.sellable
    free_parts = {part.location_id for part in plan.parts if part.want.location_id is None}
    assert split != "never" or len(free_parts) <= 1
    assert free_parts <= {one.place.id for one in ranked}
    if split == "together" and all(want.location_id is None for want in wants):
        one_has_all = any(
            all(
                (rooms[variant].get(place) or Room(0)).available
                >= sum(want.quantity for want in wants if want.variant_id == variant)
                for variant in {want.variant_id for want in wants}
            )
            for place in (one.place.id for one in ranked)
        )
        assert not one_has_all or len(free_parts) == 1


def test_nearest_asks_postcode_then_area_region_country_and_distance():
    quay, hill, leeds, paris, unknown = (uuid4() for _ in range(5))
    places = [
        Place(unknown, is_default=True),
        Place(paris, site=Site("FR", "", "75001", Point(48.8534, 2.3488))),
        Place(leeds, site=Site("GB", "West Yorkshire", "LS1 4DY", Point(53.79648, -1.54785))),
        Place(hill, site=Site("GB", "Devon", "PL6 5ZZ", Point(50.41, -4.12))),
        Place(quay, site=Site("GB", "Devon", "PL4 0DW", Point(50.366, -4.134))),
    ]
    policy = Policy(way="nearest")
    to = Destination("GB", "Devon", "PL4 8AA", "Plymouth").site()
    turns = rank(places, policy, to)
    assert [one.place.id for one in turns] == [quay, hill, leeds, paris, unknown]
    assert [one.why["match"] for one in turns] == ["area", "region", "country", "abroad", ""]
    assert why_words(turns[0].why) == "it lies in the same postcode area, about 1 km away"
    # In one country without a common region the point on the map decides: Bradford lies near Leeds.
    bradford = Destination("GB", "", "BD1 1AA", "BRADFORD").site()
    assert [one.place.id for one in rank(places, policy, bradford)][:1] == [leeds]
    # Nobody knows where this is: the country alone decides, then the default location's turn among equals.
    nowhere = Destination("FR", "", "", "Nulle-Part-sur-Rien").site()
    assert rank(places, policy, nowhere)[0].place.id == paris
    assert round(kilometres(Point(51.50853, -0.12574), Point(48.85341, 2.3488)) or 0) == 344


def test_a_fixed_location_and_a_list_leave_others_out():
    shop, store, van = (uuid4() for _ in range(3))
    places = [Place(shop), Place(store, is_default=True), Place(van)]
    assert [one.place.id for one in rank(places, Policy(way="fixed", location_id=shop))] == [shop]
    listed = rank(places, Policy(way="priority", places=(van, shop), only_listed=True))
    assert [one.place.id for one in listed] == [van, shop]
    assert why_words({**listed[1].why, "split": "several"}) == (
        "number 2 of your list; no single location had everything"
    )
    closed = {
        "way": "fixed",
        "split": "never",
        "places": [],
        "only_listed": False,
        "location": str(shop),
        "open": False,
    }
    assert Policy.read(closed) == Policy(), (
        "a location that was closed must not stop all sales of the channel"
    )
