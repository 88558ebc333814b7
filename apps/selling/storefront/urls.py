"""Addresses of the front page and of every store."""

from __future__ import annotations

from django.urls import include, path, re_path

from .views import (
    analyses,
    browsing,
    cart,
    changing,
    checkout,
    credit,
    drawings,
    landing,
    lists,
    mine,
    product,
    quick,
    quotes,
    returning,
    tracking,
)

app_name = "storefront"

_PICTURE = r"^picture/(?P<product_id>[0-9a-f-]{36})-(?P<digest>[0-9a-f]{10})-(?P<view>[1-9])\.svg$"

store = [
    path("", browsing.home, name="home"),
    path("products/", lists.products, name="products"),
    path("products/<slug:product_slug>/", product.product, name="product"),
    path(
        "products/<slug:product_slug>/certificates/<uuid:certificate_id>/",
        analyses.download,
        name="certificate",
    ),
    path("preview/<str:preview_token>/", product.preview, name="preview"),
    path("brands/", lists.brands, name="brands"),
    path("brands/<slug:brand_slug>/", lists.brand, name="brand"),
    path("collections/", lists.collections, name="collections"),
    path("collections/<slug:collection_slug>/", lists.collection, name="collection"),
    path("suggest/", browsing.suggest, name="suggest"),
    path("cart/", cart.cart, name="cart"),
    path("cart/drawer/", cart.drawer, name="cart_drawer"),
    path("cart/add/", cart.add, name="cart_add"),
    path("cart/matrix/", quick.put_matrix, name="cart_matrix"),
    path("cart/items/<uuid:item_id>/", cart.change, name="cart_change"),
    path("cart/items/<uuid:item_id>/remove/", cart.remove, name="cart_remove"),
    path("cart/code/", cart.code, name="cart_code"),
    path("cart/code/remove/", cart.remove_code, name="cart_code_remove"),
    path("cart/back/<str:signed>/", quick.back, name="cart_back"),
    path("quick-order/", quick.quick_order, name="quick_order"),
    path("buy/<str:link_token>/", quick.buy, name="buy"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("checkout/return/<str:token>/", tracking.returned, name="returned"),
    path("checkout/return/<str:token>/state/", tracking.waiting_state, name="waiting_state"),
    path("track/<str:token>/", tracking.track, name="track"),
    path("orders/", mine.orders, name="orders"),
    path("orders/<str:token>/pay/", tracking.pay, name="pay"),
    path("orders/<str:token>/change/", changing.change_order, name="change_order"),
    path("orders/<str:token>/return/", returning.send_back, name="send_back"),
    path("orders/<str:token>/card/", credit.pay_with_card, name="pay_with_card"),
    path("gift-card/", credit.balance, name="gift_card"),
    path("orders/<str:token>/again/", tracking.order_again, name="order_again"),
    path("quotes/<str:quote_token>/", quotes.offer, name="quote"),
    path("quotes/<str:quote_token>/ask/", quotes.ask, name="quote_ask"),
    path("quotes/<str:quote_token>/quote.pdf", quotes.paper, name="quote_paper"),
    re_path(_PICTURE, drawings.picture, name="picture"),
    path("branch/<slug:branch_slug>.svg", drawings.branch, name="branch_picture"),
    re_path(r"^shelf-(?P<digest>[0-9a-f]{10})\.svg$", drawings.shelf, name="shelf"),
    re_path(r"^mark-(?P<digest>[0-9a-f]{10})\.svg$", drawings.mark, name="mark"),
    re_path(r"^theme-(?P<accent>[0-9a-f]{6})\.css$", drawings.theme, name="theme"),
    path("robots.txt", drawings.robots, name="robots"),
    path("sitemap.xml", drawings.sitemap, name="sitemap"),
    path("sw.js", drawings.worker, name="worker"),
    path("offline/", drawings.offline, name="offline"),
    # Last: what is no page of the store is said by the store, with its way back to the goods.
    re_path(r"^.+/$", browsing.nothing, name="nothing"),
]

urlpatterns = [
    path("", landing.front, name="front"),
    path("robots.txt", drawings.small_robots, name="site_robots"),
    path("store/<slug:slug>/", include(store)),
]
