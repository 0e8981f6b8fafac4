const e = new TextEncoder(), s = 'é'.repeat(3e7);
for (;;) e.encode(s)
