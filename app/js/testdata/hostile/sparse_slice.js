const a = [];
a.length = 4294967295;
return a.slice(1).splice(1)
