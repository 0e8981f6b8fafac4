return { toJSON() { for (;;) {} } }
