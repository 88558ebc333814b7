# ruff: noqa: E501 - outlines and tables read better in one line
"""Things for the table, the bath and the writing desk."""

from __future__ import annotations

from .pen import Kind, Pen


def mug(pen: Pen) -> None:
    p = pen.palette
    pen.line("M104 -214C210 -220 204 -66 96 -70", p.shade, 30)
    pen.path("M-120 -250H120L112 -36Q108 0 72 0H-72Q-108 0 -112 -36Z", p.main)
    pen.path("M46 -250H120L112 -36Q108 0 72 0H20Q56 -60 46 -250Z", p.shade)
    pen.disc(0, -250, 120, p.light, 26)
    pen.disc(0, -248, 102, p.wood_deep, 19)
    pen.box(-119, -150, 238, 26, p.accent, 0, opacity=0.9)
    pen.line("M-34 -300c-22 -26 22 -40 0 -70M26 -300c-22 -26 22 -40 0 -70", p.shadow, 8, opacity=0.7)


def teapot(pen: Pen) -> None:
    p = pen.palette
    pen.line("M116 -190C226 -210 216 -50 108 -56", p.deep, 24)
    pen.path("M-96 -140Q-160 -160 -176 -226L-206 -232L-196 -252L-148 -246Q-132 -190 -90 -190Z", p.shade)
    pen.disc(0, -118, 136, p.main, 116)
    pen.path("M40 -230Q136 -210 136 -110Q130 -14 40 -4Q98 -100 40 -230Z", p.shade)
    pen.path("M-70 -216Q0 -262 70 -216Q0 -196 -70 -216Z", p.deep)
    pen.disc(0, -254, 20, p.accent)
    pen.box(-70, -12, 140, 12, p.deep, 6)


def bowl(pen: Pen) -> None:
    p = pen.palette
    pen.disc(-56, -186, 44, p.accent)
    pen.disc(30, -196, 50, p.accent_deep)
    pen.disc(96, -176, 38, p.leaf)
    pen.path("M-176 -168H176Q170 -20 60 -8V0H-60V-8Q-170 -20 -176 -168Z", p.main)
    pen.path("M70 -168H176Q170 -20 60 -8V0H10Q80 -60 70 -168Z", p.shade)
    pen.box(-182, -180, 364, 24, p.light, 12)


def plate(pen: Pen) -> None:
    p = pen.palette
    pen.disc(0, -168, 168, p.main)
    pen.disc(0, -168, 122, p.light)
    pen.disc(0, -168, 104, p.main, opacity=0.6)
    for turn in range(0, 360, 30):
        pen.path("M0 -320q12 12 0 26q-12 -14 0 -26Z", p.deep, transform=f"rotate({turn} 0 -168)")


def glass(pen: Pen) -> None:
    p = pen.palette
    for x, scale in ((-70, 1.0), (78, 0.84)):
        at = f"translate({x} 0) scale({scale})"
        pen.path("M-74 -260H74L60 -14Q58 0 44 0H-44Q-58 0 -60 -14Z", p.paper, transform=at, opacity=0.75)
        pen.path("M-68 -160H68L60 -18Q58 -6 44 -6H-44Q-58 -6 -60 -18Z", p.main, transform=at)
        pen.path("M20 -160H68L60 -18Q58 -6 44 -6H10Q30 -70 20 -160Z", p.shade, transform=at)
        pen.disc(0, -160, 68, p.light, 13, transform=at)


def bottle(pen: Pen) -> None:
    p = pen.palette
    pen.path(
        "M-30 -330H30V-268Q34 -246 66 -228Q92 -212 92 -176V-24Q92 0 68 0H-68Q-92 0 -92 -24V-176Q-92 -212 -66 -228Q-34 -246 -30 -268Z",
        p.main,
    )
    pen.path(
        "M8 -330H30V-268Q34 -246 66 -228Q92 -212 92 -176V-24Q92 0 68 0H34Q52 -60 52 -170Q50 -214 26 -234Q8 -250 8 -268Z",
        p.shade,
    )
    pen.box(-38, -392, 76, 66, p.wood, 8)
    pen.box(-92, -160, 184, 104, p.paper)
    pen.box(-60, -134, 84, 12, p.deep, 6)
    pen.box(-60, -108, 120, 7, p.shade, 3)
    pen.box(-60, -90, 96, 7, p.shade, 3)


