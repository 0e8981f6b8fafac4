const s = 'x'.repeat(1e6);
return new Array(4e6).fill(s).join('')
