// says too long
let s = 'xyz';
for (;;) s = `${s}${s}`
