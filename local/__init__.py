"""The whole stack on this machine: the real template on an AWS emulator, a demo shop, and a Saturday count in it.

Nothing in here is deployed, and nothing that is deployed imports it.

    process     start a program in the background, stop it by its recorded id
    emulator    the AWS emulator (ministack) with IAM enforcement on, and the model stand-in beside it
    model       the stand-in for the language model
    bridges     what the emulator cannot do, bridged in the built copy of the template
    deploy      sam build, bridges, sam deploy
    stack       the deployed stack as a person's programs see it: outputs, clients, the stkr command, mailbox
    browser     follows links and fills in forms
    chromium    a real browser, for pictures and tests
    shop        the demo shop: its people, stock spreadsheet and rules
    shop_floor  what people do in the shop
    saturday    a dirty scanner file, and what must come of it
    story       the demo, told with these
    odoo        a running Odoo with the demo shop's stock in it
    story_odoo  the demo against that Odoo
    report      how a demo is told, and whether every figure is right
    gallery     every page and mail in each of its states
    screenshots pictures of them
    events      the events of events/, with real links filled in
    invoke      one of them replayed in one function
"""
