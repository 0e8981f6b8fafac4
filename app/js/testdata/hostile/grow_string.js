// says too long
let s = 'x';
for (;;) s += s
