# ruff: noqa: E501 - outlines and tables read better in one line
"""Things that furnish a room or a garden."""

from __future__ import annotations

from .pen import Kind, Pen


def sofa(pen: Pen) -> None:
    p = pen.palette
    for x in (-196, 170):
        pen.path(f"M{x} -44h26l-6 44h-14Z", p.wood_deep)
    pen.cloth("M-190 -216Q-190 -250 -156 -250H156Q190 -250 190 -216V-80H-190Z", p.main)
    pen.line("M0 -246V-130", p.shade, 5)
    pen.path("M-176 -132H-4V-62H-176ZM4 -132H176V-62H4Z", p.light)
    pen.box(-176, -136, 170, 62, p.light, 16)
    pen.box(6, -136, 170, 62, p.light, 16)
    pen.box(-200, -88, 400, 48, p.shade, 12)
    for x in (-232, 176):
        pen.box(x, -178, 56, 138, p.main, 24)
        pen.box(x, -70, 56, 30, p.shade, 12)
    pen.box(84, -206, 78, 78, p.accent, 14, transform="rotate(10 120 -160)")


def armchair(pen: Pen) -> None:
    p = pen.palette
    pen.path("M-124 -50h26l-10 50h-12ZM98 -50h26l-4 50h-12Z", p.wood_deep)
    pen.cloth("M-112 -270Q-112 -338 0 -338Q112 -338 112 -270V-90H-112Z")
    pen.line("M-50 -262v1M0 -282v1M50 -262v1M-26 -216v1M26 -216v1", p.deep, 12)
    pen.box(-104, -164, 208, 72, p.light, 26)
    pen.box(-120, -104, 240, 60, p.shade, 16)
    for x in (-158, 104):
        pen.box(x, -212, 54, 168, p.main, 26)
        pen.disc(x + 27, -186, 16, p.shade)


def beanbag(pen: Pen) -> None:
    p = pen.palette
    pen.path(
        "M-34 -262Q-20 -290 18 -284Q44 -276 40 -254C120 -216 182 -96 172 -40Q160 2 0 2Q-166 2 -172 -44C-176 -116 -112 -226 -34 -262Z",
        p.main,
    )
    pen.path("M40 -254C120 -216 182 -96 172 -40Q160 2 0 2C120 -30 92 -180 40 -254Z", p.shade)
    pen.line("M-6 -262C-70 -200 -104 -96 -96 -10M14 -262C6 -180 -4 -90 4 0", p.deep, 4)
    pen.disc(4, -272, 30, p.deep, 14)


def chair(pen: Pen) -> None:
    p = pen.palette
    pen.line("M-84 -380L-96 0M84 -380L96 0M-70 -170L-58 -6M70 -170L58 -6", p.deep, 15)
    pen.box(-92, -392, 184, 56, p.main, 18)
    pen.box(-88, -300, 176, 34, p.shade, 14)
    pen.box(-112, -196, 224, 40, p.main, 14)
    pen.box(-112, -170, 224, 14, p.shade, 7)


def table(pen: Pen) -> None:
    p = pen.palette
    pen.path("M-182 -180h36l-24 180h-24ZM146 -180h36l12 180h-24Z", p.deep)
    pen.box(-166, -190, 332, 40, p.shade)
    pen.box(-228, -218, 456, 36, p.main, 8)
    for x in (-110, 0, 110):
        pen.line(f"M{x} -216v30", p.shade, 4)
    pen.path("M-40 -218L-50 -286H10L0 -218Z", p.accent)
    pen.line("M-20 -286Q-26 -340 -62 -352M-20 -286Q-14 -350 22 -372", p.leaf_deep, 6)
    pen.disc(-62, -354, 22, p.leaf, 13)
    pen.disc(24, -374, 24, p.leaf, 14)


