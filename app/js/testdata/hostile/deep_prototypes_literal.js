let o = {};
for (let i = 0; i < 3e6; i++) o = { __proto__: o };
return o.x
