let s = 'xyz';
for (;;) s = `${s}${s}`
