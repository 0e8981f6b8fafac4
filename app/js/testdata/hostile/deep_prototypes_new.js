function F() {}
let o = {};
for (let i = 0; i < 3e6; i++) { F.prototype = o; o = new F() }
return o.x
