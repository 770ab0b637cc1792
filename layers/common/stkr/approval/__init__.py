"""A person decides: signed links, pages that show, and the one guarded post that changes stock."""