def side_table(pen: Pen) -> None:
    p = pen.palette
    pen.path("M-104 -40h26l-8 40h-14ZM78 -40h26l-4 40h-14Z", p.deep)
    pen.box(-120, -250, 240, 216, p.main, 8)
    pen.box(-134, -268, 268, 26, p.shade, 8)
    pen.box(-98, -222, 196, 78, p.light, 6)
    pen.box(-98, -132, 196, 78, p.light, 6)
    pen.disc(0, -183, 10, p.deep)
    pen.disc(0, -93, 10, p.deep)
    pen.line("M-40 -268V-330", p.deep, 7)
    pen.path("M-78 -326L-62 -394H-18L-2 -326Z", p.accent)


def drawers(pen: Pen) -> None:
    p = pen.palette
    pen.path("M-160 -34h34l-10 34h-16ZM126 -34h34l-8 34h-16Z", p.deep)
    pen.box(-176, -330, 352, 300, p.main, 10)
    pen.box(-192, -350, 384, 30, p.shade, 8)
    for y in (-304, -214, -124):
        pen.box(-154, y, 308, 76, p.light, 6)
        for x in (-76, 76):
            pen.disc(x, y + 38, 11, p.deep)
    pen.disc(-110, -392, 30, p.accent, 42)
    pen.disc(-110, -430, 13, p.accent_deep, 5)


def bed(pen: Pen) -> None:
    p = pen.palette
    pen.box(-226, -290, 26, 290, p.wood_deep, 10)
    pen.box(-226, -270, 60, 200, p.wood, 14)
    pen.box(206, -120, 22, 120, p.wood_deep, 8)
    pen.box(-206, -110, 420, 66, p.shade, 10)
    pen.box(-190, -166, 110, 66, p.paper, 26)
    pen.cloth("M-96 -150Q60 -176 214 -146V-58Q60 -34 -96 -62Z")
    pen.path("M-96 -150Q-50 -158 -30 -158Q-44 -104 -30 -56L-96 -62Z", p.light)
    pen.path("M120 -160Q170 -156 214 -146V-58Q170 -50 120 -48Q136 -104 120 -160Z", p.accent)


def pillows(pen: Pen) -> None:
    p = pen.palette
    back = "M-30 -316Q60 -296 150 -316Q134 -220 150 -124Q60 -140 -30 -124Q-14 -220 -30 -316Z"
    front = "M-164 -212Q-60 -190 44 -212Q26 -106 44 -2Q-60 -22 -164 -2Q-146 -106 -164 -212Z"
    pen.parts.append('<g transform="rotate(8 60 -200)">')
    pen.path(back, p.accent)
    pen.line("M60 -306V-134", p.accent_deep, 5)
    pen.parts.append('</g><g transform="rotate(-4 -60 -100)">')
    pen.cloth(front)
    pen.parts.append("</g>")
    pen.path("M40 -150Q110 -136 180 -150Q166 -76 180 -2Q110 -14 40 -2Q54 -76 40 -150Z", p.shade)
    pen.line("M74 -120l72 88M146 -120l-72 88", p.light, 6)


def blanket(pen: Pen) -> None:
    p = pen.palette
    pen.textile = pen.textile or "checked"
    for y, fill in ((-204, p.light), (-136, p.main), (-68, p.shade)):
        pen.cloth(
            f"M-170 {y + 12}Q-170 {y} -158 {y}H140Q176 {y} 176 {y + 32}Q176 {y + 64} 140 {y + 64}H-170Z", fill
        )
    for y in (-196, -128, -60):
        for dy in (0, 16, 32, 48):
            pen.line(f"M-172 {y + dy}h-20", p.deep, 5)


def lamp(pen: Pen) -> None:
    p = pen.palette
    pen.box(-9, -190, 18, 176, p.wood_deep)
    pen.disc(0, -96, 44, p.accent, 62)
    pen.box(-74, -20, 148, 20, p.wood_deep, 10)
    pen.path("M-84 -380H84L140 -190Q0 -160 -140 -190Z", p.main)
    pen.path("M40 -380H84L140 -190Q110 -180 76 -176Z", p.shade)
    pen.disc(0, -190, 120, p.light, 12, opacity=0.7)


