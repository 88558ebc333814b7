"""Things one wears or carries. Clothes hang: their box ends at the hem, y = 0."""

from __future__ import annotations

from .pen import Kind, Pen


def _hanger(pen: Pen, y: float, half: float = 74) -> None:
    pen.line(f"M0 {y}v-26c0 -9 16 -9 16 -22a15 15 0 0 0 -30 0", pen.palette.wood_deep, 7)
    pen.line(f"M{-half} {y + 34}L0 {y}L{half} {y + 34}", pen.palette.wood_deep, 9)


def _torso(hem: float, chest: float, top: float) -> str:
    return (
        f"M{-hem} 0L{-chest} {top + 130}L{-chest + 2} {top + 40}Q{-chest + 20} {top + 18} -58 {top}"
        f"Q0 {top + 44} 58 {top}Q{chest - 20} {top + 18} {chest - 2} {top + 40}L{chest} {top + 130}L{hem} 0Z"
    )


def _sleeves(pen: Pen, top: float, reach: float, drop: float, cuff: float = 40, fill: str = "") -> None:
    for side in (-1, 1):
        d = (
            f"M{side * 86} {top + 14}Q{side * 122} {top + 26} {side * 132} {top + 62}L{side * reach} {top + drop}"
            f"L{side * (reach - cuff - 12)} {top + drop + 10}L{side * 88} {top + 122}Z"
        )
        pen.cloth(d, fill or pen.palette.shade)


def shirt(pen: Pen) -> None:
    p = pen.palette
    _hanger(pen, -388)
    _sleeves(pen, -372, 172, 262)
    pen.cloth(_torso(104, 100, -372))
    pen.box(-9, -330, 18, 330, p.shade)
    for y in range(-290, -20, 58):
        pen.disc(0, y, 5, p.paper)
    pen.path("M-58 -372L0 -318L-34 -292L-66 -350Z", p.light)
    pen.path("M58 -372L0 -318L34 -292L66 -350Z", p.light)
    pen.box(30, -262, 46, 50, p.shade, 4)


def tee(pen: Pen) -> None:
    p = pen.palette
    _hanger(pen, -350)
    for side in (-1, 1):
        pen.cloth(
            f"M{side * 60} -334L{side * 128} -306L{side * 176} -214L{side * 118} -190L{side * 96} -232Z",
            p.shade,
        )
    pen.cloth(_torso(106, 102, -336))
    pen.line("M-56 -334Q0 -290 56 -334", p.deep, 9)


def jumper(pen: Pen) -> None:
    p = pen.palette
    pen.textile = pen.textile or "knit"
    _sleeves(pen, -336, 178, 258, 46)
    for side in (-1, 1):
        pen.box(side * 150 - 28, -88, 56, 26, p.deep, 8, transform=f"rotate({side * -8} {side * 150} -75)")
    pen.cloth(_torso(112, 108, -340))
    pen.box(-112, -30, 224, 34, p.deep, 8)
    pen.line("M-58 -338Q0 -286 58 -338", p.deep, 20)


def jacket(pen: Pen) -> None:
    p = pen.palette
    _hanger(pen, -376)
    _sleeves(pen, -360, 184, 268, 48)
    pen.cloth(_torso(118, 112, -362))
    pen.path("M-20 -330L0 -318L20 -330L16 0L-16 0Z", p.deep)
    pen.line("M0 -316V-4", p.wood, 4, stroke_dasharray="7 6")
    pen.path("M-62 -362L-4 -312L-22 -210L-84 -318Z", p.light)
    pen.path("M62 -362L4 -312L22 -210L84 -318Z", p.light)
    for side in (-1, 1):
        pen.line(f"M{side * 86} -112L{side * 48} -96", p.deep, 7)
    pen.box(-118, -22, 100, 24, p.shade, 5)
    pen.box(18, -22, 100, 24, p.shade, 5)


