"""Tools of others on the template, the policies and the dependencies: nothing they find is left without a reason."""
