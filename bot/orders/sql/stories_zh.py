"""The demo's Chinese-speaking customers and their orders. All names, phones and house numbers are invented."""

from __future__ import annotations

from bot.orders.model import Customer, Payment, Place, State
from bot.orders.sql.plan import Do, Move, Touch
from bot.orders.sql.stories import Cast, Persona, Story, journey

PERSONAS = (
    Persona(
        "lin",
        "林悦",
        "zh",
        "晚高峰的一单，四位骑手都没有接，一直等待确认",
        "One order in the evening peak that four couriers declined (in Chinese)",
    ),
    Persona(
        "zhao",
        "赵强",
        "zh",
        "地址、电话、收件人、付款、商家：各种原因的等待确认",
        "Orders held up by address, phone, recipient, payment and the shop (in Chinese)",
    ),
    Persona(
        "he",
        "何静",
        "zh",
        "过期、失败、审核中、状态不明等特殊订单",
        "Special states: expired, failed, under review, unknown (in Chinese)",
    ),
    Persona("chen", "陈晨", "zh", "新用户，还没有订单", "A new customer with no orders (in Chinese)"),
)

CASTS = (
    Cast(Customer("lin", "林悦", "zh", 1280), ("+8619900000101", "lin.yue@example.com")),
    Cast(Customer("zhao", "赵强", "zh", 460), ("+8619900000202", "zhao.qiang@example.com")),
    Cast(Customer("he", "何静", "zh", 3020), ("+8619900000303", "he.jing@example.com")),
    Cast(Customer("chen", "陈晨", "zh", 0), ("+8619900000404", "chen.chen@example.com")),
)

LIN_HOME = Place("北京市朝阳区望京东园三区306号楼2单元1502室", "林悦", "+8619900000101")
LIN_OFFICE = Place("北京市海淀区知春路113号银网中心A座8层", "王璐", "+8619900000111")
ZHAO = Place("上海市徐汇区漕溪北路398号汇智大厦18层1806室", "赵强", "+8619900000202")
NOODLES = Place("上海市徐汇区肇嘉浜路1065号1层105铺", "稻香小厨", "+8619900000212")
FLOWERS = Place("上海市静安区愚园路218号1层", "小满花店", "+8619900000213")
PRINTER = Place("上海市黄浦区河南中路88号2层203室", "晨光图文", "+8619900000214")
HE = Place("成都市武侯区天府大道北段1480号高新孵化园6号楼402室", "何静", "+8619900000303")
HE_MOTHER = Place("成都市青羊区人民中路二段22号3栋1单元601室", "何丽华", "+8619900000313")

LIN = (
    Story(
        "TP10024817",
        "合同文件一份",
        State.AWAITING_COURIER,
        LIN_OFFICE,
        LIN_HOME,
        {"distance": 1600, "weight": 200, "peak": 500},
        placed=23,
        expires=37,
        moves=journey("周海峰", 100, declined=(25, 55)),
        facts={"offers_declined": 4, "peak": True, "can_tip": True, "can_reschedule": True},
    ),
)