def tuxedo(pen: Pen) -> None:
    p = pen.palette
    _hanger(pen, -376)
    _sleeves(pen, -360, 172, 282, 40)
    pen.path(_torso(112, 106, -362), p.main)
    pen.path("M-50 -352Q0 -316 50 -352L8 -150L-8 -150Z", p.paper)
    pen.path("M-60 -362L-50 -352L0 -150L-14 -140L-86 -262L-62 -276L-78 -300Z", p.deep)
    pen.path("M60 -362L50 -352L0 -150L14 -140L86 -262L62 -276L78 -300Z", p.deep)
    pen.path("M0 -322L-32 -338V-304ZM0 -322L32 -338V-304Z", p.deep)
    pen.line("M0 -150L10 0", p.deep, 4)
    for y in (-128, -88):
        pen.disc(-12, y, 6, p.deep)
    pen.box(34, -236, 40, 10, p.light, 3)


def dress(pen: Pen) -> None:
    p = pen.palette
    pen.line("M-42 -400V-340M42 -400V-340", p.deep, 8)
    pen.cloth("M-60 -356Q0 -316 60 -356Q64 -270 52 -236L136 -6Q0 26 -136 -6L-52 -236Q-64 -270 -60 -356Z")
    pen.box(-53, -246, 106, 20, p.deep, 6)
    for x in (-52, 0, 52):
        pen.line(f"M{x * 0.4} -222L{x * 1.5} 2", p.shade, 5)


def skirt(pen: Pen) -> None:
    p = pen.palette
    pen.cloth("M-74 -250H74L136 -6Q0 24 -136 -6Z")
    pen.box(-76, -264, 152, 26, p.deep, 6)
    for x in (-48, 0, 48):
        pen.line(f"M{x} -236L{x * 1.8} 4", p.shade, 5)


def trousers(pen: Pen) -> None:
    p = pen.palette
    pen.cloth("M-92 -400H92L104 0H22L2 -262L-22 0H-104Z")
    pen.box(-94, -404, 188, 28, p.deep, 5)
    pen.line("M2 -374V-262M-70 -362Q-66 -318 -88 -312M70 -362Q66 -318 88 -312", p.shade, 5)
    pen.box(-104, -20, 82, 22, p.shade)
    pen.box(22, -20, 82, 22, p.shade)


def high_top(pen: Pen) -> None:
    p = pen.palette
    for dx, dy, body, edge in ((52, -20, p.shade, p.deep), (0, 0, p.main, p.shade)):
        at = f"translate({dx} {dy})"
        pen.path(
            "M-150 -26L-144 -236Q-92 -256 -46 -232L-30 -150Q24 -112 110 -98Q156 -84 158 -26Z",
            body,
            transform=at,
        )
        pen.path("M-148 -90Q-92 -104 -84 -26H-150Z", edge, transform=at)
        pen.path("M74 -104Q150 -98 158 -26H60Q56 -74 74 -104Z", p.paper, transform=at)
        pen.box(-158, -34, 324, 34, p.paper, 14, transform=at)
        pen.box(-158, -16, 324, 16, p.accent, 8, transform=at)
        for y in (-206, -176, -146):
            pen.line(f"M-52 {y}l32 16", p.paper, 9, transform=at)
    pen.disc(-104, -168, 24, p.paper)
    pen.disc(-104, -168, 11, p.accent)


def boot(pen: Pen) -> None:
    p = pen.palette
    pen.path("M-104 -22L-98 -300Q-40 -316 14 -300L22 -150Q60 -118 120 -104Q150 -92 150 -22Z", p.main)
    pen.path("M-104 -22L-101 -130Q-60 -120 -46 -22Z", p.shade)
    pen.path("M-110 -24H156V0H40L34 -8H-30L-36 0H-110Z", p.deep)
    pen.path("M-20 -302H8Q2 -230 14 -170H-8Q-24 -240 -20 -302Z", p.shade)


def bag(pen: Pen) -> None:
    p = pen.palette
    pen.line("M-72 -232C-72 -392 72 -392 72 -232", p.deep, 16)
    pen.path(
        "M-150 -250H150Q162 -250 164 -236L176 -18Q176 0 158 0H-158Q-176 0 -176 -18L-164 -236Q-162 -250 -150 -250Z",
        p.main,
    )
    pen.path("M-156 -250H156Q162 -148 0 -132Q-162 -148 -156 -250Z", p.shade)
    pen.box(-20, -152, 40, 44, p.wood, 6)
    pen.disc(0, -130, 7, p.deep)
    pen.line("M-160 -20H160", p.shade, 4, stroke_dasharray="12 8")