def pendant(pen: Pen) -> None:
    p = pen.palette
    pen.line("M0 -400V-240", p.deep, 6)
    pen.box(-22, -262, 44, 44, p.deep, 6)
    pen.path("M-150 -62Q-148 -224 0 -224Q148 -224 150 -62Z", p.main)
    pen.path("M150 -62Q148 -224 0 -224Q92 -190 84 -62Z", p.shade)
    pen.path("M-44 -66A44 44 0 0 0 44 -66Z", p.paper)
    pen.box(-160, -72, 320, 16, p.deep, 8)


def _leaf(pen: Pen, x: float, y: float, angle: float, size: float, fill: str) -> None:
    pen.path(
        f"M0 0C{size * -0.42:.0f} {size * -0.3:.0f} {size * -0.36:.0f} {size * -0.8:.0f} 0 {-size:.0f}"
        f"C{size * 0.36:.0f} {size * -0.8:.0f} {size * 0.42:.0f} {size * -0.3:.0f} 0 0Z",
        fill,
        transform=f"translate({x} {y}) rotate({angle})",
    )


def plant(pen: Pen) -> None:
    p = pen.palette
    for angle, size, fill in (
        (-58, 150, p.leaf_deep),
        (56, 156, p.leaf_deep),
        (-30, 200, p.leaf),
        (30, 196, p.leaf),
        (0, 226, p.leaf_deep),
        (-82, 104, p.leaf),
        (80, 108, p.leaf),
    ):
        _leaf(pen, 0, -168, angle, size, fill)
        pen.line(
            f"M0 0V{-size * 0.8:.0f}",
            p.ground_mark,
            3,
            transform=f"translate(0 -168) rotate({angle})",
            opacity=0.6,
        )
    _pot(pen)


def _pot(pen: Pen) -> None:
    p = pen.palette
    pen.path("M-104 -150H104L80 -12Q78 0 66 0H-66Q-78 0 -80 -12Z", p.main)
    pen.path("M40 -150H104L80 -12Q78 0 66 0H20Q44 -60 40 -150Z", p.shade)
    pen.box(-118, -184, 236, 46, p.main, 10)
    pen.box(44, -184, 74, 46, p.shade, 10)


def pots(pen: Pen) -> None:
    p = pen.palette
    for x, scale, fill, edge in (
        (-96, 1.0, p.main, p.shade),
        (40, 0.82, p.shade, p.deep),
        (140, 0.64, p.light, p.main),
    ):
        at = f"translate({x} 0) scale({scale})"
        pen.path("M-84 -140H84L62 0H-62Z", fill, transform=at)
        pen.box(-94, -172, 188, 40, edge, 8, transform=at)
        for dx, height, turn in ((-22, 84, -18), (22, 92, 16), (0, 120, 0)):
            pen.path(
                f"M0 0C-24 -20 -20 -{height * 0.7:.0f} 0 -{height}C20 -{height * 0.7:.0f} 24 -20 0 0Z",
                p.leaf if dx else p.leaf_deep,
                transform=f"{at} translate({dx} -168) rotate({turn})",
            )


def vase(pen: Pen) -> None:
    p = pen.palette
    pen.line("M0 -230Q-14 -320 -70 -372M2 -230Q6 -330 18 -410M4 -230Q34 -300 88 -338", p.leaf_deep, 6)
    for x, y, fill in ((-72, -378, p.accent), (20, -418, p.accent_deep), (92, -344, p.accent)):
        for dx, dy in ((0, -18), (17, -5), (11, 15), (-11, 15), (-17, -5)):
            pen.disc(x + dx, y + dy, 15, fill)
        pen.disc(x, y, 10, p.paper)
    pen.path(
        "M-34 -246H34Q28 -200 74 -140Q106 -74 58 -6Q50 0 40 0H-40Q-50 0 -58 -6Q-106 -74 -74 -140Q-28 -200 -34 -246Z",
        p.main,
    )
    pen.path("M10 -246H34Q28 -200 74 -140Q106 -74 58 -6Q50 0 40 0H8Q70 -80 30 -150Q4 -200 10 -246Z", p.shade)


