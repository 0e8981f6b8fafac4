const a = [];
a.length = 4294967295;
return a.indexOf(1) + a.lastIndexOf(1) + a.includes(2)
