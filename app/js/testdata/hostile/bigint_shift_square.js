// says too large
let x = 1n;
for (let i = 0; i < 200; i++) x <<= 1048575n;
return String(x * x).length
