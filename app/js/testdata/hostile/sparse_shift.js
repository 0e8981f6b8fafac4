const a = { length: 2 ** 53 - 1 };
Array.prototype.shift.call(a);
Array.prototype.unshift.call(a, 1)
