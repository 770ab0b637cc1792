"""The whole stack on this machine: the real template deployed to an emulator, a demo shop, and a Saturday count
played through it.

Nothing in here is deployed, and nothing that is deployed imports it.

    process   start a program in the background, stop it by its recorded id
    emulator  the AWS emulator (ministack) with IAM enforcement on
    model     the stand-in for the language model
    bridges   what the emulator cannot do, bridged in a copy of the built template
    deploy    sam build, bridges, sam deploy
    stack     the deployed stack as a person's programs see it: outputs, clients, mailbox, pages
    shop      the demo shop: stock spreadsheet, rules, a dirty scanner file and what must come of it
    story     the demo itself
    invoke    one saved event replayed in one function
"""
