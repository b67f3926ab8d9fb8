"""The rules of `tepai check`, one module a subject. They read flows; they run none."""
