// says too long
let s = 'x'.repeat(3e7);
for (;;) s = `${s}${s}${s}${s}${s}${s}${s}${s}${s}${s}${s}${s}${s}${s}${s}${s}` + s + s + s + s + s + s + s + s
