const o = { s: 'x' };
for (;;) try { o.s += o.s } catch {}