def pump(pen: Pen) -> None:
    p = pen.palette
    pen.line("M0 -262V-330H-66V-312", p.deep, 18)
    pen.box(-34, -276, 68, 40, p.deep, 6)
    pen.box(-94, -244, 188, 244, p.main, 30)
    pen.box(36, -244, 58, 244, p.shade, 28)
    pen.box(-62, -168, 124, 110, p.paper, 6)
    pen.disc(0, -128, 18, p.accent)
    pen.box(-36, -94, 72, 8, p.shade, 4)


def jar(pen: Pen) -> None:
    p = pen.palette
    pen.box(-110, -252, 220, 252, p.main, 34)
    pen.path("M40 -252H76Q110 -252 110 -218V-34Q110 0 76 0H20Q64 -100 40 -252Z", p.shade)
    pen.box(-98, -306, 196, 62, p.wood, 12)
    pen.box(-98, -266, 196, 14, p.wood_deep)
    pen.disc(0, -120, 66, p.paper)
    pen.path("M0 -160C-30 -132 -30 -106 0 -82C30 -106 30 -132 0 -160Z", p.accent)


def tin(pen: Pen) -> None:
    p = pen.palette
    pen.box(-124, -214, 248, 214, p.main, 8)
    pen.box(50, -214, 74, 214, p.shade, 8)
    pen.disc(0, -214, 124, p.light, 28)
    pen.disc(0, -216, 96, p.main, 19)
    pen.box(-124, -150, 248, 92, p.paper)
    pen.box(-70, -124, 140, 14, p.deep, 7)
    pen.box(-46, -94, 92, 8, p.shade, 4)


def candle(pen: Pen) -> None:
    p = pen.palette
    pen.path("M0 -372C-34 -330 -26 -296 0 -290C26 -296 34 -330 0 -372Z", p.accent)
    pen.path("M0 -336C-14 -318 -12 -300 0 -294C12 -300 14 -318 0 -336Z", p.paper)
    pen.line("M0 -288V-246", p.deep, 7)
    pen.box(-104, -250, 208, 250, p.main, 16)
    pen.box(44, -250, 60, 250, p.shade, 16)
    pen.disc(0, -248, 104, p.light, 22)
    pen.box(-70, -164, 122, 100, p.paper, 4)
    pen.box(-44, -134, 70, 10, p.deep, 5)
    pen.box(-44, -108, 48, 7, p.shade, 3)


def soap(pen: Pen) -> None:
    p = pen.palette
    pen.box(-150, -24, 300, 24, p.wood_deep, 8)
    pen.box(-124, -122, 248, 100, p.main, 40)
    pen.box(-124, -70, 248, 48, p.shade, 24)
    pen.box(-92, -196, 184, 78, p.accent, 32)
    pen.path("M-26 -158Q0 -182 26 -158Q0 -134 -26 -158Z", p.paper)
    for x, y, r in ((112, -190, 20), (142, -232, 12), (96, -244, 9)):
        pen.disc(x, y, r, p.paper, opacity=0.85)


def coffee(pen: Pen) -> None:
    p = pen.palette
    pen.path("M-112 -330H112L124 -300V-14Q124 0 110 0H-110Q-124 0 -124 -14V-300Z", p.main)
    pen.path("M60 -330H112L124 -300V-14Q124 0 110 0H44Q80 -160 60 -330Z", p.shade)
    pen.box(-118, -336, 236, 44, p.deep, 6)
    pen.box(-78, -244, 142, 160, p.paper, 6)
    pen.disc(-8, -176, 34, p.wood_deep, 44, transform="rotate(24 -8 -176)")
    pen.line("M-22 -210Q6 -176 -2 -138", p.paper, 6)
    pen.box(-44, -112, 74, 9, p.deep, 4)


