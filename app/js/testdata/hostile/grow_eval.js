// says too long
let s = 'xyz';
const twice = eval('s => s + s');
for (;;) s = twice(s)