def watering_can(pen: Pen) -> None:
    p = pen.palette
    pen.line("M96 -176C196 -190 190 -40 100 -40", p.deep, 20)
    pen.line("M-80 -96L-186 -210", p.main, 34)
    pen.path("M-232 -216L-170 -264L-158 -226L-204 -190Z", p.shade)
    pen.path("M-104 -190H104L116 -14Q116 0 102 0H-102Q-116 0 -116 -14Z", p.main)
    pen.path("M40 -190H104L116 -14Q116 0 102 0H30Q54 -80 40 -190Z", p.shade)
    pen.line("M-70 -190C-66 -288 66 -288 70 -190", p.deep, 18)
    pen.box(-112, -204, 224, 28, p.deep, 10)


def trowel(pen: Pen) -> None:
    p = pen.palette
    pen.parts.append('<g transform="rotate(18 0 -190)">')
    pen.box(-20, -400, 40, 160, p.wood, 20)
    pen.box(-20, -300, 40, 20, p.accent)
    pen.box(-9, -246, 18, 70, p.deep)
    pen.path("M-58 -184Q0 -204 58 -184L54 -84Q44 -24 0 0Q-44 -24 -54 -84Z", p.main)
    pen.path("M0 -194Q30 -194 58 -184L54 -84Q44 -24 0 0Z", p.shade)
    pen.parts.append("</g>")


def fence(pen: Pen) -> None:
    p = pen.palette
    pen.box(-212, -214, 424, 28, p.shade)
    pen.box(-212, -96, 424, 28, p.shade)
    for i, x in enumerate(range(-196, 170, 80)):
        pen.path(f"M{x} 0V-262L{x + 30} -298L{x + 60} -262V0Z", p.main if i % 2 else p.light)
        for y in (-200, -82):
            pen.disc(x + 30, y, 5, p.deep)


def slats(pen: Pen) -> None:
    p = pen.palette
    for i in range(6):
        y = -58 * (i + 1)
        pen.box(-180 + (i % 2) * 12, y, 350, 44, (p.main, p.shade, p.light)[i % 3], 6)
        pen.line(f"M{-150 + i * 20} {y + 22}h{90 + i * 12}", p.deep, 3, opacity=0.5)
    pen.box(-138, -360, 24, 360, p.deep)
    pen.box(114, -360, 24, 360, p.deep)


def basket(pen: Pen) -> None:
    p = pen.palette
    pen.line("M-96 -190C-90 -350 90 -350 96 -190", p.shade, 18)
    d = "M-150 -196H150L122 -14Q120 0 106 0H-106Q-120 0 -122 -14Z"
    pen.path(d, p.main)

    def weave() -> None:
        for row in range(6):
            for column in range(-6, 7):
                pen.box(column * 28 + (row % 2) * 14, -184 + row * 31, 20, 22, p.shade, 6)

    pen.inside(d, weave)
    pen.box(-160, -210, 320, 28, p.deep, 12)


def clock(pen: Pen) -> None:
    p = pen.palette
    pen.disc(0, -170, 168, p.main)
    pen.disc(0, -170, 138, p.paper)
    for turn in range(0, 360, 30):
        pen.line("M0 -288V-276", p.deep, 8 if turn % 90 == 0 else 4, transform=f"rotate({turn} 0 -170)")
    pen.line("M0 -170L-58 -214", p.deep, 12)
    pen.line("M0 -170L46 -256", p.deep, 8)
    pen.disc(0, -170, 12, p.accent_deep)


