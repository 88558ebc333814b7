from tests.browser.test_back_office import house, staff_desk, faults_of  # noqa
from apps.kernel import tenancy

def test_shots(staff_desk, house):
    from django.urls import reverse
    from apps.goods.inventory.models import StockAlert
    from apps.goods.catalog.models import Variant
    from apps.goods.warehouse.models import Transfer
    from apps.goods.warehouse.note_page import render_note
    from apps.platform.businesses.models import Location
    from tests.factories.orders import make_order
    from tests.goods.imports.files import MUG
    import pypdfium2
    with tenancy.bind(house.pk):
        mug = Variant.objects.filter(product__slug="mug").first()
        alert = StockAlert.objects.filter(state="open").first()
        moved = Transfer.objects.filter(state="in_transit").first() or Transfer.objects.filter(state="part_received").first()
        waits = Transfer.objects.get(approval="waiting")
        pdf = render_note(moved)
    pypdfium2.PdfDocument(pdf)[0].render(scale=1.4).to_pil().save("/tmp/md/stock-shots/note.png")
    order = make_order(house, lines=[(mug, 1)], paid=True)
    v = lambda m, pk, n: reverse("admin:verb", args=[*m.split("."), pk, n])
    urls = {
        "allocation": "/admin/stock/allocation/", "counter": "/admin/stock/allocation/?channel=counter",
        "low": "/admin/inventory/stockalert/", "alert": f"/admin/inventory/stockalert/{alert.pk}/",
        "draft": reverse("admin:list_verb", args=["inventory", "stockalert", "draft-orders"]),
        "resolve": v("inventory.stockalert", alert.pk, "resolve"),
        "order": f"/admin/orders/order/{order.pk}/", "reallocate": v("orders.order", order.pk, "reallocate"),
        "transfer": f"/admin/warehouse/transfer/{waits.pk}/", "approve": v("warehouse.transfer", waits.pk, "approve"),
        "rules": reverse("admin:list_verb", args=["warehouse", "transfer", "rules"]),
    }
    bad = {}
    for scheme, size in (("light", {"width": 1440, "height": 900}), ("dark", {"width": 390, "height": 844})):
        staff_desk.set_viewport_size(size); staff_desk.emulate_media(color_scheme=scheme)
        for name, url in urls.items():
            answer = staff_desk.goto(url)
            if name == "allocation":
                staff_desk.get_by_label("Items").fill(f"{mug.sku}, 2")
                staff_desk.get_by_role("button", name="Preview").click()
                staff_desk.wait_for_selector("#allocation-preview table, #allocation-preview .mdk-note")
            staff_desk.screenshot(path=f"/tmp/md/stock-shots/{scheme}-{name}.png", full_page=True)
            if answer.status != 200: bad[name] = answer.status
            elif scheme == "light" and (f := faults_of(staff_desk)): bad[name] = f
            elif scheme == "dark" and staff_desk.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"): bad[name+" phone"]="runs over"
    assert bad == {}
