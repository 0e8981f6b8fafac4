// says The script ran longer than
const it = () => ({});
it.next = Function.prototype.call;
return [...{ [Symbol.iterator]: () => it }]