def tote(pen: Pen) -> None:
    p = pen.palette
    pen.line("M-62 -266C-62 -430 62 -430 62 -266", p.shade, 15)
    pen.cloth("M-136 -276H136L150 -14Q150 0 136 0H-136Q-150 0 -150 -14Z")
    pen.disc(0, -132, 54, p.accent)
    pen.path("M-54 -132A54 54 0 0 0 54 -132Z", p.accent_deep)
    pen.line("M-134 -256H134", p.shade, 5)


def scarf(pen: Pen) -> None:
    p = pen.palette
    pen.textile = pen.textile or "striped"
    pen.cloth("M22 -330L84 -318L112 -24H22Z", p.shade)
    pen.cloth("M-84 -320L-8 -326L18 -20H-74Z")
    pen.path("M-104 -352Q0 -420 104 -352Q112 -300 0 -282Q-112 -300 -104 -352Z", p.main)
    pen.path("M-64 -350Q0 -384 64 -350Q40 -326 0 -324Q-40 -326 -64 -350Z", p.deep)
    for x in (-66, -46, -26, -6, 10, 34, 54, 74, 94):
        pen.line(f"M{x} -22v24", p.deep, 6)


def hat(pen: Pen) -> None:
    p = pen.palette
    pen.textile = pen.textile or "knit"
    pen.disc(0, -276, 34, p.accent)
    pen.cloth("M-128 -70Q-136 -254 0 -258Q136 -254 128 -70Z")
    pen.box(-138, -88, 276, 76, p.deep, 20)
    for x in range(-116, 130, 26):
        pen.line(f"M{x} -76v52", p.shade, 7)


def socks(pen: Pen) -> None:
    p = pen.palette
    for dx, fill in ((64, p.shade), (-18, p.main)):
        at = f"translate({dx} 0)"
        pen.path(
            "M-52 -300H36L40 -120Q46 -96 84 -76Q112 -58 104 -28Q96 0 62 0Q20 -2 -22 -40Q-54 -70 -54 -110Z",
            fill,
            transform=at,
        )
        pen.path("M-54 -110Q-54 -70 -22 -40Q6 -58 -6 -110Z", p.accent, transform=at)
        pen.path("M84 -76Q112 -58 104 -28Q96 0 62 0Q52 -44 84 -76Z", p.accent, transform=at)
        pen.box(-56, -304, 96, 34, p.deep, 8, transform=at)


KINDS = {
    "tuxedo": Kind(tuxedo, 370, 420, ("tuxedo", "suit", "blazer", "waistcoat"), True),
    "jacket": Kind(jacket, 390, 420, ("jacket", "coat", "parka", "anorak", "cardigan", "gilet"), True),
    "jumper": Kind(
        jumper,
        370,
        350,
        ("jumper", "sweater", "pullover", "hoodie", "sweatshirt", "fleece", "knitwear", "varsity"),
        True,
    ),
    "skirt": Kind(skirt, 290, 280, ("skirt", "shorts"), True),
    "dress": Kind(dress, 290, 400, ("dress", "gown", "kaftan", "agbada", "boubou", "apron"), True),
    "trousers": Kind(trousers, 220, 410, ("trousers", "jeans", "pants", "chinos", "leggings"), True),
    "high_top": Kind(
        high_top, 370, 270, ("tops-led", "sneaker", "sneakers", "trainers", "shoe", "shoes", "high")
    ),
    "boot": Kind(boot, 290, 310, ("boot", "boots", "wellies")),
    "tee": Kind(tee, 370, 400, ("tee", "t-shirt", "tshirt", "vest", "polo", "jersey"), True),
    "shirt": Kind(
        shirt, 360, 430, ("shirt", "blouse", "top", "tunic", "clothing", "apparel", "men", "women"), True
    ),
    "tote": Kind(tote, 310, 400, ("tote", "shopper")),
    "bag": Kind(
        bag, 360, 370, ("bag", "handbag", "satchel", "backpack", "rucksack", "purse", "wallet", "holdall")
    ),
    "scarf": Kind(scarf, 240, 390, ("scarf", "shawl", "wrap"), True),
    "hat": Kind(hat, 290, 310, ("hat", "beanie", "cap", "headwear")),
    "socks": Kind(socks, 260, 305, ("socks", "sock", "slippers")),
}