ZHAO_ORDERS = (
    Story(
        "TP30045118",
        "生日蛋糕一个",
        State.AWAITING_COURIER,
        NOODLES,
        Place("上海市浦东新区世纪大道", "孙晓彤", "+8619900000221"),
        {"distance": 2200, "weight": 300},
        placed=31,
        expires=29,
        touch=Touch.HELD,
        moves=journey("马俊", 30),
        facts={"raw_state": "ADDRESS_CHECK", "offers_declined": 2},
    ),
    Story(
        "TP30045226",
        "样品两盒",
        State.AWAITING_COURIER,
        ZHAO,
        Place("上海市长宁区延安西路2299号世贸商城5层5C20室", "钱敏", "1990000022"),
        {"distance": 1500},
        placed=18,
        expires=42,
        touch=Touch.HELD,
        moves=journey("吴磊", 30),
        facts={"raw_state": "CONTACT_CHECK"},
    ),
    Story(
        "TP30045334",
        "鲜花一束",
        State.AWAITING_COURIER,
        FLOWERS,
        Place("上海市杨浦区国定路335号3号楼701室", "", "+8619900000223"),
        {"distance": 1800},
        placed=14,
        expires=46,
        touch=Touch.HELD,
        moves=journey("郑凯", 30),
        facts={"raw_state": "CONTACT_CHECK"},
    ),
    Story(
        "TP30045442",
        "标书三册",
        State.AWAITING_PAYMENT,
        PRINTER,
        ZHAO,
        {"distance": 1300, "weight": 400},
        placed=9,
        expires=21,
        payment=Payment.UNPAID,
        facts={"pay_link": "https://pay.tepai.example/o/TP30045442"},
    ),
    Story(
        "TP30045557",
        "笔记本电脑一台",
        State.AWAITING_PAYMENT,
        ZHAO,
        Place("上海市普陀区金沙江路1628号5号楼2层", "周航", "+8619900000225"),
        {"distance": 2600, "weight": 600},
        placed=16,
        expires=14,
        payment=Payment.FAILED,
        facts={"raw_reason": "CARD_LIMIT", "pay_link": "https://pay.tepai.example/o/TP30045557"},
    ),
    Story(
        "TP30045661",
        "番茄牛腩饭两份",
        State.AWAITING_SHOP,
        NOODLES,
        ZHAO,
        {"distance": 900},
        placed=11,
        moves=(Move(75, Do.SHOP_ACCEPT), *journey("冯涛", 140)),
        facts={"shop": "稻香小厨", "peak": True},
    ),
    Story(
        "TP30045779",
        "体检报告一份",
        State.AWAITING_PAYMENT,
        PRINTER,
        ZHAO,
        {"distance": 1400},
        placed=13,
        synced=12,
        touch=Touch.LATE,
        moves=(Move(-360, Do.PAYMENT_SEEN), *journey("蒋斌", 60)),
    ),
    Story(
        "TP30046015",
        "行李箱一只",
        State.AWAITING_COURIER,
        ZHAO,
        Place("上海市闵行区七宝万科广场", "", "没有电话"),
        {"distance": 3100, "weight": 800},
        placed=40,
        expires=20,
        touch=Touch.HELD,
        moves=journey("沈阳", 30),
        facts={"raw_state": "ADDRESS_CHECK", "offers_declined": 3},
    ),
)

HE_ORDERS = (
    Story(
        "TP50061124",
        "火锅底料一箱",
        State.EXPIRED_NO_COURIER,
        HE_MOTHER,
        HE,
        {"distance": 1700, "peak": 400},
        placed=95,
        updated=35,
        payment=Payment.REFUNDED,
        facts={"raw_reason": "NO_COURIER_IN_60_MIN", "offers_declined": 7, "peak": True},
    ),
    Story(
        "TP50061235",
        "药品一袋",
        State.FAILED,
        HE,
        HE_MOTHER,
        {"distance": 1200},
        placed=180,
        updated=120,
        facts={"raw_state": "FAILED_TO_DELIVER", "raw_reason": "RECIPIENT_UNREACHABLE"},
    ),
    Story(
        "TP50061346",
        "手机一部",
        State.UNDER_REVIEW,
        HE,
        HE_MOTHER,
        {"distance": 1200, "weight": 100},
        placed=27,
        facts={"raw_reason": "HIGH_VALUE_GOODS"},
    ),
    Story(
        "TP50061457",
        "证件一份",
        State.UNKNOWN,
        HE_MOTHER,
        HE,
        {"distance": 1300},
        placed=50,
        updated=44,
        facts={"raw_state": "PARTNER_HOLD_7", "raw_reason": "code 7"},
    ),
    Story(
        "TP50061568",
        "雨伞两把",
        State.AWAITING_COURIER,
        HE,
        HE_MOTHER,
        {"distance": 1200},
        placed=52,
        synced=47,
        touch=Touch.LOST,
        facts={"offers_declined": 1},
    ),
    Story(
        "TP50061679",
        "玻璃鱼缸一个",
        State.CANCELLED,
        HE,
        HE_MOTHER,
        {"distance": 1200, "weight": 900},
        placed=300,
        updated=290,
        payment=Payment.REFUNDED,
        ended=("platform", "FRAGILE_GOODS_NOT_CARRIED", 0),
    ),
    Story(
        "TP50061780",
        "外套一件",
        State.RETURNED,
        HE,
        HE_MOTHER,
        {"distance": 1200},
        placed=2900,
        updated=2700,
        facts={"raw_reason": "RECIPIENT_REFUSED"},
    ),
)

ORDERS = {"lin": LIN, "zhao": ZHAO_ORDERS, "he": HE_ORDERS}