def bread(pen: Pen) -> None:
    p = pen.palette
    pen.path(
        "M-180 -70C-190 -190 -60 -200 0 -200C80 -200 190 -180 180 -70Q176 0 100 0H-100Q-176 0 -180 -70Z",
        p.wood,
    )
    for x in (-96, -20, 56):
        pen.line(f"M{x} -150q46 24 40 78", p.paper, 16)
    pen.path("M-176 -50Q0 -10 176 -50Q164 0 100 0H-100Q-164 0 -176 -50Z", p.wood_deep)


def book(pen: Pen) -> None:
    p = pen.palette
    pen.box(-130, -340, 250, 340, p.deep, 10)
    pen.box(-106, -328, 236, 322, p.paper, 4)
    pen.box(-130, -340, 246, 326, p.main, 10)
    pen.box(-130, -340, 40, 326, p.shade, 10)
    pen.disc(16, -210, 58, p.accent)
    pen.path("M-42 -210A58 58 0 0 0 74 -210Z", p.accent_deep)
    pen.box(-42, -112, 116, 12, p.paper, 6)
    pen.box(-16, -86, 64, 9, p.light, 4)


def notebook(pen: Pen) -> None:
    p = pen.palette
    pen.parts.append('<g transform="rotate(-6 0 -160)">')
    pen.box(-122, -330, 250, 330, p.shade, 14)
    pen.box(-130, -336, 250, 330, p.main, 14)
    pen.box(70, -336, 14, 330, p.accent_deep)
    pen.box(-96, -286, 120, 66, p.paper, 6)
    pen.parts.append('</g><g transform="rotate(22 150 -150)">')
    pen.box(138, -300, 22, 240, p.accent, 3)
    pen.path("M138 -60H160L149 -20Z", p.wood)
    pen.parts.append("</g>")


def cards(pen: Pen) -> None:
    p = pen.palette
    pen.box(-60, -300, 220, 300, p.shade, 8, transform="rotate(9 50 -150)")
    pen.box(-140, -310, 230, 310, p.paper, 8, transform="rotate(-5 -20 -150)")
    pen.parts.append('<g transform="rotate(-5 -20 -150)">')
    for x, y, fill in (
        (-76, -226, p.main),
        (-2, -226, p.accent),
        (-76, -150, p.accent_deep),
        (-2, -150, p.main),
    ):
        pen.disc(x + 14, y, 32, fill)
    pen.box(-90, -84, 128, 10, p.deep, 5)
    pen.parts.append("</g>")


def headphones(pen: Pen) -> None:
    p = pen.palette
    pen.line("M-132 -120C-150 -340 150 -340 132 -120", p.deep, 26)
    for x in (-170, 96):
        pen.box(x, -176, 74, 170, p.main, 34)
        pen.box(x + (46 if x < 0 else 0), -160, 28, 138, p.shade, 12)


def speaker(pen: Pen) -> None:
    p = pen.palette
    pen.box(-120, -350, 240, 350, p.main, 24)
    pen.disc(0, -112, 84, p.deep)
    pen.disc(0, -112, 54, p.shade)
    pen.disc(0, -112, 20, p.accent)
    pen.disc(0, -270, 46, p.deep)
    pen.disc(0, -270, 22, p.shade)


def jewel(pen: Pen) -> None:
    p = pen.palette
    pen.box(-150, -36, 300, 36, p.shade, 10)
    pen.line("M-112 -330C-120 -150 -30 -110 0 -100C30 -110 120 -150 112 -330", p.wood, 8)
    pen.path("M0 -112L40 -72L0 -8L-40 -72Z", p.main)
    pen.path("M0 -112L40 -72H-40Z", p.light)
    for x, y in ((-90, -196), (90, -196), (-52, -142), (52, -142)):
        pen.disc(x, y, 11, p.accent)