def frame(pen: Pen) -> None:
    p = pen.palette
    pen.box(-140, -360, 280, 360, p.main, 4)
    pen.box(-116, -336, 232, 312, p.paper)
    pen.disc(34, -240, 52, p.accent)
    pen.path("M-92 -48V-130Q-40 -196 12 -130T92 -140V-48Z", p.leaf)
    pen.path("M-92 -48V-96Q-20 -130 92 -80V-48Z", p.leaf_deep)


def rug(pen: Pen) -> None:
    p = pen.palette
    d = "M-190 -250H190V-20H-190Z"
    pen.path(d, p.main)
    pen.box(-170, -232, 340, 194, p.light)
    for x in (-104, 0, 104):
        pen.path(f"M{x} -220L{x + 54} -135L{x} -50L{x - 54} -135Z", p.accent)
        pen.path(f"M{x} -180L{x + 28} -135L{x} -90L{x - 28} -135Z", p.deep)
    for x in range(-184, 190, 16):
        pen.line(f"M{x} -254v-16M{x} -16v16", p.shade, 5)


KINDS = {
    "sofa": Kind(sofa, 470, 260, ("sofa", "couch", "settee", "loveseat")),
    "armchair": Kind(armchair, 320, 345, ("armchair", "recliner")),
    "beanbag": Kind(beanbag, 350, 290, ("beanbag", "pouffe", "pouf", "ottoman")),
    "side_table": Kind(side_table, 270, 395, ("bedside", "nightstand", "cabinet")),
    "table": Kind(table, 460, 390, ("table", "desk", "bench", "workbench")),
    "drawers": Kind(drawers, 390, 440, ("drawers", "dresser", "chest", "sideboard", "wardrobe")),
    "chair": Kind(chair, 230, 395, ("chair", "stool", "seat", "furniture")),
    "bed": Kind(bed, 460, 295, ("bed", "duvet", "sheet", "sheets", "bedding", "mattress", "quilt")),
    "pillows": Kind(pillows, 360, 330, ("pillow", "pillows", "cushion", "cushions")),
    "blanket": Kind(
        blanket, 390, 210, ("blanket", "throw", "towel", "towels", "napkin", "napkins", "cloth", "tablecloth")
    ),
    "pendant": Kind(pendant, 320, 400, ("pendant", "lampshade", "chandelier", "copper-light"), True),
    "lamp": Kind(lamp, 290, 385, ("lamp", "light", "lantern", "lighting")),
    "watering_can": Kind(watering_can, 420, 290, ("watering",)),
    "trowel": Kind(
        trowel, 200, 410, ("trowel", "spade", "shovel", "secateurs", "tool", "tools", "gardening")
    ),
    "fence": Kind(fence, 430, 300, ("fence", "gate", "trellis")),
    "slats": Kind(slats, 370, 365, ("slats", "shelf", "rack", "decking", "planks", "board", "chopping")),
    "pots": Kind(pots, 400, 300, ("pots", "seeds", "seedlings", "herbs")),
    "plant": Kind(
        plant,
        340,
        400,
        ("plant", "plants", "pot", "planter", "fern", "cactus", "succulent", "monstera", "garden", "outdoor"),
    ),
    "vase": Kind(vase, 250, 440, ("vase", "flowers", "bouquet", "jug", "pitcher", "carafe", "decanter")),
    "basket": Kind(basket, 330, 320, ("basket", "hamper", "bin", "crate", "storage")),
    "clock": Kind(clock, 340, 340, ("clock", "watch", "timer", "mirror")),
    "frame": Kind(frame, 290, 360, ("frame", "print", "poster", "art", "picture", "canvas")),
    "rug": Kind(rug, 390, 275, ("rug", "mat", "doormat", "carpet", "runner")),
}