def toy(pen: Pen) -> None:
    p = pen.palette
    for x in (-70, 70):
        pen.disc(x, -306, 40, p.main)
        pen.disc(x, -306, 20, p.light)
    pen.disc(-94, -130, 38, p.shade, 56)
    pen.disc(94, -130, 38, p.shade, 56)
    pen.disc(0, -104, 104, p.main, 104)
    pen.disc(0, -84, 62, p.light, 70)
    pen.disc(0, -246, 96, p.main, 84)
    pen.disc(0, -222, 44, p.light, 34)
    pen.disc(0, -238, 16, p.deep, 11)
    for x in (-40, 40):
        pen.disc(x, -268, 9, p.deep)
    pen.disc(-66, -22, 46, p.shade, 28)
    pen.disc(66, -22, 46, p.shade, 28)


def parcel(pen: Pen) -> None:
    """For whatever the words do not name: a box well wrapped, ribbon and card."""
    p = pen.palette
    pen.box(-150, -236, 300, 236, p.main, 8)
    pen.box(62, -236, 88, 236, p.shade, 8)
    pen.box(-166, -276, 332, 60, p.light, 8)
    pen.box(-24, -276, 48, 276, p.accent)
    pen.path("M0 -276C-90 -370 -130 -290 0 -276C90 -370 130 -290 0 -276Z", p.accent_deep)
    pen.disc(0, -280, 18, p.accent)


KINDS = {
    "coffee": Kind(
        coffee,
        260,
        340,
        ("coffee", "beans", "espresso", "roast", "granola", "flour", "rice", "garri", "egusi"),
    ),
    "teapot": Kind(teapot, 410, 275, ("teapot", "kettle")),
    "mug": Kind(mug, 330, 370, ("mug", "cup", "tumbler", "beaker", "mugs", "cups")),
    "bowl": Kind(bowl, 370, 250, ("bowl", "bowls", "fruit", "salad", "mortar", "calabash")),
    "plate": Kind(plate, 340, 340, ("plate", "plates", "dish", "platter", "dinnerware", "tray")),
    "glass": Kind(glass, 290, 262, ("glass", "glasses", "glassware", "goblet")),
    "pump": Kind(pump, 200, 340, ("lotion", "shampoo", "conditioner", "wash", "handwash", "cleanser", "gel")),
    "jar": Kind(
        jar,
        230,
        306,
        (
            "jar",
            "honey",
            "jam",
            "marmalade",
            "chutney",
            "balm",
            "cream",
            "butter",
            "spice",
            "pepper",
            "salt",
            "scrub",
        ),
    ),
    "tin": Kind(tin, 255, 245, ("tin", "tea", "biscuits", "matcha", "polish", "wax", "pomade", "cocoa")),
    "candle": Kind(candle, 215, 375, ("candle", "candles", "wax-melt", "tealight", "incense", "diffuser")),
    "bottle": Kind(
        bottle,
        190,
        395,
        (
            "bottle",
            "oil",
            "syrup",
            "wine",
            "juice",
            "perfume",
            "spray",
            "sauce",
            "vinegar",
            "mist",
            "serum",
            "cordial",
            "flask",
        ),
    ),
    "soap": Kind(soap, 310, 255, ("soap", "bar", "sponge", "bath", "skincare")),
    "bread": Kind(bread, 370, 205, ("bread", "loaf", "cake", "bake", "chocolate", "snack", "chin")),
    "notebook": Kind(
        notebook,
        340,
        345,
        ("notebook", "journal", "planner", "diary", "pen", "pencil", "pencils", "stationery", "ink"),
    ),
    "book": Kind(book, 262, 342, ("book", "books", "cookbook", "novel", "guide")),
    "cards": Kind(cards, 320, 330, ("card", "cards", "postcard", "puzzle", "game", "wrapping", "stickers")),
    "headphones": Kind(headphones, 345, 300, ("headphones", "earphones", "earbuds", "headset")),
    "speaker": Kind(speaker, 245, 350, ("speaker", "radio", "charger", "power", "phone")),
    "jewel": Kind(
        jewel,
        305,
        335,
        ("necklace", "ring", "earrings", "bracelet", "jewellery", "jewelry", "beads", "pendant-necklace"),
    ),
    "toy": Kind(toy, 280, 350, ("toy", "bear", "teddy", "doll", "baby", "kids")),
    "parcel": Kind(parcel, 335, 350, ("gift", "box", "set", "bundle", "voucher")),
}
